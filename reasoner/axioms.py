"""Cut from the ontology what can bear on a question, as OWL reasoners want it.

A reasoner for OWL 2 DL reads class expressions as blank nodes and knows nothing of annotations.
Which criteria a patient meets depends only on the criteria, on the properties that they read or
conclude and what those follow from, and on the thresholds. The tree of kinds as classes and what
rows and links say are left out: they use none of those properties.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .namespaces import EQUIVALENT, EXPRESSION, OWL, RDF, RDFS, SUBCLASS, TYPE, XSD, iri, marrow
from .rule import Atom
from .taxonomy import read_files

_VOCABULARY = tuple(f"<{namespace}" for namespace in (OWL, RDF, RDFS, XSD))
_CHAIN = iri(OWL, "propertyChainAxiom")
_ON = iri(OWL, "onProperty")
_SUBPROPERTY = iri(RDFS, "subPropertyOf")
_VALUE = iri(OWL, "hasValue")
_BUILT_IN_ANNOTATIONS = frozenset(
    {iri(RDFS, name) for name in ("comment", "isDefinedBy", "label", "seeAlso")}
    | {iri(OWL, name) for name in ("imports", "versionIRI", "versionInfo")}
)


@dataclass(frozen=True)
class Statements:
    """The triples of an ontology, its class expressions blank nodes."""

    triples: frozenset[Atom]

    @cached_property
    def by_subject(self) -> dict[str, list[tuple[str, str]]]:
        """The predicates and objects of each subject."""
        index: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for s, p, o in self.triples:
            index[s].append((p, o))
        return index

    @cached_property
    def logical(self) -> set[Atom]:
        """The statements that are no annotation."""
        annotations = _BUILT_IN_ANNOTATIONS | self.typed(iri(OWL, "AnnotationProperty"))
        return {t for t in self.triples if t[1] not in annotations}

    def typed(self, *classes: str) -> set[str]:
        """Return what is typed by any of some classes."""
        return {s for s, p, o in self.triples if p == TYPE and o in classes}


def read_statements(root: Path) -> Statements:
    """Read the ontology below a root folder, its class expressions left as blank nodes.

    Raises:
        KnowledgeError: a file does not parse.
    """
    return Statements(frozenset(
        (str(q.subject), str(q.predicate), str(q.object))
        for _, quads in read_files(root) for q in quads
    ))


def criteria_of(statements: Statements) -> set[str]:
    """Return the named criteria."""
    return statements.typed(marrow("Criterion"))


def conclusions_of(statements: Statements, facts: Iterable[Atom]) -> dict[str, set[str]]:
    """Return the properties that criteria conclude, each with every value it could come to have.

    The values are those that any criterion concludes, that a fact gives, or that stand at the end
    of a property which the property follows from; more than can follow, and never fewer.
    """
    criteria = criteria_of(statements)
    restrictions = {node: dict(statements.by_subject[node])
                    for node in statements.typed(iri(OWL, "Restriction"))}
    concluded = {restrictions[o][_ON] for s, p, o in statements.triples
                 if s in criteria and p == SUBCLASS and o in restrictions}
    narrower = _narrower(statements)
    given = list(statements.triples) + list(facts)
    values = {}
    for name in concluded:
        sources = _closure({name}, narrower)
        values[name] = {o for _, p, o in given if p in sources} | {
            node[_VALUE] for node in restrictions.values()
            if node[_ON] in sources and _VALUE in node}
    return values


def module_of(statements: Statements, facts: Iterable[Atom]) -> set[Atom]:
    """Return the statements and facts that bear on which criteria an individual meets."""
    properties = _properties(statements)
    classes = _classes(statements, criteria_of(statements))
    kept = set()
    for s, p, o in statements.logical:
        if p == TYPE:
            if (o != iri(OWL, "Class") or s in classes) and o.startswith(_VOCABULARY):
                kept.add((s, p, o))
        elif s.startswith("_:") or p in properties or (p.startswith(_VOCABULARY) and (
                s in classes or p not in (SUBCLASS, EQUIVALENT))):
            kept.add((s, p, o))
    return kept | {
        (s, p, o) for s, p, o in facts
        if not any(term.startswith(f"<{EXPRESSION}") for term in (s, p, o))
        and (p in properties or (p == TYPE and o in classes))
    }


def sufficient_only(module: set[Atom], criteria: set[str]) -> set[Atom]:
    """Return a module that says what a criterion follows from and not what follows from it."""
    return {
        (o, SUBCLASS, s) if p == EQUIVALENT and s in criteria else (s, p, o)
        for s, p, o in module
    }


def _properties(statements: Statements) -> set[str]:
    """Return the properties that class expressions use, and those that they follow from."""
    used = {o for _, p, o in statements.triples if p == _ON}
    return _closure(used, _narrower(statements))


def _narrower(statements: Statements) -> dict[str, set[str]]:
    """Return for each property those that it follows from: sub-properties and links of chains."""
    narrower: dict[str, set[str]] = defaultdict(set)
    for s, p, o in statements.triples:
        if p == _SUBPROPERTY:
            narrower[o].add(s)
        elif p == _CHAIN:
            narrower[s] |= set(_members(statements, o))
    return narrower


def _closure(start: set[str], next_to: dict[str, set[str]]) -> set[str]:
    """Return what can be reached from a start, the start included."""
    found = set(start)
    waiting = list(found)
    while waiting:
        new = next_to.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def _members(statements: Statements, node: str) -> Iterable[str]:
    """Yield the members of a list."""
    while node in statements.by_subject:
        about = dict(statements.by_subject[node])
        yield about[iri(RDF, "first")]
        node = about[iri(RDF, "rest")]


def _classes(statements: Statements, criteria: set[str]) -> set[str]:
    """Return the criteria with the classes and thresholds that their axioms reach."""
    found = set(criteria) | statements.typed(iri(RDFS, "Datatype"))
    found |= {o for _, p, o in statements.triples
              if p in (iri(RDFS, "domain"), iri(RDFS, "range"))}
    classes = statements.typed(iri(OWL, "Class"))
    waiting = list(found)
    seen = set(found)
    while waiting:
        for p, o in statements.by_subject.get(waiting.pop(), ()):
            # A value is an individual there, even where it is a class elsewhere.
            reached = p.startswith(_VOCABULARY) and p not in (TYPE, _VALUE)
            if reached and o not in seen and (o.startswith("_:") or o in classes):
                seen.add(o)
                waiting.append(o)
                found.add(o)
    return found
