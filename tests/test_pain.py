"""Is this pain probably not from the anemia? Independent causes stand beside its mechanisms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from patients import AS_OF, PREFIXES
from reasoner.engine import Engine
from reasoner.explanation.pain import explain_pain, pain_text
from reasoner.namespaces import local_name
from reasoner.pipeline import assess

EXAMPLES = Path(__file__).parent.parent / "examples"
BODY = """
<urn:p> a marrow:Patient ; marrow:birthDate "1976-05-01"^^xsd:date ; marrow:sex marrow:Male ;
    marrow:hasCondition <urn:p/pain>{links} ; marrow:hasObservation <urn:p/hb> .
<urn:p/pain> a marrow:ConditionRecord ; marrow:kind marrow:LowBackPain ;
    marrow:clinicalStatus "active" ; marrow:verificationStatus "confirmed" ;
    marrow:date "2026-10-20"^^xsd:date .
<urn:p/hb> a marrow:Observation ; marrow:kind marrow:Hemoglobin ; marrow:value {hb} ;
    marrow:unit "g/L" ; marrow:status "final" ; marrow:date "2026-10-20"^^xsd:date .
"""
CONDITION = """
<urn:p/{kind}> a marrow:ConditionRecord ; marrow:kind marrow:{kind} ;
    marrow:clinicalStatus "active" ; marrow:verificationStatus "confirmed" ;
    marrow:date "2026-10-20"^^xsd:date .
