"""Gather the resources of a bundle: each named by its content, with the notice on it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any
from urllib.parse import unquote
from uuid import NAMESPACE_URL, uuid5

from ..assessment import Assessment
from ..mapping import Mappings
from ..namespaces import MARROW
from .codes import FHIR_ID, FHIR_NODE, IRI_SYSTEM, Json, narrative, plain

EXTENSIONS = MARROW + "fhir/"
JUSTIFICATION = EXTENSIONS + "justification"
ASKS = EXTENSIONS + "asks"
_ORDER = ("Patient", "GuidanceResponse", "RequestGroup", "DetectedIssue", "MedicationRequest",
          "ServiceRequest", "OperationOutcome")


class Entries:
    """The resources about one patient; equal resources have equal ids, in every run."""

    def __init__(self, assessment: Assessment, mappings: Mappings) -> None:
        self.assessment = assessment
        self.mappings = mappings
        self.notice = plain(assessment.wording.notice())
        self._entries: list[Json] = []
        self.subject = self._patient()

    @cached_property
    def _meta(self) -> Json:
        return {"tag": [{"system": MARROW, "code": "notice", "display": self.notice}]}

    def _patient(self) -> Json:
        """Add the patient, by id or name alone: whoever gets this knows the rest or need not."""
        node = self.assessment.patient.patient
        own = unquote(node.removeprefix(f"{FHIR_NODE}Patient/")[:-1]) \
            if node.startswith(f"{FHIR_NODE}Patient/") else ""
        about: Json = {"resourceType": "Patient"}
        if re.fullmatch(FHIR_ID, own):
            return self.add(about | {"id": own}, [])
        return self.add(about | {"identifier": [{"system": IRI_SYSTEM, "value": node.strip("<>")}]},
                        [])

    def add(self, resource: Json, lines: Iterable[str]) -> Json:
        """Add a resource, with what a person reads of it, and return a reference to it."""
        kept = pruned(resource | {"meta": self._meta, "text": narrative([*lines, self.notice])})
        name = named(kept)
        kept.setdefault("id", name)
        url = f"urn:uuid:{name}"
        self._entries.append({"fullUrl": url, "resource": kept})
        return {"reference": url}

    def justification(self, about: str = "", outcome: str = "", proof: str | None = None) -> Json:
        """Return the extension that says what a resource follows from."""
        engine = self.assessment.engine
        parts = [("about", "valueUri", about), ("outcome", "valueCode", outcome),
                 ("proof", "valueUri", proof),
                 ("asOf", "valueDate", self.assessment.patient.as_of.isoformat()),
                 ("knowledgeVersion", "valueString", engine.version),
                 ("knowledgeFingerprint", "valueString", engine.fingerprint),
                 ("evidence", "valueString", engine.evidence), ("site", "valueString", engine.site)]
        return {"url": JUSTIFICATION,
                "extension": [{"url": u, kind: value} for u, kind, value in parts if value]}

    def bundle(self) -> Json:
        """Return all of them, sorted by type and otherwise as they were added."""
        entries = sorted(self._entries,
                         key=lambda e: _ORDER.index(e["resource"]["resourceType"]))
        made: Json = {"resourceType": "Bundle", "meta": self._meta, "type": "collection",
                      "entry": entries}
        return {"resourceType": "Bundle", "id": named(made), **made}


def named(resource: Json) -> str:
    """Return a name made from the content of a resource."""
    content = json.dumps(resource, sort_keys=True, ensure_ascii=True)
    return str(uuid5(NAMESPACE_URL, MARROW + content))


def pruned(value: Json) -> Json:
    """Return an object without what FHIR does not allow: nothing, and what holds nothing."""
    found: Json = _pruned(value)
    return found


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {k: _pruned(v) for k, v in value.items()}
        return {k: v for k, v in kept.items() if v not in (None, "", [], {})}
    if isinstance(value, list):
        return [v for v in map(_pruned, value) if v not in (None, "", [], {})]
    return value
