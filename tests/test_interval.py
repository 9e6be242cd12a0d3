"""Calendar months and windows, by hand; and the gate and the proof checker count alike."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.explanation.followup import STATES, TERMS
from reasoner.interval import add_months, read_intervals
from reasoner.knowledge import find_root
from reasoner.namespaces import GATE, marrow
from reasoner.pipeline import assess
from reasoner.proofcheck import Checker, read_library
from reasoner.proofcheck.windows import _month_later, count_record
from reasoner.proofcheck.windows import read_intervals as read_again
from reasoner.store import ox_term, write_trig

GOLDEN = Path(__file__).parent / "golden"
DATED = ("c100-rise-of-10", "g1206-day-27", "g1207-leap-day", "t11i-day-29", "t11j-leap-day",
         "t12-iron-stopped-early", "t12h-before-the-leap-day", "t12l-last-day-of-iron",
         "t12m-iron-may-end", "t12s-prescribed-anew")
PROVED = ("g1206-day-27", "t11j-leap-day", "t12m-iron-may-end")
"""Those whose proofs are checked by default, one of each sort of interval; the others take long."""


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(read_library(find_root()))


def assessed(engine: Engine, case: str) -> Assessment:
    as_of = json.loads((GOLDEN / case / "expected.json").read_text("utf-8"))["asOf"]
    return assess(engine, GOLDEN / case / "patient.ttl", as_of)


@pytest.mark.parametrize(("day", "months", "later"), [
    ("2026-03-01", 3, "2026-06-01"),
    ("2025-11-30", 3, "2026-02-28"),
    ("2027-11-30", 3, "2028-02-29"),
    ("2025-11-28", 3, "2026-02-28"),
    ("2025-12-31", 2, "2026-02-28"),
    ("2026-03-31", 3, "2026-06-30"),
    ("2026-01-31", 1, "2026-02-28"),
    ("2028-01-31", 1, "2028-02-29"),
    ("2028-02-29", 12, "2029-02-28"),
    ("2028-02-29", 48, "2032-02-29"),
    ("2026-10-31", 14, "2027-12-31"),
    ("2026-12-15", 0, "2026-12-15"),
    ("1999-12-31", 2, "2000-02-29"),
    ("1899-12-31", 2, "1900-02-28"),
])
def test_calendar_months_by_hand(day: str, months: int, later: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(later)


def test_gate_and_checker_count_months_alike() -> None:
    """Every day of the five years around a leap year, up to three years on."""
    first = date(2026, 1, 1)
    for number in range(5 * 366):
        day = first + timedelta(days=number)
        for months in (0, 1, 2, 3, 6, 11, 12, 24, 36):
            assert add_months(day, months) == _month_later(day, months)


def test_months_never_go_back() -> None:
    """A later day is never due before an earlier one."""
    days = [date(2027, 10, 1) + timedelta(days=n) for n in range(800)]
    for months in (1, 3, 6):
        later = [add_months(day, months) for day in days]
        assert later == sorted(later)


def test_every_interval_can_be_counted(engine: Engine) -> None:
    graph = engine.graph
    counted = {i.name for some in read_intervals(graph).values() for i in some}
    assert counted == set(graph.subjects("<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>",
                                         marrow("Interval")))
    for intervals in read_intervals(graph).values():
        for interval in intervals:
            for _, opens, closes in interval.windows(date(2028, 2, 29)):
                assert closes is None or opens <= closes


@pytest.mark.parametrize("case", DATED)
def test_gate_and_checker_give_the_same_windows(engine: Engine, checker: Checker,
                                                case: str) -> None:
    found = assessed(engine, case)
    ours = {(ox_term(s), ox_term(p), ox_term(o))
            for (s, p, o), origin in found.patient.origins.items()
            if origin.step == f"<{GATE}window>"}
    record = [(ox_term(s), ox_term(p), ox_term(o)) for s, p, o in found.derivations.given]
    again = read_again(checker.library.stated, checker.library.closed)
    assert ours
    assert ours == {n.conclusion for n in count_record(record, again, found.patient.as_of)}


@pytest.mark.parametrize("case", [
    case if case in PROVED else pytest.param(case, marks=pytest.mark.long) for case in DATED])
def test_every_due_date_is_proved_down_to_a_dated_record(engine: Engine, checker: Checker,
                                                         case: str, tmp_path: Path) -> None:
    found = assessed(engine, case)
    record = [(ox_term(s), ox_term(p), ox_term(o)) for s, p, o in found.derivations.given]
    facts = [found.fact(p, w) for p in (*STATES, *TERMS) for w in found.related(p)]
    assert facts
    for fact in facts:
        path = tmp_path / "proof.trig"
        write_trig(found, fact, path)
        verdict = checker.check(path.read_bytes(), ".trig", "proof", patient=record)
        assert verdict.holds, verdict.text()
        proof = found.prove(fact)
        assert proof is not None
        dates = {(s, p) for s, p, _ in proof.leaves if proof.leaves[s, p, _] == "record"}
        counted = next(o for s, p, o in found.patient.origins
                       if s == fact[2] and p == marrow("countedFrom"))
        assert {(counted, marrow("date")), (counted, marrow("start"))} & dates


@pytest.mark.parametrize(("written", "altered"), [
    ('"2026-06-01"', '"2026-06-02"'),
    ('"2026-03-01"', '"2026-03-02"'),
    ('monthsAfter', 'afterDays'),
    ('FirstRecoveredResult', 'LastResult'),
])
def test_an_altered_date_interval_or_clock_is_refused(engine: Engine, checker: Checker,
                                                      tmp_path: Path, written: str,
                                                      altered: str) -> None:
    found = assessed(engine, "t12l-last-day-of-iron")
    (window,) = found.related("goesOnUntil")
    path = tmp_path / "proof.trig"
    write_trig(found, found.fact("goesOnUntil", window), path)
    text = path.read_text()
    assert checker.check(text.encode(), ".trig", "proof").holds
    assert written in text
    verdict = checker.check(text.replace(written, altered).encode(), ".trig", "proof")
    assert not verdict.holds


def test_a_site_that_changes_an_interval_changes_the_window(engine: Engine) -> None:
    """Intervals are data: nothing but the ontology says two to four weeks."""
    from dataclasses import replace

    from reasoner.gate import gate_patient
    from reasoner.knowledge import Graph
    from reasoner.patient import read_patient_graph

    name = marrow("FirstCheckOnOralIron")
    changed = frozenset(
        (s, p, o.replace('"14"', '"21"')) if s == name and p == marrow("afterDays") else (s, p, o)
        for s, p, o in engine.graph.triples)
    graph = replace(engine.graph, triples=changed)
    assert isinstance(graph, Graph)
    path = GOLDEN / "t11g-day-27" / "patient.ttl"
    patient = read_patient_graph(path.read_bytes(), ".ttl", "p", engine.vocabulary)
    gated = gate_patient(patient, graph, date(2026, 10, 28))
    windows = {s for s, p, o in gated.facts if p == marrow("ofInterval") and o == name}
    assert {o[1:11] for s, p, o in gated.facts
            if s in windows and p == marrow("opensOn")} == {"2026-10-22"}


def test_a_window_in_a_patient_graph_is_refused(engine: Engine) -> None:
    from reasoner.errors import InputRefused
    from reasoner.patient import read_patient_graph

    text = ("@prefix marrow: <https://w3id.org/marrow/> . <urn:p> a marrow:Patient ; "
            "marrow:hasWindow <urn:w> . <urn:w> marrow:opensInDays 3 .")
    with pytest.raises(InputRefused):
        read_patient_graph(text.encode(), ".ttl", "p", engine.vocabulary)


def test_a_proof_at_the_end_of_time_is_refused_and_no_crash(engine: Engine, checker: Checker,
                                                            tmp_path: Path) -> None:
    found = assessed(engine, "t12l-last-day-of-iron")
    (window,) = found.related("goesOnUntil")
    path = tmp_path / "proof.trig"
    write_trig(found, found.fact("goesOnUntil", window), path)
    text = path.read_text().replace('"2026-05-31"', '"9999-12-31"')
    text = text.replace('"2026-03-01"', '"9999-12-01"')
    assert not checker.check(text.encode(), ".trig", "proof").holds
