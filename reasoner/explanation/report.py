"""An assessment as plain data: the contract that programs read.

The shape is published as ``report.schema.json`` beside this module; later versions may add to it
and never change or remove what is there.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..assessment import (
    Assessment,
    certainty_of,
    limits_of,
    mechanisms_of,
    source_of,
)
from ..disagreement import Disagreement, disagreements_of
from ..knowledge import Graph
from ..mechanism import Path, grade_of
from ..namespaces import TYPE, local_name, marrow
from ..tier import ARTICLE, tier_of
from .decisions import site_data
from .disagreements import disagreement_data, disputed
from .flags import URGENT, flag_data, proof_of, urgency_of
from .followup import monitoring, term_of
from .issues import issues_of
from .pain import contradicted_links
from .steps import because
from .tiers import article_notice, statements_behind
from .unconfirmed import unconfirmed
from .unread import records_set_aside, unread_diagnoses


def report(assessment: Assessment) -> dict[str, Any]:
    """Return everything about one patient as JSON-ready data."""
    graph = assessment.graph
    found = disagreements_of(assessment)
    return {
        "patient": assessment.patient.patient.strip("<>"),
        "asOf": assessment.patient.as_of.isoformat(),
        "knowledge": {
            "version": assessment.engine.version,
            "fingerprint": assessment.engine.fingerprint,
            "evidence": assessment.engine.evidence,
            "articleNotice": article_notice(assessment)
            if assessment.engine.evidence == ARTICLE else None,
            "notice": assessment.wording.notice(),
        },
        "site": site_data(assessment.engine),
        "redFlags": sorted(
            (flag_data(assessment, kind) for kind in assessment.related("hasOpenFlag")),
            key=lambda flag: (URGENT.get(flag["urgency"] or "", 9), flag["name"])),
        "setAside": records_set_aside(assessment),
        "unreadDiagnoses": unread_diagnoses(assessment),
        "unconfirmed": unconfirmed(assessment),
        "findings": [
            _condition(assessment, kind, found) for kind in assessment.related("has")
            if marrow("FindingKind") in graph.objects(kind, TYPE)
        ],
        "disorders": [
            _condition(assessment, kind, found) for kind in assessment.related("has")
            if marrow("DisorderKind") in graph.objects(kind, TYPE)
        ],
        "mechanisms": [
            {
                "name": local_name(kind),
                "iri": kind.strip("<>"),
                "label": graph.label(kind),
                "certainty": grade_of(graph, paths[0].rank),
                "paths": [_path(assessment, path) for path in paths],
            }
            for kind, paths in mechanisms_of(assessment)
        ],
        "painPaths": [_path(assessment, path) for path in assessment.paths[0]],
        "contradictedLinks": contradicted_links(assessment),
        "recommendations": recommendations(assessment, found),
        "disagreements": [disagreement_data(assessment, d) for d in found],
        "pitfalls": [
            {
                "name": local_name(kind),
                "iri": kind.strip("<>"),
                "label": graph.label(kind),
                "says": graph.definition(kind),
                "because": because(assessment, assessment.fact("showsPitfall", kind)),
                "proof": proof_of(assessment, "showsPitfall", kind),
                "sources": [source_of(graph, row) for row in _rows_of_pitfall(assessment, kind)],
                "term": next((term for row in _rows_of_pitfall(assessment, kind)
                              if (term := term_of(assessment, row))), None),
            }
            for kind in assessment.related("showsPitfall")
        ],
        "deferredPitfalls": [
            {
                "name": local_name(kind),
                "iri": kind.strip("<>"),
                "label": graph.label(kind),
                "waitsFor": [graph.label(f) for f in assessment.related("hasOpenFlag")],
                "proof": proof_of(assessment, "defersPitfall", kind),
            }
            for kind in assessment.related("defersPitfall")
        ],
        "monitoring": [] if assessment.has_died else monitoring(assessment),
        "assumptions": assumptions(assessment),
        "issues": [{**asdict(issue), "records": list(issue.records)}
                   for issue in issues_of(assessment)],
    }


def _rows_of_pitfall(assessment: Assessment, kind: str) -> list[str]:
    return [row for row in assessment.related("meets")
            if kind in assessment.graph.objects(row, marrow("pitfall"))]


def recommendations(assessment: Assessment, found: tuple[Disagreement, ...]) \
        -> list[dict[str, Any]]:
    """Return an entry for every candidate intervention and every one a met row excludes."""
    graph = assessment.graph
    named = set(graph.subjects(TYPE, marrow("CandidateIntervention")))
    named |= {
        target for row in assessment.related("meets")
        if graph.object(row, marrow("modality")) in (marrow("Contraindicate"), marrow("Avoid"))
        for target in graph.objects(row, marrow("intervention"))
    }
    entries = []
    for intervention in sorted(named):
        outcome = assessment.outcome_of(intervention)
        if outcome is None:
            continue
        entries.append(recommendation(assessment, intervention, outcome, found))
    return sorted(entries, key=lambda e: (
        _ORDER.get(e["outcome"], 9), URGENT.get(e["urgency"] or "", 9),
        _display_rank(graph, marrow(e["intervention"])), e["intervention"],
    ))


def _display_rank(graph: Graph, intervention: str) -> float:
    ranks = [graph.number(k, marrow("displayRank")) for k in graph.objects(
        intervention, marrow("within"))]
    return min((r for r in ranks if r is not None), default=4.0)


def _to_review(assessment: Assessment, intervention: str) -> list[dict[str, str]]:
    """Return what is taken of an intervention and excluded by itself."""
    graph = assessment.graph
    excluded = {*assessment.related("contraindicated"), *assessment.related("advisedAgainst")}
    return [
        {"name": local_name(k), "label": graph.label(k)} for k in assessment.related("takes")
        if k in excluded and intervention in graph.objects(k, marrow("within"))
    ]


_ORDER = {"recommended": 0, "consider": 1, "cannot-tell": 2, "not-recommended": 3,
          "not-applicable": 4}


def recommendation(assessment: Assessment, intervention: str, outcome: str,
                   found: tuple[Disagreement, ...]) -> dict[str, Any]:
    """Return one intervention with its outcome, reasons, rows and what is missing.

    Args:
        assessment: the assessment.
        intervention: the intervention.
        outcome: its outcome predicate.
        found: where sources disagree about this patient.
    """
    graph = assessment.graph
    supporting = assessment.rows(intervention, "For")
    opposing = assessment.rows(intervention, "Against")
    rows = supporting + opposing
    flags = assessment.related("hasOpenFlag") \
        if intervention in assessment.related("deferred") else []
    return {
        "intervention": local_name(intervention),
        "iri": intervention.strip("<>"),
        "label": graph.label(intervention),
        "outcome": graph.text(outcome, marrow("outcomeName")),
        "reason": assessment.reason_of(outcome, intervention),
        "reasons": assessment.reasons_of(outcome, intervention),
        "ongoing": intervention in assessment.related("receives"),
        "review": _to_review(assessment, intervention),
        "because": [_row(assessment, row, found) for row in supporting],
        "against": [_row(assessment, row, found) for row in opposing],
        "sourcesDisagree": disputed(
            assessment, found, assessment.fact(local_name(outcome), intervention), rows),
        "deferredBy": [local_name(f) for f in flags],
        "waitsFor": [graph.label(f) for f in flags],
        "missing": [
            {"name": local_name(term), "label": label, "ask": graph.definition(term),
             "first": term in assessment.missing_first(intervention)}
            for term, label in assessment.missing(intervention)
        ] if local_name(outcome) == "cannotTell" else [],
        "alternatives": [local_name(other) for other in assessment.instead_of(intervention)],
        "instead": [graph.label(other) for other in assessment.instead_of(intervention)],
        "claims": sorted({
            local_name(c) for row in rows for c in graph.objects(row, marrow("claim"))
        }),
        "urgency": urgency_of(assessment, supporting),
        "proof": proof_of(assessment, local_name(outcome), intervention),
    }


def _row(assessment: Assessment, row: str, found: tuple[Disagreement, ...]) -> dict[str, Any]:
    graph = assessment.graph
    modality = graph.object(row, marrow("modality"))
    certainty = graph.object(row, marrow("certainty"))
    return {
        **source_of(graph, row),
        "tier": tier_of(graph, row),
        "modality": graph.text(modality, marrow("code")) if modality else None,
        "certainty": graph.text(certainty, marrow("code")) if certainty else None,
        "claims": [local_name(c) for c in graph.objects(row, marrow("claim"))],
        "facts": because(assessment, assessment.fact("meets", row)),
        "sourcesDisagree": disputed(assessment, found, assessment.fact("meets", row), [row]),
        "term": term_of(assessment, row),
    }


def _condition(assessment: Assessment, kind: str, found: tuple[Disagreement, ...]) \
        -> dict[str, Any]:
    fact = assessment.fact("has", kind)
    return {
        "name": local_name(kind),
        "iri": kind.strip("<>"),
        "label": assessment.graph.label(kind),
        "certainty": certainty_of(assessment, fact),
        "because": because(assessment, fact),
        "sourcesDisagree": disputed(assessment, found, fact),
        "tiers": sorted({s["tier"] for s in statements_behind(assessment, "has", kind)})
        if assessment.engine.evidence == ARTICLE else None,
        "proof": proof_of(assessment, "has", kind),
    }


def _path(assessment: Assessment, path: Path) -> dict[str, Any]:
    graph = assessment.graph
    return {
        "kinds": [{"name": local_name(k), "label": graph.label(k)} for k in path.kinds],
        "certainty": grade_of(graph, path.rank),
        "links": [
            {
                "name": local_name(link.node),
                "label": graph.label(link.node),
                "says": graph.definition(link.node),
                "certainty": grade_of(graph, link.rank),
                "claims": [local_name(c) for c in link.claims],
            }
            for link in path.links
        ],
        "fit": limits_of(assessment, path),
    }


def assumptions(assessment: Assessment) -> list[dict[str, Any]]:
    """Return what was taken as absent because no record says otherwise.

    What is suspected is told as the flag that it is; what rests on an absence ``bearing`` tells.
    """
    graph = assessment.graph
    kinds = {*assessment.related("presumedWithout"), *assessment.related("assumesAbsent")}
    kinds -= {*assessment.related("suspectedOf"), *assessment.related("hasOpenFlag")}
    return [
        {
            "name": local_name(kind),
            "label": graph.label(kind),
            "says": f"{graph.label(kind)}: not recorded, taken as absent",
        }
        for kind in sorted(kinds)
        if kind not in assessment.related("ruledOut") and kind not in assessment.related("has")
    ]


