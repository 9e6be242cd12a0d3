"""Golden cases: a folder each, a patient in and what a clinician expects out.

Adding a case is adding a folder with ``patient.ttl`` and ``expected.json``; expectations come
from the article, the guidelines and their corrections, and never from our own output.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from expectations import check
from reasoner.engine import Engine
from reasoner.pipeline import assess

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("case", sorted(p.name for p in GOLDEN.iterdir() if p.is_dir()))
def test_case(engine: Engine, case: str) -> None:
    expected = json.loads((GOLDEN / case / "expected.json").read_text("utf-8"))
    check(assess(engine, GOLDEN / case / "patient.ttl", date.fromisoformat(expected["asOf"])),
          expected)


def test_every_unlisted_patient_fails_loudly(engine: Engine) -> None:
    """A case without its two files would be a case that tests nothing."""
    for folder in GOLDEN.iterdir():
        assert {p.name for p in folder.iterdir()} == {"patient.ttl", "expected.json"}
