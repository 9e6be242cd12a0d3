"""Where sources disagree, a user sees each reading and what rests on one of them alone.

The cutoffs are those of the sources: AGA 45 and ECCO 30 ug/L in anemia without inflammation, WHO 70
and ECCO 100 ug/L with it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from reasoner import assess
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.explanation.contrast import contrast
from reasoner.explanation.report import report

HERE = Path(__file__).parent
AS_OF = "2026-11-01"
IN_ANEMIA = "WhichFerritinShowsIronDeficiencyInAnemia"
IN_INFLAMMATION = "WhichFerritinShowsIronDeficiencyInInflammation"


def with_ferritin(example: str, was: str, value: str) -> bytes:
    text = (HERE.parent / "examples" / f"{example}.ttl").read_text()
    assert f"value {was} " in text
    return text.replace(f"value {was} ", f"value {value} ").encode()


def stances(found: dict) -> dict[str, dict[str, str]]:
    return {d["name"]: {r["id"]: r["stance"] for r in d["readings"]}
            for d in found["disagreements"]}


@pytest.mark.parametrize(("example", "was", "value", "expected"), [
    ("mixed", "60", "29.9", {}),
    ("mixed", "60", "60", {}),
    ("mixed", "60", "69.9", {}),
    ("mixed", "60", "70", {IN_INFLAMMATION: {"G303": "does not hold", "G309": "holds"}}),
    ("mixed", "60", "100", {IN_INFLAMMATION: {"G303": "does not hold", "G309": "holds"}}),
    ("mixed", "60", "100.1", {}),
    ("iron-deficiency", "8", "8", {}),
    ("iron-deficiency", "8", "29.9", {}),
    ("iron-deficiency", "8", "30", {IN_ANEMIA: {"G305": "holds", "G308": "does not hold"}}),
    ("iron-deficiency", "8", "44.9", {IN_ANEMIA: {"G305": "holds", "G308": "does not hold"}}),
    ("iron-deficiency", "8", "45", {}),
])
def test_readings_differ_between_their_cutoffs(
        engine: Engine, example: str, was: str, value: str, expected: dict) -> None:
    found = report(assess(engine, with_ferritin(example, was, value), AS_OF))
    assert stances(found) == expected


def test_what_rests_on_one_reading_is_named_and_marked(engine: Engine) -> None:
    found = report(assess(engine, with_ferritin("mixed", "60", "80"), AS_OF))
    (entry,) = found["disagreements"]
    assert {"IronDeficiency", "IronDeficiencyAnemia"} <= {k["name"] for k in entry["conditions"]}
    assert ("OralIron", "recommended") in {(k["name"], k["outcome"]) for k in entry["outcomes"]}
    marked = {r["intervention"]: r["sourcesDisagree"] for r in found["recommendations"]}
    assert marked["OralIron"] == [entry["label"]]
    # an NSAID beside methotrexate is withheld whatever the ferritin means
    assert marked["NSAID"] == []
    assert marked["PhysicalOrRestorativeTherapy"] == []
    by_name = {d["name"]: d["sourcesDisagree"] for d in found["disorders"]}
    assert by_name["IronDeficiency"] == [entry["label"]]
    assert by_name["Anemia"] == []


def test_a_condition_that_also_rests_on_something_else_is_not_marked(engine: Engine) -> None:
    """A recorded diagnosis stands beside the ferritin and does not fall with one reading."""
    text = with_ferritin("mixed", "60", "80").decode()
    text = text.replace("a marrow:Patient ;", "a marrow:Patient ; "
                        "marrow:hasCondition <urn:marrow:example:mixed/coded> ;", 1)
    text += ('\n<urn:marrow:example:mixed/coded> a marrow:ConditionRecord ; '
             'marrow:kind marrow:IronDeficiencyAnemia ; marrow:clinicalStatus "active" ; '
             'marrow:verificationStatus "confirmed" .\n')
    found = report(assess(engine, text.encode(), AS_OF))
    assert IN_INFLAMMATION in stances(found)
    marked = {r["intervention"]: r["sourcesDisagree"] for r in found["recommendations"]}
    assert marked["OralIron"] == []


@pytest.mark.parametrize(("case", "intervention", "expected"), [
    ("c16e-anticonvulsant", "Anticonvulsant",
     {"G907": "speaks for it", "G908": "speaks against it"}),
    ("c16-relaxant", "MuscleRelaxant", None),
])
def test_rows_of_sources_that_disagree(
        engine: Engine, case: str, intervention: str, expected: dict | None) -> None:
    """The relaxant's patient has no chronic pain, so WHO says nothing of it there."""
    found = report(assess(engine, HERE / "golden" / case / "patient.ttl", AS_OF))
    entry = next(r for r in found["recommendations"] if r["intervention"] == intervention)
    if expected is None:
        assert found["disagreements"] == []
        assert entry["sourcesDisagree"] == []
        return
    assert list(stances(found).values()) == [expected]
    assert entry["sourcesDisagree"] == [found["disagreements"][0]["label"]]
    assert all(row["sourcesDisagree"] for row in entry["because"] + entry["against"])


def test_explain_and_contrast_label_the_disagreement(tmp_path: Path, engine: Engine) -> None:
    path = tmp_path / "mixed.ttl"
    path.write_bytes(with_ferritin("mixed", "60", "80"))
    text = CliRunner().invoke(app, ["explain", str(path), "--as-of", AS_OF]).stdout
    section = text.split("Sources disagree, and none is preferred here")[1].split("\n\n")[0]
    assert "does not hold: G303" in section
    assert "WHO" in section
    assert "  holds: G309" in section
    assert "ECCO" in section
    data = contrast(assess(engine, path, AS_OF), "OralIron", "IntravenousIron")
    assert [d["name"] for d in data["disagreements"]] == [IN_INFLAMMATION]
    said = CliRunner().invoke(app, ["contrast", str(path), "OralIron", "IntravenousIron",
                                    "--as-of", AS_OF]).stdout
    assert "does not hold: G303" in said
    assert "; sources disagree" in said
