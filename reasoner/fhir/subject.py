"""Say what a reference names, and whose record a resource belongs to.

References are compared, never followed: by fullUrl, by logical id, and by server where both name
one. A relative reference is on the server of the resource that makes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from .document import Entry
from .element import text

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
        """Return whether both name the same resource, as far as they say."""
        if self.urn and other.urn:
            return self.urn == other.urn
        servers = {self.server, other.server} - {""}
        kinds = {self.kind, other.kind} - {""}
        return bool(self.id) and self.id == other.id and len(servers) < 2 and len(kinds) < 2

    def __str__(self) -> str:
        return self.urn or "/".join(part for part in (self.server, self.kind, self.id) if part)


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


def reference_from(entry: Entry, value: Any) -> Reference | None:
    """Read a reference that an entry makes; a relative one is on the entry's own server.

    Source: HL7 FHIR R4, Bundle, resolving references in bundles.
    """
    found = read_reference(value)
    if found is None or found.urn or found.server:
        return found
    return replace(found, server=reference_to(entry).server)


def whose(entry: Entry) -> Reference | None:
    """Return the reference of a resource to the one it is about, if it makes one."""
    for name in ("subject", "patient"):
        value = entry.resource.get(name)
        if isinstance(value, dict):
            return reference_from(entry, value)
    return None
