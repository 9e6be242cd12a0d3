"""Patients and educators who ask about what is not concluded get an answer in their own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.explanation.told import tell
from reasoner.namespaces import TYPE, marrow
from reasoner.pipeline import assess

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def patient(engine: Engine) -> Assessment:
    return assess(engine, ROOT / "examples" / "iron-deficiency.ttl", "2026-11-01")


def said(assessment: Assessment, question: str, name: str, audience: str = "patient") -> str:
    return " ".join(tell(assessment, question, name, audience=audience).text().split())


def test_a_result_on_record_is_told_and_what_to_ask(patient: Assessment) -> None:
    text = said(patient, "why", "SerumFerritin")
    assert "Your ferritin was 8" in text
    assert "20 October 2026" in text
    assert "What you can ask your care team" in text
    assert "What does ferritin mean for me?" in text


def test_a_result_that_is_missing_tells_what_waits_for_it(patient: Assessment) -> None:
    text = said(patient, "why", "SerumVitaminB12")
    assert "Your record does not show vitamin B12 level." in text
    assert "The answer may change what is said about vitamin B12" in text
    assert "Can we check my vitamin B12 level?" in text


def test_a_condition_that_is_not_found_is_said_so(patient: Assessment) -> None:
    text = said(patient, "why", "VitaminB12Deficiency")
    assert "Your record does not show too little vitamin B12." in text
    assert "Can we find out about too little vitamin B12?" in text


@pytest.mark.parametrize("name", ["SerumFerritin", "SerumVitaminB12", "VitaminB12Deficiency",
                                  "HeartFailure", "Anticoagulant"])
def test_no_clinicians_words_reach_a_patient(patient: Assessment, name: str) -> None:
    text = said(patient, "why", name)
    for word in ("marrow explain", "marrow why", "criterion", "not-met", "concluded", "<"):
        assert word not in text, word


def test_what_is_not_named_stays_unnamed(patient: Assessment) -> None:
    graph = patient.graph
    unnamed = [k for k in graph.subjects(marrow("notNamedToPatients"), '"true"^^<http://www.w3.org/'
                                         '2001/XMLSchema#boolean>') if graph.objects(k, TYPE)]
    assert unnamed
    pages = {said(patient, "why", k.rsplit("/", 1)[1].rstrip(">")) for k in unnamed[:5]}
    assert len(pages) == 1


def test_an_educator_gets_what_it_has_to_do_with_the_patient(patient: Assessment) -> None:
    text = said(patient, "why", "SerumVitaminB12", "educator")
    assert "cannot be told without it: vitamin B12" in text
    assert "What stands behind it" in text


def test_care_that_is_not_needed_tells_the_result_and_what_to_ask(patient: Assessment) -> None:
    """The hemoglobin is 9.8 g/dL; red cells may be considered below 7 g/dL (G601)."""
    text = said(patient, "why-not", "RedCellTransfusion")
    assert "Your hemoglobin was 9.8" in text
    assert "These results do not call for it now." in text
    assert "Could blood from a donor help me later, and what would change that?" in text
