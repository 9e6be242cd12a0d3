"""Missing, as RDF: each unknown item that could change an outcome, in its rank."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment
from ..namespaces import marrow
from ..proof import Quad
from .nodes import AnswerGraph, name, number, text


def missing_quads(assessment: Assessment, data: dict[str, Any]) -> list[Quad]:
    """Return the ranked unknown items as a named graph."""
    graph = AnswerGraph(assessment)
    items = [
        graph.part(
            (marrow("asked"), name(entry["name"])), (marrow("place"), number(place)),
            (marrow("says"), text(entry["label"])),
            *((marrow("couldChange"), graph.part(
                (marrow("supposed"), text(change["if"])),
                (marrow("asked"), name(change["intervention"])),
                (marrow("fromOutcome"), text(change["from"])),
                (marrow("toOutcome"), text(change["to"])))) for change in entry["changes"]),
            *((marrow("couldOpen"), graph.part(
                (marrow("supposed"), text(flag["if"])), (marrow("asked"), name(flag["flag"]))))
              for flag in entry["flags"]))
        for place, entry in enumerate(data["items"], 1)
    ]
    return graph.close(
        "MissingAnswer", "CounterfactualExplanation",
        *((marrow("missingItem"), item) for item in items),
        *((marrow("notAlone"), name(entry["name"])) for entry in data["notAlone"]))
