"""The shipped knowledge as a checker reads it, and what follows from it on Oxigraph.

Nothing of the engine is used: the ontology is parsed again, its unnamed class expressions get
their names again, and every rule file runs as the SPARQL it is.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from ..errors import KnowledgeError
from ..namespaces import BIBO, DECIMAL, EXPRESSION, INTEGER, MARROW, OWL, PROV, SH
from .rules import EVERY_LAYER, CheckedRule, Term, read_rule

Node = ox.NamedNode | ox.BlankNode
Triple = tuple[Node, ox.NamedNode, Term]
_FACTS = ox.NamedNode("urn:marrow:facts")


@dataclass(frozen=True)
class Library:
    """The ontology as it is written, and the rules by the names of their files."""

    root: Path
    stated: frozenset[Triple]
    rules: dict[str, CheckedRule]

    def with_knowledge(self, triples: Iterable[Triple]) -> Library:
        """Return the rules of this library with another ontology, such as a site's."""
        return Library(self.root, frozenset((s, p, plain_term(o)) for s, p, o in triples),
                       self.rules)

    @cached_property
    def root_said(self) -> frozenset[tuple[str, Term]]:
        """What a proof from this knowledge has to say of it, as its root says it."""
        as_proofs_say = {OWL + "versionIRI": PROV + "wasDerivedFrom",
                         BIBO + "status": BIBO + "status", MARROW + "notice": MARROW + "notice"}
        return frozenset((as_proofs_say[p.value], o) for s, p, o in self.stated
                         if s.value == MARROW and p.value in as_proofs_say)

    @cached_property
    def record_terms(self) -> tuple[frozenset[Term], frozenset[Term]]:
        """The classes and the predicates that a patient's record may use, from its shapes."""
        quads = list(ox.parse(path=str(self.root / "shapes" / "patient.ttl"),
                              format=ox.RdfFormat.TURTLE))
        classes, predicates = (
            frozenset(plain_term(q.object) for q in quads if q.predicate.value == SH + name)
            for name in ("targetClass", "path")
        )
        return classes, predicates

    @cached_property
    def layers(self) -> tuple[tuple[CheckedRule, ...], ...]:
        """The rules of each layer; those of every layer belong to each."""
        last = max(rule.layer for rule in self.rules.values())
        return tuple(
            tuple(r for r in self.rules.values() if r.layer in (number, EVERY_LAYER))
            for number in range(1, last + 1)
        )

    @cached_property
    def closed(self) -> frozenset[Triple]:
        """The ontology with everything that follows from it before any patient."""
        store = filled(self.stated)
        self._run(store, dict.fromkeys(self.rules, True))
        return triples_of(store)

    @cached_property
    def _closed_store(self) -> ox.Store:
        return filled(self.closed)

    def with_closure(self, facts: Iterable[Triple]) -> ox.Store:
        """Return a store of the closed ontology and some facts, with nothing more inferred.

        The store is the same one each time, and only the latest facts are in it, in a graph of
        their own.
        """
        store = self._closed_store
        store.clear_graph(_FACTS)
        store.extend(ox.Quad(*triple, _FACTS) for triple in facts)
        return store

    def follow(self, facts: Iterable[Triple]) -> ox.Store:
        """Return a store of everything that follows from some facts, layer by layer."""
        store = filled(self.closed)
        stale = dict.fromkeys(self.rules, False)
        self._add(store, facts, stale)
        self._run(store, stale)
        return store

    def _run(self, store: ox.Store, stale: dict[str, bool]) -> None:
        """Run the layers, each until nothing is new.

        A rule runs again only when something was added that its patterns can match: another run
        could find nothing else.
        """
        for rules in self.layers:
            while waiting := [rule for rule in rules if stale[rule.name]]:
                for rule in waiting:
                    stale[rule.name] = False
                    found = store.query(rule.construct)
                    assert isinstance(found, ox.QueryTriples)
                    self._add(store, set(map(triple_of, found)), stale)

    def _add(self, store: ox.Store, facts: Iterable[Triple], stale: dict[str, bool]) -> None:
        new = [quad for triple in facts if (quad := ox.Quad(*triple)) not in store]
        store.extend(new)
        keys = {key for q in new for key in ((q.predicate, None), (q.predicate, q.object))}
        for name, rule in self.rules.items() if new else ():
            stale[name] |= None in rule.reads or not keys.isdisjoint(rule.reads)


