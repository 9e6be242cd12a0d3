"""Every line of what-if names what to ask about, and its RDF proves what would then be so."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from typer.testing import CliRunner

from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.explanation.reason import reason_then
from reasoner.explanation.whatif import what_if, what_if_text
from reasoner.hypothesis import Change, parse_change
from reasoner.namespaces import MARROW, PROV
from reasoner.pipeline import assess

ROOT = Path(__file__).parent.parent
SET = ["--set", "Hemoglobin=6.8g/dL"]


@pytest.fixture(scope="module")
def patient(engine: Engine) -> Assessment:
    return assess(engine, ROOT / "examples" / "iron-deficiency.ttl", "2026-11-01")


@pytest.fixture(scope="module")
def changes(patient: Assessment) -> list[Change]:
    return [parse_change("set", "Hemoglobin=6.8g/dL", patient.graph)]


@pytest.fixture(scope="module")
def found(patient: Assessment, changes: list[Change]) -> dict[str, Any]:
    return what_if(patient, changes)


def test_every_difference_names_what_why_takes(
        patient: Assessment, changes: list[Change], found: dict[str, Any]) -> None:
    """At 68 g/L the anemia is severe (below 80 g/L) and no longer moderate."""
    lines = [line for line in what_if_text(found).splitlines() if line.startswith("  ")
             and not line.startswith("   ")]
    assert len(lines) > 3
    for line in lines:
        (name,) = re.findall(r"<(\w+)>$", line)
        answer, text = reason_then(patient, changes, name)
        assert answer["suppose"]
        assert "6.8 g/dL" in text()
    assert "  would hold: the patient has severe anemia  <SevereAnemia>" in lines
    assert "  would no longer hold: the patient has moderate anemia  <ModerateAnemia>" in lines


def test_the_data_name_what_would_hold_and_what_it_would_rest_on(found: dict[str, Any]) -> None:
    (held,) = found["wouldHold"]
    assert (held["name"], held["relation"]) == ("SevereAnemia", "has")
    assert any("6.8 g/dL" in fact for fact in held["because"])
    (lost,) = found["wouldNotHold"]
    assert (lost["name"], lost["relation"]) == ("ModerateAnemia", "has")
    assert any("9.8 g/dL" in fact for fact in lost["because"])
    assert found["gained"] == [held["says"]]
    assert found["lost"] == [lost["says"]]


def test_the_graph_proves_what_would_be_so_and_marks_what_is_supposed(tmp_path: Path) -> None:
    from reasoner.cli.main import app

    path = tmp_path / "whatif.trig"
    run = CliRunner().invoke(app, ["what-if", "--example", "iron-deficiency", "--as-of",
                                   "2026-11-01", *SET, "--rdf", str(path), "--json"])
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    store = ox.Store()
    store.load(path=path, format=ox.RdfFormat.TRIG)

    def rows(query: str) -> set[tuple[str, ...]]:
        result = store.query(
            f"PREFIX m: <{MARROW}> PREFIX p: <{PROV}> "
            f"PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> {query}",
            use_default_graph_as_union=True)
        return {tuple(str(cell) for cell in row) for row in result}  # type: ignore[union-attr]

    proved = rows("SELECT ?about ?relation { ?answer m:whatDiffers|m:wouldHold ?part . "
                  "?part m:asked ?about ; m:hasProof/m:proves ?said . "
                  "?said rdf:object ?about ; rdf:predicate ?relation }")
    assert {about.removeprefix(f"<{MARROW}").rstrip(">") for about, _ in proved} == {
        *(e["intervention"] for e in told["outcomes"]), *(e["name"] for e in told["wouldHold"])}
    supposed = rows("SELECT ?value { ?said m:restsOn m:supposedStatement ; "
                    "rdf:predicate m:value ; rdf:object ?value }")
    assert {value.split('"')[1] for value, in supposed} == {"6.8"}
    of_record = rows("SELECT ?value { ?said m:restsOn m:recordStatement ; "
                     "rdf:predicate m:value ; rdf:object ?value }")
    assert '"9.8"' not in {value.split("^^")[0] for value, in of_record}


def test_no_checker_takes_a_supposition_for_a_proof(tmp_path: Path, patient: Assessment,
                                                    changes: list[Change]) -> None:
    from reasoner.hypothesis import suppose
    from reasoner.proof import proof_quads
    from reasoner.proofcheck import Checker, read_library
    from reasoner.store import write_quads

    after = suppose(patient, changes)
    proof = after.prove(after.fact("has", f"<{MARROW}SevereAnemia>"))
    assert proof is not None
    path = tmp_path / "supposed.trig"
    write_quads(proof_quads(proof), path)
    verdict = Checker(read_library(ROOT)).check(path.read_bytes(), ".trig", path.name, None, None)
    assert not verdict.holds
    assert "rests on neither a record nor knowledge" in verdict.what
