"""Compute what rules may not compute: amounts in canonical units, ages and days.

Each computed fact remembers the facts it came from, so that a conversion or an age is a step of
the proof like any other. What cannot be used is named in an issue and used by no rule.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .crosscheck import Disagreement, Measured, find_disagreements, read_cross_checks
from .errors import Issue, LimitReached
from .interval import read_intervals, window_facts
from .knowledge import Graph
from .moment import moment_facts, moment_of
from .namespaces import BOOLEAN, DATE, DATETIME, GATE, TYPE, local_name, marrow
from .patient import PatientGraph, reviews_in_doubt
from .quantity import (
    Amount,
    Refusal,
    decimal_literal,
    gate,
    integer_literal,
    literal_parts,
    one_line,
    parse_number,
    text_of,
)
from .rule import Atom
from .scale import read_scales

OBSERVATION = marrow("Observation")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?")
MAX_AT_ONE_TIME = 100
"""How many results of one kind one date or time may bear; each is compared with all the others."""
_ORDERED = ("value", "unreadAs")
"""What a record says that is put in order with others of its kind: results, read or not."""
_DAY_FACTS = (
    ("date", "daysAgo"),
    ("start", "startedDaysAgo"),
    ("onset", "startedDaysAgo"),
    ("end", "endedDaysAgo"),
    ("abatement", "endedDaysAgo"),
)
_AMOUNTS = (marrow("amount"), marrow("amountAtLeast"), marrow("amountAtMost"))
_SETTLED = ("final", "amended", "corrected")
"""Source: FHIR R4, ObservationStatus."""


@dataclass(frozen=True)
class Computed:
    """A computed fact's origin: which computation, and the facts it read."""

    step: str
    premises: tuple[Atom, ...]


@dataclass(frozen=True)
class Withheld:
    """Why no rule reads a fact: other records stand beside its own.

    ``origin`` is there for a computed fact; ``by`` names sets of records, each of which is enough.
    """

    origin: Computed | None
    by: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class GatedPatient:
    """A patient ready for the rules.

    ``facts`` holds the record and the computed facts; ``origins`` tells for each computed one
    where it came from; ``issues`` lists what was not used; ``withheld`` holds the facts that would
    be used but for other records.
    """

    patient: str
    as_of: date
    facts: frozenset[Atom]
    origins: dict[Atom, Computed]
    issues: tuple[Issue, ...]
    withheld: dict[Atom, Withheld] = field(default_factory=dict)


def gate_patient(graph: PatientGraph, knowledge: Graph, as_of: date) -> GatedPatient:
    """Gate every number and date of a patient graph as of a date.

    Raises:
        LimitReached: more results of one kind bear one date or time than can be compared.
    """
    return _Gate(graph, knowledge, as_of).run()


