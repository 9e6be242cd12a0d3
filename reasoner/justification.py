"""Justifications: the minimal parts of what is known that give a conclusion by themselves.

A justification is a set of records, of statements of the knowledge and of absences such that the
conclusion holds for every part of the record that keeps the set, whatever else is taken away; and
no smaller set does. So what keeps an absence absent belongs to it, and what another record would
replace does not. The class tree and the definitions of relations are kept as they are.

Minimal sets are found by their duality with minimal hitting sets (Reiter, Artificial Intelligence
1987; Liffiton and Sakallah, Journal of Automated Reasoning 2008): smallest first. Which part
gives what is decided by clingo, whose stable models are what the layers of the rules mean.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import clingo

from .grounding import RECORD, Absence, Application, Grounding
from .namespaces import TYPE
from .rule import Atom

MOST = 50
"""How many justifications are looked for unless a caller says otherwise."""

EFFORT = 1000
"""How many parts of the record are tried at most for one conclusion."""

Pattern = tuple[Atom, ...]


@dataclass(frozen=True)
class Member:
    """Something a conclusion may hang on: exactly one of these is filled.

    Attributes:
        record: the node of a record.
        fact: what is stated of the patient without a record.
        statement: a sourced statement of the knowledge.
        absence: a pattern that nothing else on record matches.
    """

    record: str = ""
    fact: Atom | None = None
    statement: str = ""
    absence: Pattern = ()


@dataclass(frozen=True)
class Justification:
    """A minimal set that gives a conclusion.

    Attributes:
        records: the records, by their nodes.
        facts: what is stated of the patient without a record, such as a birth date.
        statements: the criteria, rows, links and thresholds of the knowledge.
        absences: the patterns that nothing else on record may match.
    """

    records: tuple[str, ...]
    facts: tuple[Atom, ...]
    statements: tuple[str, ...]
    absences: tuple[Pattern, ...]

    @property
    def size(self) -> int:
        """How many members it has."""
        return sum(map(len, (self.records, self.facts, self.statements, self.absences)))


@dataclass(frozen=True)
class Justifications:
    """The justifications of one conclusion, smallest first, and whether these are all."""

    conclusion: Atom
    found: tuple[Justification, ...]
    complete: bool


class Justifier:
    """Finds the justifications of one patient's conclusions."""

    def __init__(self, grounding: Grounding) -> None:
        self._grounding = grounding
        self._patient = grounding.patient
        self._control = clingo.Control(["--sign-def=pos"])
        self._literals: dict[Atom, int] = {}
        self._broken: dict[Absence, int] = {}
        self._members: dict[Member, int] = {}
        self._told: set[Atom] = set()

    def justify(self, conclusion: Atom, most: int = MOST, effort: int = EFFORT) \
            -> Justifications:
        """Return the smallest justifications of a statement, at most so many.

        Args:
            conclusion: a statement about the patient.
            most: how many to look for.
            effort: how many parts of the record may be tried; where that is not enough, the
                answer says that it is not complete.

        Returns:
            None of them where the statement does not hold of the whole record.
        """
        bearing = self._bearing_on(conclusion)
        groups: dict[frozenset[int], list[Member]] = {}
        for member, uses in bearing.items():
            groups.setdefault(frozenset(uses), []).append(member)
        together = list(groups.values())
        search = _Search(self._control, self._literals[conclusion],
                         [[self._members[m] for m in group] for group in together],
                         [sum(1 for m in group if m.record) for group in together], effort)
        chosen = list(islice(search.smallest_sets(), most + 1))
        found = tuple(
            _justification([m for number in some for m in together[number]])
            for some in chosen[:most]
        )
        return Justifications(conclusion, found, search.complete and len(chosen) <= most)

    def falls_without(self, conclusion: Atom, statements: Collection[str]) -> bool:
        """Tell whether a conclusion would not hold without these statements of the knowledge."""
        kept = [m for m in self._bearing_on(conclusion) if m.statement not in statements]
        goal = self._literals[conclusion]
        literals = [self._members[m] for m in kept]
        dropped = [-self._members[m] for s in statements
                   if (m := Member(statement=s)) in self._members]
        return bool(self._control.solve([*literals, *dropped, -goal]).satisfiable)

    @cached_property
    def _records(self) -> frozenset[str]:
        patient = self._patient.patient
        given = self._grounding.given
        subjects = {s for s, _, _ in given}
        return frozenset(subjects | {o for s, p, o in given if p == RECORD}) - {patient}

    def _bearing_on(self, conclusion: Atom) -> dict[Member, set[int]]:
        """Tell clingo what bears on a conclusion; return the members, each with its uses.

        Members with the same uses stand or fall together.
        """
        uses: dict[Member, set[int]] = defaultdict(set)
        seen: set[Atom] = set()
        waiting = [conclusion]
        number = 0
        with self._control.backend() as backend:
            while waiting:
                fact = waiting.pop()
                if fact in seen:
                    continue
                seen.add(fact)
                for application in self._tell(backend, fact):
                    number += 1
                    waiting += application.premises
                    for member in self._members_of(application):
                        uses[member].add(number)
                    for absence in application.absences:
                        for match in absence.matches:
                            waiting += match
                            for member in filter(None, map(self._member_of, match)):
                                number += 1  # what may break an absence is bound to nothing else
                                uses[member].add(number)
            own = self._member_of(conclusion)
        return {own: {0}} if own is not None else uses

    def _members_of(self, application: Application) -> Iterator[Member]:
        for statement in application.statements:
            yield Member(statement=statement)
        for absence in application.absences:
            yield Member(absence=absence.pattern)
        for premise in application.premises:
            if (member := self._member_of(premise)) is not None:
                yield member

    def _tell(self, backend: clingo.Backend, fact: Atom) -> list[Application]:
        """Tell clingo, once, what a fact follows from; return its applications."""
        applications = self._grounding.applications.get(fact, [])
        if fact in self._told:
            return applications
        self._told.add(fact)
        head = self._literal(backend, fact)
        for application in applications:
            body = [self._literal(backend, p) for p in application.premises]
            body += [self._member(backend, Member(statement=s)) for s in application.statements]
            body += [-self._break(backend, absence) for absence in application.absences]
            backend.add_rule([head], body)
        if fact in self._grounding.given:
            member = self._member_of(fact)
            backend.add_rule([head], [] if member is None else [self._member(backend, member)])
        return applications

    def _member_of(self, fact: Atom) -> Member | None:
        """Return what a fact of the record belongs to; a patient stays a patient."""
        s, p, o = fact
        if fact not in self._grounding.given or (p == TYPE and s == self._patient.patient):
            return None
        record = next((node for node in (s, o) if node in self._records), "")
        return Member(record=record) if record else Member(fact=fact)

    def _literal(self, backend: clingo.Backend, fact: Atom) -> int:
        found = self._literals.get(fact)
        if found is None:
            found = self._literals[fact] = backend.add_atom()
        return found

    def _member(self, backend: clingo.Backend, member: Member) -> int:
        found = self._members.get(member)
        if found is None:
            found = self._members[member] = backend.add_atom()
            backend.add_rule([found], choice=True)
        return found

    def _break(self, backend: clingo.Backend, absence: Absence) -> int:
        """Return the atom that an absence is broken: by a match, or by what is not known."""
        found = self._broken.get(absence)
        if found is None:
            found = self._broken[absence] = backend.add_atom()
            backend.add_rule([found], [-self._member(backend, Member(absence=absence.pattern))])
            for match in absence.matches:
                backend.add_rule([found], [self._literal(backend, fact) for fact in match])
        return found


