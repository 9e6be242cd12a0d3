"""Check the knowledge itself: what is wrong with the ontology before any patient is read.

A check is a query under ``queries/checks`` whose rows are the violations; how much a violation
matters stands in one table beside them. Four things a query over the ontology cannot see are
added here: whether the generated file is up to date, whether rules and shapes name only declared
terms, whether every rule can fire, and what a reasoner for OWL 2 DL says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from .engine import load_engine
from .errors import KnowledgeError
from .knowledge import find_root, read_knowledge
from .namespaces import DCTERMS, LABEL, MARROW, TYPE, marrow, shorten
from .store import ox_term
from .taxonomy import TAXONOMY_FILE, is_current, read_files

if TYPE_CHECKING:
    import pyoxigraph as ox

SEVERITIES = ("error", "warning", "information")
_FILE = MARROW + "file/"
_NAME = re.compile(r"\bmarrow:([A-Za-z0-9_][A-Za-z0-9_-]*)")
_SUBJECT = re.compile(r"^marrow:([A-Za-z0-9_-]+)", re.MULTILINE)


class Row(TypedDict):
    """One finding: how much it matters, which check found it, where, and what is wrong."""

    severity: str
    check: str
    where: str
    what: str


class Loaded:
    """The ontology in a store, and the file that each term stands in.

    The default graph is the whole ontology and each file is a named graph besides. What each
    query and shape names is a named graph of its own, in ``dcterms:references``.
    """

    def __init__(self, root: Path) -> None:
        import pyoxigraph as ox

        self.store = ox.Store()
        self.declared: set[str] = set()
        self.names = dict(read_names(root))
        self._labelled: dict[str, str] = {}
        self._mentioned: dict[str, str] = {}
        references = ox.NamedNode(DCTERMS + "references")
        for name, terms in self.names.items():
            file = ox.NamedNode(_FILE + name)
            self.store.extend(ox.Quad(file, references, ox_term(term), file) for term in terms)
        for name, quads in read_files(root):
            graph = ox.NamedNode(_FILE + name)
            self.store.extend(quads)
            self.store.extend(ox.Quad(q.subject, q.predicate, q.object, graph) for q in quads)
            for quad in quads:
                if str(quad.predicate) == TYPE:
                    self.declared.add(str(quad.subject))
                if str(quad.predicate) == LABEL:
                    self._labelled[str(quad.subject)] = name
                for node in (quad.subject, quad.predicate, quad.object):
                    self._mentioned.setdefault(str(node), name)

    def place(self, term: str) -> str:
        """Return the file of a term, the one that labels it if any, and its name."""
        home = self._labelled.get(term) or self._mentioned.get(term)
        return f"{home}, {shorten(term)}" if home else shorten(term)


def run_checks(dl: bool = False, root: Path | None = None) -> list[Row]:
    """Return what the checks find, errors first.

    Args:
        dl: also ask HermiT whether the ontology is consistent.
        root: a folder with ontology/, queries/ and shapes/; the shipped knowledge by default.

    Raises:
        KnowledgeError: a file does not parse, or a check is broken.
        UsageError: HermiT is wanted and not installed.
    """
    root = root or find_root()
    loaded = Loaded(root)
    rows = [row for name, severity in read_severities(root).items()
            for row in run_query(root, name, severity, loaded)]
    rows += check_taxonomy(root)
    rows += check_names(loaded)
    if not any(row["severity"] == "error" for row in rows):
        rows += check_firing(root)
    if dl:
        rows += check_logic(root, loaded)
    return sorted(rows, key=lambda r: (SEVERITIES.index(r["severity"]), r["check"], r["where"],
                                       r["what"]))


def read_severities(root: Path) -> dict[str, str]:
    """Return the severity of every check.

    Raises:
        KnowledgeError: the table and the queries do not name the same checks.
    """
    folder = root / "queries" / "checks"
    table = folder / "severity.tsv"
    if not table.is_file():
        raise KnowledgeError("checks-not-found", where=str(table), what="there is no such table",
                             fix="install the package again")
    lines = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines() if line]
    found = {line[0]: line[-1] for line in lines}
    wrong = [line[0] for line in lines if len(line) != 2 or line[1] not in SEVERITIES]
    wrong += sorted(found.keys() ^ {path.stem for path in folder.glob("*.rq")})
    if wrong or len(found) != len(lines):
        raise KnowledgeError("check-without-severity", where="queries/checks/severity.tsv",
                             what=f"these checks do not match it: {', '.join(wrong) or 'doubled'}",
                             fix=f"give every query one line: name, tab, {' or '.join(SEVERITIES)}")
    return found


def run_query(root: Path, name: str, severity: str, loaded: Loaded) -> Iterator[Row]:
    """Yield the rows of one check.

    Raises:
        KnowledgeError: the query does not run or has other columns.
    """
    import pyoxigraph as ox

    text = (root / "queries" / "checks" / f"{name}.rq").read_text(encoding="utf-8")
    try:
        found = loaded.store.query(text)
    except (SyntaxError, ValueError) as error:
        raise KnowledgeError("check-cannot-run", where=f"{name}.rq",
                             what=str(error).splitlines()[0], fix="mend the query") from error
    if not isinstance(found, ox.QuerySolutions) \
            or [v.value for v in found.variables] != ["where", "what"]:
        raise KnowledgeError("check-cannot-run", where=f"{name}.rq",
                             what="its columns are not ?where and ?what", fix="mend the query")
    for solution in found:
        yield Row(severity=severity, check=name, where=_where(solution["where"], loaded),
                  what=_what(solution["what"]))


def _where(node: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None, loaded: Loaded) \
        -> str:
    import pyoxigraph as ox

    return loaded.place(str(node)) if isinstance(node, ox.NamedNode) else "an unnamed expression"


def _what(node: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None) -> str:
    import pyoxigraph as ox

    text = node.value if isinstance(node, ox.Literal) else "it is found by this check"
    return re.sub(re.escape(MARROW) + r"(?=[A-Za-z0-9_-])", "marrow:", text)


def check_taxonomy(root: Path) -> list[Row]:
    """Return a row if the generated taxonomy is not what the class tree says."""
    if is_current(root):
        return []
    return [Row(severity="error", check="taxonomy-is-not-current", where=TAXONOMY_FILE.as_posix(),
                what="it differs from the class tree; run marrow check --write-is-a")]


def read_names(root: Path) -> Iterator[tuple[str, set[str]]]:
    """Yield each query and shapes file with the terms of ours that it names and does not declare.

    The checks themselves are left out: that a check names a term is no use of it.
    """
    queries = set((root / "queries").rglob("*.rq")) - set((root / "queries/checks").glob("*.rq"))
    for path in sorted([*queries, *(root / "shapes").glob("*.ttl")]):
        text = path.read_text(encoding="utf-8")
        own = set(_SUBJECT.findall(text)) if path.suffix == ".ttl" else set()
        yield (path.relative_to(root).as_posix(),
               {marrow(name) for name in set(_NAME.findall(text)) - own})


def check_names(loaded: Loaded) -> list[Row]:
    """Return the terms that rules, questions and shapes name and no file declares.

    A misspelled term in a rule matches nothing, and the rule never fires.
    """
    return [
        Row(severity="error", check="undeclared-term-in-a-query-or-shape", where=file,
            what=f"it names {shorten(term)}, which no file declares")
        for file, terms in loaded.names.items() for term in sorted(terms - loaded.declared)
    ]


def check_firing(root: Path) -> list[Row]:
    """Return the rules, or branches of one, that nothing can feed; asked of sound knowledge."""
    from .firing import idle_rules

    if not any((root / "queries" / "rules").glob("*.rq")):
        return []
    return [
        Row(severity="error", check="rule-that-can-never-fire", where=f"queries, {name}",
            what=f"nothing can supply what branch {', '.join(map(str, branches))} reads")
        for name, branches in idle_rules(load_engine(root), read_knowledge(root)).items()
    ]


def check_logic(root: Path, loaded: Loaded) -> list[Row]:
    """Return what HermiT finds: a contradiction, or classes that can have no member."""
    from .dl import check_consistency

    verdict = check_consistency(root)
    if not verdict.consistent:
        return [Row(severity="error", check="dl-consistency", where="ontology",
                    what="the ontology contradicts itself")]
    return [
        Row(severity="error", check="dl-consistency", where=loaded.place(term),
            what="nothing can be a member of this class")
        for term in verdict.unsatisfiable
    ]
