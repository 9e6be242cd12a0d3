"""A written proof is held against the record, and against what the ontology says."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from patients import AS_OF
from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.namespaces import (
    MARROW,
    PROV,
    RDF,
)
from reasoner.patient import read_patient_graph
from reasoner.proofcheck import Checker
from reasoner.store import ox_term, write_trig
from written_proofs import EXAMPLE, ROOT, Altered, m, record_of, verdict


def test_a_value_that_changes_nothing_is_told_by_its_name(checker: Checker, oral_iron: Path) \
        -> None:
    """An amended result serves as well as a final one, but it is not what was proved."""
    proof = Altered(oral_iron)
    proof.say(proof.statement("hemoglobin", "status"), ox.Literal("amended"))
    answer = verdict(checker, proof, rename=False)
    assert not answer.holds
    assert "its name was made from another statement" in answer.what


def test_a_forged_record_is_told_by_the_record(
    checker: Checker, assessed: dict[str, Assessment], oral_iron: Path,
) -> None:
    proof = Altered(oral_iron)
    proof.say(proof.statement("hemoglobin", "status"), ox.Literal("amended"))
    assert verdict(checker, proof).holds  # a right proof, of another record
    answer = checker.check(proof.write(), ".trig", "proof.trig", None,
                           record_of(assessed["iron-deficiency"]))
    assert not answer.holds
    assert "it rests on the record and is not in it" in answer.what


NEWER = """
<{0}> marrow:hasObservation <{0}/new> .
<{0}/new> a marrow:Observation ; marrow:kind marrow:Hemoglobin ; marrow:value 15.1 ;
    marrow:unit "g/dL" ; marrow:date "{1}"^^xsd:date ; marrow:status "final" .
"""
PREGNANT = """
<{0}> marrow:hasCondition <{0}/new> .
<{0}/new> a marrow:ConditionRecord ; marrow:kind marrow:Pregnancy ;
    marrow:clinicalStatus "active" ; marrow:verificationStatus "confirmed" ;
    marrow:onset "2026-08-01"^^xsd:date ; marrow:date "2026-10-20"^^xsd:date .
"""


@pytest.mark.parametrize(("more", "absent"), [
    (NEWER.format(EXAMPLE, "2026-10-25"), "marrow:clockSecondsAgoAtMost ?laterEarliest"),
    (PREGNANT.format(EXAMPLE), "marrow:within marrow:Pregnancy"),
])
def test_what_should_be_absent_is_looked_for_in_the_record(
    checker: Checker, engine: Engine, oral_iron: Path, more: str, absent: str,
) -> None:
    """The proof itself cannot know that the record says more than it uses."""
    text = (ROOT / "examples" / "iron-deficiency.ttl").read_text() + more
    graph = read_patient_graph(text.encode(), ".ttl", "test", engine.vocabulary)
    record = [(ox_term(s), ox_term(p), ox_term(o)) for s, p, o in graph.triples]
    answer = checker.check(oral_iron.read_bytes(), ".trig", "proof.trig", AS_OF, record)
    assert not answer.holds
    assert "it says there is no" in answer.what
    assert absent in answer.what


def test_what_is_dated_later_than_the_question_changes_nothing(
    checker: Checker, engine: Engine, oral_iron: Path,
) -> None:
    text = (ROOT / "examples" / "iron-deficiency.ttl").read_text() \
        + NEWER.format(EXAMPLE, "2026-11-02")
    graph = read_patient_graph(text.encode(), ".ttl", "test", engine.vocabulary)
    record = [(ox_term(s), ox_term(p), ox_term(o)) for s, p, o in graph.triples]
    answer = checker.check(oral_iron.read_bytes(), ".trig", "proof.trig", AS_OF, record)
    assert answer.holds, answer.text()


def test_what_the_ontology_says_is_not_absent(checker: Checker, assessed: dict[str, Assessment],
                                              tmp_path: Path) -> None:
    """Without a record: a link with a context, proved active as if it had none."""
    found = assessed["sickle-cell-crisis"]
    graph = found.graph
    linked = {o for s, p, o in graph.triples if p == str(m("inContext"))}
    assert linked
    active = [f for f in found.facts if f[1] == str(m("activates"))
              and graph.objects(f[2], str(m("inContext")))]
    assert active
    path = tmp_path / "proof.trig"
    write_trig(found, sorted(active)[0], path)
    proof = Altered(path)
    link = sorted(active)[0][2]
    step = proof.maker(proof.statement("", "activates", ox_term(link)))
    for node in list(proof.of(step, PROV + "used")):
        if proof.of(node, RDF + "predicate")[0] in (m("inContext"), m("inContextOf")):
            proof.remove(step, PROV + "used", node)
    proof.drop_idle()
    name = link.replace(f"<{MARROW}", "marrow:").removesuffix(">")
    proof.add(step, MARROW + "absence", ox.Literal(f"{name} marrow:inContext ?context"))
    answer = verdict(checker, proof)
    assert not answer.holds
    assert "it says there is no" in answer.what
