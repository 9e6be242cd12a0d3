"""What a compiled rule is: dynamic premises, a static table, and denials, in layers.

The evaluators read these; the compiler makes them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from .namespaces import TYPE
from .rule import Atom, Rule, is_variable

Key = tuple[str, str | None]
"""A predicate with its constant object, or with None for any object."""


@dataclass(frozen=True)
class Table:
    """The joined static premises of a rule or absence: variables, and their rows of terms."""

    variables: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ((),)
    atoms: tuple[Atom, ...] = ()


@dataclass(frozen=True)
class Denial:
    """An absence split into what is looked up among patient facts and what is static."""

    atoms: tuple[Atom, ...]
    filters: tuple[object, ...]
    table: Table


@dataclass(frozen=True)
class PlannedRule:
    """A rule ready to run: dynamic premises, a static table, and denials.

    Guards are checked beside the premises and are no part of what is derived.
    """

    rule: Rule
    premises: tuple[Atom, ...]
    table: Table
    denials: tuple[Denial, ...]
    guards: tuple[Atom, ...] = ()

    @property
    def checked(self) -> tuple[Atom, ...]:
        """The premises and the guards."""
        return self.premises + self.guards


@dataclass(frozen=True)
class Program:
    """The strata in order; within one, rules in an order that needs few repeats."""

    layers: tuple[tuple[PlannedRule, ...], ...]

    @property
    def rules(self) -> tuple[PlannedRule, ...]:
        """All planned rules, each once, in the order of the layers."""
        return tuple({id(rule): rule for layer in self.layers for rule in layer}.values())


def sliced_objects(program: Program) -> dict[str, frozenset[str]]:
    """Return, for each predicate, the constant objects that rules look it up by."""
    sliced: dict[str, set[str]] = defaultdict(set)
    for plan in program.rules:
        for _, p, o in (*plan.checked, *(a for d in plan.denials for a in d.atoms)):
            if p != TYPE and not is_variable(o):
                sliced[p].add(o)
    return {p: frozenset(objects) for p, objects in sliced.items()}


def key_of(atom: Atom) -> Key:
    """Return the predicate and constant object by which rules depend on each other."""
    _, p, o = atom
    return (p, None if is_variable(o) else o)


def heads_of(plan: PlannedRule) -> set[Key]:
    """Return the keys a rule can produce, its table's objects spelled out."""
    keys: set[Key] = set()
    for _, p, o in plan.rule.conclusions:
        if o in plan.table.variables:
            column = plan.table.variables.index(o)
            keys |= {(p, row[column]) for row in plan.table.rows}
        else:
            keys.add(key_of(("", p, o)))
    return keys
