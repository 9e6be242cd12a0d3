"""Bearing: what a name about which nothing is concluded has to do with a patient all the same.

A result that is missing, a condition taken as absent, what can stand in for something else, a
bound, a question that sources answer differently: each stands in some line of an answer, and here
is what the line rests on, down to records and sources.
"""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment, source_of
from ..criterion import criteria_of, members_of, status_of
from ..disagreement import disagreements_of
from ..grounding import is_statement
from ..knowledge import Graph
from ..namespaces import DCTERMS, EXPRESSION, OWL, RDF, RDFS, TYPE, iri, local_name, marrow
from ..quantity import one_line
from ..rule import Atom
from ..threshold import facet_of, threshold_of
from .absences import absence_sentence
from .disagreements import disagreement_data, disagreement_lines
from .failing import criteria_lines, failed_criterion
from .resting import resting_line, resting_on
from .steps import because

_SOURCE = iri(DCTERMS, "source")
_PARTS = tuple(iri(*name) for name in (
    (OWL, "hasValue"), (OWL, "someValuesFrom"), (OWL, "intersectionOf"), (OWL, "unionOf"),
    (OWL, "equivalentClass"), (RDF, "first"), (RDF, "rest")))
"""What leads from a part of a class expression to what it is part of, read backwards."""
_RELATIONS = ("meets", "has", "suspectedOf", "hasOpenFlag")
"""By which relation a criterion may conclude something of what is named."""
_CONCLUDES = iri(RDFS, "subClassOf")
_LISTED = 12
"""How many criteria or conclusions the text shows; the data have all."""


def bearing(assessment: Assessment, term: str) -> dict[str, Any]:
    """Return what a term has to do with a patient: statements, what waits for it, what reads it."""
    graph = assessment.graph
    states = [_state(assessment, fact) for fact in _facts(assessment, term)]
    return {
        "asked": local_name(term), "iri": term.strip("<>"), "label": assessment.wording.name(term),
        "says": graph.definition(term),
        "sources": [source_of(graph, s) for s in own_sources(graph, term)],
        "threshold": _threshold(assessment, term),
        "records": [*(state["says"] for state in states if not state["rule"]),
                    *(assessment.wording.record(node)
                      for node in records_about(assessment, term)),
                    *(_record_of_patient(assessment) if term == assessment.patient.patient
                      else ())],
        "states": [state for state in states if state["rule"]],
        "waiting": waiting(assessment, {term}),
        "insteadOf": _replaced(assessment, term),
        "criteria": [failed_criterion(assessment, c) for relation in _RELATIONS
                     for c in criteria_of(graph, relation, term)],
        "carriedBy": carriers(graph, term),
        "readBy": _readers(assessment, term),
        "conclusions": resting_on(assessment, {term: term})
        if is_statement(graph, term) and not assessment.wording.is_record(term) else [],
        "disagreements": [
            disagreement_data(assessment, d) for d in disagreements_of(assessment)
            if term == d.term or term in {r.statement for r in d.readings}],
        "asOf": assessment.patient.as_of.isoformat(),
        "notice": assessment.wording.notice(),
    }


def _threshold(assessment: Assessment, term: str) -> dict[str, Any] | None:
    """Return the number a threshold stands for here, as shipped or as a site has decided."""
    graph = assessment.graph
    if facet_of(graph, term) is None:
        return None
    bound = threshold_of(graph, term)
    measured = graph.object(term, marrow("forMeasurement"))
    decided = marrow("SiteThreshold") in graph.objects(term, TYPE)
    return {
        "sign": bound.sign, "limit": bound.limit, "unit": bound.unit,
        "measurement": {"name": local_name(measured), "label": graph.label(measured)}
        if measured else None,
        "shipped": graph.text(term, marrow("shippedBound")) if decided else bound.limit,
        "decidedBy": one_line(graph.text(term, _SOURCE) or "") if decided else None,
    }


def _threshold_line(data: dict[str, Any]) -> str:
    of = f" of {data['measurement']['label']} <{data['measurement']['name']}>" \
        if data["measurement"] else ""
    by = f"; this site's number ({data['decidedBy']}), shipped with {data['sign']} " \
         f"{data['shipped']} {data['unit']}" if data["decidedBy"] else "; as shipped"
    return f"  in force: {data['sign']} {data['limit']} {data['unit']}{of}{by}"


def own_sources(graph: Graph, term: str) -> list[str]:
    """Return a statement itself, or else the statements that a term names as its source."""
    own = [term] if graph.object(term, marrow("provenance")) else []
    return [*own, *(s for p in (_SOURCE, marrow("claim")) for s in graph.objects(term, p)
                    if s.startswith("<") and s != term)]


