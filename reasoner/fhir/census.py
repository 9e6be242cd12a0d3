"""Find the patients of an input, and give every resource to the patient it is about.

Where the input holds Patient resources, they are its patients, and a resource about anybody else
belongs to none. Where it holds no Patient resource, its patients are those that the resources
refer to. Two servers may use the same id for two patients, so ids are compared with their server.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .document import quoted
from .shelf import Shelf, key_reference, reference_of
from .subject import PATIENT, Reference

UNSURE = "same-id-twice"


@dataclass(frozen=True)
class Subject:
    """One patient of an input: its number, what refers to it, and where its resource stands.

    ``position`` is None without a Patient resource; ``reason`` says why the patient cannot be
    told, if so; ``shared`` whether another patient of the input has the same id.
    """

    number: int
    reference: Reference
    position: int | None
    reason: str
    shared: bool

    @property
    def iri(self) -> str:
        """The patient's node in the graph."""
        name = quoted(self.reference.id or f"~{self.position}")
        if self.shared:
            place = f"{self.reference.server} {self.reference.urn} {self.position}"
            name += "~" + hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        return f"<urn:marrow:fhir:{PATIENT}/{name}>"

    @property
    def name(self) -> str:
        """What to call the patient in messages and ask for it by."""
        if not self.reference.id:
            return f"{PATIENT}, entry {self.position}"
        return str(self.reference) if self.shared else f"{PATIENT}/{self.reference.id}"


