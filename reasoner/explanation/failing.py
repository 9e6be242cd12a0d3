"""Failing: why a criterion is not met, condition by condition, and on through what those need."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment
from ..criterion import Member, criteria_of, members_of, status_of
from ..knowledge import Graph
from ..namespaces import DCTERMS, iri, local_name, marrow

_SOURCE = iri(DCTERMS, "source")


def rows_for(graph: Graph, term: str) -> list[str]:
    """Return the rows that speak for an intervention, whether the patient meets them or not."""
    return [r for r in graph.subjects(marrow("intervention"), term)
            if graph.object(r, marrow("direction")) == marrow("For")]


def unmet_criteria(assessment: Assessment, term: str, outcome: str) -> list[dict[str, Any]]:
    """Return what would speak for an intervention that does not apply, and what of it failed.

    There is none for another outcome.
    """
    if local_name(outcome) != "notApplicable":
        return []
    return [failed_criterion(assessment, c) for row in rows_for(assessment.graph, term)
            for c in criteria_of(assessment.graph, "meets", row)]


def failed_criterion(assessment: Assessment, criterion: str) -> dict[str, Any]:
    """Return a criterion with how the patient stands to it, and what of it failed or is unknown."""
    members = members_of(assessment, criterion)
    graph = assessment.graph
    return {
        "criterion": local_name(criterion), "label": graph.label(criterion),
        "status": status_of(members),
        "sources": [local_name(s) for s in graph.objects(criterion, _SOURCE)],
        "failed": [_part(assessment, m) for m in members if m.status == "not-met"],
        "unknown": [_part(assessment, m) for m in members if m.status == "unknown"],
    }


def _part(assessment: Assessment, member: Member, seen: frozenset[str] = frozenset()) \
        -> dict[str, Any]:
    """Return a condition with what the record has, and why a condition it reads is not there.

    Kinds that were asked after on the way here are not asked after again.
    """
    inner: list[dict[str, Any]] = []
    if member.relation == "has" and member.kind not in seen:
        inside = seen | {member.kind}
        for maker in criteria_of(assessment.graph, "has", member.kind):
            parts = [m for m in members_of(assessment, maker) if m.status != "met"]
            if any(m.kind in inside and m.relation == "has" for m in parts):
                continue
            inner.append({"criterion": local_name(maker), "label": assessment.graph.label(maker),
                          "parts": [_part(assessment, m, inside) for m in parts]})
    return {
        "needs": member.says, "name": local_name(member.kind) if member.kind else None,
        "threshold": local_name(member.threshold.term) if member.threshold else None,
        "found": member.found, "status": member.status,
        "anyOf": [_part(assessment, m, seen) for m in member.members], "through": inner,
    }


def criteria_lines(criteria: list[dict[str, Any]]) -> list[str]:
    """Return criteria with what of them failed or is unknown as lines of text."""
    lines = []
    for entry in criteria:
        lines.append(f"  {entry['label']} <{entry['criterion']}> ({', '.join(entry['sources'])}): "
                     f"{entry['status']}")
        for part in (*entry["failed"], *entry["unknown"]):
            lines += _part_lines(part, 6)
    return lines


def _part_lines(part: dict[str, Any], indent: int) -> list[str]:
    pad = " " * indent
    found = f"; found: {part['found']}" if part["found"] else \
        "" if part["status"] == "met" else "; nothing found"
    asked = part["threshold"] or part["name"]
    named = f" <{asked}>" if asked else ""
    lines = [f"{pad}{part['status']}: {part['needs']}{named}" + ("" if part["anyOf"] else found)]
    for inner in part["anyOf"]:
        lines += _part_lines(inner, indent + 4)
    for maker in part["through"]:
        lines.append(f"{pad}    by {maker['label']} <{maker['criterion']}>:")
        for inner in maker["parts"]:
            lines += _part_lines(inner, indent + 8)
    return lines


def named_items(items: list[dict[str, Any]]) -> str:
    """Return what is missing or waited for in a line, each once, with the names to ask about."""
    names: dict[str, dict[str, None]] = {}
    for item in items:
        names.setdefault(item["label"], {})[f"<{item['name']}>"] = None
    return "; ".join(f"{label} {' '.join(found)}" for label, found in sorted(names.items()))
