"""Whatever a line of the report names, one more question gives a record fact or a source for it.

The subjects of every kind of line are read off the JSON report; ``why``, ``why-not`` and
``evidence`` are asked of each, and one of them has to go down to the record or to a statement.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.errors import UsageError
from reasoner.explanation.reason import backing, reason
from reasoner.explanation.report import report
from reasoner.explanation.whynot import why_not
from reasoner.namespaces import marrow
from reasoner.pipeline import assess

ROOT = Path(__file__).parent.parent
AS_OF = date(2026, 11, 1)
PATIENTS = {
    "iron-deficiency": ROOT / "examples" / "iron-deficiency.ttl",
    **{case: ROOT / "tests" / "golden" / case / "patient.ttl"
       for case in ("t10-myeloma", "x04-two-results-at-one-time")},
}
A_FEW = 4
"""How many subjects of one kind of line are asked about in one patient."""


def subjects(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each kind of line with the name of a subject of it."""
    for part in ("redFlags", "findings", "disorders", "mechanisms", "pitfalls", "deferredPitfalls",
                 "monitoring", "assumptions", "disagreements"):
        yield from ((part, entry["name"]) for entry in data[part])
    for path in data["painPaths"]:
        yield from (("pain path", kind["name"]) for kind in path["kinds"][:1])
        for link in path["links"]:
            yield "mechanism link", link["name"]
            yield from (("claim of a link", claim) for claim in link["claims"])
    for entry in data["recommendations"]:
        yield entry["outcome"], entry["intervention"]
        yield from (("needs", item["name"]) for item in entry["missing"])
        yield from (("waits for", flag) for flag in entry["deferredBy"])
        yield from (("instead", other) for other in entry["alternatives"])
        yield from (("row", row["id"]) for key in ("because", "against") for row in entry[key])
    for entry in data["disagreements"]:
        yield from (("reading", r["id"]) for r in entry["readings"])


def facts_and_sources(answer: dict[str, Any]) -> set[str]:
    """Return the record facts and the ids of statements that are anywhere in an answer."""
    found: set[str] = set()

    def walk(node: Any, key: str = "") -> None:
        if isinstance(node, dict):
            if node.get("provenance") and node.get("id"):
                found.add(node["id"])
            for name, value in node.items():
                walk(value, name)
        elif isinstance(node, list):
            for value in node:
                walk(value, key)
        elif key in ("records", "facts", "because", "sources", "source") and isinstance(node, str):
            found.add(node)

    walk(answer)
    return found


def ask(assessment: Assessment, name: str) -> set[str]:
    found: set[str] = set()
    for question in (lambda: reason(assessment, name)[0], lambda: backing(assessment, name)[0],
                     lambda: why_not(assessment, name)):
        if found:
            break
        try:
            found |= facts_and_sources(question())
        except UsageError:
            continue  # the question is the wrong one for this subject; another has to answer
    return found


@pytest.fixture(scope="module", params=sorted(PATIENTS))
def told(request: pytest.FixtureRequest, engine: Engine) -> tuple[Assessment, dict[str, list[str]]]:
    assessment = assess(engine, PATIENTS[request.param], AS_OF)
    lines: dict[str, dict[str, None]] = {}
    for sort, name in subjects(report(assessment)):
        lines.setdefault(sort, {})[name] = None
    return assessment, {sort: list(names)[:A_FEW] for sort, names in lines.items()}


def test_every_subject_of_a_line_has_a_fact_or_a_source(
        told: tuple[Assessment, dict[str, list[str]]]) -> None:
    assessment, lines = told
    assert len(lines) >= 8
    without = [(sort, name) for sort, names in lines.items() for name in names
               if not ask(assessment, name)]
    assert without == []


@pytest.fixture(scope="module")
def myeloma(engine: Engine) -> Assessment:
    return assess(engine, PATIENTS["t10-myeloma"], AS_OF)


def test_a_label_answers_as_its_name_does(myeloma: Assessment) -> None:
    assert reason(myeloma, "multiple myeloma")[0] == reason(myeloma, "MultipleMyeloma")[0]


def test_every_source_of_a_flag_is_told(myeloma: Assessment) -> None:
    """G1102, G1103 and G1104 each raise it (report: t10); one proof shows one of them."""
    found = facts_and_sources(reason(myeloma, "MultipleMyeloma")[0])
    assert {"G1102", "G1103", "G1104"} <= found


def test_a_waiting_treatment_tells_that_it_is_contraindicated_as_well(myeloma: Assessment) -> None:
    """G906: no metaxalone in anemia; the flag alone would read as if it could be given later."""
    (entry,) = (e for e in report(myeloma)["recommendations"] if e["intervention"] == "Metaxalone")
    assert entry["reasons"][0] == "contraindicated"
    assert "deferred" in entry["reasons"]
    first = reason(myeloma, "Metaxalone")[0]["reasons"][0]
    assert first["reason"] == "contraindicated"
    assert {"G906"} == {g["row"]["id"] for g in first["grounds"]}


def test_an_open_flag_is_suspected_and_not_assumed_absent(myeloma: Assessment) -> None:
    assert why_not(myeloma, "MultipleMyeloma")["openFlag"]
    assert "MultipleMyeloma" not in {a["name"] for a in report(myeloma)["assumptions"]}


def test_what_nobody_concludes_is_refused_by_why_not(myeloma: Assessment) -> None:
    with pytest.raises(UsageError, match="nothing that a patient has"):
        why_not(myeloma, "SerumFerritin")


def test_a_medicine_without_an_outcome_is_judged_with_its_group(engine: Engine) -> None:
    patient = assess(engine, PATIENTS["iron-deficiency"], AS_OF)
    assert patient.outcome_of(marrow("Ibuprofen")) is None
    wider = {w["name"]: w["outcome"] for w in why_not(patient, "Ibuprofen")["within"]}
    assert wider == {"NSAID": "consider"}
