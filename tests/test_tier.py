"""The article alone: what it says for a treatment, with every exclusion and flag still standing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from reasoner import assess, load_knowledge
from reasoner.engine import Engine
from reasoner.errors import UsageError
from reasoner.explanation.report import report
from reasoner.explanation.text import explain_text
from reasoner.explanation.tiers import compare_evidence, compare_text

HERE = Path(__file__).parent
AS_OF = date(2026, 11, 1)


@pytest.fixture(scope="module")
def alone() -> Engine:
    return load_knowledge(evidence="article")


def path_of(name: str) -> Path:
    golden = HERE / "golden" / name / "patient.ttl"
    return golden if golden.exists() else HERE.parent / "examples" / f"{name}.ttl"


def outcome(engine: Engine, name: str, intervention: str) -> str | None:
    found = report(assess(engine, path_of(name), AS_OF))
    return {r["intervention"]: r["outcome"] for r in found["recommendations"]}.get(intervention)


@pytest.mark.parametrize(("name", "intervention", "expected"), [
    # the article's only cutoff
    ("t02b-g-per-l", "RedCellTransfusion", "consider"),
    ("t01-hemoglobin-exactly-70", "RedCellTransfusion", "not-applicable"),
    # no cutoff of anemia or ferritin in the article: results alone show no disorder
    ("iron-deficiency", "OralIron", "not-applicable"),
    # a recorded disorder is reasoned from
    ("x02b-coded-anemia-with-ferritin", "OralIron", "recommended"),
    ("c16-relaxant", "MuscleRelaxant", "consider"),
    # what a name means holds in every tier: this anemia is a deficiency (G117), treated by C074
    ("vitamin-b12-deficiency-anemia-for-90-days", "VitaminB12Supplement", "recommended"),
    # exclusions of guidelines stand
    ("n11-egfr-29", "NSAID", "not-recommended"),
    ("n12-anticoagulant", "NSAID", "not-recommended"),
    ("c16c-relaxant-at-65", "MuscleRelaxant", "not-recommended"),
    # advice that only guidelines give is gone
    ("iron-deficiency", "CeliacSerology", None),
])
def test_outcome(alone: Engine, name: str, intervention: str, expected: str | None) -> None:
    assert outcome(alone, name, intervention) == expected


@pytest.mark.parametrize(("name", "flag"), [
    ("f03-fever", "VertebralOsteomyelitis"), ("t20-saddle-numbness", "CaudaEquinaSyndrome"),
    ("f12-acute-chest", "AcuteChestSyndrome"),
])
def test_flags_stand(alone: Engine, name: str, flag: str) -> None:
    found = report(assess(alone, path_of(name), AS_OF))
    assert flag in {f["name"] for f in found["redFlags"]}
    assert found["knowledge"]["evidence"] == "article"


def test_what_is_recommended_rests_on_a_claim(alone: Engine) -> None:
    found = report(assess(alone, path_of("chronic-disease"), AS_OF))
    for entry in found["recommendations"]:
        if entry["outcome"] in ("recommended", "consider"):
            assert entry["claims"], entry["intervention"]


def test_the_difference_is_shown(alone: Engine, engine: Engine) -> None:
    path = path_of("iron-deficiency")
    found = compare_evidence(assess(alone, path, AS_OF), assess(engine, path, AS_OF))
    by_name = {o["intervention"]: (o["article"], o["all"]) for o in found["outcomes"]}
    assert by_name["OralIron"] == ("not-applicable", "recommended")
    assert "IronDeficiencyAnemia" in {k["name"] for k in found["onlyWithGuidelines"]}


OF_ANOTHER_INDICATION = {"FolicAcidSupplement"}
"""What the article names for one reason (C075: if deficient) and a guideline for another (with
methotrexate, G407-methotrexate)."""
EXAMPLES = ["chronic-disease", "hemolytic", "iron-deficiency", "mixed", "sickle-cell-crisis"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_difference_has_its_reason_and_tier(alone: Engine, engine: Engine, name: str) -> None:
    path = path_of(name)
    found = compare_evidence(assess(alone, path, AS_OF), assess(engine, path, AS_OF))
    assert found["outcomes"]
    for entry in found["outcomes"]:
        tiers = {s["tier"] for s in entry["because"]}
        if entry["all"] == "not-applicable":
            # nothing of it holds, so no proof names a statement; it is in no row of the article
            assert not entry["articleNamesIt"], entry["intervention"]
        else:
            # what waits for an open flag rests on the record of it, so the flag is the reason
            assert tiers - {"article"} or entry["deferredBy"], entry["intervention"]
            assert not entry["articleNamesIt"] or "article" in tiers \
                or entry["intervention"] in OF_ANOTHER_INDICATION, entry["intervention"]
        if entry["all"] == "cannot-tell":
            assert entry["missing"], entry["intervention"]
        assert bool(entry["deferredBy"]) == (entry["allReason"] == "deferred")
    for kind in found["onlyWithGuidelines"]:
        assert {s["tier"] for s in kind["because"]} - {"article"}, kind["name"]


def test_the_reason_is_what_the_article_does_not_say(alone: Engine, engine: Engine) -> None:
    """The article gives oral iron in iron deficiency anemia and no number to find that by."""
    path = path_of("iron-deficiency")
    found = compare_evidence(assess(alone, path, AS_OF), assess(engine, path, AS_OF))
    by_name = {o["intervention"]: o for o in found["outcomes"]}
    iron = by_name["OralIron"]
    assert "IronDeficiencyAnemia" in {k["name"] for k in iron["notFoundByTheArticle"]}
    said = {s["id"]: s["tier"] for s in iron["because"]}
    assert (said["C061"], said["G102"]) == ("article", "guidelines")
    assert not by_name["CeliacSerology"]["articleNamesIt"]
    b12 = by_name["VitaminB12Supplement"]
    assert "serum vitamin B12" in "; ".join(b12["missing"])
    assert "G401" in {s["id"] for s in b12["because"]}


def test_what_a_flag_defers_names_the_flag(alone: Engine, engine: Engine) -> None:
    """A recorded crisis defers the care of the back (corrections 1), and a line says so."""
    path = path_of("sickle-cell-crisis")
    found = compare_evidence(assess(alone, path, AS_OF), assess(engine, path, AS_OF))
    entry = next(o for o in found["outcomes"] if o["intervention"] == "Acupuncture")
    assert [f["name"] for f in entry["deferredBy"]] == ["VasoOcclusiveCrisis"]
    lines = compare_text(found).splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("  acupuncture:"))
    assert "      waits for the open red flag: vaso-occlusive crisis" in lines[at:at + 4]


def test_what_still_applies_beside_the_article_is_labelled(alone: Engine) -> None:
    found = report(assess(alone, path_of("sickle-cell-crisis"), AS_OF))
    assert found["knowledge"]["articleNotice"]
    assert {s["tier"] for f in found["redFlags"] for s in f["sources"]} == {"guidelines"}
    for entry in found["recommendations"]:
        assert {r["tier"] for r in entry["because"]} <= {"article"}, entry["intervention"]
    text = explain_text(assess(alone, path_of("sickle-cell-crisis"), AS_OF))
    assert "G906 Metaxalone label (medlibrary.org) [V, guidelines]" in text
    assert "established cause of the anemia (probable; by this project)" in text


def test_with_everything_no_tier_is_shown(engine: Engine) -> None:
    found = assess(engine, path_of("sickle-cell-crisis"), AS_OF)
    assert report(found)["knowledge"]["articleNotice"] is None
    assert ", guidelines]" not in explain_text(found)


def test_that_a_deficiency_caused_the_anemia_is_said_by_this_project(
        alone: Engine, engine: Engine, tmp_path: Path) -> None:
    """No claim says when a deficiency beside an anemia is its cause; C061 only treats it."""
    path = tmp_path / "patient.ttl"
    path.write_text(ANEMIA_BESIDE_IRON_DEFICIENCY)
    found = compare_evidence(assess(alone, path, AS_OF), assess(engine, path, AS_OF))
    (iron,) = [o for o in found["outcomes"] if o["intervention"] == "OralIron"]
    assert iron["article"] == "not-applicable"
    kinds = {kind["name"]: {s["id"]: s["tier"] for s in kind["because"]}
             for kind in found["onlyWithGuidelines"]}
    assert kinds["IronDeficiencyAnemia"] == {"G118": "this project"}


ANEMIA_BESIDE_IRON_DEFICIENCY = """\
@prefix marrow: <https://w3id.org/marrow/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<urn:marrow:case:both>
    a marrow:Patient ;
    marrow:birthDate "1976-05-01"^^xsd:date ;
    marrow:hasCondition <urn:marrow:case:both/anemia> , <urn:marrow:case:both/iron-deficiency> ;
    marrow:sex marrow:Female .

