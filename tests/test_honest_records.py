"""Records that an honest hospital may send, and that must not be answered as if they were plain.

The patient is the shipped example for whom oral iron is recommended and an NSAID may be considered;
each record added puts one of them in doubt, so that it has to end in *cannot tell*.
"""

from __future__ import annotations

import json

import pytest

from patients import AS_OF
from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.explanation.report import report
from reasoner.namespaces import marrow
from reasoner.pipeline import assess

PATIENT = "urn:marrow:example:iron-deficiency"


def outcomes(engine: Engine, *records: tuple[str, str, str]) -> dict[str, str]:
    """What each intervention ends in once records are added: link, class and what each says."""
    text = (engine.root / "examples" / "iron-deficiency.ttl").read_text(encoding="utf-8")
    for number, (link, sort, said) in enumerate(records):
        text += (f"<{PATIENT}> marrow:{link} <urn:added:{number}> .\n"
                 f"<urn:added:{number}> a marrow:{sort} ; {said} .\n")
    return advised(assess(engine, text.encode(), AS_OF))


def advised(found: Assessment) -> dict[str, str]:
    """What each intervention ends in."""
    return {r["intervention"]: r["outcome"] for r in report(found)["recommendations"]}


def told(found: Assessment) -> set[str]:
    """The codes of what is told."""
    return {issue["code"] for issue in report(found)["issues"]}


def allergy(kind: str, **said: str) -> tuple[str, str, str]:
    return "hasAllergy", "AllergyRecord", "; ".join(
        [f"marrow:kind marrow:{kind}", *(f'marrow:{p} "{o}"' for p, o in said.items())])


def condition(kind: str, day: str) -> tuple[str, str, str]:
    return ("hasCondition", "ConditionRecord", f"marrow:kind marrow:{kind} ; marrow:clinicalStatus "
            f'"active" ; marrow:verificationStatus "confirmed" ; marrow:date "{day}"^^xsd:date')


def test_the_patient_without_more(engine: Engine) -> None:
    found = outcomes(engine)
    assert (found["OralIron"], found["NSAID"]) == ("recommended", "consider")


@pytest.mark.parametrize(("kind", "advised"), [
    ("IronTherapy", "OralIron"),  # an allergy to iron may be to the tablets
    ("Analgesic", "NSAID"),
    ("UnrecognizedMedication", "OralIron"), ("UnrecognizedMedication", "NSAID"),
])
def test_an_allergy_to_a_group_clears_no_member(engine: Engine, kind: str, advised: str) -> None:
    assert outcomes(engine, allergy(kind))[advised] == "cannot-tell"
    assert outcomes(engine, allergy(kind, verificationStatus="unconfirmed"))[advised] \
        == "cannot-tell"
    refuted = outcomes(engine, allergy(kind, verificationStatus="refuted"))
    assert refuted == outcomes(engine)


@pytest.mark.parametrize("kind", ["GastrointestinalBleeding", "PepticUlcerDisease"])
def test_what_was_confirmed_and_is_denied_since_may_be_history(engine: Engine, kind: str) -> None:
    """Once resolved it excludes an NSAID, and so a denial ten days after it cannot clear one.

    The example denies both on 2026-10-20.
    """
    assert outcomes(engine, condition(kind, "2026-10-10"))["NSAID"] == "cannot-tell"


def test_a_pregnant_man_is_in_doubt_and_told(engine: Engine) -> None:
    """Pregnancy forbids an NSAID from 20 weeks on; here either it or the sex is wrong."""
    text = (engine.root / "examples" / "iron-deficiency.ttl").read_text(encoding="utf-8")
    link, sort, said = condition("PregnancyFromTwentyWeeks", "2026-10-25")
    text += (f"<{PATIENT}> marrow:{link} <urn:added:0> .\n"
             f"<urn:added:0> a marrow:{sort} ; {said} .\n")
    woman = assess(engine, text.encode(), AS_OF)
    man = assess(engine, text.replace("marrow:Female", "marrow:Male").encode(), AS_OF)
    assert ("condition-contradicts-sex" in told(man), told(woman) & {"condition-contradicts-sex"}) \
        == (True, set())
    assert marrow("Pregnancy") in woman.related("has")
    assert marrow("Pregnancy") not in {*man.related("has"), *man.related("ruledOut")}
    assert (advised(woman)["NSAID"], advised(man)["NSAID"]) == ("not-recommended", "cannot-tell")


