"""Contrast: what supports and opposes each of two interventions, and what decided between them."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment
from ..disagreement import disagreements_of
from ..errors import UsageError
from ..namespaces import TYPE, local_name, marrow
from .arguments import argument_lines, arguments
from .disagreements import disagreement_data, disagreement_lines
from .report import recommendation
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
        entry["decidedBy"] = local_name(proof.steps[-1].rule) if proof and proof.steps else None
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
            {"row": argument["id"], "label": argument["label"],
             "winner": local_name(graph.object(marrow(argument["id"]), marrow("intervention"))
                                  or ""),
             "loser": side["intervention"]}
            for side in sides for argument in side["arguments"]
            if argument["relation"] == "superseded" and argument["stands"]
        ],
        "disagreements": [
            data for data in (disagreement_data(assessment, d) for d in found)
            if any(data["label"] in side["sourcesDisagree"] for side in sides)
        ],
        "notice": assessment.wording.notice(),
    }


def contrast_text(data: dict[str, Any]) -> str:
    """Return the contrast as text."""
    lines = []
    for side in data["sides"]:
        reason = f" [{'; '.join(side['reasons'])}]" if side["reasons"] else ""
        lines.append(f"{side['label']}: {side['outcome']}{reason}, decided by {side['decidedBy']}")
        lines += argument_lines(side)
        if side["missing"]:
            lines.append("  needs: " + "; ".join(sorted({m["label"] for m in side["missing"]})))
    for entry in data["supersedes"]:
        lines.append(f"{entry['winner']} takes the place of {entry['loser']}: {entry['label']} "
                     f"({entry['row']})")
    if data["shared"]:
        lines.append(f"both rest on: {', '.join(data['shared'])}")
    if data["disagreements"]:
        lines += ["Sources disagree, and none is preferred here",
                  *disagreement_lines(data["disagreements"])]
    return "\n".join([*lines, f"As of {data['asOf']}.", "", data["notice"], ""])
