"""Patients to change, and ways to change them, for the properties of ``test_safety_properties``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from patients import AS_OF, patients
from reasoner.engine import Engine
from reasoner.gate import GatedPatient, gate_patient
from reasoner.knowledge import Graph
from reasoner.namespaces import OWL, RDF, TYPE, XSD, iri, marrow
from reasoner.patient import PatientGraph, read_patient_graph
from reasoner.pipeline import validate_patient
from reasoner.quantity import literal_parts, text_of
from reasoner.result import Result
from reasoner.rule import Atom
from reasoner.validation import set_aside

GOLDEN = sorted(Path(__file__).parent.glob("golden/*/patient.ttl"))
GIVEN = (marrow("recommended"), marrow("considered"))
OUTCOMES = (*GIVEN, *map(marrow, ("notRecommended", "cannotTell", "notApplicable")))
KIND, VALUE, UNIT, DATE, STATUS = map(marrow, ("kind", "value", "unit", "date", "status"))
OBSERVATION, HAS_OBSERVATION = marrow("Observation"), marrow("hasObservation")
SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
                    max_examples=25, phases=[Phase.explicit, Phase.generate])
"""A failing patient is told as it was drawn: to shrink one takes minutes and says little more."""

MANY = settings(SETTINGS, derandomize=False, max_examples=1500)
Triples = frozenset[Atom]


def both(check: Callable[[Engine, st.DataObject], None]) -> tuple[object, object]:
    """Return a property as a short test and as a long one with many more patients."""
    def test(engine: Engine, data: st.DataObject) -> None:
        check(engine, data)

    test.__doc__ = check.__doc__
    drawn = given(data=st.data())
    return SETTINGS(drawn(test)), pytest.mark.long(MANY(drawn(test)))


@lru_cache(maxsize=1)
def strategy(graph: Graph) -> st.SearchStrategy[str]:
    return patients(graph, 5)


def read(engine: Engine, data: bytes, suffix: str = ".ttl") -> PatientGraph:
    return read_patient_graph(data, suffix, "test", engine.vocabulary)


def draw_patient(engine: Engine, data: st.DataObject) -> PatientGraph:
    """A golden patient with records of somebody else's, or somebody nobody wrote."""
    made = read(engine, data.draw(strategy(engine.graph)).encode())
    if data.draw(st.integers(0, 4)) == 0:
        return made
    base = read(engine, data.draw(st.sampled_from(GOLDEN)).read_bytes())
    base = set_aside(base, validate_patient(base, engine), engine.graph)[0]
    links = sorted(t for t in made.triples if t[0] == made.patient and t[2].startswith("<urn:p/"))
    few = data.draw(st.lists(st.sampled_from(links), max_size=3, unique=True)) if links else []
    return add(base, *((p, record, made.triples) for _, p, record in few))


def add(base: PatientGraph, *records: tuple[str, str, Triples]) -> PatientGraph:
    """Link records of some triples to a patient."""
    triples = set(base.triples)
    for link, node, source in records:
        triples |= {(base.patient, link, node)} | {t for t in source if t[0] == node}
    return PatientGraph(base.patient, frozenset(triples), base.source)


def with_triples(base: PatientGraph, triples: set[Atom] | Triples) -> PatientGraph:
    return PatientGraph(base.patient, frozenset(triples), base.source)


def gated(engine: Engine, graph: PatientGraph, as_of: date = AS_OF) -> GatedPatient:
    return gate_patient(graph, engine.graph, as_of)


def run(engine: Engine, graph: PatientGraph, as_of: date = AS_OF) -> Result:
    return engine.run(gated(engine, graph, as_of).facts)


def settled(result: Result, patient: str) -> set[tuple[str, str]]:
    """What is concluded of the patient, without what only names a record."""
    records = {o for s, p, o in result.facts if s == patient and p.startswith(marrow("has")[:-1])
               and p not in (marrow("has"), marrow("hasOpenFlag"), marrow("hasConflictOn"))}
    return {(p, o) for s, p, o in result.facts if s == patient and o not in records}


def given_care(result: Result) -> set[str]:
    return {o for _, p, o in result.facts if p in GIVEN}


def outcomes(result: Result) -> dict[str, str]:
    return {o: p for _, p, o in result.facts if p in OUTCOMES}


def results_of(graph: PatientGraph) -> list[str]:
    """The final results of a patient."""
    own = {s for s, p, o in graph.triples if p == TYPE and o == OBSERVATION}
    return sorted(s for s, p, o in graph.triples if s in own and p == STATUS and o == '"final"')


def said(graph: PatientGraph, node: str, predicate: str) -> str | None:
    return next((o for s, p, o in graph.triples if s == node and p == predicate), None)


