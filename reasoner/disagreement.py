"""Say where sources disagree about one patient: each reading, how it stands, and what rests on it.

Nothing is settled here. The disagreements are data, the readings are statements that a criterion or
row carries, and how a reading stands is read off what was inferred.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .assessment import Assessment
from .namespaces import TYPE, marrow
from .rule import Atom
from .site import SOURCE

Stance = Literal["for", "against", "undecided", "silent"]


@dataclass(frozen=True)
class Reading:
    """What one source says about this patient.

    A row is silent where the patient does not meet it; a source of criteria is never silent.
    """

    statement: str
    stance: Stance


@dataclass(frozen=True)
class Disagreement:
    """A question that sources answer differently for this patient.

    ``resting`` are the statements about the patient that hold on the reading of one side only.
    """

    term: str
    readings: tuple[Reading, ...]
    resting: frozenset[Atom]


def disagreements_of(assessment: Assessment) -> tuple[Disagreement, ...]:
    """Return the disagreements whose readings differ for a patient, and that no site settled."""
    graph = assessment.graph
    found = []
    for term in graph.subjects(TYPE, marrow("Disagreement")):
        statements = graph.objects(term, marrow("reading"))
        if any(graph.subjects(marrow("follows"), s) for s in statements):
            continue
        if any(_is(assessment, c) for c in graph.objects(term, marrow("notAmong"))):
            continue
        readings = tuple(Reading(s, _stance(assessment, s)) for s in statements)
        stances = {r.stance for r in readings} - {"silent"}
        if "for" in stances and len(stances) > 1:
            found.append(Disagreement(term, readings, _resting(assessment, readings)))
    return tuple(found)


def _is(assessment: Assessment, criterion: str) -> bool:
    return (assessment.patient.patient, TYPE, criterion) in assessment.facts


def _criteria(assessment: Assessment, statement: str) -> list[str]:
    graph = assessment.graph
    return [c for c in graph.subjects(SOURCE, statement)
            if marrow("Criterion") in graph.objects(c, TYPE)]


def _stance(assessment: Assessment, statement: str) -> Stance:
    graph = assessment.graph
    direction = graph.object(statement, marrow("direction"))
    if direction is not None:
        if statement not in assessment.related("meets"):
            return "silent"
        return "for" if direction == marrow("For") else "against"
    criteria = _criteria(assessment, statement)
    if any(_is(assessment, c) for c in criteria):
        return "for"
    undecided = assessment.related("undecidedOn")
    return "undecided" if any(c in undecided for c in criteria) else "against"


def _resting(assessment: Assessment, readings: tuple[Reading, ...]) -> frozenset[Atom]:
    """Return what would not hold without the criteria that only one side's sources carry."""
    carried = {
        stance: {c for r in readings if (r.stance == "for") == stance
                 for c in _criteria(assessment, r.statement)}
        for stance in (True, False)
    }
    contested = {(assessment.patient.patient, TYPE, c) for c in carried[True] - carried[False]
                 if _is(assessment, c)}
    if not contested or any(
            assessment.graph.object(r.statement, marrow("direction")) for r in readings):
        return frozenset()
    return assessment.derivations.resting_on(frozenset(contested))
