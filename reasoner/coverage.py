"""Say for each claim and each guideline row what carries it: what would change if it were false.

What is only written down does nothing. What carries a statement is a term that names it as its
source: a link, a criterion, a row, a threshold, a rule file, an annotated relation, or the reason
why nothing follows from it. A kind that names a statement carries nothing, because it only says
what a word means; neither does the annotation of a relation that is not stated. A guideline row is
carried by its own parts as well, where they speak for or against something, flag, follow or ask.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from .knowledge import Graph, Knowledge, read_knowledge
from .namespaces import DCTERMS, EXPRESSION, MARROW, OWL, RDFS, TYPE, iri, local_name, marrow
from .quantity import text_of
from .taxonomy import kinds_of

_AXIOM = iri(OWL, "Axiom")
_SORTS = {iri(RDFS, "Datatype"): "threshold"}
_PARTS = tuple(iri(OWL, name)
               for name in ("annotatedSource", "annotatedProperty", "annotatedTarget"))
_CLAIM_NAME = re.compile(r"\bmarrow:([A-Za-z0-9_-]+)")


@dataclass(frozen=True, order=True)
class Carrier:
    """What carries a claim: its sort in plain words, and its name."""

    sort: str
    name: str


@dataclass(frozen=True)
class Coverage:
    """One claim, what it is about, and everything that carries it."""

    claim: str
    label: str
    carriers: tuple[Carrier, ...]


@dataclass(frozen=True)
class RowCoverage:
    """One guideline row and its parts, what it is about, and everything that carries it."""

    row: str
    label: str
    carriers: tuple[Carrier, ...]


def find_coverage(root: Path | None = None) -> list[Coverage]:
    """Return each claim of a knowledge folder with what carries it, in the order of their names.

    Args:
        root: a folder with ontology/, queries/ and shapes/; the shipped knowledge by default.

    Raises:
        KnowledgeError: the knowledge is missing or broken.
    """
    knowledge = read_knowledge(root)
    graph = knowledge.graph
    claims = sorted(graph.subjects(TYPE, marrow("Claim")))
    found = _carriers(knowledge, claims)
    return [Coverage(local_name(claim), graph.label(claim), tuple(sorted(found[claim])))
            for claim in claims]


def find_row_coverage(root: Path | None = None) -> list[RowCoverage]:
    """Return each guideline row of a knowledge folder with what carries it.

    The parts of a row, named by it and a suffix, count as one with it. A part that is more than a
    statement is applied by the rules, so it carries its row.

    Args:
        root: a folder with ontology/, queries/ and shapes/; the shipped knowledge by default.

    Raises:
        KnowledgeError: the knowledge is missing or broken.
    """
    knowledge = read_knowledge(root)
    graph = knowledge.graph
    sorts = set(graph.subjects(iri(RDFS, "subClassOf"), marrow("Statement"))) - {marrow("Claim")}
    applied = {row for sort in sorts for row in graph.subjects(TYPE, sort)}
    parts = sorted(applied | set(graph.subjects(TYPE, marrow("Statement"))))
    found = _carriers(knowledge, parts)
    rows: dict[str, list[str]] = defaultdict(list)
    for part in parts:
        rows[local_name(part).split("-")[0]].append(part)
    coverage = []
    for name, members in rows.items():
        carriers = {c for part in members for c in found[part]}
        carriers |= {c for part in members if part in applied and (c := _carrier(graph, part))}
        first = marrow(name) if marrow(name) in members else members[0]
        coverage.append(RowCoverage(name, graph.label(first), tuple(sorted(carriers))))
    return coverage


def _carriers(knowledge: Knowledge, statements: list[str]) -> dict[str, set[Carrier]]:
    """Return what carries each of some statements apart from itself."""
    graph = knowledge.graph
    found: dict[str, set[Carrier]] = {statement: set() for statement in statements}
    kinds = kinds_of(graph)
    for subject, predicate, statement in graph.triples:
        if predicate in (marrow("claim"), iri(DCTERMS, "source")) and statement in found:
            carrier = None if subject in kinds else _carrier(graph, subject)
            if carrier is not None:
                found[statement].add(carrier)
    reason = marrow("notComputable")
    for statement in statements:
        found[statement] |= {Carrier(graph.label(reason), text_of(text))
                             for text in graph.objects(statement, reason)}
    for name, named in _rules(knowledge):
        for statement in named & found.keys():
            found[statement].add(Carrier("rule", name))
    return found


def _carrier(graph: Graph, subject: str) -> Carrier | None:
    """Return what a term that names a claim as its source is, or None if it says nothing."""
    types = graph.objects(subject, TYPE)
    if _AXIOM in types:
        source, predicate, target = (graph.object(subject, part) or "" for part in _PARTS)
        if (source, predicate, target) not in graph.triples:
            return None
        return Carrier("relation", " ".join(map(_name, (source, predicate, target))))
    if subject.startswith(f"<{EXPRESSION}"):
        return None
    sorts = [_SORTS.get(t) or graph.label(t) for t in types
             if t in _SORTS or t.startswith(f"<{MARROW}")]
    return Carrier(" and ".join(sorts), local_name(subject)) if sorts else None


def _name(term: str) -> str:
    return local_name(term) if term.startswith("<") else text_of(term)


def _rules(knowledge: Knowledge) -> list[tuple[str, set[str]]]:
    """Return each rule file with the terms that its header names as its source."""
    return [(file.name, {marrow(n) for n in _CLAIM_NAME.findall(file.header.get("source", ""))})
            for file in knowledge.rule_files]


def coverage_text(rows: list[Coverage]) -> str:
    """Return the coverage as a table: a line for each claim and what carries it."""
    return _table([(row.claim, row.label, row.carriers) for row in rows], "claims")


def row_coverage_text(rows: list[RowCoverage]) -> str:
    """Return the coverage as a table: a line for each guideline row and what carries it."""
    return _table([(row.row, row.label, row.carriers) for row in rows], "guideline rows")


def _table(rows: list[tuple[str, str, tuple[Carrier, ...]]], what: str) -> str:
    lines = []
    for name, label, carriers in rows:
        said = "; ".join(f"{c.sort} {c.name}" for c in carriers)
        lines.append(f"{name}\t{label}\t{said or 'carried by nothing'}")
    carried = sum(bool(carriers) for _, _, carriers in rows)
    lines.append(f"{carried} of {len(rows)} {what} are carried")
    return "\n".join(lines) + "\n"
