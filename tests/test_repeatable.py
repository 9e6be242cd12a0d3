"""The same record gives the same bytes in every process, whatever order its sets come in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
QUESTIONS = [
    ["explain", "--json"],
    ["explain"],
    ["why", "{about}", "--json"],
    ["why", "{about}", "--justifications", "--json"],
    ["why", "{about}", "--rdf", "{out}"],
    ["arguments", "{about}", "--json"],
    ["arguments", "{about}", "--rdf", "{out}"],
    ["why-not", "RedCellTransfusion", "--json"],
    ["missing", "--json"],
    ["explain-pain", "--json"],
    ["export", "--fhir"],
    ["export", "--format", "json-ld"],
]
ANSWER = """
import hashlib, json, pathlib, sys, tempfile
from typer.testing import CliRunner
from reasoner.cli.main import app

for line in sys.stdin:
    out = pathlib.Path(tempfile.mkdtemp(), "answer.ttl")
    arguments = [str(out) if a == "{out}" else a for a in json.loads(line)]
    found = CliRunner().invoke(app, arguments)
    written = out.read_bytes() if out.exists() else b""
    told = found.output.replace(str(out), "").encode()
    print(found.exit_code, len(told), len(written), hashlib.sha256(told + written).hexdigest())
"""


def answers(name: str, seed: str) -> list[str]:
    """One line for each question: its exit code, how much it says, and a hash of every byte."""
    lines = [json.dumps([verb, "--example", name, "--as-of", "2026-11-01",
                         *(a.replace("{about}", "OralIron") for a in rest)])
             for verb, *rest in QUESTIONS]
    found = subprocess.run(
        [sys.executable, "-c", ANSWER], input="\n".join(lines), capture_output=True, text=True,
        check=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed})
    return found.stdout.splitlines()


@pytest.mark.parametrize("name", ["iron-deficiency", pytest.param("mixed", marks=pytest.mark.long)])
def test_answers_are_the_same_bytes_in_every_process(name: str) -> None:
    first, other = (answers(name, seed) for seed in ("1", "2"))
    assert [line.split()[0] for line in first] == ["0"] * len(QUESTIONS), first
    assert other == first
