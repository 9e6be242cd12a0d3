"""What a FHIR Condition becomes, and what of it is told when it cannot be used."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_samples import (
    CLINICAL,
    KNOWLEDGE,
    LOINC,
    SNOMED,
    codes,
    concept,
    condition,
    facts,
    hemoglobin,
    prescription,
    read,
)


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
