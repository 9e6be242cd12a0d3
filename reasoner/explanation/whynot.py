"""Why not: what stands against a conclusion, what failed or is unknown, what would flip it."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from ..assessment import Assessment, source_of
from ..criterion import criteria_of
from ..errors import UsageError
from ..hypothesis import MOST_SUPPOSED, Change, suppose_each
from ..knowledge import Graph
from ..namespaces import SUBCLASS, TYPE, local_name, marrow, shorten
from ..supposition import away_from, bounds_in_doubt, settlements, towards
from .bearing import sources_of_alternative
from .failing import criteria_lines, failed_criterion, rows_for
from .steps import because
from .why import unknown_name

MOST_FACTS = 3
MOST_CANDIDATES = 12
MOST_ALTERNATIVES = 5
_ROUNDS = ((1, 2), (MOST_FACTS,))
"""How many facts are changed in the cases supposed together, which share most of the work."""

_GOOD = ("recommended", "considered")
_SUSPECTING = ("hasOpenFlag", "suspectedOf")
_RELATIONS = (*_SUSPECTING, "deferred", "superseded", "refused", "outOfScope", "disputedFor")
_SORTS = ("ConditionKind", "InterventionKind", "PitfallKind")


def why_not(assessment: Assessment, wanted: str) -> dict[str, Any]:
    """Return why something is not concluded: an intervention, a kind of condition, or a row.

    Raises:
        UsageError: the name is none in the ontology, it is concluded, or it is nothing that could
            be concluded.
    """
    graph = assessment.graph
    term = graph.named(wanted)
    if not graph.objects(term, TYPE):
        raise unknown_name(graph, wanted)
    outcome = assessment.outcome_of(term)
    if outcome in {marrow(o) for o in _GOOD} or any(
            assessment.fact(r, term) in assessment.facts for r in ("has", "meets")):
        raise UsageError("it-holds", what=f"{shorten(term)} is concluded",
                         fix="ask marrow why instead")
    targets = [(r, "meets") for r in rows_for(graph, term)] or [(term, "has"), (term, "meets")]
    criteria = [c for target, relation in targets for c in criteria_of(graph, relation, target)]
    if not criteria and not _is_concluded_of_patients(graph, term):
        raise UsageError("nothing-to-conclude", what=f"{local_name(term)} is nothing that a "
                         "patient has or is given", fix="ask marrow evidence about it instead")
    excluding = [r for r in assessment.rows(term, "Against")
                 if graph.object(r, marrow("modality")) != marrow("Caution")]
    unknown = assessment.missing(term) if outcome == marrow("cannotTell") else []
    alternatives, cut = smallest_changes(assessment, term, criteria, excluding)
    return {
        "asked": local_name(term), "label": graph.label(term),
        "outcome": graph.text(outcome, marrow("outcomeName")) if outcome else None,
        "reason": assessment.reason_of(outcome, term) if outcome else None,
        "reasons": assessment.reasons_of(outcome, term) if outcome else [],
        "ruledOut": assessment.fact("ruledOut", term) in assessment.facts,
        "openFlag": assessment.fact("hasOpenFlag", term) in assessment.facts,
        "within": _wider(assessment, term) if outcome is None else [],
        "excludedBy": [_row(assessment, row) for row in excluding],
        "states": [assessment.wording.sentence(assessment.fact(r, term)) for r in _RELATIONS
                   if assessment.fact(r, term) in assessment.facts],
        "because": [reason for r in _SUSPECTING if assessment.fact(r, term) in assessment.facts
                    for reason in because(assessment, assessment.fact(r, term))],
        "deferredBy": [graph.label(f) for f in assessment.related("hasOpenFlag")]
        if assessment.fact("deferred", term) in assessment.facts else [],
        "unknown": [{"name": local_name(item), "label": label} for item, label in unknown],
        "criteria": [failed_criterion(assessment, c) for c in criteria],
        "wouldHoldIf": [[change.says(graph) for change in changes] for changes in alternatives],
        "searchedAll": not cut,
        "instead": [{"name": local_name(o), "label": graph.label(o),
                     "sources": sources_of_alternative(graph, term, o)}
                    for o in assessment.instead_of(term)],
        "asOf": assessment.patient.as_of.isoformat(),
        "notice": assessment.wording.notice(),
    }


def _is_concluded_of_patients(graph: Graph, term: str) -> bool:
    """Tell whether a term is of a sort that a patient can have, show or be given."""
    wide = {w for t in graph.objects(term, TYPE) for w in (t, *graph.objects(t, SUBCLASS))}
    return not wide.isdisjoint(map(marrow, _SORTS))


def _wider(assessment: Assessment, term: str) -> list[dict[str, Any]]:
    """Return the outcomes of the wider kinds of an intervention that has none itself."""
    graph = assessment.graph
    return [
        {"name": local_name(wide), "label": graph.label(wide),
         "outcome": graph.text(outcome, marrow("outcomeName")),
         "reasons": assessment.reasons_of(outcome, wide)}
        for wide in graph.objects(term, marrow("within"))
        if wide != term and (outcome := assessment.outcome_of(wide))
    ]


def _row(assessment: Assessment, row: str) -> dict[str, Any]:
    return {**source_of(assessment.graph, row),
            "facts": because(assessment, assessment.fact("meets", row))}


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
    reason = f" [{'; '.join(data['reasons'])}]" if data["reasons"] else ""
    open_flag = "suspected, an open red flag (marrow why tells what raised it)"
    verdict = f"{data['outcome']}{reason}" if data["outcome"] else \
        open_flag if data["openFlag"] else "not concluded"
    lines = [f"Why not {data['label']}: {verdict}, as of {data['asOf']}"]
    lines += [f"  {state}" for state in data["states"]]
    lines += [f"      because {fact}" for fact in dict.fromkeys(data["because"])]
    for wide in data["within"]:
        why = f" [{'; '.join(wide['reasons'])}]" if wide["reasons"] else ""
        lines.append(f"  it is judged with {wide['label']} <{wide['name']}>: "
                     f"{wide['outcome']}{why}")
    if data["ruledOut"]:
        lines.append("  it is ruled out")
    for row in data["excludedBy"]:
        lines.append(f"  excluded by: {row['label']} ({row['id']} {row['citation']} "
                     f"[{row['provenance']}])")
        lines += [f"      {fact}" for fact in row["facts"]]
    if data["deferredBy"]:
        lines.append(f"  waits for: {', '.join(data['deferredBy'])}")
    lines += criteria_lines(data["criteria"])
    if data["unknown"]:
        lines.append("  unknown: " + "; ".join(sorted({u["label"] for u in data["unknown"]})))
    lines += [f"  would hold if {' and '.join(case)}" for case in data["wouldHoldIf"]]
    if not data["wouldHoldIf"] and not data["within"]:
        lines.append(f"  no change of up to {MOST_FACTS} facts that are unknown or can be changed "
                     "was found that would flip it")
    if not data["searchedAll"]:
        lines.append("  the search was cut; there may be other changes")
    if data["instead"]:
        lines.append("  instead: " + ", ".join(
            f"{i['label']} <{i['name']}>"
            + "".join(f" ({s['id']} {s['citation']} [{s['provenance']}])" for s in i["sources"])
            for i in data["instead"]))
    return "\n".join([*lines, "", data["notice"], ""])
