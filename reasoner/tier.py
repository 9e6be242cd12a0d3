"""Reason from the article alone: leave out what only guidelines add.

What speaks for a treatment, what finds the conditions it reads, and what is followed up and when,
stays only where it rests on a claim of the article, or on what a name means. Exclusions, red flags
and what they read apply whatever the tier: the article names none of its own, and leaving them out
would be unsafe.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .knowledge import Graph, Knowledge
from .namespaces import DCTERMS, OWL, RDF, RDFS, TYPE, iri, marrow
from .rule import Atom

EVERYTHING = "article and guidelines"
ARTICLE = "article"
TIERS = {ARTICLE: ARTICLE, "all": EVERYTHING}
"""The tiers by the names a caller gives."""

_SAYS_FOR = frozenset(
    marrow(p) for p in ("direction", "intervention", "modality", "supersedes", "whenContinued",
                        "whenResumed"))
_FINDS = frozenset(marrow(p) for p in ("has", "ruledOut"))
_ON, _VALUE = iri(OWL, "onProperty"), iri(OWL, "hasValue")
_SUBCLASS = iri(RDFS, "subClassOf")
_PARTS = frozenset({
    iri(OWL, "equivalentClass"), iri(OWL, "intersectionOf"), iri(OWL, "unionOf"),
    iri(RDF, "first"), iri(RDF, "rest"), iri(OWL, "someValuesFrom"),
})


def article_alone(knowledge: Knowledge) -> Knowledge:
    """Return the knowledge without what speaks for a treatment and is in no claim."""
    graph = knowledge.graph
    rows = [r for r in graph.subjects(marrow("direction"), marrow("For"))
            if not _is_of_the_article(graph, r)]
    dropped: set[Atom] = {
        (s, p, o) for s, p, o in graph.triples if s in set(rows) and p in _SAYS_FOR}
    dropped |= _follow_up_of_guidelines(graph)
    sought = _sought(graph, set(rows))
    for criterion in graph.subjects(TYPE, marrow("Criterion")):
        if _is_of_the_article(graph, criterion):
            continue
        for conclusion in graph.objects(criterion, _SUBCLASS):
            if graph.object(conclusion, _ON) in _FINDS \
                    and graph.object(conclusion, _VALUE) in sought:
                dropped.add((criterion, _SUBCLASS, conclusion))
    return replace(knowledge, graph=Graph(graph.triples - dropped))


def tier_of(graph: Graph, statement: str) -> str:
    """Return who says a statement: the article, guidelines, or this project."""
    provenance = graph.object(statement, marrow("provenance"))
    return {marrow("FromArticle"): ARTICLE, marrow("ProjectDecision"): "this project"}.get(
        provenance or "", "guidelines")


def _follow_up_of_guidelines(graph: Graph) -> set[Atom]:
    """Return what makes rows follow something up, and when, that no claim asks for."""
    kind, interval = marrow("MonitoringRow"), marrow("interval")
    return {(row, TYPE, kind) for row in graph.subjects(TYPE, kind)
            if not _is_of_the_article(graph, row)} | {
        (row, p, o) for row, p, o in graph.triples
        if p == interval and not _is_of_the_article(graph, o)}


def _is_of_the_article(graph: Graph, term: str) -> bool:
    sources = {*graph.objects(term, iri(DCTERMS, "source")), *graph.objects(term, marrow("claim"))}
    return any(marrow("Claim") in graph.objects(s, TYPE)
               or graph.text(s, marrow("isDefinition")) == "true" for s in sources)


def _sought(graph: Graph, without: set[str]) -> set[str]:
    """Return the kinds that some row for a treatment reads, through whatever finds them."""
    found: set[str] = set()
    waiting = [
        criterion for row in graph.subjects(marrow("direction"), marrow("For"))
        if row not in without
        for criterion in (*_concluding(graph, marrow("meets"), row),
                          *graph.objects(row, marrow("appliesTo")))
    ]
    while waiting:
        for kind in set(_kinds_read(graph, waiting.pop())) - found:
            for wide in _narrower(graph, kind):
                found.add(wide)
                waiting += _concluding(graph, marrow("has"), wide)
    return found


def _narrower(graph: Graph, kind: str) -> set[str]:
    found, waiting = {kind}, [kind]
    while waiting:
        for narrower in graph.subjects(_SUBCLASS, waiting.pop()):
            if narrower not in found:
                found.add(narrower)
                waiting.append(narrower)
    return found


def _concluding(graph: Graph, relation: str, value: str) -> list[str]:
    classes = set(graph.subjects(_ON, relation)) & set(graph.subjects(_VALUE, value))
    return sorted({c for e in classes for c in graph.subjects(_SUBCLASS, e)})


def _kinds_read(graph: Graph, term: str) -> Iterator[str]:
    """Yield the kinds that a class expression looks for with ``has``."""
    seen, waiting = {term}, [term]
    while waiting:
        node = waiting.pop()
        if graph.object(node, _ON) == marrow("has"):
            yield from graph.objects(node, _VALUE)
        for part in _PARTS:
            for inner in graph.objects(node, part):
                if inner not in seen:
                    seen.add(inner)
                    waiting.append(inner)
