"""Justifications: the minimal parts of what is known that give a conclusion by themselves.

A justification is a set of records, of statements of the knowledge and of absences such that the
conclusion holds for every part of the record that keeps the set, whatever else is taken away; and
no smaller set does. So what keeps an absence absent belongs to it, and what another record would
replace does not. The class tree and the definitions of relations are kept as they are.

What alone takes the conclusion away belongs to every set. The rest is composed from what the
conclusion rests on; where that would take too long it is searched for, smallest first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from .grounding import Grounding
from .hitting import Search
from .implicants import MOST_EXPANSIONS, Open, TooMany, compose
from .rule import Atom
from .worlds import Pattern, Worlds

MOST = 50
"""How many justifications are looked for unless a caller says otherwise."""

EFFORT = 1000
"""How many parts of the record are tried at most for one conclusion."""


@dataclass(frozen=True)
class Justification:
    """A minimal set that gives a conclusion.

    Attributes:
        records: the records, by their nodes.
        facts: what is stated of the patient without a record, such as a birth date.
        statements: the criteria, rows, links and thresholds of the knowledge.
        absences: the patterns that nothing else on record may match.
    """

    records: tuple[str, ...]
    facts: tuple[Atom, ...]
    statements: tuple[str, ...]
    absences: tuple[Pattern, ...]

    @property
    def size(self) -> int:
        """How many members it has."""
        return sum(map(len, (self.records, self.facts, self.statements, self.absences)))


@dataclass(frozen=True)
class Justifications:
    """The justifications of one conclusion, smallest first, and whether these are all."""

    conclusion: Atom
    found: tuple[Justification, ...]
    complete: bool


class Justifier:
    """Finds the justifications of one patient's conclusions."""

    def __init__(self, grounding: Grounding) -> None:
        self._grounding = grounding

    @cached_property
    def _worlds(self) -> Worlds:
        return Worlds(self._grounding)

    def justify(self, conclusion: Atom, most: int = MOST, effort: int = EFFORT) \
            -> Justifications:
        """Return the smallest justifications of a statement, at most so many.

        Args:
            conclusion: a statement about the patient.
            most: how many to look for.
            effort: how many parts of the record may be tried; where that is not enough, the
                answer says that it is not complete.

        Returns:
            None of them where the statement does not hold of the whole record.
        """
        worlds = self._worlds
        node = worlds.nodes.get(conclusion)
        if node is None or not worlds.holds(node):
            return Justifications(conclusion, (), True)
        needed = worlds.needed(node)
        complete = True
        try:
            sets = compose(worlds, node, needed, min(effort, MOST_EXPANSIONS))
            chosen = [[n for n in worlds.members if some >> n & 1] for some in sets]
        except TooMany:
            search = Search(Open(worlds, node, dict.fromkeys(needed, True)), node, effort)
            chosen = list(islice(search.smallest_sets(), most + 1))
            complete = search.complete
        found = sorted((self._justification([*needed, *some]) for some in chosen),
                       key=lambda j: (len(j.records), j.size))
        return Justifications(conclusion, tuple(found[:most]), complete and len(found) <= most)

    def falls_without(self, conclusion: Atom, statements: Collection[str]) -> bool:
        """Tell whether a conclusion would not hold without these statements of the knowledge."""
        worlds = self._worlds
        node = worlds.nodes.get(conclusion)
        lacking = set(map(worlds.node_of_statement, statements))
        return node is None or not worlds.holds_where(
            node, [n for n in worlds.members if n not in lacking])

    def _justification(self, nodes: Iterable[int]) -> Justification:
        members = [self._worlds.members[n] for n in nodes]
        return Justification(
            tuple(sorted(m.record for m in members if m.record)),
            tuple(sorted(m.fact for m in members if m.fact is not None)),
            tuple(sorted(m.statement for m in members if m.statement)),
            tuple(sorted(m.absence for m in members if m.absence)),
        )
