"""Count the intervals of the ontology from dated records: from when, and until when, on which days.

Rules may not compute dates, so every interval is counted beforehand from every record that it can
be counted from; which of those records counts, rules decide. A calendar month later is the same
day of that month, or its last day where it has no such day.
"""

from __future__ import annotations

import hashlib
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from .knowledge import Graph
from .namespaces import DATE, MARROW, TYPE, marrow
from .quantity import integer_literal
from .rule import Atom

_OPENS = (marrow("afterDays"), marrow("monthsAfter"))
_CLOSES = (marrow("untilDays"), marrow("untilMonths"))
_STATED = (*_OPENS, *_CLOSES, marrow("repeats"), marrow("countsFrom"))


@dataclass(frozen=True)
class Interval:
    """How long after a dated record something falls due, and which records it is counted from.

    ``opens`` and ``closes`` are days and calendar months after the date of the record; an interval
    that does not close has None there. ``repeats`` is how many times it follows upon itself.
    ``reads`` is the predicate of the date and ``kinds`` are the kinds of record. Where ``since``
    is not empty, only records from the first start of a treatment of those kinds on are counted.
    ``stated`` is what the ontology says of it.
    """

    name: str
    opens: tuple[int, int]
    closes: tuple[int, int] | None
    repeats: int
    reads: str
    kinds: frozenset[str]
    since: frozenset[str]
    stated: tuple[Atom, ...]

    def counts_from(self, day: date, begun: Iterable[tuple[str, date]]) -> bool:
        """Tell whether a day counts, given the kinds of treatment begun on which days."""
        return not self.since or any(kind in self.since and start <= day for kind, start in begun)

    def windows(self, day: date) -> Iterator[tuple[int, date, date | None]]:
        """Yield the number of each repetition with the days on which it opens and closes."""
        for number in range(1, self.repeats + 1):
            closes = _later(day, self.closes, number) if self.closes else None
            yield number, _later(day, self.opens, number), closes


def add_months(day: date, months: int) -> date:
    """Return the same day some calendar months later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _later(day: date, span: tuple[int, int], times: int) -> date:
    days, months = span
    return add_months(day, months * times) + timedelta(days=days * times)


@lru_cache(maxsize=4)
def read_intervals(graph: Graph) -> dict[str, tuple[Interval, ...]]:
    """Return the intervals that can be counted from a record of each kind, from the ontology."""
    found: dict[str, list[Interval]] = defaultdict(list)
    for name in sorted(graph.subjects(TYPE, marrow("Interval"))):
        clock = graph.object(name, marrow("countsFrom")) or ""
        reads = graph.object(clock, marrow("readsDate")) or ""
        by = graph.object(clock, marrow("readsKind")) or ""
        treatment = marrow("ofTreatment")
        stated = tuple((name, p, o) for p in _STATED for o in graph.objects(name, p))
        interval = Interval(
            name, _span(graph, name, _OPENS) or (0, 0), _span(graph, name, _CLOSES),
            int(graph.number(name, marrow("repeats")) or 1), reads, _within(graph, name, by),
            frozenset() if by == treatment else _within(graph, name, treatment),
            (*stated, (clock, marrow("readsDate"), reads)),
        )
        for kind in interval.kinds:
            found[kind].append(interval)
    return {kind: tuple(intervals) for kind, intervals in found.items()}


def _span(graph: Graph, name: str, properties: tuple[str, str]) -> tuple[int, int] | None:
    days, months = (graph.number(name, p) for p in properties)
    return None if days is None and months is None else (int(days or 0), int(months or 0))


def _within(graph: Graph, name: str, relation: str) -> frozenset[str]:
    return frozenset(
        narrow for kind in graph.objects(name, relation)
        for narrow in graph.subjects(marrow("within"), kind)
    )


def window_facts(interval: Interval, record: str, day: date, as_of: date) -> Iterator[Atom]:
    """Yield what is said of each window that an interval counted from a record gives."""
    for number, opens, closes in interval.windows(day):
        digest = hashlib.sha256(repr((record, interval.name, number)).encode()).hexdigest()[:20]
        window = f"<{MARROW}window/{digest}>"
        yield window, marrow("countedFrom"), record
        yield window, marrow("ofInterval"), interval.name
        for on, in_days, edge in (("opensOn", "opensInDays", opens),
                                  ("closesOn", "closesInDays", closes)):
            if edge is not None:
                yield window, marrow(on), f'"{edge}"^^<{DATE}>'
                yield window, marrow(in_days), integer_literal((edge - as_of).days)
