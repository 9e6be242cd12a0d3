"""What changes for patients when the knowledge changes: from what, to what, and why."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from ..assessment import Assessment, mechanisms_of
from ..difference import TermChange, Version, reasons
from ..mechanism import grade_of
from ..namespaces import TYPE, local_name, marrow
from ..rule import Atom
from .whatif import outcomes_of

_STATES = (("flag", "hasOpenFlag"), ("condition", "has"), ("suspicion", "suspectedOf"),
           ("pitfall", "showsPitfall"))


class State(NamedTuple):
    """How something stands for a patient, and the statement that says so."""

    stands: str
    fact: Atom


States = dict[tuple[str, str], State]
"""What is compared: its sort and term, and how it stands."""


def states_of(assessment: Assessment) -> States:
    """Return the outcomes, flags, conditions, mechanisms, monitoring and pitfalls of a patient."""
    graph = assessment.graph
    found: States = {}
    for intervention, (outcome, reason) in outcomes_of(assessment).items():
        predicate = assessment.outcome_of(intervention) or ""
        found["outcome", intervention] = State(
            outcome + (f" [{reason}]" if reason else ""),
            assessment.fact(local_name(predicate), intervention))
    for sort, relation in _STATES:
        for kind in assessment.related(relation):
            found[sort, kind] = State("yes", assessment.fact(relation, kind))
    for kind, paths in mechanisms_of(assessment):
        found["mechanism", kind] = State(
            f"possible, {grade_of(graph, paths[0].rank)}", assessment.fact("mayHave", kind))
    for row in assessment.related("meets"):
        if marrow("MonitoringRow") in graph.objects(row, TYPE):
            found["monitoring", row] = State("applies", assessment.fact("meets", row))
    return found


def compare_patient(name: str, old: Assessment, new: Assessment, changes: dict[str, TermChange]) \
        -> dict[str, Any]:
    """Return what changes for one patient, each change with the changed terms behind it."""
    was, now = states_of(old), states_of(new)
    found = []
    for sort, term in sorted(was.keys() | now.keys()):
        before, after = was.get((sort, term)), now.get((sort, term))
        if before and after and before.stands == after.stands:
            continue
        behind: dict[str, None] = {}
        for state, mine, other in ((after, new, old), (before, old, new)):
            if state is not None:
                behind |= dict.fromkeys(reasons(mine, other, state.fact, changes))
        graph = (new if after else old).graph
        found.append({
            "what": sort, "name": local_name(term), "label": graph.label(term),
            "old": before.stands if before else None, "new": after.stands if after else None,
            "because": [_brief(changes[t]) for t in behind],
        })
    return {"patient": name, "changes": found}


def _brief(change: TermChange) -> dict[str, Any]:
    return {"name": change.name, "label": change.label, "sort": change.sort,
            "what": change.what, "details": list(change.details)}


def diff_data(old: Version, new: Version, changes: dict[str, TermChange],
              patients: list[dict[str, Any]], unusable: list[dict[str, str]], as_of: str,
              notice: str) -> dict[str, Any]:
    """Return the whole difference: the knowledge, each patient, and the patients in sum."""
    keys = ("what", "name", "label", "old", "new")
    counts = Counter(tuple(c[k] for k in keys) for p in patients for c in p["changes"])
    return {
        "asOf": as_of,
        "old": {"name": old.name, "fingerprint": old.engine.fingerprint, "site": old.engine.site},
        "new": {"name": new.name, "fingerprint": new.engine.fingerprint, "site": new.engine.site},
        "terms": [_brief(c) for c in changes.values()],
        "patients": patients,
        "sum": {
            "patients": len(patients),
            "changed": sum(bool(p["changes"]) for p in patients),
            "changes": [{**dict(zip(keys, key, strict=True)), "patients": n}
                        for key, n in sorted(counts.items(), key=lambda i: (-i[1], str(i[0])))],
        },
        "unusable": unusable,
        "notice": notice,
    }


def diff_text(data: dict[str, Any]) -> str:
    """Return the difference as text."""
    lines = [f"From {_version(data['old'])} to {_version(data['new'])}, as of {data['asOf']}", "",
             f"Changed in the knowledge: {len(data['terms']) or 'nothing'}"]
    for term in data["terms"]:
        lines.append(f"  {term['what']}: {term['sort']} {term['name']}, {term['label']}")
        lines += [f"      {detail}" for detail in term["details"]]
    for patient in data["patients"]:
        if not patient["changes"]:
            continue
        lines += ["", f"Patient {patient['patient']}"]
        for change in patient["changes"]:
            lines.append(f"  {_step(change)}")
            lines += [f"      because {t['sort']} {t['name']} {_how(t)}"
                      for t in change["because"]]
            if not change["because"]:
                lines.append("      because of something neither proof names; see what changed")
    total = data["sum"]
    lines += ["", f"Something changes for {total['changed']} of {total['patients']} patients"
              if total["changed"] else f"No change for any of {total['patients']} patients"]
    lines += [f"  {change['patients']}x {_step(change)}" for change in total["changes"]]
    if data["unusable"]:
        lines += ["", "Not compared"]
        lines += [f"  {entry['where']}: {entry['what']}; {entry['fix']}"
                  for entry in data["unusable"]]
    return "\n".join([*lines, "", data["notice"], ""])


def _version(side: dict[str, str]) -> str:
    site = f", site {side['site']}" if side["site"] else ""
    return f"{side['name']} ({side['fingerprint']}{site})"


def _step(change: dict[str, Any]) -> str:
    return f"{change['what']} {change['label']} <{change['name']}>: {change['old'] or 'no'} -> " \
           f"{change['new'] or 'no'}"


def _how(term: dict[str, Any]) -> str:
    return f"was {term['what']}" + (f": {term['details'][0]}" if term["details"] else "")
