"""What the rules tell about the record itself: results in conflict, not final, not dated, in doubt.

Which relations tell something, and in which words, the ontology says; here their slots are filled.
"""

from __future__ import annotations

from functools import lru_cache

from ..assessment import Assessment
from ..errors import Issue
from ..knowledge import Graph
from ..namespaces import marrow
from ..rule import Atom


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
                    graph.text(p, marrow("findingFix")) or "",
                    records=tuple(t.strip("<>") for t in (s, o) if wording.is_record(t)),
                    by=_rule(assessment, (s, p, o)))] = None
    return list(found)


def _rule(assessment: Assessment, fact: Atom) -> str:
    """Return the rule that tells a statement about the record."""
    proof = assessment.prove(fact)
    return proof.steps[-1].rule.strip("<>") if proof and proof.steps else ""