def carriers(graph: Graph, statement: str) -> list[dict[str, Any]]:
    """Return what of the knowledge carries a statement: links, criteria, rows, bounds, choices."""
    found = {s for p in (_SOURCE, marrow("claim"), marrow("chooses"))
             for s in graph.subjects(p, statement)}
    found |= set(graph.objects(statement, marrow("chooses")))
    return [{"name": local_name(s), "label": graph.label(s), "says": graph.definition(s)}
            for s in sorted(found) if graph.objects(s, TYPE) and not s.startswith("_")]


def _facts(assessment: Assessment, term: str) -> list[Atom]:
    return sorted(f for f in assessment.facts
                  if term in f[1:] and f[0] == assessment.patient.patient and f[1] != TYPE)


def records_about(assessment: Assessment, term: str) -> list[str]:
    """Return the records of a kind or of a narrower one, or a record itself by its name."""
    wording = assessment.wording
    kinds = {term, *assessment.graph.subjects(marrow("within"), term)}
    return sorted({s for s, p, o in assessment.patient.facts
                   if p == marrow("kind") and o in kinds and wording.is_record(s)}
                  | ({term} if wording.is_record(term) else set()))


def _record_of_patient(assessment: Assessment) -> list[str]:
    """Return all that the record says: of the patient, and each of the records."""
    wording, given = assessment.wording, assessment.derivations.given
    own = sorted(f for f in given if f[0] == assessment.patient.patient and f[1] != TYPE
                 and not wording.is_record(f[2]))
    nodes = sorted({s for s, p, _ in given if p == marrow("kind") and wording.is_record(s)})
    return [*map(wording.sentence, own), *map(wording.record, nodes)]


def _state(assessment: Assessment, fact: Atom) -> dict[str, Any]:
    proof = assessment.prove(fact)
    steps = proof.steps if proof else ()
    rule = steps[-1].rule if steps else None
    return {
        "says": assessment.wording.sentence(fact), "relation": local_name(fact[1]),
        "because": because(assessment, fact),
        "absences": list(dict.fromkeys(
            absence_sentence(assessment, a) for step in steps[-1:] for a in step.absences)),
        "rule": local_name(rule) if rule else None,
        "proof": proof.iri.strip("<>") if proof else None,
    }


def waiting(assessment: Assessment, items: set[str], only: str = "") -> list[dict[str, Any]]:
    """Return what cannot be told for want of some items: the interventions with row and criteria.

    Args:
        assessment: the assessment.
        items: the terms that are asked for.
        only: the one intervention that is meant; all if empty.
    """
    graph = assessment.graph
    found = []
    for intervention in [only] if only else assessment.related("cannotTell"):
        if items.isdisjoint(item for item, _ in assessment.missing(intervention)):
            continue
        doubts = assessment.doubts_about(intervention, items)
        for doubt, behind in doubts.items():
            criteria = sorted({o for _, p, o in behind if p == marrow("undecidedOn")
                               and marrow("Criterion") in graph.objects(o, TYPE)})
            row = doubt[2]
            found.append({
                "intervention": local_name(intervention), "label": graph.label(intervention),
                "says": assessment.wording.sentence(doubt),
                "row": source_of(graph, row) if graph.object(row, marrow("provenance")) else None,
                "criteria": [_criterion(assessment, c) for c in criteria],
                "facts": because(assessment, doubt),
            })
    return found


def _criterion(assessment: Assessment, criterion: str) -> dict[str, Any]:
    graph = assessment.graph
    return {
        "criterion": local_name(criterion), "label": graph.label(criterion),
        "status": status_of(members_of(assessment, criterion)),
        "concludes": sorted(map(local_name, concluded_by(graph, criterion))),
        "sources": [source_of(graph, s) for s in graph.objects(criterion, _SOURCE)
                    if s.startswith("<")],
    }


def concluded_by(graph: Graph, criterion: str) -> set[str]:
    """Return the kinds and rows that a criterion concludes something of."""
    return {o for e in graph.objects(criterion, _CONCLUDES)
            if (o := graph.object(e, iri(OWL, "hasValue")))}


def _readers(assessment: Assessment, term: str) -> list[dict[str, Any]]:
    """Return the criteria that read a kind or a bound, those that are met or open first."""
    order = ("met", "unknown", "not-met")
    found = [_criterion(assessment, c) for c in criteria_reading(assessment.graph, term)]
    return sorted(found, key=lambda c: (order.index(c["status"]), c["criterion"]))


def criteria_reading(graph: Graph, term: str) -> set[str]:
    """Return the criteria that read a kind or a bound, a criterion itself among them."""
    found = {c for c in graph.subjects(marrow("reads"), term)
             if marrow("Criterion") in graph.objects(c, TYPE)}
    found |= {term} if marrow("Criterion") in graph.objects(term, TYPE) else set()
    waiting_for, seen = [term], {term}
    while waiting_for:
        part = waiting_for.pop()
        for whole in (s for p in _PARTS for s in graph.subjects(p, part)):
            if marrow("Criterion") in graph.objects(whole, TYPE):
                found.add(whole)
            elif whole not in seen and whole.startswith(f"<{EXPRESSION}"):
                seen.add(whole)
                waiting_for.append(whole)
    return found


