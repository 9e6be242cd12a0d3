"""The engine on a small ontology: a laboratory value becomes a recommendation, with its proof."""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path

import pytest

from reasoner import engine
from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.namespaces import marrow
from reasoner.patient import read_patient_graph
from reasoner.pipeline import assess_graph
from reasoner.proof import proof_quads

PREFIXES = """
@prefix marrow: <https://w3id.org/marrow/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
PATIENT = """
<urn:p> a marrow:Patient ; marrow:birthDate "1984-03-02"^^xsd:date ; marrow:sex marrow:Female ;
    marrow:hasObservation <urn:p/hb>, <urn:p/ferritin> .
<urn:p/hb> a marrow:Observation ; marrow:kind marrow:Hemoglobin ; marrow:value HB ;
    marrow:unit "g/dL" ; marrow:date "2026-10-20"^^xsd:date ; marrow:status "final" .
<urn:p/ferritin> a marrow:Observation ; marrow:kind marrow:SerumFerritin ; marrow:value FERRITIN ;
    marrow:unit "ug/L" ; marrow:date "2026-10-20"^^xsd:date ; marrow:status "final" .
"""


def assessed(engine: Engine, hb: str, ferritin: str) -> Assessment:
    text = PREFIXES + PATIENT.replace("HB", hb).replace("FERRITIN", ferritin)
    graph = read_patient_graph(text.encode(), ".ttl", "test", engine.vocabulary)
    return assess_graph(engine, graph, date(2026, 11, 1))


def test_value_to_finding_to_disorder_to_recommendation(small: Engine) -> None:
    found = assessed(small, "9.8", "8")
    assert found.related("has") == [
        marrow(k) for k in ("Anemia", "IronDeficiency", "IronDeficiencyAnemia")
    ]
    assert found.related("recommended") == [marrow("OralIron")]


def test_a_value_at_the_cutoff_is_not_below_it(small: Engine) -> None:
    assert assessed(small, "12.0", "8").related("has") == [marrow("IronDeficiency")]
    assert marrow("Anemia") in assessed(small, "11.9", "8").related("has")
    assert assessed(small, "12.0", "8").related("notApplicable") == [marrow("OralIron")]


def test_a_value_that_cannot_be_used_gives_cannot_tell_and_names_what_is_missing(
    small: Engine,
) -> None:
    found = assessed(small, '"7_0"^^xsd:decimal', "8")
    assert [i.code for i in found.issues] == ["not-a-decimal"]
    assert found.related("cannotTell") == [marrow("OralIron")]
    assert [t for t, _ in found.missing(marrow("OralIron"))] == [marrow("Hemoglobin")]


def test_the_proof_rests_on_both_observations_and_uses_every_rule_once(small: Engine) -> None:
    found = assessed(small, "9.8", "8")
    proof = found.prove(found.fact("recommended", marrow("OralIron")))
    assert proof is not None
    records = {f[0] for f, origin in proof.leaves.items() if origin == "record"}
    assert {"<urn:p/hb>", "<urn:p/ferritin>"} <= records
    conclusions = [s.conclusion for s in proof.steps]
    assert len(conclusions) == len(set(conclusions))
    settled = set(proof.leaves)
    for step in proof.steps:
        assert set(step.premises) <= settled
        settled.add(step.conclusion)
    assert {q[3] for q in proof_quads(proof)} == {proof.iri}


def test_compiling_is_told_to_who_waits(small: Engine, monkeypatch: pytest.MonkeyPatch,
                                        caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "reasoner")
    monkeypatch.setattr(engine, "_cache_folder", lambda: Path("no-such-folder"))
    monkeypatch.setattr(engine, "read_knowledge", lambda root: None)
    monkeypatch.setattr(engine, "compile_knowledge", lambda knowledge: small)
    monkeypatch.setattr(engine, "_write_cache", lambda path, compiled: None)
    engine._load.__wrapped__(small.root, "no-such-digest", "all", None)
    assert "compiling" in caplog.text