@pytest.mark.parametrize(("end", "contradicts"), [("2026-10-01", True), ("2026-12-01", False)])
def test_an_active_medication_that_has_ended_is_told(engine: Engine, end: str,
                                                     contradicts: bool) -> None:
    """It counts as over, and somebody may have meant that it goes on."""
    text = (engine.root / "examples" / "iron-deficiency.ttl").read_text(encoding="utf-8")
    text += (f"<{PATIENT}> marrow:hasMedication <urn:added:0> .\n"
             f'<urn:added:0> a marrow:MedicationRecord ; marrow:kind marrow:Apixaban ; '
             f'marrow:status "active" ; marrow:start "2026-09-01"^^xsd:date ; '
             f'marrow:end "{end}"^^xsd:date .\n')
    found = assess(engine, text.encode(), AS_OF)
    assert ("active-but-ended" in told(found)) is contradicts
    assert (marrow("Apixaban") in found.related("takes")) is not contradicts


@pytest.mark.parametrize("code", [{"text": "iron tablets"},
                                  {"coding": [{"system": "urn:ours", "code": "FE1"}]}, {}])
def test_no_medicine_is_advised_past_an_allergy_that_cannot_be_read(
        engine: Engine, code: dict[str, object]) -> None:
    """Hemoglobin 9.8 g/dL and ferritin 8 ng/mL: iron by mouth, but for the allergy."""
    whose = {"reference": "Patient/a"}
    results = [{
        "resourceType": "Observation", "id": loinc, "status": "final", "subject": whose,
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
        "effectiveDateTime": "2026-10-20",
        "valueQuantity": {"value": value, "system": "http://unitsofmeasure.org", "code": unit},
    } for loinc, value, unit in (("718-7", 9.8, "g/dL"), ("2276-4", 8, "ng/mL"))]
    patient = {"resourceType": "Patient", "id": "a", "gender": "female", "birthDate": "1984-03-02"}
    allergy = {"resourceType": "AllergyIntolerance", "id": "x", "patient": whose, "code": code}

    def iron(*resources: dict[str, object]) -> str:
        document = {"resourceType": "Bundle", "type": "collection",
                    "entry": [{"resource": r} for r in resources]}
        return advised(assess(engine, json.dumps(document).encode(), AS_OF))["OralIron"]

    assert iron(patient, *results) == "recommended"
    assert iron(patient, *results, allergy) == "cannot-tell"


def test_no_medicine_is_advised_past_an_allergy_to_it(engine: Engine) -> None:
    """Vitamin B12 of 100 ng/L: replaced, but for the allergy, which no row of the article reads."""
    low = ("hasObservation", "Observation", 'marrow:kind marrow:SerumVitaminB12 ; marrow:value 100 '
           '; marrow:unit "pg/mL" ; marrow:status "final" ; marrow:date "2026-10-20"^^xsd:date')
    assert outcomes(engine, low)["VitaminB12Supplement"] == "recommended"
    for kind in ("VitaminB12Supplement", "Cyanocobalamin", "UnrecognizedMedication"):
        assert outcomes(engine, low, allergy(kind))["VitaminB12Supplement"] == "cannot-tell"
        for status in ("refuted", "entered-in-error"):
            assert outcomes(engine, low, allergy(kind, verificationStatus=status)) \
                == outcomes(engine, low)
        assert outcomes(engine, low, allergy(kind, clinicalStatus="resolved")) \
            == outcomes(engine, low)
    assert outcomes(engine, low, allergy("Ibuprofen"))["VitaminB12Supplement"] == "recommended"


def test_no_medicine_is_advised_past_a_record_of_an_allergy_that_breaks_a_shape(engine: Engine) \
        -> None:
    nameless = ("hasAllergy", "AllergyRecord", 'marrow:clinicalStatus "active"')
    found = outcomes(engine, nameless)
    assert (found["OralIron"], found["NSAID"]) == ("cannot-tell", "cannot-tell")


def test_a_list_with_an_allergy_that_is_not_understood_counts_as_not_reviewed(engine: Engine) \
        -> None:
    """The example has its allergy list reviewed; the unread entry is told in words."""
    text = (engine.root / "examples" / "iron-deficiency.ttl").read_text(encoding="utf-8")
    text += (f"<{PATIENT}> marrow:hasAllergy <urn:added:0> .\n"
             "<urn:added:0> a marrow:AllergyRecord ; marrow:kind marrow:UnrecognizedMedication .\n")
    found = assess(engine, text.encode(), AS_OF)
    assert marrow("AllergyList") not in found.related("reviewed")
    assert {"allergy-in-doubt", "list-in-doubt"} <= told(found)
    assert "AllergyList" in {m["name"] for r in report(found)["recommendations"]
                             if r["intervention"] == "OralIron" for m in r["missing"]}


