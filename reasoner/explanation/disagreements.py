"""Where sources disagree about a patient, as data and as text: every reading, none preferred."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment, source_of
from ..disagreement import Disagreement, Stance
from ..namespaces import TYPE, local_name, marrow
from ..rule import Atom

_STANCES: dict[Stance, str] = {"for": "holds", "against": "does not hold",
                               "undecided": "cannot tell", "silent": "says nothing here"}
_SIDES: dict[Stance, str] = {**_STANCES, "for": "speaks for it", "against": "speaks against it"}


def disagreement_data(assessment: Assessment, found: Disagreement) -> dict[str, Any]:
    """Return one disagreement: its readings, and what holds on the reading of one side only."""
    graph = assessment.graph
    rows = any(graph.object(r.statement, marrow("direction")) for r in found.readings)
    says = _SIDES if rows else _STANCES
    conditions = sorted(
        o for s, p, o in found.resting if p == marrow("has")
        and not {marrow("DisorderKind"), marrow("FindingKind")}.isdisjoint(graph.objects(o, TYPE)))
    outcomes = [
        (o, graph.text(p, marrow("outcomeName"))) for _, p, o in sorted(found.resting)
        if p in assessment.graph_outcomes]
    return {
        "name": local_name(found.term),
        "label": graph.label(found.term),
        "says": graph.definition(found.term),
        "readings": [{**source_of(graph, r.statement), "stance": says[r.stance]}
                     for r in found.readings],
        "conditions": [{"name": local_name(k), "label": graph.label(k)} for k in conditions],
        "outcomes": [{"name": local_name(k), "label": graph.label(k), "outcome": outcome}
                     for k, outcome in outcomes],
    }


def disputed(assessment: Assessment, found: tuple[Disagreement, ...], fact: Atom,
             rows: list[str] | None = None) -> list[str]:
    """Return the labels of the disagreements that a statement or its rows rest on."""
    return [
        assessment.graph.label(d.term) for d in found
        if fact in d.resting or not {r.statement for r in d.readings}.isdisjoint(rows or ())
    ]


def disagreement_lines(data: list[dict[str, Any]]) -> list[str]:
    """Return the disagreements as lines of text; none where there are none."""
    lines = []
    for entry in data:
        lines.append(f"  {entry['label']}")
        lines += [
            f"      {r['stance']}: {r['id']} {r['label']} ({r['citation']} [{r['provenance']}])"
            for r in entry["readings"]
        ]
        resting = [k["label"] for k in entry["conditions"]]
        resting += [f"{k['label']} ({k['outcome']})" for k in entry["outcomes"]]
        if resting:
            lines.append(f"      on one reading only: {', '.join(resting)}")
    return lines
