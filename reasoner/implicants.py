"""The minimal sets of members that give a conclusion, composed from those of what it rests on.

What needs several things is given by their sets joined, and what must not be, by the ways in which
it cannot be. What may come about in several ways is given by each of them; and by all of them
together where one gives way to another, which only happens if one needs what another must lack.
There it is tried with and without that (Shannon's expansion). A set is an integer with a bit for
each member; sets that contain another are left out.

Source: Kleene's logic for what is settled already; Coudert and Madre, Design Automation Conference
1992, for prime implicants by expansion.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from .worlds import Clause, Worlds, read_by

MOST_EXPANSIONS = 12
"""How often one conclusion is tried with and without something before it is searched for."""

MOST_SETS = 300
"""How many minimal sets anything on the way may have."""

_ALWAYS = frozenset((0,))
_NEVER: frozenset[int] = frozenset()
_OUTSIDE = 1 << 30

Sets = frozenset[int]
Literal = tuple[int, bool]
"""A node, and whether it is to hold or not to."""


class TooMany(Exception):
    """There are too many ways to compose them all."""


def compose(worlds: Worlds, node: int, kept: Iterable[int], most: int = MOST_EXPANSIONS) -> Sets:
    """Return the minimal sets that, with what is kept, leave a node no way to fail.

    Raises:
        TooMany: that takes more expansions than are allowed, or there are too many sets.
    """
    return _Expansion(worlds, most).solve((node, True), dict.fromkeys(kept, True))


class _Expansion:
    """Composes under what is settled, and counts how often it settled more."""

    def __init__(self, worlds: Worlds, most: int) -> None:
        self._worlds = worlds
        self._left = most

    def solve(self, goal: Literal, settled: dict[int, bool]) -> Sets:
        """Return the minimal sets for a goal where some members are kept or lacking."""
        node, wanted = goal
        open_ = Open(self._worlds, node, settled)
        if open_.surely[node]:
            return _ALWAYS if wanted else _NEVER
        if not open_.perhaps[node]:
            return _NEVER if wanted else _ALWAYS
        return _Composition(
            open_, lambda at, groups: self._expand(at, groups, settled)).of(goal)

    def _expand(self, goal: Literal, groups: list[list[int]], settled: dict[int, bool]) -> Sets:
        """Try a goal with and without the first of some groups, whose members count together."""
        if len(groups) > self._left:
            raise TooMany
        self._left -= 1
        group = groups[0]
        kept = self.solve(goal, settled | dict.fromkeys(group, True))
        lacking = self.solve(goal, settled | {group[0]: False})
        mask = sum(1 << n for n in group)
        return _minimal({some | mask for some in kept} | _joined(kept, lacking))


class Open:
    """What is open of the cone of a node: neither surely so nor surely not.

    Attributes:
        surely: whether each node holds whatever else is kept.
        perhaps: whether each node may hold.
        clauses: what decides the node: the clauses of each open node, without what is settled.
        for_: the members by which each open node may come to hold, as a set.
        against: the members by which it may come not to.
    """

    def __init__(self, worlds: Worlds, node: int, settled: dict[int, bool]) -> None:
        self._worlds = worlds
        self._groups = worlds.cone(node)
        inside = [n for group in self._groups for n in group]
        self.surely = dict.fromkeys(inside, False)
        self.perhaps = dict.fromkeys(inside, False)
        self.members = worlds.members
        for n in inside:
            if n in worlds.members:
                self.surely[n] = settled.get(n, False)
                self.perhaps[n] = settled.get(n, True)
        self._settle()
        self.clauses: dict[int, list[Clause]] = {}
        if self.perhaps[node] and not self.surely[node]:
            self._reach(node)
        self.for_: dict[int, int] = {}
        self.against: dict[int, int] = {}
        self._read_signs()

    def _settle(self) -> None:
        clauses, surely, perhaps = self._worlds.clauses, self.surely, self.perhaps
        for group in self._groups:
            grew = True
            while grew:
                grew = False
                for n in group:
                    if not surely[n] and any(self._may(c, surely, perhaps) for c in clauses[n]):
                        surely[n] = True
                        grew = len(group) > 1
                    if not perhaps[n] and any(self._may(c, perhaps, surely) for c in clauses[n]):
                        perhaps[n] = True
                        grew = len(group) > 1

    @staticmethod
    def _may(clause: Clause, needed: dict[int, bool], denied: dict[int, bool]) -> bool:
        return all(needed[n] for n in clause.needs) \
            and not any(all(denied[n] for n in match) for match in clause.matches)

    def _reach(self, node: int) -> None:
        waiting = [node]
        while waiting:
            n = waiting.pop()
            if n not in self.clauses and n not in self.members:
                self.clauses[n] = [self._rest(c) for c in self._worlds.clauses[n]
                                   if self._may(c, self.perhaps, self.surely)]
                waiting += read_by(self.clauses[n])

    def _rest(self, clause: Clause) -> Clause:
        return Clause(
            frozenset(n for n in clause.needs if not self.surely[n]),
            frozenset(frozenset(n for n in match if not self.surely[n])
                      for match in clause.matches if all(self.perhaps[n] for n in match)))

    def _read_signs(self) -> None:
        for group in self._groups:
            for n in group:
                self.for_[n] = 1 << n if n in self.members else 0
                self.against[n] = 0
            grew = True
            while grew:
                grew = False
                for n in group:
                    signs = self.signs(x for c in self.clauses.get(n, ()) for x in literals(c))
                    if n in self.clauses and signs != (self.for_[n], self.against[n]):
                        self.for_[n], self.against[n] = signs
                        grew = len(group) > 1

    def signs(self, some: Iterable[Literal]) -> tuple[int, int]:
        """Return the members that speak for literals, and those that speak against them."""
        for_ = against = 0
        for n, wanted in some:
            for_ |= self.for_[n] if wanted else self.against[n]
            against |= self.against[n] if wanted else self.for_[n]
        return for_, against

    def together(self, node: int) -> list[list[int]]:
        """Return the groups of members that count only together, the most used first."""
        uses: dict[int, set[int]] = defaultdict(set)
        seen = {node}
        waiting = [node]
        number = 0
        while waiting:
            for clause in self.clauses[waiting.pop()]:
                for some in (clause.needs, *clause.matches):
                    number += 1
                    for n in some:
                        if n in self.members:
                            uses[n].add(number)
                        elif n not in seen:
                            seen.add(n)
                            waiting.append(n)
        groups: dict[frozenset[int], list[int]] = defaultdict(list)
        for n, used in uses.items():
            groups[frozenset(used)].append(n)
        return [groups[used] for used in sorted(groups, key=lambda u: (-len(u), min(u)))]


def literals(clause: Clause) -> Iterator[Literal]:
    """Yield what a clause wants to hold and not to."""
    for n in clause.needs:
        yield n, True
    for match in clause.matches:
        for n in match:
            yield n, False


class _Composition:
    """The minimal sets of the literals of one open part, each composed once.

    A node on the way to itself gives itself nothing.
    """

    def __init__(self, open_: Open, expand: Callable[[Literal, list[list[int]]], Sets]) -> None:
        self._open = open_
        self._expand = expand
        self._known: dict[Literal, Sets] = {}
        self._way: dict[Literal, int] = {}
        self._rests_on = _OUTSIDE
        """The nearest to the goal, on the way, that what is being composed ran into again."""

    def of(self, literal: Literal) -> Sets:
        """Return the minimal sets of one literal."""
        node, wanted = literal
        if node in self._open.members:
            return frozenset((1 << node,)) if wanted else _NEVER
        if literal in self._known:
            return self._known[literal]
        if literal in self._way:
            self._rests_on = min(self._rests_on, self._way[literal])
            return _NEVER if wanted else _ALWAYS
        depth = self._way[literal] = len(self._way)
        before, self._rests_on = self._rests_on, _OUTSIDE
        conflict = 0
        try:
            found = self._composed(literal)
        except _Conflict as met:
            conflict = met.members
        if conflict:
            found = self._expand(literal, [
                group for group in self._open.together(node)
                if any(conflict >> n & 1 for n in group)])
            self._rests_on = _OUTSIDE
        if len(found) > MOST_SETS:
            raise TooMany
        del self._way[literal]
        if self._rests_on >= depth:
            self._known[literal] = found
            self._rests_on = before
        else:
            self._rests_on = min(before, self._rests_on)
        return found

    def _composed(self, literal: Literal) -> Sets:
        node, wanted = literal
        clauses = self._open.clauses[node]
        if not wanted:
            return self._all(self._any([*([(n, False)] for n in c.needs),
                                        *([(n, True) for n in m] for m in c.matches)])
                             for c in clauses)
        self._check([list(literals(c)) for c in clauses])
        return _minimal({
            some for c in clauses for some in self._all(
                [*(self.of((n, True)) for n in c.needs),
                 *(self._any([[(n, False)] for n in m]) for m in c.matches)])})

    def _all(self, parts: Iterable[Sets]) -> Sets:
        found = _ALWAYS
        for part in parts:
            found = _joined(found, part)
        return found

    def _any(self, ways: list[list[Literal]]) -> Sets:
        self._check(ways)
        return _minimal({
            some for way in ways for some in self._all(map(self.of, way))})

    def _check(self, ways: list[list[Literal]]) -> None:
        """Refuse ways of which one wants what speaks against another."""
        signs = list(map(self._open.signs, ways))
        conflict = 0
        for place, (for_, _) in enumerate(signs):
            for other, (_, against) in enumerate(signs):
                if place != other:
                    conflict |= for_ & against
        if conflict:
            raise _Conflict(conflict)


class _Conflict(Exception):
    """Some ways to one thing need members that speak against others."""

    def __init__(self, members: int) -> None:
        self.members = members


def _joined(left: Sets, right: Sets) -> Sets:
    if left == _ALWAYS:
        return right
    if right == _ALWAYS:
        return left
    if len(left) * len(right) > MOST_SETS * MOST_SETS:
        raise TooMany
    return _minimal({one | other for one in left for other in right})


def _minimal(sets: Iterable[int]) -> Sets:
    """Return the sets that contain no other."""
    found: list[int] = []
    for some in sorted(sets, key=int.bit_count):
        if not any(other & some == other for other in found):
            found.append(some)
            if len(found) > MOST_SETS:
                raise TooMany
    return frozenset(found)
