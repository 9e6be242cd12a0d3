"""Reason: the answers to why and evidence, whatever line of an output the name was taken from."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..assessment import Assessment
from ..engine import Engine
from ..hypothesis import Change, suppose
from .application import application, application_text
from .bearing import bearing, bearing_text
from .evidence import evidence, evidence_alone, evidence_text
from .issues import issue_alone, issue_reason, issue_text, names_an_issue
from .rulebook import rule_alone, rule_called, rule_text
from .sources import names_a_conclusion, sources, sources_text
from .why import NothingConcluded, explain_why, find_conclusion, why_data

Answer = tuple[dict[str, Any], Callable[[], str]]
"""An answer as data, and how to have it as text."""


def reason(assessment: Assessment, wanted: str, unfold: bool = False) -> Answer:
    """Return why what a name stands for is so, as data and a way to have it as text.

    Where nothing is concluded about it, that is what else the record and the knowledge have to do
    with it; the code of an issue tells what it means and of which records it is told.

    Raises:
        UsageError: it is no name, or may name several things.
    """
    if names_an_issue(assessment.graph, wanted):
        return _issue(assessment, wanted)
    try:
        fact = find_conclusion(assessment, wanted)
    except NothingConcluded:
        return _bearing(assessment, wanted)
    return why_data(assessment, fact, unfold), partial(explain_why, assessment, fact, unfold)


def reason_then(assessment: Assessment, changes: list[Change], wanted: str) -> Answer:
    """Return why something would be so if the record were changed, as data and as text.

    Raises:
        UsageError: it is no name, may name several things, or a change cannot be supposed.
    """
    found, text = reason(suppose(assessment, changes), wanted)
    supposed = [change.says(assessment.graph) for change in changes]
    return {"suppose": supposed, **found}, lambda: f"If {' and '.join(supposed)}:\n{text()}"


def backing(assessment: Assessment, wanted: str) -> Answer:
    """Return what rests on a statement, or every statement that something rests on.

    Raises:
        UsageError: it is no name, or may name several things.
    """
    if names_an_issue(assessment.graph, wanted):
        return _issue(assessment, wanted)
    if not names_a_conclusion(assessment, wanted):
        found = evidence(assessment, wanted)
        return found, partial(evidence_text, found)
    try:
        found = sources(assessment, wanted)
    except NothingConcluded:
        return _bearing(assessment, wanted)
    return found, partial(sources_text, found)


def backing_alone(engine: Engine, wanted: str) -> Answer:
    """Return what a statement, a rule, a check or the code of an issue says, whoever the patient.

    Raises:
        UsageError: it is no name of one of them.
    """
    rule = rule_alone(engine, wanted)
    if rule is not None:
        return rule, partial(rule_text, rule)
    if names_an_issue(engine.graph, wanted):
        issue = issue_alone(engine.graph, wanted)
        return issue, partial(issue_text, issue)
    found = evidence_alone(engine, wanted)
    return found, partial(evidence_text, found)


def _issue(assessment: Assessment, wanted: str) -> Answer:
    found = issue_reason(assessment, wanted)
    return found, partial(issue_text, found)


def _bearing(assessment: Assessment, wanted: str) -> Answer:
    rule = rule_called(assessment.engine, wanted)
    if rule is not None:
        said = application(assessment, rule)
        return said, partial(application_text, said)
    found = bearing(assessment, assessment.graph.named(wanted))
    return found, partial(bearing_text, found)
