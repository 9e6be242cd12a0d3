"""Compare what follows from the article alone with what follows from everything."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from ..assessment import Assessment, source_of
from ..namespaces import TYPE, local_name, marrow
from ..proof import plain_statement
from ..site import SOURCE
from ..tier import ARTICLE, tier_of
from .steps import steps_of
from .whatif import outcomes_of

_NOTHING = ("", "")


def compare_evidence(alone: Assessment, both: Assessment) -> dict[str, Any]:
    """Return the outcomes and conditions that differ between the two tiers, with the reasons.

    An outcome rests, with guidelines, on statements of either tier; what the article alone lacks
    for it are the conditions it does not find.
    """
    graph = both.graph
    of_article, of_all = outcomes_of(alone), outcomes_of(both)
    return {
        "asOf": both.patient.as_of.isoformat(),
        "outcomes": [
            _outcome(alone, both, k, of_article.get(k, _NOTHING), of_all.get(k, _NOTHING))
            for k in sorted(of_article.keys() | of_all.keys())
            if of_article.get(k, _NOTHING)[0] != of_all.get(k, _NOTHING)[0]
        ],
        "onlyWithGuidelines": [
            {"name": local_name(k), "label": graph.label(k),
             "because": statements_behind(both, "has", k)}
            for k in sorted(set(both.related("has")) - set(alone.related("has")))
        ],
        "articleNotice": article_notice(both),
        "notice": both.wording.notice(),
    }


def article_notice(assessment: Assessment) -> str | None:
    """Return the sentence that goes with answers from the article alone."""
    return assessment.graph.text("<https://w3id.org/marrow/>", marrow("articleNotice"))


def statements_behind(assessment: Assessment, relation: str, value: str) -> list[dict[str, Any]]:
    """Return the statements that a conclusion's proof uses, each with its tier.

    Of a criterion that is undecided, what it would rest on counts too.
    """
    graph = assessment.graph
    proof = assessment.prove(assessment.fact(relation, value))
    if proof is None:
        return []
    terms = dict.fromkeys(marrow(n) for step in steps_of(assessment, proof) for n in step.sources)
    for step in proof.steps:
        if step.conclusion[1] == marrow("undecidedOn"):
            terms |= dict.fromkeys(s for s in graph.objects(step.conclusion[2], SOURCE)
                                   if s.startswith("<"))
    return [{**source_of(graph, term), "tier": tier_of(graph, term)} for term in terms]


def _outcome(alone: Assessment, both: Assessment, intervention: str, article: tuple[str, str],
             everything: tuple[str, str]) -> dict[str, Any]:
    graph = both.graph
    relation = local_name(both.outcome_of(intervention) or "")
    rows = graph.subjects(marrow("intervention"), intervention)
    lacking: dict[str, None] = {}
    proof = both.prove(both.fact(relation, intervention))
    for step in proof.steps if proof else ():
        s, p, o = plain_statement(step.conclusion, graph)
        if p == marrow("has") and s == both.patient.patient and (s, p, o) not in alone.facts:
            lacking[o] = None
    return {
        "intervention": local_name(intervention), "label": graph.label(intervention),
        "article": article[0] or None, "articleReason": article[1] or None,
        "all": everything[0] or None, "allReason": everything[1] or None,
        "articleNamesIt": any(
            tier_of(graph, row) == ARTICLE for row in rows
            if marrow("GuidanceRow") in graph.objects(row, TYPE)),
        "because": statements_behind(both, relation, intervention),
        "notFoundByTheArticle": [
            {"name": local_name(k), "label": graph.label(k)} for k in lacking],
        "deferredBy": [
            {"name": local_name(k), "label": graph.label(k)} for k in both.related("hasOpenFlag")
        ] if everything[1] == "deferred" else [],
        "missing": sorted({label for _, label in both.missing(intervention)})
        if everything[0] == "cannot-tell" else [],
    }


def compare_text(data: dict[str, Any]) -> str:
    """Return the comparison as text."""
    lines = [f"The article alone against everything, as of {data['asOf']}",
             f"  {data['articleNotice']}"]
    quiet = [e for e in data["outcomes"] if not e["article"] and e["all"] == "not-applicable"]
    for entry in data["outcomes"]:
        if entry not in quiet:
            lines += _entry(entry)
    if quiet:
        lines.append("  named by guidelines only, and not applicable here: "
                     + ", ".join(e["label"] for e in quiet))
    if not data["outcomes"]:
        lines.append("  no outcome differs")
    if data["onlyWithGuidelines"]:
        lines += ["", "Found only with guidelines"]
        for kind in data["onlyWithGuidelines"]:
            lines += [f"  {kind['label']}", *_statements(kind["because"])]
    return "\n".join([*lines, "", data["notice"], ""])


def _entry(entry: dict[str, Any]) -> list[str]:
    sides = [
        (entry[side] or "no outcome") + (f" [{entry[reason]}]" if entry[reason] else "")
        for side, reason in (("article", "articleReason"), ("all", "allReason"))]
    lines = [f"  {entry['label']}: {sides[0]} by the article alone, {sides[1]} with guidelines"]
    if not entry["articleNamesIt"]:
        lines.append("      the article says nothing for or against it")
    if entry["notFoundByTheArticle"]:
        lines.append("      the article alone does not find: " + ", ".join(
            k["label"] for k in entry["notFoundByTheArticle"]))
    if entry["deferredBy"]:
        lines.append("      waits for the open red flag: " + ", ".join(
            k["label"] for k in entry["deferredBy"]))
    if entry["missing"]:
        lines.append(f"      open until known: {'; '.join(entry['missing'])}")
    return lines + _statements(entry["because"])


def _statements(statements: list[dict[str, Any]]) -> list[str]:
    """Return a line for each tier with the statements of it."""
    tiers = defaultdict(list)
    for statement in statements:
        tiers[statement["tier"]].append(f"{statement['id']} {statement['label']}")
    return [f"      {tier}: {'; '.join(said)}" for tier, said in sorted(tiers.items())]
