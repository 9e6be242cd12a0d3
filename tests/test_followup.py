"""What is due reads as a nurse plans by it: when, what, counted from what, by whose advice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reasoner import load_knowledge
from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.explanation.report import report
from reasoner.explanation.text import explain_text
from reasoner.explanation.why import explain_why, find_conclusion, why_data
from reasoner.pipeline import assess

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = Path(__file__).parent.parent / "reasoner" / "explanation" / "report.schema.json"
DATED = ("c100-rise-of-10", "g1206-day-27", "t11i-day-29", "t11k-start-unknown",
         "t12-iron-stopped-early", "t12l-last-day-of-iron", "t12m-iron-may-end")


def assessed(engine: Engine, case: str) -> Assessment:
    as_of = json.loads((GOLDEN / case / "expected.json").read_text("utf-8"))["asOf"]
    return assess(engine, GOLDEN / case / "patient.ttl", as_of)


def lines(engine: Engine, case: str) -> list[str]:
    return [" ".join(line.split()) for line in explain_text(assessed(engine, case)).splitlines()]


@pytest.mark.parametrize("case", DATED)
def test_dates_keep_to_the_published_schema(engine: Engine, case: str) -> None:
    data = json.loads(json.dumps(report(assessed(engine, case))))
    validator = Draft202012Validator(json.loads(SCHEMA.read_text()),
                                     format_checker=Draft202012Validator.FORMAT_CHECKER)
    validator.validate(data)
    rows = data["monitoring"]
    assert all({"state", "dueFrom", "dueUntil", "windows", "term"} <= row.keys() for row in rows)
    assert all(row["proof"] for row in rows)


def test_what_is_overdue_stands_first(engine: Engine) -> None:
    """Start on 1 October, as of day 29: first check missed, response open, next in January."""
    states = [(row["name"], row["state"])
              for row in report(assessed(engine, "t11i-day-29"))["monitoring"] if row["windows"]]
    assert states == [("G1202", "overdue"), ("G504-response", "due"),
                      ("G1205-on-iron", "to-come")]
    text = lines(engine, "t11i-day-29")
    at = text.index("Monitoring")
    assert text[at + 1 : at + 4] == [
        "OVERDUE 2026-10-15 to 2026-10-29 hemoglobin <G1202>",
        "due now since 2026-10-15 hemoglobin <G504-response>",
        "due 2027-01-01 hemoglobin <G1205-on-iron>",
    ]
    assert "counted from medication record: oral iron, active, taken, since 2026-10-01" in text


def test_sources_that_disagree_are_both_shown(engine: Engine) -> None:
    rows = {r["name"]: r for r in report(assessed(engine, "t12l-last-day-of-iron"))["monitoring"]}
    assert [d["id"] for d in rows["G1203"]["disagreesWith"]] == ["G1204"]
    assert [d["id"] for d in rows["G1204"]["disagreesWith"]] == ["G1203"]
    assert rows["G1203"]["chosenBy"] == ["G1205"]
    assert rows["G1204"]["chosenBy"] == []
    text = "\n".join(lines(engine, "t12l-last-day-of-iron"))
    assert text.count("SOURCES DISAGREE: ") == 2
    assert "followed here by G1205; a site may choose the other" in text
    assert "not the one followed here; a site may choose it" in text


def test_the_end_of_iron_is_shown_where_iron_is(engine: Engine) -> None:
    text = lines(engine, "t12l-last-day-of-iron")
    until = ("goes on until 2026-06-01 (three calendar months after the correction), counted "
             "from observation: hemoglobin, 124 g/L, on 2026-03-01 <{}@2026-06-01>")
    assert {until.format("G511"), until.format("G1211")} <= {*text}  # with what goes on, and due
    stopped = lines(engine, "t12-iron-stopped-early")
    assert until.replace("goes", "should have gone").format("G513") in stopped
    over = lines(engine, "t12m-iron-may-end")
    assert until.replace("goes on until", "may end since").format("G1211") in over


def test_an_unverified_row_only_says_not_before(engine: Engine) -> None:
    text = lines(engine, "g1206-day-27")
    assert "not before 2026-11-02 to 2026-11-30 serum ferritin <G1206-ferritin>" in text
    assert not any(line.startswith(("OVERDUE", "due")) for line in text)


def test_a_date_that_cannot_be_told_is_no_date(engine: Engine) -> None:
    text = lines(engine, "t11k-start-unknown")
    assert "no date yet: it counts from the start of the treatment; the record has none that " \
           "can be used" in text


def test_two_results_of_one_day_give_each_date_once(engine: Engine) -> None:
    rows = {r["name"]: r
            for r in report(assessed(engine, "t12w-two-results-of-one-day"))["monitoring"]}
    assert [w["from"] for w in rows["G1203"]["windows"]] == [
        "2026-06-01", "2026-09-01", "2026-12-01", "2027-03-01"]


@pytest.mark.parametrize(("case", "row", "relation", "record"), [
    ("t11i-day-29", "G1202", "hasMissedWindow",
     "medication record: oral iron, active, taken, since 2026-10-01"),
    ("t12l-last-day-of-iron", "G1203", "hasWindowAhead",
     "observation: hemoglobin, 124 g/L, on 2026-03-01"),
    ("t12l-last-day-of-iron", "G1211", "goesOnUntil",
     "observation: hemoglobin, 124 g/L, on 2026-03-01"),
    ("t12m-iron-may-end", "G1211", "mayEndSince",
     "observation: hemoglobin, 124 g/L, on 2026-03-01"),
    ("c100-rise-of-10", "G1201-pain", "hasOpenWindow",
     "observation: hemoglobin, 100 g/L, on 2026-10-20"),
    ("t12-iron-stopped-early", "G513", "goesOnUntil",
     "observation: hemoglobin, 124 g/L, on 2026-03-01"),
])
def test_why_a_row_tells_its_date_and_record(engine: Engine, case: str, row: str, relation: str,
                                             record: str) -> None:
    found = assessed(engine, case)
    fact = find_conclusion(found, row)
    assert fact[1].endswith(f"/{relation}>")
    data = why_data(found, fact)
    assert any(record in step["records"] for step in data["steps"])
    assert record in explain_why(found, fact)


def test_why_a_row_without_a_date_still_answers(engine: Engine) -> None:
    found = assessed(engine, "t11i-day-29")
    assert find_conclusion(found, "G1201-hemoglobin")[1].endswith("/meets>")


def test_a_result_taken_too_early_is_told_where_it_misleads(engine: Engine) -> None:
    early = {r["name"]: r["tooEarly"]
             for r in report(assessed(engine, "g1206-ferritin-too-early"))["monitoring"]}
    assert early["G1206-ferritin"] == ["observation: serum ferritin, 400 ug/L, on 2026-11-01"]
    assert early["G1206-hemoglobin"] == []
    assert "taken too early, it may mislead: observation: serum ferritin, 400 ug/L, on " \
           "2026-11-01" in lines(engine, "g1206-ferritin-too-early")
    in_time = {r["name"]: r["tooEarly"]
               for r in report(assessed(engine, "g1206-ferritin-in-time"))["monitoring"]}
    assert in_time["G1206-ferritin"] == []


def test_what_is_done_takes_one_line_and_names_the_first_result(engine: Engine) -> None:
    text = lines(engine, "t12m-iron-may-end")
    at = text.index("the first hemoglobin on oral iron is checked in two to four weeks <G1202>")
    assert text[at + 1] == ("done: hemoglobin, was due from 2025-12-16 to 2025-12-30, by "
                            "observation: hemoglobin, 124 g/L, on 2026-03-01")
    assert text[at + 2].endswith(">") or text[at + 2] == ""


def test_iron_that_may_end_is_not_told_to_go_on(engine: Engine) -> None:
    text = lines(engine, "t12m-iron-may-end")
    assert not any(line.startswith("Continue iron") for line in text)
    assert any(line.startswith("Continue iron") for line in lines(engine, "t12l-last-day-of-iron"))


@pytest.mark.long  # each site compiles the knowledge anew; what a site follows is told in test_site
def test_a_site_that_follows_one_source_is_shown_that_one(engine: Engine) -> None:
    site = b"""@prefix dcterms: <http://purl.org/dc/terms/> .
    @prefix marrow: <https://w3id.org/marrow/> .
    [] a marrow:SiteChoice ; dcterms:source "Board, 2 May 2026" ; marrow:follows marrow:G1204 ."""
    chosen = load_knowledge(site=site)
    rows = {r["name"]: r for r in report(assessed(chosen, "t12l-last-day-of-iron"))["monitoring"]}
    assert "G1203" not in rows
    assert rows["G1204"]["dueFrom"] == "2026-09-01"
    assert rows["G1204"]["disagreesWith"] == []
    assert rows["G1204"]["siteFollows"] == [
        {"source": "Board, 2 May 2026", "setsAside": ["G1203-later", "G1203"]}]
    assert "this site follows it in place of G1203-later, G1203: Board, 2 May 2026" in lines(
        chosen, "t12l-last-day-of-iron")
