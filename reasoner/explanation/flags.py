"""An open red flag as data, and how urgent what is met is."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment, source_of
from ..namespaces import local_name, marrow
from ..tier import tier_of
from .steps import all_grounds

URGENT = {"emergency": 0, "urgent": 1, "routine": 2}
"""The points of urgency, in their order."""


def flag_data(assessment: Assessment, kind: str) -> dict[str, Any]:
    """Return an open flag with what to do, who, how soon, and why."""
    graph = assessment.graph
    rows = [
        row for row in assessment.related("meets")
        if kind in graph.objects(row, marrow("flag"))
    ]
    grounds = [assessment.fact("meets", row) for row in rows] or [
        assessment.fact("hasOpenFlag", kind)]
    advice = list(dict.fromkeys(
        (graph.text(row, marrow("action")), graph.text(row, marrow("actor"))) for row in rows))
    return {
        "name": local_name(kind),
        "iri": kind.strip("<>"),
        "label": graph.label(kind),
        "certainty": "present" if kind in assessment.related("has") else "suspected",
        "urgency": urgency_of(assessment, rows),
        "actions": [action for action, _ in advice],
        "actors": [actor for _, actor in advice],
        "sources": [{**source_of(graph, row), "tier": tier_of(graph, row)} for row in rows],
        "because": all_grounds(assessment, grounds),
        "proof": proof_of(assessment, "hasOpenFlag", kind),
    }


def urgency_of(assessment: Assessment, rows: list[str]) -> str | None:
    """Return the most pressing urgency among some rows."""
    graph = assessment.graph
    ranked = sorted(
        (graph.number(point, marrow("rank")) or 9.0, graph.text(point, marrow("code")) or "")
        for row in rows for point in graph.objects(row, marrow("urgency"))
    )
    return ranked[0][1] if ranked else None


def proof_of(assessment: Assessment, predicate: str, value: str) -> str | None:
    """Return the name of a proof that the patient is related so, if it holds."""
    proof = assessment.prove(assessment.fact(predicate, value))
    return proof.iri.strip("<>") if proof else None
