"""The code of every line about the record is answered: what it means, of which records, by what."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from patients import AS_OF, PREFIXES
from reasoner.assessment import Assessment
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.explanation.issues import issue_alone, names_an_issue
from reasoner.explanation.reason import backing, reason
from reasoner.explanation.report import report
from reasoner.explanation.text import explain_text
from reasoner.namespaces import marrow
from reasoner.pipeline import assess
from reasoner.quantity import text_of

ROOT = Path(__file__).parent.parent
PATIENT = "urn:marrow:example:iron-deficiency"
TELLERS = {"Issue": 0, "Refusal": 0, "_issue": 1, "add": 0}
"""What tells an issue in the code, and which argument is its code."""


def told_in_code() -> set[str]:
    """Every code that the readers and the gate can tell, read off their calls."""
    found = set()
    for path in [*(ROOT / "reasoner" / "fhir").glob("*.py"), ROOT / "reasoner" / "gate.py",
                 ROOT / "reasoner" / "quantity.py", ROOT / "reasoner" / "validation.py",
                 ROOT / "reasoner" / "explanation" / "issues.py"]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else \
                getattr(node.func, "id", "")
            at = TELLERS.get(name)
            if at is not None and len(node.args) > max(at, 1):
                code = node.args[at]
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    found.add(code.value)
    return found


def test_every_code_that_can_be_told_has_a_meaning_a_remedy_and_a_source(engine: Engine) -> None:
    codes = told_in_code() | {"same-id-twice", "subject-ambiguous", "no-subject", "repeated",
                              "subject-not-in-input", "type-not-needed", "not-referred-to"}
    codes |= {text_of(o) for _, p, o in engine.graph.triples if p == marrow("findingCode")}
    assert len(codes) > 60
    for code in sorted(codes):
        assert names_an_issue(engine.graph, code), code
        told = issue_alone(engine.graph, code)
        assert told["label"], code
        assert told["says"], code
        assert told["fix"], code
        assert told["sources"], code


def test_no_code_has_two_meanings(engine: Engine) -> None:
    codes = [o for _, p, o in engine.graph.triples
             if p in (marrow("issueCode"), marrow("findingCode"))]
    assert len(codes) == len(set(codes))


BROKEN = f"""
<{PATIENT}> marrow:hasObservation <urn:o/shape>, <urn:o/unit>, <urn:o/later>, <urn:o/draft> .
<urn:o/shape> a marrow:Observation ; marrow:kind marrow:eGFR ; marrow:value 55 ;
    marrow:unit "mL/min/{{1.73_m2}}" ; marrow:status "done" ; marrow:date "2026-10-20"^^xsd:date .
<urn:o/unit> a marrow:Observation ; marrow:kind marrow:Haptoglobin ; marrow:value 1.1 ;
    marrow:unit "furlong" ; marrow:status "final" ; marrow:date "2026-10-20"^^xsd:date .
<urn:o/later> a marrow:Observation ; marrow:kind marrow:SerumVitaminB12 ; marrow:value 300 ;
    marrow:unit "ng/L" ; marrow:status "final" ; marrow:date "2027-01-20"^^xsd:date .
<urn:o/draft> a marrow:Observation ; marrow:kind marrow:SerumFolate ; marrow:value 9 ;
    marrow:unit "ug/L" ; marrow:status "preliminary" ; marrow:date "2026-10-20"^^xsd:date .
