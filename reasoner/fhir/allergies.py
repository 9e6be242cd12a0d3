"""Make the records of allergies: of an AllergyIntolerance, and of a Condition that says one.

A code says what an allergy is to in one of two ways: it names the medicine, or it names the finding
of an allergy to it. What an allergy is to and nobody can tell may be any medicine. Source: HL7 FHIR
R4, AllergyIntolerance, which binds its code to both.
"""

from __future__ import annotations

from typing import Any

from ..namespaces import marrow
from ..quantity import canonical_literal
from .concepts import UNREAD
from .document import Entry
from .element import Concept, objects, read_concept, text
from .records import Context, Record, coded_status, date_fact, make_records, make_unread, statuses

_SORT = "AllergyRecord"
_ANY = (marrow("UnrecognizedMedication"),)
_NO_MEDICINE = frozenset({"environment", "food"})
"""Source: FHIR R4, AllergyIntoleranceCategory."""
_OF_A_CONDITION = {
    "active": "active", "differential": "unconfirmed", "inactive": "inactive",
    "provisional": "unconfirmed", "recurrence": "active", "relapse": "active",
    "resolved": "resolved",
}
"""How the statuses of a Condition read as those of an AllergyIntolerance; the rest are the same.

An allergy in remission is not said to be over, and so has no status.
"""


def read_allergy(entry: Entry, context: Context) -> list[Record]:
    """Make the records of an AllergyIntolerance: of its code, or else of what was reacted to."""
    resource, notes, kinds_of = entry.resource, context.notes, context.kinds
    concepts = [(read_concept(resource.get("code")), "$.code")] + [
        (read_concept(reaction.get("substance")), f"$.reaction[{n}].substance")
        for n, reaction in enumerate(objects(resource.get("reaction")))
    ]
    known = [c for c in concepts if kinds_of.look_up(c[0]) or kinds_of.allergens(c[0])]
    if not known and any(kinds_of.says_none(concept) for concept, _ in concepts):
        notes.add("none-known", entry.name, f"{entry.kind}.code {concepts[0][0]} says that none is "
                  "known; it is no dated review of the list", UNREAD, "information")
        return []
    said = known or [c for c in concepts if c[0].codings or c[0].text] or concepts
    concept, path = said[0]
    kinds = kinds_of.allergens(concept) \
        or kinds_of.of(entry, "code", concept, "MedicationKind")
    dated = date_fact(entry, "recordedDate", resource.get("recordedDate"), "date", notes)
    if not kinds and not _may_be_a_medicine(resource):
        return []
    facts = statuses(entry, notes)
    if facts is None:
        return make_unread(entry, _SORT, "status-not-understood", kinds, concept.name, dated, path)
    if not kinds and concept.name:
        facts.append(("recordedName", canonical_literal(concept.name, None)))
    return make_records(entry, _SORT, kinds or _ANY, facts + dated, path)


def read_finding(entry: Entry, concept: Concept, context: Context) -> list[Record]:
    """Make the records of a Condition whose code is the finding of an allergy."""
    kinds = context.kinds.allergens(concept)
    if not kinds:
        return []
    dated = date_fact(entry, "recordedDate", entry.resource.get("recordedDate"), "date",
                      context.notes)
    facts = []
    for field in ("clinicalStatus", "verificationStatus"):
        status = coded_status(entry, field, context.notes)
        if status is None:
            return make_unread(entry, _SORT, "status-not-understood", kinds, concept.name, dated,
                               "$.code")
        read = _OF_A_CONDITION.get(status, "" if field == "clinicalStatus" else status)
        if read:
            facts.append((field, canonical_literal(read, None)))
    return make_records(entry, _SORT, kinds, facts + dated, "$.code")


def _may_be_a_medicine(resource: dict[str, Any]) -> bool:
    category = resource.get("category")
    said = [text(c) for c in (category if isinstance(category, list) else [category]) if c]
    return not said or not _NO_MEDICINE.issuperset(said)
