"""Compute ages, days and amounts once more, from the record and the ontology's conversions.

Written apart from the gate that the proof comes from. What the gate would refuse gives no number
here either, so that a proof that rests on one is refused.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction

import pyoxigraph as ox

from ..namespaces import BOOLEAN, DATE, DATETIME, DECIMAL, INTEGER, MARROW
from .library import Node, Triple, decimal_of, plain_number
from .rules import Term

DIGITS = 15
"""How many significant digits a number may have, and an amount is given with."""

INSIDE = Decimal("0.000001")
"""How far inside an open bound the last value is taken to lie."""

OLDEST = 130
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_AGO = {"date": "daysAgo", "start": "startedDaysAgo", "onset": "startedDaysAgo",
        "end": "endedDaysAgo", "abatement": "endedDaysAgo"}
_NOT_YET = ("date", "start", "onset")
_READ = ("value", "comparator", "unit", "kind")
_SIGNS = {None: (True, True), "<": (False, True), "<=": (False, True), ">": (True, False),
          ">=": (True, False)}
"""For each sign whether the number bounds from below and from above."""


@dataclass(frozen=True)
class Number:
    """A computed statement: by which computation, and from which statements."""

    computation: str
    conclusion: Triple
    premises: frozenset[Triple]


@dataclass(frozen=True)
class Scale:
    """How the numbers of one kind are read: factors by unit, and the plausible range.

    One that ``grows`` counts days and is one more for every day since it was taken.
    """

    factors: dict[str, Decimal]
    least: Decimal
    most: Decimal
    grows: bool


def read_scales(stated: Iterable[Triple]) -> dict[Term, Scale]:
    """Return how the numbers of each kind of measurement are read, from the ontology."""
    about = _by_subject(stated)
    factors: dict[Node, dict[str, Decimal]] = defaultdict(dict)
    for said in about.values():
        factor = next(filter(None, map(decimal_of, said["factor"])), None)
        if factor is None:
            continue
        for kind in said["forMeasurement"]:
            if isinstance(kind, ox.NamedNode):
                factors[kind] |= {_text(unit): factor for unit in said["writtenUnit"]}
    scales: dict[Term, Scale] = {}
    for kind, known in factors.items():
        least = [n for n in map(decimal_of, about[kind]["plausibleAtLeast"]) if n is not None]
        most = [n for n in map(decimal_of, about[kind]["plausibleAtMost"]) if n is not None]
        if len(least) == len(most) == 1:
            scales[kind] = Scale(known, least[0], most[0], bool(about[kind]["advancesDaily"]))
    return scales


def compute(record: Iterable[Triple], scales: dict[Term, Scale], as_of: date) -> list[Number]:
    """Return every age, number of days and amount that some record statements give."""
    return [
        number
        for node, said in sorted(_by_subject(record).items(), key=lambda item: str(item[0]))
        for number in (*_ages(node, said, as_of), *_days(node, said, as_of),
                       *_amounts(node, said, scales, as_of))
    ]


def without_future(record: Iterable[Triple], as_of: date) -> list[Triple]:
    """Return the record without what is dated after the as-of date, and without a denied death."""
    kept = _without_unsaid_death(list(record), as_of)
    future = {
        s for s, p, o in kept
        if p.value in {MARROW + name for name in _NOT_YET}
        and (day := day_of(o)) is not None and day > as_of
    }
    return [t for t in kept if t[0] not in future and t[2] not in future]


def _without_unsaid_death(record: list[Triple], as_of: date) -> list[Triple]:
    """Leave out a death that lies ahead of the as-of date, and the statement that there is none."""
    dates = {o for _, p, o in record if p.value == MARROW + "deceasedDate"}
    coming = {o for o in dates if (day := day_of(o)) is not None and day > as_of}
    ahead = bool(coming) and coming == dates

    def is_unsaid(predicate: str, said: Term) -> bool:
        if predicate == MARROW + "deceasedDate":
            return said in coming
        no = isinstance(said, ox.Literal) and said.datatype.value == BOOLEAN \
            and said.value in ("false", "0")
        return predicate == MARROW + "deceased" and (ahead or (no and not dates))

    return [t for t in record if not is_unsaid(t[1].value, t[2])]


def day_of(written: Term) -> date | None:
    """Return the day that a date or dateTime literal names, if it is a whole one."""
    if not isinstance(written, ox.Literal):
        return None
    if written.datatype.value == DATE and _DAY.fullmatch(written.value):
        try:
            return date.fromisoformat(written.value)
        except ValueError:
            return None
    if written.datatype.value == DATETIME and _moment(written) is not None:
        return date.fromisoformat(written.value[:10])
    return None


def _ages(node: Node, said: dict[str, list[Term]], as_of: date) -> Iterator[Number]:
    for written in said["deceasedDate"]:
        died = day_of(written)
        if died is not None and died <= as_of:
            yield _number("days", node, "diedDaysAgo", (as_of - died).days,
                          {"deceasedDate": [written]})
    for written in said["birthDate"]:
        born = day_of(written)
        if born is None:
            continue
        months = _whole_months(born, as_of)
        if 0 <= months // 12 <= OLDEST:
            yield _number("age", node, "ageInYears", months // 12, {"birthDate": [written]})
            yield _number("age", node, "ageInMonths", months, {"birthDate": [written]})


def _days(node: Node, said: dict[str, list[Term]], as_of: date) -> Iterator[Number]:
    dated = False
    for name, fact in _AGO.items():
        for written in said[name]:
            day = day_of(written)
            if day is None or day > as_of:
                continue
            yield _number("days", node, fact, (as_of - day).days, {name: [written]})
            if name != "date":
                continue
            dated = True
            if said["value"] or said["unreadAs"]:
                for spanned, seconds in _seconds(written, as_of).items():
                    yield _number("days", node, spanned, seconds, {name: [written]})
    for name in () if dated else ("onset", "start"):
        for written in said[name][:1]:
            day = day_of(written)
            if day is not None and day <= as_of:
                yield _number("days", node, "daysAgo", (as_of - day).days, {name: [written]})


def _whole_months(born: date, as_of: date) -> int:
    """Return the whole months between two days; one whose day is not reached counts not."""
    months = 12 * (as_of.year - born.year) + as_of.month - born.month
    return months if as_of.day >= born.day else months - 1


def _seconds(written: Term, as_of: date) -> dict[str, int]:
    """Return how long before the end of the day after the as-of date a date or time may lie.

    A time with a zone is one moment. Anything else is a span on the clock of its place, and a
    longer one in Coordinated Universal Time, which that clock is at most 14 hours ahead of and 12
    hours behind.
    """
    day = day_of(written)
    if day is None:
        return {}
    length = 0
    if written.value == day.isoformat():
        moment, zoned, length = datetime(day.year, day.month, day.day), False, 86_399
    else:
        found = _moment(written)
        if found is None:
            return {}
        moment, zoned = found, bool(re.search(r"(Z|[+-]\d{2}:\d{2})$", written.value))
    midnight = datetime(as_of.year, as_of.month, as_of.day)
    most = (midnight - moment) // timedelta(seconds=1) + 2 * 86_400
    if zoned:
        return dict.fromkeys(("secondsAgoAtLeast", "secondsAgoAtMost", "zonedSecondsAgo"), most)
    return {
        "clockSecondsAgoAtLeast": most - length, "clockSecondsAgoAtMost": most,
        "secondsAgoAtLeast": most - length - 12 * 3600, "secondsAgoAtMost": most + 14 * 3600,
    }


def _moment(written: Term) -> datetime | None:
    """Return a dateTime literal as Coordinated Universal Time; without a zone it is taken so."""
    if not isinstance(written, ox.Literal) or written.datatype.value != DATETIME \
            or not _MOMENT.fullmatch(written.value):
        return None
    try:
        moment = datetime.fromisoformat(written.value.replace("Z", "+00:00"))
        return (moment - (moment.utcoffset() or timedelta())).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _amounts(node: Node, said: dict[str, list[Term]], scales: dict[Term, Scale], as_of: date) \
        -> Iterator[Number]:
    read = {name: said[name] for name in _READ if said[name]}
    if any(len(written) > 1 for written in read.values()) or not {"value", "unit", "kind"} <= {
        *read
    }:
        return
    scale = scales.get(read["kind"][0])
    value = decimal_of(read["value"][0])
    sign = _text(read["comparator"][0]) if "comparator" in read else None
    if scale is None or value is None or sign not in _SIGNS or _digits(value) > DIGITS:
        return
    factor = scale.factors.get(_text(read["unit"][0]))
    if factor is None:
        return
    product = Fraction(value) * Fraction(factor)
    if not scale.least <= product <= scale.most:
        return
    low, high = _rounded(product, ROUND_FLOOR), _rounded(product, ROUND_CEILING)
    from_below, from_above = _SIGNS[sign]
    if scale.grows:
        taken = day_of(said["date"][0]) if len(said["date"]) == 1 else None
        if taken is None or taken > as_of:
            return
        read["date"] = said["date"]
        low, high = low + (as_of - taken).days, high + (as_of - taken).days
    at_least = low + (INSIDE if sign == ">" else 0)
    at_most = high - (INSIDE if sign == "<" else 0)
    if scale.grows and from_above and at_most > scale.most:
        return
    if from_below:
        yield _number("amount", node, "amountAtLeast", at_least, read)
    if from_above:
        yield _number("amount", node, "amountAtMost", at_most, read)
    if from_below and from_above and low == high:
        yield _number("amount", node, "amount", low, read)


def _rounded(number: Fraction, way: str) -> Decimal:
    context = Context(prec=DIGITS, rounding=way)
    return context.divide(Decimal(number.numerator), Decimal(number.denominator))


def _digits(number: Decimal) -> int:
    return len(format(number, "f").lstrip("-").replace(".", "").strip("0"))


def _number(computation: str, node: Node, fact: str, value: int | Decimal,
            read: dict[str, list[Term]]) -> Number:
    datatype = INTEGER if isinstance(value, int) else DECIMAL
    literal = ox.Literal(plain_number(Decimal(value)), datatype=ox.NamedNode(datatype))
    return Number(
        computation,
        (node, ox.NamedNode(MARROW + fact), literal),
        frozenset((node, ox.NamedNode(MARROW + name), written)
                  for name, values in read.items() for written in values),
    )


def _by_subject(triples: Iterable[Triple]) -> dict[Node, dict[str, list[Term]]]:
    """Return what is said of each subject by Marrow's own predicates, by local name."""
    about: dict[Node, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for s, p, o in sorted(triples, key=str):
        if p.value.startswith(MARROW):
            about[s][p.value.removeprefix(MARROW)].append(o)
    return about


def _text(node: Term) -> str:
    return node.value
