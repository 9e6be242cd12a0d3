"""Several patients in one input are kept apart, and every resource is accounted for."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fhir_samples import (
    ANNA,
    LOINC,
    MAPPINGS,
    RXNORM,
    bundle,
    concept,
    condition,
    facts,
    hemoglobin,
    prescription,
    read_json,
)
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.errors import InputRefused, LimitReached, MarrowError
from reasoner.fhir import FhirImport, FhirInput, Notes, Source, source, sources_of
from reasoner.pipeline import read_patients

BEA = {**ANNA, "id": "bea", "birthDate": "1950-01-01"}
HERS = {"reference": "Patient/bea"}
MEDICATION = {"resourceType": "Medication", "id": "iron", "code": concept(RXNORM, "310325")}
RUNNER = CliRunner()
Resource = dict[str, Any]


def lines(*resources: Resource) -> bytes:
    return "".join(json.dumps(r) + "\n" for r in resources).encode()


def opened(*data: bytes | Resource) -> FhirInput:
    return FhirInput([Source(f"file{n}", d if isinstance(d, bytes) else json.dumps(d).encode())
                      for n, d in enumerate(data)], MAPPINGS)


def everybody(*data: bytes | Resource) -> list[FhirImport]:
    with opened(*data) as found:
        return list(found)


def rest_of(*data: bytes | Resource) -> list[tuple[str, str, int]]:
    with opened(*data) as found:
        list(found)
        return [(t.resource_type, t.reason, t.count) for t in found.rest().tallies]


EXPORT = {
    "Condition.ndjson": [condition(subject=HERS), condition(id="c2")],
    "Medication.ndjson": [MEDICATION, {**MEDICATION, "id": "unused"}],
    "MedicationRequest.ndjson": [
        prescription(medicationCodeableConcept=None,
                     medicationReference={"reference": "Medication/iron"})],
    "Observation.ndjson": [hemoglobin(), hemoglobin(13.5, id="hb2", subject=HERS),
                           hemoglobin(id="stray", subject={"reference": "Patient/zoe"})],
    "Organization.ndjson": [{"resourceType": "Organization", "id": "o"}],
    "Patient.ndjson": [BEA, ANNA],
}


@pytest.fixture(params=["plain", "gzip", "one file", "list", "bundle"])
def export(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The same bulk export in the forms that exports come in."""
    together = [r for part in EXPORT.values() for r in part]
    if request.param in ("plain", "gzip"):
        for name, resources in EXPORT.items():
            data = lines(*resources)
            if request.param == "gzip":
                name, data = name + ".gz", gzip.compress(data)
            (tmp_path / name).write_bytes(data)
        return tmp_path
    path = tmp_path / "all.json"
    path.write_bytes({"one file": lines(*together), "list": json.dumps(together).encode(),
                      "bundle": json.dumps(bundle(*together)).encode()}[request.param])
    return path


def test_a_bulk_export_keeps_its_patients_apart(export: Path) -> None:
    with FhirInput(sources_of(export, Notes()), MAPPINGS) as found:
        assert len(found) == 2
        bea, anna = list(found)
        rest = found.rest()
    assert (bea.patient, anna.patient) \
        == ("<urn:marrow:fhir:Patient/bea>", "<urn:marrow:fhir:Patient/anna>")
    assert facts(bea, "Observation/hb2")["value"] == "13.5"
    assert facts(anna, "Observation/hb")["value"] == "9.8"
    assert facts(bea, "Observation/hb") == facts(anna, "Observation/hb2") == {}
    assert facts(anna, "MedicationRequest/m")["kind"] == "FerrousSulfate"
    assert facts(anna, "Condition/c2")["kind"] == facts(bea, "Condition/c")["kind"] == "Anemia"
    assert [(t.resource_type, t.fate, t.reason, t.count) for t in rest.tallies] == [
        ("Medication", "used", "", 1), ("Medication", "not needed", "not-referred-to", 1),
        ("Observation", "not understood", "subject-not-in-input", 1),
        ("Organization", "not needed", "type-not-needed", 1)]
    assert [i.where for i in rest.issues] == ["Observation/stray"]
    sent = sum(len(part) for part in EXPORT.values())
    assert sum(r.resources for r in (bea.report, anna.report, rest)) == sent


def test_a_patient_of_an_export_reads_as_alone(export: Path) -> None:
    alone = read_json(bundle(ANNA, hemoglobin(), condition(id="c2"), MEDICATION,
                             EXPORT["MedicationRequest.ndjson"][0]))
    with FhirInput(sources_of(export, Notes()), MAPPINGS) as found:
        assert found.read(found.find("anna")).triples == alone.triples
        assert found.read(found.find("Patient/anna")).triples == alone.triples


