"""Take FHIR resources out of JSON values: bundles of every shape, lists, and bare resources.

Nothing a document refers to is ever fetched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from ..errors import InputRefused
from .element import clean, objects, text
from .notes import Notes

_LONGEST_ID = 64
_MANY_VERSIONS = ("history", "transaction-response", "batch-response", "subscription-notification")

Resource = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """A resource and where it stood: its fullUrl, if any, and its place in the input.

    ``release`` names the release it was converted from, if it was.
    """

    resource: Resource
    url: str
    position: int
    release: str = ""

    @cached_property
    def kind(self) -> str:
        """The resource type."""
        return text(self.resource.get("resourceType"))

    @cached_property
    def id(self) -> str:
        """The logical id, or an empty string."""
        return text(self.resource.get("id"))

    @cached_property
    def name(self) -> str:
        """What messages and record sources call the resource."""
        return clean(f"{self.kind}/{self.id}" if self.id else f"{self.kind}, entry {self.position}",
                     100)

    @cached_property
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


def read_resources(value: Any, where: str, notes: Notes) -> Iterator[tuple[Resource, str]]:
    """Yield the resources of a JSON value with their fullUrls, in order.

    A list is opened, and so are bundles, also within bundles.

    Args:
        value: what a document or a line of NDJSON says.
        where: where it stood, for messages.
        notes: where entries without a resource are noted.

    Raises:
        InputRefused: it holds something else than FHIR resources.
    """
    tops = value if isinstance(value, list) and value else [value]
    waiting = [(_resource(top, where), "") for top in reversed(tops)]
    while waiting:
        resource, url = waiting.pop()
        if resource.get("resourceType") != "Bundle":
            yield resource, url
            continue
        kind = text(resource.get("type"))
        if kind in _MANY_VERSIONS:
            raise InputRefused("bundle-type", where=where,
                               what=f"a bundle of type {kind} is no record of a patient",
                               fix="send a transaction, collection, searchset or document")
        if any(link.get("relation") == "next" for link in objects(resource.get("link"))):
            notes.add("next-page", where, "the search result has a further page, not sent here",
                      "send all pages; what is not sent counts as not recorded")
        found = [_open(entry, where, notes) for entry in objects(resource.get("entry"))]
        waiting.extend(pair for pair in reversed(found) if pair)


def _resource(value: Any, where: str) -> Resource:
    if not isinstance(value, dict) or not text(value.get("resourceType")):
        raise InputRefused("not-fhir", where=where, what="it is no FHIR resource",
                           fix="send a bundle, or resources with their resourceType")
    return value


def _open(entry: Resource, where: str, notes: Notes) -> tuple[Resource, str] | None:
    resource = entry.get("resource")
    request = entry.get("request")
    if isinstance(request, dict) and request.get("method") == "DELETE":
        notes.add("entry-deletes", where, "an entry of the bundle deletes its resource",
                  "send what the record holds now")
        return None
    if not isinstance(resource, dict) or not text(resource.get("resourceType")):
        notes.add("entry-without-resource", where,
                  "an entry of the bundle holds no resource", "send each resource in its entry")
        return None
    return resource, text(entry.get("fullUrl"))
