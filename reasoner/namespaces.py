"""The namespaces Marrow reads and writes, and the few names its own code relies on.

Terms are held as N-Triples text everywhere (``<iri>``, ``"7"^^<datatype>``): one
unambiguous, hashable form that every RDF library can read and write.
"""

from __future__ import annotations

MARROW = "https://w3id.org/marrow/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCTERMS = "http://purl.org/dc/terms/"
PROV = "http://www.w3.org/ns/prov#"
EO = "https://purl.org/heals/eo#"
BIBO = "http://purl.org/ontology/bibo/"
SH = "http://www.w3.org/ns/shacl#"

PREFIXES: dict[str, str] = {
    "dcterms": DCTERMS,
    "eo": EO,
    "marrow": MARROW,
    "owl": OWL,
    "prov": PROV,
    "rdf": RDF,
    "rdfs": RDFS,
    "sh": SH,
    "skos": SKOS,
    "xsd": XSD,
}

EXPRESSION = MARROW + "expression/"
"""Where anonymous class expressions get their content-hashed names."""

RULE = MARROW + "rule/"
"""Where rules get their names: the file name is the local name."""

GATE = MARROW + "gate/"
"""Where the computed steps before the rules get their names."""

SUPPOSED = "urn:marrow:hypothesis:"
"""What the names of records that are only supposed begin with."""


def marrow(local: str) -> str:
    """Return the term of a local name in Marrow's namespace."""
    return f"<{MARROW}{local}>"


def iri(namespace: str, local: str) -> str:
    """Return the term of a local name in a namespace."""
    return f"<{namespace}{local}>"


def local_name(term: str) -> str:
    """Return what follows the last ``/`` or ``#`` of an IRI term."""
    text = term.strip("<>")
    return text.rsplit("#", 1)[-1].rsplit("/", 1)[-1]


def shorten(term: str) -> str:
    """Return an IRI term with a known prefix, or the term itself."""
    if not term.startswith("<"):
        return term
    text = term[1:-1]
    for prefix, namespace in PREFIXES.items():
        if text.startswith(namespace):
            return f"{prefix}:{text[len(namespace):]}"
    return term


def expand(name: str) -> str:
    """Return the term of a prefixed name; variables stay as they are."""
    prefix, colon, local = name.partition(":")
    return f"<{PREFIXES[prefix]}{local}>" if colon and prefix in PREFIXES else name


TYPE = iri(RDF, "type")
NIL = iri(RDF, "nil")
LABEL = iri(RDFS, "label")
DEFINITION = iri(SKOS, "definition")
EQUIVALENT = iri(OWL, "equivalentClass")
SUBCLASS = iri(RDFS, "subClassOf")
DECIMAL = XSD + "decimal"
INTEGER = XSD + "integer"
STRING = XSD + "string"
BOOLEAN = XSD + "boolean"
DATE = XSD + "date"
DATETIME = XSD + "dateTime"
