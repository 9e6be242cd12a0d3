"""The pages of docs/ show what comes out, and every form of question has its example."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from documented import ROOT, assert_shown, fenced, run

PAGES = sorted((ROOT / "docs").glob("*.md"))
EXAMPLES = [(page.name, block) for page in PAGES
            for block in fenced(page.read_text("utf-8"), "console")]
FORMS = ("why", "why-not", "what-if", "contrast", "missing", "explain-pain", "evidence", "query")


@pytest.mark.parametrize(("page", "block"), EXAMPLES)
def test_a_page_shows_what_comes_out(page: str, block: str) -> None:
    command, _, shown = block.partition("\n")
    assert command.startswith("$ ")
    assert shown.strip()
    assert_shown(shown, run(command.removeprefix("$ ")))


def test_every_form_of_question_has_its_example() -> None:
    text = (ROOT / "docs" / "asking.md").read_text("utf-8")
    assert set(re.findall(r"the same as: marrow ([a-z-]+)", text)) >= set(FORMS)


def test_a_line_that_does_not_come_out_is_found() -> None:
    with pytest.raises(AssertionError, match="three"):
        assert_shown("one\n...\nthree\n", ["one", "two"])
    with pytest.raises(AssertionError, match="one"):
        assert_shown("two\none\n", ["one", "two"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


ANSWERS = re.findall(r"^\| `([^`]+)` \| (.+) \|$", (ROOT / "docs/json.md").read_text("utf-8"),
                     re.MULTILINE)
WITHOUT_A_PATIENT = ("graph", "check", "ask --list")


@pytest.mark.parametrize(("command", "members"), ANSWERS)
def test_an_answer_for_programs_has_the_members_that_are_told(command: str, members: str) -> None:
    about = "" if command.startswith(WITHOUT_A_PATIENT) \
        else "--example iron-deficiency --as-of 2026-11-01"
    found = json.loads("\n".join(run(f"marrow {command} {about} --json")))
    told = re.findall(r"`(\w+)`", members)
    assert isinstance(found, list) == members.startswith("a list of ")
    for entry in found if isinstance(found, list) else [found]:
        assert list(entry) == told
