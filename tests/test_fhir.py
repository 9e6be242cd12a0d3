"""What each FHIR resource becomes, and what of it is told when it cannot be used."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fhir_samples import (
    ANNA,
    CLINICAL,
    KNOWLEDGE,
    LOINC,
    MAPPINGS,
    RXNORM,
    SNOMED,
    UCUM,
    WHOSE,
    bundle,
    codes,
    concept,
    condition,
    facts,
    hemoglobin,
    prescription,
    read,
    read_json,
)
from reasoner.fhir import read_bundle


def test_the_patient() -> None:
    assert facts(read(), "Patient/anna") == {
        "type": "Patient", "sex": "Female", "birthDate": "1984-03-02"}
    assert read().issues == ()


@pytest.mark.parametrize(
    ("said", "left", "code"),
    [
        ({"gender": "other"}, {"birthDate": "1984-03-02"}, "sex-not-known"),
        ({"gender": 1}, {"birthDate": "1984-03-02"}, "sex-not-known"),
        ({"birthDate": "1984"}, {"sex": "Female"}, "date-not-exact"),
        ({"birthDate": "1984-02-30"}, {"sex": "Female"}, "not-a-date"),
        ({"birthDate": "1984-03-02T10:00:00Z"}, {"sex": "Female"}, "not-a-date"),
        ({"deceasedBoolean": True},
         {"sex": "Female", "birthDate": "1984-03-02", "deceased": "true"}, "deceased"),
        ({"active": False}, {"sex": "Female", "birthDate": "1984-03-02"}, "patient-not-active"),
    ],
)
def test_what_of_a_patient_cannot_be_used(said: dict[str, Any], left: dict[str, str],
                                          code: str) -> None:
    found = read_json({**ANNA, **said})
    assert facts(found, "Patient/anna") == {"type": "Patient", **left}
    assert codes(found) == [code]


def test_the_date_of_death() -> None:
    found = read_json({**ANNA, "deceasedDateTime": "2026-01-02T03:04:05+01:00"})
    assert facts(found, "Patient/anna")["deceasedDate"] == "2026-01-02T03:04:05+01:00"
    assert codes(found) == ["deceased"]


def test_a_result() -> None:
    found = read(hemoglobin())
    assert facts(found, "Observation/hb") == {
        "type": "Observation", "kind": "Hemoglobin", "value": "9.8", "unit": "g/dL",
        "date": "2026-10-20", "status": "final", "recordSource": "Observation/hb $.valueQuantity"}
    link = ("<urn:marrow:fhir:Patient/anna>", "<https://w3id.org/marrow/hasObservation>",
            "<urn:marrow:fhir:Observation/hb>")
    assert link in found.triples
    assert found.issues == ()
    assert [(t.resource_type, t.fate, t.count) for t in found.report.tallies] \
        == [("Observation", "used", 1), ("Patient", "used", 1)]


@pytest.mark.parametrize(
    ("written", "value", "rounded"),
    [
        ("9.80", "9.8", False),
        ("10", "10", False),
        ("-0.0", "0", False),
        ("1.2E1", "12", False),
        # fifteen digits are kept; a sixteenth is noise of a binary fraction
        ("9.81234567890123", "9.81234567890123", False),
        ("9.812345678901234", "9.81234567890123", True),
        ("12.999999999999999", "13", True),
    ],
)
def test_numbers_are_exact_decimals(written: str, value: str, rounded: bool) -> None:
    text = json.dumps(bundle(ANNA, hemoglobin("HERE"))).replace('"HERE"', written)
    found = read_bundle(text.encode(), "file", MAPPINGS)
    assert facts(found, "Observation/hb")["value"] == value
    assert codes(found) == (["digits-rounded"] if rounded else [])


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"code": "g/L", "unit": "grams"}, "g/L"),
        ({"code": "g/dL", "unit": "g/dl"}, "g/dL"),
        ({"system": None, "unit": "grams"}, "g/dL"),
        ({"system": "http://example.org/units", "code": "17", "unit": "g/dL"}, "g/dL"),
        ({"code": None, "unit": "gm/dL"}, "gm/dL"),
        ({"code": None, "unit": None}, None),
    ],
)
def test_the_code_of_a_unit_beats_its_text(more: dict[str, Any], expected: str | None) -> None:
    result = hemoglobin()
    quantity = {**result["valueQuantity"], **more}
    result["valueQuantity"] = {k: v for k, v in quantity.items() if v is not None}
    assert facts(read(result), "Observation/hb").get("unit") == expected


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">="])
def test_a_comparator_is_kept(sign: str) -> None:
    result = hemoglobin()
    result["valueQuantity"]["comparator"] = sign
    assert facts(read(result), "Observation/hb")["comparator"] == sign


@pytest.mark.parametrize(
    ("time", "expected", "told"),
    [
        ({"effectiveDateTime": "2026-10-20T08:30:00-05:00"}, "2026-10-20T08:30:00-05:00", []),
        ({"effectiveInstant": "2026-10-20T08:30:00.123Z"}, "2026-10-20T08:30:00.123Z", []),
        ({"effectivePeriod": {"start": "2026-10-19", "end": "2026-10-20"}}, "2026-10-19", []),
        ({"effectiveDateTime": "2026-10"}, None, ["date-not-exact"]),
        ({"effectiveDateTime": "2026-10-20T25:00:00Z"}, None, ["not-a-date"]),
        ({"effectiveDateTime": "0001-01-01"}, None, ["not-a-date"]),
        ({"effectiveDateTime": 20261020}, None, ["not-a-date"]),
        # when a result was issued is not when it was true
        ({"issued": "2026-10-20T08:30:00Z"}, None, ["no-date"]),
        ({}, None, ["no-date"]),
    ],
)
def test_when_a_result_was_true(time: dict[str, Any], expected: str | None,
                                told: list[str]) -> None:
    found = read(hemoglobin(**{"effectiveDateTime": None, **time}))
    assert facts(found, "Observation/hb").get("date") == expected
    assert codes(found) == told


@pytest.mark.parametrize(
    ("more", "code", "value"),
    [
        ({"valueQuantity": None}, "no-value", "no number: no value"),
        ({"valueQuantity": {"unit": "g/dL"}}, "no-value", "no number: valueQuantity"),
        ({"valueQuantity": "9.8"}, "no-value", "no number: valueQuantity"),
        ({"valueQuantity": {"value": "9.8"}}, "not-a-number", "no number"),
        ({"valueQuantity": {"value": True}}, "not-a-number", "no number"),
        ({"valueQuantity": None, "valueString": "9.8 g/dL"}, "no-value", "no number: valueString"),
        ({"valueQuantity": None, "valueCodeableConcept": concept(SNOMED, "1")}, "no-value",
         "no number: valueCodeableConcept"),
        ({"valueQuantity": {"value": 9.8, "comparator": "~"}}, "comparator-not-understood",
         "~ 9.8"),
        ({"valueQuantity": None, "dataAbsentReason": concept("x", "unknown")}, "value-absent",
         "no value: unknown"),
        ({"dataAbsentReason": concept("x", "error")}, "value-absent", "no value: error"),
        ({"valueQuantity": None, "dataAbsentReason": concept("x", "not-performed")},
         "value-absent", None),
        ({"focus": [{"reference": "Patient/child"}]}, "not-about-the-patient", None),
    ],
)
def test_a_result_without_a_number_is_told_and_stays_a_text(more: dict[str, Any], code: str,
                                                            value: str | None) -> None:
    """A result that cannot be read must not give way to an older one; what was not measured may."""
    found = read(hemoglobin(**more))
    assert facts(found, "Observation/hb").get("value") == value
    assert codes(found) == [code]
    assert found.report.count("not understood") == 1


def test_a_huge_exponent_is_no_number_and_takes_no_time() -> None:
    for written in ("1e999999999", "1" + "0" * 5000, "0." + "1" * 5000):
        text = json.dumps(bundle(ANNA, hemoglobin("HERE"))).replace('"HERE"', written)
        assert codes(read_bundle(text.encode(), "file", MAPPINGS)) == ["not-a-number"]


@pytest.mark.parametrize("status", ["registered", "preliminary", "entered-in-error", "amended"])
def test_the_status_of_a_result_is_kept_for_the_rules(status: str) -> None:
    found = read(hemoglobin(status=status))
    assert facts(found, "Observation/hb")["status"] == status
    open_still = status in ("registered", "preliminary")
    assert codes(found) == (["not-final"] if open_still else [])
    reasons = {t.reason for t in found.report.tallies if t.resource_type == "Observation"}
    assert reasons == ({"not-final"} if open_still else {"taken-back"}
                       if status == "entered-in-error" else {""})


def test_a_missing_status_stays_missing_and_is_told() -> None:
    found = read(hemoglobin(status=None))
    assert "status" not in facts(found, "Observation/hb")
    assert codes(found) == ["no-status"]


def test_a_status_that_fhir_does_not_have_is_told_and_left_out() -> None:
    found = read(hemoglobin(status="finel"), prescription(status="actve"))
    assert "status" not in facts(found, "Observation/hb")
    assert facts(found, "MedicationRequest/m")["kind"] == "FerrousSulfate"
    assert codes(found) == ["status-not-understood", "status-not-understood"]


def test_components_are_results_of_their_own() -> None:
    panel = hemoglobin(
        code=concept(LOINC, "58410-2"), valueQuantity=None, component=[
            {"code": concept(LOINC, "718-7"),
             "valueQuantity": {"value": 98, "code": "g/L", "system": UCUM}},
            {"code": concept(LOINC, "32623-1"), "valueQuantity": {"value": 9}},
            {"code": concept(LOINC, "787-2"), "dataAbsentReason": concept("x", "masked")},
        ])
    found = read(panel)
    assert facts(found, "Observation/hb/component/1") == {
        "type": "Observation", "kind": "Hemoglobin", "value": "98", "unit": "g/L",
        "date": "2026-10-20", "status": "final",
        "recordSource": "Observation/hb $.component[0].valueQuantity"}
    assert facts(found, "Observation/hb/component/2") == {}
    assert codes(found) == ["value-absent", "code-not-mapped"]
    assert facts(found, "Observation/hb/component/3")["value"] == "no value: masked"


def test_only_system_and_code_are_matched() -> None:
    trap = hemoglobin(code={
        "coding": [{"system": LOINC, "code": "4548-4",
                    "display": "Hemoglobin A1c [Mass/\u200bvolume] in Blood"}],
        "text": "Hemoglobin"})
    found = read(trap, hemoglobin(id="b", code=concept("http://example.org", "718-7")),
                 hemoglobin(id="c", code={"text": "Hemoglobin"}),
                 hemoglobin(id="d", code=concept("", "718-7")))
    assert [s for s, _, _ in found.triples if "Observation" in s] == []
    assert codes(found) == ["code-not-mapped", "code-not-mapped", "no-code", "code-not-mapped"]
    assert "\u200b" not in found.issues[0].what
    assert "LOINC 4548-4 'Hemoglobin A1c [Mass/volume] in Blood'" in found.issues[0].what
    assert {issue.severity for issue in found.issues} == {"information"}


def test_one_of_several_codings_is_enough() -> None:
    both = {"coding": [{"system": "http://example.org/local", "code": "HGB"},
                       {"system": LOINC, "code": "718-7"}]}
    assert facts(read(hemoglobin(code=both)), "Observation/hb")["kind"] == "Hemoglobin"


def test_codings_that_mean_different_tests_are_told() -> None:
    both = {"coding": [{"system": LOINC, "code": "718-7"}, {"system": LOINC, "code": "787-2"}]}
    found = read(hemoglobin(code=both))
    assert [s for s, _, _ in found.triples if "Observation" in s] == []
    assert codes(found) == ["codes-disagree"]


def test_a_condition() -> None:
    found = read(condition(onsetDateTime="2025-11-01", recordedDate="2026-10-20T08:00:00Z",
                           abatementDateTime="2026-10-21"))
    assert facts(found, "Condition/c") == {
        "type": "ConditionRecord", "kind": "Anemia", "clinicalStatus": "active",
        "verificationStatus": "confirmed", "onset": "2025-11-01",
        "date": "2026-10-20T08:00:00Z", "abatement": "2026-10-21",
        "recordSource": "Condition/c $.code"}
    assert found.issues == ()


def test_missing_statuses_and_codes_without_a_dot() -> None:
    mimic = "http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-diagnosis-icd10"
    found = read(condition(code=concept(mimic, "D509"), clinicalStatus=None,
                           verificationStatus=None))
    assert facts(found, "Condition/c") == {
        "type": "ConditionRecord", "kind": "IronDeficiencyAnemia",
        "recordSource": "Condition/c $.code"}
    assert found.issues == ()


@pytest.mark.parametrize("status", ["refuted", "entered-in-error", "provisional"])
def test_the_verification_status_is_kept_for_the_rules(status: str) -> None:
    found = read(condition(verificationStatus=concept("x", status)))
    assert facts(found, "Condition/c")["verificationStatus"] == status


@pytest.mark.parametrize(
    "status",
    [{"text": "Resolved"}, {"coding": []}, 3, [],
     {"coding": [{"code": "active"}, {"code": "resolved"}]}, {"coding": [{"code": "actve"}]}],
)
def test_a_status_that_cannot_be_told_never_reads_as_active(status: Any) -> None:
    found = read(condition(clinicalStatus=status))
    assert facts(found, "Condition/c") == {
        "type": "UnreadRecord", "unreadAs": "ConditionRecord", "kind": "Anemia",
        "recordedName": "SNOMED CT 271737000", "recordSource": "Condition/c $.code"}
    assert codes(found) == ["status-not-understood"]


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ({"abatementString": "last year"}, ["date-not-exact"]),
        ({"abatementAge": {"value": 40, "unit": "a"}}, ["date-not-exact"]),
        ({"abatementDateTime": "2025"}, ["date-not-exact"]),
    ],
)
def test_an_end_without_a_full_date_still_ends(end: dict[str, Any], told: list[str]) -> None:
    found = read(condition(clinicalStatus=None, **end))
    assert facts(found, "Condition/c")["clinicalStatus"] == "inactive"
    assert codes(found) == told


def test_onsets() -> None:
    found = read(condition(onsetPeriod={"start": "2026-05-01"}))
    assert facts(found, "Condition/c")["onset"] == "2026-05-01"
    found = read(condition(onsetAge={"value": 40}))
    assert "onset" not in facts(found, "Condition/c")
    assert codes(found) == ["date-not-exact"]


def test_a_code_that_says_two_things_makes_two_records() -> None:
    found = read(condition(code=concept("http://hl7.org/fhir/sid/icd-10-cm", "D57.00")))
    for kind in ("SickleCellAnemia", "VasoOcclusiveCrisis"):
        assert facts(found, f"Condition/c/{kind}")["kind"] == kind
        assert facts(found, f"Condition/c/{kind}")["recordSource"] == "Condition/c $.code"


def test_a_code_that_is_only_near_is_told_with_the_term() -> None:
    found = read(condition(code=concept("http://hl7.org/fhir/sid/icd-10-cm", "D64.9")))
    assert facts(found, "Condition/c")["type"] == "UnreadRecord"
    assert codes(found) == ["code-only-near"]
    assert "near to Anemia" in found.issues[0].what


def test_a_code_of_another_sort_is_told() -> None:
    test = condition(code=concept(LOINC, "718-7"))
    assert facts(read(test), "Condition/c")["kind"] == "Hemoglobin"
    found = read(test, knowledge=KNOWLEDGE)
    assert facts(found, "Condition/c")["type"] == "UnreadRecord"
    assert codes(found) == ["code-of-another-sort"]
    known = read(condition(), hemoglobin(), prescription(), knowledge=KNOWLEDGE)
    assert known.issues == ()


def test_medications_in_use() -> None:
    found = read(
        prescription(),
        {"resourceType": "MedicationStatement", "id": "s", "subject": WHOSE, "status": "active",
         "medicationCodeableConcept": concept(RXNORM, "7258"), "dateAsserted": "2026-10-20",
         "effectivePeriod": {"start": "2026-09-01", "end": "2026-09-10"}},
        {"resourceType": "MedicationAdministration", "id": "a", "subject": WHOSE,
         "status": "in-progress", "medicationCodeableConcept": concept(RXNORM, "7258"),
         "effectiveDateTime": "2026-10-20T10:00:00Z"})
    assert facts(found, "MedicationRequest/m") == {
        "type": "MedicationRecord", "kind": "FerrousSulfate", "status": "active",
        "start": "2026-08-01", "recordSource": "MedicationRequest/m $.medicationCodeableConcept"}
    assert facts(found, "MedicationStatement/s") == {
        "type": "MedicationRecord", "kind": "Naproxen", "status": "active",
        "start": "2026-09-01", "end": "2026-09-10", "date": "2026-10-20",
        "recordSource": "MedicationStatement/s $.medicationCodeableConcept"}
    assert facts(found, "MedicationAdministration/a")["status"] == "active"
    assert found.issues == ()


@pytest.mark.parametrize(
    ("more", "status", "told"),
    [
        ({"status": "stopped"}, "stopped", []),
        ({"intent": "proposal"}, "intended", ["not-an-order"]),
        ({"intent": "plan", "status": "completed"}, "completed", ["not-an-order"]),
        ({"status": None}, None, ["no-status"]),
        ({"doNotPerform": True}, None, ["not-to-be-given"]),
    ],
)
def test_what_is_not_in_use(more: dict[str, Any], status: str | None, told: list[str]) -> None:
    found = read(prescription(**more))
    assert facts(found, "MedicationRequest/m").get("status") == status
    assert codes(found) == told
    if "doNotPerform" in more:
        assert facts(found, "MedicationRequest/m") == {}


MEDICATION = {"resourceType": "Medication", "id": "iron", "code": concept(RXNORM, "310325")}


@pytest.mark.parametrize(
    ("reference", "url", "contained"),
    [
        ("Medication/iron", "", []),
        ("urn:uuid:77", "urn:uuid:77", []),
        ("http://example.org/fhir/Medication/iron", "http://example.org/fhir/Medication/iron", []),
        ("#iron", "", [MEDICATION]),
    ],
)
def test_a_medication_by_reference(reference: str, url: str, contained: list[Any]) -> None:
    asked = prescription(medicationCodeableConcept=None, contained=contained,
                         medicationReference={"reference": reference})
    document = bundle(ANNA, asked)
    if not contained:
        document["entry"].append({"fullUrl": url, "resource": MEDICATION})
    found = read_json(document)
    assert facts(found, "MedicationRequest/m")["kind"] == "FerrousSulfate"
    assert found.issues == ()


@pytest.mark.parametrize("reference", ["Medication/other", "#steel", "urn:uuid:1", "", 5, None])
def test_a_medication_that_is_not_there_is_unrecognized_and_told(reference: Any) -> None:
    asked = prescription(medicationCodeableConcept=None, contained=[MEDICATION],
                         medicationReference={"reference": reference,
                                              "display": "Iron\u200b tablets"})
    found = read(MEDICATION, asked)
    record = facts(found, "MedicationRequest/m")
    assert record["kind"] == "UnrecognizedMedication"
    assert record["recordedName"] == "Iron tablets"
    assert codes(found) == ["medication-not-found", "no-code"]


def test_an_unknown_medication_vanishes_only_when_it_is_not_in_use() -> None:
    unknown = {"medicationCodeableConcept": concept(RXNORM, "99", "mystery 5 MG")}
    found = read(prescription(**unknown), prescription(id="old", status="completed", **unknown))
    assert facts(found, "MedicationRequest/m") == {
        "type": "MedicationRecord", "kind": "UnrecognizedMedication", "status": "active",
        "recordedName": "mystery 5 MG", "start": "2026-08-01",
        "recordSource": "MedicationRequest/m $.medicationCodeableConcept"}
    assert facts(found, "MedicationRequest/old") == {}
    assert [(i.code, i.severity, i.where) for i in found.issues] == [
        ("code-not-mapped", "warning", "MedicationRequest/m"),
        ("code-not-mapped", "information", "MedicationRequest/old")]


def test_a_combination_is_each_of_its_drugs() -> None:
    found = read(prescription(medicationCodeableConcept=concept(RXNORM, "857005")))
    assert {facts(found, f"MedicationRequest/m/{k}")["kind"]
            for k in ("Acetaminophen", "Hydrocodone")} == {"Acetaminophen", "Hydrocodone"}


@pytest.mark.parametrize(
    ("time", "date", "told"),
    [
        ({"performedDateTime": "2026-02-03"}, "2026-02-03", []),
        ({"performedPeriod": {"start": "2026-02-03T08:00:00Z"}}, "2026-02-03T08:00:00Z", []),
        ({"performedString": "spring"}, None, ["no-date"]),
    ],
)
def test_a_procedure(time: dict[str, Any], date: str | None, told: list[str]) -> None:
    found = read({"resourceType": "Procedure", "id": "p", "subject": WHOSE,
                  "status": "completed", "code": concept(SNOMED, "73761001"), **time})
    record = facts(found, "Procedure/p")
    assert (record["kind"], record["status"], record.get("date")) \
        == ("Colonoscopy", "completed", date)
    assert codes(found) == told


def test_allergies() -> None:
    found = read(
        {"resourceType": "AllergyIntolerance", "id": "a", "patient": WHOSE,
         "clinicalStatus": concept("x", "active"), "verificationStatus": concept("x", "presumed"),
         "code": concept(RXNORM, "7258"), "recordedDate": "2020-01-01"},
        {"resourceType": "AllergyIntolerance", "id": "b", "patient": WHOSE,
         "reaction": [{"substance": concept(RXNORM, "7258")}]},
        {"resourceType": "AllergyIntolerance", "id": "c", "patient": WHOSE,
         "code": concept(SNOMED, "716186003", "No known allergies")})
    assert facts(found, "AllergyIntolerance/a") == {
        "type": "AllergyRecord", "kind": "Naproxen", "clinicalStatus": "active",
        "verificationStatus": "presumed", "date": "2020-01-01",
        "recordSource": "AllergyIntolerance/a $.code"}
    assert facts(found, "AllergyIntolerance/b")["kind"] == "Naproxen"
    assert facts(found, "AllergyIntolerance/b")["recordSource"] \
        == "AllergyIntolerance/b $.reaction[0].substance"
    assert facts(found, "AllergyIntolerance/c") == {}
    assert [i.where for i in found.issues if i.code == "none-known"] == ["AllergyIntolerance/c"]


@pytest.mark.parametrize(("said", "kind"), [
    ({"code": {"text": "iron tablets"}}, "UnrecognizedMedication"),
    ({"code": {"text": "iron tablets"}, "category": ["medication"]}, "UnrecognizedMedication"),
    ({"code": {"text": "iron tablets"}, "category": ["food", "medication"]},
     "UnrecognizedMedication"),
    ({"code": concept("urn:our-own", "FE1", "Iron")}, "UnrecognizedMedication"),
    ({}, "UnrecognizedMedication"),
    ({"code": {"text": "naproxen"}, "reaction": [{"substance": concept(RXNORM, "7258")}]},
     "Naproxen"),
    ({"code": {"text": "peanut"}, "category": ["food"]}, None),
    ({"code": concept(RXNORM, "7980", "penicillin G")}, "OtherAllergen"),
    ({"code": concept(RXNORM, "99", "mystery")}, "UnrecognizedMedication"),
    ({"code": concept(RXNORM, "99", "mystery"), "category": ["food"]}, None),
    # the code of another sort of thing says nothing of what the allergy is to
    ({"code": concept(SNOMED, "271737000")}, "UnrecognizedMedication"),
    # the finding of an allergy, and a denial of any
    ({"code": concept(SNOMED, "293625009", "Naproxen allergy")}, "Naproxen"),
    ({"code": concept(SNOMED, "716186003", "No known allergy")}, None),
])
def test_an_allergy_that_cannot_be_read_may_be_to_any_medicine(
        said: dict[str, Any], kind: str | None) -> None:
    found = read({"resourceType": "AllergyIntolerance", "id": "a", "patient": WHOSE, **said},
                 knowledge=KNOWLEDGE)
    assert facts(found, "AllergyIntolerance/a").get("kind") == kind
    if kind not in ("Naproxen", "OtherAllergen"):
        assert len(found.issues) == 1  # it is told all the same


@pytest.mark.parametrize(("statuses", "expected"), [
    (("active", "confirmed"), {"clinicalStatus": "active", "verificationStatus": "confirmed"}),
    (("relapse", "provisional"), {"clinicalStatus": "active", "verificationStatus": "unconfirmed"}),
    (("remission", "refuted"), {"verificationStatus": "refuted"}),
    (("resolved", "entered-in-error"),
     {"clinicalStatus": "resolved", "verificationStatus": "entered-in-error"}),
])
def test_a_diagnosis_of_an_allergy_is_an_allergy(
        statuses: tuple[str, str], expected: dict[str, str]) -> None:
    found = read(condition(code=concept(SNOMED, "293625009"), recordedDate="2020-01-01",
                           clinicalStatus=concept(CLINICAL, statuses[0]),
                           verificationStatus=concept(CLINICAL, statuses[1])))
    assert facts(found, "Condition/c") == {
        "type": "AllergyRecord", "kind": "Naproxen", "date": "2020-01-01",
        "recordSource": "Condition/c $.code", **expected}
    assert found.issues == ()


@pytest.mark.parametrize("odd", [
    {"clinicalStatus": concept("x", "actve")}, {"verificationStatus": {"text": "sure"}},
    {"modifierExtension": [{"url": "urn:x"}]}, {"implicitRules": "urn:x"},
])
def test_an_allergy_whose_status_or_meaning_is_open_is_kept_open(odd: dict[str, Any]) -> None:
    found = read({"resourceType": "AllergyIntolerance", "id": "a", "patient": WHOSE,
                  "code": concept(RXNORM, "7258"), "recordedDate": "2020-01-01", **odd})
    said = facts(found, "AllergyIntolerance/a")
    assert (said["type"], said["unreadAs"]) == ("UnreadRecord", "AllergyRecord")
    assert len(found.issues) == 1
    assert found.report.count("not understood") == 1


@pytest.mark.parametrize("code", [
    {"text": "Krebs"}, concept("urn:our-own", "C1", "Krebs"), concept(SNOMED, "999", "Krebs"),
])
def test_a_diagnosis_that_is_not_understood_stays_in_the_record(code: Any) -> None:
    found = read(condition(code=code, recordedDate="2026-10-20"))
    assert facts(found, "Condition/c") == {
        "type": "UnreadRecord", "unreadAs": "ConditionRecord", "date": "2026-10-20",
        "recordedName": "Krebs", "recordSource": "Condition/c $.code"}
    assert found.report.count("not understood") == 1
    for over in ({"clinicalStatus": concept(CLINICAL, "resolved")},
                 {"verificationStatus": concept(CLINICAL, "refuted")},
                 {"clinicalStatus": None, "abatementDateTime": "2025-01-01"}):
        found = read(condition(code=code, **over))
        assert facts(found, "Condition/c") == {}
        assert len(found.issues) == 1
    assert facts(read(condition(code=code, clinicalStatus=None, verificationStatus=None)),
                 "Condition/c")["type"] == "UnreadRecord"


def test_two_diagnoses_under_one_id_stay_open() -> None:
    found = read(condition(), condition(clinicalStatus=concept(CLINICAL, "resolved")))
    assert facts(found, "Condition/c") == {
        "type": "UnreadRecord", "unreadAs": "ConditionRecord", "recordSource": "Condition/c $"}
    assert codes(found) == ["same-id-twice"]


def test_the_same_thing_is_told_once_with_the_first_resources() -> None:
    unknown = concept(LOINC, "8302-2", "Body Height")
    found = read(*(hemoglobin(id=f"h{n}", code=unknown) for n in range(9)))
    assert [(i.where, i.code) for i in found.issues] == [
        ("Observation/h0, Observation/h1, Observation/h2 and 6 more", "code-not-mapped")]
    panel = hemoglobin(valueQuantity=None, component=[{"code": unknown}, {"code": unknown}])
    assert [i.where for i in read(panel).issues] == ["Observation/hb"]


def test_types_and_fields_that_are_not_read_are_told_last() -> None:
    found = read({"resourceType": "Immunization", "id": "e", "patient": WHOSE},
                 hemoglobin(bodySite=concept("x", "L")), hemoglobin(id="x", status=None))
    assert [(i.severity, i.code) for i in found.issues] == [
        ("warning", "no-status"), ("information", "type-not-read"),
        ("information", "field-not-read")]
    assert all(i.where and i.what and i.fix for i in found.issues)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"modifierExtension": [{"url": "http://example.org/not"}]}, "modifier-extension"),
        ({"valueQuantity": {"value": 9, "modifierExtension": [{}]}}, "modifier-extension"),
        ({"implicitRules": "http://example.org/rules"}, "implicit-rules"),
    ],
)
def test_a_resource_with_an_unknown_modifier_is_not_used(more: dict[str, Any], code: str) -> None:
    found = read(hemoglobin(**more))
    assert facts(found, "Observation/hb") == {}
    assert codes(found) == [code]


def test_a_patient_resource_with_a_modifier_gives_neither_sex_nor_age() -> None:
    found = read_json(bundle({**ANNA, "modifierExtension": [{"url": "u"}]}, hemoglobin()))
    assert facts(found, "Patient/anna") == {"type": "Patient"}
    assert codes(found) == ["modifier-extension", "no-patient-resource"]
    assert facts(found, "Observation/hb")["value"] == "9.8"
