"""What is recommended, as FHIR: valid, never an order, made up of nothing, and the same each time.

The judge of validity is fhir.resources (R4B), whose models know fields, types and bound codes; the
invariant of request groups, which they do not know, is checked here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from patients import patients
from reasoner.assessment import Assessment
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.exchange.guidance import write_bundle
from reasoner.explanation.report import report
from reasoner.mapping import EXACT, load_mappings, system_name
from reasoner.pipeline import assess, read_patient

ROOT = Path(__file__).parent.parent
AS_OF = "2026-11-01"
EXAMPLES = sorted((ROOT / "examples").glob("*.ttl"))
GOLDEN = sorted((ROOT / "tests" / "golden").glob("*/patient.ttl"))
SOME = [*GOLDEN[::60], ROOT / "tests" / "golden" / "t10-myeloma" / "patient.ttl"]
Json = dict[str, Any]


def check(found: Assessment) -> Json:
    """Check a bundle against the models and against what the assessment says; return it."""
    made = write_bundle(found)
    Bundle.model_validate_json(json.dumps(made))
    assert json.dumps(write_bundle(found)) == json.dumps(made)
    told = report(found)
    notice = told["knowledge"]["notice"]
    resources = [e["resource"] for e in made["entry"]]
    urls = [e["fullUrl"] for e in made["entry"]]
    assert len(set(urls)) == len(urls)
    for resource in resources:
        assert resource["meta"]["tag"][0]["display"] == notice
        assert "does not replace it" in resource["text"]["div"]
        assert resource["resourceType"] == "OperationOutcome" \
            or resource["resourceType"] == "Patient" or resource["extension"]
    for reference in values(made, "reference"):
        if reference.startswith("urn:uuid:"):
            assert reference in urls
    assert "" not in list(walk(made))
    by_outcome = {o: [e for e in told["recommendations"] if e["outcome"] == o] for o in
                  ("recommended", "consider", "cannot-tell", "not-recommended")}
    groups = of_type(resources, "RequestGroup")
    actions = [a for g in groups for a in g["action"]]
    wanted = by_outcome["recommended"] + by_outcome["consider"]
    assert [a["title"] for a in actions] == [e["label"] for e in wanted]
    for action, entry in zip(actions, wanted, strict=True):
        assert ("resource" in action) != ("action" in action)  # rqg-1
        assert [d["label"] for d in action["documentation"]] == \
            [r["id"] for r in (*entry["because"], *entry["against"])]
        assert about(action)["proof"] == entry["proof"]
    for kind in ("RequestGroup", "MedicationRequest", "ServiceRequest"):
        for resource in of_type(resources, kind):
            assert (resource["status"], resource["intent"]) == ("draft", "proposal")
            assert "dosageInstruction" not in resource
    issues = of_type(resources, "DetectedIssue")
    excluded = {e["iri"] for e in by_outcome["not-recommended"]
                if "contraindicated" in e["reasons"]}
    assert {f["iri"] for f in told["redFlags"]} | excluded <= {about(i)["about"] for i in issues}
    asking = [g for g in of_type(resources, "GuidanceResponse") if "proof" in about(g)]
    assert {about(g)["about"] for g in asking} == {e["iri"] for e in by_outcome["cannot-tell"]}
    for resource in asking:
        assert (resource["status"] == "data-required") == ("dataRequirement" in resource)
    check_codes(made)
    return made


def check_codes(made: Json) -> None:
    """Every code of a known system is an exact match in our table; none has a display of ours."""
    table = load_mappings(ROOT / "ontology" / "mappings.sssom.tsv").entries
    known = {(m.prefix, m.code) for m in table if m.predicate == EXACT}
    names = {"ICD-10-CM": "ICD10CM", "ICD-9-CM": "ICD9CM", "SNOMED CT": "SNOMED",
             "RxNorm": "RXNORM", "LOINC": "LOINC", "ATC": "ATC"}
    for node in walk(made):
        if isinstance(node, dict) and "code" in node and "system" in node \
                and not node["system"].startswith("https://w3id.org/marrow/"):
            assert (names[system_name(node["system"])], node["code"]) in known
            assert "display" not in node


def walk(node: Any) -> Iterator[Any]:
    yield node
    below = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for one in below:
        yield from walk(one)


def values(node: Any, key: str) -> Iterator[str]:
    return (n[key] for n in walk(node) if isinstance(n, dict) and isinstance(n.get(key), str))


def of_type(resources: list[Json], kind: str) -> list[Json]:
    return [r for r in resources if r["resourceType"] == kind]


def about(resource: Json) -> dict[str, str]:
    parts = resource["extension"][0]["extension"]
    return {p["url"]: next(v for k, v in p.items() if k != "url") for p in parts}


@pytest.mark.parametrize("path", EXAMPLES + SOME, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_bundle_is_valid_and_says_what_the_report_says(engine: Engine, path: Path) -> None:
    check(assess(engine, path, AS_OF))


@pytest.mark.long
@pytest.mark.parametrize("path", GOLDEN, ids=lambda p: p.parent.name)
def test_every_golden_bundle_is_valid(engine: Engine, path: Path) -> None:
    check(assess(engine, path, AS_OF))


@settings(deadline=None, derandomize=True, max_examples=6,
          suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data())
def test_the_bundle_of_any_patient_is_valid(engine: Engine, data: st.DataObject) -> None:
    check(assess(engine, data.draw(patients(engine.graph)).encode(), AS_OF))


def sent(*more: Json) -> bytes:
    """A woman of 42 with a hemoglobin of 9.8 g/dL, a ferritin of 8 ug/L, and a bad kidney."""
    def result(name: str, code: str, value: float, unit: str) -> Json:
        return {"resourceType": "Observation", "id": name, "status": "final",
                "subject": {"reference": "Patient/anna"}, "effectiveDateTime": "2026-10-20",
                "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
                "valueQuantity": {"value": value, "unit": unit}}
    resources = [
        {"resourceType": "Patient", "id": "anna", "gender": "female", "birthDate": "1984-03-02",
         "name": [{"family": "Canary"}]},
        result("hb", "718-7", 9.8, "g/dL"), result("ferritin", "2276-4", 8, "ug/L"),
        result("egfr", "33914-3", 15, "mL/min/{1.73_m2}"),
        {"resourceType": "MedicationRequest", "id": "ibu", "status": "active", "intent": "order",
         "subject": {"reference": "Patient/anna"}, "authoredOn": "2026-10-01",
         "medicationCodeableConcept": {"coding": [
             {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "310965"}]}},
        *more]
    return json.dumps({"resourceType": "Bundle", "type": "collection",
                       "entry": [{"resource": r} for r in resources]}).encode()


def test_issues_point_to_the_resources_they_rest_on(engine: Engine) -> None:
    made = check(assess(engine, sent(), AS_OF))
    resources = [e["resource"] for e in made["entry"]]
    (patient,) = of_type(resources, "Patient")
    assert set(patient) == {"resourceType", "id", "meta", "text"}
    assert patient["id"] == "anna"
    assert "Canary" not in json.dumps(made)
    assert "1984" not in json.dumps(patient)
    (issue,) = [i for i in of_type(resources, "DetectedIssue")
                if about(i)["about"].endswith("/NSAID")]
    assert issue["severity"] == "moderate"  # below 30 it is advised against: G804
    assert [r["reference"] for r in issue["implicated"]] == ["MedicationRequest/ibu"]
    rests = [r["reference"] for e in issue["evidence"] for r in e["detail"]]
    assert "Observation/egfr" in rests
    assert "Observation/hb" not in rests


def test_what_went_out_is_no_record_when_it_comes_back(engine: Engine) -> None:
    """Proposals must not come back as medicines that are taken."""
    made = write_bundle(assess(engine, sent(), AS_OF))
    graph, _ = read_patient("-", json.dumps(made).encode(), engine)
    found = assess(engine, json.dumps(made).encode(), AS_OF)
    assert found.related("takes") == found.related("receives") == found.related("has") == []
    statuses = {o for _, p, o in graph.triples if p.endswith("/status>")}
    assert statuses <= {'"draft"'}


def test_signs_of_a_record_stay_text(engine: Engine) -> None:
    """A name from a record is shown, as text: no markup, no signs that turn a line round."""
    evil = "<script>alert(1)</script>\u202e\u0007 iron"
    made = check(assess(engine, sent({
        "resourceType": "MedicationRequest", "id": "odd", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/anna"},
        "medicationCodeableConcept": {"text": evil}}), AS_OF))
    for text in (n for n in walk(made) if isinstance(n, str)):
        assert not {"\u202e", "\u0007"} & set(text)
    assert all("<script" not in div for div in values(made, "div"))


def test_the_bundle_is_the_same_in_every_run(tmp_path: Path) -> None:
    runs = [CliRunner().invoke(app, ["export", "--fhir", "--example", "mixed", "--as-of", AS_OF])
            for _ in range(2)]
    assert runs[0].exit_code == 0
    assert runs[0].stdout == runs[1].stdout
    out = tmp_path / "a.json"
    told = CliRunner().invoke(app, ["export", "--fhir", "--example", "mixed", "--as-of", AS_OF,
                                    "-o", str(out), "--json"])
    assert json.loads(told.stdout)["format"] == "fhir"
    assert out.read_text("utf-8") == runs[0].stdout


@pytest.mark.parametrize("arguments", [
    ["--fhir", "--format", "turtle", "--example", "mixed"],
    ["--fhir", "--inferred", "--example", "mixed"],
    ["--fhir", "--example", "mixed", "--as-of", "tomorrow"],
])
def test_options_that_do_not_go_together(arguments: list[str]) -> None:
    found = CliRunner().invoke(app, ["export", *arguments])
    assert (found.exit_code, found.stdout) == (2, "")
