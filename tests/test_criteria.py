"""Every criterion is met by one of our patients and only just missed by another.

A near miss meets every condition of the criterion but one. Every bound is walked at its limit,
where "below" and "at most" part, and close by where it is the other way round. All our own records
are read once.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from patients import AS_OF
from reasoner.assessment import Assessment
from reasoner.criterion import Member, leaves, members_of
from reasoner.engine import Engine
from reasoner.gate import gate_patient
from reasoner.namespaces import TYPE, local_name, marrow
from reasoner.patient import read_patient_graph
from reasoner.quantity import text_of

HERE = Path(__file__).parent
PLACES = ("golden/*/patient.ttl", "data/questions/*.ttl", "rules/*/*.ttl", "../examples/*.ttl")
NUMBERS = {marrow("amount"), marrow("daysAgo"), marrow("startedDaysAgo")}
COUNTED = ("a", "mo", "d")
"""Units that are counted in whole numbers, so that the next one is close by."""
Bound = tuple[str, str, str, str, str]
"""The relation, the kind, the sign, the limit and the unit of what a criterion compares."""


def records() -> Iterator[tuple[str, bytes, date]]:
    """Yield the name, the text and the as-of date of each of our own records."""
    for place in PLACES:
        for path in sorted(HERE.glob(place)):
            expected = path.with_name("expected.json")
            as_of = date.fromisoformat(json.loads(expected.read_text("utf-8"))["asOf"]) \
                if expected.is_file() else AS_OF
            yield str(path.relative_to(HERE.parent)), path.read_bytes(), as_of


@dataclass
class Walk:
    """Which record meets a criterion, which only just misses it, and which numbers are read."""

    fires: dict[str, str] = field(default_factory=dict)
    near_miss: dict[str, str] = field(default_factory=dict)
    bounds: set[Bound] = field(default_factory=set)
    numbers: dict[tuple[str, str], set[Decimal]] = field(default_factory=lambda: defaultdict(set))


def criteria_of(engine: Engine) -> list[str]:
    return sorted(engine.graph.subjects(TYPE, marrow("Criterion")))


def misses_by_one(members: tuple[Member, ...]) -> bool:
    return sum(m.status != "met" for m in members) == 1


def numbers_of(assessment: Assessment) -> Iterator[tuple[tuple[str, str], Decimal]]:
    """Yield each number that a criterion can compare, by relation and kind."""
    about: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for s, p, o in assessment.facts:
        about[s].append((p, o))
    for relation, node in about[assessment.patient.patient]:
        if relation == marrow("ageInYears") or relation == marrow("ageInMonths"):
            yield (local_name(relation), ""), Decimal(text_of(node))
            continue
        kinds = [o for p, o in about[node] if p == marrow("kind")]
        for p, o in about[node]:
            if p in NUMBERS:
                for kind in kinds:
                    yield (local_name(relation), kind), Decimal(text_of(o))


@pytest.fixture(scope="session")
def walk(engine: Engine) -> Walk:
    """One pass over all records; a criterion is read member by member until it is missed."""
    found = Walk()
    criteria = criteria_of(engine)
    for name, text, as_of in records():
        graph = read_patient_graph(text, ".ttl", name, engine.vocabulary)
        patient = gate_patient(graph, engine.graph, as_of)
        assessment = Assessment(engine, patient, engine.run(patient.facts), ())
        for key, number in numbers_of(assessment):
            found.numbers[key].add(number)
        for criterion in criteria:
            if (patient.patient, TYPE, criterion) in assessment.facts:
                found.fires.setdefault(criterion, name)
            elif criterion not in found.near_miss \
                    and misses_by_one(members_of(assessment, criterion)):
                found.near_miss[criterion] = name
    for criterion in criteria:
        found.bounds |= {(m.relation, m.kind, t.sign, t.limit, t.unit)
                         for m in leaves(members_of(assessment, criterion)) if (t := m.threshold)}
    return found


def test_every_criterion_is_met_by_a_patient(engine: Engine, walk: Walk) -> None:
    assert [local_name(c) for c in criteria_of(engine) if c not in walk.fires] == []


def test_every_criterion_is_missed_by_one_condition(engine: Engine, walk: Walk) -> None:
    assert [local_name(c) for c in criteria_of(engine) if c not in walk.near_miss] == []


def test_every_bound_is_walked_on_both_sides(walk: Walk) -> None:
    """At the limit a bound holds or not by its sign; close by it is the other way round."""
    missing = set()
    for relation, kind, sign, limit, unit in walk.bounds:
        edge = Decimal(limit)
        far = Decimal(1) if unit in COUNTED else edge / 10
        seen = {n - edge for n in walk.numbers[relation, kind]}
        beyond = {-d for d in seen} if sign in ("<", ">=") else seen
        if 0 not in seen or not any(0 < d <= far for d in beyond):
            missing.add(f"{relation} {local_name(kind) if kind else ''} {sign} {limit} {unit}")
    assert sorted(missing) == []
