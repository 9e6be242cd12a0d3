"""Arguments: what speaks for and against an intervention for one patient, and what defeats what.

An argument is what one row, flag, requirement or refusal settles about the intervention; the schema
says of each settled relation how it argues (``marrow:argues``) and how it attacks what speaks for
the intervention (``marrow:attacks``). Nothing is weighed here: arguments are read off the
derivations, and an argument stands unless one that stands defeats it.

Sources: Fox and Das, Safe and Sound (signs of arguments: for, against, confirming, excluding);
Pollock, Defeasible reasoning (rebutting and undercutting defeaters).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..assessment import Assessment, source_of
from ..derivation import Derivation
from ..disagreement import Disagreement, disagreements_of
from ..errors import UsageError, advise
from ..knowledge import Graph
from ..namespaces import OWL, TYPE, iri, local_name, marrow
from ..rule import Atom
from .disagreements import disagreement_data, disagreement_lines, disputed
from .steps import because
from .text import source_text

_PRO = ("confirming", "for")
_SIGNS = {"confirming": "++", "for": "+", "possible": "?", "against": "-", "doubting": "?-",
          "excluding": "--"}
"""The signs in the order they are told, and how they are written."""
_ANY = marrow("outOfScope")
"""Who is outside the population: that keeps exclusions from deciding as well."""


@dataclass(frozen=True)
class Argument:
    """One argument about an intervention.

    Attributes:
        fact: what it settles: the patient, a relation and the intervention.
        ground: the statement about the patient it rests on, such as a met row.
        derivation: the rule application that settles it; None where it was kept from applying.
        sign: how it argues.
        attacks: how it attacks what speaks for the intervention; empty if it does not.
    """

    fact: Atom
    ground: Atom
    derivation: Derivation | None
    sign: str
    attacks: str


def arguments(assessment: Assessment, wanted: str) -> dict[str, Any]:
    """Return the arguments about an intervention, and what defeats what.

    Raises:
        UsageError: the name is none in the ontology, or nothing is settled about it.
    """
    graph = assessment.graph
    term = graph.named(wanted)
    if marrow("InterventionKind") not in _sorts(graph, term):
        raise UsageError("no-such-intervention", what=f"{wanted[:60]!r} is no intervention",
                         fix=advise(wanted, graph.called(graph.subjects(
                             TYPE, marrow("CandidateIntervention"))),
                             "take one that marrow explain lists"))
    found = disagreements_of(assessment)
    outcome = assessment.outcome_of(term)
    own = arguments_of(assessment, term)
    others = [a for better in _betters(assessment, term) for a in arguments_of(assessment, better)
              if a.sign == "excluding"]
    every = [*own, *others]
    pairs = defeats(assessment, own, others)
    standing = stand(every, pairs)
    numbers = {a: n for n, a in enumerate(every, 1)}
    entries = [{"number": numbers[a], **_entry(assessment, a, found), "stands": a in standing}
               for a in every]
    labels = {label for entry in entries for label in entry["sourcesDisagree"]}
    return {
        "asked": local_name(term), "iri": term.strip("<>"), "label": graph.label(term),
        "outcome": graph.text(outcome, marrow("outcomeName")) if outcome else None,
        "reason": assessment.reason_of(outcome, term) if outcome else None,
        "arguments": [e for e in entries if e["about"] == local_name(term)],
        "elsewhere": [e for e in entries if e["about"] != local_name(term)],
        "defeats": [{"by": numbers[a], "of": numbers[b], "how": how} for a, b, how in pairs],
        "setAside": _set_aside(graph, term),
        "disagreements": [disagreement_data(assessment, d) for d in found
                          if graph.label(d.term) in labels],
        "asOf": assessment.patient.as_of.isoformat(),
        "notice": assessment.wording.notice(),
    }


def _sorts(graph: Graph, term: str) -> set[str]:
    types = graph.objects(term, TYPE)
    return {wide for t in types for wide in (t, *graph.objects(t, _SUBCLASS))}


_SUBCLASS = "<http://www.w3.org/2000/01/rdf-schema#subClassOf>"


def arguments_of(assessment: Assessment, intervention: str) -> list[Argument]:
    """Return the arguments about an intervention, those for it first.

    Those that another intervention's exclusion keeps from applying are among them.
    """
    graph = assessment.graph
    found: dict[tuple[Atom, Atom], Argument] = {}
    for relation in graph.subjects(TYPE, iri(OWL, "ObjectProperty")):
        sign = graph.text(relation, marrow("argues"))
        if sign is None:
            continue
        attacks = graph.text(relation, marrow("attacks")) or ""
        fact = (assessment.patient.patient, relation, intervention)
        for derivation in assessment.derivations.of(fact):
            ground = next((p for p in derivation.premises if p[0] == fact[0]), fact)
            found.setdefault((fact, ground), Argument(fact, ground, derivation, sign, attacks))
    fact = assessment.fact("superseded", intervention)
    for row in _met_betters(assessment, intervention):
        ground = assessment.fact("meets", row)
        better = graph.object(row, marrow("intervention")) or ""
        if assessment.fact("excluded", better) in assessment.facts:
            found.setdefault((fact, ground), Argument(
                fact, ground, None, graph.text(fact[1], marrow("argues")) or "",
                graph.text(fact[1], marrow("attacks")) or ""))
    order = list(_SIGNS)
    return sorted(found.values(), key=lambda a: (order.index(a.sign), a.fact, a.ground))


def _met_betters(assessment: Assessment, intervention: str) -> list[str]:
    return [row for row in assessment.related("meets")
            if intervention in assessment.graph.objects(row, marrow("supersedes"))]


def _betters(assessment: Assessment, intervention: str) -> list[str]:
    """Return what would take the place of an intervention and is excluded itself."""
    found = {assessment.graph.object(row, marrow("intervention")) or ""
             for row in _met_betters(assessment, intervention)}
    return sorted(b for b in found if assessment.fact("excluded", b) in assessment.facts)


def defeats(assessment: Assessment, own: list[Argument], others: list[Argument]) \
        -> list[tuple[Argument, Argument, str]]:
    """Return which argument defeats which, and how.

    Args:
        assessment: the assessment.
        own: the arguments about one intervention.
        others: the arguments that exclude what would take its place.
    """
    graph = assessment.graph
    pairs = []
    for attacker in own:
        for target in own:
            scope = attacker.fact[1] == _ANY and target.sign == "excluding"
            if attacker.attacks and (target.sign in _PRO or scope):
                pairs.append((attacker, target, attacker.attacks))
    for attacker in others:
        for target in own:
            if target.derivation is None and \
                    attacker.fact[2] in graph.objects(target.ground[2], marrow("intervention")):
                pairs.append((attacker, target, "undercutting"))
    return pairs


def stand(every: list[Argument], pairs: list[tuple[Argument, Argument, str]]) -> set[Argument]:
    """Return the arguments that no argument that stands defeats."""
    standing: set[Argument] = set()
    left = list(every)
    while left:
        fallen = {b for a, b, _ in pairs if a in standing}
        open_ = {b for a, b, _ in pairs if a in left}
        settled = [a for a in left if a in fallen or a not in open_]
        if not settled:
            break  # arguments that attack in a circle: none of them stands
        standing |= {a for a in settled if a not in fallen}
        left = [a for a in left if a not in settled]
    return standing


def _entry(assessment: Assessment, argument: Argument, found: tuple[Disagreement, ...]) \
        -> dict[str, Any]:
    graph = assessment.graph
    source = argument.ground[2]
    proof = assessment.prove(argument.ground)
    ground = assessment.wording.record(source) if assessment.wording.is_record(source) \
        else assessment.wording.sentence(argument.ground)
    read = source_of(graph, source)
    if not read["provenance"]:
        read["label"] = ground  # a flag, a refusal or a record: no statement of a source
    return {
        "about": local_name(argument.fact[2]),
        "sign": argument.sign,
        "attacks": argument.attacks or None,
        "relation": local_name(argument.fact[1]),
        "settles": assessment.wording.sentence(argument.fact),
        "ground": ground,
        "groundStatement": [term.strip("<>") for term in argument.ground],
        "rule": local_name(argument.derivation.rule) if argument.derivation else None,
        **read,
        "modality": _code(graph, source, "modality"),
        "certainty": _code(graph, source, "certainty"),
        "claims": [local_name(c) for c in graph.objects(source, marrow("claim"))],
        "facts": because(assessment, argument.ground),
        "proof": proof.iri.strip("<>") if proof else None,
        "sourcesDisagree": disputed(assessment, found, argument.ground, [source]),
    }


def _code(graph: Graph, term: str, relation: str) -> str | None:
    value = graph.object(term, marrow(relation))
    return graph.text(value, marrow("code")) if value else None


def _set_aside(graph: Graph, intervention: str) -> list[dict[str, Any]]:
    """Return the rows about an intervention that a site has set aside, and for which."""
    wide = {intervention, *graph.objects(intervention, marrow("within"))}
    return [
        {**source_of(graph, row), "follows": local_name(followed),
         "bySource": graph.text(choice, "<http://purl.org/dc/terms/source>")}
        for choice in graph.subjects(TYPE, marrow("SiteChoice"))
        for followed in graph.objects(choice, marrow("follows"))
        for row in graph.objects(choice, marrow("setsAside"))
        if not wide.isdisjoint(graph.objects(row, marrow("intervention")))
    ]


def argument_lines(data: dict[str, Any]) -> list[str]:
    """Return the arguments of an intervention as lines of text, with what defeats each."""
    every = {e["number"]: e for e in (*data["arguments"], *data["elsewhere"])}
    lines = []
    for entry in data["arguments"]:
        grade = ", ".join(p for p in (entry["modality"], entry["certainty"]) if p)
        if entry["provenance"]:
            note = "; sources disagree" if entry["sourcesDisagree"] else ""
            graded = f"{grade}; " if grade else ""
            said = f"{entry['label']} ({graded}{source_text(entry)}{note})"
        else:
            said = f"{entry['label']}  <{entry['id']}>"
        lines.append(f"  {_SIGNS[entry['sign']]:<2} {entry['number']}. {entry['sign']}: {said}")
        lines.append(f"       so {entry['settles']}")
        lines += [f"       from {fact}" for fact in entry["facts"]]
        if entry["reviewStatus"]:
            lines.append(f"       review: {entry['reviewStatus']}")
        for attack in data["defeats"]:
            if attack["of"] == entry["number"]:
                by = every[attack["by"]]
                lines.append(f"       defeated by {by['number']} ({attack['how']}): "
                             f"{by['settles']}")
    lines += [f"  {_SIGNS[e['sign']]:<2} {e['number']}. elsewhere: {e['settles']} "
              f"<{e['about']}> ({e['id']})" for e in data["elsewhere"]]
    lines += [f"  set aside by this site: {e['id']} {e['label']}; it follows {e['follows']} "
              f"({e['bySource']})" for e in data["setAside"]]
    return lines


def arguments_text(data: dict[str, Any]) -> str:
    """Return the arguments as text."""
    reason = f" [{data['reason']}]" if data["reason"] else ""
    lines = [f"Arguments about {data['label']}: {data['outcome'] or 'nothing concluded'}{reason}, "
             f"as of {data['asOf']}", *argument_lines(data)]
    if not data["arguments"]:
        lines.append("  none: nothing on record speaks for it or against it")
    if data["disagreements"]:
        lines += ["Sources disagree, and none is preferred here",
                  *disagreement_lines(data["disagreements"])]
    return "\n".join([*lines, "", data["notice"], ""])

