"""What medicines, procedures and allergies in FHIR become, and what is told of them."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_samples import (
    ANNA,
    CLINICAL,
    KNOWLEDGE,
    RXNORM,
    SNOMED,
    WHOSE,
    bundle,
    codes,
    concept,
    condition,
    facts,
    prescription,
    read,
    read_json,
)


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
