"""Flipping: the smallest changes that would bring a conclusion about, and what they would settle.

A change is told with the bound it crosses; what it settles is read off the case in which it is
supposed: the criteria and rows that stand otherwise there.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

from ..assessment import Assessment, source_of
from ..criterion import criteria_of
from ..hypothesis import MOST_SUPPOSED, Change, suppose_each
from ..knowledge import Graph
from ..namespaces import TYPE, local_name, marrow
from ..rule import Atom
from ..supposition import away_from, bounds_in_doubt, failing, passing, settlements, towards
from ..threshold import facet_of, threshold_of
from .bearing import concluded_by, criteria_reading, own_sources

MOST_FACTS = 3
MOST_CANDIDATES = 12
MOST_ALTERNATIVES = 5
_ROUNDS = ((1, 2), (MOST_FACTS,))
"""How many facts are changed in the cases supposed together, which share most of the work."""

GOOD = ("recommended", "considered")

_AGAINST = "asks for care"

Case = tuple[list[Change], set[Atom]]
"""Changes that are supposed together, and what would be so of the patient."""


def smallest_changes(assessment: Assessment, term: str, criteria: list[str],
                     excluding: list[str]) -> tuple[list[Case], bool]:
    """Return the smallest changes that would bring the conclusion about, and whether cut.

    At most three facts; only what is unknown or can be changed; fewest facts first.
    """
    candidates = _candidates(assessment, term, criteria, excluding)
    cut = len(candidates) > MOST_CANDIDATES
    candidates = candidates[:MOST_CANDIDATES]
    kept: list[Case] = []
    most = MOST_SUPPOSED // max(1, len(assessment.patient.facts))
    for sizes in _ROUNDS:
        cases = [list(case) for size in sizes for case in combinations(candidates, size)
                 if len({c.kind for c in case}) == size]
        cut = cut or len(cases) > most
        cases = cases[:most]
        holding = [(case, facts) for case, facts in zip(
            cases, suppose_each(assessment, cases) if cases else [], strict=True)
            if _holds(assessment, term, facts)]
        if holding:
            fewest = min(len(case) for case, _ in holding)  # more are not the smallest change
            kept = [(case, facts) for case, facts in holding if len(case) == fewest]
            break
    weakest = _weakest(kept)
    return weakest[:MOST_ALTERNATIVES], cut or len(weakest) > MOST_ALTERNATIVES


def _candidates(assessment: Assessment, term: str, criteria: list[str], excluding: list[str]) \
        -> list[Change]:
    """Return the changes worth trying: away from exclusions, to settle doubts, towards criteria."""
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
    return list(found)


def _weakest(cases: list[Case]) -> list[Case]:
    """Keep, of the cases that set the same results, the one that asks least of them."""
    best: dict[frozenset[str], Case] = {}
    for case in cases:
        kinds = frozenset(change.kind for change in case[0])
        if kinds not in best or _demand(case[0]) < _demand(best[kinds][0]):
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


def _holds(assessment: Assessment, term: str, facts: set[Atom]) -> bool:
    return any(assessment.fact(p, term) in facts for p in (*GOOD, "has"))


def alternative(assessment: Assessment, term: str, case: Case) -> dict[str, Any]:
    """Return changes that would bring a conclusion about, with what they would settle.

    ``sources`` are those of the criteria that decide and of their rows; ``rows`` tells every row
    about the intervention that stands otherwise then, what speaks against it too.
    """
    changes, facts = case
    graph = assessment.graph
    changed = {o for s, p, o in facts ^ assessment.facts if s == assessment.patient.patient
               and p in (TYPE, marrow("undecidedOn"))
               and marrow("Criterion") in graph.objects(o, TYPE)}
    rows = _rows(assessment, term, facts)
    flipping = [row for row, then in rows.items() if then != _AGAINST]
    deciding = {c: target for target, relation in (*((r, "meets") for r in flipping), (term, "has"))
                for c in criteria_of(graph, relation, target) if c in changed}
    first = [c for c in deciding if not any(
        c in criteria_reading(graph, other) for other in deciding if other != c)]
    flags = [row for change in changes if change.verb == "deny"
             for row in assessment.related("meets")
             if change.kind in graph.objects(row, marrow("flag"))]
    leading = _leading_to(graph, first, changed)
    bounds = [_crossed(assessment, change, leading) for change in changes]
    told = dict.fromkeys([*(deciding[c] for c in first), *flags, *first,
                          *(bound for crossed in bounds for bound in crossed)])
    sources = dict.fromkeys(s for node in told for s in own_sources(graph, node))
    return {
        "changes": [_change(assessment, change, crossed)
                    for change, crossed in zip(changes, bounds, strict=True)],
        "criteria": [{"criterion": local_name(c), "label": graph.label(c)} for c in first],
        "rows": [{**source_of(graph, row), "then": then} for row, then in rows.items()],
        "sources": [source_of(graph, s) for s in sources],
    }


def _rows(assessment: Assessment, term: str, facts: set[Atom]) -> dict[str, str]:
    """Return the rows about an intervention that stand otherwise in a case, and how."""
    graph, found = assessment.graph, dict[str, str]()
    about = {term, *graph.objects(term, marrow("within"))}
    for relation in ("meets", "mightMeet", "lacks"):
        now = {o for _, p, o in assessment.facts if p == marrow(relation)}
        then = {o for _, p, o in facts if p == marrow(relation)}
        for row in sorted(now ^ then):
            if about.isdisjoint(graph.objects(row, marrow("intervention"))):
                continue
            against = graph.object(row, marrow("direction")) == marrow("Against")
            if relation != "meets" and row in now:
                found.setdefault(row, "no longer in doubt")
            elif relation == "meets" and (row in now) == against:
                found.setdefault(row, "no longer applies" if row in now else "applies")
            elif relation == "meets" and row in then:
                found.setdefault(row, _AGAINST)
    return found


def _crossed(assessment: Assessment, change: Change, leading: set[str]) -> list[str]:
    """Return the bounds at which a result is set, of those that lead to what decides.

    Of a bound and its counterpart the one that the result meets is meant, if both lead there.
    """
    graph = assessment.graph
    found = {
        term: bound for term in graph.subjects(marrow("forMeasurement"), change.kind)
        if facet_of(graph, term) is not None
        and (bound := threshold_of(graph, term))
        and change in (passing(change.kind, bound), failing(change.kind, bound))
        and not leading.isdisjoint(criteria_reading(graph, term))}
    return [t for t, bound in found.items() if change == passing(change.kind, bound)] or [*found]


def _leading_to(graph: Graph, deciding: list[str], changed: set[str]) -> set[str]:
    """Return the criteria that stand otherwise and conclude what those that decide read."""
    read = {c: {reader for kind in concluded_by(graph, c) for reader in criteria_reading(
        graph, kind)} for c in changed}
    found = set(deciding)
    while more := {c for c in changed - found if not found.isdisjoint(read[c])}:
        found |= more
    return found


def _change(assessment: Assessment, change: Change, bounds: list[str]) -> dict[str, Any]:
    """Return one change with its name, the bounds it crosses and how to suppose it."""
    graph = assessment.graph
    amount = f"={change.comparator}{change.value}{change.unit}" if change.verb == "set" else ""
    return {
        "says": change.says(graph), "name": local_name(change.kind),
        "label": graph.label(change.kind),
        "thresholds": [{"name": local_name(b), "label": threshold_of(graph, b).name}
                       for b in bounds],
        "whatIf": [f"--{change.verb}", f"{local_name(change.kind)}{amount}"],
    }


def flipping_line(entry: dict[str, Any]) -> str:
    """Return an alternative as a line: each change by name, what it crosses, and the sources."""
    said = " and ".join(f"{c['says']} <{c['name']}>" for c in entry["changes"])
    crossed = dict.fromkeys(b["name"] for c in entry["changes"] for b in c["thresholds"])
    told = (", ".join(crossed), ", ".join(c["criterion"] for c in entry["criteria"]),
            ", ".join(s["id"] for s in entry["sources"]))
    beside = "; ".join(filter(None, told))
    against = [r["id"] for r in entry["rows"] if r["then"] == _AGAINST]
    return f"would hold if {said}" + (f"  ({beside})" if beside else "") \
        + (f"; then with care: {', '.join(against)}" if against else "")
