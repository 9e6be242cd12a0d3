"""What each FHIR resource becomes, and what of it is told when it cannot be used."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fhir_samples import (
    ANNA,
    LOINC,
    MAPPINGS,
    SNOMED,
    UCUM,
    WHOSE,
    bundle,
    codes,
    concept,
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
