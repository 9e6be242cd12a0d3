"""Missing: which unknown results could change an outcome, the most telling first."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment
from ..hypothesis import suppose_each
from ..namespaces import TYPE, local_name, marrow
from ..rule import Atom
from ..supposition import bounds_in_doubt, settlements


def missing(assessment: Assessment) -> dict[str, Any]:
    """Return each unknown item with the outcomes it could change, ranked.

    Ranked by whether it could open a red flag, by the urgency of what it could change, and by how
    many outcomes it could change.
    """
    graph = assessment.graph
    candidates = graph.subjects(TYPE, marrow("CandidateIntervention"))
    asked: dict[str, str] = {}
    for intervention in candidates:
        outcome = assessment.outcome_of(intervention)
        if outcome == marrow("cannotTell"):
            asked.update(assessment.missing(intervention))
    bounds = bounds_in_doubt(assessment)
    trials = [(item, change) for item in sorted(asked)
              for change in settlements(assessment, item, bounds.get(item, []))]
    now = _outcomes(assessment, set(assessment.facts))
    found = suppose_each(assessment, [[change] for _, change in trials]) if trials else []
    entries: dict[str, dict[str, Any]] = {
        item: {"name": local_name(item), "label": label, "changes": [], "flags": []}
        for item, label in asked.items()
    }
    told: set[tuple[str, str]] = set()
    for (item, change), facts in zip(trials, found, strict=True):
        then = _outcomes(assessment, facts)
        entry = entries[item]
        same = (item, repr(sorted(then.items())))
        if same in told:
            continue  # another result of the same test that makes the same difference
        told.add(same)
        for intervention in candidates:
            if then.get(intervention) != now.get(intervention):
                entry["changes"].append({
                    "if": change.says(graph), "intervention": local_name(intervention),
                    "label": graph.label(intervention),
                    "from": now.get(intervention), "to": then.get(intervention),
                })
        opened = {o for _, p, o in facts if p == marrow("hasOpenFlag")}
        for flag in sorted(opened - set(assessment.related("hasOpenFlag"))):
            entry["flags"].append({"if": change.says(graph), "flag": local_name(flag),
                                   "label": graph.label(flag)})
    waiting = _waiting(assessment)
    for entry in entries.values():
        entry["outcomes"] = len({c["intervention"] for c in entry["changes"]})
        entry["urgency"] = _urgency(assessment, entry)
        entry["waiting"] = waiting.get(marrow(entry["name"]), [])
    telling = [e for e in entries.values() if e["outcomes"] or e["flags"]]
    alone = [e for e in entries.values() if not (e["outcomes"] or e["flags"])]
    telling.sort(key=lambda e: (not e["flags"], e["urgency"], -e["outcomes"], e["name"]))
    return {
        "asOf": assessment.patient.as_of.isoformat(),
        "items": telling,
        "notAlone": [{k: e[k] for k in ("name", "label", "waiting")} for e in alone],
        "notice": assessment.wording.notice(),
    }


def _waiting(assessment: Assessment) -> dict[str, list[dict[str, Any]]]:
    """Return, for each item, the interventions that wait for it, each with its row and criteria."""
    graph = assessment.graph
    found: dict[str, list[dict[str, Any]]] = {}
    for intervention in assessment.related("cannotTell"):
        for item, doubts in assessment.asked_by(intervention).items():
            found.setdefault(item, []).extend(
                {"intervention": local_name(intervention), "label": graph.label(intervention),
                 "row": local_name(doubt[2]) if graph.object(doubt[2], marrow("provenance"))
                 else None,
                 "criteria": sorted(local_name(o) for _, p, o in asking
                                    if p == marrow("undecidedOn")
                                    and marrow("Criterion") in graph.objects(o, TYPE))}
                for doubt, asking in sorted(doubts.items()))
    return found


def _outcomes(assessment: Assessment, facts: set[Atom]) -> dict[str, str]:
    graph = assessment.graph
    names = {o: graph.text(o, marrow("outcomeName")) or "" for o in assessment.graph_outcomes}
    return {o: names[p] for s, p, o in facts if p in names and s == assessment.patient.patient}


def _urgency(assessment: Assessment, entry: dict[str, Any]) -> float:
    graph = assessment.graph
    ranks = [9.0]
    for change in entry["changes"]:
        for row in graph.subjects(marrow("intervention"), marrow(change["intervention"])):
            if graph.object(row, marrow("direction")) == marrow("For"):
                point = graph.object(row, marrow("urgency"))
                ranks.append((graph.number(point, marrow("rank")) if point else None) or 9.0)
    return min(ranks)


def missing_text(data: dict[str, Any]) -> str:
    """Return the ranked items as text."""
    lines = [f"What is missing, the most telling first, as of {data['asOf']}"]
    for number, entry in enumerate(data["items"], 1):
        lines.append(f"{number:>3}. {entry['label']}  <{entry['name']}>")
        lines += _waiting_lines(entry)
        lines += [f"       red flag {f['label']}, if {f['if']}  <{f['flag']}>"
                  for f in entry["flags"]]
        lines += [f"       {c['label']}: {c['from']} -> {c['to']}, if {c['if']}  "
                  f"<{c['intervention']}>" for c in entry["changes"]]
    if not data["items"]:
        lines.append("  none would: no single unknown item could change an outcome")
    if data["notAlone"]:
        lines.append("Asked for too, but changing nothing alone")
        for entry in sorted(data["notAlone"], key=lambda e: str(e["label"])):
            lines.append(f"     {entry['label']}  <{entry['name']}>")
            lines += _waiting_lines(entry)
    return "\n".join([*lines, "", data["notice"], ""])


def _waiting_lines(entry: dict[str, Any]) -> list[str]:
    """Return a line for the rows that wait for an item, and one for what waits without a row."""
    rows: dict[str, dict[str, None]] = {}
    for w in entry["waiting"]:
        named = rows.setdefault(f"{w['label']} <{w['intervention']}>", {})
        named.update({w["row"]: None} if w["row"] else {})
    said = [label + (f" ({', '.join(named)})" if named else "") for label, named in rows.items()]
    return [f"       waiting for it: {', '.join(said)}"] if said else []
