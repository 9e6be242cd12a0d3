"""Our engine and Oxigraph, running the same rule files, reach the same conclusions."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle import infer, named
from patients import AS_OF, patients
from reasoner.engine import Engine
from reasoner.gate import GatedPatient, gate_patient
from reasoner.patient import read_patient_graph
from reasoner.result import Result
from test_engine import PATIENT, PREFIXES

ROOT = Path(__file__).parent.parent
GOLDEN = sorted(p.parent.name for p in (ROOT / "tests" / "golden").glob("*/patient.ttl"))
UNHURRIED = settings(deadline=None, suppress_health_check=list(HealthCheck))


def gated(engine: Engine, text: str) -> GatedPatient:
    graph = read_patient_graph(text.encode(), ".ttl", "test", engine.vocabulary)
    return gate_patient(graph, engine.graph, AS_OF)


def check(engine: Engine, root: Path, text: str) -> None:
    patient = gated(engine, text)
    assert named(set(engine.run(patient.facts).facts)) == infer(root, patient.facts)


@pytest.mark.parametrize(("hb", "ferritin"), [("9.8", "8"), ("12.0", "8"), ("9.8", "45"),
                                              ('"x"^^xsd:decimal', "8")])
def test_small_ontology(small: Engine, small_root: Path, hb: str, ferritin: str) -> None:
    text = PREFIXES + PATIENT.replace("HB", hb).replace("FERRITIN", ferritin)
    graph = read_patient_graph(text.encode(), ".ttl", "test", small.vocabulary)
    patient = gate_patient(graph, small.graph, date(2026, 11, 1))
    ours = named(set(small.run(patient.facts).facts))
    assert ours == named(set(small.columns.run(patient.facts).facts))
    assert ours == infer(small_root, patient.facts)


ALWAYS = {"sickle-cell-crisis"}
"""One example, with an open flag; Oxigraph takes ten seconds for each."""


@pytest.mark.parametrize("name", [
    pytest.param(p.stem, marks=() if p.stem in ALWAYS else pytest.mark.long)
    for p in sorted((ROOT / "examples").glob("*.ttl"))])
def test_every_example(engine: Engine, name: str) -> None:
    check(engine, ROOT, (ROOT / "examples" / f"{name}.ttl").read_text("utf-8"))


@pytest.mark.long
@pytest.mark.parametrize("name", GOLDEN)
def test_every_golden_case(engine: Engine, name: str) -> None:
    """Long: Oxigraph takes seconds for one patient."""
    check(engine, ROOT, (ROOT / "tests" / "golden" / name / "patient.ttl").read_text("utf-8"))


@settings(UNHURRIED, max_examples=1, derandomize=True)
@given(data=st.data())
def test_patients_nobody_wrote(engine: Engine, data: st.DataObject) -> None:
    check(engine, ROOT, data.draw(patients(engine.graph)))


@pytest.mark.long
@settings(UNHURRIED, max_examples=60)
@given(data=st.data())
def test_many_patients_nobody_wrote(engine: Engine, data: st.DataObject) -> None:
    """Long: Oxigraph takes seconds for one patient."""
    check(engine, ROOT, data.draw(patients(engine.graph)))


@settings(UNHURRIED, max_examples=60, derandomize=True)
@given(data=st.data())
def test_both_evaluators_derive_the_same(engine: Engine, data: st.DataObject) -> None:
    """Not only the same facts: the same applications of the same rules."""
    patient = gated(engine, data.draw(patients(engine.graph)))
    functions = engine.run(patient.facts)
    columns = engine.columns.run(patient.facts)
    assert set(functions.facts) == set(columns.facts)
    assert fired(functions) == fired(columns)


def fired(result: Result) -> set[object]:
    """Every application of a rule: which rule, and with which bindings."""
    return {
        (firing.rule.rule.name, firing.rule.rule.conclusions, tuple(sorted(binding.items())))
        for firing in result.firings for binding in firing.bindings()
    }
