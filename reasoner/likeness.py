"""Group the records that no patient shape can tell apart, so that one of each is validated.

The shapes look at which predicates a record has, at datatypes, at lengths and at words of a list.
They do not look at which number, date or free text it is, so records that differ in nothing else
break the same shapes. A test holds the shapes to that.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from .namespaces import DATE, DATETIME, DECIMAL, INTEGER, marrow
from .patient import PatientGraph
from .quantity import literal_parts
from .rule import Atom

_NUMBER = {DECIMAL: re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?"),
           INTEGER: re.compile(r"[+-]?[0-9]{1,20}")}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:00)?")
_FREE = (marrow("recordedName"), marrow("recordSource"))
_SHORT = 400
"""Free texts up to this length are within every limit of the shapes."""


@dataclass(frozen=True)
class Likeness:
    """The graph with one of each sort of record, and the records that each stands for."""

    triples: frozenset[Atom]
    members: dict[str, tuple[str, ...]]


def group_alike(graph: PatientGraph) -> Likeness:
    """Return a graph that breaks the same shapes as the whole, with one record of each sort."""
    about: dict[str, list[tuple[str, str]]] = defaultdict(list)
    links: dict[str, list[str]] = defaultdict(list)
    for s, p, o in graph.triples:
        if s == graph.patient:
            links[o].append(p)
        else:
            about[s].append((p, o))
    if any(o in about for said in about.values() for _, o in said):
        # records that point at records are judged together
        return Likeness(graph.triples, {})
    sorts: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for node in sorted(about):
        said = sorted((p, _abstract(p, o)) for p, o in about[node])
        sorts[tuple(sorted(links[node])), tuple(said)].append(node)
    members = {nodes[0]: tuple(nodes) for nodes in sorts.values()}
    left_out = {node for nodes in members.values() for node in nodes[1:]}
    kept = frozenset(t for t in graph.triples if t[0] not in left_out and t[2] not in left_out)
    return Likeness(kept, members)


def counterpart(graph_about: dict[tuple[str, str], list[str]], node: str, path: str, value: str) \
        -> str:
    """Return what a record says where another of its sort says a value."""
    wanted = _abstract(path, value)
    said = sorted(graph_about.get((node, path), ()))
    return next((o for o in said if _abstract(path, o) == wanted), value)


def _abstract(predicate: str, term: str) -> str:
    """Return what the shapes see of a term."""
    if not term.startswith('"'):
        return term
    lexical, datatype, language = literal_parts(term)
    if language:
        return term
    if predicate in _FREE:
        return f"a text of {datatype}" if len(lexical) <= _SHORT else term
    pattern = _NUMBER.get(datatype)
    if (pattern and pattern.fullmatch(lexical)) or _is_time(lexical, datatype):
        return f"some {datatype}"
    return term


def _is_time(lexical: str, datatype: str) -> bool:
    pattern = {DATE: _DATE, DATETIME: _MOMENT}.get(datatype)
    if not pattern or not pattern.fullmatch(lexical):
        return False
    try:
        (date if datatype == DATE else datetime).fromisoformat(lexical)
    except ValueError:
        return False
    return True
