"""What a question is understood as: one reading that accounts for every word, or none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..errors import UsageError
from ..knowledge import Graph
from ..namespaces import SUBCLASS, TYPE, local_name, marrow
from .forms import AMOUNT, Form, Phrase, Slot, Urgent, read_forms, read_slots, read_urgent
from .names import Amount, Mention, Names
from .words import SIGNS, PlainWords, Speller, Token, clean, read_plain_words, respell, tokenize

LONGEST = 300
"""A question of more characters is refused."""
_MOST_READINGS = 5000

Value = str | Amount


@dataclass(frozen=True)
class Understood:
    """A form with what stands in its slots, and the words that were read otherwise than written."""

    form: Form
    values: dict[str, Value]
    corrections: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What makes two understandings the same."""
        return self.form.name, tuple(sorted((k, str(v)) for k, v in self.values.items()))

    def says(self, graph: Graph) -> str:
        """Return in words what was understood."""
        if self.form.query:
            given = [f"{name}: {graph.label(str(value))}" for name, value in self.values.items()]
            return self.form.says[0] + (f" ({', '.join(given)})" if given else "")
        template = next((text for text in sorted(self.form.says, key=len)
                         if all(f"{{{name}}}" in text for name in self.values)),
                        self.form.says[0])
        for name, value in self.values.items():
            template = template.replace(f"{{{name}}}", _said(graph, value))
        return template

    def arguments(self) -> list[str]:
        """Return what follows the patient on the command line."""
        if self.form.query:
            return [self.form.query, *(part for name, value in self.values.items()
                                       for part in ("--with", f"{name}={local_name(str(value))}"))]
        names = [local_name(v) for v in self.values.values() if isinstance(v, str)]
        amounts = [v for v in self.values.values() if isinstance(v, Amount)]
        option = self.form.command.partition(" ")[2]
        if amounts:
            names = [f"{name}={a.comparator}{a.value}{a.unit}"
                     for name, a in zip(names, amounts, strict=True)]
        if self.form.command in ("explain-pain", "missing"):
            names = []
        return [part for name in names for part in ([option, name] if option else [name])]


@dataclass(frozen=True)
class Unclear:
    """No reading, or several: why, and the names and words that were read."""

    why: str
    tokens: tuple[Token, ...]
    mentions: tuple[Mention, ...]
    readings: tuple[Understood, ...] = ()


def _odd_number(question: str) -> bool:
    """Tell whether a number has a sign, is in other digits, is joined by a line or has a comma."""
    return any(c.isdigit() and not c.isascii() for c in question) or bool(
        re.search(rf"\d[_,]\d|(?<!\w)[{SIGNS}]\s*\d", clean(question)))


