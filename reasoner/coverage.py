"""Say for each claim what carries it: what in the knowledge would change if the claim were false.

A claim that is only written down does nothing. What carries one is a statement that names it as its
source: a link, a criterion, a row, a threshold, a rule file, an annotated relation, or the reason
why nothing follows from it. A kind that names a claim carries nothing, because it only says what a
word means; neither does the annotation of a relation that is not stated.
"""

from __future__ import annotations

import re
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
    found: dict[str, set[Carrier]] = {claim: set() for claim in claims}
    kinds = kinds_of(graph)
    for subject, predicate, claim in graph.triples:
        if predicate in (marrow("claim"), iri(DCTERMS, "source")) and claim in found:
            carrier = None if subject in kinds else _carrier(graph, subject)
            if carrier is not None:
                found[claim].add(carrier)
    reason = marrow("notComputable")
    for claim in claims:
        found[claim] |= {Carrier(graph.label(reason), text_of(text))
                         for text in graph.objects(claim, reason)}
    for name, named in _rules(knowledge):
        for claim in named & found.keys():
            found[claim].add(Carrier("rule", name))
    return [Coverage(local_name(claim), graph.label(claim), tuple(sorted(found[claim])))
            for claim in claims]


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
    lines = []
    for row in rows:
        carriers = "; ".join(f"{c.sort} {c.name}" for c in row.carriers)
        lines.append(f"{row.claim}\t{row.label}\t{carriers or 'carried by nothing'}")
    carried = sum(bool(row.carriers) for row in rows)
    lines.append(f"{carried} of {len(rows)} claims are carried")
    return "\n".join(lines) + "\n"
