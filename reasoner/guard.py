"""Spare rules the work whose result nobody could read.

A class expression such as "at most so much" is tried on every record, although it is only ever
read together with "of this kind". A guard is such a companion condition, brought forward: the
evaluators check it, derivations do not show it, and nothing that is read is lost.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from .namespaces import EXPRESSION, TYPE
from .plan import PlannedRule
from .rule import Atom, is_variable

Condition = tuple[str, str]
"""A predicate that only the record states, with its constant object."""


class _Readers:
    """Who reads each unnamed class expression, and what the record has to say beside it."""

    def __init__(self, planned: list[PlannedRule], keep: set[str]) -> None:
        self.derived = {p for plan in planned for _, p, _ in plan.rule.conclusions}
        self.open = set(keep)
        self.readers: dict[str, list[tuple[PlannedRule, str]]] = defaultdict(list)
        self.sources: dict[str, list[PlannedRule]] = defaultdict(list)
        self.known: dict[str, frozenset[Condition]] = {}
        for plan in planned:
            for s, p, o in plan.premises:
                if p == TYPE:
                    self.readers[o].append((plan, s))
            for denial in plan.denials:
                self.open |= {o for _, p, o in denial.atoms if p == TYPE}
            for _, p, o in plan.rule.conclusions:
                if p == TYPE:
                    self.sources[o].append(plan)

    def conditions(self, expression: str) -> frozenset[Condition]:
        """Return what holds of every member that some reader could use."""
        if not expression.startswith(f"<{EXPRESSION}") or expression in self.open:
            return frozenset()
        if expression not in self.known:
            self.known[expression] = frozenset()  # a circle guards nothing
            found = [self._beside(plan, subject, expression)
                     for plan, subject in self.readers[expression]]
            self.known[expression] = frozenset.intersection(*found) if found else frozenset()
        return self.known[expression]

    def _beside(self, plan: PlannedRule, subject: str, expression: str) -> frozenset[Condition]:
        stated: set[Condition] = set()
        for atom in plan.premises:
            if atom[0] == subject and atom != (subject, TYPE, expression):
                stated |= self._stated(atom)
        heads = plan.rule.conclusions
        if len(heads) == 1 and heads[0][0] == subject and heads[0][1] == TYPE:
            stated |= self.conditions(heads[0][2])
        return frozenset(stated)

    def _stated(self, atom: Atom) -> set[Condition]:
        """Return the condition of the record that an atom is, or stands for."""
        _, p, o = atom
        if is_variable(o):
            return set()
        if p != TYPE:
            return set() if p in self.derived else {(p, o)}
        sources = self.sources[o]
        if len(sources) != 1 or len(sources[0].premises) != 1:
            return set()
        inner = sources[0].premises[0]
        same = inner[0] == sources[0].rule.conclusions[0][0]
        return self._stated(inner) if same and inner[1] != TYPE else set()


def guard_rules(planned: list[PlannedRule], keep: set[str]) -> list[PlannedRule]:
    """Return the rules with the guards of the expressions they conclude.

    Args:
        planned: every rule that reads patient facts.
        keep: expressions that readers outside the rules ask for; these get no guard.
    """
    readers = _Readers(planned, keep)
    return [_guarded(plan, readers) for plan in planned]


def _guarded(plan: PlannedRule, readers: _Readers) -> PlannedRule:
    heads = plan.rule.conclusions
    if len(heads) != 1 or heads[0][1] != TYPE or not is_variable(heads[0][0]):
        return plan
    subject, _, expression = heads[0]
    guards = tuple(
        (subject, p, o) for p, o in sorted(readers.conditions(expression))
        if (subject, p, o) not in plan.premises
    )
    return replace(plan, guards=guards) if guards else plan
