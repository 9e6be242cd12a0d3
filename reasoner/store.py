"""Ask SPARQL of the knowledge, a patient, the inferences and their proofs.

Queries run on an embedded Oxigraph and can fetch nothing: federation is refused before a query
runs, and updates are no queries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .assessment import Assessment
from .errors import InputRefused, UsageError, advise
from .hostile import read_bounded
from .knowledge import Graph, find_root
from .namespaces import MARROW, PREFIXES, SUBCLASS, TYPE, iri, marrow, shorten
from .proof import Quad, proof_quads
from .quantity import literal_parts
from .rule import Atom
from .worker import run_bounded

if TYPE_CHECKING:
    import pyoxigraph as ox

KNOWLEDGE_GRAPH = iri(MARROW, "graph/knowledge")
PATIENT_GRAPH = iri(MARROW, "graph/patient")
INFERRED_GRAPH = iri(MARROW, "graph/inferred")


@dataclass(frozen=True)
class Answer:
    """The answer to a query: the column names and rows of a SELECT, a truth, or triples."""

    data: Any

    def text(self) -> str:
        """Return the answer as tab-separated lines."""
        if isinstance(self.data, bool):
            return f"{str(self.data).lower()}\n"
        rows = self.data["rows"]
        lines = ["\t".join(self.data["columns"])]
        lines += ["\t".join(_cell(row.get(c) or "") for c in self.data["columns"]) for row in rows]
        return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Return a value without what would end its cell or its line.

    Source: SPARQL 1.1 Query Results CSV and TSV Formats, section 4.
    """
    return text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def ox_term(term: str) -> Any:
    """Return a term as a pyoxigraph node."""
    import pyoxigraph as ox

    if term.startswith("<"):
        return ox.NamedNode(term[1:-1])
    if term.startswith("_:"):
        return ox.BlankNode(term[2:])
    lexical, datatype, language = literal_parts(term)
    if language:
        return ox.Literal(lexical, language=language)
    return ox.Literal(lexical, datatype=ox.NamedNode(datatype))


def fill_store(assessment: Assessment, graphs: Iterable[Quad] = ()) -> ox.Store:
    """Return a store with the knowledge, the patient, the inferences and the main proofs.

    Args:
        assessment: the assessment.
        graphs: quads of answers that the store is to hold too.
    """
    import pyoxigraph as ox

    store = ox.Store()
    inferred = assessment.facts - assessment.derivations.given
    for graph, triples in (
        (KNOWLEDGE_GRAPH, assessment.graph.triples),
        (PATIENT_GRAPH, assessment.derivations.given),
        (INFERRED_GRAPH, inferred),
    ):
        name = ox_term(graph)
        store.extend(
            ox.Quad(ox_term(s), ox_term(p), ox_term(o), name) for s, p, o in triples
        )
    for fact in sorted(conclusions_of(assessment)):
        proof = assessment.prove(fact)
        if proof is not None:
            store.extend(
                ox.Quad(*(ox_term(term) for term in quad)) for quad in proof_quads(proof)
            )
    store.extend(ox.Quad(*(ox_term(term) for term in quad)) for quad in graphs)
    return store


def conclusions_of(assessment: Assessment) -> set[Atom]:
    """Return the statements whose proofs a store holds: outcomes, flags, states, due dates."""
    wanted = {*assessment.graph_outcomes} | {
        marrow(p) for p in ("has", "hasOpenFlag", "suspectedOf", "showsPitfall", "meets",
                            "hasWindowAhead", "hasOpenWindow", "hasMissedWindow", "goesOnUntil",
                            "mayEndSince")
    }
    return {
        f for f in assessment.facts if f[0] == assessment.patient.patient and f[1] in wanted
    }


