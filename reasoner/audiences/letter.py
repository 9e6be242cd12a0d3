"""An answer as a page to be read: a title, a notice, headed passages and the words they use.

It is what every audience but the clinician gets, as text and as data; the shape of the data is
published as ``letter.schema.json`` beside this module.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from .voice import LANGUAGE, Voice

_WIDTH = 92


@dataclass(frozen=True)
class Line:
    """One thing that is said, what is said under it, and the statements that it rests on."""

    says: str
    details: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()


@dataclass(frozen=True)
class Passage:
    """What is said under one heading."""

    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Word:
    """A word that the page uses and what it means."""

    word: str
    means: str


@dataclass(frozen=True)
class Letter:
    """An answer for one audience in one language.

    ``fallback`` says, where the language has not got all texts, that English stands in; ``version``
    and ``fingerprint`` are those of the knowledge.
    """

    audience: str
    language: str
    as_of: str
    title: str
    notice: tuple[str, ...]
    passages: tuple[Passage, ...]
    words: tuple[Word, ...]
    words_heading: str = ""
    fallback: str = ""
    version: str = ""
    fingerprint: str = ""

    def data(self) -> dict[str, Any]:
        """Return the page as JSON-ready data."""
        return {
            "audience": self.audience, "language": self.language, "asOf": self.as_of,
            "title": self.title, "notice": list(self.notice),
            "passages": [
                {"heading": p.heading,
                 "lines": [{"says": k.says, "details": list(k.details), "claims": list(k.claims)}
                           for k in p.lines]}
                for p in self.passages
            ],
            "words": [asdict(word) for word in self.words],
            "fallback": self.fallback or None,
            "knowledge": {"version": self.version, "fingerprint": self.fingerprint},
        }

    def text(self) -> str:
        """Return the page as text for a terminal."""
        lines = [self.fallback] if self.fallback else []
        lines += [self.title, ""]
        for notice in self.notice:
            lines += textwrap.wrap(notice, _WIDTH)
        for passage in self.passages:
            lines += ["", passage.heading]
            for line in passage.lines:
                lines += _wrapped(line.says, "  ")
                for detail in line.details:
                    lines += _wrapped(detail, "      ")
                if line.claims:
                    lines += _wrapped(", ".join(line.claims), "      rests on ")
        if self.words:
            lines += ["", self.words_heading]
            for word in self.words:
                lines += _wrapped(f"{word.word}: {word.means}", "  ")
        return "\n".join([*lines, "", f"Marrow {self.version} ({self.fingerprint})", ""])


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent,
                         subsequent_indent=" " * (len(indent) + 2),
                         break_long_words=False, break_on_hyphens=False)


def passage(heading: str, lines: Iterable[Line | str]) -> list[Passage]:
    """Return a passage, each line said once, or nothing where there is nothing to say."""
    said: dict[Line, None] = {}
    for line in lines:
        line = Line(line) if isinstance(line, str) else line
        if line.says:
            said[line] = None
    return [Passage(heading, tuple(said))] if said else []


def fallback_of(voice: Voice) -> str:
    """Return the note that goes with a page that English had to stand in for."""
    language = voice.listener.language
    if not voice.borrowed or language == LANGUAGE:
        return ""
    return f"{len(voice.borrowed)} texts are not written in {language!r} yet and stand here in " \
           f"English ({LANGUAGE})."