def replaced(graph: PatientGraph, node: str, **values: str | None) -> PatientGraph:
    """The patient with one record saying something else, or saying it no more."""
    gone = {marrow(name) for name in values}
    triples = {t for t in graph.triples if t[0] != node or t[1] not in gone}
    triples |= {(node, marrow(name), o) for name, o in values.items() if o is not None}
    return with_triples(graph, triples)


def without(graph: PatientGraph, nodes: set[str]) -> PatientGraph:
    return with_triples(graph, {
        t for t in graph.triples if t[0] not in nodes and t[2] not in nodes
    })


def applications(result: Result) -> set[object]:
    """Every application of a rule, which is what all proofs are made of."""
    return {(f.rule.rule.name, f.rule.rule.conclusions, tuple(sorted(b.items())))
            for f in result.firings for b in f.bindings()}


def draw_new(engine: Engine, data: st.DataObject) -> tuple[str, str, Triples] | None:
    """One record more, under a name of its own."""
    made = read(engine, data.draw(strategy(engine.graph)).replace("<urn:p", "<urn:new").encode())
    links = sorted(t for t in made.triples if t[0] == made.patient and t[2].startswith("<urn:new/"))
    if not links:
        return None
    _, p, node = data.draw(st.sampled_from(links))
    return p, node, made.triples


def unread_kinds(graph: Graph) -> list[str]:
    """The measurements that nothing in the ontology reads."""
    relations = {marrow(n) for n in ("item", "ofMeasurement", "withBaseline", "withAltitude",
                                     "readWith")} | {iri(OWL, "hasValue")}
    read_by = {o for _, p, o in graph.triples if p in relations}
    return [k for k in graph.subjects(TYPE, marrow("MeasurementKind"))
            if k not in read_by and graph.object(k, marrow("canonicalUnit"))]


def exclusions(graph: Graph) -> list[tuple[str, str, str]]:
    """Each intervention that a row contraindicates or advises against, and a kind the row reads."""
    found = set()
    for row in graph.subjects(marrow("direction"), marrow("Against")):
        if graph.object(row, marrow("modality")) == marrow("Caution"):
            continue
        meets = graph.subjects(iri(OWL, "hasValue"), row)
        criteria = {c for m in meets for c in graph.subjects(
            "<http://www.w3.org/2000/01/rdf-schema#subClassOf>", m)}
        criteria |= set(graph.objects(row, marrow("appliesTo")))
        for criterion in criteria:
            for part in graph.objects(criterion, marrow("contains")):
                kind = graph.object(part, iri(OWL, "hasValue"))
                if kind and kind.startswith(marrow("")[:-1]):
                    found.add((row, graph.object(part, iri(OWL, "onProperty")) or "", kind))
    return sorted(found)


def bound_of(graph: Graph, expression: str) -> tuple[str, str, Decimal] | None:
    """The kind, sign and limit of a comparison of a current result."""
    members = graph.object(graph.object(expression, iri(OWL, "someValuesFrom")) or "",
                           iri(OWL, "intersectionOf"))
    if members is None:
        return None
    first = graph.object(members, iri(RDF, "first")) or ""
    rest = graph.object(members, iri(RDF, "rest")) or ""
    threshold = graph.object(graph.object(rest, iri(RDF, "first")) or "",
                             iri(OWL, "someValuesFrom")) or ""
    facets = graph.object(graph.object(threshold, iri(OWL, "equivalentClass")) or "",
                          iri(OWL, "withRestrictions")) or ""
    facet = graph.object(facets, iri(RDF, "first")) or ""
    for name, sign in (("maxExclusive", "<"), ("maxInclusive", "<="), ("minExclusive", ">"),
                       ("minInclusive", ">=")):
        limit = graph.object(facet, iri(XSD, name))
        if limit is not None:
            kind = graph.object(first, iri(OWL, "hasValue")) or ""
            return kind, sign, Decimal(text_of(limit))
    return None


def observed(kind: str, value: str, unit: str) -> PatientGraph:
    """A patient with one final result of today."""
    return PatientGraph("<urn:p>", frozenset({
        ("<urn:p>", TYPE, marrow("Patient")), ("<urn:p>", HAS_OBSERVATION, "<urn:o>"),
        ("<urn:o>", TYPE, OBSERVATION), ("<urn:o>", KIND, kind), ("<urn:o>", VALUE, value),
        ("<urn:o>", UNIT, f'"{unit}"'), ("<urn:o>", STATUS, '"final"'),
        ("<urn:o>", DATE, f'"{AS_OF}"^^<{XSD}date>'),
    }), "test")


SHIFT = timedelta(days=1461)


def later(term: str) -> str:
    if not term.startswith('"'):
        return term
    lexical, datatype, _ = literal_parts(term)
    if datatype not in (f"{XSD}date", f"{XSD}dateTime"):
        return term
    try:
        day = date.fromisoformat(lexical[:10]) + SHIFT
    except ValueError:
        return term
    return f'"{day}{lexical[10:]}"^^<{datatype}>'


