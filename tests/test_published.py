"""The ontology as others open it: every file has its place, and the class tree makes sense."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest

from reasoner.knowledge import Graph
from reasoner.namespaces import (
    EQUIVALENT,
    EXPRESSION,
    MARROW,
    OWL,
    RDF,
    SUBCLASS,
    TYPE,
    iri,
    local_name,
    marrow,
)
from reasoner.taxonomy import read_files, read_ontology

ROOT = Path(__file__).parent.parent
CATALOG = ROOT / "ontology" / "catalog-v001.xml"
FIRST = iri(RDF, "first")
NAME = "{urn:oasis:names:tc:entity:xmlns:xml:catalog}uri"
PARTS = {
    MARROW + path.relative_to(ROOT / "ontology").with_suffix("").as_posix(): path
    for path in (ROOT / "ontology").rglob("*.ttl") if path.name != "marrow.ttl"
}

ROOTS = {
    # what a patient can have, take or undergo, and where
    "Anatomy", "Disorder", "Finding", "Goal", "Intervention", "Measurement", "Mechanism",
    "Monitoring", "Pitfall",
    # the metaclasses, the patient and what is on record
    "Criterion", "Kind", "Patient", "Record", "Sex",
    # what sources say, and how it is graded
    "CausalLink", "Disagreement", "Enumeration", "Publication", "Scale", "Statement",
    # what rules, sites, questions, wording and proofs are made of
    "AbsentPattern", "Answer", "Audience", "Clock", "ComputedQuantity", "IssueKind", "Phrase",
    "PlainWords", "ProofStep", "QuestionForm", "QuestionSlot", "Rule", "RuleParameter",
    "SiteChoice", "SiteThreshold", "UnitName", "UrgentWords",
}


@pytest.fixture(scope="module")
def graph() -> Graph:
    return read_ontology(ROOT)


@pytest.fixture(scope="module")
def parents(graph: Graph) -> dict[str, set[str]]:
    """Each named class with the named classes that an editor shows directly above it.

    Editors place a class below the named members of the intersection it is equivalent to.
    """
    named = {c for c in graph.subjects(TYPE, iri(OWL, "Class"))
             if not c.startswith(f"<{EXPRESSION}")}
    found = {c: {w for w in graph.objects(c, SUBCLASS) if w in named} for c in named}
    for one in named:
        for expression in graph.objects(one, EQUIVALENT):
            node = graph.object(expression, iri(OWL, "intersectionOf"))
            first = graph.object(node, FIRST) if node else None
            found[one] |= {first} & named if first else set()
    return found


def above(name: str, parents: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(parents[name])
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += parents[one]
    return seen


def test_only_the_intended_classes_stand_at_the_top(parents: dict[str, set[str]]) -> None:
    assert {local_name(c) for c, wider in parents.items() if not wider} == ROOTS


def test_no_class_is_above_itself_or_above_by_two_ways_of_which_one_is_longer(
        parents: dict[str, set[str]]) -> None:
    for name, wider in parents.items():
        assert name not in above(name, parents), name
        for one in wider:
            others = wider - {one}
            assert not any(one in above(other, parents) for other in others), (name, one)


def test_every_criterion_is_shown_below_the_patient(
        graph: Graph, parents: dict[str, set[str]]) -> None:
    criteria = graph.subjects(TYPE, marrow("Criterion"))
    assert criteria
    assert [c for c in criteria if marrow("Patient") not in above(c, parents)] == []


def imported_by(path: Path) -> set[str]:
    quads = ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)
    return {q.object.value for q in quads if str(q.predicate) == iri(OWL, "imports")}


def test_the_root_imports_every_file() -> None:
    assert imported_by(ROOT / "ontology" / "marrow.ttl") == set(PARTS)


def test_each_file_is_the_ontology_that_its_place_says() -> None:
    kind = iri(OWL, "Ontology")
    for name, quads in read_files(ROOT):
        found = [str(q.subject) for q in quads if str(q.object) == kind]
        place = name.removeprefix("ontology/").removesuffix(".ttl")
        assert found == [f"<{MARROW}{'' if place == 'marrow' else place}>"]


def test_an_editor_finds_every_import_on_disk() -> None:
    entries = {e.get("name", ""): e.get("uri", "")
               for e in ElementTree.parse(CATALOG).iter(NAME)}
    assert {name: (CATALOG.parent / uri) for name, uri in entries.items()} == PARTS
