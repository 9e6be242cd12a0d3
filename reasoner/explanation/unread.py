"""Tell of the diagnoses on record that nobody could read: a red flag may hide among them."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment
from ..namespaces import marrow
from ..quantity import one_line, text_of

_SHOWN = 5
"""How many names a sentence gives before it counts the rest."""


def unread_diagnoses(assessment: Assessment) -> dict[str, Any]:
    """Return how many recorded diagnoses were not understood, and what their sources call them.

    One that the source does not name is called by what it may be about, or by where it is.
    """
    said: dict[str, dict[str, list[str]]] = {}
    for s, p, o in sorted(assessment.patient.facts):
        said.setdefault(s, {}).setdefault(p, []).append(o)
    nodes = [
        said.get(node, {})
        for node in said.get(assessment.patient.patient, {}).get(marrow("hasUnreadRecord"), ())
        if marrow("ConditionRecord") in said.get(node, {}).get(marrow("unreadAs"), ())
    ]
    names = dict.fromkeys(
        one_line(text_of(node[marrow("recordedName")][0])) if marrow("recordedName") in node
        else " or ".join(map(assessment.graph.label, node[marrow("kind")]))
        if marrow("kind") in node
        else one_line(text_of(node.get(marrow("recordSource"), ['"without a name"'])[0]))
        for node in nodes
    )
    return {"count": len(nodes), "names": list(names)}


def unread_line(told: dict[str, Any]) -> str | None:
    """Return the sentence that belongs beside the red flags; None where all was understood."""
    count, names = told["count"], told["names"]
    if not count:
        return None
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    what = "1 recorded diagnosis was" if count == 1 else f"{count} recorded diagnoses were"
    among = "behind it" if count == 1 else "among them"
    return f"{what} not understood; a flag may hide {among}: {'; '.join(names[:_SHOWN])}{more}"
