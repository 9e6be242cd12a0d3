"""The questions nearest to one that was not understood, each with the command that asks it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import permutations

from rapidfuzz import fuzz

from ..namespaces import TYPE, local_name, marrow
from .forms import AMOUNT, Phrase
from .names import Amount
from .understanding import Reader, Unclear, Understood, Value
from .words import words_of

MOST = 5
_HALF = 0.5
"""A kind is nearly named by at least this share of the words of its name."""


def nearest(reader: Reader, unclear: Unclear) -> list[Understood]:
    """Return the questions that come nearest, the nearest first, with the names that were read.

    Readings that were found and could not be told apart come before all others.
    """
    chosen = {_command(u): u for u in (*unclear.readings, *_with_units(reader, unclear))}
    words = [t.text for t in unclear.tokens if t.text not in reader.plain.fillers]
    asked = " ".join(words)
    scored = sorted(((fuzz.token_sort_ratio(asked, text), understood)
                     for text, understood in _candidates(reader, unclear, words)),
                    key=lambda item: (-item[0], item[1].form.order, item[1].key))
    for _, understood in scored:
        chosen.setdefault(_command(understood), understood)
    return list(chosen.values())[:MOST]


def _command(understood: Understood) -> tuple[str, ...]:
    return (understood.form.command, *understood.arguments())


def _with_units(reader: Reader, unclear: Unclear) -> Iterator[Understood]:
    """Yield what a result without a usable unit could be, in each unit that it may have."""
    amounts = [m.amount for m in unclear.mentions if m.amount is not None]
    forms = [(form, phrase) for form in reader.forms for phrase in form.phrases
             if list(phrase.slots.values())[1:] == [AMOUNT]]
    for term in _named(unclear):
        for unit in sorted(set(reader.names.units.get(term, {}).values())):
            for form, phrase in forms[:1] if len(amounts) == 1 else []:
                measured, amount = phrase.slots
                yield Understood(form, {measured: term, amount: Amount(
                    amounts[0].value, unit, amounts[0].comparator)})


def _candidates(reader: Reader, unclear: Unclear, words: list[str]) \
        -> Iterator[tuple[str, Understood]]:
    """Yield each phrase as it would be said with the names that were read, and what it asks."""
    terms = _named(unclear) or _nearly_named(reader, words)
    for form in reader.forms:
        for phrase in form.phrases:
            slots = [name for name in phrase.slots if f"{{{name}}}?" not in phrase.text]
            if AMOUNT in phrase.slots.values() or len(slots) > 2:
                continue
            for chosen in permutations(terms, len(slots)):
                values: dict[str, Value] = dict(zip(slots, chosen, strict=True))
                if all(reader.fits(term, phrase.slots[name])
                       for name, term in zip(slots, chosen, strict=True)):
                    yield _said(reader, phrase, words, values), Understood(form, values)


def _said(reader: Reader, phrase: Phrase, words: list[str], values: dict[str, Value]) -> str:
    """Return a phrase in the words of the question where it has them, with its names."""
    said = []
    for element in phrase.text.split():
        body = element.removesuffix("?")
        if body.startswith("{"):
            name = body.strip("{}").split(":")[0]
            if name in values:
                said.append(" ".join(words_of(reader.graph.label(str(values[name])))))
            continue
        choices = [stem for choice in body.split("|") for stem in words_of(choice)]
        same = [choice for choice in choices if choice in words]
        if same or body == element:
            said.append((same or choices)[0])
    return " ".join(said)


def _named(unclear: Unclear) -> list[str]:
    """Return what the question names, in its order, the widest name where names overlap."""
    found: dict[str, int] = {}
    covered: set[int] = set()
    for mention in sorted(unclear.mentions, key=lambda m: (m.first - m.after, m.first)):
        place = range(mention.first, mention.after)
        if mention.terms and covered.isdisjoint(place):
            covered |= set(place)
            for term in sorted(mention.terms)[:MOST]:
                found.setdefault(term, mention.first)
    return sorted(found, key=lambda term: (found[term], term))[:MOST]


def _nearly_named(reader: Reader, words: list[str]) -> list[str]:
    """Return the kinds whose names share the most of their words with the question."""
    shares: dict[str, float] = {}
    for name, terms in reader.names.terms.items():
        share = len(set(name) & set(words)) / len(name)
        for term in terms & reader.names.kinds:
            shares[term] = max(share, shares.get(term, 0.0))
    candidates = frozenset(reader.graph.subjects(TYPE, marrow("CandidateIntervention")))
    ranked = sorted((-share, term not in candidates, reader.graph.label(term), term)
                    for term, share in shares.items() if share >= _HALF)
    return [term for *_, term in ranked[:MOST]]


def command_of(understood: Understood, patient: list[str], options: list[str]) -> str:
    """Return the command that asks a question, ready to be run."""
    verb = understood.form.command.split()[0]
    about = understood.form.about_patient
    words = ["marrow", verb, *((patient or ["PATIENT"]) if about else []),
             *(options if about else []), *understood.arguments()]
    return shlex.join(words)


def name_of(value: Value) -> str:
    """Return a value of a slot as a caller writes it."""
    return local_name(value) if isinstance(value, str) else str(value)
