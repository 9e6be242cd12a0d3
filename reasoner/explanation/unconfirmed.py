"""What would be read otherwise, were a result final that decides nothing yet.

A result that is not final or has no date is no result, and nothing here makes it one: the patient
is assessed once more with it supposed final, as what-if does, and the difference is told beside
the answer. A red flag or pressing care that it would raise is told first.
"""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from ..assessment import Assessment
from ..hypothesis import Change, awaited, suppose
from ..namespaces import local_name
from .flags import URGENT, flag_data, urgency_of
from .steps import shortly
from .whatif import outcomes_of

PRESSING = ("emergency", "urgent")
_TOLD = ("name", "iri", "label", "certainty", "urgency", "actions", "actors")
_GOOD = ("recommended", "consider")
_MOST = 12
"""How many kinds of result are supposed final one by one; beyond, only all of them together."""
_WIDTH = 118


def unconfirmed(assessment: Assessment) -> list[dict[str, Any]]:
    """Return the results that are not final or not dated, with what each would change.

    Results of one kind are supposed final together. Where several kinds wait, a last entry has
    what only all of them together would change. The most pressing comes first.
    """
    if assessment.has_died:
        return []
    waiting: dict[str, list[str]] = defaultdict(list)
    for kind, node in awaited(assessment):
        waiting[kind].append(node)
    alone = [_entry(assessment, {kind: nodes}) for kind, nodes in waiting.items()] \
        if len(waiting) <= _MOST else []
    together = [_entry(assessment, waiting)] if len(waiting) != len(alone) or len(alone) > 1 else []
    for entry in together:
        for part in ("redFlags", "outcomes"):
            known = [_without_reasons(e) for one in alone for e in one[part]]
            entry[part] = [e for e in entry[part] if _without_reasons(e) not in known]
        entry["pressing"] = _pressing(entry)
    found = [*alone, *(e for e in together if e["redFlags"] or e["outcomes"] or not alone)]
    return sorted(found, key=lambda e: URGENT.get(e["pressing"] or "", 9))


def _without_reasons(item: dict[str, Any]) -> tuple[str, ...]:
    """Return what is the same of a flag or an outcome, whatever else is supposed beside it."""
    return tuple(str(item.get(key)) for key in ("name", "would", "intervention", "before", "after"))


def _entry(assessment: Assessment, waiting: dict[str, list[str]]) -> dict[str, Any]:
    graph = assessment.graph
    changes = [Change("confirm", kind) for kind in waiting]
    after = suppose(assessment, changes)
    was, would = outcomes_of(assessment), outcomes_of(after)
    entry: dict[str, Any] = {
        "kinds": [{"name": local_name(k), "label": graph.label(k)} for k in waiting],
        "records": [assessment.wording.name(n) for nodes in waiting.values() for n in nodes],
        "suppose": [change.says(graph) for change in changes],
        "redFlags": [*_flags(after, assessment, "open"), *_flags(assessment, after, "close")],
        "outcomes": [
            _outcome(after, kind, was.get(kind, ("", "")), would.get(kind, ("", "")))
            for kind in sorted(was.keys() | would.keys())
            if was.get(kind) != would.get(kind)],
        "ask": "marrow what-if " + " ".join(f"--confirm {local_name(k)}" for k in waiting),
    }
    return {**entry, "pressing": _pressing(entry)}


def _flags(there: Assessment, elsewhere: Assessment, would: str) -> list[dict[str, Any]]:
    """Return the flags that are open in one assessment of a patient and not in another."""
    only = set(there.related("hasOpenFlag")) - set(elsewhere.related("hasOpenFlag"))
    told = [flag_data(there, kind) for kind in sorted(only)]
    return [{"would": would, **{key: flag[key] for key in _TOLD}} for flag in told]


def _outcome(after: Assessment, kind: str, was: tuple[str, str], would: tuple[str, str]) \
        -> dict[str, Any]:
    return {
        "intervention": local_name(kind), "label": after.graph.label(kind),
        "before": was[0] or None, "after": would[0] or None,
        "reasonBefore": was[1] or None, "reasonAfter": would[1] or None,
        "urgency": urgency_of(after, after.rows(kind, "For")) if would[0] in _GOOD else None,
    }


def _pressing(entry: dict[str, Any]) -> str | None:
    """Return the urgency of the most pressing thing a result would raise; None if none presses.

    A flag whose rows name no urgency presses as well: it is a red flag.
    """
    found = [flag["urgency"] or PRESSING[-1] for flag in entry["redFlags"]
             if flag["would"] == "open"]
    found += [o["urgency"] for o in entry["outcomes"]
              if o["urgency"] in PRESSING and o["before"] not in _GOOD]
    return min(found, key=lambda code: URGENT.get(code, 9), default=None)


def pressing_lines(entries: list[dict[str, Any]]) -> Iterator[str]:
    """Yield what belongs beside the red flags: results that would raise something pressing."""
    for entry in entries:
        if entry["pressing"]:
            yield from _lines(entry)


def quiet_lines(entries: list[dict[str, Any]]) -> Iterator[str]:
    """Yield what else would be read otherwise, and what would change nothing."""
    for entry in entries:
        if not entry["pressing"]:
            yield from _lines(entry)


def _lines(entry: dict[str, Any]) -> Iterator[str]:
    what = shortly(entry["records"], frozenset())
    press = f" - {entry['pressing']} if it is right" if entry["pressing"] else ""
    changes = list(_changes(entry))
    yield from _wrapped(f"  ? {what}{press}", "      ")
    if not changes:
        yield "      decides nothing now; would change no outcome or red flag if it were final"
        return
    yield "      decides nothing now; would be read otherwise if it were final:"
    yield from changes
    yield f"      more: {entry['ask']}"


def _changes(entry: dict[str, Any]) -> Iterator[str]:
    for flag in entry["redFlags"]:
        if flag["would"] == "close":
            yield f"        the red flag {flag['label']} would close  <{flag['name']}>"
            continue
        urgency = f" - {flag['urgency']}" if flag["urgency"] else ""
        yield f"        red flag: {flag['label']} ({flag['certainty']}){urgency}  <{flag['name']}>"
        for action, actor in zip(flag["actions"], flag["actors"], strict=True):
            yield f"          then: {action}" + (f" Who: {actor}." if actor else "")
    groups: dict[str, list[str]] = defaultdict(list)
    for outcome in entry["outcomes"]:
        told = f" [{outcome['reasonAfter']}]" if outcome["reasonAfter"] else ""
        press = f" - {outcome['urgency']}" if outcome["urgency"] in PRESSING else ""
        was, would = (outcome[key] or "nothing" for key in ("before", "after"))
        groups[f"{was} -> {would}{told}{press}"].append(outcome["label"])
    for change, labels in groups.items():
        yield from _wrapped(f"        {change}: {', '.join(labels)}", "          ")


def _wrapped(line: str, indent: str) -> list[str]:
    return textwrap.wrap(line, _WIDTH, subsequent_indent=indent, break_long_words=False,
                         break_on_hyphens=False)
