"""What to follow, and when: each monitoring row with its windows, from the most pressing on.

The days are facts that the gate counted; whether a window is ahead, open, missed or met is what
the rules concluded of it. Nothing is computed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..assessment import Assessment, source_of
from ..knowledge import Graph
from ..namespaces import TYPE, local_name, marrow
from ..quantity import text_of
from ..rule import Atom
from ..site import SOURCE, other_readings
from .steps import because

STATES = {"hasMissedWindow": "overdue", "hasOpenWindow": "due", "hasWindowAhead": "to-come",
          "hasMetWindow": "done"}
"""What outputs call the relation of a patient to a window, the most pressing first."""

TERMS = ("goesOnUntil", "mayEndSince")
"""The relations of a patient to a window whose first day ends what was begun."""

_UNVERIFIED = "not-before"
"""What outputs call a window of a row that may only warn."""

_OF_A_DAY = re.compile(r"(.+)@(\d{4}-\d\d-\d\d)")

_ORDER = ("overdue", "due", "to-come", _UNVERIFIED, "no-date", "done")
_SAID = {"overdue": "OVERDUE", "due": "due now", "to-come": "due", _UNVERIFIED: "not before"}


def name_and_day(wanted: str) -> tuple[str, str]:
    """Return the name and the day of what is due on one day alone; the day may be empty."""
    found = _OF_A_DAY.fullmatch(wanted)
    return (found[1], found[2]) if found else (wanted, "")


def monitoring(assessment: Assessment) -> list[dict[str, Any]]:
    """Return an entry for every monitoring row that the patient meets, the most pressing first."""
    entries = [_entry(assessment, row) for row in assessment.related("meets")
               if marrow("MonitoringRow") in assessment.graph.objects(row, TYPE)]
    for entry in entries:
        entry["seeAlso"] = [] if entry["interval"] else sorted(
            e["name"] for e in entries if e["dueFrom"] and set(e["items"]) & set(entry["items"]))
    return sorted(entries, key=lambda e: (_ORDER.index(e["state"]), e["dueFrom"] or "", e["name"]))


def _entry(assessment: Assessment, row: str) -> dict[str, Any]:
    graph = assessment.graph
    due = windows_of(assessment, row)
    waiting = [w for w in due if w["state"] != "done"]
    following = waiting[0] if waiting else None
    intervals = [*graph.objects(row, marrow("interval")), *_recoveries(graph, row)]
    proof = assessment.prove(assessment.fact("meets", row))
    term = term_of(assessment, row)
    return {
        **source_of(graph, row),
        "name": local_name(row),
        "action": graph.text(row, marrow("action")),
        "items": [local_name(k) for k in graph.objects(row, marrow("item"))],
        "itemLabels": [graph.label(k) for k in graph.objects(row, marrow("item"))],
        "proof": proof.iri.strip("<>") if proof else None,
        "state": following["state"] if following else "done" if due else "no-date",
        "dueFrom": following["from"] if following else None,
        "dueUntil": following["until"] if following else None,
        "windows": due,
        "interval": [graph.label(i) for i in intervals],
        "undated": [] if due or term else [
            graph.label(clock)
            for i in intervals for clock in graph.objects(i, marrow("countsFrom"))
        ],
        "disagreesWith": [
            {**source_of(graph, other),
             "interval": [graph.label(i) for i in graph.objects(other, marrow("interval"))],
             "dueFrom": next((w["from"] for w in windows_of(assessment, other)
                              if w["state"] != "done"), None)}
            for other in sorted(other_readings(graph, row)) if other in assessment.related("meets")
        ],
        "chosenBy": [local_name(by) for by in graph.subjects(marrow("chooses"), row)],
        "siteFollows": [
            {"source": graph.text(choice, SOURCE),
             "setsAside": [local_name(o) for o in graph.objects(choice, marrow("setsAside"))]}
            for choice in graph.subjects(marrow("follows"), row)
        ],
        "term": term,
        "tooEarly": [assessment.wording.record(o) for o in assessment.related("hasEarlyObservation")
                     if due and _is_followed(assessment, row, o)],
    }


def _is_followed(assessment: Assessment, row: str, observation: str) -> bool:
    return any((observation, marrow("kind"), item) in assessment.facts
               for item in assessment.graph.objects(row, marrow("item")))


def _recoveries(graph: Graph, row: str) -> list[str]:
    return [recovery for relation in ("whenContinued", "whenResumed", "whenStopped")
            for recovery in graph.subjects(marrow(relation), row)]


def windows_of(assessment: Assessment, row: str) -> list[dict[str, Any]]:
    """Return the windows that a row gives the patient, earliest first."""
    graph = assessment.graph
    intervals = set(graph.objects(row, marrow("interval")))
    provenance = graph.object(row, marrow("provenance")) or ""
    asks = marrow("Recommending") in graph.objects(provenance, marrow("may"))
    found = []
    for relation, state in STATES.items():
        for window in assessment.related(relation):
            if _said(assessment, window, "ofInterval") in intervals:
                told = state if asks or state == "done" else _UNVERIFIED
                found.append(_window(assessment, relation, window, told, row))
    # two results of one day give the same days twice
    one_each = {(w["from"], w["until"], w["state"], w["interval"]): w
                for w in sorted(found, key=lambda w: str(w["window"]))}
    return sorted(one_each.values(), key=lambda w: str(w["from"]))


def term_of(assessment: Assessment, row: str) -> dict[str, Any] | None:
    """Return until when what a row asks for goes on, or since when it may end."""
    recoveries = _recoveries(assessment.graph, row)
    for relation in TERMS:
        for window in assessment.related(relation):
            if _said(assessment, window, "ofInterval") in recoveries:
                told = _window(assessment, relation, window, relation, row)
                return {"on": told["from"], "over": relation == "mayEndSince", **{
                    k: told[k] for k in ("name", "interval", "countedFrom", "window", "proof")}}
    return None


def _window(assessment: Assessment, relation: str, window: str, state: str, row: str) \
        -> dict[str, Any]:
    fact = assessment.fact(relation, window)
    proof = assessment.prove(fact)
    interval = _said(assessment, window, "ofInterval") or ""
    opens, closes = (_said(assessment, window, name) for name in ("opensOn", "closesOn"))
    record = _said(assessment, window, "countedFrom") or ""
    return {
        "name": f"{local_name(row)}@{text_of(opens or '')}",
        "state": state,
        "from": text_of(opens or ""),
        "until": text_of(closes) if closes else None,
        "interval": assessment.graph.label(interval),
        "countedFrom": assessment.wording.record(record),
        "doneBy": _done_by(assessment, fact) if state == "done" else None,
        "because": because(assessment, fact),
        "window": window.strip("<>"),
        "proof": proof.iri.strip("<>") if proof else None,
    }


def _done_by(assessment: Assessment, fact: Atom) -> str | None:
    """Return the first record that met a window."""
    found = [
        (int(text_of(days)), record) for derivation in assessment.derivations.of(fact)
        for record, predicate, days in derivation.premises if predicate == marrow("daysAgo")
    ]
    return assessment.wording.record(max(found)[1]) if found else None


def _said(assessment: Assessment, window: str, name: str) -> str | None:
    return assessment.wording.of_window(window).get(marrow(name))


def due_text(entries: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each row of which something is due or to come, the most pressing first."""
    for entry in entries:
        if entry["dueFrom"]:
            until = entry["dueUntil"]
            ends = f" to {until}" if until not in (None, entry["dueFrom"]) else ""
            since = "since " if until is None and entry["state"] == "due" else ""
            aside = " (sources disagree)" if entry["disagreesWith"] else ""
            yield f"  {_SAID[entry['state']]:<10} {since}{entry['dueFrom']}{ends}  " \
                  f"{', '.join(entry['itemLabels'])}{aside}  <{entry['name']}>"
        elif entry["term"]:
            said = "over since" if entry["term"]["over"] else "until"
            yield f"  {said:<10} {entry['term']['on']}  {entry['label']}  <{entry['name']}>"