def _justification(members: Iterable[Member]) -> Justification:
    listed = list(members)
    return Justification(
        tuple(sorted(m.record for m in listed if m.record)),
        tuple(sorted(m.fact for m in listed if m.fact is not None)),
        tuple(sorted(m.statement for m in listed if m.statement)),
        tuple(sorted(m.absence for m in listed if m.absence)),
    )


class _Search:
    """All minimal sets of groups that leave a goal no way to fail, smallest first.

    A group is known by its place in the list of groups.
    """

    def __init__(self, control: clingo.Control, goal: int, groups: list[list[int]],
                 records: list[int], effort: int) -> None:
        self._control = control
        self._goal = goal
        self._groups = groups
        self._records = records
        self._left = effort
        self.complete = False

    def smallest_sets(self) -> Iterator[list[int]]:
        """Yield each minimal set while the effort lasts; ``complete`` tells whether these are all.

        Where the effort is spent before the smallest is known, one minimal set comes all the same.
        """
        every = range(len(self._groups))
        if self._can_fail(every):
            self.complete = True
            return
        first = self._minimal()
        needed = [g for g in first if self._can_fail(h for h in every if h != g)]
        if len(needed) == len(first):
            self.complete = True
            yield needed
            return
        rest = sorted(set(every) - set(needed))
        hitting = _Hitting({g: (self._records[g], len(self._groups[g])) for g in rest})
        found = False
        while self._left > 0:
            chosen = hitting.next()
            if chosen is None:
                self.complete = True
                return
            kept = {*needed, *chosen}
            if self._can_fail(kept):
                grown = self._grown(kept, rest)
                hitting.hit([g for g in rest if g not in grown])
            else:
                found = True
                yield sorted(kept)
                hitting.leave(chosen)
        if not found:
            yield first

    def _assumed(self, kept: Iterable[int]) -> list[int]:
        return [*(literal for g in kept for literal in self._groups[g]), -self._goal]

    def _can_fail(self, kept: Iterable[int]) -> bool:
        """Tell whether the goal fails for some part that keeps all these."""
        self._left -= 1
        return bool(self._control.solve(self._assumed(kept)).satisfiable)

    def _grown(self, kept: set[int], rest: Iterable[int]) -> set[int]:
        """Return a largest set of groups with which the goal can still fail."""
        grown = set(kept)
        for group in rest:
            if group in grown:
                continue
            self._left -= 1
            with self._control.solve(self._assumed({*grown, group}), yield_=True) as handle:
                model = handle.model()
                if model is not None:
                    grown |= {
                        g for g in rest if g not in grown
                        and all(map(model.is_true, self._groups[g]))
                    }
        return grown

    def _minimal(self) -> list[int]:
        """Return one minimal set of groups with which the goal cannot fail."""
        core: list[int] = []
        self._control.solve(self._assumed(range(len(self._groups))), on_core=core.extend)
        told = set(core)
        left = [g for g, literals in enumerate(self._groups) if not told.isdisjoint(literals)]
        for group in list(left):
            fewer = [g for g in left if g != group]
            if not self._can_fail(fewer):
                left = fewer
        return left


