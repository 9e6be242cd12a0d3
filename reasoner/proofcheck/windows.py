"""Count the intervals of the ontology from dated records once more, apart from the gate.

A step of a proof is counted from its own premises alone; what follows from a whole record is
counted from every dated entry that an interval can be counted from.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pyoxigraph as ox

from ..namespaces import DATE, INTEGER, MARROW, RDF
from .library import Node, Triple, decimal_of, term_text
from .numbers import Number, day_of
from .rules import Term

_MEASURES = {"afterDays": ("opens", False), "monthsAfter": ("opens", True),
             "untilDays": ("closes", False), "untilMonths": ("closes", True)}
"""For each measure of an interval which edge of the window it sets, and whether in months."""

_SAID = (*_MEASURES, "repeats", "countsFrom")
_START = ox.NamedNode(MARROW + "start")
_LONGEST = 1_000
"""No repetition, and no number of months, is larger."""


@dataclass(frozen=True)
class Interval:
    """What the ontology says of an interval, and the kinds whose records it is counted from.

    ``since`` are kinds of treatment; where there are any, nothing before the first start counts.
    """

    name: Node
    said: frozenset[Triple]
    reads: Term
    kinds: frozenset[Term]
    since: frozenset[Term]


def read_intervals(stated: Iterable[Triple], closed: Iterable[Triple]) -> list[Interval]:
    """Return the intervals of an ontology, from what it states and what follows from it."""
    narrower: dict[Term, set[Term]] = defaultdict(set)
    for s, p, o in closed:
        if p.value == MARROW + "within":
            narrower[o].add(s)
    about: dict[Term, list[Triple]] = defaultdict(list)
    for triple in stated:
        about[triple[0]].append(triple)

    def values(node: Term, local: str) -> list[Term]:
        return [o for _, p, o in about[node] if p.value == MARROW + local]

    def kinds(node: Node, relation: Term) -> frozenset[Term]:
        return frozenset(narrow for _, p, o in about[node] if p == relation
                         for narrow in narrower[o])

    found = []
    treatment = ox.NamedNode(MARROW + "ofTreatment")
    for node in [s for s, p, o in stated
                 if p.value == RDF + "type" and o == ox.NamedNode(MARROW + "Interval")]:
        for clock in values(node, "countsFrom"):
            for reads, by in zip(values(clock, "readsDate"), values(clock, "readsKind"),
                                 strict=True):
                said = {t for local in _SAID for t in about[node]
                        if t[1].value == MARROW + local}
                said |= {t for t in about[clock] if t[1].value == MARROW + "readsDate"}
                found.append(Interval(node, frozenset(said), reads, kinds(node, by),
                                      frozenset() if by == treatment else kinds(node, treatment)))
    return found


def count_record(record: Iterable[Triple], intervals: Iterable[Interval], as_of: date) \
        -> list[Number]:
    """Return every window that some intervals give, counted from a patient's record."""
    record = list(record)
    kind_of: dict[Node, set[Term]] = defaultdict(set)
    for s, p, o in record:
        if p.value == MARROW + "kind":
            kind_of[s].add(o)
    dated = [(t, day) for t in record
             if (day := day_of(t[2])) is not None and day <= as_of]
    found = []
    for interval in intervals:
        starts = [day for (s, p, _), day in dated
                  if p == _START and not kind_of[s].isdisjoint(interval.since)]
        for triple, day in dated:
            if triple[1] == interval.reads and not kind_of[triple[0]].isdisjoint(interval.kinds) \
                    and (not interval.since or any(start <= day for start in starts)):
                found += count_premises(interval.said | {triple}, as_of)
    return found


def count_premises(premises: Iterable[Triple], as_of: date) -> list[Number]:
    """Return the windows that one dated statement and what is said of one interval give."""
    premises = frozenset(premises)
    clocks = [t for t in premises if t[1].value == MARROW + "readsDate"]
    said = [t for t in premises if t[1].value.removeprefix(MARROW) in _SAID]
    dated = premises.difference(clocks, said)
    names = {s for s, _, _ in said}
    if len(clocks) != 1 or len(dated) != 1 or len(names) != 1:
        return []
    (name,), ((record, reads, written),) = names, dated
    (clock, _, read) = clocks[0]
    day = day_of(written)
    if day is None or day > as_of or reads != read \
            or (name, ox.NamedNode(MARROW + "countsFrom"), clock) not in premises:
        return []
    values: dict[str, int] = {}
    for _, p, o in said:
        number = decimal_of(o)
        if number is not None:
            values[p.value.removeprefix(MARROW)] = int(number)
    if not all(0 <= value <= _LONGEST for value in values.values()):
        return []
    try:
        return [
            Number("window", conclusion, premises)
            for turn in range(1, values.get("repeats", 1) + 1)
            for conclusion in _window(record, name, turn, day, values, as_of)
        ]
    except OverflowError:
        return []  # there is no day after the year 9999


def _window(record: Node, name: Node, turn: int, day: date, values: dict[str, int],
            as_of: date) -> Iterator[Triple]:
    written = repr((term_text(record), term_text(name), turn))
    node = ox.NamedNode(f"{MARROW}window/{hashlib.sha256(written.encode()).hexdigest()[:20]}")
    edges = {"opens": day}
    for local, (edge, in_months) in _MEASURES.items():
        if local in values:
            last = edges.get(edge, day)
            steps = values[local] * turn
            edges[edge] = _month_later(last, steps) if in_months else last + timedelta(steps)
    yield node, ox.NamedNode(MARROW + "countedFrom"), record
    yield node, ox.NamedNode(MARROW + "ofInterval"), name
    for edge, on in edges.items():
        yield (node, ox.NamedNode(f"{MARROW}{edge}On"),
               ox.Literal(on.isoformat(), datatype=ox.NamedNode(DATE)))
        yield (node, ox.NamedNode(f"{MARROW}{edge}InDays"),
               ox.Literal(str((on - as_of).days), datatype=ox.NamedNode(INTEGER)))


def _month_later(day: date, months: int) -> date:
    """Return the day some months later; the last of the month where that day does not exist."""
    first = day.replace(day=1)
    for _ in range(months):
        first = (first + timedelta(days=31)).replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return min(first.replace(day=last.day), first + timedelta(days=day.day - 1))
