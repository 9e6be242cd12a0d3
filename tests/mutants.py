"""Broken knowledge: the compiled engine with one thing in it changed, as a slip would change it.

Each mutant is made from the compiled program, so that it costs nothing to have many. What is not
in the rules (the order of facts, their names) is broken in the running of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from reasoner.engine import Engine
from reasoner.expression import COMPARE
from reasoner.knowledge import Graph
from reasoner.namespaces import OWL, TYPE, iri, marrow
from reasoner.plan import Denial, PlannedRule, Program, Table
from reasoner.quantity import decimal_literal, text_of
from reasoner.result import Result
from reasoner.rule import Atom, Expression
from reasoner.threshold import facet_of

Change = Callable[[PlannedRule], PlannedRule | None]
STRICT = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
TURNED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def changed(engine: Engine, change: Change) -> Engine:
    """The engine with each rule as a change leaves it, or without it; the change must matter."""
    made: dict[int, PlannedRule | None] = {
        id(plan): change(plan) for plan in engine.program.rules
    }
    assert any(made[id(plan)] is not plan for plan in engine.program.rules), "nothing is changed"
    layers = tuple(tuple(new for plan in layer if (new := made[id(plan)]) is not None)
                   for layer in engine.program.layers)
    return ready(replace(engine, program=Program(layers)), engine)


def ready(broken: Engine, engine: Engine) -> Engine:
    """The broken engine with the rules that it shares with another made ready already."""
    made = engine.functions._matchers
    numbers = {id(plan): n for n, plan in enumerate(engine.program.rules)}
    shared = {n: made[old] for n, plan in enumerate(broken.program.rules)
              if (old := numbers.get(id(plan))) in made}
    broken.functions._matchers.update(shared)
    return broken


def dropping(name: str, reading: str = "") -> Callable[[Engine], Engine]:
    """A rule that is missing, or the part of it that reads some predicate."""
    def mutate(engine: Engine) -> Engine:
        return changed(engine, lambda plan: None if plan.rule.name == name and (
            not reading or any(p == marrow(reading) for _, p, _ in plan.premises)) else plan)

    return mutate


def denying_nothing(name: str, *reading: str) -> Callable[[Engine], Engine]:
    """A rule that has lost its absences, or those which read some predicate."""
    def kept(denial: Denial) -> bool:
        return bool(reading) and not any(p == marrow(r) for _, p, _ in denial.atoms
                                         for r in reading)

    def change(plan: PlannedRule) -> PlannedRule:
        if plan.rule.name != name:
            return plan
        return replace(plan, denials=tuple(filter(kept, plan.denials)))

    return lambda engine: changed(engine, change)


def denying_more(names: Iterable[str], *atoms: Atom) -> Callable[[Engine], Engine]:
    """Rules that hold back for what should be nothing to them."""
    more = (Denial(atoms, (), Table()),)
    listed = set(names)
    return lambda engine: changed(engine, lambda plan: replace(plan, denials=plan.denials + more)
                                  if plan.rule.name in listed else plan)


def forgetting_the_kind(engine: Engine) -> Engine:
    """A comparison that is made whatever was measured."""
    kinds = set(engine.graph.subjects(iri(OWL, "onProperty"), marrow("kind")))

    def change(plan: PlannedRule) -> PlannedRule:
        kept = tuple(a for a in plan.premises if not (a[1] == TYPE and a[2] in kinds))
        drops = plan.rule.name == "cls-int1" and kept and kept != plan.premises
        return replace(plan, guards=(), premises=kept if drops else plan.premises)

    return changed(engine, change)


def taking_records_as_coded(engine: Engine) -> Engine:
    """A record of a condition that is one of its own kind and of no kind above it."""
    def change(plan: PlannedRule) -> PlannedRule | None:
        if plan.rule.name != "accept-recorded-conditions":
            return None if plan.rule.name == "prp-spo2" else plan
        kind, wider = map(plan.table.variables.index, ("?kind", "?wider"))
        rows = tuple(row for row in plan.table.rows if row[kind] == row[wider])
        return replace(plan, table=replace(plan.table, rows=rows))

    return changed(engine, change)


def with_comparison(engine: Engine, threshold: str, signs: dict[str, str] | None = None,
                    step: Decimal = Decimal(0)) -> Engine:
    """One threshold with other signs in every rule that reads it, or its limit moved by a step."""
    found = facet_of(engine.graph, threshold)
    assert found is not None
    old, new = found[1], decimal_literal(Decimal(text_of(found[1])) + step)

    def turn(expression: Expression) -> Expression:
        if isinstance(expression, str):
            return new if expression == old else expression
        name, *parts = expression
        name = (signs or {}).get(name, name) if old in parts and name in COMPARE else name
        return (name, *map(turn, parts))

    def change(plan: PlannedRule) -> PlannedRule:
        if not any(threshold in fact for fact in plan.rule.facts):
            return plan
        rule = replace(plan.rule, filters=tuple(map(turn, plan.rule.filters)))
        denials = tuple(replace(d, filters=tuple(map(turn, d.filters))) for d in plan.denials)
        return replace(plan, rule=rule, denials=denials)

    return changed(engine, change)


def turning(threshold: str) -> Callable[[Engine], Engine]:
    return lambda engine: with_comparison(engine, marrow(threshold), TURNED)


def closing(threshold: str) -> Callable[[Engine], Engine]:
    return lambda engine: with_comparison(engine, marrow(threshold), STRICT)


def moving(threshold: str, step: str) -> Callable[[Engine], Engine]:
    return lambda engine: with_comparison(engine, marrow(threshold), step=Decimal(step))


def with_factor(kind: str, unit: str, factor: str) -> Callable[[Engine], Engine]:
    """A unit with another factor."""
    def mutate(engine: Engine) -> Engine:
        graph = engine.graph
        nodes = [n for n in graph.subjects(marrow("forMeasurement"), marrow(kind))
                 if f'"{unit}"' in graph.objects(n, marrow("writtenUnit"))]
        assert len(nodes) == 1
        kept = {t for t in graph.triples if t[:2] != (nodes[0], marrow("factor"))}
        new = decimal_literal(Decimal(factor))
        return replace(engine, graph=Graph(frozenset(kept | {(nodes[0], marrow("factor"), new)})))

    return mutate


def in_another_order(engine: Engine) -> Engine:
    """Layers run the wrong way round."""
    return ready(replace(engine, program=Program(tuple(reversed(engine.program.layers)))), engine)


@dataclass(frozen=True)
class Forgetful(Engine):
    """An engine that leaves something out of each record before it runs."""

    leave: Callable[[list[Atom]], set[str]] = lambda facts: set()

    def run(self, facts: Iterable[Atom]) -> Result:
        """Run without every fact about what is left out."""
        listed = list(facts)
        left = self.leave(listed)
        return super().run(f for f in listed if f[0] not in left and f[2] not in left)


def forgetful(leave: Callable[[list[Atom]], set[str]]) -> Callable[[Engine], Engine]:
    def mutate(engine: Engine) -> Engine:
        fields = {name: getattr(engine, name) for name in Engine.__dataclass_fields__}
        return ready(Forgetful(**fields, leave=leave), engine)

    return mutate


def last_by_name(facts: list[Atom]) -> set[str]:
    """The record whose name sorts last."""
    return {max((o for _, p, o in facts if p == marrow("hasObservation")), default="")}


def last_to_come(facts: list[Atom]) -> set[str]:
    """The record that comes last."""
    return {next((o for _, p, o in reversed(facts) if p == marrow("hasObservation")), "")}


def of_later_years(facts: list[Atom]) -> set[str]:
    """Records dated in years that somebody did not think of."""
    return {s for s, p, o in facts if p == marrow("date") and o >= '"2029'}


def twins(facts: list[Atom]) -> set[str]:
    """Results of one kind and amount."""
    said: dict[str, set[Atom]] = {}
    for s, p, o in facts:
        if p in (marrow("kind"), marrow("amount")):
            said.setdefault(s, set()).add((p, "", o))
    return {s for s, own in said.items() if len(own) == 2
            and any(own == other and s != t for t, other in said.items())}
