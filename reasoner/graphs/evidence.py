"""Evidence as RDF, both ways: what rests on a statement, and what a conclusion rests on."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment
from ..namespaces import expand, local_name, marrow
from ..proof import Quad
from .nodes import AnswerGraph, name, source_said, text, truth


def evidence_quads(assessment: Assessment, data: dict[str, Any]) -> list[Quad]:
    """Return what rests on a statement as a named graph, with the proofs of what does."""
    graph = AnswerGraph(assessment)
    sources = [graph.part(*source_said(statement)) for statement in data["statements"]]
    resting = []
    for entry in data["conclusions"]:
        relation = expand(entry["relation"])
        fact = assessment.fact(local_name(relation), marrow(entry["about"]))
        resting.append(graph.part(
            (marrow("relationAsked"), relation), (marrow("asked"), fact[2]),
            (marrow("says"), text(entry["says"])),
            (marrow("fallsWithout"), truth(entry["fallsWithout"])),
            (marrow("hasProof"), graph.proved(fact)),
            *((marrow("readSource"), name(source)) for source in entry["through"])))
    return graph.close(
        "EvidenceAnswer", "scientificExplanation",
        *((marrow("asked"), name(statement["id"])) for statement in data["statements"]),
        *((marrow("answerPart"), source) for source in sources),
        *((marrow("restingConclusion"), node) for node in resting),
        *((marrow("restingLink"), text(link)) for link in data["links"]))


def sources_quads(assessment: Assessment, data: dict[str, Any]) -> list[Quad]:
    """Return all sources of a conclusion as a named graph, with its proof."""
    graph = AnswerGraph(assessment)
    relation = expand(data["relation"])
    fact = assessment.fact(local_name(relation), f"<{data['statement'][2]}>")
    sources = [
        graph.part(*source_said(entry), (marrow("fallsWithout"), truth(entry["fallsWithout"])),
                   *((marrow("citedDisagreement"), text(d)) for d in entry["sourcesDisagree"]))
        for entry in data["sources"]
    ]
    return graph.close(
        "SourcesAnswer", "scientificExplanation",
        (marrow("relationAsked"), relation), (marrow("asked"), fact[2]),
        (marrow("says"), text(data["conclusion"])), (marrow("hasProof"), graph.proved(fact)),
        (marrow("saysAll"), truth(data["complete"])),
        *((marrow("answerPart"), source) for source in sources))
