"""Check a written proof again, step by step, with nothing of the engine that wrote it.

Every rule runs as the SPARQL of its file, on Oxigraph, over the premises of the step alone; every
age, day count, window and amount is computed again; every leaf is looked up. What a step says is
absent is compared with its rule, and looked for: in the knowledge and the proof, and, where the
patient's record is given, in everything that follows from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pyoxigraph as ox

from ..namespaces import RDF
from .answers import read_proofs
from .library import Library, Triple, filled, plain_term, read_library, triples_of
from .numbers import Scale, compute, read_scales, without_future
from .rules import Absence, Pattern, Term, fill
from .windows import Interval, count_premises, count_record, read_intervals
from .written import BrokenProofError, Step, WrittenProof, read_quads, statement_text

__all__ = ["Checker", "Library", "Verdict", "read_library"]


@dataclass(frozen=True)
class Verdict:
    """Whether a proof holds; if not, where it breaks and why; and how much was checked."""

    holds: bool
    where: str
    what: str
    steps: int = 0
    records: int = 0
    knowledge: int = 0
    absences: int = 0
    against_record: bool = False
    proofs: int = 1

    def text(self) -> str:
        """Return the verdict as one line."""
        if not self.holds:
            return f"does not hold: {self.where}: {self.what}\n"
        looked = "looked for in all that follows from the record" if self.against_record else (
            "looked for in the knowledge and the proof only; name the record with --patient")
        return (f"holds: {self.what}: {self.steps} steps, {self.records} record statements, "
                f"{self.knowledge} knowledge statements, {self.absences} absences "
                f"({looked})\n")


@dataclass(frozen=True)
class Question:
    """What a step says is absent, and the query that must not find it."""

    step: Step
    pattern: str
    query: str


class Record:
    """A patient's record as of a date, and what follows from it on Oxigraph."""

    def __init__(self, stated: frozenset[Triple], as_of: date) -> None:
        self.as_of = as_of
        self.stated = stated
        self._complete: ox.Store | None = None

    def complete(self, library: Library, scales: dict[Term, Scale],
                 intervals: list[Interval]) -> ox.Store:
        """Return everything that follows, layer by layer, from the record and its numbers."""
        if self._complete is None:
            numbers = compute(self.stated, scales, self.as_of)
            numbers += count_record(self.stated, intervals, self.as_of)
            self._complete = library.follow([*self.stated, *(n.conclusion for n in numbers)])
        return self._complete


