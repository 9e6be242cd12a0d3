"""Read which codes of other vocabularies mean which term, from the SSSOM mapping file.

Only an exact or a narrower code asserts a term when a record carries it. A code that is close,
broader or related is remembered, so that a message can name the nearest term, and asserts nothing.
A code that names the finding of an allergy to a term is read in records of allergies alone.

Of two subjects for one code an exact match beats a narrow one, since the exact term's place in the
taxonomy already says the wider. Several narrow matches all hold: the code of a combination
asserts each of its parts. Two exact matches would make two terms one; that is an error.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .errors import KnowledgeError
from .namespaces import MARROW, SKOS

EXACT = "exactMatch"
NARROW = "narrowMatch"
NEAR = ("closeMatch", "broadMatch", "relatedMatch")
ALLERGEN = "allergenOf"
"""Relates a term to the code of an allergy to it; a relation of Marrow, as SKOS has none."""
COLUMNS = (
    "subject_id", "subject_label", "predicate_id", "object_id", "object_label",
    "mapping_justification",
)
"""The columns every row has to fill; further columns may follow."""

_PREDICATES = {SKOS + p: p for p in (EXACT, NARROW, *NEAR)} | {MARROW + ALLERGEN: ALLERGEN}
_LOCAL = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_PREFIX_LINE = re.compile(r"\s+([A-Za-z][A-Za-z0-9_]*):\s+(\S+)\s*")


@dataclass(frozen=True)
class CodeSystem:
    """A code system that records use: its prefix in the mapping file and its FHIR names.

    Characters in ``ignored`` do not tell codes apart: some sources leave them out.
    """

    prefix: str
    name: str
    uris: tuple[str, ...]
    ignored: str = ""

    def key(self, code: str) -> tuple[str, str]:
        """Return what a code of this system is looked up by."""
        return self.prefix, "".join(c for c in code if c not in self.ignored)


CODE_SYSTEMS = (
    CodeSystem("ATC", "ATC", ("http://www.whocc.no/atc", "urn:oid:2.16.840.1.113883.6.73")),
    CodeSystem(
        "ICD10CM", "ICD-10-CM",
        (
            "http://hl7.org/fhir/sid/icd-10-cm",
            "urn:oid:2.16.840.1.113883.6.90",
            # MIMIC-IV on FHIR keeps ICD-10-CM under a URI of its own and without the dot.
            "http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-diagnosis-icd10",
        ),
        ignored=".",
    ),
    CodeSystem(
        "ICD9CM", "ICD-9-CM",
        (
            "http://hl7.org/fhir/sid/icd-9-cm",
            "urn:oid:2.16.840.1.113883.6.103",
            "http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-diagnosis-icd9",
        ),
        ignored=".",
    ),
    CodeSystem("IPS", "absent and unknown data of the International Patient Summary",
               ("http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips",)),
    CodeSystem("LOINC", "LOINC", ("http://loinc.org", "urn:oid:2.16.840.1.113883.6.1")),
    CodeSystem(
        "RXNORM", "RxNorm",
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "urn:oid:2.16.840.1.113883.6.88"),
    ),
    CodeSystem(
        "SNOMED", "SNOMED CT", ("http://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.96"),
    ),
)
"""Source: HL7 Terminology, external code systems."""

_BY_URI = {uri: system for system in CODE_SYSTEMS for uri in system.uris}
_BY_PREFIX = {system.prefix: system for system in CODE_SYSTEMS}


@dataclass(frozen=True)
class Mapping:
    """One row: a term of ours, how an object relates to it, and the object."""

    subject: str
    predicate: str
    prefix: str
    code: str
    label: str
    line: int


@dataclass(frozen=True)
class Mappings:
    """The mapping file, ready to be asked what a code means."""

    entries: tuple[Mapping, ...]
    curies: dict[str, str] = field(repr=False)

    @cached_property
    def _asserting(self) -> dict[tuple[str, str], tuple[str, ...]]:
        found = self._subjects(NARROW) | self._subjects(EXACT)
        return {key: tuple(sorted(subjects)) for key, subjects in found.items()}

    @cached_property
    def _near(self) -> dict[tuple[str, str], tuple[str, ...]]:
        found = self._subjects(*NEAR)
        return {key: tuple(sorted(subjects)) for key, subjects in found.items()}

    @cached_property
    def _allergens(self) -> dict[tuple[str, str], tuple[str, ...]]:
        found = self._subjects(ALLERGEN)
        return {key: tuple(sorted(subjects)) for key, subjects in found.items()}

    def _subjects(self, *predicates: str) -> dict[tuple[str, str], set[str]]:
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for entry in self.entries:
            if entry.predicate in predicates:
                found[_key(entry)].add(entry.subject)
        return found

    def lookup(self, system: str, code: str) -> tuple[str, ...]:
        """Return the terms that a record with this code asserts: usually one or none.

        Args:
            system: the URI of the code system, as in a FHIR Coding.
            code: the code, exactly as written.
        """
        known = _BY_URI.get(system)
        return self._asserting.get(known.key(code), ()) if known else ()

    def near(self, system: str, code: str) -> tuple[str, ...]:
        """Return the terms that this code comes near to and does not assert."""
        known = _BY_URI.get(system)
        return self._near.get(known.key(code), ()) if known else ()

    def allergens(self, system: str, code: str) -> tuple[str, ...]:
        """Return what an allergy with this code is to, where the code says that alone."""
        known = _BY_URI.get(system)
        return self._allergens.get(known.key(code), ()) if known else ()


def system_name(uri: str) -> str:
    """Return the name a reader knows a code system by, or its URI."""
    known = _BY_URI.get(uri)
    return known.name if known else uri


def load_mappings(path: Path) -> Mappings:
    """Read an SSSOM file.

    Raises:
        KnowledgeError: the file is missing or a row is broken; the line is named.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError("mappings-unreadable", where=path.name,
                             what="the mapping file is missing or is no UTF-8 text",
                             fix="restore it") from error
    header = [line for line in lines if line.startswith("#")]
    curies = _read_curies(header)
    numbered = [(n, line) for n, line in enumerate(lines, 1) if line and not line.startswith("#")]
    if not numbered:
        raise _broken(path, 1, "it has no table", "restore it")
    columns = numbered[0][1].split("\t")
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise _broken(path, numbered[0][0], f"the column {missing[0]} is missing", "add it")
    entries = tuple(
        _read_row(path, number, columns, line.split("\t"), curies) for number, line in numbered[1:]
    )
    _check_agreement(path, entries)
    return Mappings(entries, curies)