def read_query(wanted: str) -> str:
    """Return the text of a shipped question or of a query file.

    Raises:
        UsageError: there is neither.
    """
    folder = find_root() / "queries" / "questions"
    names = sorted(p.stem for p in folder.glob("*.rq"))
    if wanted in names:
        return (folder / f"{wanted}.rq").read_text(encoding="utf-8")
    if wanted.endswith((".rq", ".sparql")):
        try:
            return read_bounded(wanted).decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputRefused("not-text", where=wanted[:200], what="the query is not UTF-8",
                               fix="send SPARQL as UTF-8 text") from error
    raise UsageError("no-such-query", what=f"{wanted[:60]!r} is neither a question nor a .rq file",
                     fix=advise(wanted, zip(names, names, strict=True),
                                f"questions: {', '.join(names)}"))


def check_query(text: str) -> None:
    """Refuse a query that would fetch something.

    Raises:
        InputRefused: the query does not parse, is an update, or uses SERVICE or FROM.
    """
    from pyparsing import ParseException
    from rdflib.plugins.sparql.parser import parseQuery

    try:
        parsed = parseQuery(text)
    except ParseException as error:
        raise InputRefused("query-syntax", where=f"line {error.lineno}",
                           what="not a SPARQL 1.1 query", fix="mend the query") from error
    words = _bare_words(text)
    if "SERVICE" in words or _mentions(parsed, "ServiceGraphPattern"):
        raise InputRefused("service-disabled", what="the query uses SERVICE",
                           fix="ask only of what is loaded; nothing is ever fetched")
    if "FROM" in words or _mentions(parsed, "DatasetClause"):
        raise InputRefused("dataset-disabled", what="the query uses FROM",
                           fix="ask of the loaded graphs with GRAPH")


_TOKENS = re.compile(
    r"""\"{3}.*?\"{3}|'{3}.*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'"""
    r"""|<[^<>"{}|^`\s]*>|\#[^\n]*|[?$@]\w+|\w*:[\w.%\\-]*|(?P<word>\w+)""",
    re.DOTALL,
)
_ESCAPES = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


def _bare_words(text: str) -> set[str]:
    """Return the words of a query outside strings, names, variables and comments, in capitals.

    Looked at beside the parse tree, so that a keyword in a place the tree walk does not know is
    still refused; escaped letters count as the letters they stand for.
    """
    plain = _ESCAPES.sub(lambda m: chr(min(int(m[1] or m[2], 16), 0x10FFFF)), text)
    return {m["word"].upper() for m in _TOKENS.finditer(plain) if m["word"]}


def _mentions(node: Any, name: str) -> bool:
    if getattr(node, "name", None) == name:
        return True
    if isinstance(node, dict):
        return any(_mentions(child, name) for child in node.values())
    if isinstance(node, (list, tuple)) or type(node).__name__ in ("ParseResults", "plist"):
        return any(_mentions(child, name) for child in node)
    return False


def fill_knowledge(graph: Graph) -> ox.Store:
    """Return a store with the knowledge alone."""
    import pyoxigraph as ox

    store = ox.Store()
    store.extend(ox.Quad(ox_term(s), ox_term(p), ox_term(o), ox_term(KNOWLEDGE_GRAPH))
                 for s, p, o in graph.triples)
    return store


def is_about_a_patient(text: str) -> bool:
    """Tell whether a shipped question says that it needs a patient."""
    return "# about: patient" in text.splitlines()


def read_parameters(text: str, given: list[str], graph: Graph) -> dict[str, str]:
    """Return what a caller gave for the parameters a question declares, as terms.

    A value is the name of something in the knowledge, or a family of rows; where the parameter is
    declared ``as text`` it is a text that the knowledge or the question itself has.

    Raises:
        UsageError: something is no ``name=value``, the question declares no such parameter, or
            the value is nothing that could ever be found.
    """
    declared = dict(re.findall(r"^# parameter: \?(\w+) (.*)$", text, re.MULTILINE))
    found = {}
    for entry in given:
        name, sign, value = entry.partition("=")
        if not sign or name not in declared:
            raise UsageError("no-such-parameter", what=f"{entry[:60]!r} gives no known parameter",
                             fix=f"parameters: {', '.join(declared) or 'none'}, as name=LocalName")
        found[name] = _text(value, text, graph) if "as text" in declared[name] \
            else _named(value, graph)
    return found


