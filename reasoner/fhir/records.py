"""Make the records of a patient graph from FHIR resources, one function for each resource type.

A record says what the resource says and no more: a status or date that is missing stays missing,
and the rules decide what that means. Source: HL7 FHIR R4, the page of each resource.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..namespaces import local_name, marrow
from ..quantity import Refusal, Scale, canonical_literal
from .concepts import UNREAD, Kinds
from .document import Entry, Resource
from .element import clean, read_concept, read_date, source_text, text
from .medicines import Medicines
from .notes import Notes

Facts = tuple[tuple[str, str], ...]


_MEDICATION_STATUSES = frozenset({
    "active", "cancelled", "completed", "draft", "entered-in-error", "in-progress", "intended",
    "not-done", "not-taken", "on-hold", "stopped", "unknown",
})
_STATUSES = {
    "AllergyIntolerance.clinicalStatus": frozenset({"active", "inactive", "resolved"}),
    "AllergyIntolerance.verificationStatus": frozenset({
        "confirmed", "entered-in-error", "presumed", "refuted", "unconfirmed"}),
    "Condition.clinicalStatus": frozenset({
        "active", "inactive", "recurrence", "relapse", "remission", "resolved"}),
    "Condition.verificationStatus": frozenset({
        "confirmed", "differential", "entered-in-error", "provisional", "refuted", "unconfirmed"}),
    "MedicationAdministration": _MEDICATION_STATUSES,
    "MedicationRequest": _MEDICATION_STATUSES,
    "MedicationStatement": _MEDICATION_STATUSES,
    "Observation": frozenset({
        "amended", "cancelled", "corrected", "entered-in-error", "final", "preliminary",
        "registered", "unknown"}),
    "Procedure": frozenset({
        "completed", "entered-in-error", "in-progress", "not-done", "on-hold", "preparation",
        "stopped", "unknown"}),
}
"""What a status may be. Source: HL7 FHIR R4, the value set each element is bound to."""


@dataclass(frozen=True)
class Record:
    """One record: its node, its class, and what it says as local names and terms.

    ``unusable`` says why no rule can use it, if so; it is kept as it was sent.
    """

    node: str
    kind: str
    facts: Facts
    unusable: str = ""


@dataclass(frozen=True)
class Context:
    """What every reader needs: kinds, medicines and notes, and how numbers are written."""

    kinds: Kinds
    medicines: Medicines
    notes: Notes
    scales: Mapping[str, Scale]


def make_records(entry: Entry, sort: str, kinds: tuple[str, ...], facts: list[tuple[str, str]],
                 path: str, part: str = "") -> list[Record]:
    """Return one record for each kind a resource asserts.

    A code that asserts two kinds makes two records; their nodes end in the kind's name.

    Args:
        entry: the resource.
        sort: the class of the records.
        kinds: what the resource asserts.
        facts: what else the records say.
        path: the JSON path, in the resource, of the element that the records are made from.
        part: the end of the records' nodes, where a resource makes records of several parts.
    """
    node = f"urn:marrow:fhir:{entry.path}{part}"
    source = canonical_literal(f"{entry.name} {path}", None)
    return [
        Record(f"<{node}/{local_name(kind)}>" if len(kinds) > 1 else f"<{node}>", sort,
               (("kind", kind), ("recordSource", source), *facts))
        for kind in kinds
    ]


def make_unread(entry: Entry, sort: str, reason: str, kinds: tuple[str, ...] = (),
                name: str = "", dated: list[tuple[str, str]] | None = None,
                path: str = "$") -> list[Record]:
    """Return the record of a resource that nobody can read, or not in full.

    The rules hold open what it may be about, and its list counts as not reviewed.

    Args:
        entry: the resource.
        sort: the class of records it would have made.
        reason: why it cannot be used.
        kinds: what it may be about, as far as that is known.
        name: what the source calls it.
        dated: its date as facts; the first counts.
        path: the JSON path, in the resource, of the element that was not understood.
    """
    facts = [("unreadAs", marrow(sort)), *(("kind", kind) for kind in kinds),
             ("recordSource", canonical_literal(f"{entry.name} {path}", None)),
             *(("date", date) for _, date in (dated or [])[:1])]
    if name:
        facts.append(("recordedName", canonical_literal(name, None)))
    return [Record(f"<urn:marrow:fhir:{entry.path}>", "UnreadRecord", tuple(facts), reason)]


def date_fact(entry: Entry, field: str, value: Any, predicate: str, notes: Notes) \
        -> list[tuple[str, str]]:
    """Return a date as a fact, or nothing where it is absent or, with a note, no full date."""
    if value is None:
        return []
    found = read_date(value)
    if isinstance(found, Refusal):
        notes.add(found.code, entry.name, f"{entry.kind}.{field} {found.what}; it is not used",
                  found.fix)
        return []
    return [(predicate, found)]


def start_of(resource: Resource, field: str) -> tuple[str, Any]:
    """Return the name and value of a dateTime, instant or the start of a period, if any."""
    for ending in ("DateTime", "Instant"):
        if resource.get(field + ending) is not None:
            return field + ending, resource[field + ending]
    period = resource.get(field + "Period")
    if isinstance(period, dict):
        return f"{field}Period.start", period.get("start")
    return field, None


def status_fact(entry: Entry, notes: Notes, change: dict[str, str] | None = None) \
        -> list[tuple[str, str]]:
    """Return the status that R4 requires, renamed where our vocabulary has another word.

    A status that FHIR does not have is told and left out, as if it were missing.
    """
    status = text(entry.resource.get("status"))
    if status in _STATUSES[entry.kind]:
        return [("status", source_text((change or {}).get(status, status)))]
    if status:
        notes.add("status-not-understood", entry.name, f"the status {clean(status, 40)!r} of this "
                  f"{entry.kind} is not one of FHIR", "send a status of the FHIR value set")
    else:
        notes.add("no-status", entry.name, f"this {entry.kind} has no status",
                  "send its status; without one it may not be used")
    return []


def coded_status(entry: Entry, field: str, notes: Notes) -> str | None:
    """Return the code of a clinical or verification status: empty where there is none.

    None says that a status is there and cannot be told, so that the record must not be used: a
    status that is ignored would read as active.
    """
    value = entry.resource.get(field)
    if value is None:
        return ""
    codes = {coding.code for coding in read_concept(value).codings if coding.code}
    known = codes & _STATUSES[f"{entry.kind}.{field}"]
    if len(codes) == len(known) == 1:
        return known.pop()
    fault = "several codes" if len(codes) > 1 else "another code than FHIR has" if codes \
        else "no code"
    notes.add("status-not-understood", entry.name,
              f"{entry.kind}.{field} has {fault}; the record is not used",
              "send one code of the FHIR value set")
    return None


def statuses(entry: Entry, notes: Notes) -> list[tuple[str, str]] | None:
    """Return the clinical and verification status as facts; None where one cannot be told."""
    facts = []
    for field in ("clinicalStatus", "verificationStatus"):
        status = coded_status(entry, field, notes)
        if status is None:
            return None
        if status:
            facts.append((field, source_text(status)))
    return facts


_MAYBE_IN_USE = {canonical_literal(s, None) for s in ("active", "on-hold", "unknown")}
"""The statuses, besides none at all, that do not say that a medication is not in use."""


def read_medication_use(entry: Entry, context: Context) -> list[Record]:
    """Make the records of a MedicationRequest, MedicationStatement or MedicationAdministration."""
    resource, notes = entry.resource, context.notes
    if resource.get("doNotPerform") is True:
        notes.add("not-to-be-given", entry.name, f"this {entry.kind} asks that a medication is "
                  "not given; it is not read as a use", UNREAD)
        return []
    change = {"in-progress": "active", "not-done": "not-taken"}
    if resource.get("intent") in ("proposal", "plan", "option"):
        notes.add("not-an-order", entry.name,
                  f"this {entry.kind} is a {resource['intent']} and no order",
                  "send the order once it is given", "information")
        change["active"] = "intended"
    facts = status_fact(entry, notes, change)
    settled = bool(facts) and facts[0][1] not in _MAYBE_IN_USE
    field, start = start_of(resource, "effective")
    if resource.get("authoredOn") is not None:
        field, start = "authoredOn", resource["authoredOn"]
    facts += date_fact(entry, field, start, "start", notes)
    period = resource.get("effectivePeriod")
    if isinstance(period, dict):
        facts += date_fact(entry, "effectivePeriod.end", period.get("end"), "end", notes)
    facts += date_fact(entry, "dateAsserted", resource.get("dateAsserted"), "date", notes)
    concept = context.medicines.of(entry, notes)
    kinds = context.kinds.of(entry, "medication", concept, "MedicationKind",
                             "information" if settled else "warning")
    if not kinds and not settled:
        # A drug that may be in use and is not known keeps every interaction open.
        kinds = (marrow("UnrecognizedMedication"),)
        if concept.name:
            facts.append(("recordedName", canonical_literal(concept.name, None)))
    said = "CodeableConcept" if "medicationCodeableConcept" in resource else "Reference"
    return make_records(entry, "MedicationRecord", kinds, facts, f"$.medication{said}")


def read_procedure(entry: Entry, context: Context) -> list[Record]:
    """Make the records of a Procedure."""
    resource, notes = entry.resource, context.notes
    concept = read_concept(resource.get("code"))
    kinds = context.kinds.of(entry, "code", concept, "InterventionKind", "information")
    if not kinds:
        return []
    field, performed = start_of(resource, "performed")
    facts = status_fact(entry, notes) + date_fact(entry, field, performed, "date", notes)
    if performed is None:
        notes.add("no-date", entry.name, "this Procedure says no date on which it was performed",
                  "send performedDateTime", "information")
    return make_records(entry, "ProcedureRecord", kinds, facts, "$.code")


Reader = Callable[[Entry, Context], list[Record]]
