"""The way from an input to an assessment: read, validate, gate, reason.

This is the library's front door; the command line and the service come in here too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from .assessment import Assessment
from .engine import Engine, load_engine
from .errors import InputRefused, Issue, UsageError
from .explanation import display
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

    from .fhir import FhirImport, FhirInput, ImportReport

_ENOUGH = 1_000_000
"""How far into a JSON file its nature is looked for."""


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


def read_patient(path: str, data: bytes, engine: Engine, which: str = "") \
        -> tuple[PatientGraph, tuple[Issue, ...]]:
    """Read a patient graph or a patient of a FHIR document; return what was not used too.

    Raises:
        InputRefused: the input cannot be used at all, or it does not say which patient is meant.
        LimitReached: the input is larger than the limits.
        UsageError: a patient is asked for by id in a patient graph, which holds one.
    """
    name = "standard input" if path == "-" else Path(path).name
    if is_fhir(path, data):
        with open_fhir([path], engine, data) as found:
            imported = found.read(found.find(which) if which else found.only())
            return admit(imported, engine), imported.issues
    if data[:2000].lstrip().startswith(b"<") and b"http://hl7.org/fhir" in data[:2000]:
        raise InputRefused("xml", where=name, what="it is FHIR XML, and FHIR is read here as JSON "
                           "only", fix="ask the server for application/fhir+json")
    if which:
        raise UsageError("which-patient", what=f"{name} is a patient graph, which holds one "
                         "patient", fix="leave out the id (--patient)")
    return read_patient_graph(data, suffix_of(path, data), name, engine.vocabulary), ()


def read_patients(paths: str | Path | Sequence[str | Path], engine: Engine) \
        -> Iterator[tuple[PatientGraph, ImportReport]]:
    """Yield every patient of an input with what became of the patient's resources.

    Memory does not grow with the number of patients. What belongs to no patient is accounted for
    by ``FhirInput.rest``.

    Args:
        paths: files or folders of FHIR JSON, NDJSON or gzip of either, or one patient graph.
        engine: the compiled knowledge.

    Raises:
        InputRefused: the input cannot be used at all.
        LimitReached: the input, or one patient of it, is larger than the limits.
    """
    from .fhir import ImportReport

    named = [str(p) for p in ([paths] if isinstance(paths, (str, Path)) else paths)]
    if len(named) == 1 and not is_fhir(named[0]):
        graph, issues = read_patient(named[0], read_file(named[0]), engine)
        yield graph, ImportReport("", (), issues)
        return
    with open_fhir(named, engine) as found:
        for imported in found:
            yield admit(imported, engine), imported.report


def read_one(paths: Sequence[str], engine: Engine, which: str = "") \
        -> tuple[PatientGraph, tuple[Issue, ...]]:
    """Read one patient of some files or folders, by id where there are several.

    Raises:
        InputRefused: the input cannot be used at all, or it does not say which patient is meant.
        LimitReached: the input is larger than the limits.
        UsageError: a patient is asked for by id, or several files are given, that are no FHIR.
    """
    if len(paths) == 1 and not is_fhir(paths[0]):
        return read_patient(paths[0], read_file(paths[0]), engine, which)
    for path in paths:
        if not is_fhir(path):
            read_file(path)
            raise UsageError("not-fhir", what=f"{Path(path).name} is no FHIR, and only FHIR may "
                             "come in several files", fix="name it alone")
    with open_fhir(paths, engine) as found:
        imported = found.read(found.find(which) if which else found.only())
        return admit(imported, engine), imported.issues


def is_fhir(path: str, data: bytes | None = None) -> bool:
    """Return whether an input is FHIR and not a patient graph.

    Folders, NDJSON and gzip are; JSON is where it names a resource type early on.
    """
    if data is None:
        if Path(path).is_dir():
            return True
        data = _beginning(path)
    suffix = suffix_of(path, data).lower()
    return suffix in (".ndjson", ".gz") or data.startswith(b"\x1f\x8b") \
        or (suffix == ".json" and b'"resourceType"' in data[:_ENOUGH])


def _beginning(path: str) -> bytes:
    try:
        if not Path(path).is_file():
            return b""
        with Path(path).open("rb") as file:
            return file.read(_ENOUGH)
    except (OSError, ValueError):
        return b""  # told, with its reason, by whoever reads it


def open_fhir(paths: Sequence[str], engine: Engine, data: bytes | None = None) -> FhirInput:
    """Open FHIR files or folders, or bytes at hand, sorted by patient; the caller closes it.

    Raises:
        InputRefused: an input is no FHIR JSON that is read.
        LimitReached: an input is larger or deeper than the limits.
    """
    from .fhir import FhirInput, Notes, Source, sources_of
    from .mapping import load_mappings

    notes = Notes()
    if data is not None:
        sources = [Source("standard input" if paths[0] == "-" else Path(paths[0]).name, data)]
    else:
        sources = [s for path in paths for s in sources_of(Path(path), notes)]
    mappings = load_mappings(engine.root / "ontology" / "mappings.sssom.tsv")
    return FhirInput(sources, mappings, engine.graph, notes)


def admit(imported: FhirImport, engine: Engine) -> PatientGraph:
    """Return the graph of an imported patient, past the same firewall as any patient graph."""
    return check_patient_triples(list(imported.triples), imported.report.patient,
                                 engine.vocabulary)


def validate_patient(graph: PatientGraph, engine: Engine) -> list[Violation]:
    """Return what a patient graph breaks of the patient shapes."""
    return find_violations(graph, engine.graph, engine.root)


def assess_graph(engine: Engine, graph: PatientGraph, as_of: date,
                 issues: tuple[Issue, ...] = ()) -> Assessment:
    """Validate, gate and assess a patient graph that has been read."""
    graph, violations = set_aside(graph, validate_patient(graph, engine), engine.graph)
    patient = gate_patient(graph, engine.graph, as_of)
    result = engine.run(patient.facts)
    return Assessment(engine, patient, result, (*issues, *violations, *patient.issues), display)


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
        graph, issues = read_one([str(patient)], engine)
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
