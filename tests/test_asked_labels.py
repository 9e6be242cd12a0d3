"""``ask "why <label>"`` understands the label of whatever an answer concludes, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoner.asking.understanding import Reader, Unclear, Understood
from reasoner.engine import Engine
from reasoner.explanation.report import report
from reasoner.namespaces import TYPE, local_name, marrow
from reasoner.pipeline import assess

ROOT = Path(__file__).parent.parent
PATIENTS = ["examples/iron-deficiency.ttl", "tests/golden/t10-myeloma/patient.ttl",
            "tests/golden/t12l-last-day-of-iron/patient.ttl"]


@pytest.fixture(scope="module")
def reader(engine: Engine) -> Reader:
    return Reader(engine.graph, engine.root)


@pytest.mark.parametrize("path", PATIENTS)
def test_why_takes_the_label_of_whatever_is_concluded(engine: Engine, reader: Reader,
                                                      path: str) -> None:
    data = report(assess(engine, ROOT / path, "2026-11-01"))
    graph = engine.graph
    told = {entry["name"]: entry["label"] for part in (
        "redFlags", "findings", "disorders", "mechanisms", "pitfalls", "deferredPitfalls",
        "monitoring") for entry in data[part]}
    assert len(told) > 5
    rows = [graph.label(s) for sort in ("GuidanceRow", "MonitoringRow", "PitfallRow")
            for s in graph.subjects(TYPE, marrow(sort))]
    twice = {label for label in rows if rows.count(label) > 1}
    wrong = []
    for name, label in told.items():
        if marrow("Pain") in graph.objects(marrow(name), marrow("within")):
            continue  # why a pain is there is explained by its causes
        if label in twice:
            continue  # two rows of one label are asked about by their ids
        read = reader.read(f"why {label}?")
        if isinstance(read, Unclear) or read.form.command != "why" \
                or [local_name(str(v)) for v in read.values.values()] != [name]:
            wrong.append((name, label))
    assert wrong == []


def test_what_was_is_not_read_as_what_is(reader: Reader) -> None:
    assert isinstance(reader.read("did she have anemia?"), Unclear)
    assert isinstance(reader.read("does she have anemia?"), Understood)
