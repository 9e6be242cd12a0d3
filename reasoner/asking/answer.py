"""Answer what was understood, with the same functions that the other commands use."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..assessment import Assessment
from ..errors import UsageError
from ..explanation import contrast, missing, pain, whatif, whynot
from ..explanation.glance import glance_text
from ..explanation.justified import justifications, justifications_text
from ..explanation.reason import backing, reason
from ..explanation.report import report
from ..explanation.why import find_conclusion
from ..graphs.asked import graphs_for
from ..hypothesis import Change, Verb, parse_change
from ..knowledge import Graph
from ..namespaces import local_name
from ..store import answer_query, read_query
from .names import Amount
from .understanding import Understood

Reply = tuple[Any, Callable[[], str]]
"""An answer as data, and how to have it as text."""


def answer(understood: Understood, about: Assessment | Graph) -> Reply:
    """Return the answer to what was understood.

    Args:
        understood: the question.
        about: the assessment of the patient, or the knowledge alone for a question about that.

    Raises:
        UsageError: nothing is concluded about what the question names.
    """
    if understood.form.query:
        text = read_query(understood.form.query)
        given = {k: str(v) for k, v in understood.values.items()}
        graphs = [] if isinstance(about, Graph) else graphs_for(about, understood.form.query, given)
        rows = answer_query(about, text, given, graphs)
        return rows.data, lambda: rows.text() if rows.data["rows"] else \
            "nothing is found; that is no proof that there is nothing\n"
    if isinstance(about, Graph):
        raise TypeError("a form is asked of a patient")
    return _FORMS[understood.form.command.split()[0]](about, understood)


def question_of(understood: Understood, assessment: Assessment) -> tuple[str, tuple[Any, ...]]:
    """Return the name and arguments by which another audience is told what was understood."""
    verb = understood.form.command.split()[0]
    names = tuple(local_name(name) for name in _names(understood))
    if verb == "why-not" and correction(understood, assessment):
        verb = "why"
    if verb == "what-if":
        return verb, (_changes(assessment, understood),)
    return verb, names if verb in ("why", "why-not", "contrast") else ()


def may_be_told(understood: Understood) -> bool:
    """Tell whether a question has a form for patients and educators."""
    return understood.form.command.split()[0] not in ("query", "evidence") and \
        "--justifications" not in understood.form.command


def check_told(understood: Understood) -> None:
    """Refuse for another audience what is written for clinicians alone.

    Raises:
        UsageError: the question has no form for patients and educators.
    """
    if not may_be_told(understood):
        asked = f"{understood.form.command} {understood.form.query}".strip()
        raise UsageError("clinician-only", what=f"{asked} has no form for another audience",
                         fix="leave out --audience")


def correction(understood: Understood, assessment: Assessment) -> str:
    """Return what holds instead of what a question takes for granted, or an empty string."""
    presumed = understood.form.presumes
    names = _names(understood)
    if understood.form.command == "why-not":
        present = assessment.fact("has", names[0])
        if present in assessment.facts:
            return assessment.wording.sentence(present)
    if understood.form.command == "missing" and names:
        asked_for = {item["name"] for item in missing.missing(assessment)["items"]}
        if local_name(names[0]) not in asked_for:
            return f"{assessment.graph.label(names[0])} is not among what is missing"
    if not presumed or not names:
        return ""
    outcome = assessment.outcome_of(names[0])
    if outcome is None or outcome in presumed:
        return ""
    return assessment.wording.sentence(assessment.fact(local_name(outcome), names[0]))


def _names(understood: Understood) -> list[str]:
    return [v for v in understood.values.values() if isinstance(v, str)]


def _why(assessment: Assessment, understood: Understood) -> Reply:
    name = local_name(_names(understood)[0])
    if understood.form.command == "why --justifications":
        found = justifications(assessment, find_conclusion(assessment, name))
        return found, partial(justifications_text, found)
    return reason(assessment, name)


def _why_not(assessment: Assessment, understood: Understood) -> Reply:
    if correction(understood, assessment):
        return _why(assessment, understood)
    found = whynot.why_not(assessment, local_name(_names(understood)[0]))
    return found, partial(whynot.why_not_text, found)


def _what_if(assessment: Assessment, understood: Understood) -> Reply:
    found = whatif.what_if(assessment, _changes(assessment, understood))
    return found, partial(whatif.what_if_text, found)


def _changes(assessment: Assessment, understood: Understood) -> list[Change]:
    verbs: dict[str, Verb] = {"--set": "set", "--add": "add", "--deny": "deny"}
    verb = verbs[understood.form.command.split()[1]]
    names = [local_name(name) for name in _names(understood)]
    amounts = [v for v in understood.values.values() if isinstance(v, Amount)]
    texts = [f"{name}={a.comparator}{a.value}{a.unit}"
             for name, a in zip(names, amounts, strict=True)] if amounts else names
    return [parse_change(verb, text, assessment.graph) for text in texts]


def _contrast(assessment: Assessment, understood: Understood) -> Reply:
    first, second = (local_name(name) for name in _names(understood))
    found = contrast.contrast(assessment, first, second)
    return found, partial(contrast.contrast_text, found)


def _missing(assessment: Assessment, _: Understood) -> Reply:
    found = missing.missing(assessment)
    return found, partial(missing.missing_text, found)


def _evidence(assessment: Assessment, understood: Understood) -> Reply:
    return backing(assessment, local_name(_names(understood)[0]))


def _explain_pain(assessment: Assessment, _: Understood) -> Reply:
    found = pain.explain_pain(assessment)
    return found, partial(pain.pain_text, found)


def _explain(assessment: Assessment, _: Understood) -> Reply:
    return report(assessment), partial(glance_text, assessment)


_FORMS: dict[str, Callable[[Assessment, Understood], Reply]] = {
    "why": _why, "why-not": _why_not, "what-if": _what_if, "contrast": _contrast,
    "missing": _missing, "evidence": _evidence, "explain-pain": _explain_pain,
    "explain": _explain,
}
