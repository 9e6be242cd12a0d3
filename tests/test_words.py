"""Python holds no medicine: no label of the ontology's clinical kinds is said in the package.

Every name, text, docstring and comment of ``reasoner/`` is split into words and searched for each
whole label. A label of several words has to occur as that phrase.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from reasoner.knowledge import find_root
from reasoner.namespaces import TYPE, marrow
from reasoner.taxonomy import read_ontology

PACKAGE = Path(__file__).parent.parent / "reasoner"
METACLASSES = ("DisorderKind", "FindingKind", "MeasurementKind", "MechanismKind",
               "MedicationKind", "RedFlagKind")
ALLOWED = {
    "anemia": "the subject of the whole project, in one line of help and in notices",
    "back pain": "the subject of the whole project, in one line of help and in notices",
    "pain": "explaining it is what the package is for; which kind it is, the ontology says",
}
Phrase = tuple[str, ...]


def words_of(text: str) -> Phrase:
    """Split a text or an identifier into lower-case words without a plural s."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", text)
    return tuple(re.sub(r"(?<=[a-z]{3})s$", "", part.lower()) for part in parts)


def contains(words: Phrase, phrase: Phrase) -> bool:
    return phrase[0] in words and any(
        words[i : i + len(phrase)] == phrase for i in range(len(words) - len(phrase) + 1)
    )


def texts_of(source: str) -> Iterator[tuple[int, str]]:
    """Yield the names, texts and comments of a module with their lines."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.NAME, tokenize.COMMENT):
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


@lru_cache(maxsize=1)
def labels() -> dict[Phrase, str]:
    """Return the labels of the clinical kinds, by their words."""
    graph = read_ontology(find_root())
    kinds = {k for name in METACLASSES for k in graph.subjects(TYPE, marrow(name))}
    return {words_of(graph.label(kind)): graph.label(kind) for kind in kinds}


def spoken(source: str, phrases: dict[Phrase, str]) -> list[tuple[int, str]]:
    """Return the labels that a module says, with their lines."""
    found = set()
    for line, text in texts_of(source):
        words = words_of(text)
        found |= {(line, label) for phrase, label in phrases.items() if contains(words, phrase)}
    return sorted(found)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")),
                         ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_no_module_says_the_name_of_a_clinical_kind(path: Path) -> None:
    phrases = {words: label for words, label in labels().items() if label not in ALLOWED}
    assert spoken(path.read_text(encoding="utf-8"), phrases) == []


def test_every_exception_is_a_label_and_is_needed() -> None:
    phrases = {words: label for words, label in labels().items() if label in ALLOWED}
    assert set(phrases.values()) == set(ALLOWED)
    said = {label for path in PACKAGE.rglob("*.py")
            for _, label in spoken(path.read_text(encoding="utf-8"), phrases)}
    assert said == set(ALLOWED)


@pytest.mark.parametrize("source", [
    "low_ferritin = 1", "class SerumFerritin: pass", "x = 'a serum ferritin'",
    "x = f'{x} ferritin'",
    '"""About ferritins."""', "x = 1  # ferritin", "x.FERRITIN", "def f(ferritin): pass",
])
def test_a_clinical_word_would_be_found(source: str) -> None:
    assert spoken(source, {("ferritin",): "ferritin"}) == [(1, "ferritin")]


@pytest.mark.parametrize("source", ["serum = 1", "x = 'ferric tin'", "x = 'serum and ferritin'"])
def test_half_a_label_is_not_the_label(source: str) -> None:
    assert spoken(source, {("serum", "ferritin"): "serum ferritin"}) == []
