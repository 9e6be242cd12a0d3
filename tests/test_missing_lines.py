"""Every line of missing names its item and the rows and criteria that wait for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.explanation.missing import missing, missing_text
from reasoner.explanation.reason import reason
from reasoner.pipeline import assess

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests" / "golden"


@pytest.fixture(scope="module")
def patient(engine: Engine) -> Assessment:
    return assess(engine, ROOT / "examples" / "iron-deficiency.ttl", "2026-11-01")


def test_an_item_carries_the_rows_and_criteria_that_wait_for_it(patient: Assessment) -> None:
    """Vitamin B12 is given where its level is low (G420); below 180 ng/L by G402."""
    data = missing(patient)
    (item,) = (e for e in data["items"] if e["name"] == "SerumVitaminB12")
    waiting = {w["intervention"]: w for w in item["waiting"]}
    assert "VitaminB12Supplement" in waiting
    rows = {w["row"] for w in item["waiting"] if w["row"]}
    assert any(row.startswith("G4") for row in rows)
    criteria = {c for w in item["waiting"] for c in w["criteria"]}
    assert criteria
    text = missing_text(data)
    for name in ("SerumVitaminB12", "VitaminB12Supplement", *rows):
        assert f"<{name}>" in text or f"({name})" in text


def test_every_difference_names_what_it_is_about(patient: Assessment) -> None:
    data = missing(patient)
    text = missing_text(data)
    for item in data["items"]:
        for change in item["changes"]:
            (line,) = {line for line in text.splitlines() if line.endswith(
                f"if {change['if']}  <{change['intervention']}>")
                and f" {change['label']}: " in line}
            assert line


def test_what_changes_nothing_alone_is_named_and_waits_too(engine: Engine) -> None:
    found = assess(engine, GOLDEN / "u02-only-a-low-ferritin" / "patient.ttl", "2026-11-01")
    data = missing(found)
    text = missing_text(data)
    assert data["notAlone"]
    for entry in data["notAlone"]:
        assert f"<{entry['name']}>" in text
        assert entry["waiting"], entry["name"]
        assert reason(found, entry["name"])[0]["waiting"]
