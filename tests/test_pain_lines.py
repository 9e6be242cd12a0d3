"""Every line about the pain says by which names to ask on, and why what does not hold does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.explanation.evidence import evidence
from reasoner.explanation.pain import explain_pain, pain_text
from reasoner.explanation.reason import reason
from reasoner.explanation.text import explain_text
from reasoner.pipeline import assess

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def aplastic(engine: Engine) -> Assessment:
    return assess(engine, GOLDEN / "x09-aplastic" / "patient.ttl", "2026-11-01")


@pytest.fixture(scope="module")
def found(aplastic: Assessment) -> dict[str, Any]:
    return explain_pain(aplastic)


def line_with(text: str, words: str) -> str:
    (line,) = (line for line in text.splitlines() if words in line)
    return line


def test_what_does_not_hold_names_the_link_its_claim_the_row_and_the_record(
        aplastic: Assessment, found: dict[str, Any]) -> None:
    """C007 is the article's general claim; G1305 and the recorded aplasia say it is not so here."""
    (link,) = found["contradicted"]
    assert link["name"] == "ChronicAnemiaIncreasesErythropoiesis"
    assert link["claims"] == ["C007"]
    assert [fit["row"] for fit in link["fit"]] == ["G1305"]
    assert ["aplastic anemia" in fact for fact in link["because"]] == [True]
    for text in (pain_text(found), explain_text(aplastic)):
        said = line_with(text, "does not hold here")
        assert "<ChronicAnemiaIncreasesErythropoiesis>" in said
        assert "(C007)" in said
        assert "G1305" in said
        after = text.splitlines()[text.splitlines().index(said) + 1]
        assert after.strip() == "because aplastic anemia, active, confirmed, on 2026-10-20"


def test_the_sentence_about_trials_names_its_row_and_the_row_answers(
        aplastic: Assessment, found: dict[str, Any]) -> None:
    assert [s["id"] for s in found["evidenceSources"]] == ["G1308"]
    assert "(G1308)" in line_with(pain_text(found), "No trial shows")
    (statement,) = evidence(aplastic, "G1308")["statements"]
    assert "PMID 36939888" in statement["citation"]


def test_the_answer_names_the_row_that_sets_other_causes_beside_the_anemia(
        found: dict[str, Any]) -> None:
    assert [s["id"] for s in found["answerSources"]] == ["G1307"]
    assert "(G1307)" in line_with(pain_text(found), "Nothing on record explains the pain apart")


def test_what_acts_at_a_place_and_what_is_shared_bear_their_names(
        aplastic: Assessment, found: dict[str, Any]) -> None:
    text = pain_text(found)
    acting = line_with(text, "acts at back pain")
    assert "back pain <BackPain>" in acting
    assert "cold therapy <ColdTherapy>" in acting
    shared = line_with(text, "anemia -> reduced oxygen delivery  <")
    assert "<AnemiaReducesOxygenDelivery>" in shared
    (entry,) = (e for e in found["shared"] if e["effect"] == "reduced oxygen delivery")
    assert entry["links"] == ["AnemiaReducesOxygenDelivery"]
    assert (entry["causeName"], entry["effectName"]) == ("Anemia", "ReducedOxygenDelivery")
    assert reason(aplastic, "AnemiaReducesOxygenDelivery")[0]["steps"]


def test_every_link_of_a_path_is_in_the_data_with_its_claims(found: dict[str, Any]) -> None:
    for path in found["paths"]:
        assert len(path["links"]) == len(path["kinds"]) - 1
        assert sorted({c for link in path["links"] for c in link["claims"]}) == path["claims"]
        assert all(t["atName"] in {k["name"] for k in path["kinds"]} for t in path["treated"])
