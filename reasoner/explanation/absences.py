"""Say an absence: what nothing on record, or nothing more, says of a patient.

An absence is of statements that do not stand together. The sentence is that of the pattern in the
ontology that names most of their relations, else that of the relation of the patient among them.
"""

from __future__ import annotations

from functools import lru_cache

from ..assessment import Assessment
from ..knowledge import Graph
from ..namespaces import TYPE, marrow
from ..proof import is_technical, plain_statement
from ..rule import Atom
from ..wording import SENTENCE

_ABSENT = marrow("absentSentence")


def absence_sentence(assessment: Assessment, pattern: tuple[Atom, ...]) -> str:
    """Return an absence as a sentence: what nothing more on record says."""
    graph, wording = assessment.graph, assessment.wording
    patient = assessment.patient.patient
    about = _about(assessment, pattern)
    lead = next((a for a in pattern if a[0] == patient), pattern[0])
    template = _template(graph, frozenset(p for _, p, _ in pattern)) or graph.text(lead[1], _ABSENT)
    if template is not None:
        return template.replace("{object}", about)
    if lead[0] != patient:
        known = "the knowledge" if graph.objects(lead[0], TYPE) else "the record"
        return f"{known} gives no {graph.label(lead[1])} of {about}"
    if not lead[2].startswith("?"):
        lead = plain_statement(lead, graph)
        return f"nothing shows that {wording.sentence(lead)}" if not is_technical(lead) else \
            "no part of a criterion that would speak against it is met"
    said = graph.text(lead[1], SENTENCE) or f"the patient {graph.label(lead[1])} {{object}}"
    if "{object}" in said:
        return f"nothing shows that {said.replace('{object}', f'something of {about}')}"
    return f"nothing shows of {about} that {said}"


@lru_cache(maxsize=4)
def _patterns(graph: Graph) -> tuple[tuple[frozenset[str], str], ...]:
    """Return what is absent together, the patterns of most relations first."""
    found = [(frozenset(graph.objects(node, marrow("absentRelation"))),
              graph.text(node, _ABSENT) or "")
             for node in graph.subjects(TYPE, marrow("AbsentPattern"))]
    return tuple(sorted(found, key=lambda pattern: (-len(pattern[0]), sorted(pattern[0]))))


def _template(graph: Graph, relations: frozenset[str]) -> str | None:
    return next((says for named, says in _patterns(graph) if named <= relations), None)


def _about(assessment: Assessment, pattern: tuple[Atom, ...]) -> str:
    """Return the label of the kind an absence is about, or of the kind its record is of."""
    graph = assessment.graph
    named = [t for s, _, o in pattern for t in (o, s) if t != assessment.patient.patient]
    for term in named:
        if marrow("Kind") in graph.objects(term, TYPE):
            return graph.label(term)
    for node in named:
        for s, p, o in assessment.patient.facts:
            if s == node and p == marrow("kind"):
                return graph.label(o)
    return next((assessment.wording.name(t) for t in named if t.startswith("<")), "anything")
