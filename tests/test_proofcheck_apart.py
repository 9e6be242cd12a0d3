"""The checker shares nothing with the engine, and computes what it computes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from oracle import named
from patients import AS_OF, patients
from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.errors import KnowledgeError
from reasoner.gate import gate_patient
from reasoner.namespaces import (
    GATE,
    MARROW,
    XSD,
)
from reasoner.patient import read_patient_graph
from reasoner.proofcheck import Checker
from reasoner.proofcheck.library import name_expressions, term_text, triples_of
from reasoner.proofcheck.numbers import compute, read_scales, without_future
from reasoner.proofcheck.rules import read_rule
from reasoner.proofcheck.windows import count_record, read_intervals
from reasoner.store import ox_term
from written_proofs import m, record_of


def test_the_checker_loads_nothing_of_the_engine() -> None:
    code = "import sys, reasoner.proofcheck; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                            check=True).stdout.split()
    own = {"reasoner", "reasoner.errors", "reasoner.namespaces"}
    assert {n for n in loaded if n.startswith("reasoner")
            and not n.startswith("reasoner.proofcheck")} == own
    assert {"numpy", "rdflib", "networkx"}.isdisjoint(loaded)


def test_its_ontology_is_the_one_that_proofs_cite(checker: Checker, engine: Engine) -> None:
    stated = {tuple(map(term_text, t)) for t in checker.library.stated}
    assert stated <= engine.graph.triples
    closed = {tuple(map(term_text, t)) for t in checker.library.closed}
    assert named(closed) >= named(set(engine.graph.triples))


def test_unnamed_expressions_are_named_by_content() -> None:
    text = b"<urn:a> <urn:p> [ <urn:q> 1.0 ] . <urn:b> <urn:p> [ <urn:q> 1.00 ] ; <urn:p> [] ."
    found = name_expressions([(q.subject, q.predicate, q.object)
                              for q in ox.parse(text, format=ox.RdfFormat.TURTLE)])
    values = {s.value: o for s, p, o in found if p.value == "urn:p" and s.value == "urn:a"}
    assert (ox.NamedNode("urn:b"), ox.NamedNode("urn:p"), values["urn:a"]) in found
    assert len({o for _, p, o in found if p.value == "urn:p"}) == 2


@settings(deadline=None, max_examples=30, derandomize=True, phases=[Phase.generate],
          suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_its_numbers_are_those_of_the_gate(engine: Engine, checker: Checker,
                                           data: st.DataObject) -> None:
    text = data.draw(patients(engine.graph))
    graph = read_patient_graph(text.encode(), ".ttl", "test", engine.vocabulary)
    gated = gate_patient(graph, engine.graph, AS_OF)
    record = without_future([(ox_term(s), ox_term(p), ox_term(o)) for s, p, o in graph.triples],
                            AS_OF)
    found = compute(record, read_scales(checker.library.stated), AS_OF)
    found += count_record(record, checker._intervals, AS_OF)
    ours = {(n.computation, tuple(map(term_text, n.conclusion)),
             frozenset(tuple(map(term_text, t)) for t in n.premises)) for n in found}
    theirs = {(c.step[1:-1].removeprefix(GATE), fact, frozenset(c.premises))
              for fact, c in gated.origins.items() if fact in gated.facts}
    assert ours == theirs


@pytest.mark.parametrize(("written", "least", "most", "exact"), [
    ('marrow:value 9.8 ; marrow:unit "g/dL"', "98", "98", "98"),
    ('marrow:value 9.8 ; marrow:unit "g/dL" ; marrow:comparator "<"', None, "97.999999", None),
    ('marrow:value 98 ; marrow:unit "g/L" ; marrow:comparator ">="', "98", None, None),
    ('marrow:value 98 ; marrow:unit "g/L" ; marrow:comparator "~"', None, None, None),
    ('marrow:value 98', None, None, None),
    ('marrow:value 98 ; marrow:unit "stone"', None, None, None),
    ('marrow:value 98000 ; marrow:unit "g/L"', None, None, None),
    ('marrow:value 98, 99 ; marrow:unit "g/L"', None, None, None),
    ('marrow:value 98.1234567890123456 ; marrow:unit "g/L"', None, None, None),
])
def test_amounts_by_hand(checker: Checker, written: str, least: str | None, most: str | None,
                         exact: str | None) -> None:
    text = f"@prefix marrow: <{MARROW}> . <urn:o> marrow:kind marrow:Hemoglobin ; {written} ."
    record = [(q.subject, q.predicate, q.object)
              for q in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE)]
    found = {n.conclusion[1].value.removeprefix(MARROW): n.conclusion[2].value
             for n in compute(record, read_scales(checker.library.stated), AS_OF)}
    expected = {"amountAtLeast": least, "amountAtMost": most, "amount": exact}
    assert found == {name: value for name, value in expected.items() if value is not None}


MOMENT = ("secondsAgoAtLeast", "secondsAgoAtMost", "zonedSecondsAgo")


@pytest.mark.parametrize(("written", "expected"), [
    ('marrow:birthDate "2008-11-01"^^xsd:date', {"ageInYears": 18, "ageInMonths": 216}),
    ('marrow:birthDate "2008-11-02"^^xsd:date', {"ageInYears": 17, "ageInMonths": 215}),
    ('marrow:birthDate "2026-11-02"^^xsd:date', {}),
    ('marrow:birthDate "1896-10-31"^^xsd:date', {"ageInYears": 130, "ageInMonths": 1560}),
    ('marrow:birthDate "1895-10-31"^^xsd:date', {}),
    ('marrow:birthDate "2008"^^xsd:gYear', {}),
    ('marrow:date "2026-08-01"^^xsd:date', {"daysAgo": 92}),
    ('marrow:date "2026-08-02"^^xsd:date', {"daysAgo": 91}),
    ('marrow:date "2026-11-02"^^xsd:date', {}),
    ('marrow:date "2026-13-02"^^xsd:date', {}),
    # From half past ten on 30 October to the end of 2 November: 90 minutes and three days.
    ('marrow:date "2026-10-30T22:30:00Z"^^xsd:dateTime',
     {"daysAgo": 2}),
    ('marrow:value 1 ; marrow:date "2026-10-30T22:30:00Z"^^xsd:dateTime',
     {"daysAgo": 2, **dict.fromkeys(MOMENT, (90 + 3 * 24 * 60) * 60)}),
    ('marrow:value 1 ; marrow:date "2026-10-30T23:30:00+01:00"^^xsd:dateTime',
     {"daysAgo": 2, **dict.fromkeys(MOMENT, (90 + 3 * 24 * 60) * 60)}),
    # Without a zone the clock of the place may be 14 hours ahead or 12 behind.
    ('marrow:value 1 ; marrow:date "2026-10-30T22:30:00"^^xsd:dateTime',
     {"daysAgo": 2,
      "clockSecondsAgoAtLeast": 73 * 3600 + 1800, "clockSecondsAgoAtMost": 73 * 3600 + 1800,
      "secondsAgoAtLeast": 61 * 3600 + 1800, "secondsAgoAtMost": 87 * 3600 + 1800}),
    # A day lies from its first to its last second.
    ('marrow:unreadAs marrow:Observation ; marrow:date "2026-10-30"^^xsd:date',
     {"daysAgo": 2,
      "clockSecondsAgoAtLeast": 72 * 3600 + 1, "clockSecondsAgoAtMost": 96 * 3600,
      "secondsAgoAtLeast": 60 * 3600 + 1, "secondsAgoAtMost": 110 * 3600}),
    ('marrow:deceasedDate "2026-10-30"^^xsd:date', {"diedDaysAgo": 2}),
    ('marrow:deceasedDate "2026-11-02"^^xsd:date', {}),
    ('marrow:onset "2026-10-30"^^xsd:date', {"startedDaysAgo": 2, "daysAgo": 2}),
    ('marrow:onset "2026-10-30"^^xsd:date ; marrow:date "2026-11-01"^^xsd:date',
     {"startedDaysAgo": 2, "daysAgo": 0}),
    ('marrow:abatement "2026-10-31"^^xsd:date', {"endedDaysAgo": 1}),
])
def test_ages_and_days_by_hand(written: str, expected: dict[str, int]) -> None:
    text = f"@prefix marrow: <{MARROW}> . @prefix xsd: <{XSD}> . <urn:o> {written} ."
    record = [(q.subject, q.predicate, q.object)
              for q in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE)]
    found = compute(record, {}, AS_OF)
    assert {n.conclusion[1].value.removeprefix(MARROW): int(n.conclusion[2].value)
            for n in found} == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize(("written", "amounts"), [
    ('marrow:value 91 ; marrow:date "2026-10-30"^^xsd:date', {"93"}),
    ('marrow:value 91 ; marrow:date "2026-11-01"^^xsd:date', {"91"}),
    ('marrow:value 91 ; marrow:date "2026-11-02"^^xsd:date', set()),
    ('marrow:value 91', set()),
    ('marrow:value 91 ; marrow:date "2026-01-01"^^xsd:date', set()),
])
def test_what_grows_by_a_day_a_day(checker: Checker, written: str, amounts: set[str]) -> None:
    """91 days of gestation; after 304 more days it would be 395, which is not possible."""
    text = (f"@prefix marrow: <{MARROW}> . @prefix xsd: <{XSD}> . "
            f'<urn:o> marrow:kind marrow:GestationalAge ; marrow:unit "d" ; {written} .')
    record = [(q.subject, q.predicate, q.object)
              for q in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE)]
    found = [n for n in compute(record, read_scales(checker.library.stated), AS_OF)
             if n.computation == "amount"]
    assert {n.conclusion[2].value for n in found} == amounts
    assert all((ox.NamedNode("urn:o"), m("date")) in {t[:2] for t in n.premises} for n in found)


def test_what_follows_is_what_the_engine_infers(checker: Checker,
                                                assessed: dict[str, Assessment]) -> None:
    found = assessed["iron-deficiency"]
    record = checker._record(record_of(found), AS_OF)
    complete = record.complete(checker.library, read_scales(checker.library.stated),
                               read_intervals(checker.library.stated, checker.library.closed))
    ours = {tuple(map(term_text, t)) for t in triples_of(complete) - checker.library.closed}
    assert named(ours) == named(set(found.facts))


@pytest.mark.parametrize("body", [
    "{ ?x a ?y . FILTER NOT EXISTS { ?y a ?z . FILTER NOT EXISTS { ?z a ?x . } } }",
    "{ ?x a ?y . OPTIONAL { ?y a ?z . } }",
    "{ ?x a/a ?y . }",
    "{ ?x a ?y . FILTER(NOT EXISTS { ?y a ?x . }) }",
    "{ ?x a ?y . ",
    "{ ?x a ?y . } LIMIT 1",
    "{ ?x a 'y' . }",
    "{ ?x unknown:p ?y . }",
])
def test_a_rule_outside_the_form_is_not_read(tmp_path: Path, body: str) -> None:
    path = tmp_path / "r.rq"
    path.write_text(f"# layer: 1\nCONSTRUCT {{ ?x a ?y }}\nWHERE {body}")
    with pytest.raises(KnowledgeError):
        read_rule(path)


def test_a_rule_without_a_layer_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "r.rq"
    path.write_text("CONSTRUCT { ?x a ?y }\nWHERE { ?x a ?y . }")
    with pytest.raises(KnowledgeError):
        read_rule(path)
