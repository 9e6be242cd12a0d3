"""Each smallest change names the kind, the bound and criterion it crosses, and what that settles.

The rows are read off the guidelines by hand; an oracle supposes each change anew.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.explanation.reason import backing
from reasoner.explanation.whynot import why_not, why_not_text
from reasoner.hypothesis import parse_change, suppose
from reasoner.namespaces import marrow
from reasoner.pipeline import assess

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests" / "golden"
AS_OF = date(2026, 11, 1)
CASES = {
    "iron-deficiency": (ROOT / "examples" / "iron-deficiency.ttl", "RedCellTransfusion"),
    "n11-egfr-29": (GOLDEN / "n11-egfr-29" / "patient.ttl", "NSAID"),
    "c10-ferritin-45-unknown": (GOLDEN / "c10-ferritin-45-unknown" / "patient.ttl", "OralIron"),
}


@pytest.fixture(scope="module", params=sorted(CASES))
def asked(request: pytest.FixtureRequest, engine: Engine) -> tuple[Assessment, dict[str, Any]]:
    path, name = CASES[request.param]
    assessment = assess(engine, path, AS_OF)
    return assessment, why_not(assessment, name)


def test_every_change_has_a_name_a_bound_or_a_kind_and_a_source(
        asked: tuple[Assessment, dict[str, Any]]) -> None:
    assessment, data = asked
    assert data["alternatives"]
    assert [[c["says"] for c in a["changes"]] for a in data["alternatives"]] == data["wouldHoldIf"]
    text = why_not_text(data)
    for alternative in data["alternatives"]:
        assert alternative["criteria"]
        assert alternative["sources"]
        line = next(x for x in text.splitlines() if x.startswith("  would hold if ") and all(
            f"{c['says']} <{c['name']}>" in x for c in alternative["changes"]))
        for source in alternative["sources"]:
            assert source["id"] in line
            assert backing(assessment, source["id"])[0]["statements"]
        for change in alternative["changes"]:
            for bound in change["thresholds"]:
                assert bound["name"] in line
                assert backing(assessment, bound["name"])[0]["threshold"]["limit"] in change["says"]


def test_what_a_change_settles_is_so_when_it_is_supposed_anew(
        asked: tuple[Assessment, dict[str, Any]]) -> None:
    assessment, data = asked
    for alternative in data["alternatives"]:
        changes = [parse_change(verb.removeprefix("--"), value, assessment.graph)
                   for verb, value in (c["whatIf"] for c in alternative["changes"])]
        after = suppose(assessment, changes)
        for row in alternative["rows"]:
            met, was = (marrow(row["id"]) in a.related("meets") for a in (after, assessment))
            open_, was_open = (marrow(row["id"]) in (*a.related("mightMeet"), *a.related("lacks"))
                               for a in (after, assessment))
            assert {"applies": met and not was, "asks for care": met and not was,
                    "no longer applies": was and not met,
                    "no longer in doubt": was_open and not open_}[row["then"]]


def test_the_trigger_is_told_with_its_criterion_and_claims(engine: Engine) -> None:
    """C076 and C078 give 70 g/L, and G601-hemoglobin is the row."""
    path, name = CASES["iron-deficiency"]
    data = why_not(assess(engine, path, AS_OF), name)
    first = next(a for a in data["alternatives"] if a["changes"][0]["name"] == "Hemoglobin")
    (change,) = first["changes"]
    assert change["whatIf"] == ["--set", "Hemoglobin=<70g/L"]
    assert [b["name"] for b in change["thresholds"]] == ["HemoglobinBelowTransfusionTrigger"]
    assert [c["criterion"] for c in first["criteria"]] == ["CandidateForTransfusionByHemoglobin"]
    assert "G601-hemoglobin" in {r["id"] for r in first["rows"]}
    assert {"C076", "C078", "G601-hemoglobin"} <= {s["id"] for s in first["sources"]}


def test_an_exclusion_that_a_change_lifts_is_told(engine: Engine) -> None:
    """G804: no NSAID with an estimated GFR below 30; from 30 on G805 asks for care."""
    path, name = CASES["n11-egfr-29"]
    data = why_not(assess(engine, path, AS_OF), name)
    (only,) = data["alternatives"]
    assert sorted((r["id"], r["then"]) for r in only["rows"]) == [
        ("G804", "no longer applies"), ("G805", "asks for care")]
    assert {s["id"] for s in only["sources"]} == {"G804", "C085"}  # row, bound and claim
    assert [b["name"] for b in only["changes"][0]["thresholds"]] == ["eGFRSeverelyReduced"]


def test_a_bound_that_is_read_on_the_way_is_told_with_its_source(engine: Engine) -> None:
    """G305 (AGA 2020): a ferritin below 45 shows iron deficiency in anemia."""
    path, name = CASES["c10-ferritin-45-unknown"]
    data = why_not(assess(engine, path, AS_OF), name)
    (ferritin,) = (a for a in data["alternatives"] if a["changes"][0]["name"] == "SerumFerritin")
    bounds = [b["name"] for b in ferritin["changes"][0]["thresholds"]]
    assert bounds == ["FerritinBelowCutoffInAnemia"]
    assert {"G305", "G501", "C061"} <= {s["id"] for s in ferritin["sources"]}


def test_a_row_that_excludes_and_what_is_unknown_have_names(engine: Engine) -> None:
    path, name = CASES["n11-egfr-29"]
    assert "(G804, C085 " in why_not_text(why_not(assess(engine, path, AS_OF), name))
    path, name = CASES["c10-ferritin-45-unknown"]
    text = why_not_text(why_not(assess(engine, path, AS_OF), name))
    assert "  unknown: C-reactive protein <CReactiveProtein>; " in text
    waits = why_not(assess(engine, GOLDEN / "t10-myeloma" / "patient.ttl", AS_OF), "ColdTherapy")
    assert "waits for: multiple myeloma <MultipleMyeloma>" in why_not_text(waits)


def test_every_condition_of_a_criterion_has_a_name(engine: Engine) -> None:
    path, name = CASES["iron-deficiency"]
    data = why_not(assess(engine, path, AS_OF), name)
    by = next(c for c in data["criteria"]
              if c["criterion"] == "CandidateForTransfusionByHemoglobin")
    (part,) = by["failed"]
    assert (part["name"], part["threshold"]) == ("Hemoglobin", "HemoglobinBelowTransfusionTrigger")
    assert "(< 70 g/L) <HemoglobinBelowTransfusionTrigger>; found: " in why_not_text(data)
    assert "the patient has symptomatic anemia <SymptomaticAnemia>" in why_not_text(data)