def _read_curies(header: list[str]) -> dict[str, str]:
    """Read the prefix map: the indented lines below ``curie_map`` in the metadata."""
    curies: dict[str, str] = {}
    inside = False
    for line in header:
        text = line[1:]
        if not text[:1].isspace():
            inside = text.strip() == "curie_map:"
            continue
        found = _PREFIX_LINE.fullmatch(text) if inside else None
        if found:
            curies[found.group(1)] = found.group(2)
    return curies


def _read_row(path: Path, line: int, columns: list[str], cells: list[str],
              curies: dict[str, str]) -> Mapping:
    if len(cells) != len(columns):
        raise _broken(path, line, f"{len(cells)} cells under {len(columns)} columns",
                      "write one cell for each column")
    row = dict(zip(columns, cells, strict=True))
    for name in COLUMNS:
        if not row[name].strip():
            raise _broken(path, line, f"the cell of {name} is empty", "fill it")
    subject = _iri(path, line, row["subject_id"], curies)
    if not subject.startswith(MARROW) or not _LOCAL.fullmatch(subject.removeprefix(MARROW)):
        raise _broken(path, line, f"the subject {row['subject_id']} is no term of Marrow",
                      "write it as marrow:Name")
    predicate = _PREDICATES.get(_iri(path, line, row["predicate_id"], curies))
    if predicate is None:
        raise _broken(path, line, f"{row['predicate_id']} is no mapping predicate of SKOS",
                      "use one of " + ", ".join(f"skos:{p}" for p in (EXACT, NARROW, *NEAR))
                      + f" or marrow:{ALLERGEN}")
    _iri(path, line, row["object_id"], curies)
    prefix, _, code = row["object_id"].partition(":")
    return Mapping(f"<{subject}>", predicate, prefix, code, row["object_label"], line)


def _iri(path: Path, line: int, curie: str, curies: dict[str, str]) -> str:
    prefix, colon, local = curie.partition(":")
    if not colon or not local or prefix not in curies:
        raise _broken(path, line, f"the prefix of {curie} is not in the curie_map",
                      "declare it in the header")
    return curies[prefix] + local


def _check_agreement(path: Path, entries: tuple[Mapping, ...]) -> None:
    pairs: dict[tuple[str, tuple[str, str]], Mapping] = {}
    exact: dict[tuple[str, str], Mapping] = {}
    for entry in entries:
        key = _key(entry)
        first = pairs.setdefault((entry.subject, key), entry)
        if first is not entry:
            raise _broken(path, entry.line, f"the pair of line {first.line} is said again",
                          "keep one of the two")
        if entry.predicate != EXACT:
            continue
        other = exact.setdefault(key, entry)
        if other is not entry:
            raise _broken(
                path, entry.line,
                f"{entry.prefix}:{entry.code} is an exact match of a second term (line "
                f"{other.line})", "keep the one it means and make the other narrow or broad",
            )


def _key(entry: Mapping) -> tuple[str, str]:
    known = _BY_PREFIX.get(entry.prefix)
    return known.key(entry.code) if known else (entry.prefix, entry.code)


def _broken(path: Path, line: int, what: str, fix: str) -> KnowledgeError:
    return KnowledgeError("mapping-broken", where=f"{path.name}, line {line}", what=what, fix=fix)
