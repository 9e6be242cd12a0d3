"""Say the class tree between kinds: the generated part of the ontology.

A reasoner follows ``rdfs:subClassOf`` from instance to class, and a kind is not an instance of
its superclass; ``marrow:isA`` says the same tree between the kinds themselves. It is written to a
file, and not inferred, so that every engine that reads the ontology has it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import KnowledgeError, UsageError
from .knowledge import Graph, read_turtle
from .namespaces import EXPRESSION, MARROW, SUBCLASS, TYPE, marrow, shorten
from .rule import Atom

if TYPE_CHECKING:
    import pyoxigraph as ox

TAXONOMY_FILE = Path("ontology") / "definitions" / "is-a.ttl"
IS_A = marrow("isA")
_LOCAL_NAME = re.compile(r"marrow:[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?")
_HEADER = """\
# Generated from the class tree by `marrow check --write-is-a`; never write it by hand.
# Every direct subclass of a kind, said between the two kinds as individuals.
@prefix marrow: <https://w3id.org/marrow/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

<https://w3id.org/marrow/definitions/is-a>
    a owl:Ontology ;
    rdfs:label "Marrow ontology, definitions: is a"@en ;
    owl:imports <https://w3id.org/marrow/schema> .
"""


def read_ontology(root: Path) -> Graph:
    """Read every ontology file below a root folder.

    Raises:
        KnowledgeError: a file does not parse.
    """
    triples: set[Atom] = set()
    for path in sorted((root / "ontology").rglob("*.ttl")):
        triples |= read_turtle(path)
    return Graph(frozenset(triples))


def read_files(root: Path) -> Iterator[tuple[str, list[ox.Quad]]]:
    """Yield each ontology file, by its place below the root, with its statements as written.

    Raises:
        KnowledgeError: a file does not parse.
    """
    import pyoxigraph as ox

    for path in sorted((root / "ontology").rglob("*.ttl")):
        name = path.relative_to(root).as_posix()
        try:
            yield name, list(ox.parse(path=str(path), format=ox.RdfFormat.TURTLE,
                                      rename_blank_nodes=True))
        except SyntaxError as error:
            raise KnowledgeError("turtle-syntax", where=name, what=str(error),
                                 fix="mend the file") from error


def kinds_of(graph: Graph) -> set[str]:
    """Return the named kinds: what is typed by a metaclass."""
    metaclasses = {marrow("Kind")}
    waiting = [marrow("Kind")]
    while waiting:
        for narrower in graph.subjects(SUBCLASS, waiting.pop()):
            if narrower not in metaclasses:
                metaclasses.add(narrower)
                waiting.append(narrower)
    return {
        kind for metaclass in metaclasses for kind in graph.subjects(TYPE, metaclass)
        if _is_named(kind)
    }


def pairs_of(graph: Graph) -> list[tuple[str, str]]:
    """Return each kind with each kind that it is a direct subclass of, sorted."""
    kinds = kinds_of(graph)
    return sorted(
        (kind, wider) for kind in kinds for wider in graph.objects(kind, SUBCLASS)
        if wider in kinds and wider != kind
    )


def taxonomy_text(graph: Graph) -> str:
    """Return the text of the generated file: the same for the same class tree."""
    wider: dict[str, list[str]] = defaultdict(list)
    for kind, parent in pairs_of(graph):
        wider[_written(kind)].append(_written(parent))
    blocks = (
        f"\n{kind}\n    marrow:isA {', '.join(sorted(parents))} .\n"
        for kind, parents in sorted(wider.items(), key=lambda pair: pair[0].casefold())
    )
    return _HEADER + "".join(blocks)


def is_current(root: Path) -> bool:
    """Tell whether the file on disk says what the class tree says."""
    path = root / TAXONOMY_FILE
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return text == taxonomy_text(read_ontology(root))


def write_taxonomy(root: Path) -> Path:
    """Write the generated file and return its path.

    Raises:
        KnowledgeError: a file of the ontology does not parse.
        UsageError: the file cannot be written.
    """
    path = root / TAXONOMY_FILE
    text = taxonomy_text(read_ontology(root))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError("cannot-write", where=str(path), what=error.strerror or "not writable",
                         fix="run it in a copy of the source tree") from error
    return path


def _written(term: str) -> str:
    name = shorten(term)
    return name if _LOCAL_NAME.fullmatch(name) else term


def _is_named(term: str) -> bool:
    return term.startswith(f"<{MARROW}") and not term.startswith(f"<{EXPRESSION}")
