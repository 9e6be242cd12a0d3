"""Read a site's file, and refuse whatever a site must not decide.

The file is as hostile as a patient's: it is bounded before it is parsed, every predicate and class
has to be one that the site shapes list, and it may neither invent a threshold nor change a unit,
nor make bands overlap. It is used whole or not at all.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from .engine import Engine
from .errors import InputRefused, LimitReached
from .knowledge import Graph, Knowledge, read_vocabulary
from .namespaces import DECIMAL, MARROW, RDFS, TYPE, iri, local_name, marrow, shorten
from .patient import check_literal, parse
from .quantity import MAX_DIGITS, canonical_literal, literal_parts, number_of, text_of
from .rule import Atom
from .site import SOURCE, Site, SiteChoice, SiteThreshold, apply_site, set_aside_by
from .validation import broken_constraints

if TYPE_CHECKING:
    import pyoxigraph as ox

CHECKS = ("threshold-outside-plausible-range", "threshold-apart-from-its-counterpart",
          "threshold-out-of-order", "criterion-with-an-empty-band")
"""The checks of the knowledge that a number of a site could fail, the plainest first."""

MAX_STATEMENTS = 2_000
"""More than four for every threshold and every choice; each costs a look at the shapes."""


def read_site(data: bytes, suffix: str, source: str, engine: Engine) -> Site:
    """Read what a site has decided.

    Args:
        data: the file's bytes.
        suffix: the file name ending, which tells the format.
        source: what to call the file in messages.
        engine: the shipped knowledge that the site decides about.

    Raises:
        InputRefused: the file does not parse, says something a site may not decide, or would make
            bands of the knowledge overlap.
        LimitReached: the file is larger than the limits of this reader.
    """
    shapes = engine.root / "shapes" / "site.ttl"
    triples = parse(data, suffix, source)
    if not triples:
        raise InputRefused("empty", where=source, what="no statements",
                           fix="write a threshold or a choice, or leave the option out")
    if len(triples) > MAX_STATEMENTS:
        raise LimitReached("too-many-statements", where=source,
                           what=f"more than {MAX_STATEMENTS} statements",
                           fix="decide each threshold and each choice once")
    _check_vocabulary(triples, shapes, source)
    for violation in broken_constraints(set(triples), shapes):
        what, _, fix = violation.message.partition("; ")
        raise InputRefused("breaks-a-shape", where=f"{source}, {_shown(violation.node)}",
                           what=what, fix=fix)
    said = Graph(frozenset(triples))
    site = Site(_thresholds(said, engine.graph, source), _choices(said, engine.graph, source),
                hashlib.sha256(data).hexdigest()[:16])
    _check_order(site, engine, source)
    return site


def _shown(node: str) -> str:
    return "an unnamed entry" if node.startswith("_:") else shorten(node)[:80]


def _check_vocabulary(triples: list[Atom], shapes: Path, source: str) -> None:
    """Refuse every class, predicate and subject that a site file has no business with."""
    vocabulary = read_vocabulary(shapes)
    typed = {s: o for s, p, o in triples if p == TYPE}
    twice = [s for s, n in Counter(s for s, p, _ in triples if p == TYPE).items() if n > 1]
    if twice:
        raise InputRefused("given-twice", where=f"{source}, {_shown(twice[0])}",
                           what="it is given twice", fix="keep one of the two")
    for triple in triples:
        check_literal(triple, source)
        s, p, o = triple
        place = f"{source}, {_shown(s)}"
        if p == TYPE and o not in vocabulary.classes:
            raise InputRefused(
                "unknown-class", where=place, what=f"{shorten(o)[:80]} is nothing a site decides",
                fix=f"use one of {', '.join(sorted(local_name(c) for c in vocabulary.classes))}")
        if p != TYPE and p not in vocabulary.all_predicates:
            raise InputRefused(
                "unknown-predicate", where=place,
                what=f"{shorten(p)[:80]} is not for a site to say",
                fix="write only "
                    + ", ".join(sorted(local_name(p) for p in vocabulary.all_predicates)))
        if s not in typed:
            raise InputRefused("untyped", where=place, what="it is not said what this is",
                               fix="write 'a marrow:SiteThreshold' or 'a marrow:SiteChoice'")
        ours = s.startswith(f"<{MARROW}")
        if ours != (typed[s] == marrow("SiteThreshold")):
            raise InputRefused("wrong-name", where=place, fix="name a threshold by its own name, "
                               "and give a choice no name of the ontology",
                               what="a threshold bears another's name, or a choice one of ours")


def _thresholds(said: Graph, known: Graph, source: str) -> tuple[SiteThreshold, ...]:
    found = []
    for term in said.subjects(TYPE, marrow("SiteThreshold")):
        place = f"{source}, {shorten(term)[:80]}"
        if iri(RDFS, "Datatype") not in known.objects(term, TYPE):
            raise InputRefused("unknown-threshold", where=place, what="there is no such threshold",
                               fix="name one of ontology/definitions/thresholds.ttl")
        measurement = known.object(term, marrow("forMeasurement"))
        if measurement is None or known.objects(measurement, marrow("advancesDaily")):
            raise InputRefused("threshold-of-time", where=place,
                               what="it counts time, which is not for a site to change",
                               fix="change only thresholds of a laboratory or clinical measurement")
        unit, written = (g.text(term, marrow("thresholdUnit")) for g in (known, said))
        if unit != written:
            raise InputRefused("unit-changed", where=place,
                               what=f"its unit is {unit} and the file says {written!r}"[:200],
                               fix=f"write the number in {unit}")
        found.append(SiteThreshold(term, _bound(said, term, place),
                                   said.object(term, SOURCE) or ""))
    return tuple(found)


def _bound(said: Graph, term: str, place: str) -> str:
    """Return a site's number as a decimal term."""
    written = said.object(term, marrow("siteBound")) or ""
    number = number_of(written)
    digits = "".join(c for c in text_of(written) if c.isdigit()).strip("0")
    if number is None or len(digits) > MAX_DIGITS:
        raise InputRefused("not-a-number", where=place, what="its bound is no plain number",
                           fix=f"write at most {MAX_DIGITS} digits, such as 75.0")
    return canonical_literal(literal_parts(written)[0], DECIMAL)


