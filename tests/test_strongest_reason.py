"""The steps of why are those of the strongest reason, and say which reason they are of."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from reasoner.assessment import Assessment
from reasoner.cli.verdict import proof_verdict
from reasoner.engine import Engine
from reasoner.explanation.reason import reason
from reasoner.explanation.report import report
from reasoner.namespaces import marrow
from reasoner.pipeline import assess
from reasoner.store import write_trig

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests" / "golden"
AS_OF = date(2026, 11, 1)


@pytest.fixture(scope="module")
def myeloma(engine: Engine) -> Assessment:
    """67 years old, anemia, a flag for myeloma: G903 advises against, G906 contraindicates."""
    return assess(engine, GOLDEN / "t10-myeloma" / "patient.ttl", AS_OF)


def test_the_steps_show_the_contraindication_first(myeloma: Assessment) -> None:
    found, text = reason(myeloma, "Metaxalone")
    says = [s["says"] for s in found["steps"]]
    assert "metaxalone is contraindicated" in says
    assert "metaxalone is advised against" not in says
    assert {"G906"} <= {s["id"] for s in found["sources"]}
    first, *others = found["reasons"]
    assert found["steps"][first["step"] - 1]["says"] == first["says"]
    assert [r["step"] for r in others] == [None] * len(others)
    assert "contraindicated" in next(
        line for line in text().splitlines() if line.startswith("Step by step"))


def test_the_other_reasons_can_be_asked_about(myeloma: Assessment) -> None:
    for other in reason(myeloma, "Metaxalone")[0]["reasons"][1:]:
        for ground in other["grounds"]:
            assert reason(myeloma, ground["name"])[0]["conclusion"] == ground["says"]


def test_the_proof_that_is_written_is_the_one_that_is_told_and_holds(
        myeloma: Assessment, tmp_path: Path) -> None:
    fact = myeloma.fact("notRecommended", marrow("Metaxalone"))
    path = tmp_path / "proof.trig"
    write_trig(myeloma, fact, path)
    assert "G906" in path.read_text("utf-8")
    assert "G903" not in path.read_text("utf-8")
    assert proof_verdict(str(path), "", "", "").holds


@pytest.mark.parametrize("case", ["t10-myeloma", "x04-two-results-at-one-time",
                                  "c01-no-plan-beside-an-emergency"])
def test_every_outcome_is_proved_by_its_strongest_reason(engine: Engine, case: str) -> None:
    assessment = assess(engine, GOLDEN / case / "patient.ttl", AS_OF)
    entries: list[dict[str, Any]] = report(assessment)["recommendations"]
    assert entries
    for entry in entries:
        term = marrow(entry["intervention"])
        outcome = assessment.outcome_of(term)
        assert outcome is not None
        proof = assessment.prove((assessment.patient.patient, outcome, term))
        assert proof is not None
        concluded = [step.conclusion for step in proof.steps]
        before: set[Any] = set(proof.leaves)
        for step in proof.steps:
            assert before.issuperset(step.premises)
            before.add(step.conclusion)
        reasons = [(assessment.patient.patient, relation, term)
                   for relation in assessment.reasons_for(outcome, term)]
        if entry["outcome"] == "not-recommended":
            assert reasons[0] in concluded
        elif entry["outcome"] == "cannot-tell":  # a doubt alone need not lead to it
            assert not set(reasons).isdisjoint(concluded)


def test_a_step_names_the_rule_that_settled_it_and_not_how_it_is_read(engine: Engine) -> None:
    """Pregnancy is presumed absent by its own rule; OWL only reads that in a criterion."""
    found = reason(assess(engine, ROOT / "examples" / "iron-deficiency.ttl", AS_OF), "OralIron")[0]
    rules = {s["says"]: s["rule"] for s in found["steps"]}
    said = "no active record names pregnancy, so it is presumed absent"
    assert rules[said] == "presume-absent-what-no-record-names"
