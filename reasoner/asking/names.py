"""The names that a question may use: labels, other labels and ids, and amounts with their units."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ..knowledge import Graph
from ..namespaces import LABEL, SKOS, SUBCLASS, TYPE, iri, local_name, marrow
from ..quantity import text_of
from .words import SIGNS, PlainWords, Token, clean, words_of

_ALTERNATIVE = iri(SKOS, "altLabel")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SIGN = re.compile(rf"[{SIGNS}]\s*$")


@dataclass(frozen=True)
class Amount:
    """A number with the unit and comparator that stand by it, as they were written."""

    value: str
    unit: str
    comparator: str

    def __str__(self) -> str:
        return f"{self.comparator}{self.value} {self.unit}".strip()


@dataclass(frozen=True)
class Mention:
    """A stretch of words that is a name or an amount: where it stands and what it may mean."""

    first: int
    after: int
    terms: frozenset[str] = frozenset()
    amount: Amount | None = None


@dataclass(frozen=True)
class Names:
    """The names of kinds, claims and rows, and the units that measurements are written in."""

    graph: Graph
    plain: PlainWords

    @cached_property
    def terms(self) -> dict[tuple[str, ...], frozenset[str]]:
        """What each name may mean, by its words."""
        found: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for term in self.kinds:
            for label in (*self.graph.objects(term, LABEL), *self.graph.objects(term, _ALTERNATIVE),
                          f'"{local_name(term)}"'):
                found[words_of(text_of(label))].add(term)
        for term in self.statements:
            name = local_name(term)
            found[words_of(name)].add(term)
            found[words_of(self.graph.label(term))].add(term)
            family = name.split("-")[0]
            found[words_of(family)].add(marrow(family))
        return {words: frozenset(meant) for words, meant in found.items()}

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Every kind."""
        return self._members("Kind")

    @cached_property
    def statements(self) -> frozenset[str]:
        """Every claim and row."""
        return self._members("Statement")

    def _members(self, local: str) -> frozenset[str]:
        classes = {marrow(local), *self.graph.subjects(SUBCLASS, marrow(local))}
        return frozenset(s for c in classes for s in self.graph.subjects(TYPE, c))

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of the names of kinds."""
        return frozenset(word for words, terms in self.terms.items() for word in words
                         if terms & self.kinds)

    @cached_property
    def units(self) -> dict[str, dict[str, str]]:
        """The units of each measurement: how each is read, by how it may be written."""
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for conversion in self.graph.subjects(TYPE, marrow("UnitConversion")):
            for kind in self.graph.objects(conversion, marrow("forMeasurement")):
                for unit in self.graph.objects(conversion, marrow("writtenUnit")):
                    found[kind].setdefault(clean(text_of(unit)), text_of(unit))
        return dict(found)

    @cached_property
    def _unit(self) -> re.Pattern[str]:
        known = {unit for units in self.units.values() for unit in units if unit}
        longest = sorted(known, key=lambda unit: (-len(unit), unit))
        return re.compile(r"\s*(" + "|".join(map(re.escape, longest)) + r")(?!\w)")

    def mentions(self, text: str, tokens: list[Token]) -> Iterator[Mention]:
        """Yield each name and amount in the words of a cleaned text; they may overlap."""
        longest = max(map(len, self.terms), default=0)
        for first in range(len(tokens)):
            for after in range(first + 1, min(first + longest, len(tokens)) + 1):
                terms = self.terms.get(tuple(token.text for token in tokens[first:after]))
                if terms:
                    yield Mention(first, after, terms)
            if _NUMBER.fullmatch(tokens[first].text) and not _SIGN.search(
                    text[: tokens[first].start]):
                yield self._amount(text, tokens, first)

    def _amount(self, text: str, tokens: list[Token], at: int) -> Mention:
        number = tokens[at]
        unit = self._unit.match(text, number.end)
        end = unit.end() if unit else number.end
        after = at + 1
        while after < len(tokens) and tokens[after].start < end:
            after += 1
        first, comparator = at, ""
        if at and tokens[at - 1].text in ("<", "<=", ">", ">="):
            first, comparator = at - 1, tokens[at - 1].text
        for said, sign in self.plain.comparators.items():
            before = tuple(token.text for token in tokens[max(0, at - len(said)) : at])
            if not comparator and before == said:
                first, comparator = at - len(said), sign
        return Mention(first, after, amount=Amount(number.text, unit[1] if unit else "",
                                                   comparator))