def test_which_patient_is_asked_without_saying_more_than_ids() -> None:
    people = [{**ANNA, "id": f"p{n}", "name": [{"family": "Canary"}]} for n in range(9)]
    with opened(lines(*people)) as found:
        for ask in (found.only, lambda: found.find("p99")):
            with pytest.raises(InputRefused) as caught:
                ask()
            assert "Patient/p0, Patient/p1, Patient/p2" in str(caught.value)
            assert "Canary" not in str(caught.value)
            assert "p8" not in str(caught.value)


@pytest.mark.parametrize("order", [1, -1])
def test_two_servers_with_one_id_are_two_patients(order: int) -> None:
    """Known weakness of an earlier version: the base of the full URL was not looked at."""
    def at(server: str, *resources: Resource) -> list[Resource]:
        return [{"fullUrl": f"http://{server}/fhir/{r['resourceType']}/{r['id']}", "resource": r}
                for r in resources]

    entries = at("a.org", ANNA, hemoglobin(7.1, id="1")) + at("b.org", ANNA, hemoglobin(id="2"))
    sent = {"resourceType": "Bundle", "type": "collection", "entry": entries[::order]}
    one, two = everybody(sent)
    assert one.patient != two.patient
    assert len({p for found in (one, two) for s, p, o in found.triples if "hasObs" in p}) == 1
    for found in (one, two):
        assert len([o for _, p, o in found.triples if "hasObservation" in p]) == 1
    with opened(sent) as found, pytest.raises(InputRefused, match=r"several patients"):
        found.find("anna")
    with opened(sent) as found:
        mine = found.read(found.find("http://a.org/fhir/Patient/anna"))
    assert facts(mine, "Observation/1")["value"] == "7.1"


def test_a_reference_that_may_mean_two_patients_means_none() -> None:
    entries = [{"fullUrl": f"http://{s}.org/Patient/anna", "resource": ANNA} for s in "ab"]
    entries.append({"resource": hemoglobin()})
    sent = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    assert rest_of(sent) == [("Observation", "subject-ambiguous", 1)]
    # one Patient resource of no server, and results of two servers: whose is it?
    split = [{"resource": ANNA}] + [
        {"fullUrl": f"http://{s}.org/Observation/{s}", "resource": hemoglobin(id=s)} for s in "ab"]
    found = read_json({"resourceType": "Bundle", "type": "collection", "entry": split})
    assert [i.code for i in found.issues] == ["subject-ambiguous"]
    assert not any("hasObservation" in p for _, p, _ in found.triples)


def test_two_servers_without_patient_resources() -> None:
    def entry(server: str, name: str) -> Resource:
        return {"fullUrl": f"http://{server}.org/Observation/{name}",
                "resource": hemoglobin(id=name)}

    sent = {"resourceType": "Bundle", "type": "collection",
            "entry": [{"resource": hemoglobin(id="0")}, entry("a", "1"), entry("b", "2")]}
    assert [len(f.triples) for f in everybody(sent)] == [9, 9]
    assert rest_of(sent) == [("Observation", "subject-ambiguous", 1)]


def test_a_patient_told_twice_in_two_ways_is_nobody() -> None:
    sent = lines(ANNA, {**ANNA, "gender": "male"}, hemoglobin(), BEA)
    assert [f.patient for f in everybody(sent)] == ["<urn:marrow:fhir:Patient/bea>"]
    assert rest_of(sent) == [("Observation", "same-id-twice", 1), ("Patient", "same-id-twice", 2)]
    alone = lines(ANNA, {**ANNA, "gender": "male"}, hemoglobin(), MEDICATION)
    with opened(alone) as found, pytest.raises(InputRefused) as caught:
        found.read(found.only())
    assert caught.value.code == "not-one-patient"
    assert sum(count for _, _, count in rest_of(alone)) == 4


def test_the_same_patient_twice_is_one() -> None:
    (found,) = everybody(lines(ANNA, hemoglobin()), bundle(ANNA, condition()))
    assert facts(found, "Observation/hb")["kind"] == "Hemoglobin"
    assert facts(found, "Condition/c")["kind"] == "Anemia"
    assert [(t.resource_type, t.fate, t.reason) for t in found.report.tallies
            if t.resource_type == "Patient"] \
        == [("Patient", "used", ""), ("Patient", "not needed", "repeated")]


