"""Say an absence: what nothing on record, or nothing more, says of a patient."""

from __future__ import annotations

from ..assessment import Assessment
from ..namespaces import TYPE, marrow
from ..rule import Atom

_ABSENT = marrow("absentSentence")


def absence_sentence(assessment: Assessment, pattern: tuple[Atom, ...]) -> str:
    """Return an absence as a sentence: what nothing more on record says."""
    graph, wording = assessment.graph, assessment.wording
    patient = assessment.patient.patient
    lead = next((a for a in pattern if a[0] == patient), pattern[0])
    about = _about(assessment, pattern)
    template = graph.text(lead[1], _ABSENT)
    if template is not None:
        return template.replace("{object}", about)
    if lead[0] == patient:
        value = lead[2] if not lead[2].startswith("?") else ""
        said = wording.sentence((patient, lead[1], value)) if value else \
            f"the patient {graph.label(lead[1])} {about}"
        return f"nothing shows that {said}"
    return f"nothing on record gives the {graph.label(lead[1])} of {about}"


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
    return next((graph.label(t) for t in named if t.startswith("<")), "anything")