"""


@pytest.fixture(scope="module")
def broken(engine: Engine) -> Assessment:
    text = (ROOT / "examples" / "iron-deficiency.ttl").read_text("utf-8") + BROKEN
    return assess(engine, text.encode(), AS_OF)


def test_every_line_shows_its_code_and_the_code_is_answered(broken: Assessment) -> None:
    issues = report(broken)["issues"]
    codes = {issue["code"] for issue in issues}
    assert {"breaks-a-shape", "unit-not-understood", "after-the-as-of-date",
            "result-not-final"} <= codes
    text = explain_text(broken)
    for code in codes:
        assert f"<{code}>" in text
        for ask in (reason, backing):
            found, said = ask(broken, code)
            assert [i["what"] for i in found["issues"]] == [
                i["what"] for i in issues if i["code"] == code]
            assert found["says"] in said()


@pytest.mark.parametrize(("code", "record", "decides", "source"), [
    ("breaks-a-shape", "", "ObservationShape", "shapes/patient.ttl"),
    ("unit-not-understood", "observation: haptoglobin, 1.1 furlong, on 2026-10-20", "", "UCUM"),
    ("result-not-final", "preliminary", "notice-pending-results", "Marrow project"),
])
def test_a_code_goes_down_to_the_record_and_to_what_decides_it(
        broken: Assessment, code: str, record: str, decides: str, source: str) -> None:
    found, said = reason(broken, code)
    (issue,) = found["issues"]
    assert record in "; ".join(issue["records"])
    by = issue["decidedBy"]
    assert (by["name"] if by else "") == decides
    assert source in said()


def test_results_that_do_not_fit_name_the_check_and_each_result(engine: Engine) -> None:
    """98 g/L of hemoglobin go with a hematocrit of about 29 %; 60 % is twice that (ratio 1.4)."""
    text = (ROOT / "examples" / "iron-deficiency.ttl").read_text("utf-8") + f"""
<{PATIENT}> marrow:hasObservation <urn:o/hct> .
<urn:o/hct> a marrow:Observation ; marrow:kind marrow:Hematocrit ; marrow:value 60 ;
    marrow:unit "%" ; marrow:status "final" ; marrow:date "2026-10-20"^^xsd:date .
"""
    found, said = reason(assess(engine, text.encode(), AS_OF), "results-disagree")
    issue = next(i for i in found["issues"]
                 if i["decidedBy"]["name"] == "HematocritFitsHemoglobin")
    assert len(issue["records"]) == 2
    assert "rule of three" in said()


def test_a_dispute_is_answered(engine: Engine) -> None:
    """A man with 150 g/L has no anemia (130 g/L and above), whatever code is on record."""
    found, said = reason(assess(engine, (PREFIXES + """
<urn:p> a marrow:Patient ; marrow:birthDate "1976-05-01"^^xsd:date ; marrow:sex marrow:Male ;
    marrow:hasCondition <urn:p/code> ; marrow:hasObservation <urn:p/hb> .
<urn:p/code> a marrow:ConditionRecord ; marrow:kind marrow:Anemia ;
    marrow:clinicalStatus "active" ; marrow:verificationStatus "confirmed" ;
    marrow:date "2026-10-20"^^xsd:date .
<urn:p/hb> a marrow:Observation ; marrow:kind marrow:Hemoglobin ; marrow:value 150 ;
    marrow:unit "g/L" ; marrow:status "final" ; marrow:date "2026-10-20"^^xsd:date .
""").encode(), AS_OF), "contradicted-by-the-record")
    (issue,) = found["issues"]
    assert issue["where"] == "anemia"
    assert any("anemia" in record for record in issue["records"])
    assert "hemoglobin, 150 g/L, on 2026-10-20" in said()


def test_the_command_answers_a_code_with_and_without_a_patient(tmp_path: Path) -> None:
    path = tmp_path / "broken.ttl"
    path.write_text((ROOT / "examples" / "iron-deficiency.ttl").read_text("utf-8") + BROKEN)
    as_of = ["--as-of", AS_OF]
    told = CliRunner().invoke(app, ["validate", str(path), *as_of])
    codes = set(re.findall(r"<([a-z-]+)>$", told.stdout, re.MULTILINE))
    assert "breaks-a-shape" in codes
    assert all(line.endswith(">") for line in told.stdout.splitlines()[:-1])
    for code in codes:
        answered = CliRunner().invoke(app, ["why", str(path), code, *as_of])
        assert answered.exit_code == 0, answered.output
        assert answered.stdout.startswith(f"{code}: ")
    alone = CliRunner().invoke(app, ["evidence", "code-not-mapped", "--json"])
    assert json.loads(alone.stdout)["sources"]
