"""Application: what one rule concluded for a patient, each conclusion with a name to ask about."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment
from ..errors import UsageError
from ..namespaces import EXPRESSION, MARROW, local_name
from ..proof import is_technical, plain_statement, proof_name
from ..rule import Atom
from .rulebook import rule_lines, written
from .steps import because, shortly
from .why import find_conclusion

_LISTED = 12
"""How many conclusions the text shows; the data have all."""


def application(assessment: Assessment, rule: str) -> dict[str, Any]:
    """Return what a rule or computation says and everything it concluded of a patient.

    Memberships of unnamed parts of criteria are only counted: they are steps of other proofs.
    """
    found: dict[Atom, None] = {}
    parts = 0
    for derivation in assessment.derivations.by(rule):
        fact = plain_statement(derivation.conclusion, assessment.graph)
        if is_technical(fact) or fact not in assessment.facts:
            parts += 1
        else:
            found[fact] = None
    return {
        **written(assessment.engine, rule),
        "concluded": [_concluded(assessment, fact) for fact in sorted(
            found, key=lambda fact: (fact[0] != assessment.patient.patient, fact))],
        "parts": parts,
        "asOf": assessment.patient.as_of.isoformat(),
        "notice": assessment.wording.notice(),
    }


def _concluded(assessment: Assessment, fact: Atom) -> dict[str, Any]:
    named = fact[2].startswith("<") and not fact[2].startswith(f"<{EXPRESSION}")
    proof = proof_name(fact).strip("<>")
    return {
        "says": assessment.wording.sentence(fact),
        "name": local_name(fact[2]) if named else None,
        "statement": [term.strip("<>") for term in fact],
        "because": because(assessment, fact),
        "proof": proof, "ask": ask_of(assessment, fact),
    }


def ask_of(assessment: Assessment, fact: Atom) -> str:
    """Return the shortest name that why answers about a statement by: its object, or its proof."""
    name = local_name(fact[2])
    try:
        if name and find_conclusion(assessment, name) == fact:
            return name
    except UsageError:
        pass  # the object alone asks about nothing, or about several things
    return f"marrow:{proof_name(fact).strip('<>').removeprefix(MARROW)}"


def application_text(data: dict[str, Any]) -> str:
    """Return what a rule says and what it concluded as text."""
    lines = [*rule_lines(data),
             f"What it concluded here, as of {data['asOf']} ({len(data['concluded'])})"]
    for entry in data["concluded"][:_LISTED]:
        lines.append(f"  {entry['says']}  <{entry['ask']}>")
        records = shortly(entry["because"], frozenset())
        lines += [f"      from {records}"] if records else []
    if len(data["concluded"]) > _LISTED:
        lines.append(f"  and {len(data['concluded']) - _LISTED} more; --json lists them")
    if data["parts"]:
        lines.append(f"  and that {data['parts']} parts of criteria are met, steps of what rests "
                     "on them (why --unfold)")
    if not data["concluded"] and not data["parts"]:
        lines.append("  nothing: it did not apply to this record")
    return "\n".join([*lines, "", data["notice"], ""])
