"""What-if with very many changes: bounded, and never an answer to less than what was asked."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reasoner.assessment import Assessment
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.errors import UsageError
from reasoner.explanation.whatif import what_if
from reasoner.gate import read_scales
from reasoner.hypothesis import Change, Verb, parse_change, sort_of, suppose
from reasoner.namespaces import TYPE, local_name, marrow
from reasoner.pipeline import assess
from reasoner.worker import run_bounded

ROOT = Path(__file__).parent.parent
AS_OF = "2026-11-01"
MANY = 200


@pytest.fixture(scope="module")
def mixed(engine: Engine) -> Assessment:
    return assess(engine, ROOT / "examples" / "mixed.ttl", AS_OF)


def test_two_hundred_changes_are_all_made_within_bounds(mixed: Assessment) -> None:
    graph, rng = mixed.graph, random.Random(200)
    scales = read_scales(graph)
    kinds = sorted(k for k in graph.subjects(TYPE, marrow("Kind")) if sort_of(k, graph))
    changes = []
    for kind in rng.sample(kinds, MANY):
        if kind in scales:
            unit = graph.text(kind, marrow("canonicalUnit"))
            changes.append(parse_change(
                "set", f"{local_name(kind)}={scales[kind].plausible_at_most} {unit}", graph))
        elif sort_of(kind, graph) == "MeasurementKind":
            changes.append(Change("remove", kind))
        else:
            verbs: tuple[Verb, ...] = ("add", "deny", "remove")
            changes.append(Change(rng.choice(verbs), kind))
    assert {c.verb for c in changes} == {"set", "add", "deny", "remove"}
    found = run_bounded(lambda: what_if(mixed, changes), seconds=120, size=1_000_000_000)
    assert sorted(found["suppose"]) == sorted(c.says(graph) for c in changes)
    assert found["outcomes"]


@pytest.mark.parametrize("changes", [
    ["--set", "Hemoglobin=6.8g/dL", "--set", "hemoglobin=12g/dL"],
    ["--add", "Warfarin", "--deny", "warfarin"],
    ["--set", "Hemoglobin=6.8g/dL", "--remove", "Hemoglobin"],
    [part for n in range(MANY) for part in ("--set", f"Hemoglobin={60 + n}g/L")],
])
def test_a_kind_is_supposed_once(changes: list[str]) -> None:
    """The last of two would undo the first, and the answer would be headed by both."""
    found = CliRunner().invoke(app, ["what-if", "--example", "mixed", "--as-of", AS_OF, *changes])
    assert (found.exit_code, found.stdout, found.stderr.count("\n")) == (2, "", 1)
    assert "is supposed twice" in found.stderr


def test_what_is_put_on_record_stays_where_what_is_wider_is_taken_off(mixed: Assessment) -> None:
    node = [parse_change("add", "RheumatoidArthritis", mixed.graph),
            parse_change("remove", "InflammatoryCondition", mixed.graph)]
    for changes in (node, node[::-1]):
        then = suppose(mixed, changes)
        assert marrow("RheumatoidArthritis") in then.related("has")
        records = {s for s, p, o in then.patient.facts
                   if p == marrow("kind") and o == marrow("RheumatoidArthritis")}
        assert [r for r in records if "hypothesis" not in r] == []


def test_the_kinds_of_a_library_call_are_checked_too(mixed: Assessment) -> None:
    change = parse_change("add", "Warfarin", mixed.graph)
    with pytest.raises(UsageError):
        suppose(mixed, [change, change])
