"""Tell FHIR R4 from the other releases, which write the same things in other ways.

R4B writes what is read here as R4 does. A resource of STU3 is converted. In the other releases a
field that moved or changed its shape would be read wrongly or not at all, and what is not read
counts as not recorded; so an input that holds such a resource is refused whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ..errors import InputRefused
from .document import Entry
from .stu3 import to_r4

_MEDICATION = ("MedicationAdministration", "MedicationRequest", "MedicationStatement")


@dataclass(frozen=True)
class _Sign:
    """A field that gives another release away in resources of some types."""

    release: str
    types: tuple[str, ...]
    field: str
    shape: Callable[[Any], bool] = lambda _: True
    written: str = ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


_SIGNS = (
    _Sign("DSTU2", ("AllergyIntolerance",), "substance"),
    _Sign("DSTU2", ("Condition",), "dateRecorded"),
    _Sign("DSTU2", ("Condition", "MedicationAdministration", "MedicationStatement"), "patient"),
    _Sign("DSTU2", ("DiagnosticOrder", "MedicationOrder"), "resourceType"),
    _Sign("DSTU2", ("MedicationAdministration",), "wasNotGiven"),
    _Sign("DSTU2", ("MedicationStatement",), "wasNotTaken"),
    _Sign("DSTU2", ("Procedure",), "notPerformed"),
    _Sign("R5", _MEDICATION, "medication", _is_object),
    _Sign("R5", ("AllergyIntolerance",), "type", _is_object, " as a concept"),
    _Sign("R5", ("Condition",), "participant"),
    _Sign("R5", ("MedicationAdministration", "Procedure"), "occurrenceDateTime"),
    _Sign("R5", ("MedicationAdministration", "Procedure"), "occurrencePeriod"),
    _Sign("R5", ("MedicationStatement",), "status", lambda value: value == "recorded",
          " 'recorded'"),
    _Sign("R5", ("Observation",), "bodyStructure"),
    _Sign("R5", ("Observation",), "triggeredBy"),
    _Sign("STU3", ("AllergyIntolerance", "Condition"), "assertedDate"),
    _Sign("STU3", ("AllergyIntolerance", "Condition"), "clinicalStatus", _is_text, " as a text"),
    _Sign("STU3", ("AllergyIntolerance", "Condition"), "verificationStatus", _is_text,
          " as a text"),
    _Sign("STU3", ("CarePlan", "Condition", "MedicationRequest", "Observation", "Procedure"),
          "context"),
    _Sign("STU3", ("MedicationAdministration",), "notGiven"),
    _Sign("STU3", ("MedicationStatement",), "taken"),
    _Sign("STU3", ("Observation",), "comment"),
    _Sign("STU3", ("Observation",), "related"),
    _Sign("STU3", ("Procedure",), "notDone"),
    _Sign("STU3", ("Procedure",), "status", lambda value: value in ("aborted", "suspended"),
          " of its own"),
)
"""Source: HL7 FHIR, the differences listed on the pages of each release."""
_SIGNS_OF = {kind: [sign for sign in _SIGNS if kind in sign.types]
             for kind in {kind for sign in _SIGNS for kind in sign.types}}


def as_r4(entry: Entry, source: str) -> Entry:
    """Return a resource as R4 writes it.

    Raises:
        InputRefused: it is written as a release writes it that is not read.
    """
    for sign in _SIGNS_OF.get(entry.kind, ()):
        if sign.field not in entry.resource or not sign.shape(entry.resource[sign.field]):
            continue
        if sign.release == "STU3":
            return replace(entry, resource=to_r4(entry.resource), release=sign.release)
        said = f"{entry.kind}.{sign.field}{sign.written}"
        if sign.field == "resourceType":
            said = f"the resource type {entry.kind}"
        raise InputRefused(
            "fhir-release", where=f"{source}, {entry.name}",
            what=f"{said} is how FHIR {sign.release} writes it, and only R4, R4B and STU3 are read",
            fix="convert the record to FHIR R4 and send it again",
        )
    return entry
