"""Put compiled rules into layers, and refuse what would deny something before it is complete."""

from __future__ import annotations

from collections import defaultdict

from .errors import KnowledgeError
from .plan import Key, PlannedRule, heads_of, key_of
from .rule import EVERY_LAYER, Atom, Rule


def stratify(planned: list[PlannedRule]) -> tuple[tuple[PlannedRule, ...], ...]:
    """Put rules into layers and check that every denial is complete before it is read."""
    last = max([1, *(plan.rule.layer for plan in planned)])
    produced = {p for plan in planned for p, _ in heads_of(plan)}
    levels = _levels(planned)
    for plan in planned:
        layer = plan.rule.layer
        for denial in plan.denials:
            for atom in denial.atoms:
                level = levels.of(atom)
                if level >= layer and not (layer == EVERY_LAYER and atom[1] not in produced):
                    raise refuse(plan.rule, f"NOT EXISTS over {key_of(atom)} which is not "
                                             f"complete before layer {layer}")
        if layer != EVERY_LAYER:
            for atom in plan.premises:
                if levels.of(atom) > layer:
                    raise refuse(plan.rule, f"a premise {key_of(atom)} that later layers add to")
    order = _ordered(planned)
    return tuple(
        tuple(plan for plan in order if plan.rule.layer in (number, EVERY_LAYER))
        for number in range(1, last + 1)
    )


class _Levels:
    """The last layer in which each key, and each predicate as a whole, can still gain facts."""

    def __init__(self) -> None:
        self.of_key: dict[Key, int] = {}
        self.of_predicate: dict[str, int] = {}

    def raise_to(self, key: Key, level: int) -> bool:
        """Raise a key to a level; tell whether that was higher than before."""
        if self.of_key.get(key, 0) >= level:
            return False
        self.of_key[key] = level
        self.of_predicate[key[0]] = max(level, self.of_predicate.get(key[0], 0))
        return True

    def of(self, atom: Atom) -> int:
        """Return the level of what an atom reads."""
        predicate, value = key_of(atom)
        if value is None:
            return self.of_predicate.get(predicate, 0)
        return max(self.of_key.get((predicate, value), 0), self.of_key.get((predicate, None), 0))


def _levels(planned: list[PlannedRule]) -> _Levels:
    levels = _Levels()
    heads = [(plan, list(heads_of(plan))) for plan in planned]
    grew = True
    while grew:
        grew = False
        for plan, keys in heads:
            level = plan.rule.layer or max([1, *map(levels.of, plan.premises)])
            for key in keys:
                grew |= levels.raise_to(key, level)
    return levels


def _ordered(members: list[PlannedRule]) -> list[PlannedRule]:
    """Order rules so that producers come before readers wherever there is no cycle.

    A key stands between its producers and its readers, so that the graph stays small.
    """
    import networkx as nx

    graph = nx.DiGraph()
    produced: dict[str, set[str | None]] = defaultdict(set)
    for number, plan in enumerate(members):
        graph.add_node(number)
        for key in heads_of(plan):
            produced[key[0]].add(key[1])
            graph.add_edge(number, key)
    for number, plan in enumerate(members):
        for predicate, wanted in map(key_of, plan.premises):
            values = produced.get(predicate, set())
            for value in values if wanted is None else values & {wanted, None}:
                graph.add_edge((predicate, value), number)
    condensed = nx.condensation(graph)
    order = [
        number
        for component in nx.topological_sort(condensed)
        for number in sorted(m for m in condensed.nodes[component]["members"]
                             if isinstance(m, int))
    ]
    return [members[number] for number in order]


def refuse(rule: Rule, what: str) -> KnowledgeError:
    """Return the error that names a rule and why it cannot run."""
    return KnowledgeError("rule-cannot-run", where=f"{rule.name}.rq", what=what,
                          fix="write the rule in the form of the guide")
