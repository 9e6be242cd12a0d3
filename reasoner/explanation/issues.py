"""Issues: what a line about the record means, which records it concerns, and by whose word.

Sorts of issues and their words are data in the ontology; what decides one is a shape, a rule, a
cross-check or a decision, each with its source.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from ..assessment import Assessment, source_of
from ..errors import Issue, UsageError
from ..knowledge import Graph, read_turtle
from ..namespaces import DCTERMS, RULE, SH, TYPE, iri, local_name, marrow
from ..quantity import canonical_literal, text_of
from ..rule import read_rule_file
from ..wording import notice_of
from .findings import findings_of
from .steps import because

_SOURCE = iri(DCTERMS, "source")
_SHAPES = Path("shapes") / "patient.ttl"


def issues_of(assessment: Assessment) -> tuple[Issue, ...]:
    """Return every issue of an assessment: disputes, what the rules tell, and what was not used."""
    return (*_disputes(assessment), *findings_of(assessment), *assessment.issues)


def _disputes(assessment: Assessment) -> list[Issue]:
    return [
        Issue("contradicted-by-the-record", assessment.graph.label(kind),
              assessment.wording.sentence(assessment.fact("disputes", kind)) + ": "
              + "; ".join(because(assessment, assessment.fact("ruledOut", kind))),
              "settle which of the two is right; nothing is recommended from the code alone",
              records=_records(assessment, kind))
        for kind in assessment.related("disputes")
    ]


def _records(assessment: Assessment, kind: str) -> tuple[str, ...]:
    """Return the records of a disputed kind, and of those below it, that are active."""
    kinds = {s: o for s, p, o in assessment.patient.facts if p == marrow("kind")}
    return tuple(record.strip("<>") for record in assessment.related("hasActiveCondition")
                 if kind in assessment.graph.objects(kinds.get(record, ""), marrow("within")))


def names_an_issue(graph: Graph, wanted: str) -> str | None:
    """Return the sort of issue that a code names, if it is one."""
    code = canonical_literal(wanted, None)
    return next((term for predicate in ("issueCode", "findingCode")
                 for term in graph.subjects(marrow(predicate), code)), None)


def issue_alone(graph: Graph, wanted: str) -> dict[str, Any]:
    """Return what a code means, what to do about it and who says so.

    Raises:
        UsageError: there is no such code.
    """
    term = names_an_issue(graph, wanted)
    if term is None:
        raise UsageError("no-such-code", what=f"{wanted[:60]!r} is no code of an issue",
                         fix="take one that an output shows in angle brackets")
    return {
        "asked": wanted, "iri": term.strip("<>"), "label": graph.label(term),
        "says": graph.definition(term),
        "fix": graph.text(term, marrow("issueFix")) or graph.text(term, marrow("findingFix")),
        "sources": _sources(graph, term), "notice": notice_of(graph),
    }


def issue_reason(assessment: Assessment, wanted: str) -> dict[str, Any]:
    """Return what a code means, and each record that it is told of, with what decides it.

    Raises:
        UsageError: there is no such code.
    """
    found = issue_alone(assessment.graph, wanted)
    told = [issue for issue in issues_of(assessment) if issue.code == wanted]
    return {
        **found,
        "issues": [{
            "where": issue.where, "what": issue.what, "fix": issue.fix,
            "severity": issue.severity,
            "records": [assessment.wording.record(f"<{node}>") for node in issue.records
                        if assessment.wording.is_record(f"<{node}>")],
            "decidedBy": _decider(assessment, issue),
        } for issue in told],
        "asOf": assessment.patient.as_of.isoformat(),
    }


def _sources(graph: Graph, term: str) -> list[dict[str, Any]]:
    return [source_of(graph, s) if s.startswith("<") else {"citation": text_of(s)}
            for s in graph.objects(term, _SOURCE)]


def _decider(assessment: Assessment, issue: Issue) -> dict[str, Any] | None:
    """Return the rule, shape or check that decides an issue, with what it says and its source."""
    term = f"<{issue.by}>"
    if term.startswith(f"<{RULE}"):
        name = local_name(term)
        for path in sorted((assessment.engine.root / "queries").glob(f"*/{name}.rq")):
            header = read_rule_file(path).header
            return {"name": name, "says": header["why"], "source": header["source"]}
    if issue.by:
        return {"name": local_name(term), "says": assessment.graph.definition(term),
                "source": "; ".join(text_of(s) for s in assessment.graph.objects(term, _SOURCE)
                                    if s.startswith('"'))}
    shapes = _shapes(assessment.engine.root / _SHAPES)
    for message, name in shapes.items():
        if issue.what.startswith(message):
            return {"name": name, "says": message, "source": str(_SHAPES)}
    return None


@lru_cache(maxsize=4)
def _shapes(path: Path) -> dict[str, str]:
    """Return each message of the patient shapes with the shape that gives it, the longest first."""
    graph = Graph(frozenset(read_turtle(path)))
    message = iri(SH, "message")
    found = {
        text_of(said): local_name(shape)
        for shape in graph.subjects(TYPE, iri(SH, "NodeShape"))
        for node in (shape, *graph.objects(shape, iri(SH, "property")))
        for said in graph.objects(node, message)
    }
    return dict(sorted(found.items(), key=lambda item: (-len(item[0]), item[0])))


def issue_text(data: dict[str, Any]) -> str:
    """Return what a code means, and what it is told of, as text."""
    when = f", as of {data['asOf']}" if "asOf" in data else ""
    lines = [f"{data['asked']}: {data['label']}{when}", f"  {data['says']}"]
    lines += [f"  what to do: {data['fix']}"] if data["fix"] else []
    lines += [f"  source: {' '.join(filter(None, (s.get('id'), s['citation'])))}"
              for s in data["sources"]]
    for issue in data.get("issues", ()):
        lines += [f"  told of {issue['where']}: {issue['what']}", f"      {issue['fix']}"]
        lines += [f"      on record: {record}" for record in issue["records"]]
        by = issue["decidedBy"]
        if by:
            lines.append(f"      by {by['name']}: {by['says']} ({by['source']})")
    if not data.get("issues", True):
        lines.append("  nothing of this record is told so")
    return "\n".join([*lines, "", data["notice"], ""])
