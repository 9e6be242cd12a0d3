"""The ontology is written to be read and compared: sorted, one predicate a line, one manner.

The manners are in docs/writing-knowledge.md; a subject with one predicate may stand on one line,
and an axiom about a statement (``[]``) follows the statement. There is no formatter: a file that
departs from them is found here, by file and line, and mended by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "ontology").rglob("*.ttl"))
ORDER = ("rdf", "rdfs", "owl", "dcterms", "marrow", "bibo", "skos", "vann")
PREDICATE = re.compile(r" {4}(a|[a-z]+:[A-Za-z]+) ")
SUBJECT = re.compile(r"(<[^>]*>|[a-z]+:\S+|\[\])( (?:a|[a-z]+:[A-Za-z]+) .+ \.)?")
SECTION = re.compile(r"# --- .+ -+")


def lint(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the fault of each departure from the manners."""
    lines = text.split("\n")
    if lines.pop() != "" or not lines or not lines[-1]:
        yield len(lines), "the file does not end in one line break"
    prefixes = [line for line in lines if line.startswith("@prefix")]
    if prefixes != sorted(set(prefixes)):
        yield lines.index(prefixes[0]) + 1, "prefixes are not sorted"
    for line in prefixes:
        name = line.split()[1]
        if sum(name in other for other in lines) < 2:
            yield lines.index(line) + 1, f"the prefix {name} is not used"
    subjects: list[str] = []
    before: tuple[int, str] | None = None
    for number, line in enumerate(lines, 1):
        above = lines[number - 2] if number > 1 else ""
        if "\t" in line or line != line.rstrip():
            yield number, "a tab, or blanks at the end of the line"
        if not line and not above:
            yield number, "two blank lines"
        if SECTION.fullmatch(line):
            subjects = []
        if not line or line.startswith(("#", "@prefix")):
            continue
        if not line.startswith(" "):
            found = SUBJECT.fullmatch(line)
            if not found:
                yield number, "a subject does not stand alone on its line"
                continue
            if above and not found[2] and not above.startswith("#"):
                yield number, "no blank line before a subject"
            if found[2] and has_two(found[2]):
                yield number, "more than one predicate on a line"
            if found[1] == "[]" or found[1].startswith("<"):
                before = None
                continue
            if subjects and alphabet(found[1]) <= alphabet(subjects[-1]):
                yield number, f"{found[1]} stands after {subjects[-1]}"
            subjects.append(found[1])
            before = None
        elif predicate := PREDICATE.match(line):
            place = rank(predicate[1])
            if before is not None and place <= before:
                yield number, f"{predicate[1]} stands too late, or twice"
            before = place
            if has_two(line) or not line.endswith((" ;", " .", " ,", "[", "(")):
                yield number, "more than one predicate on a line, or no sign at its end"
        elif not re.match(r" {8}|    [])] [;.]$", line):
            yield number, "an indent that is not of four"


def has_two(line: str) -> bool:
    """Tell whether a line goes on after a semicolon outside of texts and whole expressions."""
    line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    while line != (shorter := re.sub(r"\[[^][]*\]|\([^()]*\)", "", line)):
        line = shorter
    return " ; " in line.split("[")[0]


def alphabet(name: str) -> tuple[str, str]:
    """Return what names are sorted by: letters first, capitals before small ones where they tie."""
    return name.casefold(), name


def rank(predicate: str) -> tuple[int, str]:
    """Return where a predicate stands: ``a`` first, then by vocabulary, then by name."""
    if predicate == "a":
        return -1, ""
    return ORDER.index(predicate.split(":")[0]), predicate


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_keeps_to_the_manners(path: Path) -> None:
    assert [f"{path.name}:{line}: {what}" for line, what in lint(path.read_text("utf-8"))] == []


GOOD = """\
@prefix marrow: <https://w3id.org/marrow/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

marrow:A
    a marrow:Kind ;
    rdfs:label "a"@en .

# --- More -------------------------------------------------------------------

marrow:A1
    rdfs:label "a one"@en ;
    marrow:item marrow:A ,
        marrow:B .
"""


def test_the_manners_accept_what_keeps_to_them() -> None:
    assert list(lint(GOOD)) == []


@pytest.mark.parametrize(("old", "new", "what"), [
    ("marrow:A1", "marrow:A0\n    a marrow:Kind .\n\nmarrow:0", "stands after"),
    ('    rdfs:label "a one"@en ;\n    marrow:item', '    marrow:item marrow:C ;\n    rdfs:label',
     "too late"),
    ("a marrow:Kind ;\n    rdfs", "a marrow:Kind ; rdfs", "more than one"),
    ('"a"@en .', '"a"@en .  ', "blanks"),
    ("\n\nmarrow:A\n", "\n\n\nmarrow:A\n", "two blank"),
    ("    a marrow", "\ta marrow", "tab"),
    ("    a marrow", "  a marrow", "indent"),
    ("@prefix rdfs", "@prefix aaa: <urn:a> .\n@prefix rdfs", "sorted"),
    ("@prefix rdfs", "@prefix owl: <urn:o> .\n@prefix rdfs", "not used"),
    ("marrow:A\n    a", "marrow:A a", "alone"),
    ("\n    a marrow:Kind ;\n    rdfs:label", " a marrow:Kind ; rdfs:label", "more than one"),
    (".\n\n# --- More", ".\nmarrow:B\n    a marrow:Kind .\n\n# --- More", "no blank line"),
])
def test_each_departure_is_found(old: str, new: str, what: str) -> None:
    assert old in GOOD
    found = " ".join(text for _, text in lint(GOOD.replace(old, new, 1)))
    assert re.search(what, found), found
