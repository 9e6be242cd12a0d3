"""The import on real records by others; skipped, aloud, where MARROW_CASES names none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fhir_samples import codes, facts
from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.fhir import FhirImport, FhirInput, Source, read_bundle
from reasoner.knowledge import Graph, find_root, read_vocabulary
from reasoner.mapping import Mappings, load_mappings
from reasoner.namespaces import TYPE, local_name, marrow
from reasoner.patient import check_patient_triples
from reasoner.pipeline import assess, assess_graph, parse_date, read_one
from reasoner.validation import find_violations

SORTS = {"Observation": "MeasurementKind", "ConditionRecord": "ConditionKind",
         "MedicationRecord": "MedicationKind", "ProcedureRecord": "InterventionKind",
         "AllergyRecord": "MedicationKind", "PlanRecord": "InterventionKind"}


@pytest.fixture(scope="module")
def mappings() -> Mappings:
    return load_mappings(find_root() / "ontology" / "mappings.sssom.tsv")


def load(cases: Path, name: str, mappings: Mappings) -> FhirImport:
    path = next(cases.glob(f"*/{name}*"))
    return read_bundle(path.read_bytes(), path.name, mappings)


def kinds(found: FhirImport, record: str) -> list[str]:
    nodes = {s for s, p, o in found.triples if p == TYPE and o == marrow(record)}
    return sorted(local_name(o) for s, p, o in found.triples
                  if s in nodes and p == marrow("kind"))


@pytest.mark.parametrize("name", [
    "Juan_Stracke", "Jordan_Cruickshank", "Bundle-101", "uscore-observation",
    "example-first-contact", "has-anaemia", "no-anaemia-has", "no-anaemia-no",
    "patient-1642068", "patient-981968", "patient-2354220.fhir-bundle.json",
    "patient-2354220.fhir-bundle.01",
])
def test_every_record_is_imported_accounted_for_and_conforms(cases: Path, name: str,
                                                  mappings: Mappings) -> None:
    found = load(cases, name, mappings)
    graph = check_patient_triples(list(found.triples), name, read_vocabulary(
        find_root() / "shapes" / "patient.ttl"))
    # The ontology says of which sort a kind is; here each is what its record needs.
    class_of = {s: local_name(o) for s, p, o in found.triples if p == TYPE}
    sorts = Graph(frozenset((o, TYPE, marrow(SORTS[class_of[s]]))
                            for s, p, o in found.triples if p == marrow("kind")))
    assert find_violations(graph, sorts, find_root()) == []
    document = json.loads(next(cases.glob(f"*/{name}*")).read_bytes())
    assert found.report.resources == len(document.get("entry", [document]))
    assert len(found.issues) < 100


def test_a_patient_with_anemia_and_chronic_pain(cases: Path, mappings: Mappings) -> None:
    found = load(cases, "Juan_Stracke", mappings)
    person = facts(found, "Patient/7a18395e-05fb-44ad-9481-82774944b537")
    assert person["sex"] in ("Female", "Male")
    assert {"Anemia", "ChronicPain"} <= set(kinds(found, "ConditionRecord"))
    assert "FerrousSulfate" in kinds(found, "MedicationRecord")
    assert "Hemoglobin" in kinds(found, "Observation")
    assert codes(found).count("digits-rounded") == 1


def test_units_are_handed_on_as_they_were_written(cases: Path, mappings: Mappings) -> None:
    found = load(cases, "Jordan_Cruickshank", mappings)
    written = {
        (local_name(k), u.strip('"'))
        for s, p, k in found.triples if p == marrow("kind")
        for s2, p2, u in found.triples if s2 == s and p2 == marrow("unit")
    }
    assert ("PlateletCount", "K/uL") in written
    assert "MeanCorpuscularVolume" in kinds(found, "Observation")


def test_a_patient_split_over_two_stu3_files(cases: Path, mappings: Mappings) -> None:
    """Read by hand: three of eleven diagnoses have a code known here; the Patient is in .01."""
    paths = sorted(cases.glob("*/patient-2354220*"))
    with FhirInput([Source(p.name, path=p) for p in paths], mappings) as both:
        found = both.read(both.only())
    person = facts(found, "Patient/smart-2354220")
    assert (person["sex"], person["birthDate"]) == ("Female", "1963-01-02")
    assert found.report.resources == 200 + 167
    assert facts(found, "Condition/smart-Condition-284") == {
        "type": "ConditionRecord", "kind": "Anemia", "clinicalStatus": "active",
        "verificationStatus": "confirmed", "onset": "2011-01-15",
        "recordSource": "Condition/smart-Condition-284 $.code"}
    assert "other-release" in codes(found)


def test_a_part_of_a_split_record_says_that_it_has_no_patient_resource(
        cases: Path, mappings: Mappings) -> None:
    found = load(cases, "patient-2354220.fhir-bundle.json", mappings)
    assert "no-patient-resource" in codes(found)


def test_results_without_a_date_are_told(cases: Path, mappings: Mappings) -> None:
    found = load(cases, "Bundle-101", mappings)
    assert facts(found, "Observation/r1")["value"] == "176"
    assert codes(found).count("no-date") == len(kinds(found, "Observation"))


def test_a_text_that_resembles_a_term_is_not_matched(cases: Path, mappings: Mappings) -> None:
    found = load(cases, "has-anaemia-and-iron-side-effects", mappings)
    assert not [o for _, p, o in found.triples if p == marrow("kind")]
    assert {local_name(o) for _, p, o in found.triples if p == marrow("unreadAs")} \
        == {"ConditionRecord"}
    assert codes(found) == ["no-patient-resource", "code-not-mapped", "code-not-mapped"]


def has(found: Assessment) -> set[str]:
    return {local_name(o) for o in found.related("has")}


def test_the_conclusions_of_a_synthea_record_read_by_hand(cases: Path, engine: Engine) -> None:
    """A woman of 52: anemia coded since 1994 and active for ever, on ferrous sulfate since; one
    hemoglobin, 13.68 g/dL in 2016, is normal. Her cell size does not fit her other results of that
    day (36.16 % over 5.33 million is 67.8 fL, not 93.7), so it is not used.
    """
    path = next(cases.glob("*/Juan_Stracke*"))
    then = assess(engine, path, "2016-07-01")
    assert "Anemia" not in has(then)
    assert {"ChronicPain", "Pain"} <= has(then)
    assert "IronDeficiencyAnemia" not in has(then)
    assert "FerrousSulfate" in {local_name(o) for o in then.related("takes")}
    assert [i for i in then.issues if i.code == "results-disagree" and "93.69" in i.what]
    assert "Anemia" in has(assess(engine, path, "2020-06-01"))


def test_the_conclusions_of_a_split_stu3_record_read_by_hand(cases: Path, engine: Engine) -> None:
    """A woman of 49: anemia with heavy periods since 2011. Each of her laboratory results, among
    them a hemoglobin of 13.7 g/dL in 2012, has the status unknown: not used, and told.
    """
    paths = sorted(str(p) for p in cases.glob("*/patient-2354220*"))
    graph, issues = read_one(paths, engine)
    found = assess_graph(engine, graph, parse_date("2012-06-01"), issues)
    assert {"Anemia", "HeavyMenstrualBleeding"} <= has(found)
    assert [i for i in found.issues if i.code == "not-final"]
    taken = {local_name(o) for o in found.related("takes")}
    assert taken == {"UnrecognizedMedication"}
