"""A line of an answer, asked about as it stands: what of the knowledge it names.

An answer is made of names in angle brackets, ids of statements, sentences that the knowledge
holds, and labels. Each is looked for, in this order of how little doubt it leaves.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..assessment import Assessment
from ..engine import Engine
from ..errors import UsageError
from ..explanation.issues import names_an_issue
from ..explanation.rulebook import rule_called
from ..knowledge import Graph
from ..namespaces import LABEL, MARROW, RDFS, SKOS, SUBCLASS, TYPE, iri, local_name, marrow
from ..quantity import text_of
from ..wording import SENTENCE
from .words import words_of

LONGEST = 2_000
"""Of a longer text only so many characters are read: no answer has a longer line."""
_FEWEST_WORDS = 4
"""A sentence of fewer words stands in too many places to say what a line is about."""

_IN_BRACKETS = re.compile(r"<([^<>\s]+)>")
_ID = re.compile(r"\b[A-Z]+\d{2,}[\w-]*")
_LOCAL_NAME = re.compile(r"\bmarrow:(\w+)|\b([A-Za-z]+[A-Z]\w*)\b")
_CODE = re.compile(r"\b[a-z]\w*(?:-\w+)+\b|(?<=\bby )[a-z]\w*\b(?!-)")
"""How rules, computations (after "by") and sorts of issues are called."""
_NAMES = (LABEL, iri(SKOS, "altLabel"), marrow("plainName"))
_NAMED = tuple(marrow(name) for name in (
    "ConditionKind", "InterventionKind", "MeasurementKind", "MechanismKind", "MonitoringKind",
    "PitfallKind", "Statement", "Criterion", "CausalLink", "Disagreement"))
"""The classes of what an answer is about; a place in the body or a list only goes with these."""


@dataclass(frozen=True)
class Line:
    """What a line names, the thing it is about first.

    Attributes:
        subject: the name of what the line is about, as ``why`` takes it.
        beside: the other names in it, in the order in which they stand.
    """

    subject: str
    beside: tuple[str, ...]


@dataclass(frozen=True)
class LineReader:
    """Reads lines with the names and sentences of the knowledge.

    Attributes:
        engine: the knowledge, with its rules.
        properties: what a record says of the patient itself, such as a birth date.
    """

    engine: Engine
    properties: tuple[str, ...] = ()

    @property
    def graph(self) -> Graph:
        """The ontology."""
        return self.engine.graph

    def read(self, text: str) -> Line | None:
        """Return what a line of an answer names, or nothing if it names nothing."""
        text = text[:LONGEST]
        plain = _IN_BRACKETS.sub(" ", text)
        bare = [curie or name for curie, name in _LOCAL_NAME.findall(plain)]
        found = dict.fromkeys((
            *filter(self._is_asked_about, _IN_BRACKETS.findall(text)),
            *(name for name in (*_ID.findall(plain), *bare) if marrow(name) in self._terms),
            *map(local_name, (*self._with_sentence(plain), *self._with_property(plain),
                              *self._with_label(plain))),
            *filter(self._is_code, _CODE.findall(plain))))
        subject, *beside = found or (None,)
        return Line(subject, tuple(beside)) if subject else None

    def _is_asked_about(self, name: str) -> bool:
        """Tell whether a name in brackets is one, with the day it is due on or without."""
        return self._is_code(name) or bool(
            self.graph.objects(self.graph.named(name.partition("@")[0]), TYPE))

    def _is_code(self, name: str) -> bool:
        return bool(rule_called(self.engine, name) or names_an_issue(self.graph, name))

    @cached_property
    def _sentences(self) -> dict[str, list[str]]:
        """The statements and kinds that hold each sentence of the knowledge."""
        found: dict[str, list[str]] = defaultdict(list)
        for s, p, o in self.graph.triples:
            if o.startswith('"') and p not in _NAMES and s.startswith(f"<{MARROW}"):
                words = _spaced(text_of(o))
                if len(words.split()) >= _FEWEST_WORDS:
                    found[words].append(s)
        return found

    def _with_sentence(self, text: str) -> Iterator[str]:
        line = _spaced(text)
        part = len(line.split()) >= _FEWEST_WORDS
        held = {s: line.find(s) for s in self._sentences if s in line or (part and line in s)}
        for sentence in sorted(held, key=lambda s: (held[s], s)):
            terms = sorted(set(self._sentences[sentence]) & self._terms)
            yield from terms[:1] if len(terms) == 1 else ()

    def _with_property(self, text: str) -> Iterator[str]:
        """Yield what the line says of the patient itself, in the sentences made for that."""
        for term in self.properties:
            before, _, after = (self.graph.text(term, SENTENCE) or "").partition("{object}")
            if before and re.search(f"{re.escape(before)}.+{re.escape(after)}", text):
                yield term

    @cached_property
    def _terms(self) -> frozenset[str]:
        """What a line can be about: kinds, statements, criteria, bounds, links, questions."""
        graph = self.graph
        classes = {wide for c in _NAMED for wide in (c, *graph.subjects(SUBCLASS, c))}
        classes.add(iri(RDFS, "Datatype"))
        return frozenset(s for c in classes for s in graph.subjects(TYPE, c)) | {*self.properties}

    @cached_property
    def _labels(self) -> dict[tuple[str, ...], list[str]]:
        """What each name in words means: kinds, and where no kind is called so all that is.

        Of those a row comes before the claim that it makes computable.
        """
        found: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for term in self._terms:
            for label in _texts(self.graph, term):
                found[words_of(label)].append(term)
        kinds = {*self.graph.subjects(TYPE, marrow("Kind")), *(
            s for c in self.graph.subjects(SUBCLASS, marrow("Kind"))
            for s in self.graph.subjects(TYPE, c))}
        claims = set(self.graph.subjects(TYPE, marrow("Claim")))
        return {words: sorted(kinds.intersection(terms) or terms, key=lambda t: (t in claims, t))
                for words, terms in found.items()}

    def _with_label(self, text: str) -> Iterator[str]:
        """Yield what is named in words, from left to right, of two names there the longer."""
        words = words_of(text)
        longest = max(map(len, self._labels), default=0)
        at = 0
        while at < len(words):
            after = next((end for end in range(min(at + longest, len(words)), at, -1)
                          if words[at:end] in self._labels), None)
            if after is None:
                at += 1
                continue
            yield from self._labels[words[at:after]]
            at = after


def _texts(graph: Graph, term: str) -> Iterable[str]:
    return (text_of(label) for p in _NAMES for label in graph.objects(term, p))


def _spaced(text: str) -> str:
    return " ".join(text.lower().split())


def name_in(reader: LineReader, wanted: str) -> tuple[str, Line | None]:
    """Return the name that an argument gives: itself, or what it is about if it is a line.

    A name, a label and an IRI are taken as they are, and so is a text that names nothing.

    A label of several words that may mean several things is read as a line that names them all.
    """
    if len(wanted.split()) == 1 or _is_name(reader.graph, wanted):
        return wanted, None
    line = reader.read(wanted)
    return (line.subject, line) if line else (wanted, None)


def _is_name(graph: Graph, wanted: str) -> bool:
    try:
        return bool(graph.objects(graph.named(wanted), TYPE))
    except UsageError:
        return False  # it is a label of several terms


def reader_of(assessment: Assessment) -> LineReader:
    """Return a reader of lines about a patient, who is of a sex and an age, too."""
    patient = assessment.patient.patient
    properties = {p for s, p, o in assessment.patient.facts if s == patient and p != TYPE
                  and not assessment.wording.is_record(o)}
    return LineReader(assessment.engine, tuple(sorted(properties)))


def preface(line: Line | None, graph: Graph) -> str:
    """Return what a line was read as, to stand before the answer; nothing if a name was given."""
    if line is None:
        return ""
    others = [_called(graph, name) for name in line.beside]
    also = f"; it also names {', '.join(others)}" if others else ""
    return f"The line is read as being about {_called(graph, line.subject)}{also}.\n\n"


def line_data(line: Line | None) -> dict[str, Any]:
    """Return the same for a program, as a member of the answer."""
    if line is None:
        return {}
    return {"line": {"about": line.subject, "names": list(line.beside)}}


def _called(graph: Graph, name: str) -> str:
    label = graph.label(graph.named(name))
    return name if label == name else f"{label} <{name}>"
