"""Tell of the records that could not be read: a red flag may hide among them."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment
from ..namespaces import local_name, marrow
from ..quantity import one_line, text_of

_SHOWN = 5
"""How many names a sentence gives before it counts the rest."""
_USED = ("amount", "amountAtLeast", "amountAtMost")
"""What is known of a result that passed the gate for numbers."""


def unread_diagnoses(assessment: Assessment) -> dict[str, Any]:
    """Return how many recorded diagnoses were not understood, and what their sources call them."""
    said = _said(assessment)
    return _counted(assessment, said, [
        node for node in _unread(assessment, said)
        if marrow("ConditionRecord") in said[node].get(marrow("unreadAs"), ())])


def records_set_aside(assessment: Assessment) -> dict[str, Any]:
    """Return how many records could not be used as they are, results without an amount too."""
    said = _said(assessment)
    results = [node for node in said if marrow("value") in said[node]
               and not any(marrow(name) in said[node] for name in _USED)]
    return _counted(assessment, said, sorted({*_unread(assessment, said), *results}))


def _said(assessment: Assessment) -> dict[str, dict[str, list[str]]]:
    said: dict[str, dict[str, list[str]]] = {}
    for s, p, o in sorted(assessment.patient.facts):
        said.setdefault(s, {}).setdefault(p, []).append(o)
    return said


def _unread(assessment: Assessment, said: dict[str, dict[str, list[str]]]) -> list[str]:
    return said[assessment.patient.patient].get(marrow("hasUnreadRecord"), [])


def _counted(assessment: Assessment, said: dict[str, dict[str, list[str]]], nodes: list[str]) \
        -> dict[str, Any]:
    names = dict.fromkeys(_name(assessment, node, said[node]) for node in nodes)
    return {"count": len(nodes), "names": list(names)}


def _name(assessment: Assessment, node: str, said: dict[str, list[str]]) -> str:
    """Return what a record's source calls it, or what it may be about, or where it is."""
    if marrow("recordedName") in said:
        return one_line(text_of(said[marrow("recordedName")][0]))
    if marrow("kind") in said:
        return " or ".join(map(assessment.graph.label, said[marrow("kind")]))
    if marrow("recordSource") in said:
        return one_line(text_of(said[marrow("recordSource")][0]))
    return local_name(node)


def unread_line(told: dict[str, Any]) -> str | None:
    """Return the sentence that belongs beside the red flags; None where all was understood."""
    count = told["count"]
    if not count:
        return None
    what = "1 recorded diagnosis was" if count == 1 else f"{count} recorded diagnoses were"
    among = "behind it" if count == 1 else "among them"
    return f"{what} not understood; a flag may hide {among}: {_first_of(told['names'])}"


def aside_line(told: dict[str, Any]) -> str | None:
    """Return the sentence that belongs before any conclusion; None where all could be used."""
    count = told["count"]
    if not count:
        return None
    what = "1 record is" if count == 1 else f"{count} records are"
    return f"{what} set aside: {_first_of(told['names'])}. \"Not used, or in conflict\" below " \
           "says why"


def _first_of(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{'; '.join(names[:_SHOWN])}{more}"
