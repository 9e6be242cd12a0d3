"""What a golden case says of its patient, held against an assessment."""

from __future__ import annotations

from typing import Any

from reasoner.assessment import Assessment
from reasoner.explanation.report import report
from reasoner.namespaces import TYPE, marrow

KEYS = {
    "because", "asOf", "has", "hasNot", "redFlags", "noRedFlags", "outcomes", "reasons", "missing",
    "ongoing", "pitfalls", "noPitfalls", "issues", "noIssues", "against", "mechanisms",
    "mechanismsNot", "monitoring", "noMonitoring", "notAgainst", "until", "deferredPitfalls",
    "rowsFor", "notRowsFor", "missingOnly", "missingFirst", "suspectedOf", "notSuspectedOf",
}


def names(items: list[dict[str, str]]) -> set[str]:
    return {item["name"] for item in items}


def check(assessment: Assessment, expected: dict[str, Any]) -> None:
    """Assert that a patient is assessed as expected."""
    assert expected.keys() <= KEYS
    assert len(expected.keys()) > 2, "a case that expects nothing cannot fail"
    found = report(assessment)
    has = names(found["findings"]) | names(found["disorders"])
    assert set(expected.get("has", [])) <= has
    assert has.isdisjoint(expected.get("hasNot", []))
    suspected = set(assessment.related("suspectedOf"))
    assert set(map(marrow, expected.get("suspectedOf", []))) <= suspected
    assert suspected.isdisjoint(map(marrow, expected.get("notSuspectedOf", [])))
    flags = names(found["redFlags"])
    assert set(expected.get("redFlags", [])) <= flags
    assert flags.isdisjoint(expected.get("noRedFlags", []))
    pitfalls = names(found["pitfalls"])
    assert set(expected.get("pitfalls", [])) <= pitfalls
    assert pitfalls.isdisjoint(expected.get("noPitfalls", []))
    assert set(expected.get("deferredPitfalls", [])) <= names(found["deferredPitfalls"])
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
    for name, wanted in expected.get("missingOnly", {}).items():
        assert set(wanted) == {item["name"] for item in by_name[name]["missing"]}
    for name, wanted in expected.get("missingFirst", {}).items():
        assert set(wanted) == {m["name"] for m in by_name[name]["missing"] if m["first"]}
    for name, wanted in expected.get("against", {}).items():
        assert set(wanted) <= {item["id"] for item in by_name[name]["against"]}
    for name, wanted in expected.get("notAgainst", {}).items():
        assert assessment.graph.objects(marrow(name), TYPE), f"nothing is called {name}"
        told = by_name.get(name, {"against": []})
        assert set(wanted).isdisjoint(item["id"] for item in told["against"])
    for name, wanted in expected.get("rowsFor", {}).items():
        assert set(wanted) <= {item["id"] for item in by_name[name]["because"]}
    for name, wanted in expected.get("notRowsFor", {}).items():
        assert set(wanted).isdisjoint(item["id"] for item in by_name[name]["because"])
    for name in expected.get("ongoing", []):
        assert by_name[name]["ongoing"]
    rows = {row["name"]: row for row in found["monitoring"]}
    for name, due in expected.get("monitoring", {}).items():
        assert {key: rows[name][key] for key in due} == due, name
    assert set(rows).isdisjoint(expected.get("noMonitoring", []))
    terms = {item["name"]: item["term"]["on"]
             for item in (*found["pitfalls"], *found["monitoring"]) if item["term"]}
    terms |= {name: row["term"]["on"] for name, entry in by_name.items()
              for row in entry["because"] if row["term"]}
    assert expected.get("until", {}).items() <= terms.items()
    codes = " ".join(issue["code"] for issue in found["issues"])
    for word in expected.get("issues", []):
        assert word in codes
    for word in expected.get("noIssues", []):
        assert word not in codes