class _Gate:
    def __init__(self, graph: PatientGraph, knowledge: Graph, as_of: date) -> None:
        self.patient = graph.patient
        self.knowledge = knowledge
        self.scales = read_scales(knowledge)
        self.as_of = as_of
        self.about: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for s, p, o in graph.triples:
            self.about[s][p].append(o)
        self.triples = graph.triples
        self.origins: dict[Atom, Computed] = {}
        self.issues: list[Issue] = []
        self.dropped: set[str] = set()
        self.unsaid: set[Atom] = set()
        self.measured: list[Measured] = []
        self.days: dict[Atom, date] = {}
        self.withheld: dict[Atom, Withheld] = {}

    def run(self) -> GatedPatient:
        self._count()
        for node in sorted(self.about):
            if node == self.patient:
                self._age()
                self._death()
            else:
                self._days(node)
                if OBSERVATION in self.about[node][TYPE]:
                    self._amount(node)
        self._cross_check()
        doubted = reviews_in_doubt(self.triples, self.dropped, self.knowledge) - self.dropped
        for node in sorted(doubted):
            self._issue(node, "list-in-doubt", "a record of this list could not be used, so the "
                        "list counts as not reviewed", "ask as of a later date to use it")
            self._withhold_review(node)
        self.dropped |= doubted
        self.days = {f: day for f, day in self.days.items() if f[0] not in self.dropped}
        self._windows()
        kept = {t for t in self.triples - self.unsaid
                if t[0] not in self.dropped and t[2] not in self.dropped}
        kept |= {t for t in self.origins if t[0] not in self.dropped}
        return GatedPatient(self.patient, self.as_of, frozenset(kept), self.origins,
                            tuple(self.issues), self.withheld)

    def _withhold_review(self, node: str) -> None:
        """Keep what a review in doubt says, with each record that puts it in doubt."""
        by = tuple((other,) for other in sorted(self.dropped)
                   if node in reviews_in_doubt(self.triples, {other}, self.knowledge))
        for fact in self.triples:
            if node in (fact[0], fact[2]):
                self.withheld[fact] = Withheld(None, by)
        for fact, computed in self.origins.items():
            if fact[0] == node:
                self.withheld[fact] = Withheld(computed, by)

    def _count(self) -> None:
        """Refuse results by the hundreds that nothing puts in order: each is compared with all."""
        together = Counter(
            (kind, written) for about in self.about.values() if about[marrow("value")]
            for kind in about[marrow("kind")] for written in about[marrow("date")]
        )
        for (kind, written), number in sorted(together.items()):
            if number > MAX_AT_ONE_TIME:
                raise LimitReached(
                    "too-many-results-at-one-time", where=self.knowledge.label(kind),
                    what=f"{number} results are dated {text_of(written)[:30]}",
                    fix=f"send their times, or at most {MAX_AT_ONE_TIME} of one time")

    def _issue(self, node: str, code: str, what: str, fix: str) -> None:
        kinds = self.about[node][marrow("kind")]
        label = f" ({self.knowledge.label(kinds[0])})" if kinds else ""
        self.issues.append(Issue(code, self._source(node) + label, what, fix,
                                 records=(node.strip("<>"),)))

    def _add(self, node: str, predicate: str, value: str, step: str, *premises: Atom) -> None:
        self.origins[node, marrow(predicate), value] = Computed(f"<{GATE}{step}>", premises)

    def _age(self) -> None:
        for born in self.about[self.patient][marrow("birthDate")]:
            day = self._date(self.patient, born)
            if day is None:
                continue
            months = (self.as_of.year - day.year) * 12 + self.as_of.month - day.month \
                - (self.as_of.day < day.day)
            age = months // 12
            if age < 0 or age > 130:
                self._issue(self.patient, "birth-date-not-plausible",
                            "the birth date gives no plausible age", "send the true birth date")
                continue
            premise = (self.patient, marrow("birthDate"), born)
            self._add(self.patient, "ageInYears", integer_literal(age), "age", premise)
            self._add(self.patient, "ageInMonths", integer_literal(months), "age", premise)

    def _death(self) -> None:
        """Compute how long ago the patient died; a death after the as-of date has not happened."""
        about = self.about[self.patient]
        dates = about[marrow("deceasedDate")]
        said = {(self.patient, marrow("deceased"), o) for o in about[marrow("deceased")]}
        days = {written: self._date(self.patient, written) for written in dates}
        coming = {w for w, day in days.items() if day is not None and day > self.as_of}
        for written in coming:
            self.unsaid.add((self.patient, marrow("deceasedDate"), written))
        if coming and coming == set(dates):
            self.unsaid |= said
            self._issue(self.patient, "died-after-the-as-of-date", "the patient died after the "
                        "as-of date, so the answer is for the patient as alive then",
                        "ask as of today for what holds now")
            return
        for written, day in days.items():
            if day is not None and written not in coming:
                self._add(self.patient, "diedDaysAgo", integer_literal((self.as_of - day).days),
                          "days", (self.patient, marrow("deceasedDate"), written))
        if dates or any(_says_true(o) for _, _, o in said):
            self._issue(self.patient, "deceased", "the record says that the patient has died; "
                        "nothing is advised", "ask as of a date before the death")
        else:
            self.unsaid |= said

    def _days(self, node: str) -> None:
        found: dict[str, int] = {}
        for predicate, fact in _DAY_FACTS:
            for written in self.about[node][marrow(predicate)]:
                day = self._date(node, written)
                if day is None:
                    continue
                ago = (self.as_of - day).days
                if ago < 0:
                    if predicate in ("date", "start", "onset"):
                        self.dropped.add(node)
                        self._issue(node, "after-the-as-of-date",
                                    f"dated {day}, after the as-of date {self.as_of}",
                                    "ask as of a later date to use it")
                    continue
                premise = (node, marrow(predicate), written)
                self.days[premise] = day
                self._add(node, fact, integer_literal(ago), "days", premise)
                found.setdefault(predicate, ago)
                if predicate == "date":
                    self._order(node, written, premise)
        if "date" not in found:
            for predicate in ("onset", "start"):
                if predicate in found:
                    written = self.about[node][marrow(predicate)][0]
                    self._add(node, "daysAgo", integer_literal(found[predicate]), "days",
                              (node, marrow(predicate), written))

    def _order(self, node: str, written: str, premise: Atom) -> None:
        """Bound the moment a result's date may mean, so that results can be put in order."""
        if any(self.about[node][marrow(p)] for p in _ORDERED):
            lexical, _, _ = literal_parts(written)
            for name, seconds in moment_facts(lexical, self.as_of).items():
                self._add(node, name, integer_literal(seconds), "days", premise)

    def _windows(self) -> None:
        """Count the intervals from every record that they can be counted from."""
        known = read_intervals(self.knowledge)
        begun = [(kind, day) for (node, predicate, _), day in self.days.items()
                 if predicate == marrow("start") for kind in self.about[node][marrow("kind")]]
        for (node, predicate, written), day in self.days.items():
            for kind in self.about[node][marrow("kind")]:
                for interval in known.get(kind, ()):
                    if interval.reads == predicate and interval.counts_from(day, begun):
                        premises = ((node, predicate, written), *interval.stated)
                        origin = Computed(f"<{GATE}window>", premises)
                        for fact in window_facts(interval, node, day, self.as_of):
                            self.origins[fact] = origin

    def _date(self, node: str, written: str) -> date | None:
        lexical, datatype, _ = literal_parts(written)
        pattern = {DATE: _DATE, DATETIME: _DATETIME}.get(datatype)
        if pattern is not None and pattern.fullmatch(lexical):
            try:
                if datatype == DATETIME:
                    moment_of(lexical)
                return date.fromisoformat(lexical[:10])
            except (OverflowError, ValueError):
                pass  # no such day or time: told below
        self._issue(node, "not-a-date", f"{lexical[:30]!r} is no date",
                    "send a full date such as 2026-10-20")
        return None

    def _amount(self, node: str) -> None:
        about = self.about[node]
        kinds, values = about[marrow("kind")], about[marrow("value")]
        if len(kinds) != 1 or len(values) != 1:
            return
        scale = self.scales.get(kinds[0])
        if scale is None:
            self._issue(node, "no-scale", "no unit is known for this kind",
                        "send a kind of measurement that has one")
            return
        lexical, datatype, _ = literal_parts(values[0])
        number = parse_number(lexical, datatype)
        units, signs = about[marrow("unit")], about[marrow("comparator")]
        outcome: Amount | Refusal
        if isinstance(number, Refusal):
            outcome = number
        else:
            outcome = gate(number, text_of(signs[0]) if signs else None,
                           text_of(units[0]) if units else None, scale)
        if isinstance(outcome, Refusal):
            self._issue(node, outcome.code, outcome.what, outcome.fix)
            return
        premises = tuple(
            (node, marrow(p), o)
            for p in ("value", "comparator", "unit", "kind") for o in about[marrow(p)]
        )
        grown, dated = self._growth(node)
        if outcome.at_most is not None and grown + outcome.at_most > scale.plausible_at_most:
            self._issue(node, "not-plausible", "it would have grown beyond what is possible since",
                        "send a newer one")
            return
        for predicate, value in (
            ("amount", outcome.exact),
            ("amountAtLeast", outcome.at_least),
            ("amountAtMost", outcome.at_most),
        ):
            if value is not None:
                self._add(node, predicate, decimal_literal(value + grown), "amount",
                          *premises, *dated)
        if outcome.exact is not None and not grown and _is_settled(about) \
                and node not in self.dropped and isinstance(number, Decimal):
            self.measured.append(Measured(node, kinds[0], about[marrow("date")][0], number,
                                          outcome.exact))

    def _cross_check(self) -> None:
        """Tell results of one day that do not fit together; what is in doubt loses its amount."""
        doubted: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for found in find_disagreements(self.measured, read_cross_checks(self.knowledge),
                                        self.scales):
            self._tell(found)
            if found.check.withholds:
                for result in found.doubted:
                    doubted[result.node].append(
                        tuple(r.node for r in found.results if r.node != result.node))
        for fact in [f for f in self.origins if f[0] in doubted and f[1] in _AMOUNTS]:
            self.withheld[fact] = Withheld(self.origins.pop(fact), tuple(doubted[fact[0]]))

    def _tell(self, found: Disagreement) -> None:
        shown = {r: f"{self.knowledge.label(r.kind)} {self._written(r.node)}"
                 for r in found.results}
        what = f"{', '.join(shown.values())}: these results of one day do not fit together"
        if found.suspects:
            what += "; " + " or ".join(f"{shown[r]} would fit in {unit}"
                                       for r, unit in found.suspects)
        if found.check.withholds:
            names = " and ".join(self.knowledge.label(r.kind) for r in found.doubted)
            what += f"; no use is made of this {names}"
        where = ", ".join(self._source(r.node) for r in found.results)
        self.issues.append(Issue("results-disagree", where, what,
                                 "check the values and their units",
                                 records=tuple(r.node.strip("<>") for r in found.results),
                                 by=found.check.name.strip("<>")))

    def _written(self, node: str) -> str:
        about = self.about[node]
        return " ".join(text_of(about[marrow(p)][0]) for p in ("value", "unit"))

    def _source(self, node: str) -> str:
        source = self.about[node][marrow("recordSource")]
        return one_line(text_of(source[0])) if source else local_name(node)

    def _growth(self, node: str) -> tuple[int, tuple[Atom, ...]]:
        """Return what a result has grown by since it was taken, and the date that says so."""
        kinds = self.about[node][marrow("kind")]
        if not any(self.knowledge.object(k, marrow("advancesDaily")) for k in kinds):
            return 0, ()
        dates = [(node, marrow("date"), d) for d in self.about[node][marrow("date")]]
        days = [int(text_of(v)) for n, p, v in self.origins
                if n == node and p == marrow("daysAgo")]
        return (days[0], tuple(dates)) if days else (0, ())


def _says_true(written: str) -> bool:
    """Tell whether a statement that somebody has died has to be taken as made.

    Only a plain no is a no; what cannot be read must not pass for it.
    """
    lexical, datatype, _ = literal_parts(written)
    return not (datatype == BOOLEAN and lexical in ("false", "0"))


def _is_settled(about: dict[str, list[str]]) -> bool:
    """Return whether a record is a dated result that no one may still take back."""
    dates, status = about[marrow("date")], about[marrow("status")]
    return len(dates) == 1 and [text_of(s) in _SETTLED for s in status] == [True]
