"""The questions why not, what if, contrast, missing, evidence and pain, as a user asks them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from reasoner.cli.main import app

GOLDEN = Path(__file__).parent / "golden"
AS_OF = ["--as-of", "2026-11-01"]
RUNNER = CliRunner()


def ask(*arguments: str) -> dict[str, Any]:
    found = RUNNER.invoke(app, [*arguments, *AS_OF, "--json"])
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def case(name: str) -> str:
    return str(GOLDEN / name / "patient.ttl")


def test_why_not_names_the_excluding_row_and_the_value_that_would_flip_it() -> None:
    found = ask("why-not", case("n11-egfr-29"), "NSAID")
    assert [row["id"] for row in found["excludedBy"]] == ["G804"]
    assert found["wouldHoldIf"] == [
        ["estimated glomerular filtration rate were 30 mL/min/{1.73_m2}"]]


def test_why_not_shows_the_value_found_and_the_value_needed() -> None:
    found = ask("why-not", "--example", "iron-deficiency", "RedCellTransfusion")
    by_hemoglobin = next(c for c in found["criteria"]
                         if c["criterion"] == "CandidateForTransfusionByHemoglobin")
    assert by_hemoglobin["sources"] == ["C076", "C078"]
    (failed,) = by_hemoglobin["failed"]
    assert "< 70 g/L" in failed["needs"]
    assert "9.8 g/dL" in failed["found"]
    assert ["hemoglobin were < 70 g/L"] in found["wouldHoldIf"]


def test_why_not_of_an_unknown_names_what_is_missing() -> None:
    found = ask("why-not", case("c10-ferritin-45-unknown"), "OralIron")
    assert found["outcome"] == "cannot-tell"
    assert "CReactiveProtein" in {item["name"] for item in found["unknown"]}
    assert ["C-reactive protein were > 5 mg/L"] in found["wouldHoldIf"]


def test_why_not_of_a_stale_result_says_that_it_is_out_of_date() -> None:
    found = ask("why-not", case("c04-stale-hemoglobin"), "RedCellTransfusion")
    assert "out of date" in json.dumps(found["criteria"])


def test_why_not_ends_where_criteria_conclude_what_they_read() -> None:
    """The cause of the anemia is read by, and follows from, criteria that read one another."""
    case = str(Path(__file__).parent / "golden" / "t20-saddle-numbness" / "patient.ttl")
    found = CliRunner().invoke(app, ["why-not", case, "NSAID", "--as-of", "2026-11-01"])
    assert (found.exit_code, found.stderr) == (0, "")
    assert "no NSAID while the source of an iron deficiency anemia is unknown" in found.stdout


def test_why_not_never_supposes_a_pregnancy_otherwise() -> None:
    found = ask("why-not", case("n06-pregnancy-unknown"), "NSAID")
    assert not any("pregnancy" in fact for changes in found["wouldHoldIf"] for fact in changes)


@pytest.mark.parametrize(("name", "fact"), [
    ("nsaid-in-a-recorded-third-trimester", "gestational age"),
    ("n20-early-pregnancy", "gestational age"),
    ("t09b-crisis-of-unknown-baseline", "baseline hemoglobin"),
    ("t17-altitude-3600", "altitude of residence"),
])
def test_why_not_never_supposes_a_measure_of_a_state_of_life(name: str, fact: str) -> None:
    """Corrections 30: never sex, age, pregnancy or history."""
    for intervention in ("NSAID", "IntravenousIron"):
        found = RUNNER.invoke(app, ["why-not", case(name), intervention, *AS_OF, "--json"])
        if found.exit_code == 0:
            assert not any(fact in change for changes in json.loads(found.stdout)["wouldHoldIf"]
                           for change in changes)


def test_why_not_of_what_was_superseded() -> None:
    found = ask("why-not", case("x11-malabsorption"), "OralIron")
    assert found["reason"] == "superseded"


def test_why_not_of_what_holds_is_a_wrong_question() -> None:
    found = RUNNER.invoke(app, ["why-not", "--example", "iron-deficiency", "OralIron", *AS_OF])
    assert found.exit_code == 2
    assert "ask marrow why instead" in found.stderr


def test_what_would_flip_it_flips_it() -> None:
    """Every alternative that why-not names is confirmed by what-if."""
    found = ask("what-if", case("n11-egfr-29"), "--set", "eGFR=30 mL/min/{1.73_m2}")
    (change,) = [o for o in found["outcomes"] if o["intervention"] == "NSAID"]
    assert (change["before"], change["after"]) == ("not-recommended", "consider")
    assert [row["id"] for row in change["noLonger"]] == ["G804"]


def test_what_if_gives_the_reason_of_each_difference() -> None:
    found = ask("what-if", "--example", "iron-deficiency", "--set", "Hemoglobin=6.8g/dL",
                "--add", "Warfarin")
    after = {o["intervention"]: o for o in found["outcomes"]}
    assert after["RedCellTransfusion"]["after"] == "consider"
    assert after["IntravenousIron"]["after"] == "recommended"
    assert after["OralIron"]["reasonAfter"] == "superseded"
    assert "G803-anticoagulant" in {row["id"] for row in after["NSAID"]["because"]}
    assert "the patient has severe anemia" in found["gained"]


def test_what_if_in_any_unit() -> None:
    in_grams = ask("what-if", "--example", "iron-deficiency", "--set", "Hemoglobin=68g/L")
    in_deciliters = ask("what-if", "--example", "iron-deficiency", "--set", "Hemoglobin=6.8g/dL")
    assert in_grams["outcomes"] == in_deciliters["outcomes"]


def test_what_if_of_removing_the_known_source() -> None:
    found = ask("what-if", "--example", "iron-deficiency", "--remove", "HeavyMenstrualBleeding")
    (change,) = found["outcomes"]
    assert (change["intervention"], change["after"]) == ("NSAID", "not-recommended")


def test_what_if_refuses_a_unit_it_cannot_read_and_supposes_nothing() -> None:
    found = RUNNER.invoke(app, ["what-if", "--example", "iron-deficiency", "--set",
                                "Hemoglobin=6.8 pounds", *AS_OF, "--json"])
    assert (found.exit_code, found.stdout) == (2, "")
    assert "pounds" in found.stderr


@pytest.mark.parametrize("arguments", [
    ["what-if", "--example", "iron-deficiency"],
    ["what-if", "--example", "iron-deficiency", "--set", "Hemoglobin"],
    ["what-if", "--example", "iron-deficiency", "--add", "NoSuchKind"],
    ["why-not", "--example", "iron-deficiency", "NoSuchKind"],
    ["contrast", "--example", "iron-deficiency", "OralIron"],
    ["evidence", "--example", "iron-deficiency", "C999"],
])
def test_a_wrong_question_gets_one_line(arguments: list[str]) -> None:
    found = RUNNER.invoke(app, [*arguments, *AS_OF])
    assert found.exit_code == 2
    assert found.stdout == ""
    assert found.stderr.count("\n") == 1


def test_contrast_names_what_decided() -> None:
    found = ask("contrast", case("x11-malabsorption"), "OralIron", "IntravenousIron")
    oral, intravenous = found["sides"]
    assert (oral["outcome"], intravenous["outcome"]) == ("not-recommended", "recommended")
    assert intravenous["decidedBy"] == "recommend-what-is-indicated"
    assert found["supersedes"][0]["row"] == "G506-malabsorption"


def test_missing_ranks_what_could_change_an_outcome() -> None:
    found = ask("missing", "--example", "iron-deficiency")
    names = [item["name"] for item in found["items"]]
    assert names == ["RedFlagOfTheBack", "ActiveVitaminB12", "SerumVitaminB12"]
    for item in found["items"][1:]:
        changes = {(c["intervention"], c["to"]) for c in item["changes"]}
        assert ("VitaminB12Supplement", "recommended") in changes
        assert ("VitaminB12Supplement", "not-applicable") in changes
    screened = {(c["intervention"], c["to"]) for c in found["items"][0]["changes"]}
    assert screened == {("SpineImaging", "consider"), ("SpineImaging", "not-applicable")}


def test_missing_says_when_none_would() -> None:
    found = RUNNER.invoke(app, ["missing", case("g401-b12-351"), *AS_OF])
    assert found.exit_code == 0


def test_evidence_goes_both_ways() -> None:
    found = ask("evidence", "--example", "iron-deficiency", "C061")
    assert "oral iron is recommended" in {entry["says"] for entry in found["conclusions"]}
    parts = ask("evidence", case("x11-malabsorption"), "G506")
    assert {s["id"] for s in parts["statements"]} >= {"G506-malabsorption", "G506-severe"}
    assert "intravenous iron is recommended" in {entry["says"] for entry in parts["conclusions"]}


def test_the_pain_is_explained_with_what_treats_where() -> None:
    found = ask("explain-pain", "--example", "iron-deficiency")
    chains = [[k["name"] for k in path["kinds"]] for path in found["paths"]]
    assert ["Anemia", "ReducedOxygenDelivery", "TissueHypoxia", "DecreasedPainThreshold",
            "BackPain"] in chains
    assert {"at": "anemia", "atName": "Anemia", "by": "oral iron",
            "intervention": "OralIron"} in found["paths"][0]["treated"]
    assert {(s["cause"], s["effect"]) for s in found["shared"]} >= {
        ("anemia", "reduced oxygen delivery")}


def test_a_contradicted_link_is_named() -> None:
    found = ask("explain-pain", case("x09-aplastic"))
    assert found["contradicted"]


def test_an_examination_acts_on_nothing_on_the_way_to_the_pain() -> None:
    """Oral iron treats the anemia; celiac serology, recommended too, looks for its cause."""
    found = ask("explain-pain", "--example", "iron-deficiency")
    acting = {t["intervention"] for path in found["paths"] for t in path["treated"]}
    assert "OralIron" in acting
    assert "CeliacSerology" not in acting


def test_a_record_too_large_to_suppose_over_is_refused_in_one_line(
        monkeypatch: pytest.MonkeyPatch) -> None:
    from reasoner import hypothesis

    monkeypatch.setattr(hypothesis, "MOST_SUPPOSED", 100)
    found = RUNNER.invoke(app, ["missing", "--example", "iron-deficiency", *AS_OF])
    assert found.exit_code == 4
    assert "too many to suppose at once" in found.stderr
    assert found.stderr.count("\n") == 1
