"""What if, as RDF: what is supposed, and each outcome that would differ, with the rows behind it.

No proof goes with it: a proof is of what the record says, and this is of what it does not say.
"""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment
from ..namespaces import marrow
from ..proof import Quad
from .nodes import AnswerGraph, name, text


def what_if_quads(assessment: Assessment, data: dict[str, Any]) -> list[Quad]:
    """Return the difference that a supposed change makes as a named graph."""
    graph = AnswerGraph(assessment)
    differs = [
        graph.part(
            (marrow("asked"), name(entry["intervention"])),
            (marrow("fromOutcome"), text(entry["before"])),
            (marrow("toOutcome"), text(entry["after"])),
            (marrow("reasonFound"), text(entry["reasonAfter"])),
            *((marrow("readSource"), name(row["id"])) for row in entry["because"]),
            *((marrow("noLongerRow"), name(row["id"])) for row in entry["noLonger"]))
        for entry in data["outcomes"]
    ]
    return graph.close(
        "WhatIfAnswer", "CounterfactualExplanation",
        *((marrow("supposed"), text(change)) for change in data["suppose"]),
        *((marrow("whatDiffers"), node) for node in differs),
        *((marrow("gained"), text(said)) for said in data["gained"]),
        *((marrow("lost"), text(said)) for said in data["lost"]))
