"""The oracle: the same rule files, run layer by layer to a fixpoint on Oxigraph.

Nothing of the engine is used but the reading of files: no specialisation, no columns. Oxigraph
closes the static part itself, once a session.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyoxigraph as ox

from reasoner.knowledge import Knowledge, read_knowledge, term_of
from reasoner.namespaces import EXPRESSION
from reasoner.rule import EVERY_LAYER, Atom
from reasoner.store import ox_term


@dataclass(frozen=True)
class Closed:
    """The ontology with everything that follows from it before any patient."""

    triples: frozenset[Atom]
    layers: tuple[tuple[str, ...], ...]


def quad(atom: Atom) -> ox.Quad:
    return ox.Quad(*(ox_term(term) for term in atom))


def layers_of(knowledge: Knowledge) -> tuple[tuple[str, ...], ...]:
    """The query texts of each layer; the entailment rules belong to every one."""
    last = max(rule.layer for file in knowledge.rule_files for rule in file.rules)
    return tuple(
        tuple(f.text for f in knowledge.rule_files if f.rules[0].layer in (number, EVERY_LAYER))
        for number in range(1, last + 1)
    )


def run_to_fixpoint(store: ox.Store, queries: tuple[str, ...]) -> None:
    """Add what the queries construct until nothing is new."""
    size = -1
    while size != len(store):
        size = len(store)
        for text in queries:
            found = [ox.Quad(t.subject, t.predicate, t.object) for t in store.query(text)]
            store.extend(found)


@lru_cache(maxsize=2)
def close_static(root: Path) -> Closed:
    """Close the ontology on Oxigraph."""
    knowledge = read_knowledge(root)
    layers = layers_of(knowledge)
    store = ox.Store()
    store.extend(quad(t) for t in knowledge.graph.triples)
    for queries in layers:
        run_to_fixpoint(store, queries)
    triples = frozenset(
        (term_of(q.subject), term_of(q.predicate), term_of(q.object)) for q in store
    )
    return Closed(triples, layers)


def infer(root: Path, facts: frozenset[Atom]) -> set[Atom]:
    """Return everything that follows from a patient's gated facts, named statements only."""
    closed = close_static(root)
    store = ox.Store()
    store.bulk_extend(quad(t) for t in closed.triples)
    store.extend(quad(t) for t in facts)
    for queries in closed.layers:
        run_to_fixpoint(store, queries)
    found = {(term_of(q.subject), term_of(q.predicate), term_of(q.object)) for q in store}
    return named(found - closed.triples)


def named(facts: set[Atom]) -> set[Atom]:
    """Leave out membership of unnamed class expressions and the structure around it."""
    return {
        f for f in facts
        if not any(term.startswith(f"<{EXPRESSION}") for term in f)
    }
