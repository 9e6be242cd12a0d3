"""Read the patients of an input one after the other, each apart from the rest.

All resources are first put on a shelf, sorted by patient; then each patient is imported on its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..errors import InputRefused, Issue, LimitReached
from ..knowledge import Graph
from ..mapping import Mappings
from ..namespaces import TYPE, marrow
from ..rule import Atom
from ..scale import read_scales
from .allergies import read_allergy
from .answers import read_answer
from .census import UNSURE, Census, Subject
from .concepts import Kinds
from .conditions import read_condition
from .document import Entry, read_resources
from .element import clean
from .medicines import MEDICATION, Medicines
from .notes import Notes
from .person import read_person
from .plans import read_plan
from .records import (
    Context,
    Reader,
    Record,
    make_unread,
    read_medication_use,
    read_procedure,
)
from .release import as_r4
from .report import ImportReport, tally
from .results import read_observation
from .shelf import Shelf
from .source import Source, read_values
from .subject import PATIENT, Reference, read_reference
from .unread import ADMINISTRATIVE, may_be_read, note_unread_fields

MAX_ENTRIES = 50_000
"""The most resources of one patient."""
_READERS: dict[str, Reader] = {
    "AllergyIntolerance": read_allergy,
    "CarePlan": read_plan,
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
    "PlanRecord": "hasPlan",
    "ProcedureRecord": "hasProcedure",
    "UnreadRecord": "hasUnreadRecord",
}
_UNREAD_AS = {"AllergyIntolerance": "AllergyRecord", "Condition": "ConditionRecord"}
"""What stays open where a resource of the patient must not be read at all."""
_REASONS = {
    "no-subject": ("this {kind} does not refer to a patient of this document",
                   "send each resource with a reference to its patient"),
    "not-about-the-patient": ("this {kind} is about something else than the patient",
                              "send resources about the patient"),
    "same-id-twice": ("two different {kind} resources have this id; neither is used",
                      "send the version that holds"),
    "subject-ambiguous": ("this {kind} is about one of several patients with the same id; it is "
                          "not used", "send the full URL of each patient, or one server an input"),
    "subject-not-in-input": ("this {kind} is about a patient who is not in the input; it is not "
                             "used", "send the patient too, or leave the resource out"),
}


@dataclass(frozen=True)
class FhirImport:
    """What an input says about one patient, and what became of each resource."""

    patient: str
    triples: tuple[Atom, ...]
    report: ImportReport

    @property
    def issues(self) -> tuple[Issue, ...]:
        """What was not understood."""
        return self.report.issues


class FhirInput:
    """Everything that some sources hold, sorted by patient; close it when done.

    Args:
        sources: what to read.
        mappings: which codes mean which terms.
        knowledge: the ontology; with it, a code of another sort than its resource needs is found.
        notes: where what is no resource is noted.

    Raises:
        InputRefused: a source is no FHIR JSON of a release that is read.
        LimitReached: a source is larger or deeper than the limits.
    """

    def __init__(self, sources: Iterable[Source], mappings: Mappings,
                 knowledge: Graph | None = None, notes: Notes | None = None) -> None:
        self._mappings = mappings
        self._knowledge = knowledge
        self._notes = notes or Notes()
        self._names: list[str] = []
        self._shelf = Shelf()
        try:
            self._take(sources)
            self._census = Census(self._shelf, _READERS)
        except BaseException:
            self._shelf.close()
            raise

    def __enter__(self) -> FhirInput:
        return self

    def __exit__(self, *_: object) -> None:
        self._shelf.close()

    def _take(self, sources: Iterable[Source]) -> None:
        for source in sources:
            self._names.append(source.name)
            for value, where in read_values(source):
                for resource, url in read_resources(value, where, self._notes):
                    self._shelf.add(as_r4(Entry(resource, url, len(self._shelf) + 1), where))
        if not len(self._shelf):
            raise InputRefused("empty", where=self.name, what="no resources",
                               fix="send a bundle with one patient")

    @property
    def name(self) -> str:
        """What to call the input in messages."""
        more = f" and {len(self._names) - 1} more" if len(self._names) > 1 else ""
        return clean(self._names[0], 100) + more if self._names else "the input"

    def __len__(self) -> int:
        """Return the number of patients."""
        return len(self._census)

    def names(self, most: int) -> str:
        """Return what to ask for the first patients by, as one text."""
        shown = [clean(self._census.subject(n).name, 100)
                 for n in range(1, min(len(self), most) + 1)]
        more = f" and {len(self) - most} more" if len(self) > most else ""
        return ", ".join(shown) + more

    def find(self, wanted: str) -> int:
        """Return the number of the patient that an id or a reference names.

        Raises:
            InputRefused: none, or more than one.
        """
        reference = read_reference(wanted) or Reference("", PATIENT, wanted, "")
        found = self._census.find(reference)
        if len(found) == 1:
            return found[0]
        what = "several patients have" if found else "no patient of the input has"
        raise InputRefused("no-such-patient", where=self.name,
                           what=f"{what} the id {clean(wanted, 80)}",
                           fix=f"name one of {self.names(5)}")

    def only(self) -> int:
        """Return the number of the one patient.

        Raises:
            InputRefused: no patient, more than one, or one who cannot be told.
        """
        if not len(self):
            raise InputRefused("no-patient", where=self.name,
                               what="no resource says whose record it is", fix="send the Patient "
                               "resource, or resources that refer to one patient")
        if len(self) > 1:
            raise InputRefused("not-one-patient", where=self.name,
                               what=f"it is about {len(self)} patients, {self.names(5)}",
                               fix="name one with --patient")
        return 1

    def __iter__(self) -> Iterator[FhirImport]:
        """Yield every patient who can be told, in the order of the input."""
        for number in range(1, len(self) + 1):
            if not self._census.subject(number).reason:
                yield self.read(number)

    def reports(self) -> Iterator[ImportReport]:
        """Account for every resource of the input: patient by patient, and last for the rest."""
        yield from (imported.report for imported in self)
        rest = self.rest()
        if rest.resources:
            yield rest

    def read(self, number: int) -> FhirImport:
        """Import one patient, by number.

        Raises:
            InputRefused: two resources that differ say who the patient is.
            LimitReached: the patient has too many resources.
        """
        subject = self._census.subject(number)
        if subject.reason:
            raise InputRefused("not-one-patient", where=self.name,
                               what=f"two different resources say who {clean(subject.name, 100)} "
                               "is, so there may be two patients",
                               fix="send each patient with an id or full URL of its own")
        reading = _Reading(self, self._notes if self._is_one() else Notes())
        person = reading.read_person(subject)
        for entry, reason in self._shelf.belonging(number):
            reading.take(entry, reason)
            if reading.ends.total() > MAX_ENTRIES:
                raise LimitReached("too-many-entries", where=self.name,
                                   what=f"more than {MAX_ENTRIES} resources of one patient",
                                   fix="send a part of the record")
        if self._is_one():
            self._read_rest(reading)
        return reading.finish(subject, person)

    def rest(self) -> ImportReport:
        """Account for what belongs to no patient, or to one who cannot be told.

        With one patient there is no rest: everything is in the patient's own report.
        """
        reading = _Reading(self, self._notes)
        if not self._is_one():
            self._read_rest(reading)
        for number in range(1, len(self) + 1):
            if self._census.subject(number).reason:
                for entry, _ in self._shelf.belonging(number):
                    reading.take(entry, UNSURE)
        return ImportReport("", tally(reading.ends), reading.notes.issues())

    def _is_one(self) -> bool:
        """Return whether the input is about one patient who can be told."""
        return len(self) == 1 and not self._census.subject(1).reason

    def _read_rest(self, reading: _Reading) -> None:
        for entry, reason in self._shelf.belonging(None):
            if entry.kind == MEDICATION:
                referred = self._shelf.is_referred_to(entry.position)
                reading.ends[entry.kind, reason or ("" if referred else "not-referred-to")] += 1
            elif not reason and entry.kind in _READERS:
                reading.take(entry, "no-subject")
            else:
                reading.take(entry, reason)

    def entry(self, position: int) -> Entry:
        """Return the resource at a position."""
        return self._shelf.entry(position)

    def context(self, notes: Notes) -> Context:
        """Return what the readers of resources need."""
        scales = read_scales(self._knowledge) if self._knowledge else {}
        return Context(Kinds(self._mappings, self._knowledge, notes), Medicines(self._shelf), notes,
                       scales)


class _Reading:
    """One patient's import under way."""

    def __init__(self, source: FhirInput, notes: Notes) -> None:
        self.notes = notes
        self.ends: Counter[tuple[str, str]] = Counter()
        self._source = source
        self._context = source.context(notes)
        self._records: list[Record] = []

    def take(self, entry: Entry, reason: str) -> None:
        """Read a resource, unless there is a reason not to, and keep how it ended."""
        self.notes.begin()
        if reason in _REASONS:
            what, fix = _REASONS[reason]
            self.notes.add(reason, entry.name, what.format(kind=clean(entry.kind, 60)), fix)
            if reason == "same-id-twice":
                self._leave_open(entry, reason)
        elif not reason:
            reason = self._read(entry)
        self.ends[clean(entry.kind, 60), reason] += 1

    def _read(self, entry: Entry) -> str:
        """Make the records of a resource; return why it cannot be used, if it cannot."""
        notes = self.notes
        reader = _READERS.get(entry.kind)
        if entry.kind in ADMINISTRATIVE:
            return "type-not-needed"
        if not reader and entry.kind != PATIENT:
            notes.add("type-not-read", entry.name,
                      f"resources of type {clean(entry.kind, 60)} are not read here",
                      "read them yourself where they matter", "information")
        elif may_be_read(entry, notes):
            return self._make(entry, reader) if reader else ""
        else:
            self._leave_open(entry, notes.reason)
        return notes.reason

    def _leave_open(self, entry: Entry, reason: str) -> None:
        """Keep that a resource is there, where what it may say matters."""
        sort = _UNREAD_AS.get(entry.kind)
        if sort:
            self._records += make_unread(entry, sort, reason)

    def _make(self, entry: Entry, reader: Reader) -> str:
        """Keep the records of a resource; return why no rule can use them, if so."""
        notes = self.notes
        answered = read_answer(entry, self._context) if entry.kind == "Observation" else None
        made = reader(entry, self._context) if answered is None else answered
        reason = notes.reason
        self._records += made
        if not made:
            return reason
        note_unread_fields(entry, notes)
        if entry.release:
            notes.add("other-release", entry.name,
                      f"this {entry.kind} is written as FHIR {entry.release} writes it, and was "
                      "read as what R4 calls the same", "send FHIR R4 to be sure", "information")
        return made[0].unusable if all(record.unusable for record in made) else ""

    def read_person(self, subject: Subject) -> list[tuple[str, str]]:
        """Return what the Patient resource says, as local names and terms."""
        if subject.position is None:
            return read_person(None, self._source.name, self.notes)
        entry = self._source.entry(subject.position)
        return read_person(entry if may_be_read(entry, self.notes) else None, entry.name,
                           self.notes)

    def finish(self, subject: Subject, person: list[tuple[str, str]]) -> FhirImport:
        """Return what the patient's resources come to."""
        report = ImportReport(clean(subject.name, 100), tally(self.ends), self.notes.issues())
        return FhirImport(subject.iri, _triples(subject, person, self._records), report)


def _triples(subject: Subject, person: list[tuple[str, str]], records: list[Record]) \
        -> tuple[Atom, ...]:
    triples = {(subject.iri, TYPE, marrow(PATIENT))}
    triples |= {(subject.iri, marrow(name), term) for name, term in person}
    for record in records:
        triples.add((subject.iri, marrow(_LINKS[record.kind]), record.node))
        triples.add((record.node, TYPE, marrow(record.kind)))
        triples |= {(record.node, marrow(name), term) for name, term in record.facts}
    return tuple(sorted(triples))
