"""Contrast: what supports and opposes each of two interventions, and what decided between them."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment, source_of
from ..disagreement import disagreements_of
from ..errors import UsageError
from ..namespaces import TYPE, local_name, marrow
from .arguments import argument_lines, arguments
from .disagreements import disagreement_data, disagreement_lines
from .failing import criteria_lines, named_items, unmet_criteria
from .report import recommendation
from .rulebook import written
from .text import source_text
from .why import unknown_name


def contrast(assessment: Assessment, first: str, second: str) -> dict[str, Any]:
    """Return two interventions side by side.

    Raises:
        UsageError: one of the names has no outcome for this patient.
    """
    graph = assessment.graph
    found = disagreements_of(assessment)
    sides = []
    for name in (first, second):
        term = graph.named(name)
        outcome = assessment.outcome_of(term)
        if outcome is None:
            if not graph.objects(term, TYPE):
                raise unknown_name(graph, name)
            raise UsageError("no-outcome", what=f"{name[:60]!r} has no outcome for this patient",
                             fix="take an intervention that marrow explain lists")
        entry = recommendation(assessment, term, outcome, found)
        proof = assessment.prove(assessment.fact(local_name(outcome), term))
        rule = proof.steps[-1].rule if proof and proof.steps else None
        entry["decidedBy"] = local_name(rule) if rule else None
        entry["decidedByTitle"] = written(assessment.engine, rule)["label"] if rule else None
        entry["criteria"] = unmet_criteria(assessment, term, outcome)
        told = arguments(assessment, name)
        entry |= {key: told[key] for key in ("arguments", "elsewhere", "defeats", "setAside")}
        sides.append(entry)
    rows = [{r["id"] for key in ("because", "against") for r in side[key]} for side in sides]
    return {
        "asOf": assessment.patient.as_of.isoformat(),
        "sides": sides,
        "shared": sorted(rows[0] & rows[1]),
        "differ": [sorted(rows[0] - rows[1]), sorted(rows[1] - rows[0])],
        "supersedes": [
            _replacement(assessment, side, marrow(argument["id"]))
            for side in sides for argument in side["arguments"]
            if argument["relation"] == "superseded" and argument["stands"]
        ],
        "disagreements": [
            data for data in (disagreement_data(assessment, d) for d in found)
            if any(data["label"] in side["sourcesDisagree"] for side in sides)
        ],
        "notice": assessment.wording.notice(),
    }


def _replacement(assessment: Assessment, side: dict[str, Any], row: str) -> dict[str, Any]:
    """Return by which row something takes the place of one side."""
    graph = assessment.graph
    winner = graph.object(row, marrow("intervention")) or ""
    return {
        "row": local_name(row), "label": graph.label(row),
        "winner": local_name(winner), "winnerLabel": graph.label(winner),
        "loser": side["intervention"], "loserLabel": side["label"],
        "source": {**source_of(graph, row),
                   "claims": [local_name(c) for c in graph.objects(row, marrow("claim"))]},
    }


def contrast_text(data: dict[str, Any]) -> str:
    """Return the contrast as text."""
    lines = []
    for side in data["sides"]:
        reason = f" [{'; '.join(side['reasons'])}]" if side["reasons"] else ""
        lines += [f"{side['label']}: {side['outcome']}{reason}  <{side['intervention']}>",
                  f"  decided by {side['decidedBy']}: {side['decidedByTitle']}",
                  *argument_lines(side), *criteria_lines(side["criteria"])]
        if side["missing"]:
            lines.append(f"  needs: {named_items(side['missing'])}")
    for entry in data["supersedes"]:
        lines.append(f"{entry['winnerLabel']} <{entry['winner']}> takes the place of "
                     f"{entry['loserLabel']} <{entry['loser']}>: {entry['label']} "
                     f"({source_text(entry['source'])})")
    if data["shared"]:
        rows = {r["id"]: r for side in data["sides"] for key in ("because", "against")
                for r in side[key]}
        lines.append("both rest on: " + "; ".join(
            f"{rows[name]['label']} ({source_text(rows[name])})" for name in data["shared"]))
    if data["disagreements"]:
        lines += ["Sources disagree, and none is preferred here",
                  *disagreement_lines(data["disagreements"])]
    return "\n".join([*lines, f"As of {data['asOf']}.", "", data["notice"], ""])
