"""Which documents are read at all, whose record they are, and what hostile ones come to."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from fhir_samples import (
    ANNA,
    KNOWLEDGE,
    MAPPINGS,
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
from reasoner.errors import InputRefused, LimitReached, MarrowError
from reasoner.fhir import intake, read_bundle, source
from reasoner.knowledge import find_root, read_vocabulary
from reasoner.patient import check_patient_triples
from reasoner.validation import find_violations

VOCABULARY = read_vocabulary(find_root() / "shapes" / "patient.ttl")


def refusal(data: bytes | dict[str, Any]) -> MarrowError:
    with pytest.raises((InputRefused, LimitReached)) as caught:
        read_bundle(data if isinstance(data, bytes) else json.dumps(data).encode(), "file",
                    MAPPINGS)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    assert caught.value.fix
    return caught.value


# --- Shapes of documents ----------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["transaction", "collection", "searchset", "document", "batch", "message"])
def test_bundles_that_are_read(kind: str) -> None:
    found = read_json(bundle({"resourceType": "Composition", "id": "x"}, ANNA, hemoglobin(),
                             kind=kind))
    assert facts(found, "Observation/hb")["value"] == "9.8"


@pytest.mark.parametrize("kind", ["history", "transaction-response", "batch-response"])
def test_bundles_that_are_no_record(kind: str) -> None:
    assert refusal(bundle(ANNA, kind=kind)).code == "bundle-type"


def test_the_same_record_as_bundle_and_ndjson() -> None:
    resources = [ANNA, hemoglobin(), condition()]
    lines = "\r\n".join(json.dumps(r) for r in resources) + "\n\n"
    found = read_bundle(b"\xef\xbb\xbf" + lines.encode(), "file", MAPPINGS)
    assert found.triples == read_json(bundle(*resources)).triples
    nested = bundle(bundle(ANNA), bundle(hemoglobin(), condition()))
    assert read_json(nested).triples == found.triples


def test_a_bare_result_makes_a_patient_without_sex_and_age() -> None:
    found = read_json(hemoglobin())
    assert found.patient == "<urn:marrow:fhir:Patient/anna>"
    assert facts(found, "Patient/anna") == {"type": "Patient"}
    assert facts(found, "Observation/hb")["value"] == "9.8"
    assert codes(found) == ["no-patient-resource"]


def test_a_further_page_and_odd_entries_are_told() -> None:
    page = bundle(ANNA, kind="searchset",
                  link=[{"relation": "next", "url": "http://127.0.0.1:9/next"}])
    page["entry"] += [{}, {"fullUrl": "urn:uuid:1"}, {"resource": "text"},
                      {"resource": hemoglobin(), "request": {"method": "DELETE"}}, 7]
    found = read_json(page)
    assert codes(found) == ["next-page", "entry-without-resource", "entry-deletes"]
    assert len(found.triples) == 3


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "does-not-parse"),
        (b"{", "does-not-parse"),
        (b"\xff\xfe{}", "does-not-parse"),
        (b'{"resourceType": "Patient", "multipleBirthInteger": NaN}', "does-not-parse"),
        (b'{"resourceType": "Patient"}\n{"resourceType"', "does-not-parse"),
        (b"[]", "not-fhir"),
        (b"7", "not-fhir"),
        (b'"Patient"', "not-fhir"),
        (b'{"resourceType": 7}', "not-fhir"),
        (b'{"resourceType": "Bundle", "type": "collection"}', "empty"),
        (b'{"resourceType": "Encounter", "id": "e"}', "no-patient"),
        (b'{"resourceType": "Patient", "id": "a", "id": "b"}', "duplicate-key"),
        (b'{"resourceType": "Patient"}\n{"id": 1, "id": 2}', "duplicate-key"),
    ],
)
def test_what_is_no_readable_document(data: bytes, code: str) -> None:
    assert refusal(data).code == code


def test_a_broken_line_of_ndjson_is_named() -> None:
    line = json.dumps(ANNA).encode()
    assert refusal(line + b"\n" + line + b"\n{oops}\n").where == "file, line 3"


# --- One patient ------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("Patient/anna", ""),
        ("Patient/anna/_history/3", ""),
        ("urn:uuid:anna", ""),
        ("urn:uuid:77", "urn:uuid:77"),
        ("http://example.org/fhir/Patient/anna", "http://example.org/fhir/Patient/anna"),
        ("Patient/anna", "http://example.org/fhir/Patient/anna"),
        ("http://example.org/fhir/Patient/anna", "urn:uuid:77"),
    ],
)
def test_ways_to_refer_to_the_patient(reference: str, url: str) -> None:
    sent = bundle(hemoglobin(subject={"reference": reference}))
    sent["entry"].append({"fullUrl": url, "resource": ANNA})
    found = read_json(sent)
    assert facts(found, "Observation/hb")["value"] == "9.8"
    assert found.patient == "<urn:marrow:fhir:Patient/anna>"
    assert found.issues == ()


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("Patient/bea", ""),
        ("urn:uuid:78", "urn:uuid:77"),
        ("urn:uuid:anna", "urn:uuid:77"),
        ("http://example.org/fhir/Patient/anna", "http://example.com/fhir/Patient/anna"),
    ],
)
def test_a_resource_of_another_patient_is_refused_and_listed(reference: str, url: str) -> None:
    sent = bundle(condition(), hemoglobin(subject={"reference": reference}))
    sent["entry"][0]["resource"]["subject"] = {"reference": url or "Patient/anna"}
    sent["entry"].append({"fullUrl": url, "resource": ANNA})
    found = read_json(sent)
    assert facts(found, "Condition/c")["kind"] == "Anemia"
    assert facts(found, "Observation/hb") == {}
    assert [(i.code, i.severity, i.where) for i in found.issues] \
        == [("subject-not-in-input", "warning", "Observation/hb")]


def test_two_patients_are_never_taken_for_one() -> None:
    error = refusal(bundle(ANNA, {**ANNA, "id": "bea"}))
    assert (error.code, error.exit_code) == ("not-one-patient", 3)
    assert "Patient/anna" in error.what
    assert "Patient/bea" in error.what
    assert refusal(bundle(hemoglobin(), condition(subject={"reference": "Patient/bea"}))).code \
        == "not-one-patient"
    claim = {"resourceType": "Claim", "id": "c", "patient": {"reference": "Patient/bea"}}
    assert codes(read_json(bundle(ANNA, claim))) == ["subject-not-in-input"]


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        (None, "no-subject"),
        ({"display": "Anna"}, "no-subject"),
        ({"identifier": {"value": "1"}}, "no-subject"),
        ({"reference": "#p"}, "no-subject"),
        ({"reference": "javascript:alert(1)"}, "no-subject"),
        ({"reference": "Group/all"}, "not-about-the-patient"),
        ({"reference": "Group/anna"}, "not-about-the-patient"),
        ({"reference": "Device/scale"}, "not-about-the-patient"),
    ],
)
def test_a_resource_about_nobody_is_not_used(subject: Any, code: str) -> None:
    found = read(hemoglobin(subject=subject))
    assert facts(found, "Observation/hb") == {}
    assert codes(found) == [code]


def test_the_same_resource_twice() -> None:
    same = read(hemoglobin(), hemoglobin(), ANNA)
    assert same == read(hemoglobin(), hemoglobin(), ANNA)
    assert same.triples == read(hemoglobin()).triples
    assert same.issues == ()
    found = read(hemoglobin(9.8), hemoglobin(13.8), condition())
    assert facts(found, "Observation/hb") == {}
    assert facts(found, "Condition/c")["kind"] == "Anemia"
    assert codes(found) == ["same-id-twice"]


# --- Releases ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "release", "field"),
    [
        (condition(dateRecorded="2010"), "DSTU2", "Condition.dateRecorded"),
        ({"resourceType": "MedicationOrder", "id": "o"}, "DSTU2", "MedicationOrder"),
        ({"resourceType": "MedicationStatement", "id": "o", "wasNotTaken": True}, "DSTU2",
         "MedicationStatement.wasNotTaken"),
        (prescription(medication={"concept": {}}), "R5", "MedicationRequest.medication"),
        (hemoglobin(triggeredBy=[]), "R5", "Observation.triggeredBy"),
        ({"resourceType": "Procedure", "id": "p", "occurrenceDateTime": "2026-01-01"}, "R5",
         "Procedure.occurrenceDateTime"),
        ({"resourceType": "MedicationStatement", "id": "s", "status": "recorded"}, "R5",
         "MedicationStatement.status"),
    ],
)
def test_other_releases_are_refused_whole_and_named(resource: dict[str, Any], release: str,
                                                    field: str) -> None:
    error = refusal(bundle(ANNA, resource))
    assert error.code == "fhir-release"
    assert f"FHIR {release}" in error.what
    assert field in error.what
    assert resource["id"] in error.where


@pytest.mark.parametrize(
    ("stu3", "r4"),
    [
        (condition(clinicalStatus="resolved", verificationStatus="refuted",
                   assertedDate="2026-10-20"),
         condition(clinicalStatus=concept("x", "resolved"),
                   verificationStatus=concept("x", "refuted"), recordedDate="2026-10-20")),
        # nobody vouches for it: no R4 code says so but unconfirmed
        (condition(verificationStatus="unknown"),
         condition(verificationStatus=concept("x", "unconfirmed"))),
        (hemoglobin(context={"reference": "Encounter/1"}, comment="x"), hemoglobin(note="x")),
        (hemoglobin(valueQuantity=None, related=[
            {"type": "has-member", "target": {"reference": "Observation/2"}}]),
         hemoglobin(valueQuantity=None, hasMember=[{"reference": "Observation/2"}])),
        ({"resourceType": "MedicationStatement", "id": "s", "subject": WHOSE, "status": "active",
          "taken": "n", "medicationCodeableConcept": concept("x", "y")},
         {"resourceType": "MedicationStatement", "id": "s", "subject": WHOSE,
          "status": "not-taken", "medicationCodeableConcept": concept("x", "y")}),
        ({"resourceType": "MedicationStatement", "id": "s", "subject": WHOSE, "status": "active",
          "taken": "y", "medicationCodeableConcept": concept("x", "y")},
         {"resourceType": "MedicationStatement", "id": "s", "subject": WHOSE,
          "status": "active", "medicationCodeableConcept": concept("x", "y")}),
        ({"resourceType": "Procedure", "id": "p", "subject": WHOSE, "status": "completed",
          "notDone": True, "code": concept("http://snomed.info/sct", "73761001")},
         {"resourceType": "Procedure", "id": "p", "subject": WHOSE, "status": "not-done",
          "code": concept("http://snomed.info/sct", "73761001")}),
        ({"resourceType": "Procedure", "id": "p", "subject": WHOSE, "status": "aborted",
          "code": concept("http://snomed.info/sct", "73761001")},
         {"resourceType": "Procedure", "id": "p", "subject": WHOSE, "status": "stopped",
          "code": concept("http://snomed.info/sct", "73761001")}),
        ({"resourceType": "MedicationAdministration", "id": "a", "subject": WHOSE,
          "status": "in-progress", "notGiven": True,
          "medicationCodeableConcept": concept("x", "y")},
         {"resourceType": "MedicationAdministration", "id": "a", "subject": WHOSE,
          "status": "not-done", "medicationCodeableConcept": concept("x", "y")}),
    ],
    ids=lambda r: f"{r['resourceType']}-{r.get('status', '')}",
)
def test_stu3_is_read_as_what_r4_calls_the_same(stu3: dict[str, Any], r4: dict[str, Any]) -> None:
    """Worked out by hand from the R3 conversions on the page of each resource in FHIR R4."""
    old, new = read(stu3), read(r4)
    assert old.triples == new.triples
    assert "other-release" not in codes(new)
    assert ("other-release" in codes(old)) == (len(new.triples) > 3)


def test_the_context_of_a_statement_is_r4() -> None:
    found = read({"resourceType": "MedicationStatement", "id": "s", "subject": WHOSE,
                  "status": "active", "context": {"reference": "Encounter/1"},
                  "medicationCodeableConcept": concept("x", "y")})
    assert facts(found, "MedicationStatement/s")["kind"] == "UnrecognizedMedication"


# --- Limits and hostile input -----------------------------------------------


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MAX_ENTRIES", 2)
    assert refusal(bundle(ANNA, hemoglobin(), condition())).code == "too-many-entries"
    monkeypatch.setattr(source, "MAX_BYTES", 100)
    assert refusal(b" " * 101).code == "too-large"


@pytest.mark.parametrize(
    "deep",
    [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 200 + b"]" * 200,
     b'{"resourceType":"Patient","x":' + b'{"a":[' * 40 + b"]}" * 40 + b"}"],
)
def test_deep_nesting_is_a_limit_and_no_crash(deep: bytes) -> None:
    start = time.perf_counter()
    assert refusal(deep).code == "too-deep"
    assert time.perf_counter() - start < 2


HOSTILE = ["../../etc/passwd", "<script>", 'a"b\\c', "a b>\n<urn:x> .", "#/?%", "\u202ereversed",
           "\ud800", "caf\u00e9", "x" * 5000, "urn:uuid:1"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_ids_stay_inside_their_node(name: str) -> None:
    import pyoxigraph as ox

    found = read_json(bundle({**ANNA, "id": name}, hemoglobin(id=name, subject={
        "reference": "urn:uuid:p"})) | {"entry": [
            {"fullUrl": "urn:uuid:p", "resource": {**ANNA, "id": name}},
            {"resource": hemoglobin(id=name, subject={"reference": "urn:uuid:p"})}]})
    graph = check_patient_triples(list(found.triples), "file", VOCABULARY)
    assert len(graph.triples) == len(found.triples) == 3 + 8
    text = "".join(f"{s} {p} {o} .\n" for s, p, o in found.triples)
    parsed = list(ox.parse(text.encode(), format=ox.RdfFormat.N_TRIPLES))
    assert len(parsed) == len(found.triples)
    node = next(o for _, p, o in found.triples if p.endswith("hasObservation>"))
    assert node.startswith("<urn:marrow:fhir:Observation/")
    assert len(node) < 300
    assert node[30:-1].isascii()
    assert not set(node[30:-1]) & set('<>"{}|\\^` /#?')


def test_long_ids_that_begin_alike_stay_apart() -> None:
    found = read(hemoglobin(id="x" * 90 + "1"), hemoglobin(id="x" * 90 + "2"))
    assert len({o for _, p, o in found.triples if p.endswith("hasObservation>")}) == 2


def test_texts_in_messages_are_cleaned_and_cut() -> None:
    unknown = concept("http://example.org/\u202e", "9\u200b9", "a\u0000b\n\u202ec" + "d" * 900)
    found = read(condition(code=unknown))
    assert found.issues[0].what \
        == "Condition.code http://example.org/ 99 'ab c" + "d" * 76 + "' is not known here"


def test_a_flood_of_distinct_notes_is_cut() -> None:
    found = read(*(condition(id=str(n), code=concept("x", str(n))) for n in range(1100)))
    assert len(found.issues) == 1001
    assert found.issues[-1].what == "100 further notes are not shown"


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from _places(child, (*path, key))


FULL = bundle(
    ANNA,
    hemoglobin(valueQuantity={"value": 9.8, "comparator": "<", "unit": "g/dL"}, component=[
        {"code": concept("http://loinc.org", "787-2"), "valueQuantity": {"value": 80}}]),
    condition(onsetDateTime="2026-01-01", abatementPeriod={"end": "2026-02-01"}),
    prescription(medicationCodeableConcept=None, medicationReference={"reference": "#m"},
                 contained=[{"resourceType": "Medication", "id": "m",
                             "code": concept("x", "y")}]),
    {"resourceType": "MedicationStatement", "id": "s", "subject": WHOSE, "status": "active",
     "effectivePeriod": {"start": "2026-01-01", "end": "2026-02-01"},
     "medicationCodeableConcept": concept("x", "y", "z")},
    {"resourceType": "Procedure", "id": "p", "subject": WHOSE, "status": "completed",
     "performedPeriod": {"start": "2026-01-01"},
     "code": concept("http://snomed.info/sct", "73761001")},
    {"resourceType": "AllergyIntolerance", "id": "a", "patient": WHOSE,
     "reaction": [{"substance": concept("x", "y")}]},
)


@pytest.mark.parametrize(
    "wrong", [None, True, 5, -1e300, "", "\ud800", "2026", [], [[]], [None], {}, {"a": []}],
    ids=repr)
def test_a_wrong_value_anywhere_is_an_issue_or_a_refusal_never_a_crash(wrong: Any) -> None:
    for path in _places(FULL):
        sent = copy.deepcopy(FULL)
        target: Any = sent
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = wrong
        try:
            found = read_json(sent, KNOWLEDGE)
        except MarrowError:
            continue
        check_patient_triples(list(found.triples), "file", VOCABULARY)
        assert all(i.where and i.what and i.fix for i in found.issues), path


def test_what_is_imported_conforms_to_the_patient_shapes() -> None:
    found = read_json(FULL, KNOWLEDGE)
    graph = check_patient_triples(list(found.triples), "file", VOCABULARY)
    read = [t for t in graph.triples if t[1].endswith("recordSource>")]
    assert len(read) == 7  # one of them the allergy that nobody can read
    assert find_violations(graph, KNOWLEDGE, find_root()) == []
