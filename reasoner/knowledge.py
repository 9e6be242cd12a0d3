"""Find and read what is true in general: the ontology, the rules and the shapes.

A file is a named graph. Blank nodes of class expressions get names made from their content, so
that equal expressions are one expression and a proof can name each of them.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .errors import KnowledgeError, UsageError
from .namespaces import (
    DEFINITION,
    EXPRESSION,
    LABEL,
    MARROW,
    NIL,
    OWL,
    RDF,
    SH,
    SKOS,
    SUBCLASS,
    TYPE,
    iri,
    local_name,
    marrow,
)
from .quantity import canonical_literal, literal_parts, number_of, text_of
from .rule import Atom, RuleFile, read_rule_file

FOLDERS = ("ontology", "queries", "shapes")
_ALTERNATIVE = iri(SKOS, "altLabel")


@dataclass(frozen=True)
class Graph:
    """An immutable set of triples with the two look-ups that readers of knowledge need."""

    triples: frozenset[Atom]

    @cached_property
    def _by_subject(self) -> dict[tuple[str, str], list[str]]:
        index: dict[tuple[str, str], list[str]] = defaultdict(list)
        for s, p, o in sorted(self.triples):
            index[s, p].append(o)
        return index

    @cached_property
    def _by_object(self) -> dict[tuple[str, str], list[str]]:
        index: dict[tuple[str, str], list[str]] = defaultdict(list)
        for s, p, o in sorted(self.triples):
            index[p, o].append(s)
        return index

    def objects(self, subject: str, predicate: str) -> list[str]:
        """Return the objects of a subject and predicate, sorted."""
        return self._by_subject.get((subject, predicate), [])

    def object(self, subject: str, predicate: str) -> str | None:
        """Return the first object of a subject and predicate, if any."""
        found = self.objects(subject, predicate)
        return found[0] if found else None

    def subjects(self, predicate: str, value: str) -> list[str]:
        """Return the subjects of a predicate and object, sorted."""
        return self._by_object.get((predicate, value), [])

    def text(self, subject: str, predicate: str) -> str | None:
        """Return the first object as plain text, if any."""
        found = self.object(subject, predicate)
        return text_of(found) if found is not None else None

    def number(self, subject: str, predicate: str) -> float | None:
        """Return the first object as a number for ordering, if it is one."""
        found = self.object(subject, predicate)
        value = number_of(found) if found is not None else None
        return float(value) if value is not None else None

    def members(self, node: str) -> list[str]:
        """Return the members of an RDF list in order; none for what is no list."""
        found, seen = [], {NIL, ""}
        while node not in seen:
            seen.add(node)
            found += self.objects(node, iri(RDF, "first"))[:1]
            node = self.object(node, iri(RDF, "rest")) or ""
        return found

    def label(self, term: str) -> str:
        """Return the label of a term, or its local name."""
        return self.text(term, LABEL) or local_name(term)

    def called(self, terms: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield the local name of each term with each thing it is called."""
        for term in terms:
            name = local_name(term)
            yield name, name
            for predicate in (LABEL, _ALTERNATIVE):
                yield from ((name, text_of(label)) for label in self.objects(term, predicate))

    def named(self, wanted: str) -> str:
        """Return the term of an IRI, a local name, a label or an alternative label.

        A label is looked for among kinds first, so that a criterion or claim in the words of a
        kind does not make the kind ambiguous. What is no name gets the term that it would have.

        Raises:
            UsageError: several terms are called so; the message names them.
        """
        if "://" in wanted or wanted.startswith("urn:"):
            return f"<{wanted}>"
        term = marrow(wanted.removeprefix("marrow:"))
        if self.objects(term, TYPE):
            return term
        for names in self._labels:
            found = names.get(_as_called(wanted), ())
            if len(found) > 1:
                raise UsageError("ambiguous-name", what=f"{wanted[:60]!r} can mean several things",
                                 fix=f"write {' or '.join(map(local_name, found))}")
            if found:
                return found[0]
        return term

    @cached_property
    def _labels(self) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
        """What each label may mean, in one spelling: among the kinds, and among all else."""
        kinds = {s for c in (marrow("Kind"), *self.subjects(SUBCLASS, marrow("Kind")))
                 for s in self.subjects(TYPE, c)}
        found: tuple[dict[str, set[str]], ...] = (defaultdict(set), defaultdict(set))
        for s, p, o in self.triples:
            if p in (LABEL, _ALTERNATIVE) and s.startswith(f"<{MARROW}"):
                found[s not in kinds][_as_called(text_of(o))].add(s)
        among, beside = ({words: tuple(sorted(terms)) for words, terms in names.items()}
                         for names in found)
        return among, beside

    def definition(self, term: str) -> str | None:
        """Return the one-sentence definition of a term, if it has one."""
        return self.text(term, DEFINITION)


def _as_called(label: str) -> str:
    """Return a label as labels are compared: in lower case, with single spaces."""
    return " ".join(label.lower().split())


