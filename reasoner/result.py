"""What a run finds: every fact, and every binding with which each rule fired."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from .plan import PlannedRule
from .rule import Atom

Row = tuple[str, ...]


@dataclass(frozen=True)
class Firing:
    """All bindings with which one planned rule fired: variable names, and rows of terms."""

    rule: PlannedRule
    variables: tuple[str, ...]
    rows: tuple[Row, ...]

    def bindings(self) -> Iterator[dict[str, str]]:
        """Yield each binding as a mapping of variables to terms."""
        for row in self.rows:
            yield dict(zip(self.variables, row, strict=True))


@dataclass(frozen=True)
class Result:
    """Every fact, given and inferred, and every firing."""

    facts: frozenset[Atom]
    firings: tuple[Firing, ...]


def picker(wanted: Iterable[str], variables: Sequence[str]) -> Callable[[Row], Row]:
    """Return what takes the terms of some variables from a row."""
    places = [variables.index(v) for v in wanted]
    return lambda row: tuple([row[place] for place in places])


def filler(atoms: Iterable[Atom], variables: Sequence[str]) -> Callable[[Row], tuple[Atom, ...]]:
    """Return what fills some patterns from a row; a variable that it lacks stays as it is."""
    where = {name: place for place, name in enumerate(variables)}
    parts = [(where.get(s, -1), s, p, where.get(o, -1), o) for s, p, o in atoms]
    return lambda row: tuple([
        (row[i] if i >= 0 else s, p, row[j] if j >= 0 else o) for i, s, p, j, o in parts])
