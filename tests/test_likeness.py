"""Validating one record of each sort finds what validating every record finds."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoner import validation
from reasoner.engine import Engine
from reasoner.knowledge import find_root
from reasoner.likeness import Likeness, group_alike
from reasoner.patient import PatientGraph, read_patient_graph
from reasoner.validation import find_violations

PREFIXES = ("@prefix marrow: <https://w3id.org/marrow/> .\n"
            "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n")


def test_the_shapes_look_at_nothing_that_records_of_a_sort_may_differ_in() -> None:
    """A shape with, say, sh:minInclusive or sh:pattern needs ``likeness`` to see it too."""
    said = set(re.findall(r"sh:(\w+)", (find_root() / "shapes" / "patient.ttl").read_text()))
    assert said <= {"IRI", "Literal", "NodeShape", "Warning", "class", "closed", "datatype",
                    "ignoredProperties", "in", "maxCount", "maxLength", "message", "minCount",
                    "nodeKind", "or", "path", "property", "severity", "targetClass"}


VALUES = {
    "kind": ["marrow:Hemoglobin", "marrow:Anemia", "<urn:none>"],
    "value": ["9.8", "10", '"9.8"', "9.8e0", '"7_0"^^xsd:decimal', '"x"@en'],
    "unit": ['"g/dL"', '"g/L"', "5"],
    "status": ['"final"', '"finel"'],
    "date": ['"2026-10-20"^^xsd:date', '"2026-10-21"^^xsd:date', '"2026-13-20"^^xsd:date',
             '"2026-10-20T10:00:00Z"^^xsd:dateTime', '"2026-10-20"'],
    "recordSource": ['"a"', '"b"', f'"{"x" * 450}"', f'"{"x" * 501}"', "7"],
    "clinicalStatus": ['"active"', '"odd"'],
}
RECORDS = st.lists(st.tuples(
    st.sampled_from(["Observation", "ConditionRecord"]),
    st.sampled_from(["hasObservation", "hasCondition"]),
    st.lists(st.sampled_from([(p, v) for p, vs in VALUES.items() for v in vs]), max_size=7),
), max_size=6)


def graph_of(engine: Engine, records: list[tuple[str, str, list[tuple[str, str]]]]) \
        -> PatientGraph:
    text = PREFIXES + "<urn:p> a marrow:Patient .\n"
    for n, (sort, link, said) in enumerate(records):
        text += f"<urn:p> marrow:{link} <urn:o{n}> .\n<urn:o{n}> a marrow:{sort} .\n"
        text += "".join(f"<urn:o{n}> marrow:{p} {v} .\n" for p, v in said)
    return read_patient_graph(text.encode(), ".ttl", "t", engine.vocabulary)


@settings(max_examples=60, deadline=None)
@given(records=RECORDS)
def test_the_same_is_found(engine: Engine, records: list[tuple[str, str, list[tuple[str, str]]]]) \
        -> None:
    graph = graph_of(engine, records)
    quick = find_violations(graph, engine.graph, engine.root)
    grouped: Callable[[PatientGraph], Likeness] = validation.group_alike
    try:
        validation.group_alike = lambda g: Likeness(g.triples, {})
        slow = find_violations(graph, engine.graph, engine.root)
    finally:
        validation.group_alike = grouped
    assert quick == slow


def test_records_that_differ_in_numbers_days_and_places_are_one_sort(engine: Engine) -> None:
    records = [("Observation", "hasObservation", [
        ("kind", "marrow:Hemoglobin"), ("value", f"{n}.5"), ("status", '"final"'),
        ("date", f'"2026-01-{n + 1:02}"^^xsd:date'), ("recordSource", f'"lab {n}"')])
        for n in range(20)]
    found = group_alike(graph_of(engine, records))
    assert [len(nodes) for nodes in found.members.values()] == [20]
    assert len(found.triples) == 8


@pytest.mark.parametrize("odd", ["9.8e0", '"9.8"'])
def test_a_record_of_another_sort_stands_alone(engine: Engine, odd: str) -> None:
    records = [("Observation", "hasObservation", [("value", v)]) for v in ("9.8", "7.1", odd)]
    found = group_alike(graph_of(engine, records))
    assert sorted(len(nodes) for nodes in found.members.values()) == [1, 2]
