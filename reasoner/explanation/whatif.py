"""What-if: the difference that a change of the record makes, with reasons for each difference."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment
from ..hypothesis import Change, suppose
from ..namespaces import TYPE, local_name, marrow
from .steps import because, own_sentences, shortly

STATES = ("hasOpenFlag", "has", "suspectedOf", "ruledOut", "showsPitfall")
"""The relations whose differences are shown beside the outcomes."""


def outcomes_of(assessment: Assessment) -> dict[str, tuple[str, str]]:
    """Return the outcome and reason of every intervention that has one, by its term."""
    found = {}
    graph = assessment.graph
    for intervention in graph.subjects(TYPE, marrow("CandidateIntervention")):
        outcome = assessment.outcome_of(intervention)
        if outcome is not None:
            found[intervention] = (
                graph.text(outcome, marrow("outcomeName")) or "",
                assessment.reason_of(outcome, intervention) or "",
            )
    return found


def what_if(assessment: Assessment, changes: list[Change]) -> dict[str, Any]:
    """Return how the conclusions would differ if the record were changed."""
    after = suppose(assessment, changes)
    graph = assessment.graph
    before_rows, after_rows = _rows(assessment), _rows(after)
    was, would = outcomes_of(assessment), outcomes_of(after)
    outcomes = []
    for intervention in sorted(was.keys() | would.keys()):
        old, new = was.get(intervention, ("", "")), would.get(intervention, ("", ""))
        if old == new:
            continue
        wide = set(graph.objects(intervention, marrow("within")))
        outcomes.append({
            "intervention": local_name(intervention), "label": graph.label(intervention),
            "before": old[0], "after": new[0],
            "reasonBefore": old[1] or None, "reasonAfter": new[1] or None,
            "because": [_row(after, r) for r in sorted(after_rows - before_rows)
                        if wide & set(graph.objects(r, marrow("intervention")))],
            "noLonger": [_row(assessment, r) for r in sorted(before_rows - after_rows)
                         if wide & set(graph.objects(r, marrow("intervention")))],
            "missing": [m[1] for m in after.missing(intervention)]
            if new[0] == "cannot-tell" else [],
        })
    gained, lost = [], []
    for relation in STATES:
        old_kinds, new_kinds = set(assessment.related(relation)), set(after.related(relation))
        gained += [_state(after, relation, k) for k in sorted(new_kinds - old_kinds)]
        lost += [_state(assessment, relation, k) for k in sorted(old_kinds - new_kinds)]
    return {
        "asOf": assessment.patient.as_of.isoformat(),
        "suppose": [change.says(graph) for change in changes],
        "outcomes": outcomes,
        "gained": [entry["says"] for entry in gained], "lost": [entry["says"] for entry in lost],
        "wouldHold": gained, "wouldNotHold": lost,
        "issues": [f"{i.where}: {i.what}; {i.fix}  <{i.code}>" for i in after.issues
                   if i not in assessment.issues],
        "notice": assessment.wording.notice(),
    }


def _state(assessment: Assessment, relation: str, kind: str) -> dict[str, Any]:
    fact, own = assessment.fact(relation, kind), own_sentences(assessment)
    facts = because(assessment, fact)
    return {"name": local_name(kind), "relation": relation,
            "says": assessment.wording.sentence(fact),
            "because": [f for f in facts if f not in own] or facts}


def _rows(assessment: Assessment) -> set[str]:
    return set(assessment.related("meets"))


def _row(assessment: Assessment, row: str) -> dict[str, Any]:
    return {"id": local_name(row), "label": assessment.graph.label(row)}


def what_if_text(data: dict[str, Any]) -> str:
    """Return the difference as text."""
    lines = [f"If {' and '.join(data['suppose'])}, as of {data['asOf']}:"]
    for entry in data["outcomes"]:
        told = f" [{entry['reasonAfter']}]" if entry["reasonAfter"] else ""
        lines.append(f"  {entry['label']}: {entry['before'] or 'nothing'} -> "
                     f"{entry['after'] or 'nothing'}{told}  <{entry['intervention']}>")
        lines += [f"      because {row['label']} ({row['id']})" for row in entry["because"]]
        lines += [f"      no longer {row['label']} ({row['id']})" for row in entry["noLonger"]]
        if entry["missing"]:
            lines.append(f"      needs: {'; '.join(sorted(set(entry['missing'])))}")
    if not data["outcomes"]:
        lines.append("  no outcome would differ")
    for said, part in (("would hold", "wouldHold"), ("would no longer hold", "wouldNotHold")):
        for entry in data[part]:
            lines.append(f"  {said}: {entry['says']}  <{entry['name']}>")
            lines.append(f"      from {shortly(entry['because'], frozenset())}")
    lines += [f"  not used: {s}" for s in data["issues"]]
    return "\n".join([*lines, "", data["notice"], ""])
