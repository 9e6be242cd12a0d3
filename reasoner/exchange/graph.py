"""Write a patient graph in the forms that are read here, and nothing that would not be read back.

What was written is read again before anybody gets it: a form that cannot hold a text exactly, or a
file larger than the reader takes, is refused and not sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from ..assessment import Assessment
from ..errors import InputRefused, LimitReached, UsageError
from ..knowledge import Vocabulary
from ..namespaces import DATE, DCTERMS, MARROW, OWL, PREFIXES, PROV, iri, marrow
from ..patient import PatientGraph, read_patient_graph
from ..quantity import canonical_literal, text_of
from ..rule import Atom
from ..store import INFERRED_GRAPH, PATIENT_GRAPH
from .forms import json_ld, n_triples, rdf_xml, trig, turtle

_PREFIXES = {name: PREFIXES[name] for name in ("marrow", "xsd")}
_OF_CONCLUSIONS = {name: PREFIXES[name] for name in (
    "dcterms", "marrow", "owl", "prov", "rdf", "rdfs", "skos", "xsd")}
_NOT_IN_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Signs that no XML 1.0 file holds, which our reader would take all the same (production 2)."""


@lru_cache(maxsize=1)
def read_context() -> Mapping[str, Any]:
    """Return the JSON-LD context of patient graphs, which stands in every file written with it."""
    text = (Path(__file__).parent / "patient.context.jsonld").read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(text)["@context"]
    return found


def _json_ld(triples: frozenset[Atom]) -> bytes:
    return json_ld(triples, read_context())


def _trig(triples: frozenset[Atom]) -> bytes:
    return trig(((*triple, "") for triple in triples), _PREFIXES)


FORMATS: dict[str, tuple[str, Callable[[frozenset[Atom]], bytes]]] = {
    "json-ld": (".jsonld", _json_ld),
    "n-triples": (".nt", n_triples),
    "rdf-xml": (".rdf", partial(rdf_xml, prefixes=_PREFIXES)),
    "trig": (".trig", _trig),
    "turtle": (".ttl", partial(turtle, prefixes=_PREFIXES)),
}
"""The forms of a patient graph by name: the ending of the file, and what writes it."""


def check_format(name: str) -> None:
    """Check that a form is known.

    Raises:
        UsageError: it is not.
    """
    if name not in FORMATS:
        raise UsageError("format-unknown", what=f"{name[:40]!r} is no form of a patient graph",
                         fix=f"take one of {', '.join(FORMATS)}")


def write_graph(graph: PatientGraph, name: str, vocabulary: Vocabulary) -> bytes:
    """Return a patient graph in one of the forms; reading it gives the same triples.

    Raises:
        InputRefused: the form cannot hold what the graph says.
        LimitReached: it would be larger than what is read here.
        UsageError: there is no such form.
    """
    check_format(name)
    ending, write = FORMATS[name]
    refusal = InputRefused("not-in-this-form", where=graph.source, fix="take n-triples",
                           what=f"{name} cannot hold a sign that a text of the record has")
    if name == "rdf-xml" and any(_NOT_IN_XML.search(text_of(o)) for _, _, o in graph.triples):
        raise refusal
    data = write(graph.triples)
    try:
        same = read_patient_graph(data, ending, graph.source, vocabulary).triples == graph.triples
    except LimitReached as error:
        raise LimitReached("export-too-large", where=graph.source,
                           what=f"as {name} it comes to {error.what}, which is not read again",
                           fix="take turtle, or export a smaller part of the record") from error
    except InputRefused:
        same = False
    if not same:
        raise refusal
    return data


def write_conclusions(assessment: Assessment, graph: PatientGraph) -> bytes:
    """Return TriG of the patient graph and, in a graph of their own, what follows from it.

    It is no patient graph any more: what is concluded here is not read as a record.
    """
    quads = {(*triple, PATIENT_GRAPH) for triple in graph.triples}
    quads |= {(*triple, INFERRED_GRAPH) for triple in assessment.facts - graph.triples}
    about = (
        (marrow("asOf"), f'"{assessment.patient.as_of}"^^<{DATE}>'),
        (iri(PROV, "wasDerivedFrom"), PATIENT_GRAPH),
        (iri(OWL, "versionInfo"), canonical_literal(assessment.engine.version, None)),
        (iri(DCTERMS, "identifier"), canonical_literal(assessment.engine.fingerprint, None)),
        (iri(DCTERMS, "description"), canonical_literal(assessment.wording.notice(), None)),
        (iri(DCTERMS, "conformsTo"), f"<{MARROW}>"),
    )
    quads |= {(INFERRED_GRAPH, predicate, value, "") for predicate, value in about}
    return trig(quads, _OF_CONCLUSIONS)
