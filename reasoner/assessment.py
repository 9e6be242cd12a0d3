"""Assess one patient: everything a caller needs, with where each part comes from.

The parts are read off the inferred statements; nothing is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from .derivation import Derivations
from .engine import Engine
from .errors import Issue
from .gate import GatedPatient
from .grounding import Grounding
from .knowledge import Graph
from .mechanism import Path, contradicted, is_mechanism, paths_to
from .namespaces import DCTERMS, MARROW, TYPE, iri, local_name, marrow
from .proof import Proof, prove, said_of
from .result import Result
from .rule import Atom
from .wording import Wording

if TYPE_CHECKING:
    from .justification import Justifier

ROOT = f"<{MARROW}>"


class Display(Protocol):
    """How an assessment and its proofs look in a notebook."""

    def assessment_html(self, assessment: Assessment) -> str:
        """Return an assessment as HTML."""

    def proof_html(self, assessment: Assessment, proof: Proof) -> str:
        """Return one of its proofs as HTML."""

    def proof_svg(self, assessment: Assessment, proof: Proof) -> str:
        """Return one of its proofs as a picture that stands alone."""


@dataclass(frozen=True, repr=False)
class Assessment:
    """What follows for one patient as of a date.

    Without a ``display`` a notebook shows it as text.
    """

    engine: Engine
    patient: GatedPatient
    result: Result
    issues: tuple[Issue, ...]
    display: Display | None = field(default=None, compare=False)

    @property
    def graph(self) -> Graph:
        """The closed static knowledge."""
        return self.engine.graph

    @property
    def facts(self) -> frozenset[Atom]:
        """Everything that holds of the patient, given and inferred."""
        return self.result.facts

    @cached_property
    def derivations(self) -> Derivations:
        """Every derivation of every inferred statement."""
        return Derivations(self.result, self.patient, self.engine.origins)

    @cached_property
    def justifier(self) -> Justifier:
        """What finds the smallest parts of what is known that give a conclusion."""
        from .justification import Justifier  # the solver is for those who ask

        return Justifier(Grounding(self.engine, self.patient))

    @cached_property
    def wording(self) -> Wording:
        """The sentences for this patient."""
        return Wording(self.graph, self.patient)

    def related(self, predicate: str) -> list[str]:
        """Return what the patient is related to by a Marrow predicate, sorted."""
        return self._by_predicate.get(marrow(predicate), [])

    @cached_property
    def _by_predicate(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for s, p, o in sorted(self.facts):
            if s == self.patient.patient:
                found.setdefault(p, []).append(o)
        return found

    def fact(self, predicate: str, value: str) -> Atom:
        """Return the statement that relates the patient to something."""
        return (self.patient.patient, marrow(predicate), value)

    def prove(self, fact: Atom) -> Proof | None:
        """Return a proof of a statement, or None if it does not hold.

        It is a shortest one; of an outcome, one by the strongest reason that it follows from.
        """
        reasons = self.reasons_for(fact[1], fact[2]) if fact[1] in self.graph_outcomes else ()
        found = prove(self.derivations, fact, ((fact[0], reason, fact[2]) for reason in reasons))
        return replace(found, told_by=self, knowledge=said_of(self.graph)) if found else None

    def proof_html(self, proof: Proof) -> str | None:
        """Return a proof of this assessment as HTML for a notebook."""
        return self.display.proof_html(self, proof) if self.display else None

    def proof_svg(self, proof: Proof) -> str | None:
        """Return a proof of this assessment as a picture that stands alone."""
        return self.display.proof_svg(self, proof) if self.display else None

    def _repr_html_(self) -> str | None:
        return self.display.assessment_html(self) if self.display else None

    def __repr__(self) -> str:
        return f"<Assessment of {self.patient.patient} as of {self.patient.as_of}: " \
               f"{len(self.facts)} statements, {len(self.issues)} issues>"

    @cached_property
    def paths(self) -> tuple[tuple[Path, ...], bool]:
        """The active paths from what the patient has to the pain, ranked; whether cut."""
        target = self.graph.object(ROOT, marrow("explains")) or ""
        return paths_to(self.graph, self.patient.patient, self.facts, target)

    @property
    def has_died(self) -> bool:
        """Whether the patient has died by the as-of date, so that nobody is asked to act."""
        return (self.patient.patient, TYPE, marrow("DeceasedPatient")) in self.facts

    def outcome_of(self, intervention: str) -> str | None:
        """Return the outcome predicate of an intervention, if it has one."""
        for outcome in self.graph_outcomes:
            if self.fact(local_name(outcome), intervention) in self.facts:
                return outcome
        return None

    @cached_property
    def graph_outcomes(self) -> list[str]:
        """The outcome predicates that the schema names."""
        return sorted({s for s, p, _ in self.graph.triples if p == marrow("outcomeName")})

    def reason_of(self, outcome: str, intervention: str) -> str | None:
        """Return the name of the foremost reason for an outcome, if one is named."""
        ranked = sorted(self.reasons_for(outcome, intervention),
                        key=lambda p: (self.graph.number(p, marrow("reasonRank")) or 0.0, p))
        if ranked:
            return self._refined(self.graph.text(ranked[0], marrow("reasonName")), intervention)
        return "not-met" if local_name(outcome) == "notApplicable" else None

    def reasons_of(self, outcome: str, intervention: str) -> list[str]:
        """Return the names of all reasons for an outcome, the strongest first."""
        names = [self._refined(self.graph.text(p, marrow("reasonName")), intervention)
                 for p in self.reasons_for(outcome, intervention)]
        return list(dict.fromkeys(n for n in names or [self.reason_of(outcome, intervention)] if n))

    def reasons_for(self, outcome: str, intervention: str) -> list[str]:
        """Return the relations that are reasons for an outcome here, the strongest first.

        What rebuts stands whatever becomes of a reason that only undercuts, such as an open flag;
        the foremost, which says what to settle first, need not be the strongest.
        """
        return sorted(
            (p for p in self.graph.subjects(marrow("reasonFor"), outcome)
             if self.fact(local_name(p), intervention) in self.facts),
            key=lambda p: (self.graph.text(p, marrow("attacks")) != "rebutting",
                           self.graph.number(p, marrow("reasonRank")) or 0.0, p))

    def _refined(self, name: str | None, intervention: str) -> str | None:
        """Say conflicting where results of a missing item disagree, stale where all are too old."""
        if name != "missing":
            return name
        missing = {item for item, _ in self.missing(intervention)}
        if not missing.isdisjoint(self.related("hasConflictOn")):
            return "conflicting"
        if missing == {marrow("outsidePopulationWithout")}:
            return self.graph.text(marrow("outOfScope"), marrow("reasonName"))
        stale = {
            o for record in self.related("hasStaleObservation")
            for s, p, o in self.patient.facts if s == record and p == marrow("kind")
        }
        return "stale" if missing and missing <= stale else name

    def rows(self, intervention: str, direction: str, relation: str = "meets") -> list[str]:
        """Return the rows for or against an intervention that the patient meets."""
        wider = self.graph.objects(intervention, marrow("within")) \
            if direction == "Against" else [intervention]
        return [
            row for row in self.related(relation)
            if self.graph.object(row, marrow("direction")) == marrow(direction)
            and not set(self.graph.objects(row, marrow("intervention"))).isdisjoint(wider)
        ]

    def instead_of(self, intervention: str) -> list[str]:
        """Return the alternatives of an intervention that nothing on record may speak against."""
        against = {o for name in ("advisedAgainst", "contraindicated", "mightBeExcluded",
                                  "unverifiedAgainst") for o in self.related(name)}
        return [other for other in self.graph.objects(intervention, marrow("alternative"))
                if other not in against]

    def missing(self, intervention: str) -> list[tuple[str, str]]:
        """Return each unknown item that keeps an outcome open, with how it reads.

        Nothing is asked about a patient who has died, and where something speaks for the
        intervention already nothing is asked about what else might.
        """
        found: dict[str, str] = {}
        seen: set[Atom] = set()
        waiting = self._doubts_of(intervention)
        while waiting:
            fact = waiting.pop()
            if fact in seen:
                continue
            seen.add(fact)
            for derivation in self.derivations.of(fact):
                found.update(self._asked(derivation.asks))
                waiting.extend(p for p in derivation.premises if p[0] == self.patient.patient)
        return sorted(found.items(), key=lambda item: (item[1], item[0]))

    def doubts_about(self, intervention: str, items: set[str]) -> dict[Atom, set[Atom]]:
        """Return the doubts that keep an outcome open for want of some items.

        Args:
            intervention: the intervention.
            items: the terms that are asked for.

        Returns:
            Each doubt that asks for one of them, with the statements on the way to the asking.
        """
        found: dict[Atom, set[Atom]] = {}
        for doubt in self._doubts_of(intervention):
            about = {f for f in (doubt, *self.derivations.behind(doubt))
                     if f[0] == self.patient.patient
                     and not items.isdisjoint(i for d in self.derivations.of(f)
                                              for i in (d.asks, *self._asked(d.asks)))}
            if about:
                found[doubt] = {f for f in (doubt, *self.derivations.behind(doubt))
                                if f in about or about & self.derivations.behind(f)}
        return found

    def asked_by(self, intervention: str) -> dict[str, dict[Atom, set[Atom]]]:
        """Return, for each missing item, the doubts that ask for it, with the way to the asking."""
        found: dict[str, dict[Atom, set[Atom]]] = {}
        for doubt in self._doubts_of(intervention):
            above: dict[Atom, set[Atom]] = {doubt: set()}
            asking: dict[str, set[Atom]] = {}
            waiting = [doubt]
            while waiting:
                fact = waiting.pop()
                for derivation in self.derivations.of(fact):
                    for item in self._asked(derivation.asks):
                        asking.setdefault(item, set()).add(fact)
                    for premise in derivation.premises:
                        if premise[0] == self.patient.patient:
                            waiting += [premise] if premise not in above else []
                            above.setdefault(premise, set()).add(fact)
            for item, facts in asking.items():
                way, climbing = set[Atom](), list(facts)
                while climbing:
                    if (fact := climbing.pop()) not in way:
                        way.add(fact)
                        climbing.extend(above[fact])
                found.setdefault(item, {})[doubt] = way
        return found

    def missing_first(self, intervention: str) -> set[str]:
        """Return the missing items that alone could settle a doubt; the others only after them.

        Where no item alone could, all that the doubt asks for come first.
        """
        first: set[str] = set()
        for doubt in self._doubts_of(intervention):
            if terms := self._decisive.get(doubt):
                first.update(item for term in terms for item in self._asked(term))
            else:
                first.update(item for fact in (doubt, *self.derivations.behind(doubt))
                             for derivation in self.derivations.of(fact)
                             for item in self._asked(derivation.asks))
        return first

    @cached_property
    def _decisive(self) -> dict[Atom, frozenset[str]]:
        doubts = {f for k in self.graph.subjects(TYPE, marrow("CandidateIntervention"))
                  for f in self._doubts_of(k)}
        return self.derivations.decisive(doubts, self.patient.patient)

    def _doubts_of(self, intervention: str) -> list[Atom]:
        """Return the statements that keep an outcome open, whether they hold or not."""
        if self.has_died:
            return []
        open_sides = ("Against",) if self._is_argued_for(intervention) else ("For", "Against")
        starts = [self.fact("mightMeet", row)
                  for direction in open_sides
                  for row in self.rows(intervention, direction, "mightMeet")
                  if not (direction == "Against" and self.graph.object(
                      row, marrow("modality")) == marrow("Caution"))]
        starts += [self.fact("lacks", r) for r in self.related("lacks")
                   if not set(self.graph.objects(r, marrow("intervention"))).isdisjoint(
                       self.graph.objects(intervention, marrow("within")))]
        starts += [self.fact("ageUnknownFor", intervention),
                   self.fact("mightBeExcluded", intervention)]
        if "For" in open_sides:
            starts.append(self.fact("mightBeIndicated", intervention))
        return starts

    def _is_argued_for(self, intervention: str) -> bool:
        return any(intervention in self.related(side) for side in ("indicated", "considerable"))

    def _asked(self, term: str) -> dict[str, str]:
        """Return what a rule asks for; a requirement asks for its items, any of which will do."""
        if not term:
            return {}
        items = self.graph.objects(term, marrow("item"))
        if not items:
            return {term: self.wording.asked(term)}
        label = " or ".join(self.wording.asked(item) for item in items)
        return dict.fromkeys(items, label)


def source_of(graph: Graph, statement: str) -> dict[str, Any]:
    """Return a statement with its citation, provenance and review status."""
    provenance = graph.object(statement, marrow("provenance"))
    return {
        "id": local_name(statement),
        "iri": statement.strip("<>"),
        "label": graph.label(statement),
        "says": graph.definition(statement),
        "citation": graph.text(statement, iri(DCTERMS, "bibliographicCitation")),
        "provenance": graph.text(provenance, marrow("code")) if provenance else None,
        "reviewStatus": graph.text(statement, marrow("reviewStatus")),
    }


def certainty_of(assessment: Assessment, fact: Atom) -> str:
    """Return how sure a condition is: recorded, or as its criterion grades it."""
    graph = assessment.graph
    ranks: list[tuple[float, str]] = []
    seen: set[Atom] = set()
    waiting = [fact]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        for derivation in assessment.derivations.of(current):
            if any(p[1] == marrow("hasActiveCondition") for p in derivation.premises):
                ranks.append((0.0, "recorded"))
            for s, p, o in derivation.premises:
                if p == TYPE and (grade := graph.object(o, marrow("certainty"))):
                    ranks.append((graph.number(grade, marrow("rank")) or 9.0,
                                  graph.text(grade, marrow("code")) or ""))
                elif s == assessment.patient.patient and (p == fact[1] or p == TYPE):
                    waiting.append((s, p, o))
    return min(ranks)[1] if ranks else "inferred"


def limits_of(assessment: Assessment, path: Path) -> list[dict[str, str]]:
    """Return what is said where a general claim holds only weakly for this patient."""
    return [_fit(assessment, row, "weakFit") for row in path.limits]


def contradictions(assessment: Assessment) -> list[dict[str, Any]]:
    """Return the links that do not hold for this patient, with what is said of each."""
    graph = assessment.graph
    return [
        {"name": local_name(node), "label": graph.label(node),
         "fit": [_fit(assessment, row, "contradictedFit") for row in rows]}
        for node, rows in contradicted(graph, assessment.patient.patient, assessment.facts)
    ]


def _fit(assessment: Assessment, row: str, template: str) -> dict[str, str]:
    graph = assessment.graph
    says = (graph.text(ROOT, marrow(template)) or "").replace("{row}", local_name(row))
    return {"row": local_name(row), "says": says.replace("{label}", graph.label(row))}


def mechanisms_of(assessment: Assessment) -> list[tuple[str, list[Path]]]:
    """Return each mechanism on a path to the pain with its paths, surest first."""
    found: dict[str, list[Path]] = {}
    for path in assessment.paths[0]:
        for kind in path.kinds:
            if is_mechanism(assessment.graph, kind):
                found.setdefault(kind, []).append(path)
    return sorted(found.items(), key=lambda item: (item[1][0].rank, item[0]))
