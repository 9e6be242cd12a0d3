"""Which graphs a shipped question is asked of: made when it is asked, of what it is asked about.

Without a parameter a question is asked of what stands out by itself: what is refused, what gave
way, what is recommended, what the patient meets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ..assessment import Assessment
from ..explanation.arguments import arguments
from ..explanation.contrast import contrast
from ..explanation.evidence import evidence
from ..explanation.justified import justifications
from ..explanation.missing import missing
from ..explanation.why import find_conclusion
from ..explanation.whynot import why_not
from ..namespaces import TYPE, local_name, marrow
from ..proof import Quad, proof_quads
from ..rule import Atom
from .arguments import arguments_quads, contrast_quads
from .evidence import evidence_quads
from .justifications import justifications_quads
from .missing import missing_quads
from .whynot import why_not_quads

Given = Mapping[str, str]


def graphs_for(assessment: Assessment, question: str, given: Given) -> list[Quad]:
    """Return the graphs that a shipped question needs beside those of every store.

    Args:
        assessment: the assessment that the question is asked of.
        question: the name of the question.
        given: its parameters, as terms.

    Raises:
        UsageError: a parameter names nothing that the question can be asked about.
    """
    make = _MAKERS.get(question)
    return sorted(set(make(assessment, given))) if make else []


def _why(assessment: Assessment, given: Given) -> Iterable[Quad]:
    if "conclusion" in given:
        proof = assessment.prove(find_conclusion(assessment, local_name(given["conclusion"])))
        yield from proof_quads(proof) if proof else ()


def _interventions(assessment: Assessment, given: Given) -> list[str]:
    if "intervention" in given:
        return [given["intervention"]]
    candidates = set(assessment.graph.subjects(TYPE, marrow("CandidateIntervention")))
    return [term for term in assessment.related("notRecommended") if term in candidates]


def _why_not(assessment: Assessment, given: Given) -> Iterable[Quad]:
    for term in _interventions(assessment, given):
        yield from why_not_quads(assessment, why_not(assessment, local_name(term)))


def _arguments(assessment: Assessment, given: Given) -> Iterable[Quad]:
    for term in _interventions(assessment, given):
        yield from arguments_quads(assessment, arguments(assessment, local_name(term)))


def _contrast(assessment: Assessment, given: Given) -> Iterable[Quad]:
    pairs = {(given["first"], given["second"])} if {"first", "second"} <= given.keys() else {
        (loser, better) for loser in assessment.related("superseded")
        for row in assessment.related("meets")
        if loser in assessment.graph.objects(row, marrow("supersedes"))
        for better in assessment.graph.objects(row, marrow("intervention"))
        if all(assessment.outcome_of(side) for side in (loser, better))}
    for first, second in sorted(pairs):
        yield from contrast_quads(assessment, contrast(
            assessment, local_name(first), local_name(second)))


def _missing(assessment: Assessment, _: Given) -> Iterable[Quad]:
    return missing_quads(assessment, missing(assessment))


def _evidence(assessment: Assessment, given: Given) -> Iterable[Quad]:
    for source in [given["source"]] if "source" in given else assessment.related("meets"):
        yield from evidence_quads(assessment, evidence(assessment, local_name(source)))


def _justifications(assessment: Assessment, given: Given) -> Iterable[Quad]:
    for fact in _concluded(assessment, given):
        yield from justifications_quads(assessment, justifications(assessment, fact))


def _concluded(assessment: Assessment, given: Given) -> list[Atom]:
    if "conclusion" in given:
        return [find_conclusion(assessment, local_name(given["conclusion"]))]
    return [assessment.fact("recommended", o) for o in assessment.related("recommended")]


_MAKERS: dict[str, Callable[[Assessment, Given], Iterable[Quad]]] = {
    "why": _why, "why-not": _why_not, "contrast": _contrast, "missing": _missing,
    "evidence": _evidence, "justifications": _justifications, "arguments": _arguments,
}
