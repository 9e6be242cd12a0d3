"""Why not: what stands against a conclusion, what failed or is unknown, what would flip it."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from ..assessment import Assessment, source_of
from ..criterion import Member, criteria_of, members_of, status_of
from ..errors import UsageError
from ..hypothesis import MOST_SUPPOSED, Change, suppose_each
from ..knowledge import Graph
from ..namespaces import TYPE, local_name, marrow, shorten
from ..supposition import away_from, bounds_in_doubt, settlements, towards
from .why import term_named, unknown_name

MOST_FACTS = 3
MOST_CANDIDATES = 12
MOST_ALTERNATIVES = 5
_ROUNDS = ((1, 2), (MOST_FACTS,))
"""How many facts are changed in the cases supposed together, which share most of the work."""

_GOOD = ("recommended", "considered")
_RELATIONS = ("deferred", "superseded", "refused", "outOfScope", "disputedFor")


def why_not(assessment: Assessment, wanted: str) -> dict[str, Any]:
    """Return why something is not concluded, for an intervention or a kind of condition.

    Raises:
        UsageError: the name is none in the ontology, or it is concluded.
    """
    graph = assessment.graph
    term = term_named(wanted)
    if not graph.objects(term, TYPE):
        raise unknown_name(graph, wanted)
    outcome = assessment.outcome_of(term)
    if outcome in {marrow(o) for o in _GOOD} or assessment.fact("has", term) in assessment.facts:
        raise UsageError("it-holds", what=f"{shorten(term)} is concluded",
                         fix="ask marrow why instead")
    targets = [(r, "meets") for r in _rows_for(graph, term)] or [(term, "has")]
    criteria = [c for target, relation in targets for c in criteria_of(graph, relation, target)]
    excluding = [r for r in assessment.rows(term, "Against")
                 if graph.object(r, marrow("modality")) != marrow("Caution")]
    unknown = assessment.missing(term) if outcome == marrow("cannotTell") else []
    alternatives, cut = smallest_changes(assessment, term, criteria, excluding)
    return {
        "asked": local_name(term), "label": graph.label(term),
        "outcome": graph.text(outcome, marrow("outcomeName")) if outcome else None,
        "reason": assessment.reason_of(outcome, term) if outcome else None,
        "ruledOut": assessment.fact("ruledOut", term) in assessment.facts,
        "excludedBy": [_row(assessment, row) for row in excluding],
        "states": [assessment.wording.sentence(assessment.fact(r, term)) for r in _RELATIONS
                   if assessment.fact(r, term) in assessment.facts],
        "deferredBy": [graph.label(f) for f in assessment.related("hasOpenFlag")]
        if assessment.fact("deferred", term) in assessment.facts else [],
        "unknown": [{"name": local_name(item), "label": label} for item, label in unknown],
        "criteria": [_criterion(assessment, c) for c in criteria],
        "wouldHoldIf": [[change.says(graph) for change in changes] for changes in alternatives],
        "searchedAll": not cut,
        "instead": [{"name": local_name(o), "label": graph.label(o)}
                    for o in assessment.instead_of(term)],
        "asOf": assessment.patient.as_of.isoformat(),
        "notice": assessment.wording.notice(),
    }


def _rows_for(graph: Graph, term: str) -> list[str]:
    return [r for r in graph.subjects(marrow("intervention"), term)
            if graph.object(r, marrow("direction")) == marrow("For")]


def _row(assessment: Assessment, row: str) -> dict[str, Any]:
    from .steps import because

    return {**source_of(assessment.graph, row),
            "facts": because(assessment, assessment.fact("meets", row))}


def _criterion(assessment: Assessment, criterion: str) -> dict[str, Any]:
    members = members_of(assessment, criterion)
    graph = assessment.graph
    return {
        "criterion": local_name(criterion), "label": graph.label(criterion),
        "status": status_of(members),
        "sources": [local_name(s) for s in graph.objects(criterion, _SOURCE)],
        "failed": [_part(assessment, m) for m in members if m.status == "not-met"],
        "unknown": [_part(assessment, m) for m in members if m.status == "unknown"],
    }


_SOURCE = "<http://purl.org/dc/terms/source>"


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
        "needs": member.says, "found": member.found, "status": member.status,
        "anyOf": [_part(assessment, m, seen) for m in member.members], "through": inner,
    }


def smallest_changes(assessment: Assessment, term: str, criteria: list[str],
                     excluding: list[str]) -> tuple[list[list[Change]], bool]:
    """Return the smallest changes that would bring the conclusion about, and whether cut.

    At most three facts; only what is unknown or can be changed; fewest facts first.
    """
    found: dict[Change, None] = {}
    for row in excluding:
        for criterion in criteria_of(assessment.graph, "meets", row):
            found.update(dict.fromkeys(away_from(assessment, criterion)))
    for flag in assessment.related("hasOpenFlag"):
        if assessment.fact("deferred", term) in assessment.facts \
                and assessment.fact("has", flag) not in assessment.facts:
            found[Change("deny", flag)] = None
    bounds = bounds_in_doubt(assessment)
    for item, _ in assessment.missing(term):
        found.update(dict.fromkeys(settlements(assessment, item, bounds.get(item, []))))
    for criterion in criteria:
        found.update(dict.fromkeys(towards(assessment, criterion)))
    candidates = list(found)
    cut = len(candidates) > MOST_CANDIDATES
    candidates = candidates[:MOST_CANDIDATES]
    kept: list[list[Change]] = []
    most = MOST_SUPPOSED // max(1, len(assessment.patient.facts))
    for sizes in _ROUNDS:
        cases = [list(case) for size in sizes for case in combinations(candidates, size)
                 if len({c.kind for c in case}) == size]
        cut = cut or len(cases) > most
        cases = cases[:most]
        holding = [case for case, facts in zip(
            cases, suppose_each(assessment, cases) if cases else [], strict=True)
            if _holds(assessment, term, facts)]
        if holding:
            fewest = min(map(len, holding))  # more facts are not the smallest change
            kept = [case for case in holding if len(case) == fewest]
            break
    weakest = _weakest(kept)
    return weakest[:MOST_ALTERNATIVES], cut or len(weakest) > MOST_ALTERNATIVES


def _weakest(cases: list[list[Change]]) -> list[list[Change]]:
    """Keep, of the cases that set the same results, the one that asks least of them."""
    best: dict[frozenset[str], list[Change]] = {}
    for case in cases:
        kinds = frozenset(change.kind for change in case)
        if kinds not in best or _demand(case) < _demand(best[kinds]):
            best[kinds] = case
    return list(best.values())


def _demand(case: list[Change]) -> list[tuple[int, float]]:
    """Order cases by how far they push results: an open bound before an exact value."""
    signs = {"<": (0, -1.0), ">": (0, 1.0)}
    found = []
    for change in case:
        order, direction = signs.get(change.comparator, (1, 1.0))
        found.append((order, direction * float(change.value or 0)))
    return found


def _holds(assessment: Assessment, term: str, facts: set[Any]) -> bool:
    return any(assessment.fact(p, term) in facts for p in (*_GOOD, "has"))


def why_not_text(data: dict[str, Any]) -> str:
    """Return the answer as text."""
    reason = f" [{data['reason']}]" if data["reason"] else ""
    verdict = f"{data['outcome']}{reason}" if data["outcome"] else "not concluded"
    lines = [f"Why not {data['label']}: {verdict}, as of {data['asOf']}"]
    lines += [f"  {state}" for state in data["states"]]
    if data["ruledOut"]:
        lines.append("  it is ruled out")
    for row in data["excludedBy"]:
        lines.append(f"  excluded by: {row['label']} ({row['id']} {row['citation']} "
                     f"[{row['provenance']}])")
        lines += [f"      {fact}" for fact in row["facts"]]
    if data["deferredBy"]:
        lines.append(f"  waits for: {', '.join(data['deferredBy'])}")
    for entry in data["criteria"]:
        lines.append(f"  {entry['label']} ({', '.join(entry['sources'])}): {entry['status']}")
        for part in (*entry["failed"], *entry["unknown"]):
            lines += _part_lines(part, 6)
    if data["unknown"]:
        lines.append("  unknown: " + "; ".join(sorted({u["label"] for u in data["unknown"]})))
    lines += [f"  would hold if {' and '.join(case)}" for case in data["wouldHoldIf"]]
    if not data["wouldHoldIf"]:
        lines.append(f"  no change of up to {MOST_FACTS} facts that are unknown or can be changed "
                     "was found that would flip it")
    if not data["searchedAll"]:
        lines.append("  the search was cut; there may be other changes")
    if data["instead"]:
        lines.append("  instead: " + ", ".join(i["label"] for i in data["instead"]))
    return "\n".join([*lines, "", data["notice"], ""])


def _part_lines(part: dict[str, Any], indent: int) -> list[str]:
    pad = " " * indent
    found = f"; found: {part['found']}" if part["found"] else "; nothing found"
    lines = [f"{pad}{part['status']}: {part['needs']}" + ("" if part["anyOf"] else found)]
    for inner in part["anyOf"]:
        lines += _part_lines(inner, indent + 4)
    for maker in part["through"]:
        lines.append(f"{pad}    by {maker['label']}:")
        for inner in maker["parts"]:
            lines += _part_lines(inner, indent + 8)
    return lines


