"""The minimal sets of members that give a conclusion, searched for, smallest first.

They are found by their duality with minimal hitting sets (Reiter, Artificial Intelligence 1987;
Liffiton and Sakallah, Journal of Automated Reasoning 2008). Which part gives what is decided by
clingo, whose stable models are what the layers of the rules mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import clingo

from .implicants import Open


class Search:
    """All minimal sets of members that leave an open node no way to fail, smallest first."""

    def __init__(self, open_: Open, node: int, effort: int) -> None:
        self._groups = open_.together(node)
        """Members that count only together; a group is known by its place here."""
        self._sizes = [(sum(1 for n in g if open_.members[n].record), len(g))
                       for g in self._groups]
        self._left = effort
        self._control = clingo.Control(["--sign-def=pos", "--heuristic=Domain"])
        self.complete = False
        with self._control.backend() as backend:
            self._literals = [backend.add_atom() for _ in self._groups]
            atoms = {n: literal for group, literal in zip(self._groups, self._literals, strict=True)
                     for n in group}
            for literal in self._literals:
                backend.add_rule([literal], choice=True)
                # what can be kept is, so that a part in which the node fails is a largest one
                backend.add_heuristic(literal, clingo.backend.HeuristicType.True_, 1, 1, [])
            for n in open_.clauses:
                atoms[n] = backend.add_atom()
            for n, clauses in open_.clauses.items():
                for clause in clauses:
                    body = {atoms[k] for k in clause.needs}
                    for match in clause.matches:
                        broken = backend.add_atom()
                        backend.add_rule([broken], list({atoms[k] for k in match}))
                        body.add(-broken)
                    backend.add_rule([atoms[n]], list(body))
        self._goal = atoms[node]

    def smallest_sets(self) -> Iterator[list[int]]:
        """Yield each minimal set while the effort lasts; ``complete`` tells whether these are all.

        Where the effort is spent before the smallest is known, one minimal set comes all the same.
        """
        every = range(len(self._groups))
        hitting = _Hitting(self._sizes)
        found = False
        while self._left > 0:
            chosen = hitting.next()
            if chosen is None:
                self.complete = True
                return
            failing = self._failing(chosen)
            if failing is None:
                found = True
                yield self._members(chosen)
                hitting.leave(chosen)
            else:
                hitting.hit([g for g in every if g not in failing])
        if not found:
            yield self._members(self._minimal())

    def _members(self, groups: Iterable[int]) -> list[int]:
        return [n for g in groups for n in self._groups[g]]

    def _failing(self, kept: Iterable[int]) -> set[int] | None:
        """Return all that a largest part keeps that keeps these and fails, or None if none does."""
        self._left -= 1
        assumed = [*(self._literals[g] for g in kept), -self._goal]
        with self._control.solve(assumed, yield_=True) as handle:
            model = handle.model()
            return None if model is None else {
                g for g, literal in enumerate(self._literals) if model.is_true(literal)}

    def _minimal(self) -> list[int]:
        """Return one minimal set of groups with which the node cannot fail."""
        left = list(range(len(self._groups)))
        for group in list(left):
            fewer = [g for g in left if g != group]
            if self._failing(fewer) is None:
                left = fewer
        return left


class _Hitting:
    """The smallest set of groups that hits every set it is told to, again and again.

    Fewest records count first, then fewest members of any sort.
    """

    def __init__(self, sizes: list[tuple[int, int]]) -> None:
        self._control = clingo.Control(["--opt-mode=opt"])
        with self._control.backend() as backend:
            self._atoms = [backend.add_atom() for _ in sizes]
            for atom in self._atoms:
                backend.add_rule([atom], choice=True)
            for priority, place in ((1, 0), (0, 1)):
                backend.add_minimize(priority, [
                    (atom, size[place]) for atom, size in zip(self._atoms, sizes, strict=True)
                    if size[place]
                ])

    def next(self) -> list[int] | None:
        """Return the smallest set, or None if there is none."""
        best: list[int] | None = None
        with self._control.solve(yield_=True) as handle:
            for model in handle:
                best = [g for g, atom in enumerate(self._atoms) if model.is_true(atom)]
        return best

    def hit(self, groups: list[int]) -> None:
        """From now on hit this set too."""
        with self._control.backend() as backend:
            backend.add_rule([], [-self._atoms[g] for g in groups])

    def leave(self, groups: list[int]) -> None:
        """From now on return no set that contains these."""
        with self._control.backend() as backend:
            backend.add_rule([], [self._atoms[g] for g in groups])
