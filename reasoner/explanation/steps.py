"""The steps of a proof as a reader follows them: sentences, from the record upwards.

Steps that only handle unnamed class expressions, and statements of general knowledge, are folded
away unless they are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..assessment import Assessment
from ..namespaces import EXPRESSION, TYPE, local_name, marrow
from ..proof import (
    Proof,
    folded_steps,
    pattern_text,
    plain_statement,
    rule_name,
    visible_premises,
)
from ..rule import Atom
from .absences import absence_sentence


@dataclass(frozen=True)
class Step:
    """One visible step: its number, sentence, rule, the steps it rests on and its records.

    ``sources`` names the claims and rows behind a criterion, link or row used in the step;
    ``site`` names the thresholds in it whose bound a site has written; ``nodes`` are the records
    themselves; ``bindings`` is what the variables of the rule stood for.
    """

    number: int
    fact: Atom
    sentence: str
    rule: str
    premises: tuple[int, ...]
    records: tuple[str, ...]
    sources: tuple[str, ...]
    site: tuple[str, ...] = ()
    absences: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    bindings: tuple[tuple[str, str], ...] = ()


SELECTED = frozenset(
    marrow(name) for name in (
        "hasCurrentObservation", "hasPairedObservation", "hasActiveCondition", "hasCondition",
        "hasActiveMedication", "hasPastMedication", "hasPastProcedure", "hasStaleObservation",
        "hasObservation",
        "hasDenial", "hasAllergy", "hasPlan", "hasReview", "hasMedication", "hasProcedure",
        "hasUsableObservation", "hasNewestObservation", "hasPairableObservation",
    )
)


def steps_of(assessment: Assessment, proof: Proof) -> list[Step]:
    """Return the visible steps of a proof in order, each after the steps it rests on."""
    patient = assessment.patient.patient
    by_conclusion = {s.conclusion: s for s in proof.steps}
    numbers: dict[Atom, int] = {}
    steps: list[Step] = []

    def is_about_patient(fact: Atom) -> bool:
        return fact[0] == patient and fact[1] not in SELECTED and fact[2] != marrow("Patient")

    def visit(concluded: Atom) -> int | None:
        fact = plain_statement(concluded, assessment.graph)
        if fact in numbers:
            return numbers[fact]
        derivation = by_conclusion.get(concluded)
        if derivation is None:
            return None
        if fact in derivation.premises:  # an expression only restates what another rule settled
            derivation = by_conclusion.get(fact, derivation)
        premises: list[int] = []
        records: dict[str, None] = {}
        sources: dict[str, None] = {}
        nodes: dict[str, None] = {}
        for premise in visible_premises(by_conclusion, derivation, assessment.graph):
            if is_about_patient(premise):
                stated = plain_statement(premise, assessment.graph)
                # what the record itself says is no step, though an expression may restate it
                number = None if stated in assessment.derivations.given else visit(premise)
                if number is not None:
                    premises.append(number)
                else:
                    records[assessment.wording.sentence(stated)] = None
            for term in (premise[0], premise[2]):
                if assessment.wording.is_record(term):
                    records[assessment.wording.record(term)] = None
                    nodes[term] = None
        for term in (*fact, *(t for p in derivation.premises for t in p)):
            if assessment.graph.object(term, marrow("provenance")):
                sources[local_name(term)] = None
            for source in assessment.graph.objects(term, "<http://purl.org/dc/terms/source>"):
                if source.startswith("<") and fact[1] == TYPE and term == fact[2]:
                    sources[local_name(source)] = None
            for claim in assessment.graph.objects(term, marrow("claim")):
                sources[local_name(claim)] = None
        bounds = {
            term: None for folded in folded_steps(by_conclusion, derivation, assessment.graph)
            for premise in folded.premises for term in premise
            if marrow("SiteThreshold") in assessment.graph.objects(term, TYPE)
        }
        numbers[fact] = len(steps) + 1
        steps.append(Step(
            len(steps) + 1, fact, assessment.wording.sentence(fact), rule_name(derivation),
            tuple(dict.fromkeys(premises)), tuple(records), tuple(sources),
            tuple(map(local_name, bounds)), nodes=tuple(nodes), bindings=derivation.binding,
        ))
        return numbers[fact]

    visit(proof.conclusion)
    return steps


def every_step(assessment: Assessment, proof: Proof) -> list[Step]:
    """Return all steps of a proof, folding nothing, with the absences each relied on.

    A step's records are the leaves it reads: of the record, and of the ontology by their triples.
    """
    numbers = {step.conclusion: n for n, step in enumerate(proof.steps, 1)}
    found = []
    for number, step in enumerate(proof.steps, 1):
        leaves = [p for p in step.premises if p not in numbers]
        sources = {
            local_name(term): None for atom in (step.conclusion, *step.premises) for term in atom
            if assessment.graph.object(term, marrow("provenance"))
        }
        found.append(Step(
            number, step.conclusion, _plain(assessment, step.conclusion), rule_name(step),
            tuple(dict.fromkeys(numbers[p] for p in step.premises if p in numbers)),
            tuple(dict.fromkeys(
                f"{proof.leaves.get(p, 'knowledge')}: {_plain(assessment, p)}" for p in leaves)),
            tuple(sources),
            absences=tuple(absence_sentence(assessment, a) for a in step.absences),
        ))
    return found


def _plain(assessment: Assessment, fact: Atom) -> str:
    """Return a statement as a sentence if it is the patient's, else as the triple it is."""
    plain = plain_statement(fact, assessment.graph)
    if plain[0] == assessment.patient.patient and not plain[2].startswith(f"<{EXPRESSION}"):
        return assessment.wording.sentence(plain)
    return pattern_text((fact,))


def because(assessment: Assessment, fact: Atom) -> list[str]:
    """Return the records and settled facts that a statement rests on, as short sentences."""
    proof = assessment.prove(fact)
    if proof is None:
        return []
    found: dict[str, None] = {}
    for step in steps_of(assessment, proof):
        for record in step.records:
            found[record] = None
    return list(found)


def own_sentences(assessment: Assessment) -> frozenset[str]:
    """Return what the record says of the patient and of no record of theirs, as sentences."""
    return frozenset(assessment.wording.sentence(fact) for fact in assessment.patient.facts
                     if fact[0] == assessment.patient.patient)


def shortly(facts: list[str], own: frozenset[str]) -> str:
    """Return records in a line, each without its sort; the patient's own only if alone."""
    shown = [f for f in facts if f not in own] or facts
    return "; ".join(f.partition(": ")[2] or f for f in shown)


def all_grounds(assessment: Assessment, facts: list[Atom]) -> list[str]:
    """Return what statements rest on by a shortest proof, then every other record behind them.

    Where one result would have been enough, a reader still wants to see the others that agree.
    """
    found = {reason: None for fact in facts for reason in because(assessment, fact)}
    wording = assessment.wording
    records = {term for fact in facts for premise in assessment.derivations.behind(fact)
               for term in (premise[0], premise[2]) if wording.is_record(term)}
    for record in sorted(records):
        found.setdefault(wording.record(record), None)
    return list(found)