class Checker:
    """Checks proofs against the knowledge of one library; a step seen before is not run again."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._right: dict[tuple[Step, date], list[Question]] = {}
        self._records: dict[tuple[frozenset[Triple], date], Record] = {}

    @cached_property
    def _scales(self) -> dict[Term, Scale]:
        return read_scales(self.library.stated)

    @cached_property
    def _intervals(self) -> list[Interval]:
        return read_intervals(self.library.stated, self.library.closed)

    def check(self, data: bytes, suffix: str, source: str, as_of: date | None = None,
              patient: Iterable[Triple] | None = None) -> Verdict:
        """Read a proof and check it.

        Args:
            data: the file's bytes.
            suffix: the ending of the file's name, which tells the format.
            source: what to call the file in messages.
            as_of: the date the proof has to be for; by default the one it names.
            patient: the patient's record, if the proof is to be checked against it.

        Raises:
            InputRefused: the file does not parse or holds no proof.
            LimitReached: the file is larger than a proof can be.
        """
        quads, named = read_quads(data, suffix, source)
        stated = list(patient) if patient is not None else None
        try:
            found = [(proof, self._check_proof(proof, as_of, stated))
                     for proof in read_proofs(quads, named, source)]
        except BrokenProofError as error:
            return Verdict(False, error.where, error.what)
        what = statement_text(found[0][0].conclusion) if len(found) == 1 else \
            f"{len(found)} proofs of an answer, of which nothing else was checked"
        return Verdict(True, source, what, sum(len(p.steps) for p, _ in found),
                       len(frozenset().union(*(p.records for p, _ in found))),
                       len(frozenset().union(*(p.knowledge for p, _ in found))),
                       sum(absences for _, absences in found), patient is not None, len(found))

    def _check_proof(self, proof: WrittenProof, as_of: date | None,
                     stated: list[Triple] | None) -> int:
        """Check one proof and return how many absences it needs."""
        day = _day(proof, as_of)
        record = self._record(stated, day) if stated is not None else None
        self._check_leaves(proof, record)
        questions = [q for step in proof.steps for q in self._check_step(step, day)]
        self._check_absences(proof, questions, record)
        if proof.misnamed:
            raise BrokenProofError(f"statement {statement_text(proof.misnamed[0])}",
                                   "its name was made from another statement")
        if proof.derived_from != self.library.root_said:
            raise BrokenProofError("the proof", "what it says of the version, the status or the "
                                   "notice of its knowledge is not what the knowledge says")
        return len(questions)

    def _record(self, patient: Iterable[Triple], day: date) -> Record:
        plain = [(s, p, plain_term(o)) for s, p, o in patient]
        stated = frozenset(without_future(plain, day))
        return self._records.setdefault((stated, day), Record(stated, day))

    def _check_leaves(self, proof: WrittenProof, record: Record | None) -> None:
        stray = sorted(proof.knowledge - self.library.stated, key=str)
        if stray:
            raise BrokenProofError(f"statement {statement_text(stray[0])}",
                                   "it rests on knowledge and stands in no ontology file")
        for triple in sorted(proof.records, key=str):
            where = f"statement {statement_text(triple)}"
            if record is not None and triple not in record.stated:
                raise BrokenProofError(where, "it rests on the record and is not in it")
            if not self._may_be_recorded(triple):
                raise BrokenProofError(where, "it rests on the record and no record may say it")

    def _may_be_recorded(self, triple: Triple) -> bool:
        classes, predicates = self.library.record_terms
        _, p, o = triple
        return o in classes if p.value == RDF + "type" else p in predicates

    def _check_step(self, step: Step, day: date) -> list[Question]:
        if (step, day) not in self._right:
            if step.computed:
                self._check_computation(step, day)
            self._right[step, day] = [] if step.computed else list(self._check_application(step))
        return self._right[step, day]

    def _check_computation(self, step: Step, day: date) -> None:
        found = compute(step.premises, self._scales, day)
        found += count_premises(step.premises, day)
        if step.absences:
            raise BrokenProofError(step.name, "a computation needs no absence")
        if not any(n.computation == step.rule and n.conclusion == step.conclusion
                   and n.premises == step.premises for n in found):
            own = [n.conclusion for n in found
                   if n.computation == step.rule and n.conclusion[1] == step.conclusion[1]]
            instead = f"; it gives {own[0][2].value}" if own else ""
            raise BrokenProofError(
                step.name, f"as of {day} its premises do not give this{instead}")

    def _check_application(self, step: Step) -> Iterator[Question]:
        rule = self.library.rules.get(step.rule)
        if rule is None:
            raise BrokenProofError(step.name, "there is no such rule file")
        store, conclusion = filled(step.premises), _stored(step.conclusion)
        made = store.query(rule.construct)
        assert isinstance(made, ox.QueryTriples)
        if conclusion not in {(t.subject, t.predicate, t.object) for t in made}:
            raise BrokenProofError(step.name, "the rule does not conclude this from its premises")
        premises = triples_of(store)
        fault = "it has a premise that the rule does not need"
        for branch in rule.branches:
            for binding in _matches(store, branch.select(rule.prologue)):
                if premises != {fill(a, binding) for a in branch.atoms} \
                        or conclusion not in {fill(a, binding) for a in rule.template}:
                    continue
                expected = {_pattern(a, binding) for b in branch.absences for a in b.alternatives}
                if expected == {_pattern(a, {}) for a in step.absences}:
                    for absence in branch.absences:
                        yield Question(step, _absence_text(absence, binding),
                                       absence.question(rule.prologue, binding))
                    return
                fault = "the absences it lists are not those of the rule"
        raise BrokenProofError(step.name, fault)

    def _check_absences(self, proof: WrittenProof, questions: list[Question],
                        record: Record | None) -> None:
        if not questions:
            return
        store = self.library.with_closure(proof.statements) if record is None \
            else record.complete(self.library, self._scales, self._intervals)
        for question in questions:
            if store.query(question.query, use_default_graph_as_union=True):
                raise BrokenProofError(question.step.name,
                                       f"it says there is no {question.pattern}, and there is")


def _day(proof: WrittenProof, as_of: date | None) -> date:
    if proof.as_of is None and as_of is None:
        raise BrokenProofError("the proof", "it names no as-of date; give it with --as-of")
    if proof.as_of and as_of and proof.as_of != as_of:
        raise BrokenProofError("the proof", f"it is as of {proof.as_of} and not {as_of}")
    day = proof.as_of or as_of
    assert day is not None
    return day


def _stored(triple: Triple) -> Triple:
    """Return a triple as Oxigraph spells it."""
    (found,) = triples_of(filled([triple]))
    return found


def _matches(store: ox.Store, query: str) -> Iterator[dict[str, Term]]:
    found = store.query(query)
    assert isinstance(found, ox.QuerySolutions)
    names = [v.value for v in found.variables]
    for solution in found:
        yield {name: term for name in names if isinstance(term := solution[name], Term)}


def _pattern(atoms: Iterable[Pattern], binding: dict[str, Term]) -> frozenset[tuple[str, ...]]:
    """Return the atoms of an absence as text that can be compared, whatever their order."""
    return frozenset(tuple(map(str, fill(atom, binding))) for atom in atoms)


def _absence_text(absence: Absence, binding: dict[str, Term]) -> str:
    atoms = [fill(atom, binding) for atom in absence.alternatives[0]]
    return " . ".join(statement_text(atom) for atom in atoms)
