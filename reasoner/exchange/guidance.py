"""Write what is recommended for a patient as a FHIR R4 bundle.

Recommended and considered care becomes a group of proposals, never an order; what must not be done
and open red flags become detected issues; what cannot be told becomes a guidance response that asks
for data. What has no code is text.
"""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment
from ..explanation.decisions import site_data, site_lines
from ..explanation.report import report
from ..explanation.text import TITLES, flag_lines, recommendation_lines
from ..mapping import load_mappings
from ..namespaces import MARROW, TYPE, marrow
from ..rule import Atom
from .codes import Json, concept, plain, references, requirement
from .entries import ASKS, Entries

_PROPOSED = ("recommended", "consider")


def write_bundle(assessment: Assessment) -> Json:
    """Return the bundle as JSON-ready data; the same assessment always gives the same bundle."""
    mappings = load_mappings(assessment.engine.root / "ontology" / "mappings.sssom.tsv")
    out = Entries(assessment, mappings)
    told = report(assessment)
    entries = told["recommendations"]
    proposed = [e for e in entries if e["outcome"] in _PROPOSED]
    excluded = [e for e in entries if _is_an_issue(e)]
    for flag in sorted(told["redFlags"], key=lambda f: (str(f["urgency"]), f["name"])):
        _add_flag(out, flag)
    for entry in excluded:
        _add_exclusion(out, entry)
    group = _add_group(out, proposed) if proposed else None
    _add_success(out, told, [e for e in entries if e["outcome"] == "not-recommended"
                             and e not in excluded], group)
    for entry in entries:
        if entry["outcome"] == "cannot-tell":
            _add_question(out, entry)
    return out.bundle()


def _is_an_issue(entry: Json) -> bool:
    """Tell whether care must not be given, or is advised against though given or indicated."""
    return entry["outcome"] == "not-recommended" and (
        "contraindicated" in entry["reasons"]
        or ("advised-against" in entry["reasons"] and bool(entry["because"] or entry["ongoing"])))


def _lines(found: Any) -> list[str]:
    return [line for line in map(plain, found) if line]


def _add_flag(out: Entries, flag: Json) -> None:
    lines = _lines(flag_lines(flag))
    fact = out.assessment.fact("hasOpenFlag", f"<{flag['iri']}>")
    out.add({
        "resourceType": "DetectedIssue",
        "extension": [out.justification(flag["iri"], "red-flag", flag["proof"])],
        "status": "preliminary",
        "code": {"text": plain(f"red flag: {flag['label']} ({flag['certainty']})")},
        "severity": _point(out, "fhirSeverity", flag["urgency"]),
        "patient": out.subject,
        "evidence": _evidence(out, fact),
        "detail": "\n".join(lines),
        "reference": next((s["iri"] for s in flag["sources"]), None),
        "mitigation": [
            {"action": {"text": plain(f"{action} Who: {actor}." if actor else action)}}
            for action, actor in zip(flag["actions"], flag["actors"], strict=True) if action
        ],
    }, lines)


def _add_exclusion(out: Entries, entry: Json) -> None:
    graph = out.assessment.graph
    lines = _lines(recommendation_lines(entry))
    outcome = out.assessment.outcome_of(f"<{entry['iri']}>") or ""
    strongest = min((r["modality"] for r in entry["against"] if r["modality"]), default=None,
                    key=lambda code: _rank(out, code))
    out.add({
        "resourceType": "DetectedIssue",
        "extension": [out.justification(entry["iri"], entry["outcome"], entry["proof"])],
        "status": "preliminary",
        "code": {"text": plain(f"{entry['label']}: {', '.join(entry['reasons'])}")},
        "severity": _point(out, "fhirSeverity", strongest),
        "patient": out.subject,
        "implicated": references(out.assessment, out.assessment.prove(
            out.assessment.fact("receives", f"<{entry['iri']}>"))),
        "evidence": _evidence(out, (out.assessment.patient.patient, outcome, f"<{entry['iri']}>")),
        "detail": "\n".join(lines),
        "reference": next((r["iri"] for r in entry["against"]), None),
        "mitigation": [
            {"action": {**concept(marrow(other), graph.label(marrow(other)), out.mappings),
                        "text": plain(f"instead: {graph.label(marrow(other))}")}}
            for other in entry["alternatives"]
        ],
    }, lines)


def _evidence(out: Entries, fact: Atom) -> list[Json]:
    """Return the records that an issue rests on."""
    return [{"detail": references(out.assessment, out.assessment.prove(fact))}]


def _add_group(out: Entries, proposed: list[Json]) -> Json:
    return out.add({
        "resourceType": "RequestGroup",
        "extension": [out.justification()],
        "status": "draft",
        "intent": "proposal",
        "subject": out.subject,
        "note": [{"text": out.notice}],
        "action": [_action(out, entry) for entry in proposed],
    }, [f"{TITLES[e['outcome']]}: {e['label']}" for e in proposed])


