"""Read a criterion member by member: what it needs, what the record has, and which failed first.

The rules decide whether a patient meets a criterion; this says, for a person who asks, why one
is not met.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .assessment import Assessment
from .knowledge import Graph
from .namespaces import OWL, RDFS, TYPE, iri, local_name, marrow
from .quantity import text_of
from .threshold import Threshold, threshold_of

Status = Literal["met", "unknown", "not-met"]
_AGES = {marrow("ageInMonths"): "months", marrow("ageInYears"): "years"}
_RESULTS = {marrow("hasCurrentObservation"), marrow("hasPairedObservation")}


@dataclass(frozen=True)
class Member:
    """One condition of a criterion and how the patient stands to it.

    Attributes:
        term: the class expression.
        says: the condition, in words.
        status: met, unknown or not met.
        kind: the kind it looks for, if it looks for one.
        relation: the relation it looks through, such as ``has`` or ``hasCurrentObservation``.
        threshold: the bound, if it has one.
        found: what the record has, in words; empty if nothing.
        members: the alternatives of "any of", or the parts of a criterion it names.
    """

    term: str
    says: str
    status: Status
    kind: str = ""
    relation: str = ""
    threshold: Threshold | None = None
    found: str = ""
    members: tuple[Member, ...] = ()


def criteria_of(graph: Graph, relation: str, target: str) -> list[str]:
    """Return the criteria that conclude that a patient is so related to a target."""
    classes = set(graph.subjects(iri(OWL, "onProperty"), marrow(relation)))
    classes &= set(graph.subjects(iri(OWL, "hasValue"), target))
    found = {c for e in classes for c in graph.subjects(iri(RDFS, "subClassOf"), e)}
    for role in ("appliesTo",):
        found |= set(graph.objects(target, marrow(role)))
    return sorted(c for c in found if marrow("Criterion") in graph.objects(c, TYPE))


def members_of(assessment: Assessment, criterion: str) -> tuple[Member, ...]:
    """Return the conditions of a criterion in the order they are written, without the patient."""
    graph = assessment.graph
    definition = graph.object(criterion, iri(OWL, "equivalentClass")) or ""
    parts = graph.members(graph.object(definition, iri(OWL, "intersectionOf")) or "")
    return tuple(_member(assessment, p) for p in parts if p != marrow("Patient"))


def status_of(members: tuple[Member, ...]) -> Status:
    """Return how the patient stands to all of some conditions together."""
    found = {m.status for m in members}
    return "not-met" if "not-met" in found else "unknown" if "unknown" in found else "met"


def leaves(members: tuple[Member, ...]) -> Iterator[Member]:
    """Yield the conditions that have no parts."""
    for member in members:
        if member.members:
            yield from leaves(member.members)
        else:
            yield member


def _member(assessment: Assessment, term: str) -> Member:
    graph = assessment.graph
    for join, word in (("unionOf", "any of"), ("intersectionOf", "all of")):
        node = graph.object(term, iri(OWL, join))
        if node:
            parts = tuple(_member(assessment, p) for p in graph.members(node))
            if join == "unionOf":
                found = {p.status for p in parts}
                status: Status = ("met" if "met" in found
                                  else "unknown" if "unknown" in found else "not-met")
            else:
                status = status_of(parts)
            return Member(term, word, status, members=parts)
    relation = graph.object(term, iri(OWL, "onProperty"))
    if relation is None:
        parts = members_of(assessment, term)
        return Member(term, f"is a {graph.label(term)}", status_of(parts), members=parts)
    value = graph.object(term, iri(OWL, "hasValue"))
    if value is not None:
        return _value(assessment, term, relation, value)
    filler = graph.object(term, iri(OWL, "someValuesFrom")) or ""
    if relation in _AGES:
        bound = threshold_of(graph, filler)
        ages = assessment.related(local_name(relation))
        age = f"{text_of(ages[0])} {_AGES[relation]}" if ages else ""
        return Member(term, bound.name, _status(assessment, term), "", local_name(relation),
                      bound, age)
    return _through(assessment, term, relation, filler)


def _value(assessment: Assessment, term: str, relation: str, value: str) -> Member:
    held = (assessment.patient.patient, relation, value) in assessment.facts
    status: Status = "met" if held else _unmet(assessment, term)
    says = assessment.wording.sentence((assessment.patient.patient, relation, value))
    found = ""
    if not held and local_name(relation) == "has":
        for other in ("ruledOut", "suspectedOf", "had"):
            fact = assessment.fact(other, value)
            if fact in assessment.facts:
                found = assessment.wording.sentence(fact)
                break
    return Member(term, says, status, value, local_name(relation), found=found)


def _through(assessment: Assessment, term: str, relation: str, filler: str) -> Member:
    """Read a condition on a record: its kind, and perhaps one bound."""
    graph = assessment.graph
    parts = graph.members(graph.object(filler, iri(OWL, "intersectionOf")) or "") or [filler]
    sort, kind = next(((graph.object(p, iri(OWL, "onProperty")) or "", v) for p in parts
                       if (v := graph.object(p, iri(OWL, "hasValue")))), ("", ""))
    bound = next((threshold_of(graph, v) for p in parts
                  if (v := graph.object(p, iri(OWL, "someValuesFrom")))), None)
    says = bound.name if bound else f"{graph.label(kind)} on record"
    if relation not in _RESULTS and bound:
        says = f"{graph.label(kind)}: {bound.name}"
    found = "; ".join(
        assessment.wording.record(node) for node in _records(assessment, relation, sort, kind))
    if not found and relation in _RESULTS:
        stale = _records(assessment, marrow("hasStaleObservation"), sort, kind)
        found = "; ".join(f"{assessment.wording.record(n)} (out of date)" for n in stale)
    return Member(term, says, _status(assessment, term), kind, local_name(relation), bound, found)


def _records(assessment: Assessment, relation: str, sort: str, kind: str) -> list[str]:
    return [node for node in assessment.related(local_name(relation))
            if (node, sort, kind) in assessment.facts]


def _status(assessment: Assessment, term: str) -> Status:
    if (assessment.patient.patient, TYPE, term) in assessment.facts:
        return "met"
    return _unmet(assessment, term)


def _unmet(assessment: Assessment, term: str) -> Status:
    undecided = assessment.fact("undecidedOn", term) in assessment.facts
    return "unknown" if undecided else "not-met"
