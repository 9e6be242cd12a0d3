"""A slip of the pen in a record is named, and told where it is read first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fhir_samples import ANNA, hemoglobin
from reasoner.assessment import Assessment
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.errors import InputRefused
from reasoner.explanation.glance import glance_text
from reasoner.explanation.report import report
from reasoner.explanation.text import explain_text
from reasoner.pipeline import assess

RECORD = (Path(__file__).parent.parent / "examples" / "mixed.ttl").read_text("utf-8")
AS_OF = "2026-11-01"


@pytest.mark.parametrize(("written", "slip", "says"), [
    ("marrow:hasObservation", "marrow:hasObservaton",
     "marrow:hasObservaton is not for a patient graph to say; did you mean marrow:hasObservation?"),
    ("a marrow:Observation ", "a marrow:Observaton ",
     "marrow:Observaton is no class of a patient graph; did you mean marrow:Observation?"),
    ("marrow:value 40", "<http://w3id.org/marrow/value> 40",
     "<http://w3id.org/marrow/value> is not known here; did you mean marrow:value?"),
    ("marrow:value 40", "marrow:indicated 40",
     "marrow:indicated is not for a patient graph to say; send records; conclusions are drawn"),
])
def test_a_misspelt_name_is_refused_with_the_nearest(engine: Engine, written: str, slip: str,
                                                     says: str) -> None:
    assert written in RECORD
    with pytest.raises(InputRefused) as refused:
        assess(engine, RECORD.replace(written, slip).encode(), AS_OF)
    assert says in str(refused.value)


@pytest.fixture(scope="module")
def slipped(engine: Engine) -> Assessment:
    """A record with a kind that there is not, and a result in a unit that there is not."""
    record = RECORD.replace("kind marrow:Hemoglobin ;", "kind marrow:Hemoglobine ;")
    return assess(engine, record.replace('"ng/mL"', '"spoons"').encode(), AS_OF)


def test_a_misspelt_kind_gets_the_nearest(slipped: Assessment) -> None:
    (told,) = [i for i in report(slipped)["issues"] if i["where"] == "hemoglobin"]
    assert "it says marrow:Hemoglobine" in told["what"]
    assert told["fix"].startswith("did you mean marrow:Hemoglobin ")


def test_what_is_set_aside_is_counted_before_anything_is_concluded(slipped: Assessment,
                                                                  engine: Engine) -> None:
    line = ("2 records are set aside: serum ferritin; hemoglobin. \"Not used, or in conflict\" "
            "below says why")
    assert report(slipped)["setAside"] == {"count": 2, "names": ["serum ferritin", "hemoglobin"]}
    for text in (glance_text(slipped), explain_text(slipped)):
        head, _, rest = text.partition("Red flags")
        assert line in head
        assert "\nNot used, or in conflict\n" in rest
    assert "2 records are set aside" in slipped._repr_html_().partition("Red flags")[0]
    whole = assess(engine, RECORD.encode(), AS_OF)
    assert report(whole)["setAside"] == {"count": 0, "names": []}
    assert "set aside" not in glance_text(whole)


BUNDLE = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [
    {"resource": resource} for name in ("anna", "bert") for resource in (
        {**ANNA, "id": name}, hemoglobin(id=f"hb-{name}", subject={"reference": f"Patient/{name}"}))
]})


def run(*arguments: str, stdin: str | None = None):
    return CliRunner().invoke(app, list(arguments), input=stdin)


@pytest.mark.parametrize("option", [[], ["--import-report"], ["--compare-evidence"], ["--full"]])
def test_a_patient_is_chosen_from_standard_input_as_from_a_file(option: list[str],
                                                                tmp_path: Path) -> None:
    path = tmp_path / "two.json"
    path.write_text(BUNDLE)
    rest = ["--patient", "bert", "--as-of", AS_OF, *option]
    found = run("explain", "-", *rest, stdin=BUNDLE)
    assert (found.exit_code, found.stderr) == (0, "")
    assert found.stdout.replace("standard input", "two.json") \
        == run("explain", str(path), *rest).stdout


def test_all_patients_are_read_from_standard_input() -> None:
    found = run("explain", "-", "--all-patients", "--as-of", AS_OF, stdin=BUNDLE)
    assert (found.exit_code, found.stdout.count("=== ")) == (0, 2)


GRAPH = str(Path(__file__).parent.parent / "examples" / "mixed.ttl")
MIXED = ["--example", "mixed"]


@pytest.mark.parametrize(("arguments", "code", "says"), [
    (["explain", *MIXED, "--import-report"], 2, "--import-report is for FHIR, and an example is "
     "one patient graph; leave out --import-report, or name FHIR"),
    (["explain", GRAPH, "--all-patients"], 2, "--all-patients is for FHIR, and mixed.ttl is one "),
    (["explain", "-", "--all-patients"], 2, "and standard input is one patient graph"),
    (["explain", "no.json", "--all-patients"], 3, "no.json: No such file"),
    (["explain", "-", "--patient", "x"], 2, "standard input is a patient graph, which holds one"),
    (["explain", GRAPH, "--patient", "x"], 2, "mixed.ttl is a patient graph, which holds one"),
    (["explain", *MIXED, "--patient", "x"], 2, "an example holds one patient; leave out --patient"),
    (["explain", "-", GRAPH], 2, "standard input is read alone"),
    (["explain", GRAPH, GRAPH], 2, "mixed.ttl is no FHIR, and only FHIR may come in several"),
    (["explain", GRAPH, "no.ttl"], 2, "mixed.ttl is no FHIR"),
    (["explain", *MIXED, "--all-patients", "--audience", "patient"], 2, "--all-patients can only "
     "be told to a clinician, not to the audience 'patient'; leave out --audience, or --all-"),
    (["why", *MIXED, "OralIron", "--draw", "dot", "--audience", "educator"], 2, "--draw can only"),
    (["explain", *MIXED, "--all-patients", "--import-report"], 2, "take one of them"),
    (["explain", "-", "--all-patients", "--patient", "anna"], 2, "leave out one"),
])
def test_an_input_that_an_option_is_not_for_is_refused_in_one_line(arguments: list[str], code: int,
                                                                   says: str) -> None:
    found = run(*arguments, stdin=RECORD)
    assert (found.exit_code, found.stdout, found.stderr.count("\n")) == (code, "", 1)
    assert says in found.stderr


def test_no_language_is_left_out_in_silence() -> None:
    found = run("explain", *MIXED, "--compare-evidence", "--as-of", AS_OF, "--language", "de")
    assert found.exit_code == 0
    assert found.stderr.count("nothing is written in 'de'") == 1


def test_what_is_cut_short_on_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reasoner.hostile.MAX_FILE", len(RECORD) - 1)
    found = run("explain", "-", stdin=RECORD)
    assert (found.exit_code, found.stdout, found.stderr.count("\n")) == (4, "", 1)
    assert "standard input: more than" in found.stderr
