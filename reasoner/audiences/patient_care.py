"""What a patient is told about care: what is pressing, and each outcome with its reason.

An outcome is said by the relation behind its reason, a row by its own sentence or the generic one
of its modality, and whatever is given already never goes without the advice to ask first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..disagreement import disagreements_of
from ..explanation.report import recommendation
from ..knowledge import Graph
from ..namespaces import TYPE, local_name, marrow
from .letter import Line
from .voice import Voice

GOOD = ("recommended", "consider")
_PRESSING = ("emergency", "urgent")


def urgent_lines(voice: Voice, rows: Iterable[str]) -> list[Line]:
    """Return what to do about met rows and how fast, the most urgent first; never what for."""
    graph, groups = voice.graph, dict[str, dict[str, None]]()
    for row in sorted(rows, key=lambda row: (_rank(graph, row), row)):
        urgency = graph.object(row, marrow("urgency")) or ""
        groups.setdefault(urgency, {})[voice.row(row)] = None
    return [Line(voice.own(urgency) or voice.phrase("SayFlagChecked"), tuple(reasons))
            for urgency, reasons in groups.items()]


def flag_lines(voice: Voice, flags: Iterable[str]) -> list[Line]:
    """Return what to do about open flags; a flag without a row still calls for a doctor."""
    assessment, graph, wanted = voice.assessment, voice.graph, set(flags)
    rows = {row: wanted & set(graph.objects(row, marrow("flag")))
            for row in assessment.related("meets")}
    rows = {row: found for row, found in rows.items() if found}
    lines = urgent_lines(voice, rows)
    if wanted - set().union(*rows.values()):
        lines.append(Line(voice.phrase("SayFlagChecked")))
    return lines


def _rank(graph: Graph, row: str) -> float:
    point = graph.object(row, marrow("urgency"))
    return (graph.number(point, marrow("rank")) if point else None) or 9.0


def urgency_rank(voice: Voice, said: str) -> float:
    """Return how urgent an instruction is: the rank of the urgency that says it, 1 the first."""
    ranks = [voice.graph.number(point, marrow("rank")) or 9.0
             for point in voice.graph.subjects(TYPE, marrow("Scale")) if voice.own(point) == said]
    return min(ranks, default=9.0)


def pressing_rows(voice: Voice, entries: list[dict[str, Any]]) -> set[str]:
    """Return the rows for care that cannot wait, where that care is not excluded."""
    codes = voice.graph
    return {
        f"<{row['iri']}>" for entry in entries
        if entry["outcome"] in GOOD and entry["urgency"] in _PRESSING
        for row in entry["because"]
        for point in codes.objects(f"<{row['iri']}>", marrow("urgency"))
        if codes.text(point, marrow("code")) in _PRESSING
    }


def entry_of(voice: Voice, intervention: str, outcome: str) -> dict[str, Any]:
    """Return one intervention with its outcome and reasons."""
    assessment = voice.assessment
    return recommendation(assessment, intervention, outcome, disagreements_of(assessment))


def entry_lines(voice: Voice, entries: Iterable[dict[str, Any]]) -> Iterator[Line]:
    """Yield what is said of care, one line for all that has the same outcome for one reason."""
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for entry in entries:
        key = (_relation(voice, entry), _details(voice, entry))
        groups.setdefault(key, []).append(marrow(entry["intervention"]))
    for (relation, details), terms in groups.items():
        yield Line(voice.relation(relation, *_widest(voice.graph, terms)), details)


def _widest(graph: Graph, terms: list[str]) -> list[str]:
    """Return the terms without those that are below another of them."""
    return [t for t in terms
            if not any(o in graph.objects(t, marrow("within")) for o in terms if o != t)]


def _relation(voice: Voice, entry: dict[str, Any]) -> str:
    """Return the name of the relation that says most about an outcome: its reason, or itself."""
    graph, term = voice.graph, marrow(entry["intervention"])
    outcome = voice.assessment.outcome_of(term) or ""
    if entry["outcome"] not in GOOD and entry["reason"] != "missing":
        for reason in graph.subjects(marrow("reasonFor"), outcome):
            if graph.text(reason, marrow("reasonName")) == entry["reason"] \
                    and voice.fact(local_name(reason), term) in voice.assessment.facts:
                return local_name(reason)
    return local_name(outcome)


def _details(voice: Voice, entry: dict[str, Any]) -> tuple[str, ...]:
    """Return the reasons for an outcome and what to do about what is given already."""
    said = [] if entry["reason"] == "out-of-scope" else _reasons(voice, entry)
    if entry["ongoing"]:
        good = entry["outcome"] in GOOD and not entry["review"]
        against = entry["outcome"] == "not-recommended" or entry["review"]
        said.append(voice.phrase("SayAlreadyGiven" if good else
                                 "SayAskBeforeChange" if against else "SayAskDose"))
    return tuple(dict.fromkeys(filter(None, said)))


def _reasons(voice: Voice, entry: dict[str, Any]) -> list[str]:
    good = entry["outcome"] in GOOD
    binding = [r for r in entry["against"] if r["modality"] != "caution"]
    rows = [*entry["because"], *entry["against"]] if good else binding or entry["against"]
    said = []
    for row in rows:
        said += [voice.row(f"<{row['iri']}>"), term_said(voice, row["term"])]
    if entry["reason"] == "superseded":
        better = _in_its_place(voice, marrow(entry["intervention"]))
        said.append(voice.phrase("SayOtherWay", object=voice.names(better)))
    if entry["sourcesDisagree"]:
        said.append(voice.phrase("SayDisagree"))
    sorts = voice.graph.objects(marrow(entry["intervention"]), TYPE)
    if good and not entry["ongoing"] and marrow("MedicationKind") in sorts:
        said.append(voice.phrase("SayAskFirst"))
    if entry["missing"]:
        items = [marrow(m["name"]) for m in entry["missing"]]
        said.append(voice.phrase("SayNeeds", object=voice.names(items)))
    if entry["reason"] == "stale":
        said.append(voice.phrase("SayTooOld"))
    return said


def _in_its_place(voice: Voice, term: str) -> list[str]:
    """Return the care that takes the place of other care, by the rows that the patient meets."""
    return sorted({better for row in voice.assessment.related("meets")
                   if term in voice.graph.objects(row, marrow("supersedes"))
                   for better in voice.graph.objects(row, marrow("intervention"))
                   if voice.assessment.outcome_of(better) in {marrow("recommended"),
                                                              marrow("considered")}})


def term_said(voice: Voice, term: dict[str, Any] | None) -> str:
    """Return until when something may go on, or since when it may be over."""
    if term is None:
        return ""
    return voice.phrase("SayMayEnd" if term["over"] else "SayGoesOn", date=voice.day(term["on"]))


_WHEN = {"overdue": "SayLate", "due": "SayDueNow", "to-come": "SayDueFrom",
         "not-before": "SayNotBefore", "done": "SayCheckDone"}


def follow_lines(voice: Voice, entries: Iterable[dict[str, Any]]) -> Iterator[Line]:
    """Yield what may be checked again, and when."""
    for entry in entries:
        due = entry["dueUntil"] if entry["state"] == "overdue" else entry["dueFrom"]
        when = voice.phrase(_WHEN.get(entry["state"], ""), date=voice.day(due or ""))
        differ = voice.phrase("SayDisagree") if entry["disagreesWith"] else ""
        yield Line(voice.row(f"<{entry['iri']}>"),
                   tuple(filter(None, [when, term_said(voice, entry["term"]), differ])))
