"""Evidence, reversed: every source of one conclusion, worked out from the rows by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from reasoner.assessment import Assessment
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.explanation.evidence import evidence
from reasoner.explanation.sources import sources
from reasoner.pipeline import assess
from test_disagreement import with_ferritin

HERE = Path(__file__).parent
EXAMPLE = HERE.parent / "examples" / "iron-deficiency.ttl"
AS_OF = "2026-11-01"


def example(engine: Engine) -> Assessment:
    return assess(engine, EXAMPLE, AS_OF)


def by_id(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {s["id"]: s for s in found["sources"]}


def test_a_recommendation_names_its_row_and_its_claim(engine: Engine) -> None:
    """G501 recommends and cites C061: without either there is no other row for it."""
    found = by_id(sources(example(engine), "OralIron"))
    row = found["G501"]
    assert (row["modality"], row["certainty"], row["provenance"]) == ("recommend", "high", "A")
    assert row["reviewStatus"] == "not clinically reviewed"
    assert row["fallsWithout"]
    assert found["C061"]["fallsWithout"]


def test_one_of_two_cutoffs_is_enough(engine: Engine) -> None:
    """Ferritin 8 lies below 15 (WHO, G301) and below 30 (ECCO, G308): each gives it alone."""
    found = by_id(sources(example(engine), "IronDeficiency"))
    assert not found["G301"]["fallsWithout"]
    assert not found["G308"]["fallsWithout"]
    assert not {"G303", "G309", "G302"} & found.keys()  # inflammation, and children


def test_both_directions_agree(engine: Engine) -> None:
    assessment = example(engine)
    for name, source in by_id(sources(assessment, "OralIron")).items():
        back = {(c["relation"], c["about"]): c["fallsWithout"]
                for c in evidence(assessment, name)["conclusions"]}
        assert ("marrow:recommended", "OralIron") in back, name
        if source["fallsWithout"]:
            assert back["marrow:recommended", "OralIron"], name


def test_a_source_that_others_disagree_with_says_so(engine: Engine) -> None:
    """A ferritin between the cutoffs in inflammation: ECCO (G309) says yes, WHO (G303) says no."""
    found = sources(assess(engine, with_ferritin("mixed", "60", "80"), AS_OF), "IronDeficiency")
    assert by_id(found)["G309"]["sourcesDisagree"]
    assert "G303" not in by_id(found)
    (disagreement,) = found["disagreements"]
    assert {r["id"]: r["stance"] for r in disagreement["readings"]} == {
        "G303": "does not hold", "G309": "holds"}


def test_the_command_takes_a_conclusion_instead_of_a_claim() -> None:
    arguments = ["evidence", "--example", "iron-deficiency", "--as-of", AS_OF]
    found = json.loads(CliRunner().invoke(app, [*arguments, "OralIron", "--json"]).stdout)
    assert (found["relation"], found["about"]) == ("marrow:recommended", "OralIron")
    assert "conclusions" in json.loads(
        CliRunner().invoke(app, [*arguments, "C061", "--json"]).stdout)
    assumed = CliRunner().invoke(app, [*arguments, "SickleCellDisease"])
    assert (assumed.exit_code, assumed.stderr) == (0, "")
    assert "nothing is concluded" in assumed.stdout or "absent" in assumed.stdout
    nothing = CliRunner().invoke(app, [*arguments, "SickleCelDisease"])
    assert (nothing.exit_code, nothing.stdout, nothing.stderr.count("\n")) == (2, "", 1)
