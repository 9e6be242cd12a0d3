"""A bound is asked about by its name: its number, who gave it, what reads it, what rests on it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from reasoner import load_knowledge
from reasoner.engine import Engine
from reasoner.explanation.reason import backing, reason
from reasoner.pipeline import assess
from test_site import STRICT

GOLDEN = Path(__file__).parent / "golden"
AS_OF = date(2026, 11, 1)
TRIGGER = "HemoglobinBelowTransfusionTrigger"


@pytest.fixture(scope="module")
def strict() -> Engine:
    """The trigger of the article, 70 g/L, is 75 g/L by the Board."""
    return load_knowledge(site=STRICT.encode())


def patient(hemoglobin: int) -> bytes:
    text = (GOLDEN / "t10-myeloma" / "patient.ttl").read_text("utf-8")
    assert "marrow:value 95 ." in text
    return text.replace("marrow:value 95 .", f"marrow:value {hemoglobin} .").encode()


def test_a_number_of_the_site_is_told_with_who_decided_it(strict: Engine) -> None:
    found, text = reason(assess(strict, patient(72), AS_OF), TRIGGER)
    assert found["threshold"] == {
        "sign": "<", "limit": "75", "unit": "g/L", "shipped": "70",
        "measurement": {"name": "Hemoglobin", "label": "hemoglobin"},
        "decidedBy": "Board, 1 March 2026"}
    assert [c["criterion"] for c in found["readBy"]] == ["CandidateForTransfusionByHemoglobin"]
    assert "< 75 g/L of hemoglobin <Hemoglobin>; this site's number (Board, 1 March 2026)" in text()


def test_what_rests_on_a_number_of_the_site_falls_without_it(
        strict: Engine, engine: Engine) -> None:
    """72 g/L is below the Board's trigger and above the shipped one; nothing else speaks for it."""
    at_72 = reason(assess(strict, patient(72), AS_OF), TRIGGER)[0]
    fallen = {c["about"] for c in at_72["conclusions"] if c["fallsWithout"]}
    assert "RedCellTransfusion" in fallen
    for other in (assess(strict, patient(76), AS_OF), assess(engine, patient(72), AS_OF)):
        assert reason(other, TRIGGER)[0]["conclusions"] == []


def test_a_shipped_number_is_told_as_shipped(engine: Engine) -> None:
    """G1102 and G1103 read it, and no other row of NG12 that this record meets."""
    assessment = assess(engine, patient(95), AS_OF)
    found, text = reason(assessment, "AgeFromSixty")
    assert backing(assessment, "AgeFromSixty")[0] == found
    assert (found["threshold"]["limit"], found["threshold"]["decidedBy"]) == ("60", None)
    assert {s["id"] for s in found["sources"]} == {"G1102"}
    rows = {c["about"] for c in found["conclusions"] if c["fallsWithout"]}
    assert rows == {"G1102", "G1103"}
    assert ">= 60 a; as shipped" in text()


def test_what_is_no_bound_has_no_number(engine: Engine) -> None:
    found = reason(assess(engine, patient(95), AS_OF), "SerumFerritin")[0]
    assert (found["threshold"], found["conclusions"]) == (None, [])
