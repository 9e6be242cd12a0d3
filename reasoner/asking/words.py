"""The words of a question: spellings made one, and typing errors mended where only one is meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from rapidfuzz.distance import OSA

from ..knowledge import Graph
from ..namespaces import TYPE, marrow
from ..quantity import text_of

_TOKEN = re.compile(r"\d+\.\d+|\w+|[<>]=?|!(?=\w)|[^\s\w.,?!:;()\[\]\"'/\u2026\u2013\u2014-]")
SIGNS = r"+\-\u2010-\u2015\u2212"
"""What may stand before a number and make it another one, as a class of a pattern."""
_APOSTROPHES = str.maketrans("\u2018\u2019\u00b4`", "''''")
_VOWELS = "aeiouy"


@dataclass(frozen=True)
class Token:
    """A word as it is read, what was written, and where that stands in the cleaned text."""

    text: str
    wrote: str
    start: int
    end: int


def clean(text: str) -> str:
    """Return a text in lower case, with one form of each letter and one sort of apostrophe."""
    plain = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).lower()
    return re.sub(r"(?<=\w)'s\b", "  ", plain)


def stem(word: str) -> str:
    """Return a word without the plural's s and with one spelling of ae and oe."""
    word = word.replace("_", "")
    if len(word) > 4:
        word = word.replace("ae", "e").replace("oe", "e")
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def tokenize(text: str) -> list[Token]:
    """Return the words of a cleaned text; a sign that could change the meaning is a word too."""
    return [Token(stem(m[0]), m[0], m.start(), m.end()) for m in _TOKEN.finditer(text)]


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are compared."""
    return tuple(token.text for token in tokenize(clean(text)))


@dataclass(frozen=True)
class PlainWords:
    """The small words of a language, as the ontology lists them."""

    fillers: frozenset[str]
    negations: frozenset[str]
    comparators: dict[tuple[str, ...], str]
    spellings: dict[tuple[str, ...], tuple[str, ...]]
    beginnings: tuple[str, ...]


def read_plain_words(graph: Graph) -> PlainWords:
    """Read the small words from the ontology."""
    def texts(name: str) -> list[str]:
        return [text_of(o) for s in graph.subjects(TYPE, marrow("PlainWords"))
                for o in graph.objects(s, marrow(name))]

    comparators = [text.rsplit(" ", 1) for text in texts("comparatorWord")]
    spellings = [text.split("=", 1) for text in texts("spelledAs")]
    return PlainWords(
        frozenset(w for text in texts("fillerWord") for w in words_of(text)),
        frozenset(w for text in texts("negationWord") for w in words_of(text)),
        {words_of(said): sign for said, sign in comparators},
        {words_of(wrote): words_of(read) for wrote, read in spellings},
        tuple(sorted(texts("wordBeginning"), key=len, reverse=True)),
    )


def respell(tokens: list[Token], spellings: dict[tuple[str, ...], tuple[str, ...]]) \
        -> list[Token]:
    """Return the words with each listed spelling replaced by how it is read, longest first."""
    longest = max((len(key) for key in spellings), default=0)
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        for size in range(min(longest, len(tokens) - at), 0, -1):
            part = tokens[at : at + size]
            read = spellings.get(tuple(token.text for token in part))
            if read is not None:
                found += [Token(word, part[0].wrote, part[0].start, part[-1].end)
                          for word in read]
                at += size
                break
        else:
            found.append(tokens[at])
            at += 1
    return found


@dataclass(frozen=True)
class Speller:
    """Mends typing errors towards known words, and only where one word alone can be meant.

    The first letter has to be right, so that no prefix that turns a word round is lost. A name is
    mended less freely than a question's other words: many names differ in a letter or two.
    """

    phrase_words: frozenset[str]
    name_words: frozenset[str]
    plain: PlainWords

    def mend(self, tokens: list[Token]) -> list[Token]:
        """Return the words with the typing errors mended that can be."""
        return [replace(token, text=self._mended(token.text)) for token in tokens]

    def _mended(self, word: str) -> str:
        known = self.phrase_words | self.name_words | self.plain.fillers | self.plain.negations
        if word in known or len(word) < 5 or not word.isalpha():
            return word
        meant = set(self._near(word, self.phrase_words - self.plain.negations, name=False))
        meant |= set(self._near(word, self.name_words - self.plain.negations, name=True))
        return meant.pop() if len(meant) == 1 else word

    def _near(self, word: str, known: Iterable[str], name: bool) -> list[str]:
        return [other for other in known
                if other[0] == word[0] and self._beginning(other) == self._beginning(word)
                and _is_slip(word, other, name)]

    def _beginning(self, word: str) -> str:
        return next((b for b in self.plain.beginnings if word.startswith(b)), "")


def _is_slip(wrote: str, meant: str, name: bool) -> bool:
    """Tell whether one word may be another with a typing error."""
    distance = OSA.distance(wrote, meant, score_cutoff=2)
    if distance == 2:
        return not name and len(meant) >= 10
    if distance != 1 or len(meant) < (6 if name else 5):
        return False
    if len(wrote) != len(meant) or sorted(wrote) == sorted(meant):
        return True  # a letter too many or too few, or two in the wrong order
    if not name:
        return len(meant) >= 7
    changed = next(pair for pair in zip(wrote, meant, strict=True) if pair[0] != pair[1])
    return len(meant) >= 8 and all(letter in _VOWELS for letter in changed)
