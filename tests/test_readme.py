"""The README's commands run, and its result is what comes out."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from documented import assert_shown, fenced, run

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = fenced(README, "sh")


def test_there_are_two_commands() -> None:
    run, test = (c.strip() for c in COMMANDS)
    assert run.endswith("marrow explain --example iron-deficiency --as-of 2026-11-01")
    assert test.endswith("pytest -n 2")


def test_the_result_is_what_comes_out() -> None:
    shown = re.search(r"What it answers.*?```\n(.*?)```", README, re.DOTALL)
    assert shown
    assert_shown(shown[1], run(COMMANDS[0].rsplit("&&", 1)[1].strip().removeprefix(".venv/bin/")))


@pytest.mark.long
def test_the_first_command_works_as_it_stands(tmp_path: Path) -> None:
    """Long: makes a virtual environment and installs from the package index."""
    subprocess.run(["git", "clone", "-q", str(ROOT), str(tmp_path / "marrow")], check=True)
    found = subprocess.run(COMMANDS[0], shell=True, check=True, capture_output=True, text=True,
                           cwd=tmp_path / "marrow")
    assert "oral iron  <OralIron>" in found.stdout


def test_every_link_in_the_readme_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