class Census:
    """The patients of a shelf of resources."""

    def __init__(self, shelf: Shelf, kinds_read: Iterable[str]) -> None:
        self._shelf = shelf
        self._database = shelf.database
        self._count_patients(tuple(kinds_read))
        self._resolve_subjects()
        self._find_repetitions()

    def __len__(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM patient").fetchone()[0])

    def subject(self, number: int) -> Subject:
        """Return a patient by number, from 1."""
        name, server, urn, position, reason, same = self._database.execute(
            "SELECT id, server, urn, n, reason, (SELECT count(*) FROM patient AS other "
            "WHERE other.id = patient.id) FROM patient WHERE p = ?", (number,)).fetchone()
        reference = reference_of(PATIENT, name, server, urn)
        return Subject(number, reference, position, reason, same > 1 and bool(reference.id))

    def find(self, wanted: Reference) -> list[int]:
        """Return the numbers of the patients that a reference names."""
        return [number for number, known in self._like(wanted) if known.names(wanted)]

    def _count_patients(self, kinds_read: tuple[str, ...]) -> None:
        rows = self._database.execute(
            "SELECT n, id, server, urn FROM resource WHERE kind = ? ORDER BY n", (PATIENT,))
        for position, *known in rows:
            self._meet(position, reference_of(PATIENT, *known))
        if len(self):
            return
        marks = ", ".join("?" * len(kinds_read))
        for (key,) in self._database.execute(
                f"SELECT whose FROM resource WHERE kind IN ({marks}) "  # noqa: S608 - marks only
                "AND whose IS NOT NULL GROUP BY whose ORDER BY min(n)", kinds_read):
            reference = key_reference(key)
            if reference.kind in ("", PATIENT):
                self._meet_in_passing(reference)

    def _meet_in_passing(self, reference: Reference) -> None:
        """Take up a patient whom a resource refers to, with the server as soon as one is named."""
        known = self.find(reference)
        if not known:
            self._add(reference, None)
        elif len(known) == 1 and reference.server:
            self._database.execute("UPDATE patient SET server = ? WHERE p = ? AND server = x''",
                                   (_bytes(reference.server), known[0]))

    def _meet(self, position: int, reference: Reference) -> None:
        """Take up a Patient resource: a new patient, or one that was met before."""
        known = self.find(reference)
        number = known[0] if known else self._add(reference, position)
        self._database.execute("UPDATE resource SET patient = ? WHERE n = ?", (number, position))
        if not known:
            return
        self._shelf.set_aside([position], "repeated")
        first = [self.subject(n).position for n in known]
        if len(known) > 1 or any(
                self._shelf.digest(n) != self._shelf.digest(position) for n in first if n):
            self._database.executemany("UPDATE patient SET reason = ? WHERE p = ?",
                                       [(UNSURE, n) for n in known])

    def _add(self, reference: Reference, position: int | None) -> int:
        found = self._database.execute(
            "INSERT INTO patient (id, server, urn, n, reason) VALUES (?, ?, ?, ?, '')",
            (*map(_bytes, (reference.id, reference.server, reference.urn)), position))
        return found.lastrowid or 0

    def _like(self, wanted: Reference) -> list[tuple[int, Reference]]:
        # Asked one by one: an empty name would match every patient without one.
        found = {}
        for column, name in (("id", wanted.id), ("urn", wanted.urn)):
            if name:
                for number, *known in self._database.execute(
                        f"SELECT p, id, server, urn FROM patient WHERE {column} = ?",  # noqa: S608 - one of two words
                        (_bytes(name),)):
                    found[number] = reference_of(PATIENT, *known)
        return sorted(found.items(), key=lambda item: item[0])

    def _resolve_subjects(self) -> None:
        for keys in self._keys():
            named = (key_reference(key) for key in keys)
            self._database.executemany(
                "INSERT OR IGNORE INTO named VALUES (?, ?)",
                [(_bytes(r.id), _bytes(r.server)) for r in named if r.server])
        for keys in self._keys():
            self._database.executemany(
                "INSERT INTO subject VALUES (?, ?, ?)",
                [(key, *self._owner(key_reference(key))) for key in keys])
        self._database.execute(
            "UPDATE resource SET (patient, reason) = (SELECT patient, reason FROM subject "
            "WHERE subject.whose = resource.whose) WHERE whose IS NOT NULL")
        self._shelf.index()

    def _keys(self) -> Iterator[list[bytes]]:
        """Yield the references that resources make to whom they are about, in batches."""
        rows = self._database.execute(
            "SELECT DISTINCT whose FROM resource WHERE whose IS NOT NULL")
        while batch := rows.fetchmany(1000):
            yield [key for (key,) in batch]

    def _owner(self, reference: Reference) -> tuple[int | None, str]:
        """Return the patient that a reference names, or why there is none."""
        if reference.kind not in ("", PATIENT):
            return None, "not-about-the-patient"
        known = self.find(reference)
        if len(known) > 1 and reference.server:
            known = [n for n in known if self.subject(n).reference.server == reference.server]
        if len(known) == 1 and not self._is_ambiguous(reference, known[0]):
            return known[0], ""
        return None, "subject-ambiguous" if known else "subject-not-in-input"

    def _is_ambiguous(self, reference: Reference, number: int) -> bool:
        """Return whether two servers are named for an id whose patient names none."""
        if not reference.server or self.subject(number).reference.server:
            return False
        servers = self._database.execute("SELECT count(*) FROM named WHERE id = ?",
                                         (_bytes(reference.id),)).fetchone()[0]
        return bool(servers > 1)

    def _find_repetitions(self) -> None:
        """Keep one of equal resources; of two that differ under one id neither can be believed."""
        for group in self._shelf.repeated():
            by_owner: dict[int | None, set[bytes]] = defaultdict(set)
            by_place: dict[str, set[bytes]] = defaultdict(set)
            for _, at, owner, digest in group:
                by_owner[owner].add(digest)
                by_place[at.urn or at.server].add(digest)
            every = set().union(*by_place.values())
            unsure, again = [], []
            kept: set[tuple[int | None, bytes]] = set()
            for n, at, owner, digest in group:
                place = at.urn or at.server
                same_place = by_place[place] | by_place[""] if place else every
                if len(same_place) > 1 or len(by_owner[owner]) > 1:
                    unsure.append(n)
                elif (owner, digest) in kept:
                    again.append(n)
                kept.add((owner, digest))
            self._shelf.set_aside(unsure, UNSURE)
            self._shelf.set_aside(again, "repeated")


def _bytes(written: str) -> bytes:
    return written.encode("utf-8", "surrogatepass")