def test_one_id_on_two_patients_is_believed_of_neither() -> None:
    sent = lines(ANNA, BEA, hemoglobin(), hemoglobin(13.5, subject=HERS))
    for found in everybody(sent):
        assert facts(found, "Observation/hb") == {}
        assert [i.code for i in found.issues] == ["same-id-twice"]


def test_every_reason_adds_up() -> None:
    sent = [ANNA, hemoglobin(), hemoglobin(), condition(code=concept(LOINC, "1")),
            hemoglobin(id="late", effectiveDateTime=None), hemoglobin(id="who", subject=None),
            hemoglobin(id="x", modifierExtension=[{"url": "u"}]),
            {"resourceType": "Encounter", "id": "e"}, {"resourceType": "Immunization", "id": "i"},
            prescription(), MEDICATION]
    found = read_json(bundle(*sent))
    assert [(t.resource_type, t.fate, t.reason, t.count) for t in found.report.tallies] == [
        ("Condition", "not understood", "code-not-mapped", 1),
        ("Encounter", "not needed", "type-not-needed", 1),
        ("Immunization", "not understood", "type-not-read", 1),
        ("Medication", "not needed", "not-referred-to", 1),
        ("MedicationRequest", "used", "", 1),
        ("Observation", "used", "", 1),
        ("Observation", "not understood", "modifier-extension", 1),
        ("Observation", "not understood", "no-date", 1),
        ("Observation", "not understood", "no-subject", 1),
        ("Observation", "not needed", "repeated", 1),
        ("Patient", "used", "", 1)]
    assert found.report.resources == len(sent)


# --- Files and folders ------------------------------------------------------


def refusal(path: Path) -> MarrowError:
    with pytest.raises((InputRefused, LimitReached)) as caught, \
            FhirInput(sources_of(path, Notes()), MAPPINGS):
        pass
    assert caught.value.fix
    assert str(path.parent) not in str(caught.value)
    return caught.value


def test_files_of_a_folder_that_are_not_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(lines(ANNA))
    (tmp_path / "readme.txt").write_text("x")
    notes = Notes()
    assert [s.name for s in sources_of(tmp_path, notes)] == ["a.ndjson"]
    assert [(i.code, i.where) for i in notes.issues()] == [("file-not-read", "readme.txt")]
    (tmp_path / "a.ndjson").unlink()
    assert refusal(tmp_path).code == "empty"


def test_nothing_is_followed_out_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.ndjson").write_bytes(lines(ANNA))
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "Patient.ndjson").symlink_to(tmp_path / "secret.ndjson")
    assert refusal(folder).code == "link-in-folder"
    (folder / "Patient.ndjson").unlink()
    (folder / "Patient.ndjson").symlink_to("/dev/zero")
    assert refusal(folder).code == "link-in-folder"
    (folder / "Patient.ndjson").unlink()
    os.mkfifo(folder / "Patient.ndjson")
    assert refusal(folder).code == "not-a-file"
    (folder / "Patient.ndjson").unlink()
    (folder / "Patient.ndjson").mkdir()
    assert refusal(folder).code == "not-a-file"


def test_gzip_bombs_are_stopped_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_BYTES", 200_000)
    path = tmp_path / "bomb.ndjson.gz"
    # short blank lines: no single line is too long
    path.write_bytes(gzip.compress((b" " * 1000 + b"\n") * 30_000))
    assert refusal(path).code == "unpacks-too-far"
    path.write_bytes(gzip.compress(os.urandom(150_000).hex().encode()))
    assert refusal(path).code == "too-large"
    path.write_bytes(gzip.compress(gzip.compress(lines(ANNA))))
    assert refusal(path).code == "does-not-parse"


