"""The short text leaves nothing out that has to be acted on, and repeats no birth date."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reasoner.assessment import Assessment
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.explanation.glance import glance_text, told_text
from reasoner.explanation.report import report
from reasoner.explanation.text import explain_text
from reasoner.explanation.why import explain_why, find_conclusion
from reasoner.pipeline import assess

HERE = Path(__file__).parent
EXAMPLES = [f"examples/{name}.ttl" for name in (
    "chronic-disease", "hemolytic", "iron-deficiency", "mixed", "sickle-cell-crisis")]
CASES = [f"tests/golden/{name}/patient.ttl" for name in (
    "u01-nothing-on-record", "c01b-analgesic-beside-an-emergency", "t12-iron-stopped-early",
    "x12b-reaction-recorded-today", "s13c-times-that-cannot-be-ordered", "s14-deceased",
    "c01-no-plan-beside-an-emergency", "t12l-last-day-of-iron", "n08-known-blocker-asks-nothing")]


@pytest.fixture(params=[*EXAMPLES, *CASES])
def found(engine: Engine, request: pytest.FixtureRequest) -> Assessment:
    path = HERE.parent / request.param
    expected = path.with_name("expected.json")
    as_of = json.loads(expected.read_text())["asOf"] if expected.exists() else "2026-11-01"
    return assess(engine, path, as_of)


def test_what_has_to_be_acted_on_is_said(found: Assessment) -> None:
    data, said = report(found), " ".join(glance_text(found).split())
    wanted = [data["knowledge"]["notice"], *(i["label"] for i in data["disorders"])]
    for flag in data["redFlags"]:
        wanted += [flag["label"], *flag["actions"]]
    for entry in data["recommendations"]:
        if entry["outcome"] != "not-applicable" or entry["ongoing"]:
            wanted.append(entry["label"])
            wanted += [m["label"] for m in entry["missing"] if m["first"]]
        if entry["outcome"] in ("recommended", "consider"):
            wanted += [row["label"] for row in (*entry["because"][:1], *entry["against"])]
            wanted += [entry["because"][0]["id"]]
        if entry["outcome"] == "not-recommended" and entry["because"]:
            deferred = entry["reasons"] == ["deferred"]
            wanted += entry["waitsFor"] if deferred else [
                *(row["label"] for row in entry["against"]), *entry["alternatives"]]
    wanted += [p["label"] for p in (*data["pitfalls"], *data["deferredPitfalls"])]
    wanted += [day for row in data["monitoring"] if (day := row["dueFrom"])]
    wanted += [row["term"]["on"] for row in data["monitoring"] if row["term"]]
    assert [what for what in wanted if " ".join(what.split()) not in said] == []


def test_it_is_short(found: Assessment) -> None:
    short, long = (len(text.splitlines()) for text in (glance_text(found), explain_text(found)))
    assert short <= 110
    assert short < long


def test_the_birth_date_is_in_the_long_form_only(engine: Engine) -> None:
    found = assess(engine, HERE.parent / EXAMPLES[2], "2026-11-01")
    assert "birth date" not in glance_text(found)
    assert told_text(found, True, False) == explain_text(found)
    assert "birth date" in explain_text(found)


def test_one_line_for_what_nothing_on_record_points_to(engine: Engine) -> None:
    """Unknown is never normal: what cannot be told is said, with what it needs first."""
    found = assess(engine, HERE.parent / CASES[0], "2026-11-01")
    text = glance_text(found)
    assert "Cannot tell yet" not in text
    _, _, line = text.partition("Cannot tell, no result on record: ")
    told = " ".join(line.partition("\n\n")[0].split())
    assert "oral iron, celiac serology" in told
    assert "(needs hemoglobin; serum ferritin)" in told
    assert "haptoglobin" not in told
    open_ones = [e["label"] for e in report(found)["recommendations"]
                 if e["outcome"] == "cannot-tell"]
    assert open_ones
    assert all(label in told for label in open_ones)


def test_why_begins_with_what_decides(engine: Engine) -> None:
    found = assess(engine, HERE.parent / EXAMPLES[2], "2026-11-01")
    lines = explain_why(found, find_conclusion(found, "OralIron")).splitlines()
    assert lines[0] == "Why: oral iron is recommended"
    assert "oral iron comes first in iron deficiency anemia (G501, C061)" in lines[1]
    assert "patient who qualifies for oral iron (C061)" in lines[2]
    assert lines[3] == ("  from hemoglobin, 9.8 g/dL, on 2026-10-20; "
                        "serum ferritin, 8 ug/L, on 2026-10-20")


def test_why_something_waits_names_the_flag(engine: Engine) -> None:
    found = assess(engine, HERE.parent / EXAMPLES[4], "2026-11-01")
    lines = explain_why(found, find_conclusion(found, "Acupuncture")).splitlines()
    assert "vaso-occlusive crisis" in lines[1]
    assert "red flag" in lines[1]


@pytest.mark.parametrize("label", ["microcytosis", "heavy menstrual bleeding", "vitamin B12",
                                   "the hemoglobin is followed", "folic acid", "heart failure"])
def test_the_short_answer_tells_how_to_ask_on_and_the_command_answers(label: str) -> None:
    """The line names the patient as they were named; words of a line stand in the last place."""
    named = ["--example", "iron-deficiency", "--as-of", "2026-11-01"]
    said = CliRunner().invoke(app, ["explain", *named]).stdout
    (line,) = (line for line in said.splitlines() if line.startswith("Why any of this: "))
    command = shlex.split(line.removeprefix("Why any of this: ").split(";")[0])
    assert command == ["marrow", "why", *named, "its words"]
    assert CliRunner().invoke(app, [*command[1:-1], label]).exit_code == 0
