"""Grounds: what one proof of a conclusion does not show, and a reader who asks why still needs.

Every reason for an outcome with its rows and facts, what failed where an intervention does not
apply, what is undecided or in conflict where nothing can be told, the other derivations, and the
questions about it that sources answer differently.
"""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment, source_of
from ..disagreement import disagreements_of
from ..namespaces import TYPE, local_name, marrow
from ..proof import Proof
from ..rule import Atom
from .bearing import waiting, waiting_lines
from .disagreements import disagreement_data, disagreement_lines
from .failing import criteria_lines, unmet_criteria
from .steps import because, steps_of

_LISTED = 10
"""How many other derivations the text shows; the data have all."""


def grounds(assessment: Assessment, fact: Atom, proof: Proof) -> dict[str, Any]:
    """Return what belongs to why a statement holds beside its proof."""
    graph = assessment.graph
    term = fact[2]
    outcome = local_name(fact[1]) if fact[1] in assessment.graph_outcomes else ""
    missing = {item for item, _ in assessment.missing(term)} if outcome == "cannotTell" else set()
    found = disagreements_of(assessment)
    read = {marrow(name) for step in steps_of(assessment, proof) for name in step.sources}
    return {
        "reasons": [_reason(assessment, (fact[0], relation, term), proof)
                    for relation in assessment.reasons_for(fact[1], term)] if outcome else [],
        "criteria": unmet_criteria(assessment, term, fact[1]),
        "waiting": waiting(assessment, missing, term) if missing else [],
        "inConflict": [
            {"name": local_name(item), "label": graph.label(item),
             "records": _results(assessment, item)}
            for item in sorted(missing & set(assessment.related("hasConflictOn")))],
        "others": _others(assessment, proof),
        "disagreements": [
            disagreement_data(assessment, d) for d in found
            if fact in d.resting or not read.isdisjoint(r.statement for r in d.readings)],
    }


def _reason(assessment: Assessment, settled: Atom, proof: Proof) -> dict[str, Any]:
    """Return one reason for an outcome: what each way of settling it rests on.

    What the proof goes by comes first; ``step`` is the step of the proof that settles the reason.
    """
    graph = assessment.graph
    steps = {step.fact: step.number for step in steps_of(assessment, proof)}
    grounds_of = dict.fromkeys(
        p for d in assessment.derivations.of(settled) for p in d.premises
        if p[0] == assessment.patient.patient and p[1] != TYPE)
    return {
        "reason": graph.text(settled[1], marrow("reasonName")),
        "says": assessment.wording.sentence(settled),
        "step": steps.get(settled),
        "grounds": [
            {"says": assessment.wording.sentence(ground), "name": local_name(ground[2]),
             "row": source_of(graph, ground[2]) if graph.object(ground[2], marrow("provenance"))
             else None,
             "facts": because(assessment, ground)}
            for ground in sorted(grounds_of, key=lambda ground: ground not in steps)],
    }


def _results(assessment: Assessment, item: str) -> list[str]:
    wording = assessment.wording
    return sorted(wording.record(s) for s, p, o in assessment.patient.facts
                  if p == marrow("kind") and o == item and wording.is_record(s))


def _others(assessment: Assessment, proof: Proof) -> list[dict[str, Any]]:
    """Return the derivations of what the proof says of the patient that are not part of it."""
    graph = assessment.graph
    steps = steps_of(assessment, proof)
    used = {name for step in steps for name in step.sources}
    found: dict[str, dict[str, Any]] = {}
    for step in steps:
        for derivation in assessment.derivations.of(step.fact):
            for ground in derivation.premises:
                row = ground[2]
                if not graph.object(row, marrow("provenance")) or local_name(row) in used:
                    continue
                if ground not in assessment.facts or ground[0] != assessment.patient.patient:
                    continue
                found.setdefault(row, {
                    "step": step.number, "says": assessment.wording.sentence(ground),
                    "row": source_of(graph, row), "facts": because(assessment, ground)})
    return [found[row] for row in sorted(found)]


def grounds_lines(data: dict[str, Any]) -> list[str]:
    """Return what belongs beside a proof as lines of text; none where there is nothing."""
    lines = []
    if data["reasons"]:
        lines.append("Every reason, the strongest first (why shows the steps of a row or flag)")
    for reason in data["reasons"]:
        shown = f"  (step {reason['step']})" if reason["step"] else ""
        lines.append(f"  {reason['reason']}: {reason['says']}{shown}")
        for ground in reason["grounds"]:
            named = _row(ground["row"]) or f"  <{ground['name']}>"
            lines.append(f"      {ground['says']}{named}")
            lines += [f"          {fact}" for fact in ground["facts"]]
    if data["criteria"]:
        lines += ["What would speak for it, and why that is not so", *criteria_lines(
            data["criteria"])]
    lines += waiting_lines(data["waiting"])
    for entry in data["inConflict"]:
        lines.append(f"  in conflict: {entry['label']} <{entry['name']}>")
        lines += [f"      {record}" for record in entry["records"]]
    if data["others"]:
        lines.append(f"Other derivations ({len(data['others'])})")
    for other in data["others"][:_LISTED]:
        lines.append(f"  step {other['step']} also because {other['says']}{_row(other['row'])}")
        lines += [f"      {fact}" for fact in other["facts"]]
    if len(data["others"]) > _LISTED:
        lines.append(f"  and {len(data['others']) - _LISTED} more; --json lists them")
    if data["disagreements"]:
        lines += ["Sources disagree, and none is preferred here",
                  *disagreement_lines(data["disagreements"])]
    return [*lines, ""] if lines else []


def _row(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    citation = f" {row['citation']}" if row["citation"] else ""
    return f" ({row['id']}{citation} [{row['provenance'] or '-'}])"
