"""Turn bytes into FHIR resources: strict JSON, bundles of every shape, NDJSON, and limits.

Nothing a document refers to is ever fetched. A key that is said twice, a number that JSON does not
know and nesting that no record needs are refused, since readers disagree on what they mean.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import quote

from ..errors import InputRefused, LimitReached
from .element import Number, clean, objects, text
from .notes import Notes

MAX_BYTES = 20_000_000
"""FHIR says in narrative and extensions ten times what the triples of a record say."""
MAX_ENTRIES = 50_000
MAX_DEPTH = 64
_LONGEST_ID = 64
_MANY_VERSIONS = ("history", "transaction-response", "batch-response", "subscription-notification")

Resource = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """A resource and where it stood: its fullUrl, if any, and its place in the document."""

    resource: Resource
    url: str
    position: int

    @property
    def kind(self) -> str:
        """The resource type."""
        return text(self.resource.get("resourceType"))

    @property
    def id(self) -> str:
        """The logical id, or an empty string."""
        return text(self.resource.get("id"))

    @property
    def name(self) -> str:
        """What messages and record sources call the resource."""
        return clean(f"{self.kind}/{self.id}" if self.id else f"{self.kind}, entry {self.position}",
                     100)

    @property
    def path(self) -> str:
        """The resource's name as part of an IRI; hostile ids are made harmless."""
        # No FHIR id has a tilde, so that a place is never taken for an id.
        return f"{self.kind}/{quoted(self.id or f'~{self.position}')}"


def quoted(name: str) -> str:
    """Return a name as one segment of an IRI; a longer one than FHIR allows is hashed."""
    written = name.encode("utf-8", "surrogatepass")
    if len(written) > _LONGEST_ID:
        return f"~{hashlib.sha256(written).hexdigest()}"
    return quote(written, safe="~")


def read_document(data: bytes, source: str, notes: Notes) -> tuple[Entry, ...]:
    """Return the resources of a bundle, of a bare resource or of NDJSON.

    Args:
        data: the bytes of the document.
        source: what to call the document in messages.
        notes: where entries without a resource are noted.

    Raises:
        InputRefused: it is no FHIR JSON that can be read in one way only.
        LimitReached: it is larger or deeper than the limits.
    """
    if len(data) > MAX_BYTES:
        raise LimitReached("too-large", where=source, what=f"more than {MAX_BYTES} bytes",
                           fix="send one patient a file")
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputRefused("does-not-parse", where=source, what="it is no UTF-8 text",
                           fix="send FHIR JSON as UTF-8") from error
    entries: list[Entry] = []
    for top in _parse_values(decoded, source):
        _check_depth(top, source)
        for resource, url in _resources(top, source, notes):
            entries.append(Entry(resource, url, len(entries) + 1))
            if len(entries) > MAX_ENTRIES:
                raise LimitReached("too-many-entries", where=source,
                                   what=f"more than {MAX_ENTRIES} resources",
                                   fix="send one patient a file")
    if not entries:
        raise InputRefused("empty", where=source, what="no resources",
                           fix="send a bundle with one patient")
    return tuple(entries)


def _parse_values(decoded: str, source: str) -> list[Any]:
    try:
        return [_parse(decoded, source)]
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Extra data"):
            raise _syntax(error, f"{source}, line {error.lineno}") from error
    values = []
    for number, line in enumerate(decoded.split("\n"), 1):
        if line.strip():
            try:
                values.append(_parse(line, f"{source}, line {number}"))
            except json.JSONDecodeError as error:
                raise _syntax(error, f"{source}, line {number}") from error
    return values


def _parse(written: str, where: str) -> Any:
    def members(pairs: list[tuple[str, Any]]) -> Resource:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise InputRefused("duplicate-key", where=where,
                               what=f"an object says {clean(twice, 40)!r} twice",
                               fix="keep the one that is meant")
        return found

    def no_number(name: str) -> NoReturn:
        raise InputRefused("does-not-parse", where=where, what=f"{name} is no JSON number",
                           fix="leave the value out or say why it is absent")

    try:
        return json.loads(written, object_pairs_hook=members, parse_float=Number,
                          parse_int=Number, parse_constant=no_number)
    except RecursionError as error:
        raise _too_deep(where) from error


def _syntax(error: json.JSONDecodeError, where: str) -> InputRefused:
    return InputRefused("does-not-parse", where=where,
                        what=f"it is no JSON at column {error.colno} ({error.msg})",
                        fix="send FHIR JSON, or NDJSON with one resource a line")


def _too_deep(where: str) -> LimitReached:
    return LimitReached("too-deep", where=where, what=f"nested more than {MAX_DEPTH} deep",
                        fix="send the resources as the server gives them")


def _check_depth(value: Any, source: str) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child for parent in level if isinstance(parent, (dict, list))
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise _too_deep(source)


def _resources(top: Any, source: str, notes: Notes) -> Iterator[tuple[Resource, str]]:
    """Yield the resources below a value, in order; bundles within bundles are opened."""
    if not isinstance(top, dict) or not text(top.get("resourceType")):
        raise InputRefused("not-fhir", where=source, what="it is no FHIR resource",
                           fix="send a bundle, or one resource with its resourceType")
    waiting: list[tuple[Resource, str]] = [(top, "")]
    while waiting:
        resource, url = waiting.pop()
        if resource.get("resourceType") != "Bundle":
            yield resource, url
            continue
        kind = text(resource.get("type"))
        if kind in _MANY_VERSIONS:
            raise InputRefused("bundle-type", where=source,
                               what=f"a bundle of type {kind} is no record of a patient",
                               fix="send a transaction, collection, searchset or document")
        if any(link.get("relation") == "next" for link in objects(resource.get("link"))):
            notes.add("next-page", source, "the search result has a further page, not sent here",
                      "send all pages; what is not sent counts as not recorded")
        found = [_open(entry, source, notes) for entry in objects(resource.get("entry"))]
        waiting.extend(pair for pair in reversed(found) if pair)


def _open(entry: Resource, source: str, notes: Notes) -> tuple[Resource, str] | None:
    resource = entry.get("resource")
    request = entry.get("request")
    if isinstance(request, dict) and request.get("method") == "DELETE":
        notes.add("entry-deletes", source, "an entry of the bundle deletes its resource",
                  "send what the record holds now")
        return None
    if not isinstance(resource, dict) or not text(resource.get("resourceType")):
        notes.add("entry-without-resource", source,
                  "an entry of the bundle holds no resource", "send each resource in its entry")
        return None
    return resource, text(entry.get("fullUrl"))