@dataclass(frozen=True)
class Knowledge:
    """Everything read from the knowledge folders, as it was written.

    ``homes`` maps the subject of each named term to the file it stands in, relative to the
    knowledge folder.
    """

    root: Path
    graph: Graph
    rule_files: tuple[RuleFile, ...]
    homes: dict[str, str] = field(repr=False)
    fingerprint: str

    @property
    def version(self) -> str:
        """The version of the ontology as its root file gives it."""
        return self.graph.text(f"<{MARROW}>", iri(OWL, "versionInfo")) or "0"

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """What a patient graph may say, as the patient shapes list it."""
        return read_vocabulary(self.root / "shapes" / "patient.ttl")


@dataclass(frozen=True)
class Vocabulary:
    """The classes and, for each class, the predicates that a patient graph may use."""

    predicates: dict[str, frozenset[str]]

    @property
    def classes(self) -> frozenset[str]:
        """The record classes and the patient class."""
        return frozenset(self.predicates)

    @cached_property
    def all_predicates(self) -> frozenset[str]:
        """Every predicate allowed on any class, without rdf:type."""
        return frozenset().union(*self.predicates.values())


def find_root() -> Path:
    """Return the folder that holds ontology/, queries/ and shapes/.

    The packaged copy wins; in a source tree the folders stand beside the package.

    Raises:
        KnowledgeError: neither is there.
    """
    package = Path(__file__).resolve().parent
    for root in (package / "knowledge_files", package.parent):
        if all((root / folder).is_dir() for folder in FOLDERS):
            return root
    raise KnowledgeError(
        "knowledge-not-found", where=str(package), what="the knowledge files are missing",
        fix="install the package again",
    )


def read_knowledge(root: Path | None = None) -> Knowledge:
    """Read every ontology and rule file below a root folder.

    Raises:
        KnowledgeError: a file does not parse, or a rule is outside the rule form.
    """
    root = root or find_root()
    paths = sorted((root / "ontology").rglob("*.ttl"))
    triples: set[Atom] = set()
    homes: dict[str, str] = {}
    for path in paths:
        found = read_turtle(path)
        triples |= found
        name = path.relative_to(root).as_posix()
        homes.update({s: name for s, p, _ in found if p == TYPE and s.startswith(f"<{MARROW}")})
    rules = tuple(
        read_rule_file(path)
        for folder in ("entailment", "rules")
        for path in sorted((root / "queries" / folder).glob("*.rq"))
    )
    return Knowledge(root, Graph(frozenset(triples)), rules, homes, fingerprint(root))


def fingerprint(root: Path) -> str:
    """Return a hash of every file that reasoning depends on, the package's own code included."""
    package = Path(__file__).resolve().parent
    named = {p.relative_to(root).as_posix(): p
             for folder in FOLDERS for p in (root / folder).rglob("*") if p.is_file()}
    named |= {f"reasoner/{p.name}": p for p in package.glob("*.py")}
    digest = hashlib.sha256()
    for name, path in sorted(named.items()):
        digest.update(name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def read_turtle(path: Path) -> set[Atom]:
    """Read one Turtle file of knowledge, naming its blank nodes by content."""
    import pyoxigraph as ox

    try:
        quads = list(ox.parse(path=str(path), format=ox.RdfFormat.TURTLE))
    except SyntaxError as error:
        raise KnowledgeError("turtle-syntax", where=path.name, what=str(error),
                             fix="mend the file") from error
    return name_blank_nodes((term_of(q.subject), term_of(q.predicate), term_of(q.object))
                            for q in quads)


def term_of(node: object) -> str:
    """Return a pyoxigraph node as a term; numbers in their canonical spelling."""
    text = str(node)
    if text.startswith('"') and "^^" in text:
        lexical, datatype, language = literal_parts(text)
        return canonical_literal(lexical, datatype, language)
    return text


def name_blank_nodes(triples: Iterable[Atom]) -> set[Atom]:
    """Replace the blank nodes of tree-shaped expressions by names made from their content."""
    triples = set(triples)
    outgoing: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for s, p, o in triples:
        if s.startswith("_:"):
            outgoing[s].append((p, o))
    names: dict[str, str] = {}

    def name(node: str) -> str:
        if not node.startswith("_:"):
            return node
        if node not in names:
            names[node] = ""
            content = sorted((p, name(o)) for p, o in outgoing[node])
            digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
            names[node] = f"<{EXPRESSION}{digest}>"
        return names[node]

    return {(name(s), p, name(o)) for s, p, o in triples}


def read_vocabulary(path: Path) -> Vocabulary:
    """Read from the patient shapes which predicates each class may carry.

    Source: SHACL, section 2.1.3.1 (class targets) and 4.8.1 (closed shapes).
    """
    graph = Graph(frozenset(read_turtle(path)))
    predicates = {}
    for shape, predicate, target in graph.triples:
        if predicate == iri(SH, "targetClass"):
            predicates[target] = frozenset(
                found
                for node in graph.objects(shape, iri(SH, "property"))
                for found in graph.objects(node, iri(SH, "path"))
            )
    return Vocabulary(predicates)


RECORD_CLASSES = marrow("Record")
"""The class whose subclasses are the record classes."""