def _replaced(assessment: Assessment, term: str) -> list[dict[str, Any]]:
    """Return what a term can take the place of, as it stands here, and who says so."""
    graph = assessment.graph
    return [
        {"intervention": local_name(withheld), "label": graph.label(withheld),
         "outcome": graph.text(outcome, marrow("outcomeName"))
         if (outcome := assessment.outcome_of(withheld)) else None,
         "sources": sources_of_alternative(graph, withheld, term)}
        for withheld in graph.subjects(marrow("alternative"), term)
    ]


def sources_of_alternative(graph: Graph, withheld: str, other: str) -> list[dict[str, Any]]:
    """Return who says that one intervention can take the place of another."""
    axioms = set(graph.subjects(iri(OWL, "annotatedProperty"), marrow("alternative")))
    axioms &= set(graph.subjects(iri(OWL, "annotatedSource"), withheld))
    axioms &= set(graph.subjects(iri(OWL, "annotatedTarget"), other))
    return [source_of(graph, s) for axiom in sorted(axioms) for s in graph.objects(axiom, _SOURCE)]


def bearing_text(data: dict[str, Any]) -> str:
    """Return what a term has to do with a patient as text."""
    known = "what is so of it" if data["states"] else \
        "what the record says" if data["records"] else "nothing is concluded about it"
    lines = [f"{data['label']}: {known}, as of {data['asOf']}"]
    lines += [f"  {data['says']}"] if data["says"] else []
    lines += [_threshold_line(data["threshold"])] if data["threshold"] else []
    lines += [f"  source: {_cited(s)}" for s in data["sources"]]
    lines += [f"  on record: {record}" for record in data["records"]]
    for state in data["states"]:
        lines.append(f"  {state['says']}  (by {state['rule']})")
        lines += [f"      {reason}" for reason in state["because"]]
        lines += [f"      as long as {absence}" for absence in state["absences"]]
    lines += waiting_lines(data["waiting"])
    for entry in data["insteadOf"]:
        lines.append(f"  can take the place of {entry['label']} "
                     f"({entry['outcome'] or 'nothing concluded'})")
        lines += [f"      source: {_cited(s)}" for s in entry["sources"]]
    lines += criteria_lines(data["criteria"])
    lines += [f"  carried by {entry['label']} <{entry['name']}>" for entry in data["carriedBy"]]
    if data["readBy"]:
        lines.append("  read by")
    for entry in data["readBy"][:_LISTED]:
        lines.append(f"      {criterion_text(entry)}")
    if len(data["readBy"]) > _LISTED:
        lines.append(f"      and {len(data['readBy']) - _LISTED} more; --json lists them")
    lines += _resting_lines(data["conclusions"])
    if data["disagreements"]:
        lines += ["  sources disagree, and none is preferred here",
                  *(f"  {line}" for line in disagreement_lines(data["disagreements"]))]
    if not any(data[part] for part in
               ("sources", "records", "states", "waiting", "insteadOf", "criteria", "carriedBy",
                "readBy", "conclusions", "disagreements")):
        lines.append("  nothing on record and no criterion or row here has to do with it")
    return "\n".join([*lines, "", data["notice"], ""])


def _resting_lines(conclusions: list[dict[str, Any]]) -> list[str]:
    """Return what rests on a term, first what falls without it."""
    if not conclusions:
        return []
    ranked = sorted(conclusions, key=lambda entry: not entry["fallsWithout"])
    more = len(ranked) - _LISTED
    return ["  what rests on it here", *(f"      {resting_line(e)}" for e in ranked[:_LISTED]),
            *([f"      and {more} more; --json lists them"] if more > 0 else [])]


def waiting_lines(entries: list[dict[str, Any]]) -> list[str]:
    """Return what waits for something missing as lines of text, each criterion and record once."""
    lines = []
    for entry in entries:
        row = f" ({_cited(entry['row'])})" if entry["row"] else ""
        lines.append(f"  cannot be told without it: {entry['label']} <{entry['intervention']}>, as "
                     f"{entry['says']}{row}")
    undecided = dict.fromkeys(criterion_text(c) for entry in entries for c in entry["criteria"])
    lines += [f"      undecided: {criterion}" for criterion in undecided]
    facts = dict.fromkeys(fact for entry in entries for fact in entry["facts"])
    return [*lines, *(f"      from {fact}" for fact in facts)]


def criterion_text(entry: dict[str, Any]) -> str:
    """Return a criterion with how the patient stands to it and its sources."""
    sources = "; ".join(_cited(s) for s in entry["sources"])
    return f"{entry['label']} <{entry['criterion']}>: {entry['status']}" \
        + (f" ({sources})" if sources else "")


def _cited(source: dict[str, Any]) -> str:
    citation = f" {source['citation']}" if source["citation"] else ""
    return f"{source['id']}{citation} [{source['provenance'] or '-'}]"
