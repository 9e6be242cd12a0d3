"""Keep the resources of an input on disk, found again by patient and by reference.

A bulk export holds one type of resource after another, so that what belongs to one patient is only
together at the end of it. The database is a temporary file of SQLite that has no name as soon as it
is open: it is gone with the process, and memory does not grow with the number of patients.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from .document import Entry
from .subject import PATIENT, Reference, reference_to, whose

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -8000;
CREATE TABLE resource (n INTEGER PRIMARY KEY, kind TEXT, id BLOB, server BLOB, urn BLOB,
                       whose BLOB, patient INTEGER, reason TEXT);
CREATE TABLE body (n INTEGER PRIMARY KEY, content BLOB);
CREATE TABLE subject (whose BLOB PRIMARY KEY, patient INTEGER, reason TEXT) WITHOUT ROWID;
CREATE TABLE named (id BLOB, server BLOB, PRIMARY KEY (id, server)) WITHOUT ROWID;
CREATE TABLE referred (n INTEGER PRIMARY KEY);
CREATE TABLE patient (p INTEGER PRIMARY KEY, id BLOB, server BLOB, urn BLOB, n INTEGER,
                      reason TEXT);
CREATE INDEX patient_id ON patient (id);
CREATE INDEX patient_urn ON patient (urn);
"""
_INDEXES = """
CREATE INDEX resource_id ON resource (id, kind);
CREATE INDEX resource_urn ON resource (urn) WHERE urn <> x'';
CREATE INDEX resource_patient ON resource (patient);
"""


class Shelf:
    """Resources on disk; ``add`` them all, ``sort`` them once, then look them up."""

    def __init__(self) -> None:
        self.database = sqlite3.connect("", isolation_level=None)
        self.database.executescript(_TABLES)
        self.database.execute("BEGIN")
        self._added = 0

    def close(self) -> None:
        """Remove the resources from the disk."""
        self.database.close()

    def add(self, entry: Entry) -> None:
        """Keep a resource."""
        self._added += 1
        at = reference_to(entry)
        about = whose(entry)
        self.database.execute(
            "INSERT INTO resource VALUES (?, ?, ?, ?, ?, ?, NULL, '')",
            (entry.position, _text(entry.kind), _bytes(at.id), _bytes(at.server), _bytes(at.urn),
             _key(about) if about and entry.kind != PATIENT else None))
        content = (entry.resource, entry.url, entry.position, entry.release)
        self.database.execute("INSERT INTO body VALUES (?, ?)",
                              (entry.position, pickle.dumps(content, protocol=5)))

    def __len__(self) -> int:
        return self._added

    def index(self) -> None:
        """Make ready for looking up."""
        self.database.executescript(_INDEXES + "BEGIN;")

    def entry(self, number: int) -> Entry:
        """Return the resource at a position."""
        row = self.database.execute("SELECT content FROM body WHERE n = ?", (number,)).fetchone()
        return _entry(row[0])

    def belonging(self, patient: int | None) -> Iterator[tuple[Entry, str]]:
        """Yield the resources of a patient, or of none, with why each is not to be read, if so."""
        which = "resource.patient = ?" if patient else "resource.patient IS NULL"
        rows = self.database.execute(
            f"SELECT content, reason FROM resource JOIN body USING (n) WHERE {which} ORDER BY n",  # noqa: S608 - one of two texts above
            (patient,) if patient else ())
        for content, reason in rows:
            yield _entry(content), reason

    def find(self, reference: Reference, kind: str) -> Iterator[Entry]:
        """Yield the resources of a type that a reference names."""
        found = {}
        for column, name in (("id", reference.id), ("urn", reference.urn)):
            if name:
                rows = self.database.execute(
                    f"SELECT n, kind, id, server, urn FROM resource WHERE {column} = ? "  # noqa: S608 - one of two words
                    "AND kind = ? AND reason = ''", (_bytes(name), kind))
                for number, *known in rows:
                    found[number] = reference_of(*known)
        for number, known_as in sorted(found.items()):
            if known_as.names(reference):
                yield self.entry(number)

    def refer_to(self, number: int) -> None:
        """Remember that a resource that was used refers to another."""
        self.database.execute("INSERT OR IGNORE INTO referred VALUES (?)", (number,))

    def is_referred_to(self, number: int) -> bool:
        """Return whether a resource that was used refers to this one."""
        return self.database.execute("SELECT 1 FROM referred WHERE n = ?",
                                     (number,)).fetchone() is not None

    def repeated(self) -> Iterator[list[tuple[int, Reference, int | None, bytes]]]:
        """Yield groups of resources of one type and id: position, name, patient, digest."""
        rows = self.database.execute(
            "SELECT kind, id FROM resource WHERE id <> x'' AND kind <> ? "
            "GROUP BY id, kind HAVING count(*) > 1", (PATIENT,))
        for kind, name in rows:
            yield [
                (n, reference_of(kind, name, server, urn), patient, self.digest(n))
                for n, server, urn, patient in self.database.execute(
                    "SELECT n, server, urn, patient FROM resource WHERE kind = ? AND id = ? "
                    "ORDER BY n", (kind, name))
            ]

    def digest(self, number: int) -> bytes:
        """Return what is equal for equal resources."""
        written = json.dumps(self.entry(number).resource, sort_keys=True, default=repr)
        return hashlib.sha256(written.encode()).digest()

    def set_aside(self, numbers: Iterable[int], reason: str) -> None:
        """Mark resources that are not to be read, with the reason."""
        self.database.executemany("UPDATE resource SET reason = ? WHERE n = ?",
                                  [(reason, number) for number in numbers])


def reference_of(kind: str, name: bytes, server: bytes, urn: bytes) -> Reference:
    """Return the reference that columns hold."""
    return Reference(_string(server), kind, _string(name), _string(urn))


def _key(reference: Reference) -> bytes:
    parts = (reference.server, reference.kind, reference.id, reference.urn)
    return b"\x00".join(_bytes(part) for part in parts)


def key_reference(key: bytes) -> Reference:
    """Return the reference that a key holds."""
    server, kind, name, urn = (_string(part) for part in key.split(b"\x00"))
    return Reference(server, kind, name, urn)


def _bytes(written: str) -> bytes:
    return written.replace("\x00", "").encode("utf-8", "surrogatepass")


def _string(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogatepass")


def _text(written: str) -> str:
    return _bytes(written[:100]).decode("utf-8", "replace")


def _entry(content: Any) -> Entry:
    # The file has no name and only this process wrote to it.
    return Entry(*pickle.loads(content))  # noqa: S301
