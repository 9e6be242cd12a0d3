"""Why not: what stands against a conclusion, what failed or is unknown, what would flip it."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment, source_of
from ..criterion import criteria_of
from ..errors import UsageError
from ..knowledge import Graph
from ..namespaces import SUBCLASS, TYPE, local_name, marrow, shorten
from .bearing import sources_of_alternative
from .failing import criteria_lines, failed_criterion, named_items, rows_for
from .flipping import GOOD, MOST_FACTS, alternative, flipping_line, smallest_changes
from .steps import because
from .text import source_text
from .why import unknown_name

_SUSPECTING = ("hasOpenFlag", "suspectedOf")
_RELATIONS = (*_SUSPECTING, "deferred", "superseded", "refused", "outOfScope", "disputedFor")
_SORTS = ("ConditionKind", "InterventionKind", "PitfallKind")


def why_not(assessment: Assessment, wanted: str) -> dict[str, Any]:
    """Return why something is not concluded: an intervention, a kind of condition, or a row.

    Raises:
        UsageError: the name is none in the ontology, it is concluded, or it is nothing that could
            be concluded.
    """
    graph = assessment.graph
    term = graph.named(wanted)
    if not graph.objects(term, TYPE):
        raise unknown_name(graph, wanted)
    outcome = assessment.outcome_of(term)
    if outcome in {marrow(o) for o in GOOD} or any(
            assessment.fact(r, term) in assessment.facts for r in ("has", "meets")):
        raise UsageError("it-holds", what=f"{shorten(term)} is concluded",
                         fix="ask marrow why instead")
    targets = [(r, "meets") for r in rows_for(graph, term)] or [(term, "has"), (term, "meets")]
    criteria = [c for target, relation in targets for c in criteria_of(graph, relation, target)]
    if not criteria and not _is_concluded_of_patients(graph, term):
        raise UsageError("nothing-to-conclude", what=f"{local_name(term)} is nothing that a "
                         "patient has or is given", fix="ask marrow evidence about it instead")
    excluding = [r for r in assessment.rows(term, "Against")
                 if graph.object(r, marrow("modality")) != marrow("Caution")]
    unknown = assessment.missing(term) if outcome == marrow("cannotTell") else []
    flags = [{"name": local_name(f), "label": graph.label(f)}
             for f in assessment.related("hasOpenFlag")
             if assessment.fact("deferred", term) in assessment.facts]
    cases, cut = smallest_changes(assessment, term, criteria, excluding)
    flipping = [alternative(assessment, term, case) for case in cases]
    return {
        "asked": local_name(term), "label": graph.label(term),
        "outcome": graph.text(outcome, marrow("outcomeName")) if outcome else None,
        "reason": assessment.reason_of(outcome, term) if outcome else None,
        "reasons": assessment.reasons_of(outcome, term) if outcome else [],
        "ruledOut": assessment.fact("ruledOut", term) in assessment.facts,
        "openFlag": assessment.fact("hasOpenFlag", term) in assessment.facts,
        "within": _wider(assessment, term) if outcome is None else [],
        "excludedBy": [_row(assessment, row) for row in excluding],
        "states": [assessment.wording.sentence(assessment.fact(r, term)) for r in _RELATIONS
                   if assessment.fact(r, term) in assessment.facts],
        "because": [reason for r in _SUSPECTING if assessment.fact(r, term) in assessment.facts
                    for reason in because(assessment, assessment.fact(r, term))],
        "deferredBy": [flag["label"] for flag in flags],
        "waitsFor": flags,
        "unknown": [{"name": local_name(item), "label": label} for item, label in unknown],
        "criteria": [failed_criterion(assessment, c) for c in criteria],
        "wouldHoldIf": [[change["says"] for change in entry["changes"]] for entry in flipping],
        "alternatives": flipping,
        "searchedAll": not cut,
        "instead": [{"name": local_name(o), "label": graph.label(o),
                     "sources": sources_of_alternative(graph, term, o)}
                    for o in assessment.instead_of(term)],
        "asOf": assessment.patient.as_of.isoformat(),
        "notice": assessment.wording.notice(),
    }


def _is_concluded_of_patients(graph: Graph, term: str) -> bool:
    """Tell whether a term is of a sort that a patient can have, show or be given."""
    wide = {w for t in graph.objects(term, TYPE) for w in (t, *graph.objects(t, SUBCLASS))}
    return not wide.isdisjoint(map(marrow, _SORTS))


def _wider(assessment: Assessment, term: str) -> list[dict[str, Any]]:
    """Return the outcomes of the wider kinds of an intervention that has none itself."""
    graph = assessment.graph
    return [
        {"name": local_name(wide), "label": graph.label(wide),
         "outcome": graph.text(outcome, marrow("outcomeName")),
         "reasons": assessment.reasons_of(outcome, wide)}
        for wide in graph.objects(term, marrow("within"))
        if wide != term and (outcome := assessment.outcome_of(wide))
    ]


def _row(assessment: Assessment, row: str) -> dict[str, Any]:
    graph = assessment.graph
    return {**source_of(graph, row),
            "claims": [local_name(c) for c in graph.objects(row, marrow("claim"))],
            "facts": because(assessment, assessment.fact("meets", row))}


def why_not_text(data: dict[str, Any]) -> str:
    """Return the answer as text."""
    reason = f" [{'; '.join(data['reasons'])}]" if data["reasons"] else ""
    open_flag = "suspected, an open red flag (marrow why tells what raised it)"
    verdict = f"{data['outcome']}{reason}" if data["outcome"] else \
        open_flag if data["openFlag"] else "not concluded"
    lines = [f"Why not {data['label']}: {verdict}, as of {data['asOf']}"]
    lines += [f"  {state}" for state in data["states"]]
    lines += [f"      because {fact}" for fact in dict.fromkeys(data["because"])]
    for wide in data["within"]:
        why = f" [{'; '.join(wide['reasons'])}]" if wide["reasons"] else ""
        lines.append(f"  it is judged with {wide['label']} <{wide['name']}>: "
                     f"{wide['outcome']}{why}")
    if data["ruledOut"]:
        lines.append("  it is ruled out")
    for row in data["excludedBy"]:
        lines.append(f"  excluded by: {row['label']} ({source_text(row)})")
        lines += [f"      {fact}" for fact in row["facts"]]
    if data["waitsFor"]:
        lines.append(f"  waits for: {named_items(data['waitsFor'])}")
    lines += criteria_lines(data["criteria"])
    if data["unknown"]:
        lines.append(f"  unknown: {named_items(data['unknown'])}")
    lines += [f"  {flipping_line(entry)}" for entry in data["alternatives"]]
    if not data["wouldHoldIf"] and not data["within"]:
        lines.append(f"  no change of up to {MOST_FACTS} facts that are unknown or can be changed "
                     "was found that would flip it")
    if not data["searchedAll"]:
        lines.append("  the search was cut; there may be other changes")
    if data["instead"]:
        lines.append("  instead: " + ", ".join(
            f"{i['label']} <{i['name']}>"
            + "".join(f" ({s['id']} {s['citation']} [{s['provenance']}])" for s in i["sources"])
            for i in data["instead"]))
    return "\n".join([*lines, "", data["notice"], ""])
