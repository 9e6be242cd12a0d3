"""The way from an input to an assessment: read, validate, gate, reason.

This is the library's front door; the command line and the service come in here too.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from .assessment import Assessment
from .engine import Engine, load_engine
from .errors import Issue, UsageError
from .gate import gate_patient
from .hostile import read_bounded
from .knowledge import term_of
from .patient import PatientGraph, check_patient_triples, read_patient_graph, suffix_of
from .site import Site
from .sitefile import read_site
from .tier import TIERS
from .validation import Violation, find_violations, set_aside

if TYPE_CHECKING:
    import rdflib


def load_knowledge(root: Path | None = None, evidence: str = "all",
                   site: str | Path | bytes | None = None) -> Engine:
    """Return the compiled knowledge, from the cache where its content is unchanged.

    Args:
        root: a folder with ontology/, queries/ and shapes/; the shipped knowledge by default.
        evidence: ``all``, or ``article`` to reason from the article alone (exclusions and red
            flags still apply).
        site: a site's file, or its Turtle as bytes: bounds of its own, and which of several
            sources that disagree it follows.

    Raises:
        InputRefused: the site's file cannot be used.
        KnowledgeError: the knowledge is missing or broken.
        UsageError: there is no such tier of evidence.
    """
    if evidence not in TIERS:
        raise UsageError("no-such-evidence", what=f"{evidence[:40]!r} is no tier of evidence",
                         fix=f"take one of {', '.join(TIERS)}")
    if site is None:
        return load_engine(root, TIERS[evidence])
    return load_engine(root, TIERS[evidence], read_site_file(site, root))


def read_site_file(site: str | Path | bytes, root: Path | None = None) -> Site:
    """Read a site's file, or its Turtle as bytes, and check it against the knowledge.

    Raises:
        InputRefused: it cannot be used.
        LimitReached: it is larger than the limits.
    """
    if isinstance(site, bytes):
        return read_site(site, ".ttl", "site file", load_engine(root))
    path = Path(site)
    return read_site(read_bounded(str(site)), path.suffix, path.name, load_engine(root))


def read_patient(path: str, data: bytes, engine: Engine) \
        -> tuple[PatientGraph, tuple[Issue, ...]]:
    """Read a patient graph or a FHIR bundle; return the graph and what was not used.

    Raises:
        InputRefused: the input cannot be used at all.
        LimitReached: the input is larger than the limits.
    """
    suffix = suffix_of(path, data)
    name = "standard input" if path == "-" else Path(path).name
    if suffix.lower() in (".json", ".ndjson") and _is_fhir(data):
        from .fhir import read_bundle
        from .mapping import load_mappings

        mappings = load_mappings(engine.root / "ontology" / "mappings.sssom.tsv")
        imported = read_bundle(data, name, mappings, engine.graph)
        graph = check_patient_triples(list(imported.triples), name, engine.vocabulary)
        return graph, tuple(imported.issues)
    return read_patient_graph(data, suffix, name, engine.vocabulary), ()


def _is_fhir(data: bytes) -> bool:
    return b'"resourceType"' in data


def validate_patient(graph: PatientGraph, engine: Engine) -> list[Violation]:
    """Return what a patient graph breaks of the patient shapes."""
    return find_violations(graph, engine.graph, engine.root)


def assess_graph(engine: Engine, graph: PatientGraph, as_of: date,
                 issues: tuple[Issue, ...] = ()) -> Assessment:
    """Validate, gate and assess a patient graph that has been read."""
    graph, violations = set_aside(graph, validate_patient(graph, engine), engine.graph)
    patient = gate_patient(graph, engine.graph, as_of)
    result = engine.run(patient.facts)
    return Assessment(engine, patient, result, (*issues, *violations, *patient.issues))


def assess(engine: Engine, patient: str | Path | bytes | rdflib.Graph, as_of: date | str) \
        -> Assessment:
    """Assess one patient.

    Args:
        engine: the compiled knowledge.
        patient: a file path, Turtle or FHIR JSON as bytes, or an rdflib graph.
        as_of: the date the answer is for, as a date or ISO text.

    Raises:
        InputRefused: the input cannot be used at all.
        UsageError: the date is no ISO date.
    """
    day = parse_date(as_of) if isinstance(as_of, str) else as_of
    if isinstance(patient, bytes):
        graph, issues = read_patient("-", patient, engine)
    elif isinstance(patient, (str, Path)):
        graph, issues = read_patient(str(patient), read_file(str(patient)), engine)
    else:
        import pyoxigraph as ox

        text = patient.serialize(format="nt", encoding="utf-8")
        triples = [
            (term_of(q.subject), term_of(q.predicate), term_of(q.object))
            for q in ox.parse(text, format=ox.RdfFormat.N_TRIPLES)
        ]
        graph, issues = check_patient_triples(triples, "graph", engine.vocabulary), ()
    return assess_graph(engine, graph, day, issues)


def read_file(path: str) -> bytes:
    """Return the bytes of a file.

    Raises:
        InputRefused: the file is not there, cannot be read or is no ordinary file.
        LimitReached: it is too large.
    """
    return read_bounded(path)


def parse_date(text: str) -> date:
    """Return an ISO date.

    Raises:
        UsageError: the text is no ISO date.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError("not-a-date", what=f"{text[:40]!r} is no date",
                         fix="write it as 2026-11-01") from None
    if not 1900 <= day.year <= 2200:
        raise UsageError("not-a-date", what=f"{day} is no date anybody asks for",
                         fix="take a year from 1900 to 2200")
    return day
