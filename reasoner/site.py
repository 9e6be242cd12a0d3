"""Apply what a site has decided: bounds of its own, and which of several sources it follows.

A site changes numbers and chooses among sources that disagree. It adds no kind, rule or fact, and
what it changed stays written in the graph, so that every answer and proof can say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .knowledge import Graph, Knowledge, name_blank_nodes
from .namespaces import (
    DCTERMS,
    DECIMAL,
    EQUIVALENT,
    MARROW,
    NIL,
    OWL,
    RDF,
    RDFS,
    SUBCLASS,
    TYPE,
    XSD,
    iri,
    local_name,
    marrow,
)
from .rule import Atom
from .threshold import facet_of

SOURCE = iri(DCTERMS, "source")
CHOICE = MARROW + "choice/"
"""Where the choices of a site get their names: the statement followed is the local name."""


@dataclass(frozen=True)
class SiteThreshold:
    """A threshold with the site's own bound (a decimal term) and who decided it, when."""

    threshold: str
    bound: str
    source: str


@dataclass(frozen=True)
class SiteChoice:
    """The statement that a site follows where sources disagree, and who decided it, when."""

    follows: str
    source: str


@dataclass(frozen=True)
class Site:
    """What a site has decided; ``digest`` is made from the file's content."""

    thresholds: tuple[SiteThreshold, ...]
    choices: tuple[SiteChoice, ...]
    digest: str


def apply_site(knowledge: Knowledge, site: Site) -> Knowledge:
    """Return the knowledge with a site's bounds in place and what it does not follow set aside."""
    graph = knowledge.graph
    dropped: set[Atom] = set()
    added: set[Atom] = set()
    for decided in site.thresholds:
        old, new = _replace_bound(graph, decided)
        dropped |= old
        added |= new
    for choice in site.choices:
        others = set_aside_by(graph, choice.follows)
        dropped |= set(_without(graph, others))
        stronger = graph.object(choice.follows, marrow("modalityIfFollowed"))
        if stronger is not None:
            modality = marrow("modality")
            dropped |= {(choice.follows, modality, o)
                        for o in graph.objects(choice.follows, modality)}
            added.add((choice.follows, modality, stronger))
        node = iri(CHOICE, local_name(choice.follows))
        added |= {(node, TYPE, marrow("SiteChoice")), (node, marrow("follows"), choice.follows),
                  (node, SOURCE, choice.source)}
        added |= {(node, marrow("setsAside"), other) for other in others}
    return replace(knowledge, graph=Graph(graph.triples - dropped | added))


def _replace_bound(graph: Graph, decided: SiteThreshold) -> tuple[set[Atom], set[Atom]]:
    """Return what goes and what comes with a site's own bound of a threshold."""
    term = decided.threshold
    found = facet_of(graph, term)
    assert found is not None
    facet, shipped = found
    dropped = {(term, p, o) for p in (EQUIVALENT, SOURCE) for o in graph.objects(term, p)}
    datatype = iri(RDFS, "Datatype")
    definition = name_blank_nodes({
        (term, EQUIVALENT, "_:range"),
        ("_:range", TYPE, datatype),
        ("_:range", iri(OWL, "onDatatype"), f"<{DECIMAL}>"),
        ("_:range", iri(OWL, "withRestrictions"), "_:list"),
        ("_:list", iri(RDF, "first"), "_:facet"),
        ("_:list", iri(RDF, "rest"), NIL),
        ("_:facet", iri(XSD, facet), decided.bound),
    })
    return dropped, definition | {
        (term, TYPE, marrow("SiteThreshold")), (term, SOURCE, decided.source),
        (term, marrow("shippedBound"), shipped),
    }


def other_readings(graph: Graph, statement: str) -> set[str]:
    """Return the other readings of the disagreements in which a statement is one reading."""
    return {
        other for disagreement in graph.subjects(marrow("reading"), statement)
        for other in graph.objects(disagreement, marrow("reading"))
    } - {statement}


def set_aside_by(graph: Graph, follows: str) -> set[str]:
    """Return what is not followed where a statement is: the other readings and their parts.

    G1203-later is a part of G1203.
    """
    others = other_readings(graph, follows)
    parts = {
        row for sort in ("GuidanceRow", "MonitoringRow", "FlagRow", "Requirement", "Statement")
        for row in graph.subjects(TYPE, marrow(sort))
        if any(row.startswith(f"{other[:-1]}-") for other in others)
    }
    return others | parts


def _without(graph: Graph, readings: set[str]) -> Iterator[Atom]:
    """Yield what has to go so that nothing is concluded from some readings alone."""
    for reading in readings:
        for criterion in graph.objects(reading, marrow("appliesTo")):
            yield (reading, marrow("appliesTo"), criterion)
    for criterion in graph.subjects(TYPE, marrow("Criterion")):
        sources = {*graph.objects(criterion, SOURCE), *graph.objects(criterion, marrow("claim"))}
        for conclusion in graph.objects(criterion, SUBCLASS):
            met = graph.object(conclusion, iri(OWL, "onProperty")) == marrow("meets")
            of_it = met and graph.object(conclusion, iri(OWL, "hasValue")) in readings
            if of_it or (sources and sources <= readings):
                yield (criterion, SUBCLASS, conclusion)