def _choices(said: Graph, known: Graph, source: str) -> tuple[SiteChoice, ...]:
    found: dict[str, str] = {}
    for node in said.subjects(TYPE, marrow("SiteChoice")):
        follows = said.object(node, marrow("follows")) or ""
        place = f"{source}, {shorten(follows)[:80]}"
        others = set_aside_by(known, follows)
        if not others:
            readings = {o for _, p, o in known.triples if p == marrow("reading")}
            raise InputRefused(
                "nothing-to-choose", where=place, what="no other source disagrees with it here",
                fix="follow one of " + ", ".join(sorted(local_name(r) for r in readings)))
        if follows in found or others & found.keys():
            other = sorted(others & found.keys() or {follows})[0]
            raise InputRefused("chosen-twice", where=place, fix="follow one of them",
                               what=f"on the same question the file follows {local_name(other)}")
        found[follows] = said.object(node, SOURCE) or ""
    return tuple(SiteChoice(*pair) for pair in sorted(found.items()))


def _check_order(site: Site, engine: Engine, source: str) -> None:
    """Refuse numbers that no result can reach, or that put bands over or past each other."""
    import pyoxigraph as ox

    shipped = Knowledge(engine.root, engine.graph, (), {}, engine.fingerprint)
    lines = "".join(f"{s} {p} {o} .\n" for s, p, o in apply_site(shipped, site).graph.triples)
    store = ox.Store()
    store.bulk_extend(ox.parse(lines.encode(), format=ox.RdfFormat.N_TRIPLES))
    for name in CHECKS:
        text = (engine.root / "queries" / "checks" / f"{name}.rq").read_text(encoding="utf-8")
        for row in _rows(store.query(text)):
            where, what = (row[c] for c in ("where", "what"))
            raise InputRefused(
                name, where=f"{source}, {_shown(str(where))}",
                what=getattr(what, "value", str(what)).replace(MARROW, ""),
                fix="change the number, or every number that depends on it, in the same file")


def _rows(found: object) -> ox.QuerySolutions:
    import pyoxigraph as ox

    assert isinstance(found, ox.QuerySolutions)
    return found
