"""Read a written proof: what it proves, from which statements, by which steps.

Only the form is looked at: every statement whole, every one a leaf or concluded by one step, each
step's premises before it, and nothing in the file beside them, so that nobody reads as proved what
no step concludes. Whether a step is right is decided elsewhere.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import pyoxigraph as ox

from ..errors import InputRefused, LimitReached
from ..namespaces import (
    BIBO,
    DATE,
    EO,
    GATE,
    MARROW,
    OWL,
    PREFIXES,
    PROV,
    RDF,
    RULE,
    STRING,
    shorten,
)
from .library import Triple, plain_term, term_text
from .rules import Pattern, Term

MAX_BYTES = 20_000_000
FORMATS = {
    ".trig": ox.RdfFormat.TRIG,
    ".ttl": ox.RdfFormat.TURTLE,
    ".nq": ox.RdfFormat.N_QUADS,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".jsonld": ox.RdfFormat.JSON_LD,
}
KNOWLEDGE_PARTS = {PROV + "wasDerivedFrom", BIBO + "status", MARROW + "notice"}
"""What a proof says of the knowledge that it is derived from."""
PROOF_PARTS = {RDF + "type", MARROW + "asOf", MARROW + "proves", *KNOWLEDGE_PARTS}
STATEMENT_PARTS = {
    *(RDF + part for part in ("type", "subject", "predicate", "object")),
    MARROW + "restsOn",
    PROV + "wasGeneratedBy",
}
STEP_PARTS = {RDF + "type", MARROW + "absence", MARROW + "appliedRule", PROV + "used"}
_PIECE = re.compile(r"""("(?:[^"\\]|\\.)*"(?:@[\w-]+|\^\^<[^>]*>)?)|(<[^>]*>)|(\?\w+)|(\S+)""")