class _Hitting:
    """The smallest set of groups that hits every set it is told to, again and again.

    Fewest records count first, then fewest members of any sort.
    """

    def __init__(self, sizes: dict[int, tuple[int, int]]) -> None:
        self._control = clingo.Control(["--opt-mode=opt"])
        with self._control.backend() as backend:
            self._atom = {g: backend.add_atom() for g in sizes}
            for atom in self._atom.values():
                backend.add_rule([atom], choice=True)
            for priority, place in ((1, 0), (0, 1)):
                backend.add_minimize(priority, [
                    (self._atom[g], size[place]) for g, size in sizes.items() if size[place]
                ])

    def next(self) -> list[int] | None:
        """Return the smallest set, or None if there is none."""
        best: list[int] | None = None
        with self._control.solve(yield_=True) as handle:
            for model in handle:
                best = [g for g, atom in self._atom.items() if model.is_true(atom)]
        return best

    def hit(self, groups: list[int]) -> None:
        """From now on hit this set too."""
        with self._control.backend() as backend:
            backend.add_rule([], [-self._atom[g] for g in groups])

    def leave(self, groups: list[int]) -> None:
        """From now on return no set that contains these."""
        with self._control.backend() as backend:
            backend.add_rule([], [self._atom[g] for g in groups])