def monitoring_text(entry: dict[str, Any]) -> Iterator[str]:
    """Yield an entry as lines: what, when, counted from what, and what to do."""
    yield f"  {entry['label']}  <{entry['name']}>"
    yield from (f"      {line}" for line in _when(entry))
    yield from (f"      taken too early, it may mislead: {taken}" for taken in entry["tooEarly"])
    if entry["action"] and entry["state"] != "done" and not (entry["term"] or {}).get("over"):
        yield f"      {entry['action']}"


def _when(entry: dict[str, Any]) -> Iterator[str]:
    items = ", ".join(entry["itemLabels"])
    waiting = [w for w in entry["windows"] if w["state"] != "done"]
    if waiting:
        first, *later = waiting
        then = "".join(f", then {_days(w)} <{w['name']}>" for w in later)
        yield f"{_SAID[first['state']]}: {items}, {_days(first)} <{first['name']}>{then} " \
              f"({first['interval']})"
        yield f"counted from {first['countedFrom']}"
    elif entry["windows"]:
        last = entry["windows"][-1]
        yield f"done: {items}, was due {_days(last)}, by {last['doneBy']}"
    elif entry["undated"]:
        yield f"no date yet: it counts from the {', '.join(entry['undated'])}; the record has " \
              "none that can be used"
    elif entry["term"] is None:
        see = f"; for dates see {', '.join(entry['seeAlso'])}" if entry["seeAlso"] else ""
        yield f"no date: the source gives no interval{see}"
    yield from term_text(entry["term"])
    for other in entry["disagreesWith"]:
        when = f", first on {other['dueFrom']}" if other["dueFrom"] else ""
        yield f"SOURCES DISAGREE: {other['id']} ({other['citation']}) says " \
              f"{', '.join(other['interval'])}{when}"
    for choice in entry["siteFollows"]:
        yield f"this site follows it in place of {', '.join(choice['setsAside'])}: " \
              f"{choice['source']}"
    if entry["disagreesWith"]:
        yield f"followed here by {', '.join(entry['chosenBy'])}; a site may choose the other" \
            if entry["chosenBy"] else "not the one followed here; a site may choose it"


def term_text(term: dict[str, Any] | None, stopped: bool = False) -> Iterator[str]:
    """Yield until when something goes on or should have gone on, or since when it may end."""
    if term is not None:
        said = "may end since" if term["over"] else \
            "should have gone on until" if stopped else "goes on until"
        yield f"{said} {term['on']} ({term['interval']}), counted from {term['countedFrom']}  " \
              f"<{term['name']}>"


def _days(window: dict[str, Any]) -> str:
    if window["state"] == _UNVERIFIED:
        return str(window["from"])
    if window["until"] == window["from"]:
        return f"on {window['from']}"
    return f"from {window['from']}" + (f" to {window['until']}" if window["until"] else " on")
