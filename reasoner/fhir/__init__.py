"""Import a patient's FHIR R4 record into the vocabulary of a patient graph.

What is understood becomes records; what is not becomes an issue that names the resources, and
nothing is dropped in silence. The import concludes nothing: which result is current and which
condition is active is for the rules to say.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import Issue
from ..knowledge import Graph
from ..mapping import Mappings
from ..namespaces import TYPE, marrow
from ..rule import Atom
from .concepts import Kinds
from .document import Entry, read_document
from .element import clean
from .medicines import MEDICATION, Medicines
from .notes import Notes
from .person import read_person
from .records import (
    Context,
    Reader,
    Record,
    read_allergy,
    read_condition,
    read_medication_use,
    read_procedure,
)
from .release import check_release
from .results import read_observation
from .subject import PATIENT, Subject, check_subjects, find_subject, is_about
from .unread import may_be_read, note_unread_fields

_READERS: dict[str, Reader] = {
    "AllergyIntolerance": read_allergy,
    "Condition": read_condition,
    "MedicationAdministration": read_medication_use,
    "MedicationRequest": read_medication_use,
    "MedicationStatement": read_medication_use,
    "Observation": read_observation,
    "Procedure": read_procedure,
}
_LINKS = {
    "AllergyRecord": "hasAllergy",
    "ConditionRecord": "hasCondition",
    "MedicationRecord": "hasMedication",
    "Observation": "hasObservation",
    "ProcedureRecord": "hasProcedure",
}


@dataclass(frozen=True)
class Count:
    """How many resources of a type a document holds, and how many became records."""

    resource_type: str
    seen: int
    used: int


@dataclass(frozen=True)
class FhirImport:
    """What a FHIR document says about its patient, and what of it was not understood."""

    patient: str
    triples: tuple[Atom, ...]
    issues: tuple[Issue, ...]
    counts: tuple[Count, ...]


def read_bundle(data: bytes, source_name: str, mappings: Mappings,
                knowledge: Graph | None = None) -> FhirImport:
    """Import a bundle, a bare resource or NDJSON.

    Args:
        data: FHIR R4 as JSON.
        source_name: what to call the document in messages.
        mappings: which codes mean which terms.
        knowledge: the ontology; with it, a code of another sort than its resource needs is found.

    Raises:
        InputRefused: it is no FHIR R4 JSON about one patient.
        LimitReached: it is larger or deeper than the limits.
    """
    notes = Notes()
    sent = read_document(data, source_name, notes)
    check_release(sent, source_name)
    subject = find_subject(sent, _READERS, source_name)
    check_subjects(sent, subject, source_name)
    entries = tuple(
        e for e in _distinct(sent, notes)
        if e.kind not in (*_READERS, MEDICATION, PATIENT) or may_be_read(e, notes)
    )
    kinds = Kinds(mappings, knowledge, notes)
    context = Context(kinds, Medicines.among(entries), notes)
    person = read_person(subject, any(e.kind == PATIENT for e in entries), source_name, notes)
    records = []
    used: dict[str, int] = {}
    for entry in entries:
        made = _read(entry, subject, context)
        records += made
        if made:
            used[entry.kind] = used.get(entry.kind, 0) + 1
            note_unread_fields(entry, notes)
    return FhirImport(subject.iri, _triples(subject, person, records), notes.issues(),
                      _counts(sent, used))


def _distinct(entries: tuple[Entry, ...], notes: Notes) -> list[Entry]:
    """Keep one of equal resources; of two that differ under one id neither can be believed."""
    first: dict[tuple[str, str], Entry] = {}
    unsure: set[tuple[str, str]] = set()
    kept = []
    for entry in entries:
        key = (entry.kind, entry.id)
        if not entry.id or first.setdefault(key, entry) is entry:
            kept.append(entry)
        elif first[key].resource != entry.resource:
            unsure.add(key)
            notes.add("same-id-twice", entry.name,
                      f"two different {entry.kind} resources have this id; neither is used",
                      "send the version that holds")
    return [entry for entry in kept if (entry.kind, entry.id) not in unsure]


def _read(entry: Entry, subject: Subject, context: Context) -> list[Record]:
    reader = _READERS.get(entry.kind)
    if reader:
        return reader(entry, context) if is_about(entry, subject, context.notes) else []
    if entry.kind not in (PATIENT, MEDICATION):
        context.notes.add("type-not-read", entry.name,
                          f"resources of type {clean(entry.kind, 60)} are not read here",
                          "read them yourself where they matter", "information")
    return []


def _triples(subject: Subject, person: list[tuple[str, str]], records: list[Record]) \
        -> tuple[Atom, ...]:
    triples = {(subject.iri, TYPE, marrow(PATIENT))}
    triples |= {(subject.iri, marrow(name), term) for name, term in person}
    for record in records:
        triples.add((subject.iri, marrow(_LINKS[record.kind]), record.node))
        triples.add((record.node, TYPE, marrow(record.kind)))
        triples |= {(record.node, marrow(name), term) for name, term in record.facts}
    return tuple(sorted(triples))


def _counts(entries: tuple[Entry, ...], used: dict[str, int]) -> tuple[Count, ...]:
    seen: dict[str, int] = {}
    for entry in entries:
        seen[entry.kind] = seen.get(entry.kind, 0) + 1
    return tuple(Count(kind, n, used.get(kind, 0)) for kind, n in sorted(seen.items()))