class BrokenProofError(Exception):
    """The proof does not hold: where, and what is wrong there."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what


@dataclass(frozen=True)
class Step:
    """One step: a rule file or computation, what it used, what was absent, what it concludes."""

    rule: str
    computed: bool
    premises: frozenset[Triple]
    absences: frozenset[frozenset[Pattern]]
    conclusion: Triple

    @property
    def name(self) -> str:
        """What to call the step in a message."""
        return f"step {self.rule}, concluding {statement_text(self.conclusion)}"


@dataclass(frozen=True)
class WrittenProof:
    """A proof as a file says it, its steps in an order in which premises come first."""

    conclusion: Triple
    as_of: date | None
    steps: tuple[Step, ...]
    records: frozenset[Triple]
    knowledge: frozenset[Triple]
    misnamed: tuple[Triple, ...]
    """Statements whose node bears the name of another statement."""
    derived_from: frozenset[tuple[str, Term]]
    """What the proof says of the knowledge: its version, its status and what a proof is not."""

    @property
    def statements(self) -> frozenset[Triple]:
        """Every statement of the proof."""
        return self.records | self.knowledge | {step.conclusion for step in self.steps}


def statement_text(triple: tuple[object, ...]) -> str:
    """Return a statement as readable text."""
    return " ".join(shorten(str(term)) for term in triple)


def read_quads(data: bytes, suffix: str, source: str) -> tuple[list[ox.Quad], bool]:
    """Return what a file says, and whether its format can name graphs.

    Args:
        data: the file's bytes.
        suffix: the ending of the file's name, which tells the format.
        source: what to call the file in messages.

    Raises:
        InputRefused: the file does not parse.
        LimitReached: the file is larger than a proof can be.
    """
    if suffix.lower() not in FORMATS:
        raise InputRefused("format-unknown", where=source,
                           what=f"the ending {suffix!r} is not one of {', '.join(FORMATS)}",
                           fix="name the file by its format")
    if len(data) > MAX_BYTES:
        raise LimitReached("too-large", where=source, what=f"more than {MAX_BYTES} bytes",
                           fix="check one proof a file")
    form = FORMATS[suffix.lower()]
    try:
        return list(ox.parse(data, format=form)), form.supports_datasets
    except (SyntaxError, ValueError, OSError) as error:
        # the parser's words may repeat what a record says
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        raise InputRefused("does-not-parse", where=source + line, what="it is no well-formed RDF",
                           fix="write the proof again") from error


def read_proof(quads: list[ox.Quad], named: bool, source: str) -> WrittenProof:
    """Read a proof, and find nothing beside it.

    Args:
        quads: what the file says.
        named: whether its format can name graphs.
        source: what to call it in messages.

    Raises:
        InputRefused: it is no proof.
        BrokenProofError: it is a proof, and its form is broken.
    """
    reader = _Reader(quads, source)
    _stand_alone(quads, reader.proof, named)
    return reader.read()


def _stand_alone(quads: list[ox.Quad], proof: object, named: bool) -> None:
    """Refuse imports and, in a format that can name graphs, all outside the graph of the proof."""
    for quad in quads:
        node = "the proof" if quad.subject == proof else f"node {_short(quad.subject)}"
        if quad.predicate.value == OWL + "imports":
            raise BrokenProofError(node, "it imports other content, and a proof stands alone")
    for quad in quads if named else ():
        if quad.graph_name == ox.DefaultGraph():
            raise BrokenProofError(f"node {_short(quad.subject)}",
                                   f"it stands outside the proof's graph, {_short(proof)}")
        if quad.graph_name != proof:
            raise BrokenProofError(f"graph {_short(quad.graph_name)}",
                                   f"its name is not the proof's, {_short(proof)}")


def _short(term: object) -> str:
    return shorten(str(term))[:200]


class _Reader:
    """The statements of one proof graph by node and property."""

    def __init__(self, quads: list[ox.Quad], source: str) -> None:
        self.said: dict[object, dict[str, list[object]]] = defaultdict(lambda: defaultdict(list))
        for s, p, o in dict.fromkeys((q.subject, q.predicate.value, q.object) for q in quads):
            self.said[s][p].append(o)
        others = self._other_explanations()
        if others:
            raise InputRefused("no-trace-proof", where=source,
                               what=f"it holds an answer of another sort ({shorten(others[0])}), "
                                    "of which no step can be checked",
                               fix="check the proof of one conclusion, from marrow why --rdf")
        proofs = self._of_class(EO + "TraceBasedExplanation")
        if not proofs:
            raise InputRefused("no-proof", where=source, what="it holds no proof",
                               fix="write one with marrow why --rdf")
        if len(proofs) > 1:
            raise InputRefused("several-proofs", where=source, what="it holds several proofs",
                               fix="check one proof a file")
        self.proof = proofs[0]

    def read(self) -> WrittenProof:
        nodes = self._of_class(RDF + "Statement")
        triples = {node: self._triple(node) for node in nodes}
        self._refuse_foreign(self.proof, "the proof", PROOF_PARTS,
                             {EO + "TraceBasedExplanation", PROV + "Entity"})
        goal = self._one(self.proof, MARROW + "proves", "the proof", "conclusion")
        if goal not in triples:
            raise BrokenProofError("the proof", "what it proves is no statement of it")
        steps, leaves = self._origins(triples)
        self._refuse_idle_nodes(triples)
        ordered = _order(triples[goal], steps, leaves)
        kinds = {name: frozenset(t for t, origin in leaves.items() if origin == MARROW + name)
                 for name in ("recordStatement", "knowledgeStatement")}
        misnamed = [triple for node, triple in triples.items() if _bears_wrong_name(node, triple)]
        if str(self.proof).startswith(f"<{MARROW}proof/") \
                and not str(self.proof).endswith(f"/{_digest(triples[goal])}>"):
            misnamed.append(triples[goal])
        return WrittenProof(triples[goal], self._as_of(), ordered, kinds["recordStatement"],
                            kinds["knowledgeStatement"], tuple(misnamed), self._knowledge())

    def _other_explanations(self) -> list[str]:
        """Return the sorts of explanation in the file that are no proof, step by step."""
        sorts = {str(o) for said in self.said.values() for o in said[RDF + "type"]}
        return sorted(s for s in sorts if s.startswith(f"<{EO}")
                      and s != f"<{EO}TraceBasedExplanation>")

    def _of_class(self, name: str) -> list[object]:
        return sorted((node for node, said in self.said.items()
                       if ox.NamedNode(name) in said[RDF + "type"]), key=str)

    def _one(self, node: object, predicate: str, where: str, what: str) -> object:
        found = self.said[node][predicate]
        if len(found) != 1:
            raise BrokenProofError(where, f"it has {len(found)} times a {what} and needs one")
        return found[0]

    def _refuse_foreign(self, node: object, where: str, parts: set[str], sorts: set[str]) -> None:
        """Refuse what a node says beyond the parts of a proof, and is called beyond its sorts."""
        for predicate, found in self.said[node].items():
            if found and predicate not in parts:
                raise BrokenProofError(where, f"it says {_short(f'<{predicate}>')!r}, "
                                              "which is no part of a written proof")
        for sort in self.said[node][RDF + "type"]:
            if sort not in {ox.NamedNode(name) for name in sorts}:
                raise BrokenProofError(where, f"it is called {_short(sort)!r}, "
                                              "which is no part of a written proof")

    def _refuse_idle_nodes(self, triples: dict[object, Triple]) -> None:
        steps = {made for node in triples for made in self.said[node][PROV + "wasGeneratedBy"]}
        for node, said in self.said.items():
            if any(said.values()) and node != self.proof and node not in triples \
                    and node not in steps:
                raise BrokenProofError(f"node {_short(node)}",
                                       "it is neither the proof nor a statement or step of it")

    def _triple(self, node: object) -> Triple:
        where = f"statement {shorten(str(node))}"
        s, p, o = (self._one(node, RDF + part, where, part)
                   for part in ("subject", "predicate", "object"))
        if not isinstance(s, ox.NamedNode) or not isinstance(p, ox.NamedNode) \
                or not isinstance(o, (ox.NamedNode, ox.Literal)):
            raise BrokenProofError(where, "its parts are not names and literals")
        return s, p, plain_term(o)

    def _origins(self, triples: dict[object, Triple]) -> tuple[dict[Triple, Step],
                                                                dict[Triple, str]]:
        steps: dict[Triple, Step] = {}
        leaves: dict[Triple, str] = {}
        used_nodes: set[object] = set()
        for node, triple in triples.items():
            where = f"statement {statement_text(triple)}"
            self._refuse_foreign(node, where, STATEMENT_PARTS, {RDF + "Statement"})
            if triple in steps or triple in leaves:
                raise BrokenProofError(where, "it stands in the proof twice")
            made = self.said[node][PROV + "wasGeneratedBy"]
            given = self.said[node][MARROW + "restsOn"]
            if len(made) + len(given) != 1:
                raise BrokenProofError(where, "it is not either a leaf or concluded by one step")
            if given:
                origin = given[0].value if isinstance(given[0], ox.NamedNode) else ""
                if origin not in (MARROW + "recordStatement", MARROW + "knowledgeStatement"):
                    raise BrokenProofError(where, "it rests on neither a record nor knowledge")
                leaves[triple] = origin
            else:
                if made[0] in used_nodes:
                    raise BrokenProofError(where, "its step concludes another statement too")
                used_nodes.add(made[0])
                steps[triple] = self._step(made[0], triple, triples)
        idle = [n for n in self._of_class(PROV + "Activity") if n not in used_nodes]
        if idle:
            raise BrokenProofError(f"step {shorten(str(idle[0]))}", "it concludes nothing")
        return steps, leaves

    def _step(self, node: object, conclusion: Triple, triples: dict[object, Triple]) -> Step:
        where = f"the step that concludes {statement_text(conclusion)}"
        rule = self._one(node, MARROW + "appliedRule", where, "rule")
        name = rule.value if isinstance(rule, ox.NamedNode) else ""
        computed = name.startswith(GATE)
        kinds = {PROV + "Activity", MARROW + ("Computation" if computed else "RuleApplication")}
        if not name.startswith((GATE, RULE)) \
                or not {ox.NamedNode(k) for k in kinds} <= set(self.said[node][RDF + "type"]):
            raise BrokenProofError(where, f"it applies no rule or computation: {name[:80]!r}")
        self._refuse_foreign(node, where, STEP_PARTS, kinds)
        used = self.said[node][PROV + "used"]
        stray = [u for u in used if u not in triples]
        if stray or not used:
            what = f"it uses {shorten(str(stray[0]))}, which is no statement of the proof" \
                if stray else "it has no premise"
            raise BrokenProofError(where, what)
        absences = frozenset(
            read_absence(text, where) for text in self.said[node][MARROW + "absence"]
        )
        return Step(name.removeprefix(GATE if computed else RULE), computed,
                    frozenset(triples[u] for u in used), absences, conclusion)

    def _knowledge(self) -> frozenset[tuple[str, Term]]:
        return frozenset((part, plain_term(o)) for part in KNOWLEDGE_PARTS
                         for o in self.said[self.proof][part]
                         if isinstance(o, (ox.NamedNode, ox.Literal)))

    def _as_of(self) -> date | None:
        found = self.said[self.proof][MARROW + "asOf"]
        if not found:
            return None
        written = self._one(self.proof, MARROW + "asOf", "the proof", "as-of date")
        try:
            if isinstance(written, ox.Literal) and written.datatype.value == DATE:
                return date.fromisoformat(written.value)
        except ValueError:
            pass  # no such day: told below
        raise BrokenProofError("the proof", "its as-of date is no date")


def _order(goal: Triple, steps: dict[Triple, Step], leaves: dict[Triple, str]) \
        -> tuple[Step, ...]:
    """Return the steps with premises first; refuse circles and what nothing uses."""
    ordered: dict[Triple, Step] = {}
    reached: set[Triple] = set()
    opened: set[Triple] = set()
    stack = [(goal, False)]
    while stack:
        triple, ready = stack.pop()
        if ready:
            opened.discard(triple)
            ordered[triple] = steps[triple]
            continue
        if triple in opened:
            raise BrokenProofError(steps[triple].name, "it rests on its own conclusion")
        if triple in reached:
            continue
        reached.add(triple)
        if triple in steps:
            opened.add(triple)
            stack.append((triple, True))
            stack.extend((p, False) for p in sorted(steps[triple].premises, key=str))
    idle = sorted({*steps, *leaves} - reached, key=str)
    if idle:
        raise BrokenProofError(f"statement {statement_text(idle[0])}",
                               "nothing in the proof uses it")
    return tuple(ordered.values())


def _bears_wrong_name(node: object, triple: Triple) -> bool:
    name = str(node)
    return name.startswith(f"<{MARROW}statement/") and not name.endswith(f"/{_digest(triple)}>")


def _digest(triple: Triple) -> str:
    """Return the digest that names a statement by what it says."""
    content = repr(tuple(map(term_text, triple)))
    return hashlib.sha256(content.encode()).hexdigest()[:20]


def read_absence(written: object, where: str) -> frozenset[Pattern]:
    """Read the pattern of an absence as proofs write it: terms apart, atoms between points.

    Raises:
        BrokenProofError: it is no pattern.
    """
    text = written.value if isinstance(written, ox.Literal) else str(written)
    if not isinstance(written, ox.Literal) or written.datatype.value != STRING:
        raise BrokenProofError(where, f"the absence {text[:80]!r} is no pattern")
    try:
        atoms: list[list[Term | ox.Variable]] = [[]]
        for piece in _PIECE.finditer(text):
            if piece[0] == ".":
                atoms.append([])
            else:
                atoms[-1].append(_term(piece))
        return frozenset((s, p, o) for s, p, o in atoms)
    except (SyntaxError, ValueError, KeyError) as error:
        raise BrokenProofError(where, f"the absence {text[:80]!r} is no pattern") from error


def _term(piece: re.Match[str]) -> Term | ox.Variable:
    literal, name, variable, other = piece.groups()
    if literal:
        quads = ox.parse(f"<urn:s> <urn:p> {literal} .", format=ox.RdfFormat.N_TRIPLES)
        (found,) = (quad.object for quad in quads)
        return plain_term(found)
    if name:
        return ox.NamedNode(name[1:-1])
    if variable:
        return ox.Variable(variable[1:])
    prefix, _, local = other.partition(":")
    return ox.NamedNode(PREFIXES[prefix] + local)
