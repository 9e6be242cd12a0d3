"""Every line of a contrast or of arguments names what to ask about, and gives its reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.explanation.arguments import arguments, arguments_text
from reasoner.explanation.contrast import contrast, contrast_text
from reasoner.explanation.reason import reason
from reasoner.pipeline import assess

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests" / "golden"
AS_OF = "2026-11-01"


@pytest.fixture(scope="module")
def iron(engine: Engine) -> Assessment:
    return assess(engine, ROOT / "examples" / "iron-deficiency.ttl", AS_OF)


@pytest.fixture(scope="module")
def malabsorption(engine: Engine) -> Assessment:
    """Celiac disease: by G506-malabsorption the vein takes the place of the mouth."""
    path = GOLDEN / "x11-malabsorption"
    expected = json.loads((path / "expected.json").read_text("utf-8"))
    return assess(engine, path / "patient.ttl", expected["asOf"])


def test_a_side_that_does_not_apply_tells_what_failed(iron: Assessment) -> None:
    """G506-malabsorption speaks for the vein, and nothing on record is a malabsorption."""
    data = contrast(iron, "OralIron", "IntravenousIron")
    oral, vein = data["sides"]
    assert oral["criteria"] == []
    assert vein["outcome"] == "not-applicable"
    sources = {s for c in vein["criteria"] for s in c["sources"]}
    assert sources
    assert {c["status"] for c in vein["criteria"]} <= {"not-met", "unknown"}
    lines = contrast_text(data).splitlines()
    first = vein["criteria"][0]
    assert any(f"<{first['criterion']}>" in line for line in lines)
    for part in first["failed"]:
        assert any(part["needs"] in line for line in lines)


def test_what_decided_a_side_is_said_and_can_be_asked_about(iron: Assessment) -> None:
    data = contrast(iron, "OralIron", "IntravenousIron")
    text = contrast_text(data)
    for side in data["sides"]:
        rule = reason(iron, side["decidedBy"])[0]
        assert side["decidedByTitle"] == rule["label"]
        assert f"decided by {side['decidedBy']}: {rule['label']}" in text
        assert f"<{side['intervention']}>" in text


def test_what_takes_the_place_of_another_has_labels_names_and_its_row(
        malabsorption: Assessment) -> None:
    data = contrast(malabsorption, "OralIron", "IntravenousIron")
    (entry,) = data["supersedes"]
    assert (entry["winner"], entry["winnerLabel"]) == ("IntravenousIron", "intravenous iron")
    assert (entry["loser"], entry["loserLabel"]) == ("OralIron", "oral iron")
    line = next(x for x in contrast_text(data).splitlines() if "takes the place" in x)
    assert line.startswith("intravenous iron <IntravenousIron> takes the place of oral iron "
                           "<OralIron>: ")
    assert "G506-malabsorption" in line
    assert f"[{entry['source']['provenance']}" in line


def test_a_row_is_told_with_the_claims_it_carries(iron: Assessment) -> None:
    """G501 carries C061, as explain says."""
    data = arguments(iron, "OralIron")
    (entry,) = data["arguments"]
    assert entry["claims"] == ["C061"]
    assert "; G501, C061 " in arguments_text(data)
    assert "; G501, C061 " in contrast_text(contrast(iron, "OralIron", "IntravenousIron"))


def test_a_flag_and_what_is_missing_have_their_names(engine: Engine) -> None:
    """C-reactive protein decides with ferritin which cutoff holds (G303, G308)."""
    myeloma = assess(engine, GOLDEN / "t10-myeloma" / "patient.ttl", AS_OF)
    text = contrast_text(contrast(myeloma, "OralIron", "Metaxalone"))
    assert "there is an open red flag: multiple myeloma  <MultipleMyeloma>" in text
    needs = next(line for line in text.splitlines() if line.startswith("  needs: "))
    assert "serum ferritin <SerumFerritin>" in needs
    assert "C-reactive protein <CReactiveProtein>" in needs
