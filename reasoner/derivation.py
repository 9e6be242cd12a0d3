"""Every way in which every statement was derived.

A run keeps the bindings with which each rule fired; here they become derivations: a rule, its
premises, what had to be absent, and the conclusion. Nothing is chosen here. That is the business
of a proof.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from .gate import GatedPatient
from .namespaces import MARROW
from .result import Result
from .rule import Atom, is_variable, substitute


@dataclass(frozen=True)
class Derivation:
    """One application of a rule or computation.

    ``binding`` maps the rule's variables to terms; ``absences`` are the patterns that had to
    match nothing, with what was bound outside them filled in; ``asks`` is the item that is
    unknown where the rule finds something unknown.
    """

    rule: str
    branch: int
    binding: tuple[tuple[str, str], ...]
    premises: tuple[Atom, ...]
    absences: tuple[tuple[Atom, ...], ...]
    conclusion: Atom
    asks: str = ""

    @cached_property
    def iri(self) -> str:
        """A name made from the content, so that equal derivations have one name."""
        content = repr((self.rule, self.premises, self.absences, self.conclusion))
        return f"<{MARROW}derivation/{hashlib.sha256(content.encode()).hexdigest()[:20]}>"


class Derivations:
    """All derivations behind one patient's conclusions, by conclusion."""

    def __init__(
        self,
        result: Result,
        patient: GatedPatient,
        static: dict[Atom, tuple[str, tuple[Atom, ...]]],
    ) -> None:
        self._result = result
        self._patient = patient
        self._static = static

    @cached_property
    def given(self) -> frozenset[Atom]:
        """The facts that the record states, as against computed or inferred ones."""
        return self._patient.facts - self._patient.origins.keys()

    @property
    def as_of(self) -> date:
        """The date the statements are for."""
        return self._patient.as_of

    @cached_property
    def _inferred(self) -> dict[Atom, list[Derivation]]:
        found: dict[Atom, dict[Derivation, None]] = defaultdict(dict)
        for firing in self._result.firings:
            plan = firing.rule
            rule = plan.rule
            static = tuple(a for a in rule.premises if a not in plan.premises)
            for binding in firing.bindings():
                premises = tuple(
                    substitute(a, binding) for a in (*plan.premises, *static, *rule.facts)
                )
                absences = tuple(
                    tuple(substitute(a, binding) for a in absence.atoms)
                    for absence in rule.absences
                )
                for atom in rule.conclusions:
                    conclusion = substitute(atom, binding)
                    derivation = Derivation(rule.iri, rule.branch, tuple(sorted(binding.items())),
                                            premises, absences, conclusion,
                                            binding.get(rule.asks, rule.asks))
                    found[conclusion][derivation] = None
        return {fact: list(derivations) for fact, derivations in found.items()}

    def of(self, fact: Atom) -> list[Derivation]:
        """Return every derivation of a statement; none for what is given or axiomatic."""
        if fact in self._inferred:
            return self._inferred[fact]
        computed = self._patient.origins.get(fact)
        if computed is not None:
            return [Derivation(computed.step, 1, (), computed.premises, (), fact)]
        static = self._static.get(fact)
        if static is not None:
            return [Derivation(static[0], 1, (), static[1], (), fact)]
        return []

    def by(self, rule: str) -> list[Derivation]:
        """Return every application of a rule or computation to the record, by its conclusion."""
        facts = sorted({*self._inferred, *self._patient.origins})
        return [d for fact in facts for d in self.of(fact) if d.rule == rule]

    def behind(self, fact: Atom) -> set[Atom]:
        """Return every premise of every derivation of a statement, of theirs, and so on."""
        found: set[Atom] = set()
        waiting = [fact]
        while waiting:
            for derivation in self.of(waiting.pop()):
                fresh = [p for p in derivation.premises if p not in found]
                found.update(fresh)
                waiting += fresh
        return found

    def decisive(self, starts: Iterable[Atom], subject: str) -> dict[Atom, frozenset[str]]:
        """Return what alone could settle each doubt, of all that its derivations ask for.

        A term that every derivation of a doubt asks for can refute it alone; one that is all a
        derivation asks for can grant it alone. Any other matters only once more is known.

        Args:
            starts: the doubts; those that they rest on are answered for too.
            subject: the patient, whose statements are followed.
        """
        ways: dict[Atom, list[tuple[frozenset[str], list[Atom]]]] = {}
        waiting = [*starts]
        while waiting:
            fact = waiting.pop()
            if fact not in ways:
                ways[fact] = [
                    (frozenset({d.asks} - {""}), [p for p in d.premises if p[0] == subject])
                    for d in self.of(fact)]
                waiting += (p for _, premises in ways[fact] for p in premises)
        asking = {fact for fact, found in ways.items() if any(asks for asks, _ in found)}
        while more := {fact for fact, found in ways.items() if fact not in asking
                       and any(not asking.isdisjoint(premises) for _, premises in found)}:
            asking |= more
        parts = {fact: [(asks, [p for p in premises if p in asking])
                        for asks, premises in ways[fact]] for fact in asking}
        refuting = dict.fromkeys(asking, frozenset().union(
            *(asks for found in ways.values() for asks, _ in found)))
        granting: dict[Atom, frozenset[str]] = dict.fromkeys(asking, frozenset())
        before = None
        while before != (before := (dict(refuting), dict(granting))):
            for fact, found in parts.items():
                refuting[fact] = frozenset.intersection(*(
                    asks.union(*(refuting[p] for p in premises)) for asks, premises in found))
                granting[fact] = frozenset().union(*(
                    frozenset.intersection(*needed) for asks, premises in found
                    if (needed := [*([asks] if asks else []), *(granting[p] for p in premises)])))
        return {fact: refuting[fact] | granting[fact] for fact in asking}

    @cached_property
    def heights(self) -> dict[Atom, int]:
        """The least number of steps from leaves to each inferred statement.

        A derivation whose premises all lie lower is never part of a circle.
        """
        heights: dict[Atom, int] = {}
        waiting = dict(self._inferred)
        level = 1
        while waiting:
            settled = [
                fact for fact, derivations in waiting.items()
                if any(all(p not in waiting for p in d.premises) for d in derivations)
            ]
            for fact in settled:
                heights[fact] = level
            for fact in settled:
                del waiting[fact]
            level += 1
            if not settled:
                break
        return heights

    def resting_on(self, facts: frozenset[Atom]) -> frozenset[Atom]:
        """Return the inferred statements that no derivation supports without some statements.

        What had to be absent is taken to be absent still.
        """
        unsupported = set(self._inferred)
        while True:
            supported = {
                fact for fact in unsupported - facts
                if any(unsupported.isdisjoint(d.premises) for d in self._inferred[fact])
            }
            if not supported:
                return frozenset(unsupported)
            unsupported -= supported

    def shortest(self, fact: Atom) -> Derivation | None:
        """Return a derivation of least height, or None for a leaf."""
        found = self.of(fact)
        if not found:
            return None
        return min(
            found,
            key=lambda d: (
                max((self.heights.get(p, 0) for p in d.premises), default=0),
                len(d.premises), d.rule, d.branch, d.premises,
            ),
        )


def absence_text(pattern: tuple[Atom, ...]) -> tuple[Atom, ...]:
    """Return the part of an absence pattern that has no variable subject left open."""
    return tuple(a for a in pattern if not is_variable(a[0])) or pattern
