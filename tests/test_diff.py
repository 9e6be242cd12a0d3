"""What changes for patients when the knowledge changes, and what in it is the reason.

One copy of the shipped knowledge is edited in five ways, each of which is known to reach one
patient: what must be reported is the edit.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from reasoner.cli.main import app
from test_site import STRICT

HERE = Path(__file__).parent
ROOT = HERE.parent
AS_OF = ["--as-of", "2026-11-01"]
STOPPED = HERE / "data" / "questions" / "iron-stopped-early.ttl"
PREFIXES = """@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix marrow: <https://w3id.org/marrow/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
ADDED = PREFIXES + """
marrow:WomanWithoutFatigue
    a owl:Class, marrow:Criterion ;
    rdfs:label "patient who is a woman and so is never tired"@en ;
    rdfs:subClassOf [ a owl:Restriction ; owl:onProperty marrow:ruledOut ; owl:hasValue marrow:Fatigue ] ;
    owl:equivalentClass [ a owl:Class ; owl:intersectionOf (
        marrow:Patient
        [ a owl:Restriction ; owl:onProperty marrow:sex ; owl:hasValue marrow:Female ]
    ) ] ;
    dcterms:source "a test" ;
    skos:definition "A woman."@en .
"""  # noqa: E501
PATIENT = PREFIXES + """
<urn:p> a marrow:Patient ; marrow:birthDate "1970-01-01"^^xsd:date ; marrow:sex marrow:Male ;
    marrow:hasObservation <urn:p/hb> .
<urn:p/hb> a marrow:Observation ; marrow:kind marrow:Hemoglobin ; marrow:value 72 ;
    marrow:unit "g/L" ; marrow:date "2026-10-20"^^xsd:date ; marrow:status "final" .
"""


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped knowledge with a threshold, a row and a rule changed and a criterion added."""
    root = tmp_path_factory.mktemp("changed")
    for folder in ("ontology", "queries", "shapes"):
        shutil.copytree(ROOT / folder, root / folder)
    thresholds = root / "ontology" / "definitions" / "thresholds.ttl"
    block = thresholds.read_text().split("marrow:HemoglobinBelowTransfusionTrigger\n")[1]
    block = block.split("\n\n")[0]
    edit(thresholds, block, block.replace("70.0", "75.0"))
    nsaid = root / "ontology" / "guidelines" / "nsaid.ttl"
    row = nsaid.read_text().split("marrow:G818\n    a marrow:GuidanceRow")[1].split("\n\n")[0]
    edit(nsaid, row, row.replace("marrow:Avoid", "marrow:Caution"))
    (root / "queries" / "rules" / "notice-an-early-stop.rq").unlink()
    (root / "ontology" / "added.ttl").write_text(ADDED)
    return root


@pytest.fixture(scope="module")
def found(changed: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    patient = tmp_path_factory.mktemp("patients") / "between.ttl"
    patient.write_text(PATIENT)
    answer = CliRunner().invoke(app, [
        "diff", "shipped", str(changed), str(patient), str(STOPPED), "--example", "chronic-disease",
        "--example", "iron-deficiency", *AS_OF, "--json"])
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_every_changed_term_and_no_other_is_listed(found: dict[str, Any]) -> None:
    assert {(t["name"], t["sort"], t["what"]) for t in found["terms"]} == {
        ("HemoglobinBelowTransfusionTrigger", "threshold", "changed"),
        ("G818", "guidance row", "changed"),
        ("notice-an-early-stop", "rule", "removed"),
        ("WomanWithoutFatigue", "criterion", "added"),
    }
    details = {t["name"]: t["details"] for t in found["terms"]}
    assert details["HemoglobinBelowTransfusionTrigger"] == ["< 70 g/L -> < 75 g/L"]
    assert details["G818"] == ["modality: avoid -> caution"]


@pytest.mark.parametrize(("patient", "what", "name", "old", "new", "because"), [
    ("between.ttl", "outcome", "RedCellTransfusion", "not-applicable [not-met]", "consider",
     "HemoglobinBelowTransfusionTrigger"),
    ("chronic-disease", "outcome", "NSAID", "not-recommended [advised-against]", "consider",
     "G818"),  # all that has to be known before an NSAID is on record
    ("iron-stopped-early.ttl", "pitfall", "StoppingIronEarly", "yes", None,
     "notice-an-early-stop"),
    # nothing in the old proof is gone: what was absent is there now
    ("iron-deficiency", "condition", "Fatigue", "yes", None, "WomanWithoutFatigue"),
])
def test_a_change_is_traced_to_the_edit(
        found: dict[str, Any], patient: str, what: str, name: str, old: str, new: str | None,
        because: str) -> None:
    (entry,) = [p for p in found["patients"] if p["patient"].endswith(patient)]
    (change,) = [c for c in entry["changes"] if (c["what"], c["name"]) == (what, name)]
    assert change["old"] == old
    assert (change["new"] or "").partition(" [")[0] == (new or "")
    assert [t["name"] for t in change["because"]] == [because]


def test_every_change_has_a_reason_and_is_in_the_sum(found: dict[str, Any]) -> None:
    changes = [c for p in found["patients"] for c in p["changes"]]
    assert changes
    assert all(c["because"] for c in changes)
    assert sum(c["patients"] for c in found["sum"]["changes"]) == len(changes)
    assert (found["sum"]["patients"], found["sum"]["changed"]) == (4, 4)


@pytest.mark.long  # it compiles a changed knowledge once more
def test_the_other_way_round_the_reasons_are_the_same(
        changed: Path, found: dict[str, Any]) -> None:
    answer = CliRunner().invoke(app, ["diff", str(changed), "shipped", "--example",
                                      "chronic-disease", *AS_OF, "--json"])
    back = json.loads(answer.stdout)
    (there,) = [p for p in found["patients"] if p["patient"] == "chronic-disease"]
    assert [(c["name"], c["new"], c["old"], [t["name"] for t in c["because"]])
            for c in back["patients"][0]["changes"]] \
        == [(c["name"], c["old"], c["new"], [t["name"] for t in c["because"]])
            for c in there["changes"]]


def test_the_text_says_what_the_data_say(changed: Path) -> None:
    answer = CliRunner().invoke(app, ["diff", "shipped", str(changed), "--example",
                                      "chronic-disease", *AS_OF])
    assert answer.exit_code == 0
    assert "because guidance row G818 was changed: modality: avoid -> caution" in answer.stdout
    assert "Something changes for 1 of 1 patients" in answer.stdout
    assert answer.stderr == ""


def test_no_change_says_so() -> None:
    answer = CliRunner().invoke(app, ["diff", "shipped", "shipped", "--example", "mixed",
                                      "--example", "hemolytic", *AS_OF])
    assert answer.exit_code == 0
    assert "Changed in the knowledge: nothing" in answer.stdout
    assert "No change for any of 2 patients" in answer.stdout


def test_a_site_file_is_a_version_of_the_knowledge(tmp_path: Path) -> None:
    site = tmp_path / "site.ttl"
    site.write_text(STRICT)
    case = HERE / "golden" / "c16e-anticonvulsant" / "patient.ttl"
    answer = CliRunner().invoke(app, ["diff", "shipped", str(site), str(case), *AS_OF, "--json"])
    found = json.loads(answer.stdout)
    changes = {c["name"]: (c["old"], c["new"]) for c in found["patients"][0]["changes"]}
    assert changes["Anticonvulsant"] == ("consider", "not-recommended [advised-against]")
    assert all(c["because"] for c in found["patients"][0]["changes"])


def test_a_folder_of_patients_is_read_and_what_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "one.ttl").write_text(PATIENT)
    (tmp_path / "two.ttl").write_text("no Turtle")
    (tmp_path / "notes.txt").write_text("not a patient")
    answer = CliRunner().invoke(app, ["diff", "shipped", "shipped", str(tmp_path), *AS_OF,
                                      "--json"])
    assert answer.exit_code == 0
    found = json.loads(answer.stdout)
    assert [Path(p["patient"]).name for p in found["patients"]] == ["one.ttl"]
    assert [u["where"].split(",")[0] for u in found["unusable"]] == ["two.ttl"]


@pytest.mark.parametrize(("arguments", "code"), [
    (["shipped", "shipped"], 2),
    (["shipped", "shipped", "no-such-file.ttl"], 3),
    (["shipped", "no-such-folder", "--example", "mixed"], 3),
    (["shipped", "shipped", "--example", "nobody"], 2),
    (["shipped", str(HERE), "--example", "mixed"], 3),
    (["shipped", "shipped", "--example", "mixed", "--as-of", "someday"], 2),
])
def test_a_wrong_call_gets_one_line_and_its_exit_code(arguments: list[str], code: int) -> None:
    answer = CliRunner().invoke(app, ["diff", *arguments])
    assert (answer.exit_code, answer.stdout) == (code, "")
    assert answer.stderr.count("\n") == 1
