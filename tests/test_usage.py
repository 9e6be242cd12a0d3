"""A command line that cannot be read: one line says what is wrong and what to write instead."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from reasoner.cli.main import app

RUNNER = CliRunner()


@pytest.mark.parametrize(("arguments", "wrong", "instead"), [
    (["explian", "--example", "mixed"], "no verb 'explian'", "did you mean explain"),
    (["qqqq"], "no verb 'qqqq'", "take one of explain, why, "),
    ([""], "no verb ''", "take one of explain, why, "),
    (["explain", "--exmple", "mixed"], "no option '--exmple'", "did you mean --example?"),
    (["explain", "-x"], "no option '-x'", "marrow explain --help lists those there are"),
    (["explain", "--hlep"], "no option '--hlep'", "did you mean --help?"),
    (["explain", "--help=3"], "'--help' does not take a value", "write marrow explain [OPTIONS]"),
    (["--versoin"], "no option '--versoin'", "did you mean --version?"),
    (["explain", "--example"], "--example requires a value", "write --example NAME: A shipped"),
    (["explain", "--json=3"], "--json takes no value", "write --json: Answer as JSON"),
    (["why", "--example", "mixed"], "[PATIENT] CONCLUSION is missing", "A patient file"),
    (["release"], "FOLDER is missing", "write marrow release [OPTIONS] FOLDER"),
    (["diff", "shipped"], "NEW is missing", "write marrow diff [OPTIONS] OLD NEW [PATIENTS]"),
    (["graph", "extra"], "(extra)", "write marrow graph [OPTIONS]"),
    (["why", "--example", "mixed", "OralIron", "--most", "0"], "--most", "--most 1..1000: With"),
    (["why", "--example", "mixed", "OralIron", "--most", "x"], "--most", "--most 1..1000: With"),
    (["explain", "--example", "mixed", "--audience", "pateint"], "'pateint' is no audience",
     "patient"),
])
def test_a_line_that_cannot_be_read_gets_one_line(arguments: list[str], wrong: str,
                                                  instead: str) -> None:
    found = RUNNER.invoke(app, arguments, prog_name="marrow")
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.startswith("marrow: ")
    assert found.stderr.count("\n") == 1
    assert wrong in found.stderr
    assert instead in found.stderr.partition("; ")[2]


def test_what_was_typed_is_shown_shortened_and_without_control_marks() -> None:
    found = RUNNER.invoke(app, ["explain", "--\x1b[31m\u202e\n" + "x" * 5_000])
    assert found.exit_code == 2
    assert found.stderr.count("\n") == 1
    assert len(found.stderr) < 200
    assert "\x1b" not in found.stderr
    assert "\u202e" not in found.stderr


def test_nothing_typed_shows_the_help() -> None:
    found = RUNNER.invoke(app, [])
    assert "Commands:" in found.output
