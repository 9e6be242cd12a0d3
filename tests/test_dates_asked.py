"""Each date on which something is due can be asked about by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.errors import UsageError
from reasoner.explanation.followup import monitoring
from reasoner.explanation.reason import reason
from reasoner.explanation.text import explain_text
from reasoner.pipeline import assess

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def corrected(engine: Engine) -> Assessment:
    """An anemia that was corrected under iron on 2026-03-01, with two results of that day."""
    folder = GOLDEN / "t12w-two-results-of-one-day"
    as_of = json.loads((folder / "expected.json").read_text("utf-8"))["asOf"]
    return assess(engine, folder / "patient.ttl", as_of)


@pytest.mark.parametrize("day", ["2026-06-01", "2026-09-01", "2026-12-01", "2027-03-01"])
def test_every_date_of_a_row_is_answered_down_to_the_record_and_the_row(
        corrected: Assessment, day: str) -> None:
    """G1203: 3, 6, 9 and 12 calendar months after the first normal hemoglobin, of 2026-03-01."""
    found, text = reason(corrected, f"G1203@{day}")
    assert day in found["conclusion"]
    assert "hemoglobin" in found["steps"][-2]["records"][0]
    assert "on 2026-03-01" in found["steps"][-2]["records"][0]
    assert "G1203" in [s["id"] for s in found["sources"]]
    assert day in text().splitlines()[0]


def test_the_name_of_each_date_stands_in_the_text_and_in_the_data(corrected: Assessment) -> None:
    (row,) = (r for r in monitoring(corrected) if r["name"] == "G1203")
    names = [w["name"] for w in row["windows"]]
    assert names == ["G1203@2026-06-01", "G1203@2026-09-01", "G1203@2026-12-01", "G1203@2027-03-01"]
    text = explain_text(corrected)
    assert all(f"<{name}>" in text for name in names)


def test_the_day_until_which_something_goes_on_is_answered(corrected: Assessment) -> None:
    """G1211: iron goes on for three calendar months after the correction."""
    found, _ = reason(corrected, "G1211@2026-06-01")
    assert "goes on until" in found["conclusion"]
    assert "G1211@2026-06-01" in explain_text(corrected)


def test_a_day_on_which_nothing_is_due_is_refused_with_those_on_which_it_is(
        corrected: Assessment) -> None:
    with pytest.raises(UsageError, match="2026-06-02") as refused:
        reason(corrected, "G1203@2026-06-02")
    assert "G1203@2026-09-01" in refused.value.fix


def test_a_treatment_has_no_date(corrected: Assessment) -> None:
    with pytest.raises(UsageError, match="OralIron"):
        reason(corrected, "OralIron@2026-06-01")
