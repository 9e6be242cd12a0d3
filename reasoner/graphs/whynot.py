"""Why not, as RDF: what excludes it, what is unmet or unknown, what would flip it, what instead."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment
from ..namespaces import DCTERMS, EO, TYPE, iri, marrow
from ..proof import Quad
from .nodes import AnswerGraph, name, number, source_said, text, truth


def why_not_quads(assessment: Assessment, data: dict[str, Any]) -> list[Quad]:
    """Return the answer to why something is not concluded as a named graph, with its proofs."""
    graph = AnswerGraph(assessment)
    rows = [graph.part(*source_said(row), *((marrow("foundValue"), text(f)) for f in row["facts"]),
                       (marrow("hasProof"), graph.proved(
                           assessment.fact("meets", marrow(row["id"])))))
            for row in data["excludedBy"]]
    criteria = [
        graph.part(
            (marrow("asked"), name(entry["criterion"])), (marrow("says"), text(entry["label"])),
            (marrow("standing"), text(entry["status"])),
            *((iri(DCTERMS, "source"), name(source)) for source in entry["sources"]),
            *((marrow("failedMember"), _member(graph, part, place))
              for place, part in enumerate(entry["failed"], 1)),
            *((marrow("unknownMember"), _member(graph, part, place))
              for place, part in enumerate(entry["unknown"], 1)))
        for entry in data["criteria"]
    ]
    changes = [
        graph.part((TYPE, iri(EO, "CounterfactualExplanation")), (marrow("place"), number(place)),
                   *((marrow("supposed"), text(change)) for change in case))
        for place, case in enumerate(data["wouldHoldIf"], 1)
    ]
    term = marrow(data["asked"])
    outcome = assessment.outcome_of(term)
    proof = graph.proved((assessment.patient.patient, outcome, term)) if outcome else None
    return graph.close(
        "WhyNotAnswer", "ContrastiveExplanation",
        (marrow("asked"), term), (marrow("outcomeFound"), text(data["outcome"])),
        (marrow("reasonFound"), text(data["reason"])), (marrow("hasProof"), proof),
        (marrow("saysAll"), truth(data["searchedAll"])),
        *((marrow("says"), text(state)) for state in data["states"]),
        *((marrow("deferringFlag"), text(flag)) for flag in data["deferredBy"]),
        *((marrow("excludingRow"), row) for row in rows),
        *((marrow("unmetCriterion"), criterion) for criterion in criteria),
        *((marrow("unknownItem"), name(item["name"])) for item in data["unknown"]),
        *((marrow("wouldHoldIf"), change) for change in changes),
        *((marrow("offeredInstead"), name(other["name"])) for other in data["instead"]),
    )


def _member(graph: AnswerGraph, part: dict[str, Any], place: int) -> str:
    inner = [*part["anyOf"], *(p for maker in part["through"] for p in maker["parts"])]
    return graph.part(
        (marrow("place"), number(place)), (marrow("neededValue"), text(part["needs"])),
        (marrow("foundValue"), text(part["found"])), (marrow("standing"), text(part["status"])),
        *((marrow("answerPart"), _member(graph, p, n)) for n, p in enumerate(inner, 1)))
