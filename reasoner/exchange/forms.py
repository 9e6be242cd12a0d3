"""Write triples in the forms of RDF; the same triples always give the same bytes."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import takewhile
from typing import Any

from ..namespaces import PREFIXES, TYPE
from ..quantity import literal_parts
from ..rule import Atom
from ..store import ox_term

Prefixes = Mapping[str, str]
_USED = ("dcterms", "marrow", "owl", "prov", "rdf", "rdfs", "skos", "xsd")
ONTOLOGY: dict[str, str] = {name: PREFIXES[name] for name in _USED} | {
    "bibo": "http://purl.org/ontology/bibo/", "vann": "http://purl.org/vocab/vann/"}
"""The prefixes that the ontology is written with."""
# A text or an IRI, to be passed over, or a name in which a sign is escaped.
_ESCAPED = re.compile(r'"(?:\\.|[^"\\])*"|<[^>]*>|[a-z]+:[\w.-]*(?:\\.[\w.-]*)+')
_LOCAL = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def n_triples(triples: Iterable[Atom], _: Prefixes = ONTOLOGY) -> bytes:
    """Return N-Triples, one sorted line each."""
    return "".join(f"{s} {p} {o} .\n" for s, p, o in sorted(triples)).encode()


def turtle(triples: Iterable[Atom], prefixes: Prefixes = ONTOLOGY) -> bytes:
    """Return Turtle."""
    import pyoxigraph as ox

    nodes = [ox.Triple(*(ox_term(term) for term in t)) for t in sorted(triples)]
    data = ox.serialize(nodes, format=ox.RdfFormat.TURTLE, prefixes=dict(prefixes)) or b""
    return _tidied(data, prefixes)


def trig(quads: Iterable[tuple[str, str, str, str]], prefixes: Prefixes = ONTOLOGY) -> bytes:
    """Return TriG; a quad whose graph has no name is in the default graph."""
    import pyoxigraph as ox

    nodes = [
        ox.Quad(ox_term(s), ox_term(p), ox_term(o), ox_term(g) if g else ox.DefaultGraph())
        for g, s, p, o in sorted((g, s, p, o) for s, p, o, g in quads)
    ]
    data = ox.serialize(nodes, format=ox.RdfFormat.TRIG, prefixes=dict(prefixes)) or b""
    return _tidied(data, prefixes)


def _tidied(data: bytes, prefixes: Prefixes) -> bytes:
    # Oxigraph declares prefixes in no fixed order. A text may hold other line ends than this one.
    lines = data.decode().split("\n")
    head = list(takewhile(lambda line: line.startswith("@prefix "), lines))
    text = "\n".join([*sorted(head), *lines[len(head):]])

    def written_out(found: re.Match[str]) -> str:
        """Return a name with an escaped sign as a whole IRI: older readers of Turtle refuse it."""
        text = found[0]
        if text[0] in '"<':
            return text
        prefix, _, local = text.partition(":")
        return f"<{prefixes[prefix]}{local.replace(chr(92), '')}>"

    return _ESCAPED.sub(written_out, text).encode()


def rdf_xml(triples: Iterable[Atom], prefixes: Prefixes = ONTOLOGY) -> bytes:
    """Return RDF/XML."""
    import pyoxigraph as ox

    nodes = [ox.Triple(*(ox_term(term) for term in t)) for t in sorted(triples)]
    data = ox.serialize(nodes, format=ox.RdfFormat.RDF_XML, prefixes=dict(prefixes)) or b""
    # A reader of XML takes a bare carriage return for a line feed.
    data = data.replace(b"\r", b"&#13;")
    start, root, rest = data.decode().partition("<rdf:RDF ")
    names, end, rest = rest.partition(">")
    declared = sorted(re.findall(r'xmlns:[^=]+="[^"]*"', names))
    return f"{start}{root}{' '.join(declared)}{end}{rest}".encode()


def json_ld(triples: Iterable[Atom], context: Mapping[str, Any] = ONTOLOGY) -> bytes:
    """Return JSON-LD whose context stands in the file itself, so that nothing is fetched.

    Args:
        triples: what is said.
        context: prefixes, or a vocabulary and how the values of its terms are typed.
    """
    nodes: dict[str, dict[str, list[Any]]] = defaultdict(dict)
    for s, p, o in sorted(triples):
        if p == TYPE:
            key, value = "@type", _name(o, context, of_vocabulary=True)
        else:
            key = _name(p, context, of_vocabulary=True)
            value = _value(o, context, context.get(key))
        nodes[s].setdefault(key, []).append(value)
    graph = [
        {"@id": _name(s, context)} | {key: _one_or_all(values, context.get(key))
                                      for key, values in about.items()}
        for s, about in nodes.items()
    ]
    return (json.dumps({"@context": dict(context), "@graph": graph}, indent=1, ensure_ascii=False)
            + "\n").encode()


def _one_or_all(values: list[Any], defined: Any) -> Any:
    several = isinstance(defined, dict) and defined.get("@container") == "@set"
    return values if several or len(values) > 1 else values[0]


def _name(term: str, context: Mapping[str, Any], of_vocabulary: bool = False) -> str:
    """Return an IRI as short as the context lets it be read as the same again."""
    text = term[1:-1] if term.startswith("<") else term
    vocabulary = context.get("@vocab")
    if vocabulary is not None:
        local = text.removeprefix(vocabulary)
        short = of_vocabulary and text.startswith(vocabulary) and _LOCAL.fullmatch(local)
        return local if short else text
    for prefix, namespace in context.items():
        if text.startswith(namespace) and text != namespace:
            return f"{prefix}:{text[len(namespace):]}"
    return text


def _value(term: str, context: Mapping[str, Any], defined: Any) -> Any:
    typed = defined.get("@type") if isinstance(defined, dict) else None
    if not term.startswith('"'):
        if typed in ("@id", "@vocab"):
            return _name(term, context, typed == "@vocab")
        return {"@id": _name(term, context)}
    lexical, datatype, language = literal_parts(term)
    if language:
        return {"@value": lexical, "@language": language}
    if typed == datatype:
        return lexical
    if "^^" not in term[term.rindex('"'):]:
        return {"@value": lexical} if typed or "@vocab" not in context else lexical
    return {"@value": lexical, "@type": _name(f"<{datatype}>", context, of_vocabulary=True)}


FORMS: dict[str, Callable[[Iterable[Atom]], bytes]] = {
    ".jsonld": json_ld, ".nt": n_triples, ".rdf": rdf_xml, ".ttl": turtle,
}
"""What each form is written by, by the ending of its file."""
