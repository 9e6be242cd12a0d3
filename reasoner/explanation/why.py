"""Why: the path from the record to a conclusion, and on through the mechanism to the source."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..assessment import Assessment, source_of
from ..errors import UsageError, advise
from ..knowledge import Graph
from ..mechanism import Path
from ..namespaces import MARROW, SUBCLASS, TYPE, local_name, marrow, shorten
from ..proof import PROOF, Proof, plain_statement, proof_name
from ..rule import Atom
from .decisions import site_data
from .diagram import draw
from .followup import STATES, TERMS, name_and_day, term_of, windows_of
from .grounds import grounds, grounds_lines
from .rulebook import rule_called, rules_of
from .steps import because, every_step, own_sentences, shortly, steps_of
from .text import why_text

CONCLUSIONS = ("hasOpenFlag", "has", "suspectedOf", "ruledOut", "had", "showsPitfall", "meets",
               "mayHave", "disputes", "activates", *STATES, *TERMS)
"""Where a name is looked for when it is no intervention, in this order."""


class NothingConcluded(UsageError):
    """A name that no conclusion about the patient is called by."""


def find_conclusion(assessment: Assessment, wanted: str) -> Atom:
    """Return the statement that a name, label or IRI asks about, or that has this proof.

    A claim asks about a causal link that carries it, if one is active; G1203@2026-12-01 about what
    is due by a row on one of its days.

    Raises:
        NothingConcluded: nothing is concluded about it.
        UsageError: it is no name, or may name several things.
    """
    name, day = name_and_day(wanted)
    term = assessment.graph.named(name)
    outcome = assessment.outcome_of(term)
    if outcome is not None and not day:
        return assessment.fact(local_name(outcome), term)
    dated = _dated(assessment, term, day)
    if dated is not None:
        return dated
    for predicate in CONCLUSIONS:
        if assessment.fact(predicate, term) in assessment.facts:
            return assessment.fact(predicate, term)
    for link in assessment.graph.subjects(marrow("claim"), term):
        if assessment.fact("activates", link) in assessment.facts:
            return assessment.fact("activates", link)
    if term.startswith(f"<{PROOF}"):
        for fact in assessment.facts:
            if proof_name(fact) == term:
                return fact
    if not is_known(assessment, wanted):
        raise unknown_name(assessment.graph, wanted, rules_of(assessment.engine.root))
    raise NothingConcluded(
        "no-such-conclusion",
        what=f"nothing is concluded about {shorten(term).removeprefix('marrow:')[:60]}",
        fix="marrow explain lists what is concluded, with each name in angle brackets; marrow "
            "why-not says what is missing for the rest",
    )


def is_known(assessment: Assessment, wanted: str) -> bool:
    """Tell whether a name is of a term of the ontology, of a record or patient, or of a rule."""
    term = assessment.graph.named(wanted)
    return term == assessment.patient.patient or assessment.wording.is_record(term) \
        or bool(assessment.graph.objects(term, TYPE)) \
        or rule_called(assessment.engine, wanted) is not None


def unknown_name(graph: Graph, wanted: str, rules: Iterable[str] = ()) -> UsageError:
    """Return the error of a name that is not known, with the nearest that are.

    Args:
        graph: the static knowledge, whose kinds have names.
        wanted: what was asked about.
        rules: the names of rules, where one could have been meant.
    """
    kinds = (marrow("Kind"), *graph.subjects(SUBCLASS, marrow("Kind")))
    named = (*graph.called(term for kind in kinds for term in graph.subjects(TYPE, kind)),
             *((rule, rule) for rule in rules))
    return UsageError("no-such-name", what=f"{wanted[:60]!r} is no name in the ontology",
                      fix=advise(wanted, named, "take a name that marrow explain shows in angle "
                                                "brackets"))


def _dated(assessment: Assessment, row: str, day: str = "") -> Atom | None:
    """Return what is concluded of the window that matters most of those a row gives.

    Raises:
        UsageError: a day is named and the row gives none that begins then.
    """
    windows, term = windows_of(assessment, row), term_of(assessment, row)
    waiting = [w for w in windows if w["state"] != "done"] or windows[-1:]
    given = [*waiting, *windows, *([term] if term else [])]
    named = [w for w in given if not day or w["name"] == f"{local_name(row)}@{day}"]
    if day and not named:
        known = dict.fromkeys(w["name"] for w in given)
        raise UsageError("no-such-date", what=f"by {local_name(row)[:60]} nothing is due on {day}",
                         fix=f"take one of {', '.join(sorted(known))}" if known
                         else "ask without a date")
    if not named:
        return None
    window = f"<{named[0]['window']}>"
    return next((fact for p in (*STATES, *TERMS)
                 if (fact := assessment.fact(p, window)) in assessment.facts), None)


def prove_conclusion(assessment: Assessment, fact: Atom) -> Proof:
    """Return the proof of a statement.

    Raises:
        UsageError: the statement does not hold.
    """
    proof = assessment.prove(fact)
    if proof is None:
        raise UsageError("no-proof", what="the statement does not hold", fix="ask for another")
    return proof


def bridge(assessment: Assessment, proof: Proof) -> list[Path]:
    """Return the paths to the pain that start from a condition the proof rests on."""
    plain = [plain_statement(s.conclusion, assessment.graph) for s in proof.steps]
    rests = {o for _, p, o in plain if p == marrow("has")}
    return [path for path in assessment.paths[0] if path.links[0].cause in rests]


def sources(assessment: Assessment, proof: Proof) -> list[str]:
    """Return the claims and rows a proof uses, in the order it uses them."""
    found: dict[str, None] = {}
    for step in steps_of(assessment, proof):
        for name in step.sources:
            found[marrow(name)] = None
    return list(found)


def site_sources(assessment: Assessment, proof: Proof) -> list[str]:
    """Return a line for each threshold of a site in a proof: its definition and who gave it."""
    data = site_data(assessment.engine)
    used = {name for step in steps_of(assessment, proof) for name in step.site}
    return [
        f"  site [{t['name']}] {t['label']}: {t['sign']} {t['inForce']} {t['unit']} "
        f"(shipped: {t['sign']} {t['shipped']} {t['unit']}). {t['source']}"
        for t in (data["thresholds"] if data else []) if t["name"] in used
    ]


def decision_lines(assessment: Assessment, proof: Proof) -> list[str]:
    """Return first what decides, an open flag, a row and a criterion, and then the records."""
    steps = steps_of(assessment, proof)
    lines = []
    for relation in (marrow("hasOpenFlag"), marrow("meets"), TYPE):
        nearest = next((s for s in reversed(steps[:-1]) if s.fact[1] == relation), None)
        if nearest is not None:
            named = f" ({', '.join(nearest.sources)})" if nearest.sources else ""
            lines.append(f"  {nearest.sentence}{named}")
    records = shortly(because(assessment, proof.conclusion), own_sentences(assessment))
    return [*lines, f"  from {records}"] if records else lines


def explain_why(assessment: Assessment, fact: Atom, unfold: bool = False) -> str:
    """Return why a statement holds, as numbered sentences with sources."""
    proof = prove_conclusion(assessment, fact)
    beside = grounds(assessment, fact, proof)
    by = next((r["reason"] for r in beside["reasons"] if r["step"]), "")
    shown = f" ({by}; every other reason is below)" if len(beside["reasons"]) > 1 else ""
    lines = [f"Why: {assessment.wording.sentence(fact)}", *decision_lines(assessment, proof), "",
             f"Step by step, from the record up{shown}", why_text(assessment, proof, unfold)]
    paths = bridge(assessment, proof)
    if paths:
        lines.append("How what is treated may lead to the pain")
        for path in paths:
            chain = " -> ".join(assessment.graph.label(k) for k in path.kinds)
            claims = sorted({local_name(c) for link in path.links for c in link.claims})
            lines.append(f"  {chain}  ({', '.join(claims)})")
        lines.append("")
    lines += grounds_lines(beside)
    cited = sources(assessment, proof)
    lines.append("Sources" if cited else "Sources: none; it is what the record itself says")
    for term in cited:
        source = source_of(assessment.graph, term)
        citation = f" {source['citation']}" if source["citation"] else ""
        lines.append(f"  {source['id']} [{source['provenance'] or '-'}] "
                     f"{source['says'] or source['label']}{citation}")
    lines += site_sources(assessment, proof)
    lines += ["", f"As of {assessment.patient.as_of}; knowledge {assessment.engine.version} "
                  f"({assessment.engine.fingerprint}).", assessment.wording.notice(), ""]
    return "\n".join(lines)


def draw_why(assessment: Assessment, fact: Atom, form: str) -> str:
    """Return why a statement holds in a form to be drawn.

    Raises:
        UsageError: there is no such form.
    """
    return draw(assessment, prove_conclusion(assessment, fact), form)


def why_data(assessment: Assessment, fact: Atom, unfold: bool = False) -> dict[str, Any]:
    """Return why a statement holds, as data; with every step if it is to be unfolded."""
    proof = prove_conclusion(assessment, fact)
    return {
        "conclusion": assessment.wording.sentence(fact),
        "statement": [term.strip("<>") for term in fact],
        "asOf": assessment.patient.as_of.isoformat(),
        "knowledge": {"version": assessment.engine.version,
                      "fingerprint": assessment.engine.fingerprint},
        "proof": proof.iri.strip("<>"),
        "steps": [
            {
                "number": step.number, "says": step.sentence, "rule": step.rule,
                "from": list(step.premises), "records": list(step.records),
                "sources": list(step.sources), "absences": list(step.absences),
                "site": list(step.site),
            }
            for step in (every_step if unfold else steps_of)(assessment, proof)
        ],
        "paths": [[local_name(k) for k in path.kinds] for path in bridge(assessment, proof)],
        "sources": [source_of(assessment.graph, term) for term in sources(assessment, proof)],
        **grounds(assessment, fact, proof),
        "notice": assessment.wording.notice(),
        "namespace": MARROW,
    }
