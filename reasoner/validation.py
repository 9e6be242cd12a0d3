"""Validate a patient graph against the patient shapes, in a clinician's words.

A record that breaks a shape is named and reduced to what it may be about; the rest of the graph is
still used.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import Issue, advise
from .knowledge import RECORD_CLASSES, Graph
from .likeness import Likeness, counterpart, group_alike
from .namespaces import RDFS, SH, TYPE, iri, local_name, marrow, shorten
from .patient import PatientGraph
from .quantity import literal_parts, one_line, text_of
from .rule import Atom

if TYPE_CHECKING:
    import rdflib


@dataclass(frozen=True)
class Violation:
    """One broken constraint: the node, the property if any, the value if any, and the message.

    What breaks a constraint of severity ``sh:Warning`` is told and stays in the graph.
    """

    node: str
    path: str | None
    value: str | None
    message: str
    stays: bool = False


def to_rdflib(triples: frozenset[Atom] | set[Atom]) -> rdflib.Graph:
    """Return triples as an rdflib graph; literals are kept exactly as written."""
    import rdflib

    rdflib.NORMALIZE_LITERALS = False
    # its warnings repeat the value of a literal it cannot convert; the shapes name such a record
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)

    def node(term: str) -> rdflib.term.Node:
        if term.startswith("<"):
            return rdflib.URIRef(term[1:-1])
        if term.startswith("_:"):
            return rdflib.BNode(term[2:])
        lexical, datatype, language = literal_parts(term)
        if language:
            return rdflib.Literal(lexical, lang=language)
        return rdflib.Literal(lexical, datatype=rdflib.URIRef(datatype))

    graph = rdflib.Graph()
    for s, p, o in triples:
        graph.add((node(s), node(p), node(o)))
    return graph


_SUBCLASS = iri(RDFS, "subClassOf")
_LONGEST = 500
"""How long a text of a record may be; the shapes say the same."""


@lru_cache(maxsize=4)
def _shapes(path: Path) -> rdflib.Graph:
    import pyoxigraph as ox

    triples = {
        (str(q.subject), str(q.predicate), str(q.object))
        for q in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)
    }
    return to_rdflib(triples)


def find_violations(graph: PatientGraph, knowledge: Graph, root: Path) -> list[Violation]:
    """Return what a patient graph breaks of the patient shapes.

    Args:
        graph: the patient graph.
        knowledge: the closed static graph, which knows the kinds.
        root: the folder that holds shapes/.
    """
    alike = group_alike(graph)
    kinds = {o for _, p, o in alike.triples if p == marrow("kind")}
    types: set[Atom] = {
        (kind, TYPE, t) for kind in kinds for t in knowledge.objects(kind, TYPE)
    }
    found = broken_constraints(alike.triples | types, root / "shapes" / "patient.ttl")
    return _in_order(_of_all(found, alike, graph))


def broken_constraints(triples: frozenset[Atom] | set[Atom], shapes: Path) -> list[Violation]:
    """Return what some triples break of the shapes in a file."""
    from pyshacl import validate

    conforms, results, _ = validate(
        to_rdflib(triples),
        shacl_graph=_shapes(shapes),
        inference=None,
        advanced=False,
        js=False,
        do_owl_imports=False,
    )
    if conforms:
        return []
    report = Graph(frozenset(
        (s.n3(), p.n3(), o.n3()) for s, p, o in results
    ))
    found = []
    for node in report.subjects(TYPE, iri(SH, "ValidationResult")):
        path = report.object(node, iri(SH, "resultPath"))
        value = report.object(node, iri(SH, "value"))
        messages = report.objects(node, iri(SH, "resultMessage"))
        found.append(Violation(
            report.object(node, iri(SH, "focusNode")) or "",
            path, value, text_of(messages[0]) if messages else "it breaks a shape",
            report.object(node, iri(SH, "resultSeverity")) == iri(SH, "Warning"),
        ))
    return _in_order(found)


def _in_order(found: Iterable[Violation]) -> list[Violation]:
    return sorted(found, key=lambda v: (v.node, v.path or "", v.value or ""))


def _of_all(found: list[Violation], alike: Likeness, graph: PatientGraph) -> Iterator[Violation]:
    """Yield what each record breaks that one of its sort was found to break."""
    about: dict[tuple[str, str], list[str]] = defaultdict(list)
    if found:
        for s, p, o in graph.triples:
            about[s, p].append(o)
    for violation in found:
        value, path = violation.value, violation.path
        for node in alike.members.get(violation.node, (violation.node,)):
            if node == violation.node:
                for linked in alike.members.get(value or "", (value,)):
                    yield replace(violation, value=linked)
            elif value and path:
                yield replace(violation, node=node, value=counterpart(about, node, path, value))
            else:
                yield replace(violation, node=node)


def set_aside(graph: PatientGraph, violations: list[Violation], knowledge: Graph) \
        -> tuple[PatientGraph, tuple[Issue, ...]]:
    """Return the graph without what breaks a shape, and an issue for each violation.

    A record that breaks one is reduced to an unread record: what it may be about, which class of
    records it is one of and its date, so that the rules hold what it bears on for unknown. Of the
    patient node itself only the offending statement is removed.
    """
    broken = {v.node for v in violations if v.node != graph.patient}
    wrong = {(v.path, v.value) for v in violations if v.node == graph.patient and not v.stays}
    kept: set[Atom] = set()
    misplaced: set[str] = set()
    for s, p, o in graph.triples:
        if s == graph.patient and ((p, o) in wrong or (p, None) in wrong):
            misplaced.add(o)
        elif s not in broken and o not in broken:
            kept.add((s, p, o))
    broken |= misplaced - {o for s, _, o in kept if s == graph.patient}
    about: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for s, p, o in graph.triples:
        if s in broken:
            about[s][p].append(o)
    kept = {t for t in kept if t[0] not in broken}
    for node, said in about.items():
        kept |= _unread(graph.patient, node, said, knowledge)
    sources = {s: text_of(o) for s, p, o in graph.triples if p == marrow("recordSource")}
    meant = _meant(violations, knowledge)
    issues = tuple(
        Issue("breaks-a-shape", one_line(sources.get(v.node, "")) or local_name(v.node), _what(v),
              meant.get(v.value or "", _CORRECT), records=(v.node.strip("<>"),))
        for v in violations
    )
    return PatientGraph(graph.patient, frozenset(kept), graph.source), issues


def _meant(violations: list[Violation], knowledge: Graph) -> dict[str, str]:
    """Return what may have been meant by each of the first kinds that there are not."""
    kinds = knowledge.subjects(TYPE, marrow("Kind"))
    known = {*kinds}
    slips = dict.fromkeys(v.value for v in violations if v.path == marrow("kind")
                          and v.value and v.value not in known)
    names = [(shorten(kind), local_name(kind)) for kind in kinds]
    return {slip: advise(text_of(slip) if slip.startswith('"') else local_name(slip), names,
                         _CORRECT) for slip in [*slips][:_LOOKED_UP]}


_LOOKED_UP = 20
"""For how many kinds that there are not the nearest is looked for: it takes milliseconds each."""
_CORRECT = "correct the record and send it again"
_TOLD = ("recordSource", "recordedName")
_DATED = ("date", "onset", "start")


def _unread(patient: str, node: str, about: dict[str, list[str]], knowledge: Graph) -> set[Atom]:
    """Return what can be said of a record that breaks a shape: nothing, if it is none."""
    classes = {*knowledge.subjects(_SUBCLASS, RECORD_CLASSES)} - {marrow("UnreadRecord")}
    sorts = classes.intersection(about[TYPE] + about[marrow("unreadAs")])
    if not sorts:
        return set()
    said = {(node, TYPE, marrow("UnreadRecord")), (patient, marrow("hasUnreadRecord"), node)}
    said |= {(node, marrow("unreadAs"), sort) for sort in sorts}
    said |= {(node, marrow("kind"), kind) for kind in about[marrow("kind")]
             if marrow("Kind") in knowledge.objects(kind, TYPE)}
    for name in _TOLD:
        said |= {(node, marrow(name), text) for text in about[marrow(name)][:1]
                 if text.startswith('"') and len(text_of(text)) <= _LONGEST}
    dates = [about[marrow(name)][0] for name in _DATED if len(about[marrow(name)]) == 1]
    return said | {(node, marrow("date"), date) for date in dates[:1]}


def _what(violation: Violation) -> str:
    value = f" (it says {_shown(violation.value)})" if violation.value else ""
    return violation.message + value


def _shown(value: str) -> str:
    return repr(text_of(value)[:40]) if value.startswith('"') else shorten(value)
