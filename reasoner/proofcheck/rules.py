"""Read rule files once more, apart from the engine: only what a checker has to know of them.

Oxigraph evaluates the text of a rule; read here is what it does not tell: which triple patterns
one alternative consists of, and what each ``NOT EXISTS`` looks for.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from ..errors import KnowledgeError
from ..namespaces import RDF

Term = ox.NamedNode | ox.BlankNode | ox.Literal
Pattern = tuple[Term | ox.Variable, Term | ox.Variable, Term | ox.Variable]
Binding = Mapping[str, Term]
EVERY_LAYER = 0
TYPE = ox.NamedNode(RDF + "type")

_TOKEN = re.compile(
    r"""(?P<iri><[^<>"{}|^`\\\s]*>)|(?P<comment>\#[^\n]*)|(?P<space>\s+)"""
    r"""|(?P<text>"(?:[^"\\\n]|\\.)*"(?:@[A-Za-z-]+|\^\^(?:<[^>\s]*>|\w*:[\w.-]*\w))?)"""
    r"""|(?P<variable>\?\w+)|(?P<name>\w*:(?:[\w.-]*\w)?)|(?P<number>[0-9]+(?:\.[0-9]+)?)"""
    r"""|(?P<word>[A-Za-z]+)|(?P<sign>&&|\|\||!=|<=|>=|[{}().<>=!+*-])"""
)


@dataclass(frozen=True)
class Absence:
    """One ``NOT EXISTS``: its alternatives as patterns, and its text in pieces for asking."""

    alternatives: tuple[tuple[Pattern, ...], ...]
    pieces: tuple[str, ...]

    def question(self, prologue: str, binding: Binding) -> str:
        """Return a query that asks whether there is what should be absent."""
        words = (str(binding[p[1:]]) if p.startswith("?") and p[1:] in binding else p
                 for p in self.pieces)
        return f"{prologue} ASK {' '.join(words)}"


@dataclass(frozen=True)
class Branch:
    """One alternative of a rule: its triple patterns, its absences, and its text in pieces."""

    atoms: tuple[Pattern, ...] = ()
    absences: tuple[Absence, ...] = ()
    pieces: tuple[str, ...] = ()

    def join(self, other: Branch) -> Branch:
        """Return both as one alternative."""
        return Branch(self.atoms + other.atoms, self.absences + other.absences,
                      self.pieces + other.pieces)

    def select(self, prologue: str) -> str:
        """Return a query for the matches of this alternative."""
        return f"{prologue} SELECT * WHERE {{ {' '.join(self.pieces)} }}"


@dataclass(frozen=True)
class CheckedRule:
    """A rule file as a checker sees it; ``construct`` is the query as it stands in the file."""

    name: str
    layer: int
    construct: str
    prologue: str
    template: tuple[Pattern, ...]
    branches: tuple[Branch, ...]

    @cached_property
    def reads(self) -> frozenset[tuple[Term, Term | None] | None]:
        """What its patterns can match: predicates, with the object where it is a constant class.

        None stands for anything at all.
        """
        found: set[tuple[Term, Term | None] | None] = set()
        for branch in self.branches:
            for _, p, o in branch.atoms:
                if isinstance(p, ox.Variable):
                    found.add(None)
                elif p == TYPE and not isinstance(o, ox.Variable):
                    found.add((p, o))
                else:
                    found.add((p, None))
        return frozenset(found)


def fill(pattern: Pattern, binding: Binding) -> Pattern:
    """Return a pattern with its bound variables replaced."""
    s, p, o = (
        binding.get(t.value, t) if isinstance(t, ox.Variable) else t for t in pattern
    )
    return (s, p, o)


def read_rule(path: Path) -> CheckedRule:
    """Read one rule file.

    Raises:
        KnowledgeError: it says something this reader does not know.
    """
    text = path.read_text(encoding="utf-8")
    layer = re.search(r"^# layer: (every|\d+)\s*$", text, flags=re.MULTILINE)
    if layer is None:
        raise _refuse(path, "it declares no layer")
    number = EVERY_LAYER if layer[1] == "every" else int(layer[1])
    return _Reader(path, text, number).read()


def _refuse(path: Path, what: str) -> KnowledgeError:
    return KnowledgeError("rule-not-checkable", where=path.name, what=what,
                          fix="write the rule in the form of the guide")


class _Reader:
    """A reader of the narrow form of SPARQL that rule files are written in."""

    def __init__(self, path: Path, text: str, layer: int) -> None:
        self.path = path
        self.text = text
        self.layer = layer
        self.prefixes: dict[str, str] = {}
        self.at = 0
        self.tokens = list(self._scan())

    def _scan(self) -> Iterator[tuple[str, str, int]]:
        position = 0
        while position < len(self.text):
            match = _TOKEN.match(self.text, position)
            if match is None:
                raise _refuse(self.path, f"{self.text[position]!r} is not understood")
            kind = match.lastgroup or ""
            if kind not in ("space", "comment"):
                yield kind, match[0], position
            position = match.end()

    def read(self) -> CheckedRule:
        while self._word() == "PREFIX":
            self._take("PREFIX")
            name, namespace = self._next(), self._next()
            self.prefixes[name[1][:-1]] = namespace[1][1:-1]
        prologue = self.text[: self._position()]
        self._take("CONSTRUCT")
        self._take("{")
        template = self._triples()
        self._take("}")
        self._take("WHERE")
        branches = self._group()
        if self.at != len(self.tokens):
            raise _refuse(self.path, f"{self._next()[1]!r} after the WHERE part")
        return CheckedRule(self.path.stem, self.layer, self.text, prologue, template, branches)

    def _next(self) -> tuple[str, str, int]:
        if self.at >= len(self.tokens):
            raise _refuse(self.path, "it ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def _word(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def _position(self) -> int:
        return self.tokens[self.at][2] if self.at < len(self.tokens) else len(self.text)

    def _take(self, *words: str) -> None:
        for word in words:
            found = self._next()[1]
            if found != word:
                raise _refuse(self.path, f"{found!r} where {word!r} should stand")

    def _group(self) -> tuple[Branch, ...]:
        """Read ``{ ... }`` into its alternatives."""
        self._take("{")
        branches: tuple[Branch, ...] = (Branch(),)
        while self._word() != "}":
            found = self._element()
            branches = tuple(a.join(b) for a, b in itertools.product(branches, found))
            if self._word() == ".":
                self._take(".")
        self._take("}")
        return branches

    def _element(self) -> tuple[Branch, ...]:
        word, start = self._word(), self.at
        if word == "{":
            branches = self._group()
            while self._word() == "UNION":
                self._take("UNION")
                branches += self._group()
            return branches
        found = Branch()
        if word == "FILTER":
            self._take("FILTER")
            if self._word() == "NOT":
                found = Branch(absences=(self._absence(),))
            else:
                self._skip("(", ")")
        elif word == "VALUES":
            self._take("VALUES")
            self._next()
            self._skip("{", "}")
        elif word == "BIND":
            self._take("BIND")
            self._skip("(", ")")
        else:
            found = Branch(self._triples(1))
        return (replace(found, pieces=self._pieces(start)),)

    def _pieces(self, start: int) -> tuple[str, ...]:
        return tuple(token[1] for token in self.tokens[start : self.at])

    def _absence(self) -> Absence:
        self._take("NOT", "EXISTS")
        start = self.at
        inner = self._group()
        if any(branch.absences for branch in inner):
            raise _refuse(self.path, "NOT EXISTS inside NOT EXISTS")
        return Absence(tuple(branch.atoms for branch in inner), self._pieces(start))

    def _skip(self, opening: str, closing: str) -> None:
        """Pass over a balanced part, which only Oxigraph reads."""
        self._take(opening)
        depth = 1
        while depth:
            word = self._next()[1]
            if word in ("EXISTS", "SELECT"):
                raise _refuse(self.path, f"{word} inside an expression")
            depth += (word == opening) - (word == closing)

    def _triples(self, most: int = 1_000) -> tuple[Pattern, ...]:
        found: list[Pattern] = []
        while self._word() != "}" and len(found) < most:
            found.append((self._term(), self._term(), self._term()))
            if self._word() == ".":
                self._take(".")
        return tuple(found)

    def _term(self) -> Term | ox.Variable:
        kind, word, _ = self._next()
        if kind == "variable":
            return ox.Variable(word[1:])
        if kind == "iri":
            return ox.NamedNode(word[1:-1])
        if kind == "word" and word == "a":
            return TYPE
        if kind == "name" and word.partition(":")[0] in self.prefixes:
            prefix, _, local = word.partition(":")
            return ox.NamedNode(self.prefixes[prefix] + local)
        if kind == "word" and word in ("true", "false"):
            return ox.Literal(word == "true")
        if kind == "text" and word.endswith('"') and "\\" not in word:
            return ox.Literal(word[1:-1])
        raise _refuse(self.path, f"the term {word!r} is not understood")