def filled(*parts: Iterable[Triple]) -> ox.Store:
    """Return a store of some triples."""
    store = ox.Store()
    for part in parts:
        store.bulk_extend(ox.Quad(*triple) for triple in part)
    return store


def triples_of(store: ox.Store) -> frozenset[Triple]:
    """Return the triples of a store, literals in the spelling that Oxigraph gives them."""
    return frozenset(map(triple_of, store))


def triple_of(found: ox.Quad | ox.Triple) -> Triple:
    """Return what a quad or triple says; knowledge and records say nothing about triples."""
    assert isinstance(found.subject, Node)
    assert isinstance(found.object, Term)
    return found.subject, found.predicate, found.object


def read_library(root: Path) -> Library:
    """Read the ontology and rules below a root folder.

    Raises:
        KnowledgeError: a file does not parse, or a rule says something not known here.
    """
    written: list[Triple] = []
    for path in sorted((root / "ontology").rglob("*.ttl")):
        try:
            quads = list(ox.parse(path=str(path), format=ox.RdfFormat.TURTLE))
        except SyntaxError as error:
            raise KnowledgeError("turtle-syntax", where=path.name, what=str(error),
                                 fix="mend the file") from error
        written += name_expressions(list(map(triple_of, quads)))
    rules = {
        path.stem: read_rule(path)
        for folder in ("entailment", "rules")
        for path in sorted((root / "queries" / folder).glob("*.rq"))
    }
    return Library(root, frozenset((s, p, plain_term(o)) for s, p, o in written), rules)


def name_expressions(triples: list[Triple]) -> list[Triple]:
    """Name the blank nodes of class expressions by their content, as proofs name them."""
    outgoing: dict[Term, list[tuple[str, Term]]] = defaultdict(list)
    for s, p, o in triples:
        if isinstance(s, ox.BlankNode):
            outgoing[s].append((str(p), o))
    names: dict[Term, str] = {}

    def name(node: Term) -> str:
        if not isinstance(node, ox.BlankNode):
            return term_text(node)
        if node not in names:
            names[node] = ""
            content = sorted((p, name(o)) for p, o in outgoing[node])
            digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
            names[node] = f"<{EXPRESSION}{digest}>"
        return names[node]

    nodes = {t for s, _, o in triples for t in (s, o) if isinstance(t, ox.BlankNode)}
    named: dict[Term, ox.NamedNode] = {node: ox.NamedNode(name(node)[1:-1]) for node in nodes}
    return [(named.get(s, s), p, named.get(o, o)) for s, p, o in triples]


def plain_term(node: object) -> Term:
    """Return a term with a number in its one plain spelling.

    Raises:
        ValueError: it is a triple and no term.
    """
    if not isinstance(node, Term):
        raise ValueError("a triple where a term should stand")
    number = decimal_of(node)
    if number is not None and isinstance(node, ox.Literal):
        return ox.Literal(plain_number(number), datatype=node.datatype)
    return node


def term_text(node: Term) -> str:
    """Return a term as N-Triples text, numbers in their one plain spelling."""
    number = decimal_of(node)
    if number is not None and isinstance(node, ox.Literal):
        return f'"{plain_number(number)}"^^<{node.datatype.value}>'
    return str(node)


def decimal_of(node: Term) -> Decimal | None:
    """Return the number of a decimal or integer literal, None for any other term."""
    if not isinstance(node, ox.Literal) or node.datatype.value not in (DECIMAL, INTEGER):
        return None
    try:
        number = Decimal(node.value)
    except InvalidOperation:
        return None
    plain = set(node.value) <= set("+-.0123456789")
    return number if plain and number.is_finite() else None


def plain_number(number: Decimal) -> str:
    """Return a number without exponent, trailing zeros or a negative zero."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
