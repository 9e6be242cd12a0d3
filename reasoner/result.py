"""What a run finds: every fact, and every binding with which each rule fired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .plan import PlannedRule
from .rule import Atom


@dataclass(frozen=True)
class Firing:
    """All bindings with which one planned rule fired: variable names, and rows of terms."""

    rule: PlannedRule
    variables: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def bindings(self) -> Iterator[dict[str, str]]:
        """Yield each binding as a mapping of variables to terms."""
        for row in self.rows:
            yield dict(zip(self.variables, row, strict=True))


@dataclass(frozen=True)
class Result:
    """Every fact, given and inferred, and every firing."""

    facts: frozenset[Atom]
    firings: tuple[Firing, ...]
