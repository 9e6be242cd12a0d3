"""Arguments and contrasts as RDF: each argument with its source and proof, and each attack."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment
from ..namespaces import marrow
from ..proof import Quad
from .nodes import AnswerGraph, Said, name, number, source_said, text, truth


def arguments_quads(assessment: Assessment, data: dict[str, Any]) -> list[Quad]:
    """Return the arguments about one intervention as a named graph, with their proofs."""
    graph = AnswerGraph(assessment)
    return graph.close(
        "ArgumentsAnswer", "RationaleExplanation", (marrow("asked"), name(data["asked"])),
        *_side(assessment, graph, data, data["asked"]))


def contrast_quads(assessment: Assessment, data: dict[str, Any]) -> list[Quad]:
    """Return two interventions side by side as a named graph, with the proofs of both."""
    graph = AnswerGraph(assessment)
    sides = [
        graph.part(
            (marrow("asked"), name(side["intervention"])), (marrow("place"), number(place)),
            (marrow("decidedBy"), text(side["decidedBy"])),
            *((marrow("unknownItem"), name(m["name"])) for m in side["missing"]),
            *_side(assessment, graph, side, side["intervention"]))
        for place, side in enumerate(data["sides"], 1)
    ]
    changes = [
        graph.part((marrow("readSource"), name(entry["row"])), (marrow("says"),
                                                                text(entry["label"])),
                   (marrow("asked"), name(entry["winner"])),
                   (marrow("insteadOf"), name(entry["loser"])))
        for entry in data["supersedes"]
    ]
    return graph.close(
        "ContrastAnswer", "ContrastiveExplanation",
        *((marrow("asked"), name(side["intervention"])) for side in data["sides"]),
        *((marrow("contrastSide"), side) for side in sides),
        *((marrow("sharedRow"), name(row)) for row in data["shared"]),
        *((marrow("takesPlace"), change) for change in changes),
        *((marrow("citedDisagreement"), text(d["label"])) for d in data["disagreements"]),
    )


def _side(assessment: Assessment, graph: AnswerGraph, data: dict[str, Any], about: str) \
        -> list[Said]:
    """Return what is said of one intervention: its outcome, arguments and attacks."""
    nodes = {}
    for entry in (*data["arguments"], *data["elsewhere"]):
        nodes[entry["number"]] = graph.part(
            *source_said(entry), (marrow("asked"), name(entry["about"])),
            (marrow("sign"), text(entry["sign"])), (marrow("stands"), truth(entry["stands"])),
            (marrow("relationAsked"), name(entry["relation"])),
            (marrow("decidedBy"), text(entry["rule"])),
            (marrow("hasProof"), graph.proved(_fact(entry["groundStatement"]))),
            *((marrow("foundValue"), text(fact)) for fact in entry["facts"]),
            *((marrow("citedDisagreement"), text(d)) for d in entry["sourcesDisagree"]))
    attacks = [
        graph.part((marrow("attackedBy"), nodes[attack["by"]]),
                   (marrow("attackOn"), nodes[attack["of"]]),
                   (marrow("manner"), text(attack["how"])))
        for attack in data["defeats"]
    ]
    outcome = assessment.outcome_of(marrow(about))
    proof = graph.proved((assessment.patient.patient, outcome, marrow(about))) if outcome else None
    return [
        (marrow("outcomeFound"), text(data["outcome"])),
        (marrow("reasonFound"), text(data["reason"])), (marrow("hasProof"), proof),
        *((marrow("argument"), node) for node in nodes.values()),
        *((marrow("attack"), attack) for attack in attacks),
    ]


def _fact(statement: list[str]) -> tuple[str, str, str]:
    s, p, o = (f"<{part}>" for part in statement)
    return s, p, o
