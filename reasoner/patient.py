"""Read a patient graph, and refuse whatever a patient graph must not say.

The vocabulary firewall looks at every triple: a patient graph that carries axioms, unknown
terms or conclusions could change what is true of everyone, so it is refused whole.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import InputRefused, LimitReached, advise
from .hostile import MAX_LITERAL, check_depth
from .knowledge import Graph, Vocabulary, term_of
from .namespaces import MARROW, OWL, RDFS, SH, TYPE, XSD, local_name, marrow, shorten
from .quantity import literal_parts
from .rule import Atom

MAX_BYTES = 5_000_000
MAX_TRIPLES = 100_000
MAX_PREFIXES = 200
FORMATS = {
    ".ttl": "TURTLE",
    ".trig": "TRIG",
    ".nt": "N_TRIPLES",
    ".nq": "N_QUADS",
    ".rdf": "RDF_XML",
    ".xml": "RDF_XML",
    ".owl": "RDF_XML",
    ".jsonld": "JSON_LD",
    ".json": "JSON_LD",
}
PATIENT = marrow("Patient")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_DATATYPES = frozenset(
    XSD + name for name in ("boolean", "date", "dateTime", "decimal", "double", "float", "integer",
                            "string")
)
BASE = "http://patient.invalid/file"
"""What relative names in a file are read against; nothing is ever fetched from it."""


@dataclass(frozen=True)
class PatientGraph:
    """One patient's record as it was written: the patient node and every triple."""

    patient: str
    triples: frozenset[Atom]
    source: str


def read_patient_graph(data: bytes, suffix: str, source: str, vocabulary: Vocabulary) \
        -> PatientGraph:
    """Read one patient graph.

    Args:
        data: the file's bytes.
        suffix: the file name ending, which tells the format.
        source: what to call the input in messages.
        vocabulary: what a patient graph may say.

    Raises:
        InputRefused: the data do not parse, or say something a patient graph must not.
        LimitReached: the data are larger than the limits of this reader.
    """
    return check_patient_triples(parse(data, suffix, source), source, vocabulary)


def parse(data: bytes, suffix: str, source: str) -> list[Atom]:
    """Parse RDF in one of the known formats into triples; graph names are dropped."""
    import pyoxigraph as ox

    name = FORMATS.get(suffix.lower())
    if name is None:
        raise InputRefused("format-unknown", where=source,
                           what=f"the ending {suffix!r} names no format that is read here",
                           fix="send RDF or FHIR JSON, in a file that ends in one of "
                               f"{', '.join(FORMATS)}, .ndjson")
    if len(data) > MAX_BYTES:
        raise LimitReached("too-large", where=source, what=f"more than {MAX_BYTES} bytes",
                           fix="send one patient a file")
    prefixes = len(re.findall(rb"(?im)^[ \t]*@?prefix\b", data))
    if prefixes > MAX_PREFIXES:
        raise LimitReached("too-many-prefixes", where=source,
                           what=f"{prefixes} prefix lines", fix=f"use at most {MAX_PREFIXES}")
    if name == "RDF_XML" and re.search(rb"<!\s*(DOCTYPE|ENTITY)", data, re.IGNORECASE):
        raise InputRefused("doctype", where=source, what="the XML declares a document type",
                           fix="remove the DOCTYPE and its entities")
    check_depth(data, name, source)
    triples: list[Atom] = []
    try:
        base = None if name.startswith("N_") else BASE
        for quad in ox.parse(data, format=getattr(ox.RdfFormat, name), base_iri=base):
            triples.append((term_of(quad.subject), term_of(quad.predicate),
                            term_of(quad.object)))
            if len(triples) > MAX_TRIPLES:
                raise LimitReached("too-many-triples", where=source,
                                   what=f"more than {MAX_TRIPLES} triples",
                                   fix="send one patient a file")
    except SyntaxError as error:
        raise InputRefused("does-not-parse", where=_place(source, error),
                           what=_fault(error), fix="mend the file") from error
    except (ValueError, OSError) as error:
        raise InputRefused("does-not-parse", where=source, what=_fault(error),
                           fix="send RDF that needs nothing from outside the file") from error
    return triples


def _place(source: str, error: SyntaxError) -> str:
    columns = f", column {error.offset}" if error.offset else ""
    return f"{source}, line {error.lineno}{columns}" if error.lineno else source


_FAULTS = {
    "has not been declared": "a prefix is not declared",
    "Unexpected end": "it ends too early",
    "UTF-8": "it is no UTF-8 text",
    "LoadDocumentCallback": "it needs a context from outside the file",
    "escape": "a text holds an escape that there is not",
    "language": "a language tag is none",
    "subtag": "a language tag is none",
    "IRI": "a name is no absolute IRI",
    "not a valid": "something is here that may not be here, such as a text without quotation marks",
}
"""What the parser's words amount to; they themselves may repeat what the record says."""


def _fault(error: Exception) -> str:
    said = str(error)
    return next((told for words, told in _FAULTS.items() if words in said),
                "it is not well-formed")


