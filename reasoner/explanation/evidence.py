"""Evidence: everything in an assessment that rests on one claim or guideline row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..assessment import Assessment, source_of
from ..engine import Engine
from ..errors import UsageError, advise
from ..grounding import is_statement
from ..knowledge import Graph
from ..namespaces import DCTERMS, TYPE, iri, local_name, marrow
from ..rule import Atom
from ..wording import notice_of
from .bearing import carriers, own_sources
from .resting import resting_line, resting_on
from .rulebook import rules_of
from .steps import because

_SOURCE = iri(DCTERMS, "source")


def evidence(assessment: Assessment, wanted: str) -> dict[str, Any]:
    """Return what rests on a statement of the article or of a guideline.

    A statement counts for its parts as well: G506 for G506-severe.

    Raises:
        UsageError: the name is no claim and no row.
    """
    graph = assessment.graph
    terms = _statements(graph, wanted, rules_of(assessment.engine.root))
    bearers = {
        bearer: t for t in terms
        for bearer in (t, *graph.subjects(_SOURCE, t), *graph.subjects(marrow("claim"), t))
        if is_statement(graph, bearer)
    }
    links = [link for link in assessment.related("activates")
             if not set(terms).isdisjoint(graph.objects(link, marrow("claim")))]
    return {
        "statements": [{**source_of(graph, t), **grade_of(graph, t)} for t in terms],
        "conclusions": resting_on(assessment, bearers),
        "links": sorted({graph.label(link) for link in links}),
        "activeLinks": [
            {"name": local_name(link), "label": graph.label(link), "says": graph.definition(link),
             "because": because(assessment, assessment.fact("activates", link)),
             "proof": _proof(assessment, assessment.fact("activates", link))} for link in links],
        "carriedBy": [c for t in terms for c in carriers(graph, t)],
        "asOf": assessment.patient.as_of.isoformat(), "notice": assessment.wording.notice(),
    }


def evidence_alone(engine: Engine, wanted: str) -> dict[str, Any]:
    """Return a statement, or those that something names as its source, with what carries them.

    A kind that names none has the sources of the links that lead to it and from it.

    Raises:
        UsageError: the name is no statement and has none behind it.
    """
    graph = engine.graph
    term = graph.named(wanted)
    terms = own_sources(graph, term) if not statements_named(graph, local_name(term)) else []
    terms = terms or sorted({
        source for end in ("cause", "effect") for link in graph.subjects(marrow(end), term)
        for source in own_sources(graph, link)})
    terms = terms or _statements(graph, wanted, rules_of(engine.root))
    return {
        "statements": [{**source_of(graph, t), **grade_of(graph, t)} for t in terms],
        "carriedBy": [c for t in terms for c in carriers(graph, t)],
        "notice": notice_of(graph),
    }


def _statements(graph: Graph, wanted: str, rules: Iterable[str]) -> list[str]:
    """Return the statement of a name or label with its parts, or refuse the name."""
    terms = statements_named(graph, local_name(graph.named(wanted)))
    if not terms:
        raise UsageError("no-such-statement", what=f"{wanted[:60]!r} is no claim and no row",
                         fix=advise(wanted, ((name, name) for name in (
                             *map(local_name, statements_of(graph)), *rules)),
                                    "name one such as an id that marrow explain shows as a source"))
    return terms


def statements_of(graph: Graph) -> set[str]:
    """Return every statement of the article and the guidelines: claims, rows, requirements."""
    return {
        s for sort in ("Claim", "Statement", "GuidanceRow", "FlagRow", "MonitoringRow",
                       "Requirement", "PitfallRow")
        for s in graph.subjects(TYPE, marrow(sort))
    }


def statements_named(graph: Graph, wanted: str) -> list[str]:
    """Return the statement of a name and its parts, sorted; none if there is no such statement."""
    name = wanted.removeprefix("marrow:")
    return sorted(s for s in statements_of(graph)
                  if local_name(s) == name or local_name(s).startswith(name + "-"))


def sources_behind(graph: Graph, term: str) -> set[str]:
    """Return the sources of a criterion, row, link or threshold; a row is one itself."""
    return {term, *graph.objects(term, _SOURCE), *graph.objects(term, marrow("claim"))}


def grade_of(graph: Graph, term: str) -> dict[str, str | None]:
    """Return how strongly and how surely a statement says what it says."""
    return {"modality": _code(graph, term, "modality"),
            "certainty": _code(graph, term, "certainty")}


def _code(graph: Graph, term: str, relation: str) -> str | None:
    value = graph.object(term, marrow(relation))
    return graph.text(value, marrow("code")) if value else None


def _proof(assessment: Assessment, fact: Atom) -> str | None:
    proof = assessment.prove(fact)
    return proof.iri.strip("<>") if proof else None


def evidence_text(data: dict[str, Any]) -> str:
    """Return the statement, what carries it, and what of a patient rests on it as text."""
    lines = []
    for statement in data["statements"]:
        grade = ", ".join(
            part for part in (statement["modality"], statement["certainty"]) if part)
        lines.append(f"{statement['id']} [{statement['provenance'] or '-'}] {statement['label']}"
                     + (f" ({grade})" if grade else ""))
        lines.append(f"    {statement['says']} {statement['citation'] or ''}".rstrip())
        lines.append(f"    review: {statement['reviewStatus']}")
    lines += [f"  carried by {c['label']} <{c['name']}>" for c in data["carriedBy"]]
    if "conclusions" not in data:
        return "\n".join([*lines, "", data["notice"], ""])
    lines.append(f"Rests on it, as of {data['asOf']}:")
    lines += [f"  {resting_line(entry, (', '.join(entry['through']),))}"
              for entry in data["conclusions"]]
    for link in data["activeLinks"]:
        lines.append(f"  the causal link is active: {link['label']} <{link['name']}>")
        lines += [f"      because {fact}" for fact in link["because"]]
    if not data["conclusions"] and not data["activeLinks"]:
        lines.append("  nothing in this assessment")
    return "\n".join([*lines, "", data["notice"], ""])
