"""A written proof, and how it is altered: what tests of the checker share."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pyoxigraph as ox

from reasoner.assessment import Assessment
from reasoner.namespaces import (
    GATE,
    MARROW,
    PROV,
    RDF,
    RULE,
    XSD,
)
from reasoner.proof import statement_iri
from reasoner.proofcheck import Checker, Verdict
from reasoner.proofcheck.library import Triple, plain_term, term_text
from reasoner.store import ox_term

ROOT = Path(__file__).parent.parent
EXAMPLE = "urn:marrow:example:iron-deficiency"
DAY = ox.NamedNode(XSD + "date")
DECIMAL = ox.NamedNode(XSD + "decimal")
INTEGER = ox.NamedNode(XSD + "integer")


def m(local: str) -> ox.NamedNode:
    return ox.NamedNode(MARROW + local)


def number(text: str, datatype: ox.NamedNode = DECIMAL) -> ox.Literal:
    return ox.Literal(text, datatype=datatype)


def record_of(found: Assessment) -> list[Triple]:
    return [(ox_term(s), ox_term(p), ox_term(o)) for s, p, o in found.derivations.given]


@lru_cache
def parsed(path: Path) -> list[ox.Quad]:
    return list(ox.parse(path=str(path), format=ox.RdfFormat.TRIG))


class Altered:
    """A proof that can be altered, and is then written with names that fit what it says."""

    def __init__(self, path: Path) -> None:
        quads = parsed(path)
        self.proof = quads[0].graph_name
        self.said: dict[ox.NamedNode, dict[str, list[ox.NamedNode | ox.Literal]]] = {}
        for q in quads:
            self.add(q.subject, q.predicate.value, q.object)

    @property
    def triples(self) -> list[tuple[ox.NamedNode, str, ox.NamedNode | ox.Literal]]:
        return [(s, p, o) for s, said in self.said.items()
                for p, found in said.items() for o in found]

    def of(self, node: ox.NamedNode, predicate: str) -> list[ox.NamedNode | ox.Literal]:
        return self.said.get(node, {}).get(predicate, [])

    def statements(self) -> list[ox.NamedNode]:
        return sorted((s for s in self.said
                       if ox.NamedNode(RDF + "Statement") in self.of(s, RDF + "type")), key=str)

    def statement(self, subject: str = "", predicate: str = "", value: object = None) \
            -> ox.NamedNode:
        """The first statement with such a subject, Marrow predicate and object."""
        return next(
            node for node in self.statements()
            if (not subject or self.of(node, RDF + "subject")[0].value.endswith(subject))
            and (not predicate or self.of(node, RDF + "predicate") == [m(predicate)])
            and (value is None or self.of(node, RDF + "object") == [value])
        )

    def step(self, rule: str) -> ox.NamedNode:
        """The first step that applies a rule or computation."""
        names = [ox.NamedNode(RULE + rule), ox.NamedNode(GATE + rule)]
        return sorted((s for s in self.said
                       if any(n in self.of(s, MARROW + "appliedRule") for n in names)), key=str)[0]

    def maker(self, statement: ox.NamedNode) -> ox.NamedNode:
        (step,) = self.of(statement, PROV + "wasGeneratedBy")
        return step

    def add(self, subject: ox.NamedNode, predicate: str, value: object) -> None:
        self.said.setdefault(subject, {}).setdefault(predicate, []).append(value)

    def remove(self, subject: ox.NamedNode, predicate: str = "", value: object = None) -> None:
        for name, found in self.said[subject].items():
            if predicate in ("", name):
                found[:] = [o for o in found if value is not None and o != value]

    def put(self, subject: ox.NamedNode, predicate: str, value: object) -> None:
        self.remove(subject, predicate)
        self.add(subject, predicate, value)

    def leaf(self, subject: ox.NamedNode, predicate: str, value: object, origin: str) -> None:
        """Add a statement that rests on a record or knowledge."""
        node = m("statement/added")
        for said, found in ((RDF + "type", ox.NamedNode(RDF + "Statement")),
                            (RDF + "subject", subject),
                            (RDF + "predicate", ox.NamedNode(predicate)), (RDF + "object", value),
                            (MARROW + "restsOn", m(origin))):
            self.add(node, said, found)

    def drop_idle(self) -> None:
        """Take away what nothing uses any more."""
        used = {o for _, _, o in self.triples}
        while idle := [n for n in self.statements() if n not in used]:
            for node in idle:
                for step in self.of(node, PROV + "wasGeneratedBy"):
                    self.remove(step)
                self.remove(node)
            used = {o for _, _, o in self.triples}

    def say(self, statement: ox.NamedNode, value: object) -> None:
        self.put(statement, RDF + "object", value)

    def write(self, rename: bool = True) -> bytes:
        names: dict[object, ox.NamedNode] = {}
        for node in self.statements() if rename else ():
            parts = [self.of(node, RDF + p) for p in ("subject", "predicate", "object")]
            if all(len(p) == 1 for p in parts):
                content = tuple(term_text(plain_term(p[0])) for p in parts)
                names[node] = ox.NamedNode(statement_iri(content)[1:-1])
                if node in self.of(self.proof, MARROW + "proves"):
                    names[self.proof] = ox.NamedNode(
                        statement_iri(content)[1:-1].replace("statement/", "proof/"))
        return ox.serialize(
            [ox.Quad(names.get(s, s), ox.NamedNode(p), names.get(o, o),
                     names.get(self.proof, self.proof)) for s, p, o in self.triples],
            format=ox.RdfFormat.TRIG,
        ) or b""


def verdict(checker: Checker, proof: Altered, rename: bool = True) -> Verdict:
    return checker.check(proof.write(rename), ".trig", "proof.trig")