def test_what_is_named_instead_is_nothing_the_record_names_an_allergy_to(engine: Engine) -> None:
    def instead(*records: tuple[str, str, str]) -> list[str]:
        text = (engine.root / "examples" / "iron-deficiency.ttl").read_text(encoding="utf-8")
        for number, (link, sort, said) in enumerate(records):
            text += (f"<{PATIENT}> marrow:{link} <urn:added:{number}> .\n"
                     f"<urn:added:{number}> a marrow:{sort} ; {said} .\n")
        return next(r["alternatives"] for r in report(assess(engine, text.encode(), AS_OF))[
            "recommendations"] if r["intervention"] == "NSAID")

    assert instead(allergy("Ibuprofen")) == ["Acetaminophen"]
    assert instead(allergy("Ibuprofen"), allergy("Acetaminophen")) == []
    assert instead(allergy("Ibuprofen"), allergy("UnrecognizedMedication")) == []


LASTING = ["AspirinSensitiveAsthma", "BleedingDisorder", "Cirrhosis", "CrohnDisease",
           "HeartFailure", "InflammatoryBowelDisease", "IschemicHeartDisease", "UlcerativeColitis"]
"""Diseases that forbid an NSAID and that are managed, not cured."""
ALWAYS = ("BleedingDisorder", "CrohnDisease", "HeartFailure")
"""Those tried by default, one of each sort; one takes as long as ten other tests."""


def recorded(kind: str, day: str, status: str = "active", verified: str = "confirmed") \
        -> tuple[str, str, str]:
    link, sort, said = condition(kind, day)
    return link, sort, said.replace('"active"', f'"{status}"').replace(
        '"confirmed"', f'"{verified}"')


def denial(kind: str, day: str) -> tuple[str, str, str]:
    return ("hasDenial", "DenialRecord",
            f'marrow:kind marrow:{kind} ; marrow:date "{day}"^^xsd:date')


@pytest.mark.parametrize("kind", [
    kind if kind in ALWAYS else pytest.param(kind, marks=pytest.mark.long) for kind in LASTING])
def test_a_disease_that_does_not_end_is_never_cleared_by_a_record_that_ends_it(
        engine: Engine, kind: str) -> None:
    def nsaid(*records: tuple[str, str, str]) -> str:
        return outcomes(engine, *records)["NSAID"]

    had = recorded(kind, "2020-01-01")
    assert nsaid(had) == "not-recommended"
    assert nsaid(had, denial(kind, "2026-10-30")) == "cannot-tell"
    for status in ("inactive", "remission", "resolved"):
        assert nsaid(recorded(kind, "2020-01-01", status)) == "cannot-tell"
        assert nsaid(recorded(kind, "2020-01-01", status), denial(kind, "2026-10-30")) \
            == "cannot-tell"
        # of two records of it the one that says that it goes on holds
        assert nsaid(had, recorded(kind, "2026-10-30", status)) == "not-recommended"
    # a denial before the diagnosis says nothing of it; what was refuted never was
    assert nsaid(recorded(kind, "2026-10-25"), denial(kind, "2026-10-20")) == "not-recommended"
    assert nsaid(recorded(kind, "2020-01-01", "active", "refuted")) == "consider"
    assert nsaid(denial(kind, "2026-10-30")) == "consider"


@pytest.mark.parametrize("kind", ["AcuteKidneyInjury", "Dehydration"])
def test_what_passes_is_over_when_a_record_ends_it(engine: Engine, kind: str) -> None:
    assert outcomes(engine, recorded(kind, "2026-09-01"))["NSAID"] == "not-recommended"
    assert outcomes(engine, recorded(kind, "2026-09-01", "resolved"))["NSAID"] == "consider"
    assert outcomes(engine, recorded(kind, "2026-09-01"), denial(kind, "2026-10-30"))["NSAID"] \
        == "consider"


def test_a_wider_denial_contests_a_disease_that_does_not_end_and_is_told(engine: Engine) -> None:
    text = (engine.root / "examples" / "iron-deficiency.ttl").read_text(encoding="utf-8")
    for number, (link, sort, said) in enumerate((
            recorded("CrohnDisease", "2020-01-01"),
            denial("InflammatoryBowelDisease", "2026-10-30"))):
        text += (f"<{PATIENT}> marrow:{link} <urn:added:{number}> .\n"
                 f"<urn:added:{number}> a marrow:{sort} ; {said} .\n")
    found = assess(engine, text.encode(), AS_OF)
    assert advised(found)["NSAID"] == "cannot-tell"
    assert "lasting-condition-contested" in told(found)
    assert marrow("CrohnDisease") not in {*found.related("has"), *found.related("ruledOut")}
