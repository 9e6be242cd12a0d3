"""One door to the answers for patients and educators: a question, told to a listener.

What a clinician gets is each question's own data and text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..assessment import Assessment
from ..errors import UsageError
from ..explanation.contrast import contrast, contrast_text
from ..explanation.missing import missing, missing_text
from ..explanation.pain import explain_pain, pain_text
from ..explanation.whatif import what_if, what_if_text
from ..explanation.whynot import why_not, why_not_text
from .lesson import lesson, teach, teach_why
from .letter import Letter
from .patient_answers import (
    tell_contrast,
    tell_missing,
    tell_pain,
    tell_what_if,
    tell_why,
    tell_why_not,
)
from .patient_page import patient_page
from .voice import CLINICIAN, EDUCATOR, LANGUAGE, PATIENT, listener_of

Teller = Callable[..., Letter]

_TELLERS: Mapping[str, Mapping[str, Teller]] = {
    PATIENT: {
        "explain": patient_page, "why": tell_why, "why-not": tell_why_not, "missing": tell_missing,
        "explain-pain": tell_pain, "contrast": tell_contrast, "what-if": tell_what_if,
    },
    EDUCATOR: {
        "explain": lesson,
        "why": teach_why,
        "why-not": lambda a, to, name: teach(a, to, why_not(a, name), why_not_text),
        "missing": lambda a, to: teach(a, to, missing(a), missing_text),
        "explain-pain": lambda a, to: teach(a, to, explain_pain(a), pain_text),
        "contrast": lambda a, to, *names: teach(a, to, contrast(a, *names), contrast_text),
        "what-if": lambda a, to, changes: teach(a, to, what_if(a, changes), what_if_text),
    },
}
TOLD = (CLINICIAN, *_TELLERS)
"""The audiences that there is an answer for; the ontology names the same."""


def tell(assessment: Assessment, question: str, *arguments: object, audience: str,
         language: str = LANGUAGE) -> Letter:
    """Answer a question for a patient or an educator.

    Args:
        assessment: what follows for one patient.
        question: explain, why, why-not, missing, explain-pain, contrast or what-if.
        arguments: what the question is about: a name, two names, or a list of changes.
        audience: patient or educator.
        language: a language tag; texts that are not written in it are said in English, and the
            answer says so.

    Raises:
        UsageError: there is no such audience or question, or the question cannot be answered.
    """
    listener = listener_of(assessment.graph, audience, language)
    tellers = _TELLERS.get(listener.audience)
    if tellers is None or question not in tellers:
        raise UsageError("not-told", what=f"{question[:40]!r} is not told to this audience",
                         fix=f"take one of {', '.join(_TELLERS[PATIENT])} for a patient or an "
                             "educator; a clinician's answer is the report")
    return tellers[question](assessment, listener, *arguments)