"""


def explained(engine: Engine, hb: int, *kinds: str) -> dict[str, Any]:
    links = "".join(f", <urn:p/{kind}>" for kind in kinds)
    text = PREFIXES + BODY.format(links=links, hb=hb)
    text += "".join(CONDITION.format(kind=kind) for kind in kinds)
    return explain_pain(assess(engine, text.encode(), AS_OF))


@pytest.mark.parametrize(("hb", "kinds", "answer"), [
    (104, (), "Nothing on record explains the pain apart from the anemia."),
    (104, ("AxialSpondyloarthritis",), "A cause apart from the anemia explains the pain more"),
    (104, ("SpinalStenosis",), "A cause apart from the anemia explains the pain more"),
    (104, ("Fibromyalgia",), "A cause apart from the anemia explains the pain as well as"),
    (140, ("Fibromyalgia",), "A cause apart from the anemia explains the pain more surely"),
    (140, (), "Nothing on record explains the pain, and the anemia does not either."),
    (104, ("Fibromyalgia", "SaddleAnesthesia"), "An open red flag comes first"),
])
def test_the_answer_weighs_the_anemia_against_the_rest(
    engine: Engine, hb: int, kinds: tuple[str, ...], answer: str,
) -> None:
    """By hand: every path from the anemia is of low certainty; so is fibromyalgia."""
    found = explained(engine, hb, *kinds)
    assert found["answer"].startswith(answer)
    assert "No trial shows" in found["evidence"]
    assert found["answer"] in pain_text(found)
    assert found["evidence"] in pain_text(found)


def test_a_cause_that_is_less_sure_does_not_outweigh_the_anemia() -> None:
    from types import SimpleNamespace

    from reasoner.explanation.pain import _answer
    from reasoner.mechanism import Link
    from reasoner.mechanism import Path as Way

    sure = Way((Link("<urn:l>", "<urn:a>", "<urn:b>", 1.0, ()),))
    unsure = Way((Link("<urn:m>", "<urn:c>", "<urn:b>", 3.0, ()),))
    about: Any = SimpleNamespace(paths=((sure, unsure), False), related=lambda predicate: [])
    assert _answer(about, {unsure}) == "weakerAnswer"
    assert _answer(about, {sure}) == "otherAnswer"


def test_causes_are_ranked_together_and_the_independent_ones_are_marked(engine: Engine) -> None:
    found = explained(engine, 104, "VertebralCompressionFracture", "Spondylosis")
    ways = [(p["kinds"][0]["name"], p["certainty"], p["independent"]) for p in found["paths"]]
    assert ways[0] == ("VertebralCompressionFracture", "high", True)
    assert ("Spondylosis", "low", True) in ways
    assert ("Anemia", "low", False) in ways
    assert found["paths"][0]["claims"] == ["G1307"]


def test_what_an_anemia_leads_to_is_not_independent_of_it(engine: Engine) -> None:
    """Fatigue is on record by itself, but anemia leads to it."""
    found = explained(engine, 104, "Fatigue")
    assert {p["independent"] for p in found["paths"]} == {False}


def test_the_inflammation_of_the_example_stands_first(engine: Engine) -> None:
    found = explain_pain(assess(engine, EXAMPLES / "chronic-disease.ttl", AS_OF))
    assert found["paths"][0]["kinds"][0]["name"] == "InflammatoryCondition"
    assert found["paths"][0]["independent"]
    assert [p["independent"] for p in found["paths"]].count(True) == 1


def test_what_is_given_beside_another_medicine_acts_on_nothing_here(engine: Engine) -> None:
    """Folic acid is given with methotrexate; the arthritis is treated by something else."""
    assessment = assess(engine, EXAMPLES / "mixed.ttl", "2026-11-01")
    cared = {local_name(o) for p in ("recommended", "considered") for o in assessment.related(p)}
    assert "FolicAcidSupplement" in cared
    acting = {t["intervention"] for path in explain_pain(assessment)["paths"]
              for t in path["treated"]}
    assert "OralIron" in acting
    assert "FolicAcidSupplement" not in acting


CHRONIC = CONDITION.replace('"2026-10-20"^^xsd:date .', '"2026-10-20"^^xsd:date ;\n'
                            '    marrow:onset "2025-01-01"^^xsd:date .')


def of_type(engine: Engine, *kinds: str) -> dict[str, Any]:
    """Explain the pain of a man whose anemia has lasted since 2025, with some disorders."""
    links = "".join(f", <urn:p/{kind}>" for kind in ("ChronicAnemia", *kinds))
    text = PREFIXES + BODY.format(links=links, hb=85)
    text += "".join(CHRONIC.format(kind=kind) for kind in ("ChronicAnemia", *kinds))
    return explain_pain(assess(engine, text.encode(), AS_OF))


def through_marrow(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [path for path in found["paths"]
            if "BoneMarrowExpansion" in [kind["name"] for kind in path["kinds"]]]


@pytest.mark.parametrize("kind", ["Thalassemia", "SickleCellDisease", "HemolyticAnemia"])
def test_marrow_that_answers_ranks_by_the_row_that_says_so(engine: Engine, kind: str) -> None:
    """G1301, verified: such marrow expands strongly and makes bone and back hurt."""
    paths = through_marrow(of_type(engine, kind))
    assert paths[0]["certainty"] == "high"
    assert paths[0]["claims"] == ["G1301"]
    assert [path["fit"] for path in paths] == [[]] * len(paths)


@pytest.mark.parametrize(("kind", "row"), [
    ("IronDeficiencyAnemia", "G1303"), ("AnemiaOfChronicDisease", "G1304"),
    ("AnemiaInChronicKidneyDisease", "G1304"), ("VitaminB12DeficiencyAnemia", "G1306"),
    ("FolateDeficiencyAnemia", "G1306"),
])
def test_a_type_whose_marrow_answers_weakly_is_said_to_fit_weakly(
    engine: Engine, kind: str, row: str,
) -> None:
    """Section 13 of the knowledge: the general claim stays a possibility, and a weak one."""
    found = of_type(engine, kind)
    paths = through_marrow(found)
    assert {path["certainty"] for path in paths} == {"low"}
    assert {fit["row"] for path in paths for fit in path["fit"]} == {row}
    assert f"the article's general claim is weak for this type ({row}: " in pain_text(found)
    low = [bool(path["fit"]) for path in found["paths"] if path["certainty"] == "low"]
    assert low == sorted(low), "a claim that fits weakly stands after those that fit"


@pytest.mark.parametrize("kind", [
    "AplasticAnemia", "MarrowFailure", "PureRedCellAplasia", "Leukemia", "MultipleMyeloma",
])
def test_marrow_that_cannot_answer_or_is_infiltrated_contradicts_the_claim(
    engine: Engine, kind: str,
) -> None:
    """G1305: expansion contradicts aplasia and infiltration, whatever else the anemia is."""
    found = of_type(engine, kind, "Thalassemia")
    assert not through_marrow(found)
    assert {fit["row"] for link in found["contradicted"] for fit in link["fit"]} == {"G1305"}
    assert "the article's general claim is contradicted (G1305: " in pain_text(found)
    said = {link["name"] for link in found["contradicted"]}
    assert "ChronicAnemiaIncreasesErythropoiesisInThalassemia" in said
    assert "ChronicAnemiaIncreasesErythropoiesisInIronDeficiencyAnemia" not in said


def test_an_anemia_of_no_known_type_has_the_article_alone(engine: Engine) -> None:
    found = of_type(engine)
    assert {path["certainty"] for path in through_marrow(found)} == {"low"}
    assert {fit["row"] for path in found["paths"] for fit in path["fit"]} == set()
    assert found["contradicted"] == []
