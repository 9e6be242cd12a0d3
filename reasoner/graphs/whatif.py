"""What if, as RDF: what is supposed, and what would differ, with the rows behind it and its proof.

Such a proof is of what the record does not say: what it takes from a supposed record is marked,
and the checker of proofs refuses it.
"""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment
from ..namespaces import marrow
from ..proof import Quad
from .nodes import AnswerGraph, name, text


def what_if_quads(after: Assessment, data: dict[str, Any]) -> list[Quad]:
    """Return the difference that a supposed change makes as a named graph, with its proofs.

    Args:
        after: the assessment as it would be.
        data: the answer.
    """
    graph = AnswerGraph(after)
    differs = [
        graph.part(
            (marrow("asked"), name(entry["intervention"])),
            (marrow("fromOutcome"), text(entry["before"])),
            (marrow("toOutcome"), text(entry["after"])),
            (marrow("reasonFound"), text(entry["reasonAfter"])),
            (marrow("hasProof"), _proof(graph, after, marrow(entry["intervention"]))),
            *((marrow("readSource"), name(row["id"])) for row in entry["because"]),
            *((marrow("noLongerRow"), name(row["id"])) for row in entry["noLonger"]))
        for entry in data["outcomes"]
    ]
    held = [
        graph.part(
            (marrow("asked"), name(entry["name"])), (marrow("says"), text(entry["says"])),
            (marrow("hasProof"), graph.proved(
                after.fact(entry["relation"], marrow(entry["name"])))))
        for entry in data["wouldHold"]
    ]
    return graph.close(
        "WhatIfAnswer", "CounterfactualExplanation",
        *((marrow("supposed"), text(change)) for change in data["suppose"]),
        *((marrow("whatDiffers"), node) for node in differs),
        *((marrow("wouldHold"), node) for node in held),
        *((marrow("gained"), text(said)) for said in data["gained"]),
        *((marrow("lost"), text(said)) for said in data["lost"]))


def _proof(graph: AnswerGraph, after: Assessment, intervention: str) -> str | None:
    outcome = after.outcome_of(intervention)
    return graph.proved((after.patient.patient, outcome, intervention)) if outcome else None
