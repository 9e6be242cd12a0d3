"""The questions that can be asked: the forms of the ontology and the shipped SPARQL questions.

Each has phrases, which are data, and is answered by a command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import KnowledgeError
from ..knowledge import Graph
from ..namespaces import TYPE, local_name, marrow
from ..quantity import text_of
from .words import PlainWords, words_of

AMOUNT = "amount"
"""The slot that an amount fills."""
_SLOT = re.compile(r"\{(\w+)(?::(\w+))?\}")
_HEADER = re.compile(r"^# (question|about|parameter|asked): (.*)$", re.MULTILINE)
_QUERY_ORDER = 5.0
"""A shipped question is meant only where the words fit no form."""


@dataclass(frozen=True)
class Slot:
    """A place for a name: what may stand there, and that in words."""

    says: str
    classes: frozenset[str]
    within: frozenset[str]


@dataclass(frozen=True)
class Phrase:
    """A pattern of words, with the slot of each name in it."""

    text: str
    pattern: re.Pattern[str]
    slots: dict[str, str]
    words: frozenset[str]


@dataclass(frozen=True)
class Form:
    """A way of asking: its name, the command that answers it, what it says and its phrases.

    ``command`` is a verb of the command line and its option, if it has one; a shipped question
    has ``query`` as its verb and its own name. ``presumes`` are outcomes taken for granted.
    """

    name: str
    command: str
    says: tuple[str, ...]
    phrases: tuple[Phrase, ...]
    order: float
    reads_negation: bool
    about_patient: bool
    parameters: dict[str, str]
    presumes: frozenset[str] = frozenset()

    @property
    def query(self) -> str:
        """The name of the shipped question, or an empty string."""
        return self.name if self.command == "query" else ""


def compile_phrase(text: str, plain: PlainWords) -> Phrase:
    """Return a phrase as a pattern over words, each with a space before it.

    Raises:
        KnowledgeError: the phrase holds a word that is left out of every question.
    """
    parts: list[str] = []
    slots: dict[str, str] = {}
    words: set[str] = set()
    for element in text.split():
        optional = element.endswith("?")
        body = element.removesuffix("?")
        slot = _SLOT.fullmatch(body)
        if slot:
            slots[slot[1]] = slot[2] or slot[1]
            part = rf" §(?P<{slot[1]}>\d+)"
        else:
            choices = [words_of(choice.replace("_", " ")) for choice in body.split("|")]
            words.update(word for choice in choices for word in choice)
            part = " (?:" + "|".join(re.escape(" ".join(choice)) for choice in choices) + ")"
        parts.append(f"(?:{part})?" if optional else part)
    lost = words & plain.fillers
    if lost:
        raise KnowledgeError("phrase-with-a-filler", where=text, fix="leave it out",
                             what=f"{', '.join(sorted(lost))} never stands in a question")
    return Phrase(text, re.compile("".join(parts)), slots, frozenset(words))


def read_slots(graph: Graph) -> dict[str, Slot]:
    """Return the slots of the ontology by name."""
    return {
        graph.text(slot, marrow("slotName")) or "": Slot(
            graph.definition(slot) or "",
            frozenset(graph.objects(slot, marrow("acceptsKind"))),
            frozenset(graph.objects(slot, marrow("acceptsWithin"))))
        for slot in graph.subjects(TYPE, marrow("QuestionSlot"))
    }


@dataclass(frozen=True)
class Urgent:
    """Words that call for something to be said first; of several the lowest order is heeded."""

    says: str
    patterns: tuple[re.Pattern[str], ...]
    order: float


def read_urgent(graph: Graph, plain: PlainWords) -> list[Urgent]:
    """Return what is to be said first to which words, in the order of urgency.

    Raises:
        KnowledgeError: a phrase is broken.
    """
    found = []
    for words in graph.subjects(TYPE, marrow("UrgentWords")):
        phrases = (compile_phrase(text_of(o), plain)
                   for o in graph.objects(words, marrow("urgentPhrase")))
        found.append(Urgent(graph.text(words, marrow("saysFirst")) or "",
                            tuple(re.compile(p.pattern.pattern + r"(?= |$)") for p in phrases),
                            graph.number(words, marrow("readingOrder")) or 0.0))
    return sorted(found, key=lambda urgent: (urgent.order, urgent.says))


def read_forms(graph: Graph, root: Path, plain: PlainWords) -> list[Form]:
    """Return every form of the ontology and every shipped question.

    Raises:
        KnowledgeError: a phrase is broken.
    """
    return [*_forms(graph, plain), *_questions(root / "queries" / "questions", plain)]


def _forms(graph: Graph, plain: PlainWords) -> Iterator[Form]:
    for form in graph.subjects(TYPE, marrow("QuestionForm")):
        def texts(name: str, form: str = form) -> tuple[str, ...]:
            return tuple(text_of(o) for o in graph.objects(form, marrow(name)))

        yield Form(
            local_name(form), texts("answeredBy")[0], texts("understoodAs"),
            tuple(compile_phrase(text, plain) for text in texts("phrase")),
            graph.number(form, marrow("readingOrder")) or 0.0,
            "true" in texts("readsNegation"), True, {},
            frozenset(graph.objects(form, marrow("presumes"))),
        )


def _questions(folder: Path, plain: PlainWords) -> Iterator[Form]:
    for path in sorted(folder.glob("*.rq")):
        header: dict[str, list[str]] = {}
        for key, text in _HEADER.findall(path.read_text(encoding="utf-8")):
            header.setdefault(key, []).append(text)
        (title,) = header["question"]
        itself = " ".join(word for word in words_of(title) if word not in plain.fillers)
        phrases = tuple(compile_phrase(text, plain) for text in (*header.get("asked", []), itself))
        parameters = dict(text.removeprefix("?").split(" ", 1)
                          for text in header.get("parameter", []))
        yield Form(path.stem, "query", (title,), phrases, _QUERY_ORDER,
                   any(phrase.words & plain.negations for phrase in phrases),
                   header["about"] == ["patient"], parameters)
