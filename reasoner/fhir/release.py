"""Tell FHIR R4 from the other releases, which write the same things in other ways.

A field that moved or changed its shape between releases would be read wrongly or not at all, and
what is not read counts as not recorded. So a document of another release is refused whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import InputRefused
from .document import Entry

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
    _Sign("STU3", ("AllergyIntolerance", "Condition"), "clinicalStatus", _is_text, " as a text"),
    _Sign("STU3", ("AllergyIntolerance", "Condition"), "verificationStatus", _is_text,
          " as a text"),
    _Sign("STU3", ("AllergyIntolerance", "Condition"), "assertedDate"),
    _Sign("STU3", ("Condition", "DiagnosticReport", "MedicationRequest", "Observation",
                   "Procedure"), "context"),
    _Sign("STU3", ("Immunization",), "notGiven"),
    _Sign("STU3", ("MedicationStatement",), "taken"),
    _Sign("STU3", ("Observation",), "related"),
    _Sign("STU3", ("Procedure",), "notDone"),
    _Sign("DSTU2", ("Condition",), "dateRecorded"),
    _Sign("DSTU2", ("Condition",), "patient"),
    _Sign("DSTU2", ("AllergyIntolerance",), "substance"),
    _Sign("DSTU2", ("MedicationOrder", "DiagnosticOrder"), "resourceType"),
    _Sign("R5", _MEDICATION, "medication", _is_object),
    _Sign("R5", ("AllergyIntolerance",), "type", _is_object, " as a concept"),
    _Sign("R5", ("Procedure",), "occurrenceDateTime"),
    _Sign("R5", ("Procedure",), "occurrencePeriod"),
    _Sign("R5", ("Observation",), "triggeredBy"),
)
"""Source: HL7 FHIR, the differences listed on the pages of each release."""


def check_release(entries: tuple[Entry, ...], source: str) -> None:
    """Refuse a document that is not written in FHIR R4.

    Raises:
        InputRefused: a resource is written as another release writes it.
    """
    for entry in entries:
        for sign in _SIGNS:
            if entry.kind in sign.types and sign.field in entry.resource \
                    and sign.shape(entry.resource[sign.field]):
                said = f"{entry.kind}.{sign.field}{sign.written}"
                if sign.field == "resourceType":
                    said = f"the resource type {entry.kind}"
                raise InputRefused(
                    "fhir-release", where=f"{source}, {entry.name}",
                    what=f"{said} is how FHIR {sign.release} writes it, and only R4 is read",
                    fix="convert the record to FHIR R4 and send it again",
                )
