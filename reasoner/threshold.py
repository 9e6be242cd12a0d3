"""A threshold: the one bound that a named datatype stands for."""

from __future__ import annotations

from dataclasses import dataclass

from .knowledge import Graph
from .namespaces import EQUIVALENT, OWL, XSD, iri, marrow
from .quantity import text_of

BOUNDS = {"maxExclusive": "<", "maxInclusive": "<=", "minExclusive": ">", "minInclusive": ">="}
"""The facets that a threshold may have, with the signs they are written as."""


@dataclass(frozen=True)
class Threshold:
    """One bound: what is compared, how, and with which number in which unit.

    ``term`` is the datatype that stands for it.
    """

    name: str
    sign: str
    limit: str
    unit: str
    term: str


def threshold_of(graph: Graph, datatype: str) -> Threshold:
    """Return the bound that a named datatype stands for."""
    found = facet_of(graph, datatype)
    if found is None:
        return Threshold(graph.label(datatype), "", "", "", datatype)
    facet, limit = found
    sign, number = BOUNDS[facet], text_of(limit)
    unit = graph.text(datatype, marrow("thresholdUnit")) or ""
    return Threshold(f"{graph.label(datatype)} ({sign} {number} {unit})", sign, number, unit,
                     datatype)


def facet_of(graph: Graph, datatype: str) -> tuple[str, str] | None:
    """Return the facet of a named datatype, by its local name, and its number as a term."""
    definition = graph.object(datatype, EQUIVALENT) or ""
    for node in graph.members(graph.object(definition, iri(OWL, "withRestrictions")) or ""):
        for facet in BOUNDS:
            limit = graph.object(node, iri(XSD, facet))
            if limit is not None:
                return facet, limit
    return None
