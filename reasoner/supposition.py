"""Which changes are worth supposing: results named at a threshold, lists reviewed, kinds settled.

Only what is unknown, or can be changed, is supposed; what the ontology marks as never supposed
(a state of life) is left to the person.
"""

from __future__ import annotations

from collections.abc import Iterator

from .assessment import Assessment
from .criterion import Member, criteria_of, leaves, members_of
from .hypothesis import Change, sort_of
from .namespaces import marrow
from .threshold import Threshold

_PASSES = {"<": "<", "<=": "", ">": ">", ">=": ""}
_FAILS = {"<": "", "<=": ">", ">": "", ">=": "<"}
_RESULTS = ("hasCurrentObservation", "hasPairedObservation")
_DEPTH = 4


def passing(kind: str, bound: Threshold) -> Change:
    """Return the result nearest to a threshold that satisfies it."""
    return Change("set", kind, bound.limit, bound.unit, _PASSES[bound.sign])


def failing(kind: str, bound: Threshold) -> Change:
    """Return the result nearest to a threshold that does not satisfy it."""
    return Change("set", kind, bound.limit, bound.unit, _FAILS[bound.sign])


def may_be_supposed(assessment: Assessment, kind: str) -> bool:
    """Tell whether a kind may be put on record or excluded in a supposition."""
    graph = assessment.graph
    return sort_of(kind, graph) is not None and not any(
        graph.object(wide, marrow("neverSupposed"))
        for wide in graph.objects(kind, marrow("within"))
    )


def settlements(assessment: Assessment, kind: str, bounds: list[Threshold]) -> list[Change]:
    """Return the ways in which an unknown item could turn out."""
    sort = sort_of(kind, assessment.graph)
    if sort is None or not may_be_supposed(assessment, kind):
        return []
    if sort == "MeasurementKind":
        found = [make(kind, bound) for bound in bounds for make in (passing, failing)]
        return list(dict.fromkeys(found))
    if sort in ("ConditionKind", "MedicationKind"):
        return [Change("add", kind), Change("deny", kind)]
    return [Change("add", kind)]


def bounds_in_doubt(assessment: Assessment) -> dict[str, list[Threshold]]:
    """Return the thresholds that no result settles yet, by measurement kind."""
    found: dict[str, list[Threshold]] = {}
    doubtful = set(assessment.related("undecidedOn"))
    criteria = assessment.graph.subjects(
        "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", marrow("Criterion"))
    for criterion in criteria:
        if criterion not in doubtful:
            continue
        for leaf in leaves(members_of(assessment, criterion)):
            if leaf.status == "unknown" and leaf.threshold and leaf.kind:
                known = found.setdefault(leaf.kind, [])
                if leaf.threshold not in known:
                    known.append(leaf.threshold)
    return found


def towards(assessment: Assessment, criterion: str, depth: int = _DEPTH) -> Iterator[Change]:
    """Yield changes that would bring a patient nearer to a criterion."""
    for leaf in leaves(members_of(assessment, criterion)):
        if leaf.status != "met":
            yield from _towards_member(assessment, leaf, depth)


def _towards_member(assessment: Assessment, leaf: Member, depth: int) -> Iterator[Change]:
    if leaf.relation in _RESULTS and leaf.threshold:
        if may_be_supposed(assessment, leaf.kind):
            yield passing(leaf.kind, leaf.threshold)
    elif leaf.relation == "has":
        makers = criteria_of(assessment.graph, "has", leaf.kind)
        narrower = assessment.graph.subjects(marrow("isA"), leaf.kind)
        if makers and depth:
            for maker in makers:
                yield from towards(assessment, maker, depth - 1)
        elif not leaf.found and may_be_supposed(assessment, leaf.kind) and not makers:
            yield Change("add", leaf.kind)
        if depth and not makers:
            for kind in narrower:
                for maker in criteria_of(assessment.graph, "has", kind):
                    yield from towards(assessment, maker, depth - 1)
    elif leaf.relation in ("takes", "underwent", "caredForBy", "reviewed") \
            and may_be_supposed(assessment, leaf.kind):
        yield Change("add", leaf.kind)


def away_from(assessment: Assessment, criterion: str, seen: frozenset[str] = frozenset()) \
        -> Iterator[Change]:
    """Yield changes of what can be changed that would free a patient from a criterion.

    Criteria can conclude what they read through one another; one that was gone through on the way
    here (``seen``) is not gone through again.
    """
    inside = seen | {criterion}
    for leaf in leaves(members_of(assessment, criterion)):
        if leaf.status == "not-met":
            continue
        if leaf.relation == "takes" and leaf.status == "met":
            yield Change("remove", leaf.kind)
        elif leaf.relation in _RESULTS and leaf.threshold:
            if may_be_supposed(assessment, leaf.kind):
                yield failing(leaf.kind, leaf.threshold)
        elif leaf.relation == "has" and leaf.kind:
            for maker in criteria_of(assessment.graph, "has", leaf.kind):
                if maker not in inside:
                    yield from (c for c in away_from(assessment, maker, inside)
                                if c.verb == "set")
