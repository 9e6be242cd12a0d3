"""Run a program over many cases of one patient at once.

Cases share nearly all their facts, so each fact is kept once, with an integer whose bit ``c`` tells
whether it holds in case ``c``. A rule fires in the cases in which all its premises hold and nothing
breaks its absences.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from . import functions
from .plan import PlannedRule
from .relaxation import Relaxation, outside
from .result import Row, filler, picker
from .rule import Atom


class _Denied(NamedTuple):
    """How to find what breaks one absence: matches, the rows that each breaks, and its facts."""

    match: functions.Matcher
    key: Callable[[Row], Row]
    facts: Callable[[Row], tuple[Atom, ...]]


class _Ready(NamedTuple):
    """A rule of the relaxation with its absences."""

    match: functions.Matcher
    premises: Callable[[Row], tuple[Atom, ...]]
    conclusions: Callable[[Row], tuple[Atom, ...]]
    key: Callable[[Row], Row]
    denied: list[_Denied]


class Evaluator:
    """A relaxed program made ready to run over many cases at once."""

    def __init__(self, relaxation: Relaxation) -> None:
        self._relaxation = relaxation
        self._ready: dict[int, _Ready | None] = {}

    def run(self, cases: Sequence[Collection[Atom]]) -> dict[Atom, int]:
        """Return everything that follows in any of some cases, with the cases in which it does."""
        given: dict[Atom, int] = defaultdict(int)
        for number, facts in enumerate(cases):
            for fact in facts:
                given[fact] |= 1 << number
        return _Run(self._relaxation.evaluator, self.rule, (1 << len(cases)) - 1).follow(given)

    def rule(self, n: int) -> _Ready | None:
        """Return a rule by its number, or None if it only finds what breaks an absence."""
        if n not in self._ready:
            plan = self._relaxation.origin.get(id(self._relaxation.evaluator.rules[n]))
            self._ready[n] = None if plan is None else self._prepared(n, plan)
        return self._ready[n]

    def _prepared(self, n: int, plan: PlannedRule) -> _Ready:
        evaluator = self._relaxation.evaluator
        match, _, names = evaluator.matcher(n)
        denied = []
        for denial, breaker in zip(plan.denials, self._relaxation.breakers[n], strict=True):
            finds, _, bound = evaluator.matcher(breaker)
            denied.append(_Denied(finds, picker(outside(plan), bound),
                                  filler(denial.atoms, bound)))
        return _Ready(match, filler(plan.premises, names), filler(plan.rule.conclusions, names),
                      picker(outside(plan), names), denied)


class _Run(functions.Run):
    def __init__(self, evaluator: functions.Evaluator, rule: Callable[[int], _Ready | None],
                 full: int) -> None:
        super().__init__(evaluator)
        self._rule = rule
        self._full = full
        self._cases: dict[Atom, int] = {}

    def follow(self, given: dict[Atom, int]) -> dict[Atom, int]:
        """Return every fact that follows, with its cases."""
        for fact, cases in given.items():
            self._hold(fact, cases)
        self._settle()
        return self._cases

    def _hold(self, fact: Atom, cases: int) -> None:
        before = self._cases.get(fact)
        if before is None:
            self._cases[fact] = cases
            self._add(fact)
        elif before | cases != before:
            self._cases[fact] = before | cases
            self._stir(fact)

    def _fire(self, n: int) -> None:
        rule = self._rule(n)
        if rule is None:
            return  # it is asked when what it finds matters
        rows = rule.match(self.store)
        if not rows:
            return
        broken = [self._broken(denied) for denied in rule.denied]
        for row in rows:
            cases = self._where(rule.premises(row))
            if broken:
                key = rule.key(row)
                for some in broken:
                    cases &= ~some.get(key, 0)
            if cases:
                for fact in rule.conclusions(row):
                    self._hold(fact, cases)

    def _broken(self, denied: _Denied) -> dict[Row, int]:
        found: dict[Row, int] = defaultdict(int)
        for row in denied.match(self.store):
            found[denied.key(row)] |= self._where(denied.facts(row))
        return found

    def _where(self, facts: tuple[Atom, ...]) -> int:
        """Return the cases in which all of some facts hold."""
        cases = self._full
        for fact in facts:
            cases &= self._cases[fact]
        return cases