def _named(value: str, graph: Graph) -> str:
    """Return the term that a local name or IRI names."""
    term = f"<{value}>" if "://" in value else marrow(value.removeprefix("marrow:"))
    if graph.objects(term, TYPE) or any(s.startswith(f"{term[:-1]}-") for s, _, _ in graph.triples):
        return term
    kinds = (marrow("Kind"), *graph.subjects(SUBCLASS, marrow("Kind")))
    named = graph.called(s for kind in kinds for s in graph.subjects(TYPE, kind))
    raise UsageError("no-such-name", what=f"{value[:60]!r} is no name in the ontology",
                     fix=advise(value, named, "take a name that marrow explain shows in angle "
                                              "brackets"))


def _text(value: str, question: str, graph: Graph) -> str:
    """Return a text as the knowledge writes it, with its language."""
    quoted = f'"{value}"'
    if quoted in question:
        return quoted
    texts = {o for _, _, o in graph.triples if o.startswith('"')}
    known = sorted(t for t in texts if literal_parts(t)[0] == value)
    if not known:
        raise UsageError("no-such-text", what=f"{value[:60]!r} is no text in the ontology",
                         fix="write it as the ontology does, with its capitals")
    return known[0]


def answer_query(about: Assessment | Graph, text: str,
                 parameters: Mapping[str, str] | None = None,
                 graphs: Iterable[Quad] = ()) -> Answer:
    """Run a query over one assessment, or over the knowledge alone.

    All graphs together are the default graph.

    Args:
        about: the assessment, or the knowledge.
        text: the query.
        parameters: variables with their terms.
        graphs: quads of answers that the store is to hold too.

    Raises:
        InputRefused: the query does not parse or would fetch something.
        LimitReached: it took too long or grew too large; it runs in a process of its own.
    """
    return run_bounded(lambda: _answer(about, text, parameters or {}, graphs))


def _answer(about: Assessment | Graph, text: str, parameters: Mapping[str, str],
            graphs: Iterable[Quad]) -> Answer:
    import pyoxigraph as ox

    check_query(text)
    store = fill_knowledge(about) if isinstance(about, Graph) else fill_store(about, graphs)
    given = {ox.Variable(name): ox_term(term) for name, term in parameters.items()}
    try:
        found = store.query(text, use_default_graph_as_union=True, substitutions=given)
    except (SyntaxError, ValueError) as error:
        raise InputRefused("query-failed", what=str(error).splitlines()[0],
                           fix="mend the query") from error
    if isinstance(found, ox.QueryBoolean):
        return Answer(bool(found))
    if isinstance(found, ox.QuerySolutions):
        columns = [v.value for v in found.variables]
        rows = [
            {c: _plain(solution[c]) for c in columns}
            for solution in found
        ]
        return Answer({"columns": columns, "rows": rows})
    triples = [(str(t.subject), str(t.predicate), str(t.object)) for t in found]
    rows = [
        dict(zip(("subject", "predicate", "object"), map(shorten, t), strict=True))
        for t in sorted(triples)
    ]
    return Answer({"columns": ["subject", "predicate", "object"], "rows": rows})


def _plain(node: Any) -> str | None:
    if node is None:
        return None
    text = str(node)
    return literal_parts(text)[0] if text.startswith('"') else shorten(text)


def write_trig(assessment: Assessment, fact: Atom, path: Path) -> None:
    """Write the proof of a statement as TriG.

    Raises:
        UsageError: the statement does not hold.
    """
    proof = assessment.prove(fact)
    if proof is None:
        raise UsageError("no-proof", what="the statement does not hold", fix="ask for another")
    write_quads(proof_quads(proof), path)


def write_quads(quads: Iterable[Quad], path: Path) -> None:
    """Write an answer with the proofs it points to as TriG."""
    import pyoxigraph as ox

    terms = [ox.Quad(*(ox_term(term) for term in quad)) for quad in sorted(quads)]
    data = ox.serialize(terms, format=ox.RdfFormat.TRIG, prefixes=PREFIXES)
    path.write_bytes(data or b"")
