"""One patient's ground program, folded and put in order, evaluated in many worlds at once.

A world is a part of what is known: it keeps some members (records, statements, absences) and lacks
the others. A node's value is one integer whose bit ``w`` tells whether it holds in world ``w``, so
that one pass over the program decides every statement in every world.

Folding leaves out what no world allows: a record is there as a whole or not at all, so much that
could go with a piece of it cannot be. And it breaks the circles of statements that give each other.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from .grounding import RECORD, Application, Grounding
from .namespaces import TYPE
from .rule import Atom

Pattern = tuple[Atom, ...]


@dataclass(frozen=True)
class Member:
    """Something a conclusion may hang on: exactly one of these is filled.

    Attributes:
        record: the node of a record.
        fact: what is stated of the patient without a record.
        statement: a sourced statement of the knowledge.
        absence: a pattern that nothing else on record matches.
    """

    record: str = ""
    fact: Atom | None = None
    statement: str = ""
    absence: Pattern = ()


class Clause(NamedTuple):
    """One way in which a node comes to hold: all it needs holds, and no match holds as a whole."""

    needs: frozenset[int]
    matches: frozenset[frozenset[int]] = frozenset()


def read_by(clauses: Iterable[Clause]) -> set[int]:
    """Return the nodes that some clauses look at."""
    return {n for needs, matches in clauses for some in (needs, *matches) for n in some}


class Worlds:
    """The ground program of one patient; a node is a member or a statement, by its number.

    Attributes:
        members: what each node that is a member stands for.
        nodes: the node of each statement that some world has.
        clauses: for each node the ways in which it comes to hold; none for a member.
        order: all nodes in groups, each after what it rests on; a group of several is a circle.
    """

    def __init__(self, grounding: Grounding) -> None:
        self.members: dict[int, Member] = {}
        self.clauses: list[list[Clause]] = []
        self.nodes: dict[Atom, int] = {}
        self._place_of: dict[Hashable, int] = {}
        patient, given = grounding.patient.patient, grounding.given
        records = {s for s, _, _ in given} | {o for s, p, o in given if p == RECORD}
        records.discard(patient)
        for fact in given:
            s, p, o = fact
            member = None
            if s in records or o in records:
                member = Member(record=s if s in records else o)
            elif p != TYPE:  # a patient stays a patient
                member = Member(fact=fact)
            needs = frozenset[int]()
            if member is not None:
                found = self._place_of.get(member)
                needs = frozenset((self._member(member, member) if found is None else found,))
            self.clauses[self._node(fact)].append(Clause(needs))
        for fact, some in grounding.applications.items():
            self.clauses[self._node(fact)] += [self._clause(a) for a in some]
        self.order = _Folding(self).order
        self._reads = list(map(read_by, self.clauses))
        self.place = {n: place for place, group in enumerate(self.order) for n in group}

    def node_of_statement(self, term: str) -> int | None:
        """Return the node of a sourced statement of the knowledge, if anything hangs on it."""
        return self._place_of.get(term)

    def _node(self, fact: Atom) -> int:
        found = self.nodes.get(fact)
        if found is None:
            found = self.nodes[fact] = len(self.clauses)
            self.clauses.append([])
        return found

    def _member(self, key: Hashable, member: Member) -> int:
        found = self._place_of[key] = len(self.clauses)
        self.clauses.append([])
        self.members[found] = member
        return found

    def _clause(self, application: Application) -> Clause:
        known, node = self._place_of, self._node
        needs = [node(p) for p in application.premises]
        for term in application.statements:
            found = known.get(term)
            needs.append(self._member(term, Member(statement=term)) if found is None else found)
        for absence in application.absences:
            found = known.get(absence.pattern)
            needs.append(self._member(absence.pattern, Member(absence=absence.pattern))
                         if found is None else found)
        matches = [frozenset(map(node, m)) for a in application.absences for m in a.matches]
        return Clause(frozenset(needs), frozenset(matches))

    def cone(self, node: int) -> list[list[int]]:
        """Return the part of the order that decides a node."""
        seen = {node}
        waiting = [node]
        while waiting:
            fresh = self._reads[waiting.pop()] - seen
            seen |= fresh
            waiting += fresh
        return [self.order[place] for place in sorted({self.place[n] for n in seen})]

    def evaluate(self, kept: dict[int, int], full: int,
                 order: Sequence[list[int]] | None = None) -> list[int]:
        """Return for each node the worlds in which it holds.

        Args:
            kept: for each member the worlds that keep it; one not named is kept in none.
            full: all the worlds.
            order: the part of the order to evaluate, all of it by default.
        """
        values = [0] * len(self.clauses)
        for n, worlds in kept.items():
            values[n] = worlds
        for group in self.order if order is None else order:
            grew = True
            while grew:  # a circle is gone round until nothing more comes to hold
                grew = False
                for n in group:
                    found = values[n]
                    for clause in self.clauses[n]:
                        found |= _where(clause, values, full)
                    if found != values[n]:
                        values[n] = found
                        grew = len(group) > 1
        return values

    @cached_property
    def _without_one(self) -> tuple[dict[int, int], list[int]]:
        """For each member the bit of the world that lacks it alone, and the values of all nodes."""
        bits = {n: 1 << place for place, n in enumerate(self.members)}
        full = (1 << len(bits) + 1) - 1
        return bits, self.evaluate({n: full ^ bit for n, bit in bits.items()}, full)

    def holds(self, node: int) -> bool:
        """Tell whether a node holds where every member is kept."""
        bits, values = self._without_one
        return bool(values[node] >> len(bits))

    def holds_where(self, node: int, kept: Iterable[int]) -> bool:
        """Tell whether a node holds where just some members are kept."""
        return bool(self.evaluate(dict.fromkeys(kept, 1), 1, self.cone(node))[node])

    def needed(self, node: int) -> frozenset[int]:
        """Return the members without each of which a node that holds would not."""
        bits, values = self._without_one
        return frozenset(n for n, bit in bits.items() if not values[node] & bit)


def _where(clause: Clause, values: Sequence[int], full: int) -> int:
    """Return the worlds in which a clause makes its node hold."""
    found = full
    for n in clause.needs:
        found &= values[n]
        if not found:
            return 0
    for match in clause.matches:
        broken = found
        for n in match:
            broken &= values[n]
        found ^= broken
    return found


class _Folding:
    """Folds the clauses of a ground program in place and puts its nodes in order."""

    def __init__(self, worlds: Worlds) -> None:
        self._clauses = worlds.clauses
        self._members = worlds.members
        size = len(worlds.clauses)
        self._possible = [n in worlds.members for n in range(size)]
        self._implied = [1 << n for n in range(size)]
        """For each node what holds wherever it does, itself among it."""
        self._cube: list[frozenset[int] | None] = [
            frozenset((n,)) if n in worlds.members else None for n in range(size)]
        """For what holds just where some members are all kept: those members."""
        self.order: list[list[int]] = []
        for group in components(dict(enumerate(map(read_by, self._clauses)))):
            for inner in self._broken(group) if len(group) > 1 else [group]:
                self.order.append(inner)
                self._fold(inner)

    def _fold(self, group: list[int]) -> None:
        grew = len(group) > 1
        while grew:
            grew = False
            for n in group:
                if not self._possible[n] and any(map(self._folded, self._clauses[n])):
                    self._possible[n] = grew = True
        for n in group:
            kept = dict(filter(None, map(self._folded, self._clauses[n])))
            self._clauses[n] = list(kept)
            if len(group) == 1 and kept:
                self._possible[n] = True
                self._implied[n] |= _common(kept.values())
                only = self._clauses[n][0]
                if len(kept) == 1 and not only.matches and only.needs <= self._members.keys():
                    self._cube[n] = only.needs

    def _folded(self, clause: Clause) -> tuple[Clause, int] | None:
        """Return a clause with what it implies, or None where no world allows it."""
        possible, cube = self._possible, self._cube
        implied = 0
        needs: set[int] = set()
        for n in clause.needs:
            if not possible[n]:
                return None
            implied |= self._implied[n]
            needs.update(_either(cube[n], n))
        for n in needs:
            implied |= 1 << n
        matches: set[frozenset[int]] = set()
        for match in clause.matches:
            if all(possible[n] for n in match):
                open_ = {k for n in match for k in _either(cube[n], n) if not implied >> k & 1}
                if not open_:
                    return None
                matches.add(frozenset(open_))
        return Clause(frozenset(needs), frozenset(matches)), implied

    def _broken(self, group: list[int]) -> list[list[int]]:
        """Leave out the clauses by which what rests on a node would give it; return the new order.

        They add nothing: where such a clause holds, its node does already.
        """
        inside = dict.fromkeys(group, -1)
        grew = True
        while grew:
            grew = False
            for n in group:
                found = _common(
                    _union(inside.get(k, self._implied[k]) for k in c.needs)
                    for c in self._clauses[n]) | 1 << n
                if found != inside[n]:
                    inside[n] = found
                    grew = True
        for n in group:
            self._clauses[n] = [c for c in self._clauses[n]
                                if not any(inside.get(k, 0) >> n & 1 for k in c.needs)]
        return components({n: read_by(self._clauses[n]) & inside.keys() for n in group})


def _either(cube: frozenset[int] | None, node: int) -> Iterable[int]:
    return (node,) if cube is None else cube


def _union(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def _common(masks: Iterable[int]) -> int:
    found = -1
    for mask in masks:
        found &= mask
    return found


def components(graph: dict[int, set[int]]) -> list[list[int]]:
    """Return the strongly connected components, each after those it reaches.

    Source: Tarjan, SIAM Journal on Computing 1972.
    """
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    open_: set[int] = set()
    found: list[list[int]] = []
    for root in graph:
        work: list[tuple[int, Iterator[int]]] = []
        entering: int | None = root if root not in index else None
        while entering is not None or work:
            if entering is not None:
                index[entering] = low[entering] = len(index)
                stack.append(entering)
                open_.add(entering)
                work.append((entering, iter(graph[entering])))
                entering = None
            node, rest = work[-1]
            for other in rest:
                if other not in index:
                    entering = other
                    break
                if other in open_:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    group = [stack.pop()]
                    while group[-1] != node:
                        group.append(stack.pop())
                    open_.difference_update(group)
                    found.append(group)
    return found