def _action(out: Entries, entry: Json) -> Json:
    lines = _lines(recommendation_lines(entry))
    grounds = "; ".join(row["label"] for row in entry["because"])
    return {
        "extension": [out.justification(entry["iri"], entry["outcome"], entry["proof"])],
        "title": plain(entry["label"]),
        "description": plain(f"{TITLES[entry['outcome']]}: {grounds}"),
        "textEquivalent": "\n".join(lines),
        "priority": _point(out, "fhirPriority", entry["urgency"]),
        "code": [concept(f"<{entry['iri']}>", entry["label"], out.mappings)],
        "documentation": [_document(row) for row in (*entry["because"], *entry["against"])],
        "resource": _add_proposal(out, entry, lines),
    }


def _add_proposal(out: Entries, entry: Json, lines: list[str]) -> Json:
    """Add what an action is about, which FHIR asks for: a draft proposal without a dose."""
    said = concept(f"<{entry['iri']}>", entry["label"], out.mappings)
    medicine = marrow("MedicationKind") in out.assessment.graph.objects(f"<{entry['iri']}>", TYPE)
    return out.add({
        "resourceType": "MedicationRequest" if medicine else "ServiceRequest",
        "extension": [out.justification(entry["iri"], entry["outcome"], entry["proof"])],
        "status": "draft",
        "intent": "proposal",
        "priority": _point(out, "fhirPriority", entry["urgency"]),
        "medicationCodeableConcept" if medicine else "code": said,
        "subject": out.subject,
        "note": [{"text": f"{TITLES[entry['outcome']]}. {out.notice}"}],
    }, [TITLES[entry["outcome"]], *lines])


def _document(row: Json) -> Json:
    claims = f" ({', '.join(row['claims'])})" if row["claims"] else ""
    return {
        "type": "citation" if row["citation"] else "justification",
        "label": row["id"],
        "display": plain(f"{row['label']}{claims} [{row['provenance']}; {row['reviewStatus']}]"),
        "citation": row["citation"],
    }


def _add_success(out: Entries, told: Json, others: list[Json], group: Json | None) -> None:
    """Add the response to the whole question: the group, what else is said, what was not used."""
    notes = [out.notice, *site_lines(site_data(out.assessment.engine))]
    notes += [f"Not recommended: {e['label']} ({', '.join(e['reasons'])})" for e in others]
    notes += [f"Pitfall: {p['label']}: {p['says']}" for p in told["pitfalls"]]
    notes += [f"Sources disagree: {d['label']}" for d in told["disagreements"]]
    found = {d["iri"]: concept(f"<{d['iri']}>", d["label"], out.mappings)
             for d in told["disorders"]}
    out.add({
        "resourceType": "GuidanceResponse",
        "extension": [out.justification()],
        "moduleUri": MARROW,
        "status": "success",
        "subject": out.subject,
        "reasonCode": list(found.values()),
        "note": [{"text": note} for note in map(plain, notes)],
        "evaluationMessage": [_add_issues(out, told["issues"])] if told["issues"] else [],
        "result": group,
    }, notes[1:])


def _add_issues(out: Entries, issues: list[Json]) -> Json:
    """Add what of the record was not used or is in conflict."""
    texts = [plain(f"{i['where']}: {i['what']}; {i['fix']}") for i in issues]
    return out.add({
        "resourceType": "OperationOutcome",
        "issue": [
            {"severity": issue["severity"], "code": "processing", "diagnostics": text,
             "details": {"text": plain(issue["code"])}}
            for issue, text in zip(issues, texts, strict=True)
        ],
    }, texts)


def _add_question(out: Entries, entry: Json) -> None:
    """Add what cannot be told; where it is not for want of data, no data are asked for."""
    lines = _lines(recommendation_lines(entry))
    out.add({
        "resourceType": "GuidanceResponse",
        "extension": [out.justification(entry["iri"], entry["outcome"], entry["proof"])],
        "moduleUri": MARROW,
        "status": "data-required" if entry["missing"] else "success",
        "subject": out.subject,
        "reasonCode": [{"text": plain(f"{TITLES['cannot-tell']}: {entry['label']} "
                                      f"({entry['reason']})")}],
        "note": [{"text": out.notice}],
        "dataRequirement": [
            requirement(out.assessment, marrow(m["name"]), m["label"], ASKS, out.mappings)
            for m in entry["missing"]
        ],
    }, lines)


def _point(out: Entries, predicate: str, code: str | None) -> str | None:
    """Return how FHIR writes a point on a scale, as the ontology says."""
    graph = out.assessment.graph
    for point in graph.subjects(TYPE, marrow("Scale")):
        if code is not None and graph.text(point, marrow("code")) == code:
            return graph.text(point, marrow(predicate))
    return None


def _rank(out: Entries, code: str) -> float:
    graph = out.assessment.graph
    return min((graph.number(point, marrow("rank")) or 9.0
                for point in graph.subjects(TYPE, marrow("Scale"))
                if graph.text(point, marrow("code")) == code), default=9.0)
