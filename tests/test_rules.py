"""Every closed-world rule has a patient for whom it fires and one, a change away, for whom not."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from patients import AS_OF
from reasoner.engine import Engine
from reasoner.gate import gate_patient
from reasoner.namespaces import marrow
from reasoner.patient import read_patient_graph
from reasoner.rule import Atom

HERE = Path(__file__).parent
RULES = sorted(p.stem for p in (HERE.parent / "queries" / "rules").glob("*.rq"))
CASES = HERE / "rules"
ABOUT_THE_ONTOLOGY = {
    "criterion-contains-expression": "contains",
    "criterion-reads-kind": "reads",
    "kind-is-concluded": "concludedBy",
    "kind-is-within-its-superkinds": "within",
    "kind-is-within-itself": "within",
    "link-leads-to": "leadsTo",
    "name-candidates": None,
    "prefer-links-of-narrower-context": "overrides",
}
"""Rules that read no patient: what they conclude of the ontology, by its predicate."""


def concluded(engine: Engine, path: Path) -> dict[str, set[Atom]]:
    """What each rule concludes of the patient in a file."""
    graph = read_patient_graph(path.read_bytes(), ".ttl", path.name, engine.vocabulary)
    result = engine.run(gate_patient(graph, engine.graph, AS_OF).facts)
    found: dict[str, set[Atom]] = defaultdict(set)
    for firing in result.firings:
        rule = firing.rule.rule
        for binding in firing.bindings():
            found[rule.name] |= {
                (binding.get(s, s), binding.get(p, p), binding.get(o, o))
                for s, p, o in rule.conclusions
            }
    return found


def test_every_rule_has_its_two_cases() -> None:
    assert {p.name for p in CASES.iterdir()} == set(RULES) - set(ABOUT_THE_ONTOLOGY)


@pytest.mark.parametrize("rule", [r for r in RULES if r not in ABOUT_THE_ONTOLOGY])
def test_a_rule_fires_and_nearly_fires(engine: Engine, rule: str) -> None:
    fires = concluded(engine, CASES / rule / "fires.ttl")[rule]
    near_miss = concluded(engine, CASES / rule / "near-miss.ttl")[rule]
    assert fires - near_miss


@pytest.mark.parametrize("rule", sorted(ABOUT_THE_ONTOLOGY))
def test_a_rule_about_the_ontology_concludes_something(engine: Engine, rule: str) -> None:
    predicate = ABOUT_THE_ONTOLOGY[rule]
    if predicate is None:
        found = {s for s, p, o in engine.graph.triples if o == marrow("CandidateIntervention")}
    else:
        found = {s for s, p, o in engine.graph.triples if p == marrow(predicate)}
    assert found