<urn:marrow:case:both/anemia>
    a marrow:ConditionRecord ;
    marrow:clinicalStatus "active" ;
    marrow:date "2026-10-20"^^xsd:date ;
    marrow:kind marrow:Anemia ;
    marrow:verificationStatus "confirmed" .

<urn:marrow:case:both/iron-deficiency>
    a marrow:ConditionRecord ;
    marrow:clinicalStatus "active" ;
    marrow:date "2026-10-20"^^xsd:date ;
    marrow:kind marrow:IronDeficiency ;
    marrow:verificationStatus "confirmed" .
"""


def test_an_unknown_tier_is_named() -> None:
    with pytest.raises(UsageError, match="no tier"):
        load_knowledge(evidence="hearsay")


def test_follow_up_that_only_guidelines_ask_for_is_gone(alone: Engine, engine: Engine) -> None:
    """The article has hemoglobin, iron studies and pain followed, and iron for three months."""
    path, day = path_of("t12l-last-day-of-iron"), date(2026, 5, 31)
    rows = {row["name"]: row for row in report(assess(alone, path, day))["monitoring"]}
    assert set(rows) == {"G1211"}
    assert rows["G1211"]["term"]["on"] == "2026-06-01"
    assert {"G1202", "G1203", "G1204"} <= {
        row["name"] for row in report(assess(engine, path, day))["monitoring"]}


def test_the_article_gives_no_rise_after_which_pain_is_assessed(alone: Engine) -> None:
    """It says as the anemia improves; how far is a decision of this project."""
    path = path_of("c100-coded-anemia")
    (row,) = [row for row in report(assess(alone, path, AS_OF))["monitoring"]
              if row["name"] == "G1201-pain"]
    assert (row["state"], row["interval"], row["windows"]) == ("no-date", [], [])
