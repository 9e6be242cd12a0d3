"""What real records show, each as a small record of our own that always runs.

The real ones are read by test_fhir_cases.py where they are at hand. Expected answers are read off
the record by hand, with the cut-offs of the guidelines: 120 g/L for a woman.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fhir_samples import (
    ANNA,
    CLINICAL,
    LOINC,
    SNOMED,
    UCUM,
    WHOSE,
    bundle,
    concept,
    condition,
    hemoglobin,
    prescription,
)
from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.explanation.report import report
from reasoner.explanation.text import explain_text
from reasoner.explanation.unread import unread_line
from reasoner.namespaces import local_name, marrow
from reasoner.pipeline import assess, assess_graph, parse_date, read_one
from reasoner.quantity import text_of

AS_OF = "2026-11-01"


def assessed(engine: Engine, *resources: Any, as_of: str = AS_OF) -> Assessment:
    return assess(engine, json.dumps(bundle(ANNA, *resources)).encode(), as_of)


def has(found: Assessment) -> set[str]:
    return {local_name(o) for o in found.related("has")}


def told(found: Assessment) -> list[str]:
    return [i.code for i in found.issues]


OLD_CODE = condition(onsetDateTime="1994-02-20")


def test_a_code_active_for_ever_beside_a_normal_result(engine: Engine) -> None:
    """Synthea: of 183 coded anemias 146 have a normal result. It wins as long as it is new."""
    normal = hemoglobin(13.680348542673777)
    assert "Anemia" not in has(assessed(engine, OLD_CODE, normal))
    assert "Anemia" in has(assessed(engine, OLD_CODE, hemoglobin(11.9)))
    stale = assessed(engine, OLD_CODE, normal, as_of="2030-06-01")
    assert "Anemia" in has(stale)


def test_a_record_in_stu3_split_over_two_files_with_odd_full_urls(engine: Engine, tmp_path: Path) \
        -> None:
    old = {**condition(clinicalStatus="active", verificationStatus="confirmed"),
           "assertedDate": "2000"}
    lab = hemoglobin(9.8, context={"reference": "Encounter/1"})
    for name, resources in (("a", [old, lab]), ("b", [ANNA])):
        entries = [{"fullUrl": f"/{r['resourceType']}/{r['id']}", "resource": r,
                    "request": {"method": "PUT", "url": "x"}} for r in resources]
        (tmp_path / f"{name}.json").write_text(json.dumps(
            {"resourceType": "Bundle", "type": "transaction", "entry": entries}))
    graph, issues = read_one([str(tmp_path / "a.json"), str(tmp_path / "b.json")], engine)
    found = assess_graph(engine, graph, parse_date(AS_OF), issues)
    assert "Anemia" in has(found)
    assert {"other-release", "date-not-exact"} <= set(told(found))


def test_results_of_unknown_status_are_told(engine: Engine) -> None:
    found = assessed(engine, OLD_CODE, hemoglobin(13.7, status="unknown"))
    assert "not-final" in told(found)
    assert has(found) >= {"Anemia"}


@pytest.mark.parametrize(("system", "code", "kind"), [
    ("http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-diagnosis-icd10", "D509",
     "IronDeficiencyAnemia"),
    ("http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-diagnosis-icd9", "2809",
     "IronDeficiencyAnemia"),
    ("http://hl7.org/fhir/sid/icd-9-cm", "280.9", "IronDeficiencyAnemia"),
    (SNOMED, "278860009", "LowBackPain"),
])
def test_codes_without_a_dot_a_status_or_an_onset(engine: Engine, system: str, code: str,
                                                  kind: str) -> None:
    found = assessed(engine, condition(code=concept(system, code), clinicalStatus=None,
                                       verificationStatus=None))
    assert kind in has(found)


def test_a_local_coding_beside_a_standard_one(engine: Engine) -> None:
    both = {"coding": [{"system": "http://hospital.example/labs", "code": "HGB"},
                       {"system": LOINC, "code": "718-7", "display": "Hemoglobin \u200b"}]}
    assert "Anemia" in has(assessed(engine, hemoglobin(9.8, code=both)))


def test_the_unit_and_its_code_spelt_apart(engine: Engine) -> None:
    """WHO: unit g/dl beside the code g/dL."""
    result = hemoglobin(9.8)
    result["valueQuantity"] |= {"unit": "g/dl"}
    assert "Anemia" in has(assessed(engine, result))


def test_a_quantity_with_neither_unit_nor_code(engine: Engine) -> None:
    found = assessed(engine, hemoglobin(valueQuantity={"value": 9.8}))
    assert "Anemia" not in has(found)
    assert "no-unit" in told(found)


def test_a_medicine_by_reference_without_a_known_code_keeps_interactions_open(engine: Engine) \
        -> None:
    local = {"resourceType": "Medication", "id": "x",
             "code": concept("http://mimic.mit.edu/fhir/mimic/CodeSystem/drug", "W1", "Warfarin")}
    found = assessed(engine, local, prescription(
        medicationCodeableConcept=None, medicationReference={"reference": "Medication/x"}))
    assert {local_name(o) for o in found.related("takes")} >= {"UnrecognizedMedication"}
    assert "Warfarin" not in {local_name(o) for o in found.related("takes")}


def test_pressures_are_components(engine: Engine) -> None:
    pressure = hemoglobin(id="bp", code=concept(LOINC, "55284-4"), valueQuantity=None, component=[
        {"code": concept(LOINC, "8462-4"), "valueQuantity": {"value": 79, "code": "mm[Hg]"}},
        {"code": concept(LOINC, "8480-6"), "valueQuantity": {"value": 123, "code": "mm[Hg]"}}])
    found = assessed(engine, pressure)
    assert sorted(text_of(o) for _, p, o in found.facts if p == marrow("amount")) == ["123", "79"]


def test_a_child_in_the_export_meets_no_cut_off_of_adults(engine: Engine) -> None:
    """11.4 g/dL is normal at one year; the laboratory's own range says so."""
    child = {**ANNA, "birthDate": "2025-10-01"}
    result = hemoglobin(11.4, interpretation=[concept(
        "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "N")],
        referenceRange=[{"low": {"value": 10.5, "unit": "g/dL", "system": UCUM, "code": "g/dL"},
                         "high": {"value": 13.5, "unit": "g/dL", "system": UCUM, "code": "g/dL"}}])
    found = assess(engine, json.dumps(bundle(child, result)).encode(), AS_OF)
    assert "Anemia" not in has(found)
    assert "flag-disagrees" not in told(found)


@pytest.mark.parametrize(("value", "flag", "told_so"), [
    (9.8, "L", False), (9.8, "N", True), (9.8, "H", True), (13.0, "L", True), (13.0, "N", False),
    (17.0, "HH", False), (17.0, "N", True), (12.0, "N", False), (9.8, "A", False),
])
def test_a_flag_that_its_own_range_denies_is_told(engine: Engine, value: float, flag: str,
                                                  told_so: bool) -> None:
    bounds = [{"low": {"value": 12.0, "code": "g/dL"}, "high": {"value": 16.0, "code": "g/dL"}}]
    found = assessed(engine, hemoglobin(value, referenceRange=bounds, interpretation=[concept(
        "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", flag)]))
    assert ("flag-disagrees" in told(found)) == told_so


def test_what_a_care_plan_describes_is_planned(engine: Engine) -> None:
    def plan(status: str, activity: str) -> Assessment:
        return assessed(engine, {
            "resourceType": "CarePlan", "id": "p", "status": status, "intent": "plan",
            "subject": WHOSE, "created": "2026-10-20", "activity": [
                {"reference": {"reference": "ServiceRequest/1"}},
                {"detail": {"status": activity, "code": concept(SNOMED, "73761001")}}]})

    for status, activity, planned in (("active", "scheduled", True), ("active", "stopped", False),
                                      ("revoked", "scheduled", False),
                                      ("draft", "scheduled", False), ("active", "odd", False)):
        found = plan(status, activity)
        assert ("Colonoscopy" in {local_name(o) for o in found.related("plans")}) == planned
    assert "activity-not-read" in told(plan("active", "scheduled"))


PREGNANT = concept(SNOMED, "77386006", "Pregnant")


@pytest.mark.parametrize(("question", "answer", "more", "pregnant"), [
    ("82810-3", PREGNANT, {}, True),
    ("82810-3", PREGNANT, {"status": "preliminary"}, False),
    ("82810-3", PREGNANT, {"effectiveDateTime": None}, False),
    ("82810-3", PREGNANT, {"effectiveDateTime": "2015-01-01"}, False),
    ("82810-3", concept(SNOMED, "60001007", "Not pregnant"), {}, False),
    # the same answer to a question about something else
    ("10157-6", PREGNANT, {}, False),
    ("718-7", PREGNANT, {}, False),
])
def test_pregnancy_as_an_answer(engine: Engine, question: str, answer: Any, more: dict[str, Any],
                                pregnant: bool) -> None:
    asked = hemoglobin(**{"code": concept(LOINC, question), "valueQuantity": None,
                          "valueCodeableConcept": answer, **more})
    found = assessed(engine, asked)
    assert ("Pregnancy" in has(found)) == pregnant


def test_diagnoses_that_are_not_understood_stand_beside_the_flags(engine: Engine) -> None:
    """A diagnosis in words or under a code of the house may be a cancer; nobody may miss it."""
    unread = [condition(id=f"c{n}", code=code, recordedDate="2026-10-20") for n, code in enumerate(
        [{"text": "Krebs der Prostata"}, concept("urn:ours", "C61", "Karzinom <b>"), {}])]
    over = condition(id="over", code={"text": "Grippe"},
                     clinicalStatus=concept(CLINICAL, "resolved"))
    none = assessed(engine, hemoglobin())
    found = assessed(engine, hemoglobin(), *unread, over)
    assert report(none)["unreadDiagnoses"] == {"count": 0, "names": []}
    assert report(found)["unreadDiagnoses"] == {"count": 3, "names": [
        "Krebs der Prostata", "Karzinom <b>", "Condition/c2 $.code"]}
    line = ("3 recorded diagnoses were not understood; a flag may hide among them: "
            "Krebs der Prostata; Karzinom <b>; Condition/c2 $.code")
    flags = explain_text(found).split("Red flags")[1].split("Disorders")[0]
    assert line in flags
    assert "not understood" not in explain_text(none).split("Disorders")[0]
    assert line.replace("<b>", "&lt;b&gt;") in found._repr_html_()
    assert unread_line({"count": 1, "names": ["x"]}) \
        == "1 recorded diagnosis was not understood; a flag may hide behind it: x"
    assert str(unread_line({"count": 9, "names": list("abcdefgh")})).endswith("e and 3 more")

