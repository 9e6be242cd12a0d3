"""Golden cases: a folder each, a patient in and what a clinician expects out.

Adding a case is adding a folder with ``patient.ttl`` and ``expected.json``; expectations come
from the article, the guidelines and their corrections, and never from our own output.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from reasoner.engine import Engine
from reasoner.explanation.report import report
from reasoner.pipeline import assess

GOLDEN = Path(__file__).parent / "golden"
KEYS = {
    "because", "asOf", "has", "hasNot", "redFlags", "noRedFlags", "outcomes", "reasons", "missing",
    "ongoing", "pitfalls", "noPitfalls", "issues", "noIssues", "against", "mechanisms",
    "mechanismsNot", "monitoring", "noMonitoring", "notAgainst", "until",
}


def names(items: list[dict[str, str]]) -> set[str]:
    return {item["name"] for item in items}


@pytest.mark.parametrize("case", sorted(p.name for p in GOLDEN.iterdir() if p.is_dir()))
def test_case(engine: Engine, case: str) -> None:
    expected = json.loads((GOLDEN / case / "expected.json").read_text("utf-8"))
    assert expected.keys() <= KEYS
    assert len(expected.keys()) > 2, "a case that expects nothing cannot fail"
    found = report(assess(engine, GOLDEN / case / "patient.ttl",
                          date.fromisoformat(expected["asOf"])))
    has = names(found["findings"]) | names(found["disorders"])
    assert set(expected.get("has", [])) <= has
    assert has.isdisjoint(expected.get("hasNot", []))
    flags = names(found["redFlags"])
    assert set(expected.get("redFlags", [])) <= flags
    assert flags.isdisjoint(expected.get("noRedFlags", []))
    pitfalls = names(found["pitfalls"])
    assert set(expected.get("pitfalls", [])) <= pitfalls
    assert pitfalls.isdisjoint(expected.get("noPitfalls", []))
    mechanisms = names(found["mechanisms"])
    assert set(expected.get("mechanisms", [])) <= mechanisms
    assert mechanisms.isdisjoint(expected.get("mechanismsNot", []))
    by_name = {r["intervention"]: r for r in found["recommendations"]}
    outcomes = expected.get("outcomes", {})
    assert {name: by_name[name]["outcome"] for name in outcomes} == outcomes
    reasons = expected.get("reasons", {})
    assert {name: by_name[name]["reason"] for name in reasons} == reasons
    for name, wanted in expected.get("missing", {}).items():
        assert set(wanted) <= {item["name"] for item in by_name[name]["missing"]}
    for name, wanted in expected.get("against", {}).items():
        assert set(wanted) <= {item["id"] for item in by_name[name]["against"]}
    for name, wanted in expected.get("notAgainst", {}).items():
        assert set(wanted).isdisjoint(item["id"] for item in by_name[name]["against"])
    for name in expected.get("ongoing", []):
        assert by_name[name]["ongoing"]
    rows = {row["name"]: row for row in found["monitoring"]}
    for name, due in expected.get("monitoring", {}).items():
        assert {key: rows[name][key] for key in due} == due, name
    assert set(rows).isdisjoint(expected.get("noMonitoring", []))
    terms = {item["name"]: item["term"]["on"]
             for item in (*found["pitfalls"], *found["monitoring"]) if item["term"]}
    assert expected.get("until", {}).items() <= terms.items()
    codes = " ".join(issue["code"] for issue in found["issues"])
    for word in expected.get("issues", []):
        assert word in codes
    for word in expected.get("noIssues", []):
        assert word not in codes


def test_every_unlisted_patient_fails_loudly(engine: Engine) -> None:
    """A case without its two files would be a case that tests nothing."""
    for folder in GOLDEN.iterdir():
        assert {p.name for p in folder.iterdir()} == {"patient.ttl", "expected.json"}
