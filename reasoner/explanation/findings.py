"""What the rules tell about the record itself: results in conflict, not final, not dated, in doubt.

Which relations tell something, and in which words, the ontology says; here their slots are filled.
"""

from __future__ import annotations

from functools import lru_cache

from ..assessment import Assessment
from ..errors import Issue
from ..knowledge import Graph
from ..namespaces import marrow


@lru_cache(maxsize=4)
def _codes(graph: Graph) -> dict[str, str]:
    """Return the relations that tell something about the record, with the code of each."""
    told = {s for s, p, _ in graph.triples if p == marrow("findingCode")}
    return {p: graph.text(p, marrow("findingCode")) or "" for p in told}


def findings_of(assessment: Assessment) -> list[Issue]:
    """Return an issue for each statement of a relation that tells something about the record."""
    graph, wording = assessment.graph, assessment.wording
    codes = _codes(graph)
    kinds = {s: o for s, p, o in sorted(assessment.patient.facts) if p == marrow("kind")}
    found: dict[Issue, None] = {}
    for s, p, o in sorted(fact for fact in assessment.facts if fact[1] in codes):
        says = (graph.text(p, marrow("findingSays")) or "").replace("{subject}", wording.name(s))
        where = kinds.get(o, o)
        found[Issue(codes[p], wording.name(where), says.replace("{object}", wording.name(o)),
                    graph.text(p, marrow("findingFix")) or "")] = None
    return list(found)
