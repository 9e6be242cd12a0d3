"""Every application a rule could have for some part of one patient's record.

Whether a statement holds for a part of the record then needs no rule, no filter and no number any
more: only which records are there. A gate's computation is an application like any other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from .engine import Engine
from .gate import GatedPatient
from .knowledge import Graph
from .namespaces import DCTERMS, GATE, TYPE, iri, marrow
from .plan import PlannedRule
from .rule import Atom, substitute

_SOURCE = iri(DCTERMS, "source")
RECORD = iri(GATE, "record")
"""Relates a patient to a record that is there, whatever it says."""

_WITHHELD = iri(GATE, "withheld")


@dataclass(frozen=True)
class Absence:
    """A pattern that must match nothing, and every match that some part of the record gives."""

    pattern: tuple[Atom, ...]
    matches: tuple[tuple[Atom, ...], ...]


@dataclass(frozen=True)
class Application:
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
                yield Application(withheld.origin.step, withheld.origin.premises, (), (absence,),
                                  fact)
            else:
                node = fact[0] if fact[0] != self.patient.patient else fact[2]
                yield Application(_WITHHELD, (self._presence(node),), (), (absence,), fact)

    @cached_property
    def applications(self) -> dict[Atom, list[Application]]:
        """The applications that conclude each statement."""
        relaxation = self._engine.relaxation
        result = relaxation.evaluator.run(self.patient.facts | self.patient.withheld.keys())
        broken: dict[tuple[int, int], dict[tuple[str, ...], list[dict[str, str]]]] = {}
        for firing in result.firings:
            if id(firing.rule) not in relaxation.broken:
                continue
            plan, place = relaxation.broken[id(firing.rule)]
            rows = broken.setdefault((id(plan), place), defaultdict(list))
            for binding in firing.bindings():
                rows[_key(plan, binding)].append(binding)
        found: dict[Atom, dict[Application, None]] = defaultdict(dict)
        for firing in result.firings:
            original = relaxation.origin.get(id(firing.rule))
            if original is None:
                continue
            for binding in firing.bindings():
                for application in self._applications(original, binding, broken):
                    found[application.conclusion][application] = None
        for fact, computed in self.patient.origins.items():
            if fact in self.patient.facts:
                found[fact][Application(computed.step, computed.premises, (), (), fact)] = None
        for application in self._withheld():
            found[application.conclusion][application] = None
        return {fact: list(some) for fact, some in found.items()}

    def _applications(
        self, plan: PlannedRule, binding: dict[str, str],
        broken: dict[tuple[int, int], dict[tuple[str, ...], list[dict[str, str]]]],
    ) -> list[Application]:
        absences = []
        for place, denial in enumerate(plan.denials):
            matches = broken.get((id(plan), place), {}).get(_key(plan, binding), [])
            if not denial.atoms:
                if matches:
                    return []  # broken by the knowledge alone
                continue
            pattern = (*denial.atoms, *denial.table.atoms)
            absences.append(Absence(
                tuple(substitute(a, binding) for a in pattern),
                tuple(tuple(substitute(a, match) for a in denial.atoms) for match in matches),
            ))
        static = (substitute(a, binding) for a in plan.table.atoms)
        terms = {t for s, _, o in (*static, *plan.rule.facts) for t in (s, o)}
        premises = tuple(substitute(a, binding) for a in plan.premises)
        statements = tuple(sorted(t for t in terms if is_statement(self._engine.graph, t)))
        return [
            Application(plan.rule.iri, premises, statements, tuple(absences),
                        substitute(atom, binding))
            for atom in plan.rule.conclusions
        ]


def _key(plan: PlannedRule, binding: dict[str, str]) -> tuple[str, ...]:
    names = sorted({t for a in plan.premises for t in a if t.startswith("?")}
                   | set(plan.table.variables))
    return tuple(binding[v] for v in names)


def is_statement(graph: Graph, term: str) -> bool:
    """Tell whether a term says something with a source, as against naming a kind or a relation."""
    if not term.startswith("<") or marrow("Kind") in graph.objects(term, TYPE):
        return False
    return bool(graph.object(term, marrow("provenance"))) or any(
        graph.objects(term, predicate) for predicate in (_SOURCE, marrow("claim"))
    )
