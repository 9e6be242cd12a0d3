"""Find the one patient a document is about, and refuse a document that is about two.

References are compared, never followed: by fullUrl, by logical id, and by server where both name
one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..errors import InputRefused
from .document import Entry, quoted
from .element import clean, text
from .notes import Notes

PATIENT = "Patient"
_LOCATOR = re.compile(
    r"(?:(https?://[^?#]+)/)?([A-Z][A-Za-z]{2,63})/([^/?#|]{1,200})(?:/_history/[^/]*)?"
)
_URN = re.compile(r"urn:(?:uuid|oid):(\S{1,200})")


@dataclass(frozen=True)
class Reference:
    """What a reference names: a type and an id on a server, or a URN; empty where unsaid."""

    server: str
    kind: str
    id: str
    urn: str

    def names(self, other: Reference) -> bool:
        """Return whether both name the same resource."""
        if self.urn and other.urn:
            return self.urn == other.urn
        servers = {self.server, other.server} - {""}
        kinds = {self.kind, other.kind} - {""}
        return bool(self.id) and self.id == other.id and len(servers) < 2 and len(kinds) < 2


def read_reference(value: Any) -> Reference | None:
    """Read a Reference element or a reference text; None where it names nothing here."""
    written = text(value.get("reference")) if isinstance(value, dict) else text(value)
    kind = text(value.get("type")) if isinstance(value, dict) else ""
    urn = _URN.fullmatch(written)
    if urn:
        return Reference("", kind, urn.group(1), written)
    found = _LOCATOR.fullmatch(written)
    if found:
        return Reference(found.group(1) or "", found.group(2), found.group(3), "")
    return None


def reference_to(entry: Entry) -> Reference:
    """Return what references to an entry look like."""
    at = read_reference(entry.url)
    server = at.server if at else ""
    urn = at.urn if at else ""
    return Reference(server, entry.kind, entry.id or (at.id if at else ""), urn)


@dataclass(frozen=True)
class Subject:
    """The one patient of a document, with or without a Patient resource."""

    reference: Reference
    entry: Entry | None

    @property
    def iri(self) -> str:
        """The patient's node in the graph."""
        name = self.reference.id or (self.entry.path.partition("/")[2] if self.entry else "")
        return f"<urn:marrow:fhir:{PATIENT}/{quoted(name)}>"


def find_subject(entries: tuple[Entry, ...], kinds_read: Iterable[str], source: str) -> Subject:
    """Return the one patient of a document.

    Args:
        entries: the resources of the document.
        kinds_read: the resource types that records are made from.
        source: what to call the document in messages.

    Raises:
        InputRefused: no patient, or more than one.
    """
    patients = [e for e in entries if e.kind == PATIENT]
    if patients:
        first = patients[0]
        for other in patients[1:]:
            if other.resource != first.resource:
                raise _two_patients(source, first.name, other.name)
        return Subject(reference_to(first), first)
    for entry in entries:
        if entry.kind in kinds_read:
            reference = read_reference(_whose(entry))
            if reference and reference.kind in ("", PATIENT):
                return Subject(reference, None)
    raise InputRefused("no-patient", where=source, what="no resource says whose record it is",
                       fix="send the Patient resource, or resources that refer to one patient")


def check_subjects(entries: tuple[Entry, ...], subject: Subject, source: str) -> None:
    """Refuse a document that holds another patient's resource.

    Raises:
        InputRefused: a resource names another patient; both are named.
    """
    groups = [reference_to(e) for e in entries if e.kind != PATIENT]
    for entry in entries:
        whose = _whose(entry)
        reference = read_reference(whose)
        if reference is None or reference.names(subject.reference):
            continue
        if reference.kind == "" and any(reference.names(g) for g in groups):
            continue
        if reference.kind in ("", PATIENT):
            said = clean(text(whose.get("reference")), 100)
            name = subject.entry.name if subject.entry else f"{PATIENT}/{subject.reference.id}"
            raise _two_patients(source, clean(name, 100), f"{said} in {entry.name}")


def is_about(entry: Entry, subject: Subject, notes: Notes) -> bool:
    """Return whether a resource is about the patient; note why not."""
    whose = _whose(entry)
    reference = read_reference(whose)
    if reference and reference.names(subject.reference):
        return True
    if reference:
        notes.add("not-about-the-patient", entry.name,
                  f"this {entry.kind} is about something else than the patient",
                  "send resources about the patient")
    else:
        notes.add("no-subject", entry.name,
                  f"this {entry.kind} does not refer to a patient of this document",
                  "send each resource with a reference to its patient")
    return False


def _whose(entry: Entry) -> dict[str, Any]:
    for name in ("subject", "patient"):
        value = entry.resource.get(name)
        if isinstance(value, dict):
            return value
    return {}


def _two_patients(source: str, one: str, other: str) -> InputRefused:
    return InputRefused("not-one-patient", where=source,
                        what=f"it is about two patients, {one} and {other}",
                        fix="send one patient a document")
