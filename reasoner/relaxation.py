"""The program with every absence granted: what could follow from any part of a record.

A rule that needs something absent may fire for a part of a record although it does not for the
whole. Run without its absences a program reaches everything that any part could reach, and the
rules made here find in the same run what would break each absence.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from . import functions
from .plan import Denial, PlannedRule, Program, Table
from .rule import variables_of


class Relaxation:
    """A program with its absences granted, and the rules that find what breaks them."""

    def __init__(self, program: Program) -> None:
        granted = {id(plan): replace(plan, denials=()) for plan in program.rules}
        self.origin = {id(granted[id(plan)]): plan for plan in program.rules}
        self.broken: dict[int, tuple[PlannedRule, int]] = {}
        breakers: list[PlannedRule] = []
        for plan in program.rules:
            for place, denial in enumerate(plan.denials):
                breaker = _breaker(plan, denial)
                breakers.append(breaker)
                self.broken[id(breaker)] = (plan, place)
        layers = tuple(tuple(granted[id(plan)] for plan in layer) for layer in program.layers)
        self.evaluator = functions.Evaluator(Program((*layers, tuple(breakers))))
        number = {id(plan): n for n, plan in enumerate(self.evaluator.rules)}
        self.breakers: dict[int, list[int]] = defaultdict(list)
        """For each rule by its number the rules that find what breaks its absences, in order."""
        for breaker in breakers:
            plan, _ = self.broken[id(breaker)]
            self.breakers[number[id(granted[id(plan)])]].append(number[id(breaker)])


def _breaker(plan: PlannedRule, denial: Denial) -> PlannedRule:
    """Return a rule without conclusions that matches wherever the absence would be broken."""
    filters = (*plan.rule.filters, *denial.filters)
    last = max(1, plan.rule.layer)
    rule = replace(plan.rule, conclusions=(), absences=(), layer=last,
                   filters=filters)  # type: ignore[arg-type]
    return PlannedRule(rule, (*plan.premises, *denial.atoms), _join(plan.table, denial.table),
                       (), plan.guards)


def _join(left: Table, right: Table) -> Table:
    """Return the natural join of two tables."""
    shared = [v for v in right.variables if v in left.variables]
    fresh = [v for v in right.variables if v not in left.variables]
    index: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
    for row in right.rows:
        value = dict(zip(right.variables, row, strict=True))
        index[tuple(value[v] for v in shared)].append(tuple(value[v] for v in fresh))
    places = [left.variables.index(v) for v in shared]
    rows = tuple(
        (*row, *more)
        for row in left.rows for more in index.get(tuple(row[i] for i in places), ())
    )
    return Table((*left.variables, *fresh), rows, (*left.atoms, *right.atoms))


def outside(plan: PlannedRule) -> list[str]:
    """Return the variables of a rule by which what breaks an absence of it is found."""
    return sorted(variables_of(plan.premises) | set(plan.table.variables))
