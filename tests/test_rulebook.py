"""A rule is asked about by its name: what its author says of it, and what it concluded here."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from reasoner.assessment import Assessment
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.errors import UsageError
from reasoner.explanation.reason import backing, reason
from reasoner.explanation.rulebook import rules_of
from reasoner.namespaces import GATE, RULE, TYPE, iri, local_name
from reasoner.pipeline import assess

ROOT = Path(__file__).parent.parent
AS_OF = date(2026, 11, 1)
WRITTEN = {p.stem: p for folder in ("entailment", "rules")
           for p in (ROOT / "queries" / folder).glob("*.rq")}


@pytest.fixture(scope="module")
def iron(engine: Engine) -> Assessment:
    return assess(engine, ROOT / "examples" / "iron-deficiency.ttl", AS_OF)


@pytest.fixture(scope="module")
def myeloma(engine: Engine) -> Assessment:
    return assess(engine, ROOT / "tests" / "golden" / "t10-myeloma" / "patient.ttl", AS_OF)


def asked(assessment: Assessment, name: str) -> dict[str, Any]:
    return reason(assessment, name)[0]


def test_a_rule_says_what_its_author_wrote_and_what_it_concluded(iron: Assessment) -> None:
    """G501 is met by the hemoglobin and ferritin on record, and is the only row for oral iron."""
    found = asked(iron, "indicate")
    header = WRITTEN["indicate"].read_text("utf-8").splitlines()
    assert f"# title: {found['label']}" in header
    assert f"# why: {found['why']}" in header
    assert f"# source: {found['source']}" in header
    concluded = {c["says"]: c for c in found["concluded"]}
    oral = concluded["oral iron is indicated"]
    assert any("serum ferritin, 8 ug/L" in fact for fact in oral["because"])
    assert oral["name"] == "OralIron"
    again = asked(iron, oral["ask"])
    assert again["conclusion"] == "oral iron is indicated"


@pytest.mark.parametrize("name", [
    "indicate", "marrow:rule/indicate", f"{RULE}indicate", "rule/indicate",
    "queries/rules/indicate.rq"])
def test_a_rule_has_its_name_its_iri_and_its_file(iron: Assessment, name: str) -> None:
    assert asked(iron, name) == asked(iron, "indicate")
    assert backing(iron, name)[0] == asked(iron, "indicate")


def test_a_rule_of_owl_cites_the_profile(iron: Assessment) -> None:
    found, text = reason(iron, "cls-hv2")
    assert "W3C, OWL 2 Profiles" in found["source"]
    assert found["says"] in text()
    assert any(c["says"] == "the patient has anemia" for c in found["concluded"])


def test_a_statement_that_a_rule_names_as_its_source_is_told(iron: Assessment) -> None:
    cited = {name: p for name, p in WRITTEN.items() if "# source: marrow:G" in p.read_text()}
    assert cited
    for name in cited:
        ids = {s["id"] for s in asked(iron, name)["sources"]}
        assert ids
        assert all(f"marrow:{i}" in cited[name].read_text("utf-8") for i in ids)


def test_every_rule_of_every_proof_can_be_asked_about(iron: Assessment, myeloma: Assessment,
                                                      engine: Engine) -> None:
    for assessment in (iron, myeloma):
        applied = {d.rule for fact in assessment.facts for d in assessment.derivations.of(fact)}
        assert {local_name(r) for r in applied if r.startswith(f"<{GATE}")}
        for rule in sorted(applied):
            found = asked(assessment, local_name(rule))
            assert found["iri"] == rule.strip("<>")
            assert found["says"]
            assert found["source"]


def test_what_a_rule_concluded_leads_on_to_its_proof(myeloma: Assessment) -> None:
    for rule in ("withhold-what-is-contraindicated", "open-red-flags", "cls-hv1", "days"):
        concluded = asked(myeloma, rule)["concluded"]
        assert concluded
        for entry in concluded[:5]:
            assert asked(myeloma, entry["ask"])["conclusion"] == entry["says"]
            assert asked(myeloma, entry["proof"])["statement"] == entry["statement"]


def test_a_rule_that_did_not_fire_says_so(iron: Assessment) -> None:
    found, text = reason(iron, "note-the-death")
    assert found["concluded"] == []
    assert "nothing" in text()


def test_the_nearest_rules_are_named_for_an_unknown_one(iron: Assessment) -> None:
    with pytest.raises(UsageError, match="recommend-what-is-indicated") as caught:
        reason(iron, "recomend-what-is-indicatd")
    assert caught.value.exit_code == 2
    with pytest.raises(UsageError, match="recommend-what-is-indicated"):
        backing(iron, "recomend-what-is-indicatd")
    with pytest.raises(UsageError, match="no claim and no row") as caught:
        backing(iron, "../rules/indicate")
    assert caught.value.exit_code == 2


def test_no_name_of_the_ontology_is_the_name_of_a_rule(engine: Engine) -> None:
    """A name would have two meanings; a computation is named as what it computes."""
    terms = {local_name(s) for s, p, _ in engine.graph.triples
             if p == TYPE and not s.startswith((f"<{GATE}", f"<{RULE}"))}
    assert WRITTEN.keys() == rules_of(engine.root).keys()
    assert not WRITTEN.keys() & terms
    for rule in WRITTEN:
        assert not engine.graph.objects(engine.graph.named(rule), TYPE)


def test_a_rule_is_told_without_a_patient() -> None:
    found = CliRunner().invoke(app, ["evidence", "cls-hv2"])
    assert found.exit_code == 0
    assert "OWL 2 RL" in found.stdout


def test_a_check_of_the_knowledge_is_told_without_a_patient() -> None:
    found = CliRunner().invoke(app, ["evidence", "bound-does-not-fit-threshold"])
    assert found.exit_code == 0
    assert "or <7 would be misread" in found.stdout


def test_a_picture_of_a_rule_is_refused_in_one_line() -> None:
    found = CliRunner().invoke(app, ["why", "--example", "iron-deficiency", "--as-of",
                                     "2026-11-01", "indicate", "--draw", "dot"])
    assert found.exit_code == 2
    assert "nothing is concluded about" in found.stderr


def test_an_iri_of_nothing_is_no_rule(engine: Engine) -> None:
    assert iri(RULE, "nothing") not in rules_of(engine.root)
