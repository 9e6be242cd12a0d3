"""Read from the ontology how the numbers of each measurement kind are written and compared."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from functools import lru_cache

from .knowledge import Graph
from .namespaces import TYPE, marrow
from .quantity import Conversion, Scale, text_of


@lru_cache(maxsize=4)
def read_scales(graph: Graph) -> dict[str, Scale]:
    """Return how the numbers of each measurement kind are read, from the ontology."""
    conversions: dict[str, dict[str, Conversion]] = defaultdict(dict)
    for node in graph.subjects(TYPE, marrow("UnitConversion")):
        factor = Decimal(graph.text(node, marrow("factor")) or "")
        source = graph.text(node, "<http://purl.org/dc/terms/source>") or ""
        for kind in graph.objects(node, marrow("forMeasurement")):
            for unit in graph.objects(node, marrow("writtenUnit")):
                conversions[kind][text_of(unit)] = Conversion(text_of(unit), factor, source)
    scales = {}
    for kind, known in conversions.items():
        canonical = graph.text(kind, marrow("canonicalUnit"))
        low = graph.text(kind, marrow("plausibleAtLeast"))
        high = graph.text(kind, marrow("plausibleAtMost"))
        if canonical is not None and low is not None and high is not None:
            scales[kind] = Scale(kind, canonical, known, Decimal(low), Decimal(high))
    return scales
