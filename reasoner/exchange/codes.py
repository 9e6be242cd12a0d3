"""Say what a term is in FHIR: its codes where one means just that, and always its label."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Any
from unicodedata import category

from ..assessment import Assessment
from ..mapping import CODE_SYSTEMS, EXACT, Mappings
from ..namespaces import TYPE, marrow
from ..proof import Proof
from ..quantity import text_of
from ..wording import records_of

Json = dict[str, Any]
IRI_SYSTEM = "urn:ietf:rfc:3986"
FHIR_NODE = "<urn:marrow:fhir:"
"""How the names of records begin that were read from FHIR."""
FHIR_ID = r"[A-Za-z0-9.\-]{1,64}"
_SYSTEMS = {system.prefix: system.uris[0] for system in CODE_SYSTEMS}
_SOURCE = re.compile(rf"([A-Z][A-Za-z]{{1,40}}/{FHIR_ID})(?: .*)?", re.DOTALL)
_ASKED_AS = (
    ("MeasurementKind", "Observation", "code"),
    ("MedicationKind", "MedicationStatement", "medication"),
    ("ExaminationKind", "Procedure", "code"),
    ("InterventionKind", "Procedure", "code"),
    ("DisorderKind", "Condition", "code"),
    ("FindingKind", "Condition", "code"),
    ("ListKind", "List", "code"),
)
"""Which resource tells of a kind of each sort, and the element that holds its code."""


def plain(text: str) -> str:
    """Return text on one line, without the signs that a string of FHIR or XHTML cannot hold."""
    return " ".join("".join(
        " " if c.isspace() else c for c in text
        if c.isspace() or category(c) not in ("Cc", "Cf", "Cn", "Cs")).split())


def narrative(lines: Iterable[str]) -> Json:
    """Return what a person reads of a resource."""
    said = "".join(f"<p>{escape(line)}</p>" for line in map(plain, lines) if line)
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{said}</div>'}


def concept(term: str, label: str, mappings: Mappings) -> Json:
    """Return a concept with the codes that mean the term and nothing else; most often, none.

    A display is not sent: the table holds our words, and a display is the code system's.
    """
    codings = [
        {"system": _SYSTEMS[entry.prefix], "code": entry.code} for entry in mappings.entries
        if entry.subject == term and entry.predicate == EXACT and entry.prefix in _SYSTEMS
    ]
    return {"coding": codings, "text": plain(label)}


def requirement(assessment: Assessment, term: str, label: str, url: str, mappings: Mappings) \
        -> Json:
    """Return what is asked for, as the data that would tell it.

    Args:
        assessment: the assessment that asks.
        term: what is unknown.
        label: how it reads.
        url: the extension that holds the label.
        mappings: the codes of terms.
    """
    sorts = assessment.graph.objects(term, TYPE)
    asked: Json = {"type": "Patient", "extension": [{"url": url, "valueString": plain(label)}]}
    for sort, resource, path in _ASKED_AS:
        if marrow(sort) in sorts:
            asked["type"] = resource
            found = concept(term, label, mappings)
            asked["codeFilter"] = [{"path": path, "code": found["coding"]
                                    or [{"display": found["text"]}]}]
            break
    return asked


def references(assessment: Assessment, proof: Proof | None) -> list[Json]:
    """Return the records that a proof rests on: by id where they came from FHIR, else by name."""
    if proof is None:
        return []
    records = records_of(assessment.patient)
    used = {term for leaf, origin in proof.leaves.items() if origin == "record"
            for term in (leaf[0], leaf[2]) if term in records}
    return [_reference(assessment, node) for node in sorted(used)]


def _reference(assessment: Assessment, node: str) -> Json:
    display = plain(assessment.wording.record(node))
    source = next((text_of(o) for s, p, o in assessment.patient.facts
                   if s == node and p == marrow("recordSource")), "")
    found = _SOURCE.fullmatch(source) if node.startswith(FHIR_NODE) else None
    if found:
        return {"reference": found[1], "display": display}
    return {"identifier": {"system": IRI_SYSTEM, "value": node.strip("<>")}, "display": display}
