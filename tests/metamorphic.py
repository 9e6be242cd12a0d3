"""Patients to change, and ways to change them, for the properties of ``test_safety_properties``."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import reasoner
from patients import AS_OF, patients
from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.gate import GatedPatient, gate_patient
from reasoner.knowledge import Graph
from reasoner.namespaces import OWL, TYPE, XSD, iri, local_name, marrow, shorten
from reasoner.patient import PatientGraph, read_patient_graph
from reasoner.pipeline import validate_patient
from reasoner.quantity import literal_parts
from reasoner.result import Result
from reasoner.rule import Atom
from reasoner.threshold import threshold_of
from reasoner.validation import set_aside

for module in pkgutil.walk_packages(reasoner.__path__, "reasoner."):
    if not module.name.endswith("__main__"):
        import_module(module.name)
"""Hypothesis draws numbers that it found in the source of what is imported by then. With all of it
imported, what is drawn does not depend on which tests came before in the same process."""

GOLDEN = sorted(Path(__file__).parent.glob("golden/*/patient.ttl"))
GIVEN = (marrow("recommended"), marrow("considered"))
OUTCOMES = (*GIVEN, *map(marrow, ("notRecommended", "cannotTell", "notApplicable")))
KIND, VALUE, UNIT, DATE, STATUS = map(marrow, ("kind", "value", "unit", "date", "status"))
OBSERVATION, HAS_OBSERVATION = marrow("Observation"), marrow("hasObservation")
SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
                    max_examples=10, phases=[Phase.explicit, Phase.generate])
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
    base = golden(engine, data.draw(st.sampled_from(GOLDEN)))
    links = sorted(t for t in made.triples if t[0] == made.patient and t[2].startswith("<urn:p/"))
    few = data.draw(st.lists(st.sampled_from(links), max_size=3, unique=True)) if links else []
    return add(base, *((p, record, made.triples) for _, p, record in few))


_READ: dict[Path, PatientGraph] = {}


def golden(engine: Engine, path: Path) -> PatientGraph:
    """A golden patient, validated once; the shapes are the same for whichever engine runs."""
    if path not in _READ:
        base = read(engine, path.read_bytes())
        _READ[path] = set_aside(base, validate_patient(base, engine), engine.graph)[0]
    return _READ[path]


@lru_cache(maxsize=1)
def given_in_golden() -> dict[str, list[Path]]:
    """For each intervention the golden patients who are expected to be given it."""
    found: dict[str, list[Path]] = {}
    for path in GOLDEN:
        expected = json.loads((path.parent / "expected.json").read_text("utf-8"))
        for name, outcome in expected.get("outcomes", {}).items():
            if outcome in ("recommended", "consider") and expected["asOf"] == AS_OF.isoformat():
                found.setdefault(marrow(name), []).append(path)
    return found


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
    sort = data.draw(st.sampled_from(sorted({p for _, p, _ in links})))
    _, p, node = data.draw(st.sampled_from([link for link in links if link[1] == sort]))
    return p, node, frozenset(t for t in made.triples if t[0] == node)


def unread_kinds(graph: Graph) -> list[str]:
    """The measurements that nothing in the ontology reads, nor holds other results against."""
    relations = {marrow(n) for n in ("item", "ofMeasurement", "withBaseline", "withAltitude",
                                     "readWith", "expectedResult", "proportionalTo",
                                     "inverselyTo")} | {iri(OWL, "hasValue")}
    read_by = {o for _, p, o in graph.triples if p in relations}
    return [k for k in graph.subjects(TYPE, marrow("MeasurementKind"))
            if k not in read_by and graph.object(k, marrow("canonicalUnit"))]


def bound_of(graph: Graph, expression: str) -> tuple[str, str, Decimal] | None:
    """The kind, sign and limit of a comparison of a current result."""
    filler = graph.object(expression, iri(OWL, "someValuesFrom")) or ""
    kind = within = None
    for part in graph.members(graph.object(filler, iri(OWL, "intersectionOf")) or ""):
        kind = kind or graph.object(part, iri(OWL, "hasValue"))
        within = within or graph.object(part, iri(OWL, "someValuesFrom"))
    if kind is None or within is None:
        return None
    bound = threshold_of(graph, within)
    return kind, bound.sign, Decimal(bound.limit)


@lru_cache(maxsize=2)
def comparisons(graph: Graph) -> dict[str, tuple[str, str, Decimal]]:
    """Each comparison of a current result, with its kind, sign and limit."""
    return {e: bound
            for e in graph.subjects(iri(OWL, "onProperty"), marrow("hasCurrentObservation"))
            if (bound := bound_of(graph, e)) is not None}


def within(value: Decimal, sign: str, limit: Decimal) -> bool:
    return {"<": value < limit, "<=": value <= limit, ">": value > limit,
            ">=": value >= limit}[sign]


def assessed(engine: Engine, graph: PatientGraph) -> Assessment:
    patient = gated(engine, graph)
    return Assessment(engine, patient, engine.run(patient.facts), ())


def undone(before: Assessment, after: frozenset[Atom], fact: Atom) -> set[Atom]:
    """What no longer holds of all that stands in the proofs of a fact."""
    held = after | before.engine.graph.triples
    found: set[Atom] = set()
    waiting = [fact]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += (p for d in before.derivations.of(current) for p in d.premises
                        if p not in held)
    return found


def lapses(before: Assessment, after: frozenset[Atom], fact: Atom) -> set[str]:
    """The rules whose absences brought down a proof: all premises still hold, and not the step."""
    gone = undone(before, after, fact)
    return {local_name(d.rule) for one in gone for d in before.derivations.of(one)
            if gone.isdisjoint(d.premises)}


def shown(new: tuple[str, str, Triples]) -> str:
    """A record in a message."""
    return " ".join(sorted(f"{local_name(p)} {shorten(o) if o.startswith('<') else o}"
                           for _, p, o in new[2]))


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