def check_patient_triples(triples: list[Atom], source: str, vocabulary: Vocabulary) \
        -> PatientGraph:
    """Apply the vocabulary firewall and return the graph of its one patient.

    Raises:
        InputRefused: an axiom, an unknown or reserved term, or not exactly one patient.
    """
    if not triples:
        raise InputRefused("empty", where=source, what="it says nothing: there is no RDF statement "
                           "in it, and no FHIR resource",
                           fix="send a graph with one patient, or FHIR JSON with a resourceType")
    for triple in triples:
        check_literal(triple, source)
        _check_triple(triple, source, vocabulary)
        if triple[0].startswith(f"<{MARROW}"):
            raise InputRefused("name-of-ours", where=f"{source}, {_shown(triple[0])}",
                               what="a record bears the name of a term of the ontology",
                               fix="give records names of your own")
    named = _name_records(triples)
    patients = sorted(s for s, p, o in named if p == TYPE and o == PATIENT)
    if len(patients) != 1:
        raise InputRefused(
            "not-one-patient", where=source,
            what=f"{len(patients)} patients" if patients else "no marrow:Patient",
            fix="send exactly one patient a graph",
        )
    _check_ownership(patients[0], named, source)
    return PatientGraph(patients[0], frozenset(named), source)


def _check_triple(triple: Atom, source: str, vocabulary: Vocabulary) -> None:
    s, p, o = triple
    if p == f"<{OWL}imports>":
        raise InputRefused("imports", where=source, what="it imports an ontology",
                           fix="remove owl:imports; nothing is ever fetched")
    if p == TYPE:
        if o in vocabulary.classes:
            return
        raise InputRefused(
            "unknown-class", where=f"{source}, {_shown(s)}",
            what=f"{shorten(o)} is no class of a patient graph",
            fix=advise(local_name(o), _written(vocabulary.classes), "use one of "
                       f"{', '.join(sorted(local_name(c) for c in vocabulary.classes))}"),
        )
    if p in vocabulary.all_predicates:
        return
    if p.startswith((f"<{OWL}", f"<{RDFS}", f"<{SH}")):
        raise InputRefused("axiom", where=f"{source}, {_shown(s)}",
                           what=f"{shorten(p)} is an axiom",
                           fix="send only what the patient's record says")
    if p.startswith(f"<{MARROW}"):
        raise InputRefused("reserved-predicate", where=f"{source}, {_shown(s)}",
                           what=f"{shorten(p)} is not for a patient graph to say",
                           fix=advise(local_name(p), _written(vocabulary.all_predicates - {TYPE}),
                                      "send records; conclusions are drawn here"))
    raise InputRefused("unknown-predicate", where=f"{source}, {_shown(s)}",
                       what=f"{shorten(p)} is not known here",
                       fix=advise(local_name(p), _written(vocabulary.all_predicates - {TYPE}),
                                  "use the predicates of a patient graph"))


def _written(terms: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield how each term is written, with its name."""
    return ((shorten(term), local_name(term)) for term in terms)


def check_literal(triple: Atom, source: str) -> None:
    """Refuse literals of a sort, length or language that no record has."""
    s, p, o = triple
    if not o.startswith('"'):
        return
    lexical, datatype, language = literal_parts(o)
    if len(lexical) > MAX_LITERAL:
        raise LimitReached("literal-too-long", where=f"{source}, {_shown(s)}",
                           what=f"a text of more than {MAX_LITERAL} characters",
                           fix="send a shorter text")
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise InputRefused("language-tag", where=f"{source}, {_shown(s)}",
                           what=f"{shorten(p)} has a text with an unusual language tag",
                           fix="send the text without a language tag")
    if datatype not in _DATATYPES:
        raise InputRefused("datatype", where=f"{source}, {_shown(s)}",
                           what=f"{shorten(p)} has a literal of a datatype not known here",
                           fix="send strings, dates, decimals and integers")


def reviews_in_doubt(triples: frozenset[Atom], unread: set[str], knowledge: Graph) -> set[str]:
    """Return the reviews of lists that hold a record which could not be read.

    A list is not known where one of its entries is not.
    """
    sorts = {o for s, p, o in triples if s in unread and p == TYPE}
    lists = {k for sort in sorts for k in knowledge.subjects(marrow("coversRecords"), sort)}
    reviews = {s for s, p, o in triples if p == TYPE and o == marrow("ReviewRecord")}
    return {s for s, p, o in triples if s in reviews and p == marrow("kind") and o in lists}


def _shown(node: str) -> str:
    return "a blank node" if node.startswith("_:") else "node " + local_name(node)[:40]


def _name_records(triples: list[Atom]) -> list[Atom]:
    """Give blank nodes names made from what they say and who points at them."""
    content: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for s, p, o in triples:
        if s.startswith("_:"):
            content[s].append((p, "" if o.startswith("_:") else o))
        if o.startswith("_:"):
            content[o].append((p, "" if s.startswith("_:") else s))
    names = {
        node: f"<urn:marrow:record:{hashlib.sha256(repr(sorted(said)).encode()).hexdigest()[:12]}>"
        for node, said in content.items()
    }
    return [(names.get(s, s), p, names.get(o, o)) for s, p, o in triples]


def _check_ownership(patient: str, triples: list[Atom], source: str) -> None:
    """Refuse records of nobody, or of another than the one patient."""
    records = {s for s, p, o in triples if p == TYPE and o != PATIENT}
    owned = {o for s, p, o in triples if s == patient and p.startswith(f"<{MARROW}has")}
    stray = sorted((records | {s for s, _, _ in triples}) - owned - {patient})
    if stray:
        raise InputRefused(
            "not-this-patients", where=f"{source}, {_shown(stray[0])}",
            what="the record is not linked from the patient",
            fix="link it with hasObservation, hasCondition and the like, or remove it",
        )


def suffix_of(path: str, data: bytes) -> str:
    """Return the ending that tells the format; standard input is looked at."""
    if path != "-":
        return Path(path).suffix
    head = data[:2000].lstrip()
    if head.startswith((b"{", b"[")):
        return ".json"
    if head.startswith(b"<?xml") or b"<rdf:RDF" in head:
        return ".rdf"
    return ".ttl"
