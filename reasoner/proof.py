"""A proof: an acyclic slice of the derivations, from a conclusion down to what it rests on.

Leaves are facts of the record, or of what is only supposed to stand in it, and statements of the
ontology. As RDF a proof is plain PROV-O,
one statement node for each statement, so that any SPARQL engine can walk it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

from .derivation import Derivation, Derivations
from .knowledge import Graph
from .namespaces import (
    BIBO,
    DATE,
    EO,
    EXPRESSION,
    GATE,
    MARROW,
    OWL,
    PROV,
    RDF,
    SUPPOSED,
    TYPE,
    iri,
    local_name,
    marrow,
    shorten,
)
from .quantity import escape
from .rule import Atom

Leaf = Literal["record", "knowledge", "supposed"]
Quad = tuple[str, str, str, str]
"""A triple and the named graph it stands in."""


class Teller(Protocol):
    """Who can put a proof in words and draw it: the assessment that it was made from."""

    def proof_html(self, proof: Proof) -> str | None:
        """Return the proof as HTML, if there is a display."""

    def proof_svg(self, proof: Proof) -> str | None:
        """Return the proof as a picture that stands alone, if there is a display."""


PROOF = MARROW + "proof/"
"""Where proofs get their names."""


@dataclass(frozen=True, repr=False)
class Proof:
    """One derivation for each inferred statement that the conclusion needs.

    ``steps`` come in an order in which every premise stands before it is used; ``leaves`` maps
    each statement that is not derived to where it comes from; ages and days are ``as_of``.
    ``knowledge`` says, by predicate, the version and status of the knowledge, and what a proof is
    not.
    """

    conclusion: Atom
    steps: tuple[Derivation, ...]
    leaves: dict[Atom, Leaf]
    as_of: date
    knowledge: tuple[tuple[str, str], ...] = ()
    told_by: Teller | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        said = " ".join(map(shorten, self.conclusion))
        return f"<Proof of {said}: {len(self.steps)} steps, as of {self.as_of}>"

    def _repr_html_(self) -> str | None:
        return self.told_by.proof_html(self) if self.told_by else None

    def _repr_svg_(self) -> str | None:
        return self.told_by.proof_svg(self) if self.told_by else None

    @property
    def iri(self) -> str:
        """The name of the proof, made from its conclusion."""
        return proof_name(self.conclusion)

    def step_of(self, fact: Atom) -> Derivation | None:
        """Return the step that concludes a statement, if one does."""
        return next((s for s in self.steps if s.conclusion == fact), None)


def _origin(fact: Atom, derivations: Derivations) -> Leaf:
    if fact not in derivations.given:
        return "knowledge"
    return "supposed" if any(t.startswith(f"<{SUPPOSED}") for t in fact) else "record"


def proof_name(conclusion: Atom) -> str:
    """Return the name of the proof of a statement."""
    return f"<{PROOF}{hashlib.sha256(repr(conclusion).encode()).hexdigest()[:20]}>"


def said_of(graph: Graph) -> tuple[tuple[str, str], ...]:
    """Return what every proof says of the knowledge: its version, its status and its notice."""
    root = f"<{MARROW}>"
    return tuple((said, term) for said, stated in _KNOWLEDGE
                 if (term := graph.object(root, stated)) is not None)


_KNOWLEDGE = (
    (iri(PROV, "wasDerivedFrom"), iri(OWL, "versionIRI")),
    (iri(BIBO, "status"), iri(BIBO, "status")),
    (marrow("notice"), marrow("notice")),
)
"""What a proof says of the knowledge, and what the root of the ontology says for it."""


def prove(derivations: Derivations, conclusion: Atom, through: Iterable[Atom] = ()) \
        -> Proof | None:
    """Return a proof of a statement, or None if it does not hold.

    It is a shortest one, but leads through the first of some statements that the conclusion can be
    derived from, if there is one.
    """
    if not derivations.of(conclusion) and conclusion not in derivations.given:
        return None
    paths = (_towards(derivations, conclusion, fact) for fact in through)
    path: dict[Atom, Derivation] = next(filter(None, paths), {})
    return _along(derivations, conclusion, path) or _along(derivations, conclusion, {})


def _along(derivations: Derivations, conclusion: Atom, path: dict[Atom, Derivation]) \
        -> Proof | None:
    """Return the proof by the derivations of a path and shortest ones; None if it is a circle."""
    steps: dict[Atom, Derivation] = {}
    leaves: dict[Atom, Leaf] = {}
    stack: list[tuple[Atom, bool]] = [(conclusion, False)]
    done: set[Atom] = set()
    inside: set[Atom] = set()
    while stack:
        fact, ready = stack.pop()
        if fact in done:
            continue
        step = path.get(fact) or derivations.shortest(fact)
        if step is None:
            leaves[fact] = _origin(fact, derivations)
            done.add(fact)
        elif ready:
            steps[fact] = step
            done.add(fact)
        elif fact in inside:
            return None
        else:
            inside.add(fact)
            stack.append((fact, True))
            stack.extend((p, False) for p in step.premises)
    return Proof(conclusion, tuple(steps.values()), leaves, derivations.as_of)


def _towards(derivations: Derivations, conclusion: Atom, through: Atom) -> dict[Atom, Derivation]:
    """Return the fewest derivations that lead from one statement to another about the same thing.

    Between them are only statements of the same subject and object, such as the outcome of an
    intervention, its exclusion and the reason for that.
    """
    found: dict[Atom, dict[Atom, Derivation]] = {conclusion: {}}
    waiting = [conclusion]
    for fact in waiting:
        if fact == through:
            return found[fact]
        for derivation in derivations.of(fact):
            for premise in derivation.premises:
                if premise not in found and (premise[0], premise[2]) == (fact[0], fact[2]):
                    found[premise] = {**found[fact], fact: derivation}
                    waiting.append(premise)
    return {}


def is_technical(fact: Atom) -> bool:
    """Tell whether a statement only says that something is in an unnamed class expression."""
    s, _, o = fact
    return o.startswith(f"<{EXPRESSION}") or s.startswith(f"<{EXPRESSION}")


def plain_statement(fact: Atom, graph: Graph) -> Atom:
    """Return what membership of a has-value restriction says, or the statement itself."""
    s, p, o = fact
    if p == TYPE and o.startswith(f"<{EXPRESSION}"):
        value = graph.object(o, iri(OWL, "hasValue"))
        relation = graph.object(o, iri(OWL, "onProperty"))
        if value is not None and relation is not None:
            return (s, relation, value)
    return fact


def visible_premises(steps: dict[Atom, Derivation], step: Derivation, graph: Graph) \
        -> Iterator[Atom]:
    """Yield the premises of a step that a reader needs, looking through unnamed expressions.

    Args:
        steps: the steps of the proof by conclusion.
        step: the step whose premises are wanted.
        graph: the static knowledge, which says what an expression stands for.
    """
    own = plain_statement(step.conclusion, graph)
    stack, seen = list(reversed(step.premises)), set[Atom]()
    while stack:
        fact = stack.pop()
        if fact in seen:
            continue
        seen.add(fact)
        plain = plain_statement(fact, graph)
        if not is_technical(plain) and plain != own:
            yield fact
        elif fact in steps:
            stack.extend(reversed(steps[fact].premises))


def folded_steps(steps: dict[Atom, Derivation], step: Derivation, graph: Graph) \
        -> Iterator[Derivation]:
    """Yield a step and the steps on unnamed expressions that a reader sees as part of it."""
    own = plain_statement(step.conclusion, graph)
    stack, seen = [step], set[Atom]()
    while stack:
        current = stack.pop()
        yield current
        for fact in current.premises:
            plain = plain_statement(fact, graph)
            if fact in steps and fact not in seen and (is_technical(plain) or plain == own):
                seen.add(fact)
                stack.append(steps[fact])


def statement_iri(fact: Atom) -> str:
    """Return the name of the node that stands for a statement."""
    return f"<{MARROW}statement/{hashlib.sha256(repr(fact).encode()).hexdigest()[:20]}>"


def proof_quads(proof: Proof) -> list[Quad]:
    """Return a proof as quads in a named graph of its own.

    Source: PROV-O (prov:Entity, prov:Activity, prov:used, prov:wasGeneratedBy) and the Explanation
    Ontology (eo:TraceBasedExplanation).
    """
    graph = proof.iri
    triples: list[Atom] = [
        (graph, TYPE, iri(EO, "TraceBasedExplanation")),
        (graph, TYPE, iri(PROV, "Entity")),
        *((graph, *said) for said in proof.knowledge),
        (graph, marrow("proves"), statement_iri(proof.conclusion)),
        (graph, marrow("asOf"), f'"{proof.as_of}"^^<{DATE}>'),
    ]
    for fact in {proof.conclusion, *proof.leaves, *(s.conclusion for s in proof.steps)}:
        node = statement_iri(fact)
        triples += [
            (node, TYPE, iri(RDF, "Statement")),
            (node, iri(RDF, "subject"), fact[0]),
            (node, iri(RDF, "predicate"), fact[1]),
            (node, iri(RDF, "object"), fact[2]),
        ]
    for fact, origin in proof.leaves.items():
        triples.append((statement_iri(fact), marrow("restsOn"), marrow(f"{origin}Statement")))
    for step in proof.steps:
        node = step.iri
        kind = "Computation" if step.rule.startswith(f"<{GATE}") else "RuleApplication"
        triples += [
            (node, TYPE, iri(PROV, "Activity")),
            (node, TYPE, marrow(kind)),
            (node, marrow("appliedRule"), step.rule),
            (statement_iri(step.conclusion), iri(PROV, "wasGeneratedBy"), node),
        ]
        triples += [(node, iri(PROV, "used"), statement_iri(p)) for p in step.premises]
        triples += [
            (node, marrow("absence"), f'"{escape(pattern_text(pattern))}"')
            for pattern in step.absences
        ]
    return [(*triple, graph) for triple in triples]


def pattern_text(pattern: tuple[Atom, ...]) -> str:
    """Return an absence pattern as readable SPARQL-like text."""
    return " . ".join(" ".join(shorten(term) for term in atom) for atom in pattern)


def rule_name(derivation: Derivation) -> str:
    """Return the file name of the rule, or the name of the computation, behind a step."""
    return local_name(derivation.rule)
