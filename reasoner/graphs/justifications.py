"""Justifications as RDF: each minimal set as a node with its members."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment
from ..namespaces import marrow
from ..proof import Quad
from .nodes import AnswerGraph, number, text, truth


def justifications_quads(assessment: Assessment, data: dict[str, Any]) -> list[Quad]:
    """Return the minimal sets that give a conclusion as a named graph, with its proof."""
    graph = AnswerGraph(assessment)
    s, p, o = (f"<{term}>" for term in data["statement"])
    sets = [
        graph.part(
            (marrow("place"), number(place)),
            *((marrow("memberRecord"), f"<{m['iri']}>") for m in entry["records"]),
            *((marrow("memberFact"), text(m["says"])) for m in entry["facts"]),
            *((marrow("memberStatement"), f"<{m['iri']}>") for m in entry["statements"]),
            *((marrow("memberAbsence"), text(m["pattern"])) for m in entry["absences"]))
        for place, entry in enumerate(data["justifications"], 1)
    ]
    return graph.close(
        "JustificationsAnswer", "RationaleExplanation",
        (marrow("relationAsked"), p), (marrow("asked"), o),
        (marrow("says"), text(data["conclusion"])), (marrow("hasProof"), graph.proved((s, p, o))),
        (marrow("saysAll"), truth(data["complete"])),
        *((marrow("justification"), node) for node in sets))
