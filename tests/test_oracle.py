"""Our engine and Oxigraph, running the same rule files, reach the same conclusions."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from oracle import infer, named
from reasoner.engine import Engine
from reasoner.gate import gate_patient
from reasoner.patient import read_patient_graph
from test_engine import PATIENT, PREFIXES


@pytest.mark.parametrize(("hb", "ferritin"), [("9.8", "8"), ("12.0", "8"), ("9.8", "45"),
                                              ('"x"^^xsd:decimal', "8")])
def test_small_ontology(small: Engine, small_root: Path, hb: str, ferritin: str) -> None:
    text = PREFIXES + PATIENT.replace("HB", hb).replace("FERRITIN", ferritin)
    graph = read_patient_graph(text.encode(), ".ttl", "test", small.vocabulary)
    patient = gate_patient(graph, small.graph, date(2026, 11, 1))
    ours = named(set(small.run(patient.facts).facts))
    assert ours == named(set(small.columns.run(patient.facts).facts))
    assert ours == infer(small_root, patient.facts)
