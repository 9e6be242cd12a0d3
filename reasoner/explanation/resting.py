"""Resting: the conclusions about a patient that rest on what of the knowledge says something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..assessment import Assessment
from ..namespaces import local_name, shorten
from ..store import conclusions_of


def resting_on(assessment: Assessment, bearers: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the conclusions with a derivation from some terms, and whether they fall without.

    Args:
        assessment: the assessment.
        bearers: each term that carries something, with what it is asked about as.
    """
    found = []
    for fact in sorted(conclusions_of(assessment)):
        behind = {t for premise in assessment.derivations.behind(fact) for t in premise}
        used = bearers.keys() & behind
        if used:
            proof = assessment.prove(fact)
            found.append({"says": assessment.wording.sentence(fact),
                          "relation": shorten(fact[1]), "about": local_name(fact[2]),
                          "through": sorted({local_name(bearers[t]) for t in used}),
                          "proof": proof.iri.strip("<>") if proof else None,
                          "fallsWithout": assessment.justifier.falls_without(fact, used)})
    return found


def resting_line(entry: dict[str, Any], through: tuple[str, ...] = ()) -> str:
    """Return a conclusion that rests on something as a line, with the name to ask about.

    Args:
        entry: the conclusion.
        through: what carries it here, where that is to be told.
    """
    alone = "falls without it" if entry["fallsWithout"] else "holds without it too"
    return f"{entry['says']} <{entry['about']}>  ({'; '.join((*through, alone))})"
