"""Sources: every statement of the article and the guidelines that one conclusion rests on."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment, source_of
from ..disagreement import disagreements_of
from ..justification import MOST
from ..namespaces import local_name, shorten
from ..rule import Atom
from .disagreements import disagreement_data, disagreement_lines
from .evidence import grade_of, sources_behind, statements_named, statements_of
from .why import find_conclusion, is_known


def names_a_conclusion(assessment: Assessment, wanted: str) -> bool:
    """Tell whether a name is of something that can be concluded, and of no source statement."""
    name = local_name(assessment.graph.named(wanted))
    return is_known(assessment, wanted) and not statements_named(assessment.graph, name)


def sources(assessment: Assessment, wanted: str) -> dict[str, Any]:
    """Return all sources of a conclusion, those it falls without first.

    A source counts where what carries it is part of a justification: a minimal set of what is
    known that gives the conclusion. ``complete`` tells whether all of those were found.

    Raises:
        UsageError: nothing is concluded about the name.
    """
    graph = assessment.graph
    fact = find_conclusion(assessment, wanted)
    bearers: dict[str, set[str]] = {}
    known = statements_of(graph)
    answer = assessment.justifier.justify(fact, MOST)
    for term in sorted({term for j in answer.found for term in j.statements}):
        for source in sorted(sources_behind(graph, term) & known):
            bearers.setdefault(source, set()).add(term)
    disagreements = disagreements_of(assessment)
    labels = {s: [graph.label(d.term) for d in disagreements
                  if s in {r.statement for r in d.readings}] for s in bearers}
    entries = [
        {**source_of(graph, source), **grade_of(graph, source),
         "through": sorted({local_name(t) for t in through}),
         "fallsWithout": assessment.justifier.falls_without(fact, through),
         "sourcesDisagree": labels[source]}
        for source, through in bearers.items()
    ]
    told = {label for some in labels.values() for label in some}
    return {
        "conclusion": assessment.wording.sentence(fact),
        "relation": shorten(fact[1]), "about": local_name(fact[2]),
        "statement": [term.strip("<>") for term in fact],
        "proof": _proof(assessment, fact), "complete": answer.complete,
        "sources": sorted(entries, key=lambda e: (not e["fallsWithout"], e["id"])),
        "disagreements": [disagreement_data(assessment, d) for d in disagreements
                          if graph.label(d.term) in told],
        "asOf": assessment.patient.as_of.isoformat(), "notice": assessment.wording.notice(),
    }


def _proof(assessment: Assessment, fact: Atom) -> str | None:
    proof = assessment.prove(fact)
    return proof.iri.strip("<>") if proof else None


def sources_text(data: dict[str, Any]) -> str:
    """Return the sources of a conclusion as text."""
    lines = [f"Sources of: {data['conclusion']}, as of {data['asOf']}"]
    for entry in data["sources"]:
        grade = ", ".join(p for p in (entry["modality"], entry["certainty"]) if p)
        lines.append(f"  {entry['id']} [{entry['provenance'] or '-'}] {entry['label']}"
                     + (f" ({grade})" if grade else ""))
        cited = f"{entry['says'] or ''} {entry['citation'] or ''}".strip()
        lines += [f"      {cited}"] if cited else []
        lines.append(f"      carried by {', '.join(entry['through'])}")
        lines += [f"      sources disagree: {label}" for label in entry["sourcesDisagree"]]
        alone = "falls without it" if entry["fallsWithout"] else "holds without it too"
        lines.append(f"      review: {entry['reviewStatus'] or '-'}; {alone}")
    if not data["sources"]:
        lines.append("  none: it is only what the record itself says")
    if not data["complete"]:
        lines.append("  the search was cut; there may be other sources")
    if data["disagreements"]:
        lines += ["Sources disagree, and none is preferred here",
                  *disagreement_lines(data["disagreements"])]
    return "\n".join([*lines, "", data["notice"], ""])
