"""Take a written answer apart: its own graph, whose nodes are named by what they say, and proofs.

The proofs can be checked step by step. Of the answer itself it is only found that nothing in it was
changed, and that the proofs it rests on are there, each in the graph of its name, and no others.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict

import pyoxigraph as ox

from ..errors import InputRefused
from ..namespaces import EO, MARROW, OWL, PROV, RDF, shorten
from .library import term_text
from .written import BrokenProofError, WrittenProof, read_proof

_ANSWER = f"<{MARROW}answer/"
_TYPE, _RESTS_ON = ox.NamedNode(RDF + "type"), ox.NamedNode(PROV + "wasDerivedFrom")
Graphs = dict[object, list[ox.Quad]]


def read_proofs(quads: list[ox.Quad], named: bool, source: str) -> tuple[WrittenProof, ...]:
    """Return the proof that a file is, or all the proofs of the answer that it is.

    Args:
        quads: what the file says.
        named: whether its format can name graphs.
        source: what to call the file in messages.

    Raises:
        InputRefused: it holds no proof.
        BrokenProofError: the form of a proof or of the answer is broken.
    """
    graphs: Graphs = defaultdict(list)
    for quad in quads:
        graphs[quad.graph_name].append(quad)
    answers = [name for name, found in graphs.items() if named and _is_answer(name, found)]
    if len(answers) != 1:
        return (read_proof(quads, named, source),)
    own = graphs.pop(answers[0])
    _check_answer(own)
    wanted: set[object] = {q.object for q in own
                           if q.subject == answers[0] and q.predicate == _RESTS_ON}
    if not wanted:
        raise InputRefused("no-trace-proof", where=source, what="it holds an answer without a "
                           "proof, of which no step can be checked",
                           fix="check the proof of one conclusion, from marrow why --rdf")
    for name in sorted(wanted - graphs.keys(), key=str):
        raise BrokenProofError("the answer", f"it rests on {_short(name)}, which is not there")
    for name in sorted(graphs.keys() - wanted, key=str):
        raise BrokenProofError(f"graph {_short(name)}", "the answer does not rest on it")
    return tuple(read_proof(graphs[name], named, source) for name in sorted(graphs, key=str))


def _is_answer(name: object, quads: list[ox.Quad]) -> bool:
    """Tell whether a graph says of the node of its own name that it is an answer."""
    return str(name).startswith(_ANSWER) and any(
        q.subject == name and q.predicate == _TYPE and str(q.object).startswith(f"<{EO}")
        and str(q.object) != f"<{EO}TraceBasedExplanation>" for q in quads)


def _check_answer(quads: list[ox.Quad]) -> None:
    """Refuse an answer of which a node says something else than its name was made from."""
    said: dict[object, set[tuple[str, str]]] = defaultdict(set)
    for quad in quads:
        if quad.predicate.value == OWL + "imports":
            raise BrokenProofError("the answer", "it imports other content")
        if isinstance(quad.object, ox.Triple):
            raise BrokenProofError("the answer", "it speaks of a quoted triple")
        said[quad.subject].add((term_text(quad.predicate), term_text(quad.object)))
    for node, stated in sorted(said.items(), key=str):
        digest = hashlib.sha256(repr(sorted(stated)).encode()).hexdigest()[:20]
        if not str(node).startswith(_ANSWER) or not str(node).endswith(f"/{digest}>"):
            raise BrokenProofError(f"node {_short(node)}",
                                   "its name was made from something else than it says")


def _short(term: object) -> str:
    return shorten(str(term))[:200]