@pytest.mark.parametrize("cut", [5, 20, -4])
def test_a_gzip_file_that_is_cut_or_spoilt(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "cut.ndjson.gz"
    path.write_bytes(gzip.compress(lines(ANNA, hemoglobin()))[:cut])
    assert refusal(path).code == "does-not-unpack"


@pytest.mark.parametrize(("data", "code"), [
    (b'<?xml version="1.0"?><Patient xmlns="http://hl7.org/fhir"/>', "xml"),
    (b'\xef\xbb\xbf  <Bundle xmlns="http://hl7.org/fhir"/>', "xml"),
    (lines(ANNA) + b"{oops}\n", "does-not-parse"),
    (lines(ANNA) + b"[1]\n", "not-fhir"),
    (b'{"transactionTime": "2026-01-01", "output": []}', "not-fhir"),
])
def test_what_an_export_must_not_hold(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(data)
    assert refusal(path).code == code


# --- The command ------------------------------------------------------------


@pytest.fixture
def two(tmp_path: Path) -> Path:
    for name, resources in EXPORT.items():
        (tmp_path / name).write_bytes(lines(*resources))
    return tmp_path


def invoke(*arguments: str) -> Any:
    return RUNNER.invoke(app, list(arguments))


def json_lines(text: str) -> Iterator[Any]:
    return (json.loads(line) for line in text.splitlines())


def test_explain_asks_which_patient(two: Path) -> None:
    asked = invoke("explain", str(two), "--as-of", "2026-11-01")
    assert (asked.exit_code, asked.stdout) == (3, "")
    assert "Patient/bea, Patient/anna; name one with --patient" in asked.stderr
    anna = invoke("explain", str(two), "--patient", "anna", "--as-of", "2026-11-01", "--json")
    assert anna.exit_code == 0
    assert "Anemia" in anna.stdout
    assert "9.8" in anna.stdout
    assert "13.5" not in anna.stdout
    assert invoke("explain", str(two), "--patient", "zoe").exit_code == 3
    why = invoke("why", str(two), "Anemia", "--patient", "anna", "--as-of", "2026-11-01")
    assert "Condition/c2 $.code" in why.stdout


def test_all_patients_one_a_line(two: Path) -> None:
    found = invoke("explain", str(two), "--all-patients", "--as-of", "2026-11-01", "--json")
    assert [a["patient"] for a in json_lines(found.stdout)] \
        == ["urn:marrow:fhir:Patient/bea", "urn:marrow:fhir:Patient/anna"]
    assert "1 resources belong to no patient" in found.stderr
    text = invoke("explain", str(two), "--all-patients", "--as-of", "2026-11-01").stdout
    assert text.index("=== Patient/bea") < text.index("=== Patient/anna")


def test_the_import_report(two: Path) -> None:
    found = list(json_lines(invoke("explain", str(two), "--import-report", "--json").stdout))
    assert [r["patient"] for r in found] == ["Patient/bea", "Patient/anna", None]
    for one in found:
        assert one["used"] + one["notNeeded"] + one["notUnderstood"] == one["resources"] \
            == sum(t["count"] for t in one["tallies"])
    assert sum(r["resources"] for r in found) == sum(len(part) for part in EXPORT.values())
    text = invoke("explain", str(two), "--import-report").stdout
    assert "Observation: not understood (subject-not-in-input)" in text
    one = invoke("explain", str(two), "--import-report", "--patient", "anna", "--json").stdout
    assert [r["patient"] for r in json_lines(one)] == ["Patient/anna"]
    assert invoke("explain", "--example", "mixed", "--import-report").exit_code == 2


def test_units_and_implausible_values_are_counted_in_the_report(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    odd = {**hemoglobin()["valueQuantity"], "unit": "mmHg", "code": "mmHg"}
    path.write_text(json.dumps(bundle(ANNA, hemoglobin(), hemoglobin(980, id="b"),
                                      hemoglobin(id="c", valueQuantity=odd))))
    (found,) = json_lines(invoke("explain", str(path), "--import-report", "--json").stdout)
    assert {(t["reason"], t["count"]) for t in found["tallies"]
            if t["resourceType"] == "Observation"} \
        == {(None, 1), ("not-plausible", 1), ("unit-not-understood", 1)}


def test_several_files_of_one_patient(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(bundle(hemoglobin())))
    (tmp_path / "b.json").write_text(json.dumps(bundle(ANNA, condition())))
    found = invoke("explain", str(tmp_path / "a.json"), str(tmp_path / "b.json"), "--as-of",
                   "2026-11-01", "--json")
    assert found.exit_code == 0
    assert "9.8" in found.stdout


def test_fhir_xml_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text('<?xml version="1.0"?><Patient xmlns="http://hl7.org/fhir"/>')
    found = invoke("explain", str(path))
    assert found.exit_code == 3
    assert "application/fhir+json" in found.stderr


def test_read_patients_yields_graphs_and_reports(two: Path, engine: Engine) -> None:
    found = list(read_patients(two, engine))
    assert [r.patient for _, r in found] == ["Patient/bea", "Patient/anna"]
    assert {g.patient for g, _ in found} \
        == {"<urn:marrow:fhir:Patient/bea>", "<urn:marrow:fhir:Patient/anna>"}
    assert not any("anna" in term for triple in found[0][0].triples for term in triple)