@dataclass(frozen=True)
class Reader:
    """Reads questions with the words, names and forms of one knowledge folder."""

    graph: Graph
    root: Path

    @cached_property
    def plain(self) -> PlainWords:
        """The small words."""
        return read_plain_words(self.graph)

    @cached_property
    def names(self) -> Names:
        """The names."""
        return Names(self.graph, self.plain)

    @cached_property
    def forms(self) -> list[Form]:
        """The forms and shipped questions."""
        return read_forms(self.graph, self.root, self.plain)

    @cached_property
    def slots(self) -> dict[str, Slot]:
        """The slots."""
        return read_slots(self.graph)

    @cached_property
    def urgent(self) -> list[Urgent]:
        """What is to be said first to which words."""
        return read_urgent(self.graph, self.plain)

    def heed(self, question: str) -> str:
        """Return what is to be said first to a question that is not understood, or nothing."""
        written = respell(tokenize(clean(question)), self.plain.spellings)
        lines = [" ".join(["", *(t.text for t in tokens if t.text not in self.plain.fillers)])
                 for tokens in (written, self._speller.mend(written))]
        return next((urgent.says for urgent in self.urgent
                     if any(p.search(line) for p in urgent.patterns for line in lines)), "")

    @cached_property
    def _speller(self) -> Speller:
        words = frozenset(w for form in self.forms for p in form.phrases for w in p.words)
        return Speller(words, self.names.words, self.plain)

    def read(self, question: str) -> Understood | Unclear:
        """Return what a question is understood as.

        Raises:
            UsageError: the question is empty or too long.
        """
        if not question.strip() or len(question) > LONGEST:
            raise UsageError("no-question", what=f"a question of {len(question)} characters",
                             fix=f"ask in 1 to {LONGEST} characters")
        if _odd_number(question):
            return Unclear("a number in it is not written plainly, such as 6.8", (), ())
        text = clean(question)
        written = respell(tokenize(text), self.plain.spellings)
        tokens = self._speller.mend(written)
        corrections = tuple((before.wrote, after.text) for before, after
                            in zip(written, tokens, strict=True) if before.text != after.text)
        mentions = tuple(self.names.mentions(text, tokens))
        found: dict[object, Understood] = {}
        doubts: dict[str, None] = {}
        for number, reading in enumerate(_readings(tokens, mentions)):
            if number > _MOST_READINGS:
                return Unclear("it can be read in too many ways", tuple(tokens), mentions)
            for understood in self._matches(reading, doubts):
                found.setdefault(understood.key, understood)
        best = min((u.form.order for u in found.values()), default=0.0)
        meant = [u for u in found.values() if u.form.order == best]
        if len(meant) == 1 and not doubts:
            return Understood(meant[0].form, meant[0].values, corrections)
        why = next(iter(doubts), "it can mean several things" if meant else
                   "its words fit no question that is known")
        return Unclear(why, tuple(tokens), mentions, tuple(meant))

    def _matches(self, reading: list[Token | Mention], doubts: dict[str, None]) \
            -> Iterator[Understood]:
        """Yield each form that a reading fits; note why one that nearly fits does not."""
        kept = [part for part in reading
                if isinstance(part, Mention) or part.text not in self.plain.fillers]
        mentions = [part for part in kept if isinstance(part, Mention)]
        words = {part.text for part in kept if isinstance(part, Token)}
        turned = bool(words & self.plain.negations)
        line = "".join(f" §{mentions.index(part)}" if isinstance(part, Mention)
                       else f" {part.text}" for part in kept)
        for form in self.forms:
            if turned and not form.reads_negation:
                continue
            for phrase in form.phrases:
                found = phrase.pattern.fullmatch(line)
                if found is None:
                    continue
                given = {name: mentions[int(at)] for name, at in found.groupdict().items() if at}
                values = self._values(phrase, given, doubts)
                if values is not None:
                    yield Understood(form, values)

    def _values(self, phrase: Phrase, given: dict[str, Mention], doubts: dict[str, None]) \
            -> dict[str, Value] | None:
        values: dict[str, Value] = {}
        measured = ""
        for name, slot in phrase.slots.items():
            mention = given.get(name)
            if mention is None:
                continue
            if slot == AMOUNT or mention.amount is not None:
                if slot != AMOUNT or mention.amount is None:
                    return None
                amount = self._amount(measured, mention.amount, doubts)
                if amount is None:
                    return None
                values[name] = amount
                continue
            fitting = [term for term in mention.terms if self.fits(term, slot)]
            if len(fitting) > 1:
                labels = ", ".join(sorted(self.graph.label(term) for term in fitting))
                doubts[f"a name in it can mean {labels}"] = None
            if len(fitting) != 1:
                return None
            values[name] = measured = fitting[0]
        return values if len(set(map(str, values.values()))) == len(values) else None

    def _amount(self, measurement: str, amount: Amount, doubts: dict[str, None]) -> Amount | None:
        units = self.names.units.get(measurement, {})
        if amount.unit not in units:
            known = ", ".join(sorted(set(units.values())))
            doubts[f"the unit of {self.graph.label(measurement)} is missing or not one of {known}"
                   ] = None
            return None
        return Amount(amount.value, units[amount.unit], amount.comparator)

    def fits(self, term: str, slot: str) -> bool:
        """Tell whether a term may stand in a slot."""
        wanted = self.slots[slot]
        if not wanted.within.isdisjoint(self.graph.objects(term, marrow("within"))):
            return True
        types = self.graph.objects(term, TYPE)
        if not types:
            return marrow("Statement") in wanted.classes
        wide = {w for t in types for w in (t, *self.graph.objects(t, SUBCLASS))}
        return not wanted.classes.isdisjoint(wide)


def _said(graph: Graph, value: Value) -> str:
    """Return a value in words; a claim or row with its id, by which people know it."""
    if isinstance(value, Amount):
        return str(value)
    label, name = graph.label(value), local_name(value)
    is_statement = graph.object(value, marrow("provenance")) is not None
    return f"{name} ({label})" if is_statement else label


def _readings(tokens: list[Token], mentions: tuple[Mention, ...]) \
        -> Iterator[list[Token | Mention]]:
    """Yield the ways to see a question as words and names that do not overlap."""
    starting: dict[int, list[Mention]] = {}
    for mention in mentions:
        starting.setdefault(mention.first, []).append(mention)
    waiting: list[tuple[int, list[Token | Mention]]] = [(0, [])]
    while waiting:
        at, before = waiting.pop()
        if at == len(tokens):
            yield before
            continue
        waiting.append((at + 1, [*before, tokens[at]]))
        for mention in sorted(starting.get(at, ()), key=lambda m: m.after):
            waiting.append((mention.after, [*before, mention]))
