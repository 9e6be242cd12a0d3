"""The ontology as others open it: every file has its place, and the class tree makes sense."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox

from reasoner.namespaces import MARROW, OWL, iri
from reasoner.taxonomy import read_files

ROOT = Path(__file__).parent.parent
CATALOG = ROOT / "ontology" / "catalog-v001.xml"
NAME = "{urn:oasis:names:tc:entity:xmlns:xml:catalog}uri"
PARTS = {
    MARROW + path.relative_to(ROOT / "ontology").with_suffix("").as_posix(): path
    for path in (ROOT / "ontology").rglob("*.ttl") if path.name != "marrow.ttl"
}


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
