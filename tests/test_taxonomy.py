"""The generated part of the ontology: the class tree, said between the kinds themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoner.errors import UsageError
from reasoner.knowledge import read_knowledge
from reasoner.namespaces import marrow
from reasoner.taxonomy import (
    TAXONOMY_FILE,
    is_current,
    kinds_of,
    read_ontology,
    taxonomy_text,
    write_taxonomy,
)

TREE = """
@prefix marrow: <https://w3id.org/marrow/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

marrow:Kind a owl:Class .
marrow:PlantKind a owl:Class ; rdfs:subClassOf marrow:Kind .
marrow:TreeKind a owl:Class ; rdfs:subClassOf marrow:PlantKind .
marrow:Plant a owl:Class .
marrow:Oak a owl:Class, marrow:TreeKind ; rdfs:subClassOf marrow:Tree, marrow:Plant .
marrow:CorkOak a owl:Class, marrow:TreeKind, marrow:PlantKind ;
    rdfs:subClassOf marrow:Shade, marrow:Oak ,
        [ a owl:Restriction ; owl:onProperty marrow:has ; owl:hasValue marrow:Oak ] .
marrow:Tree a owl:Class, marrow:PlantKind ; rdfs:subClassOf marrow:Plant .
marrow:Shade a owl:Class, marrow:PlantKind .
marrow:Bench a owl:Class ; rdfs:subClassOf marrow:Tree .
"""
EXPECTED = """\
# Generated from the class tree by `marrow check --write-is-a`; never write it by hand.
# Every direct subclass of a kind, said between the two kinds as individuals.
@prefix marrow: <https://w3id.org/marrow/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

<https://w3id.org/marrow/definitions/is-a>
    a owl:Ontology ;
    rdfs:label "Marrow ontology, definitions: is a"@en ;
    owl:imports <https://w3id.org/marrow/schema> .

marrow:CorkOak
    marrow:isA marrow:Oak, marrow:Shade .

marrow:Oak
    marrow:isA marrow:Tree .
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "ontology").mkdir()
    (tmp_path / "ontology" / "tree.ttl").write_text(TREE)
    return tmp_path


def test_direct_pairs_of_kinds_and_nothing_else(root: Path) -> None:
    # Plant is no kind, Bench is none either, and the restriction has no name.
    assert taxonomy_text(read_ontology(root)) == EXPECTED
    assert kinds_of(read_ontology(root)) == {
        marrow(k) for k in ("CorkOak", "Oak", "Shade", "Tree")
    }


def test_writing_it_makes_it_current_and_changes_nothing_more(root: Path) -> None:
    assert not is_current(root)
    path = write_taxonomy(root)
    assert path == root / TAXONOMY_FILE
    assert path.read_text() == EXPECTED
    assert is_current(root)
    assert write_taxonomy(root).read_text() == EXPECTED


def test_a_change_of_the_tree_makes_it_outdated(root: Path) -> None:
    write_taxonomy(root)
    with (root / "ontology" / "tree.ttl").open("a") as file:
        file.write("marrow:Shade rdfs:subClassOf marrow:Plant .\n")
    assert is_current(root)
    with (root / "ontology" / "tree.ttl").open("a") as file:
        file.write("marrow:Shade rdfs:subClassOf marrow:Tree .\n")
    assert not is_current(root)


def test_a_folder_that_cannot_be_written_is_a_clear_refusal(root: Path) -> None:
    (root / "ontology" / "definitions").write_text("a file where the folder should be")
    with pytest.raises(UsageError, match="source tree"):
        write_taxonomy(root)


def test_what_is_written_reads_back_as_the_pairs(root: Path) -> None:
    write_taxonomy(root)
    found = {t for t in read_knowledge(root).graph.triples if t[1] == marrow("isA")}
    assert found == {
        (marrow("CorkOak"), marrow("isA"), marrow("Oak")),
        (marrow("CorkOak"), marrow("isA"), marrow("Shade")),
        (marrow("Oak"), marrow("isA"), marrow("Tree")),
    }
