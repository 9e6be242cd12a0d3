"""One command writes the ontology in four forms; every reader finds the same triples in each."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from typer.testing import CliRunner

from reasoner.cli.main import app
from reasoner.errors import KnowledgeError, UsageError
from reasoner.exchange.forms import FORMS
from reasoner.namespaces import MARROW, OWL, TYPE, iri
from reasoner.release import MAPPINGS, SUMS, merge, name_by_content, write_release
from reasoner.rule import Atom
from reasoner.taxonomy import read_files

ROOT = Path(__file__).parent.parent
OXIGRAPH = {".jsonld": ox.RdfFormat.JSON_LD, ".nt": ox.RdfFormat.N_TRIPLES,
            ".rdf": ox.RdfFormat.RDF_XML, ".ttl": ox.RdfFormat.TURTLE}
RDFLIB = {".jsonld": "json-ld", ".nt": "nt", ".rdf": "xml", ".ttl": "turtle"}
# owlready2 opens a store on import and prints; each file is read in a process of its own.
OWLREADY = """
import sys
import owlready2
world = owlready2.World()
world.get_ontology("file://" + sys.argv[1]).load(only_local=True)
# It gives the file it reads a header of its own, beside what the file says.
read = [t for t in world.as_rdflib_graph() if str(t[0]) != "http://anonymous"]
print(len(read), len(list(world.classes())))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("release")
    write_release(found, ROOT)
    return found


@pytest.fixture(scope="module")
def merged() -> set[Atom]:
    return merge(ROOT)


def canonical(triples: list[tuple[str, str, str]]) -> set[Atom]:
    """Name the blank nodes by what they say, so that readers may name them as they like."""
    return name_by_content(triples)


@pytest.mark.parametrize("ending", FORMS)
def test_oxigraph_reads_the_same_triples_in_each_form(
        folder: Path, merged: set[Atom], ending: str) -> None:
    quads = ox.parse(path=str(folder / f"marrow{ending}"), format=OXIGRAPH[ending])
    found = [(str(q.subject), str(q.predicate), str(q.object)) for q in quads]
    assert len(found) == len(merged)
    assert canonical(found) == merged


@pytest.mark.parametrize("ending", FORMS)
def test_rdflib_reads_the_same_triples_in_each_form(
        folder: Path, merged: set[Atom], ending: str) -> None:
    graph = rdflib.Graph().parse(folder / f"marrow{ending}", format=RDFLIB[ending])
    quads = ox.parse(graph.serialize(format="nt", encoding="utf-8"), format=ox.RdfFormat.N_TRIPLES)
    found = [(str(q.subject), str(q.predicate), str(q.object)) for q in quads]
    assert canonical(found) == merged


@pytest.mark.parametrize("ending", [".nt", ".rdf"])
def test_owlready2_reads_every_class(folder: Path, merged: set[Atom], ending: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", OWLREADY, str(folder / f"marrow{ending}")],
        capture_output=True, text=True, check=True).stdout.split()
    named = {s for s, p, o in merged if p == TYPE and o == iri(OWL, "Class") and s[0] == "<"}
    assert int(answer[0]) == len(merged)
    assert int(answer[-1]) == len(named)


def test_the_merge_loses_and_adds_nothing_but_the_headers(merged: set[Atom]) -> None:
    files = list(read_files(ROOT))
    parts = {MARROW + name.removeprefix("ontology/").removesuffix(".ttl") for name, _ in files}
    kept = [q for _, quads in files for q in quads
            if "imports" not in q.predicate.value and q.subject.value not in parts]
    assert len({str(q) for q in kept}) == len(merged)
    assert {s for s, p, o in merged if o == iri(OWL, "Ontology")} == {f"<{MARROW}>"}
    assert not any(p == iri(OWL, "imports") for _, p, _ in merged)


def test_it_is_the_same_byte_for_byte_and_the_checksums_hold(folder: Path, tmp_path: Path) -> None:
    write_release(tmp_path / "again", ROOT)
    names = sorted(p.name for p in folder.iterdir())
    assert names == sorted([SUMS, MAPPINGS, *(f"marrow{ending}" for ending in FORMS)])
    for name in names:
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name
    for line in (folder / SUMS).read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_turtle_escapes_nothing_in_a_name(folder: Path) -> None:
    """The parser that many editors of ontologies have refuses such names."""
    text = re.sub(r'"(?:\\.|[^"\\])*"', '""', (folder / "marrow.ttl").read_text("utf-8"))
    assert chr(92) not in text


def test_json_ld_fetches_nothing(folder: Path) -> None:
    context = json.loads((folder / "marrow.jsonld").read_text())["@context"]
    assert isinstance(context, dict)
    assert "@import" not in context


def test_expressions_that_say_the_same_stay_two() -> None:
    found = name_by_content([("<a>", "<p>", "_:x"), ("_:x", "<q>", "<v>"),
                             ("<b>", "<p>", "_:y"), ("_:y", "<q>", "<v>")])
    assert len({s for s, _, _ in found}) == 4


@pytest.mark.parametrize("triples", [
    [("<a>", "<p>", "_:x"), ("<b>", "<p>", "_:x"), ("_:x", "<q>", "<v>")],
    [("_:x", "<p>", "_:y"), ("_:y", "<p>", "_:x")],
    [("<a>", "<p>", "_:x"), ("<a>", "<p>", "_:y"), ("_:x", "<q>", "<v>"), ("_:y", "<q>", "<v>")],
])
def test_what_cannot_be_named_by_content_is_refused(triples: list[Atom]) -> None:
    with pytest.raises(KnowledgeError):
        name_by_content(triples)


def test_an_ontology_without_a_root_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ontology").mkdir()
    (tmp_path / "ontology" / "a.ttl").write_text("<urn:a> a <urn:b> .\n")
    with pytest.raises(KnowledgeError) as caught:
        merge(tmp_path)
    assert caught.value.code == "no-root-header"


def test_a_folder_that_cannot_be_written_is_a_clear_refusal(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError) as caught:
        write_release(tmp_path / "file", ROOT)
    assert caught.value.code == "cannot-write"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_the_command(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["release", str(tmp_path / "out"), "--json"])
    assert done.exit_code == 0
    files = json.loads(done.stdout)["files"]
    assert set(files) == {p.name for p in (tmp_path / "out").iterdir()} - {SUMS}
