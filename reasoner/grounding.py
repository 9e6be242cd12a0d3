"""Every application a rule could have for some part of one patient's record.

Whether a statement holds for a part of the record then needs no rule, no filter and no number any
more: only which records are there. A gate's computation is an application like any other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from typing import NamedTuple

from .engine import Engine
from .gate import Computed, GatedPatient
from .knowledge import Graph
from .namespaces import DCTERMS, GATE, TYPE, iri, marrow
from .plan import PlannedRule
from .relaxation import outside
from .result import Firing, filler, picker
from .rule import Atom

_SOURCE = iri(DCTERMS, "source")
RECORD = iri(GATE, "record")
"""Relates a patient to a record that is there, whatever it says."""

_WITHHELD = iri(GATE, "withheld")


class Absence(NamedTuple):
    """A pattern that must match nothing, and every match that some part of the record gives."""

    pattern: tuple[Atom, ...]
    matches: tuple[tuple[Atom, ...], ...]


class Application(NamedTuple):
    """One application of a rule: it holds where its premises do and its absences are absent.

    ``statements`` are the sourced statements of the knowledge that it rests on: criteria, rows,
    links, thresholds.
    """

    rule: str
    premises: tuple[Atom, ...]
    statements: tuple[str, ...]
    absences: tuple[Absence, ...]
    conclusion: Atom


class Grounding:
    """All applications that any part of one patient's record allows, by conclusion."""

    def __init__(self, engine: Engine, patient: GatedPatient) -> None:
        self._engine = engine
        self.patient = patient

    @cached_property
    def given(self) -> frozenset[Atom]:
        """What the record states, and for what others withhold, which records there are."""
        patient = self.patient
        about = {node for fact, withheld in patient.withheld.items()
                 for node in (fact[0], fact[2], *(n for group in withheld.by for n in group))}
        records = {o for s, _, o in patient.facts | patient.withheld.keys()
                   if s == patient.patient} | {
            n for withheld in patient.withheld.values() for group in withheld.by for n in group}
        return (patient.facts - patient.origins.keys()) | {
            self._presence(node) for node in about & records}

    def _presence(self, node: str) -> Atom:
        return (self.patient.patient, RECORD, node)

    def _withheld(self) -> Iterator[Application]:
        """Yield an application for each fact that other records keep from the rules."""
        for fact, withheld in self.patient.withheld.items():
            absence = Absence(((fact[0], _WITHHELD, "?other"),), tuple(
                tuple(map(self._presence, group)) for group in withheld.by))
            if withheld.origin is not None:
                yield self._computation(fact, withheld.origin, (absence,))
            else:
                node = fact[0] if fact[0] != self.patient.patient else fact[2]
                yield Application(_WITHHELD, (self._presence(node),), (), (absence,), fact)

    def _computation(self, fact: Atom, computed: Computed, absences: tuple[Absence, ...]) \
            -> Application:
        """Return a gate's computation as an application; what it reads of the knowledge stays."""
        graph = self._engine.graph
        read = [p for p in computed.premises if p in graph.triples]
        statements = sorted({s for s, _, _ in read if is_statement(graph, s)})
        premises = tuple(p for p in computed.premises if p not in graph.triples)
        return Application(computed.step, premises, tuple(statements), absences, fact)

    @cached_property
    def applications(self) -> dict[Atom, list[Application]]:
        """The applications that conclude each statement."""
        patient = self.patient
        found = rule_applications(self._engine, patient.facts | patient.withheld.keys())
        computed = (self._computation(fact, how, ()) for fact, how in patient.origins.items()
                    if fact in patient.facts)
        for application in (*computed, *self._withheld()):
            found[application.conclusion].append(application)
        return found


def rule_applications(engine: Engine, facts: Iterable[Atom]) -> dict[Atom, list[Application]]:
    """Return every application of a rule that some part of some facts allows, by conclusion."""
    relaxation = engine.relaxation
    firings = relaxation.evaluator.run(facts).firings
    broken: dict[tuple[int, int], dict[tuple[str, ...], list[tuple[Atom, ...]]]] = {}
    for firing in firings:
        if id(firing.rule) in relaxation.broken:
            plan, place = relaxation.broken[id(firing.rule)]
            matches = broken.setdefault((id(plan), place), defaultdict(list))
            key = picker(outside(plan), firing.variables)
            fill = filler(plan.denials[place].atoms, firing.variables)
            for row in firing.rows:
                matches[key(row)].append(fill(row))
    found: dict[Atom, list[Application]] = defaultdict(list)
    for firing in firings:
        original = relaxation.origin.get(id(firing.rule))
        if original is not None:
            for application in _applications(engine.graph, original, firing, broken):
                found[application.conclusion].append(application)
    return found


def _applications(
    graph: Graph, plan: PlannedRule, firing: Firing,
    broken: dict[tuple[int, int], dict[tuple[str, ...], list[tuple[Atom, ...]]]],
) -> Iterator[Application]:
    names = firing.variables
    key = picker(outside(plan), names)
    denials = [
        (broken.get((id(plan), place), {}),
         filler((*denial.atoms, *denial.table.atoms), names) if denial.atoms else None)
        for place, denial in enumerate(plan.denials)
    ]
    premises, conclusions = filler(plan.premises, names), filler(plan.rule.conclusions, names)
    static = {t for s, _, o in (*plan.table.atoms, *plan.rule.facts) for t in (s, o)}
    named = sorted(t for t in static if is_statement(graph, t))
    bound = [names.index(t) for t in static if t in names]
    for row in firing.rows:
        bound_to = key(row)
        absences = []
        for matches, pattern in denials:
            these = matches.get(bound_to, ())
            if pattern is not None:
                absences.append(Absence(pattern(row), tuple(these)))
            elif these:
                break  # broken by the knowledge alone
        else:
            more = {row[place] for place in bound if is_statement(graph, row[place])}
            statements = tuple(sorted({*named, *more}) if more else named)
            needs, denied = premises(row), tuple(absences)
            for conclusion in conclusions(row):
                yield Application(plan.rule.iri, needs, statements, denied, conclusion)


@lru_cache(maxsize=100_000)
def is_statement(graph: Graph, term: str) -> bool:
    """Tell whether a term says something with a source, as against naming a kind or a relation."""
    if not term.startswith("<") or marrow("Kind") in graph.objects(term, TYPE):
        return False
    return bool(graph.object(term, marrow("provenance"))) or any(
        graph.objects(term, predicate) for predicate in (_SOURCE, marrow("claim"))
    )
