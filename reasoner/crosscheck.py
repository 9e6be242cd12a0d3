"""Find results of one day that do not fit together, and which of them has the wrong unit.

What has to fit is data: one result is the product of some, divided by others, times a factor. Where
it does not fit, a value or a unit is wrong; which one can only be told where another accepted unit
of one result would make all of them fit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import lru_cache
from itertools import product

from .knowledge import Graph
from .namespaces import TYPE, marrow
from .quantity import Scale, number_of

_EXACT = Context(prec=120)
_MOST = 8
"""How many results of one kind and day are looked at; a record with more is no laboratory's."""


@dataclass(frozen=True)
class CrossCheck:
    """What has to fit: the kinds, the factor, the tolerated ratio, and what follows if not.

    ``kinds`` begins with the expected kind; ``multiplied`` counts how many of the rest multiply.
    """

    name: str
    kinds: tuple[str, ...]
    multiplied: int
    factor: Decimal
    ratio: Decimal
    withholds: bool

    def fits(self, amounts: tuple[Decimal, ...]) -> bool:
        """Return whether amounts, in the order of the kinds, fit together."""
        found, expected = amounts[0], self.factor
        for place, amount in enumerate(amounts[1:]):
            if place < self.multiplied:
                expected = _EXACT.multiply(expected, amount)
            else:
                found = _EXACT.multiply(found, amount)
        return found <= _EXACT.multiply(expected, self.ratio) \
            and expected <= _EXACT.multiply(found, self.ratio)


@dataclass(frozen=True)
class Measured:
    """A result as the gate read it: its node, date term, number as written, and exact amount."""

    node: str
    kind: str
    date: str
    number: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Disagreement:
    """Results that do not fit, and the ones that would fit in another unit, with that unit."""

    check: CrossCheck
    results: tuple[Measured, ...]
    suspects: tuple[tuple[Measured, str], ...]

    @property
    def doubted(self) -> tuple[Measured, ...]:
        """The results that cannot be relied on: the suspects, or else all of them."""
        return tuple(result for result, _ in self.suspects) or self.results


@lru_cache(maxsize=4)
def read_cross_checks(graph: Graph) -> tuple[CrossCheck, ...]:
    """Return what has to fit together, from the ontology."""
    checks = []
    for node in sorted(graph.subjects(TYPE, marrow("CrossCheck"))):
        factors = sorted(graph.objects(node, marrow("proportionalTo")))
        divisors = sorted(graph.objects(node, marrow("inverselyTo")))
        expected = graph.object(node, marrow("expectedResult"))
        factor = number_of(graph.object(node, marrow("factor")) or "")
        ratio = number_of(graph.object(node, marrow("toleratedRatio")) or "")
        if expected and factor is not None and ratio is not None:
            withholds = graph.text(node, marrow("withheldWhenApart")) == "true"
            checks.append(CrossCheck(node, (expected, *factors, *divisors), len(factors), factor,
                                     ratio, withholds))
    return tuple(checks)


def find_disagreements(results: list[Measured], checks: tuple[CrossCheck, ...],
                       scales: dict[str, Scale]) -> Iterator[Disagreement]:
    """Yield the results of one day that do not fit together.

    Where a kind has several results in a day, only results of one and the same moment are compared.
    """
    days: dict[str, dict[str, list[Measured]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        days[result.date[1:11]][result.kind].append(result)
    for _, of_day in sorted(days.items()):
        for check in checks:
            if all(kind in of_day for kind in check.kinds):
                for together in product(*(of_day[kind][:_MOST] for kind in check.kinds)):
                    several = any(len(of_day[kind]) > 1 for kind in check.kinds)
                    if several and len({result.date for result in together}) > 1:
                        continue
                    if not check.fits(tuple(result.amount for result in together)):
                        yield Disagreement(check, together, _suspects(check, together, scales))


def _suspects(check: CrossCheck, results: tuple[Measured, ...], scales: dict[str, Scale]) \
        -> tuple[tuple[Measured, str], ...]:
    """Return the results that would fit, each alone, in another unit that their kind may have."""
    found = []
    for place, result in enumerate(results):
        scale = scales[result.kind]
        # The shortest spelling of a unit is the one most readers know.
        for unit, conversion in sorted(scale.conversions.items(), key=lambda c: (len(c[0]), c[0])):
            amount = _EXACT.multiply(result.number, conversion.factor)
            amounts = [other.amount for other in results]
            amounts[place] = amount
            if amount != result.amount and check.fits(tuple(amounts)) \
                    and scale.plausible_at_least <= amount <= scale.plausible_at_most:
                found.append((result, unit))
                break
    return tuple(found)
