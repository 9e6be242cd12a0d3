"""Write the ontology as one file in the forms that others read.

The files of the ontology are merged into one: the header of the root stays, the headers of the
parts and their imports go. Blank nodes get names made from their content, so that the four forms
hold the same triples, node for node, and one state of the ontology always gives the same bytes.
They stay blank nodes, as OWL wants its class expressions.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .errors import KnowledgeError, UsageError
from .exchange.file import write_whole
from .exchange.forms import FORMS
from .knowledge import find_root
from .namespaces import MARROW, OWL, TYPE, iri
from .rule import Atom
from .taxonomy import read_files

NAME = "marrow"
SUMS = "SHA256SUMS"
MAPPINGS = "mappings.sssom.tsv"
_ROOT = f"<{MARROW}>"
_IMPORTS = iri(OWL, "imports")
_VERSION = iri(OWL, "versionInfo")


@dataclass(frozen=True)
class Release:
    """What was written: the version of the ontology and the checksum of each file."""

    version: str
    triples: int
    files: dict[str, str]

    def text(self) -> str:
        """Return one line a file, and what they are."""
        lines = [f"{digest}  {name}" for name, digest in self.files.items()]
        return "\n".join([f"Marrow ontology {self.version}, {self.triples} triples", *lines]) + "\n"


def merge(root: Path) -> set[Atom]:
    """Return the triples of the whole ontology under the header of its root.

    Raises:
        KnowledgeError: a file does not parse, or there is no root header.
    """
    triples = {(str(q.subject), str(q.predicate), str(q.object))
               for _, quads in read_files(root) for q in quads}
    headers = {s for s, p, o in triples if p == TYPE and o == iri(OWL, "Ontology")}
    if _ROOT not in headers:
        raise KnowledgeError("no-root-header", where="ontology", what="no file says what the whole "
                             "ontology is", fix="restore marrow.ttl")
    parts = headers - {_ROOT}
    return name_by_content(t for t in triples if t[0] not in parts and t[1] != _IMPORTS)


def name_by_content(triples: Iterable[Atom]) -> set[Atom]:
    """Return the triples with each blank node named by what it says and, where alike, by place.

    Class expressions are trees: a blank node is what stands below it, and above it is at most one
    other node. Two expressions that say the same stay two, told apart by the node that holds them.

    Raises:
        KnowledgeError: a blank node is held by two nodes or by itself.
    """
    triples = set(triples)
    below: dict[str, list[tuple[str, str]]] = defaultdict(list)
    above: dict[str, tuple[str, str]] = {}
    for s, p, o in triples:
        if s.startswith("_:"):
            below[s].append((p, o))
        if o.startswith("_:"):
            if o in above:
                raise _not_a_tree()
            above[o] = (s, p)
    contents: dict[str, str] = {}

    def content(node: str) -> str:
        if not node.startswith("_:"):
            return node
        if node not in contents:
            contents[node] = ""
            contents[node] = _digest(sorted((p, content(o)) for p, o in below[node]))
        if not contents[node]:
            raise _not_a_tree()
        return contents[node]

    names: dict[str, str] = {}

    def name(node: str) -> str:
        if not node.startswith("_:"):
            return node
        if node not in names:
            said = content(node)
            holder, predicate = above.get(node, ("", ""))
            names[node] = "_:b" + _digest([name(holder), predicate, said])
        return names[node]

    found = {(name(s), p, name(o)) for s, p, o in triples}
    if len(found) != len(triples):
        twice = Counter(names.values()).most_common(1)[0][0]
        raise KnowledgeError("said-twice", where="ontology", what="one node says the same thing "
                             f"twice in an unnamed expression ({twice})", fix="say it once")
    return found


def write_release(folder: Path, root: Path | None = None) -> Release:
    """Write the merged ontology in four forms, the mappings and the checksums into a folder.

    Each file is complete under another name before it takes its own; the list of checksums comes
    last, so that a folder with a list is a whole release.

    Raises:
        KnowledgeError: the ontology cannot be merged.
        UsageError: the folder cannot be written.
    """
    root = root or find_root()
    triples = merge(root)
    version = next((o for s, p, o in sorted(triples) if (s, p) == (_ROOT, _VERSION)), '"0"')
    data = {f"{NAME}{ending}": form(triples) for ending, form in FORMS.items()}
    data[MAPPINGS] = (root / "ontology" / MAPPINGS).read_bytes()
    files = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(data.items())}
    sums = "".join(f"{digest}  {name}\n" for name, digest in files.items())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SUMS).unlink(missing_ok=True)
        for name, content in [*sorted(data.items()), (SUMS, sums.encode())]:
            write_whole(folder / name, content)
    except OSError as error:
        raise UsageError("cannot-write", where=str(folder), what=error.strerror or "not writable",
                         fix="name a folder that can be written") from error
    return Release(version.strip('"'), len(triples), files)


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24]


def _not_a_tree() -> KnowledgeError:
    return KnowledgeError("expression-is-no-tree", where="ontology", what="an unnamed expression "
                          "is shared or holds itself", fix="write it out, or give it a name")
