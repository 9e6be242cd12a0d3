"""Ages, days and amounts are computed before the rules, and what cannot be used is named."""

from __future__ import annotations

from datetime import date

import pytest

from reasoner.engine import Engine
from reasoner.errors import LimitReached
from reasoner.gate import MAX_AT_ONE_TIME, GatedPatient, gate_patient
from reasoner.namespaces import TYPE, marrow
from reasoner.patient import read_patient_graph
from reasoner.quantity import text_of
from test_engine import PREFIXES


def gated(engine: Engine, body: str, as_of: str = "2026-11-01") -> GatedPatient:
    graph = read_patient_graph((PREFIXES + body).encode(), ".ttl", "t", engine.vocabulary)
    return gate_patient(graph, engine.graph, date.fromisoformat(as_of))


def value(patient: GatedPatient, node: str, predicate: str) -> str | None:
    found = [o for s, p, o in patient.facts if s == node and p == marrow(predicate)]
    assert len(found) < 2
    return text_of(found[0]) if found else None


@pytest.mark.parametrize(
    ("born", "as_of", "age"),
    [("2008-11-01", "2026-11-01", "18"), ("2008-11-02", "2026-11-01", "17"),
     ("2008-02-29", "2026-02-28", "17"), ("2008-02-29", "2026-03-01", "18")],
)
def test_age_is_completed_years(small: Engine, born: str, as_of: str, age: str) -> None:
    body = f'<urn:p> a marrow:Patient ; marrow:birthDate "{born}"^^xsd:date .'
    assert value(gated(small, body, as_of), "<urn:p>", "ageInYears") == age


OBSERVATION = """<urn:p> a marrow:Patient ; marrow:hasObservation <urn:o> .
<urn:o> a marrow:Observation ; marrow:kind marrow:Hemoglobin ; marrow:status "final" ; """


def test_days_and_amount_in_the_canonical_unit(small: Engine) -> None:
    found = gated(small, OBSERVATION + 'marrow:value 7.00 ; marrow:unit "g/dL" ; '
                  'marrow:date "2026-10-22T23:30:00-05:00"^^xsd:dateTime .')
    assert value(found, "<urn:o>", "daysAgo") == "10"
    assert value(found, "<urn:o>", "amount") == "70"
    assert found.issues == ()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('marrow:value 7.0 ; marrow:date "2026-10-22"^^xsd:date', "no-unit"),
        ('marrow:value 7.0 ; marrow:unit "mmHg" ; marrow:date "2026-10-22"^^xsd:date',
         "unit-not-understood"),
        ('marrow:value 7000 ; marrow:unit "g/dL" ; marrow:date "2026-10-22"^^xsd:date',
         "not-plausible"),
        ('marrow:value 7.0e0 ; marrow:unit "g/dL" ; marrow:date "2026-10-22"^^xsd:date',
         "not-a-decimal"),
        ('marrow:value 7.0 ; marrow:unit "g/dL" ; marrow:date "2026-13-22"^^xsd:date',
         "not-a-date"),
        ('marrow:value 7.0 ; marrow:unit "g/dL" ; marrow:date "2026-11-02"^^xsd:date',
         "after-the-as-of-date"),
    ],
)
def test_what_cannot_be_used_is_an_issue_and_no_fact(small: Engine, said: str, code: str) -> None:
    found = gated(small, OBSERVATION + said + " .")
    assert [i.code for i in found.issues] == [code]
    usable = value(found, "<urn:o>", "amount") and value(found, "<urn:o>", "daysAgo")
    assert not usable


def test_a_record_after_the_as_of_date_is_left_out_whole(small: Engine) -> None:
    found = gated(small, OBSERVATION + 'marrow:value 7.0 ; marrow:unit "g/dL" ; '
                  'marrow:date "2026-11-02"^^xsd:date .')
    assert not any("<urn:o>" in fact for fact in found.facts)


def many(number: int) -> str:
    results = "".join(
        f'<urn:p> marrow:hasObservation <urn:o{n}> . <urn:o{n}> a marrow:Observation ; marrow:kind '
        f'marrow:Hemoglobin ; marrow:value {n} ; marrow:unit "g/L" ; marrow:status "final" ; '
        'marrow:date "2026-10-20"^^xsd:date . ' for n in range(number))
    return "<urn:p> a marrow:Patient . " + results


def test_results_that_nothing_puts_in_order_are_bounded(small: Engine) -> None:
    assert gated(small, many(MAX_AT_ONE_TIME)).facts
    with pytest.raises(LimitReached, match="101 results are dated 2026-10-20"):
        gated(small, many(MAX_AT_ONE_TIME + 1))


@pytest.mark.parametrize(("said", "days"), [
    ('marrow:deceasedDate "2026-10-31"^^xsd:date', "1"),
    ('marrow:deceasedDate "2026-10-31T23:00:00Z"^^xsd:dateTime', "1"),
    ('marrow:deceasedDate "2026-11-02"^^xsd:date', None),
    ('marrow:deceasedDate "31 October"', None),
])
def test_how_long_ago_the_patient_died(small: Engine, said: str, days: str | None) -> None:
    found = gated(small, f"<urn:p> a marrow:Patient ; {said} .")
    assert value(found, "<urn:p>", "diedDaysAgo") == days


def test_a_death_ahead_is_not_said(small: Engine) -> None:
    found = gated(small, '<urn:p> a marrow:Patient ; marrow:deceased true ; '
                         'marrow:deceasedDate "2026-11-02"^^xsd:date .')
    assert [i.code for i in found.issues] == ["died-after-the-as-of-date"]
    assert {p for s, p, o in found.facts} == {TYPE}
