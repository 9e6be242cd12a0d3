"""Explain the pain: each active path to it, what else may cause it, and what treats where.

Causes that the weighed one does not lead to stand beside it, so that the question "is it probably
something else?" has an answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..assessment import ROOT, Assessment, contradictions, limits_of, source_of
from ..criterion import leaves, members_of
from ..mechanism import Path, is_independent
from ..namespaces import DCTERMS, OWL, RDFS, TYPE, iri, local_name, marrow
from .steps import because, own_sentences, shortly

_OUTCOMES = ("recommended", "considered")


def explain_pain(assessment: Assessment) -> dict[str, Any]:
    """Return the active paths to the pain, surest first, with shared steps and treatments.

    ``answer`` weighs the causes that are independent against the others; ``evidence`` says what is
    known of treating the weighed cause; each has the statements that it rests on beside it.
    """
    graph = assessment.graph
    paths, cut = assessment.paths
    weighed = graph.object(ROOT, marrow("weighs")) or ""
    independent = {path for path in paths if is_independent(graph, path, weighed)}
    steps = Counter(
        (link.cause, link.effect) for path in paths
        for link in {(k.cause, k.effect): k for k in path.links}.values()
    )
    treats = _treatments(assessment)
    answer = _answer(assessment, independent)
    return {
        "asOf": assessment.patient.as_of.isoformat(),
        "answer": graph.text(ROOT, marrow(answer)) or "",
        "answerSources": _sources(assessment, answer),
        "evidence": graph.text(ROOT, marrow("causeEvidence")) or "",
        "evidenceSources": _sources(assessment, "causeEvidence"),
        "openFlags": [{"name": local_name(f), "label": graph.label(f)}
                      for f in assessment.related("hasOpenFlag")],
        "paths": [
            {
                "certainty": _certainty(assessment, path.rank),
                "independent": path in independent,
                "kinds": [{"name": local_name(k), "label": graph.label(k)} for k in path.kinds],
                "claims": sorted({local_name(c) for link in path.links for c in link.claims}),
                "links": [
                    {"name": local_name(link.node), "label": graph.label(link.node),
                     "claims": [local_name(c) for c in link.claims]} for link in path.links
                ],
                "fit": limits_of(assessment, path),
                "treated": [
                    {"at": graph.label(k), "atName": local_name(k), "by": graph.label(t),
                     "intervention": local_name(t)}
                    for k in path.kinds for t in treats.get(k, [])
                ],
            }
            for path in paths
        ],
        "shared": [
            {"cause": graph.label(c), "causeName": local_name(c),
             "effect": graph.label(e), "effectName": local_name(e), "paths": n,
             "links": sorted({local_name(link.node) for path in paths for link in path.links
                              if (link.cause, link.effect) == (c, e)})}
            for (c, e), n in steps.most_common() if n > 1
        ],
        "cut": cut,
        "contradicted": contradicted_links(assessment),
        "notice": assessment.wording.notice(),
    }


def contradicted_links(assessment: Assessment) -> list[dict[str, Any]]:
    """Return the links that do not hold for this patient: whose claims, by which rows, and why."""
    graph, own = assessment.graph, own_sentences(assessment)
    return [
        {**link, "claims": [local_name(c) for c in graph.objects(marrow(link["name"]),
                                                                 marrow("claim"))],
         "because": [shortly([fact], own) for fact in because(
             assessment, assessment.fact("contradictsLink", marrow(link["name"])))]}
        for link in contradictions(assessment)
    ]


def contradicted_lines(links: list[dict[str, Any]]) -> Iterator[str]:
    """Yield what does not hold here, by name and claim, with the row and the records that say so.

    Args:
        links: what :func:`contradicted_links` returns.
    """
    for link in links:
        claims = f" ({', '.join(link['claims'])})" if link["claims"] else ""
        said = "; ".join(fit["says"] for fit in link["fit"])
        yield f"  does not hold here: {link['label']}  <{link['name']}>{claims}; {said}"
        yield from (f"      because {fact}" for fact in link["because"])


def _sources(assessment: Assessment, sentence: str) -> list[dict[str, Any]]:
    """Return the statements that a sentence of the explanation rests on."""
    return [source_of(assessment.graph, s) for s in assessment.graph.objects(
        marrow(sentence), iri(DCTERMS, "source"))]


def _answer(assessment: Assessment, independent: set[Path]) -> str:
    """Return the name of the sentence that answers whether the weighed cause is the cause."""
    others = [path.rank for path in independent]
    weighed = [path.rank for path in assessment.paths[0] if path not in independent]
    if assessment.related("hasOpenFlag"):
        return "flagAnswer"
    if not others:
        return "causeAnswer" if weighed else "noAnswer"
    if not weighed or min(others) < min(weighed):
        return "otherAnswer"
    return "evenAnswer" if min(others) == min(weighed) else "weakerAnswer"


def _certainty(assessment: Assessment, rank: float) -> str:
    graph = assessment.graph
    for scale in graph.subjects(iri("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "type"),
                                marrow("Scale")):
        if local_name(scale).endswith("Certainty") \
                and graph.number(scale, marrow("rank")) == rank:
            return graph.text(scale, marrow("code")) or ""
    return "unknown"


def _treatments(assessment: Assessment) -> dict[str, list[str]]:
    """Return what is recommended or considered for each kind that its criterion reads.

    An examination looks for a cause and acts on none; what is given because of another medicine
    acts on that.
    """
    graph = assessment.graph
    found: dict[str, list[str]] = {}
    for outcome in _OUTCOMES:
        for intervention in assessment.related(outcome):
            if marrow("ExaminationKind") in graph.objects(intervention, TYPE):
                continue
            for row in assessment.rows(intervention, "For"):
                classes = set(graph.subjects(iri(OWL, "hasValue"), row))
                criteria = {c for e in classes
                            for c in graph.subjects(iri(RDFS, "subClassOf"), e)}
                for criterion in sorted(criteria):
                    if _accompanies(assessment, intervention, criterion):
                        continue
                    for kind in graph.objects(criterion, marrow("reads")):
                        for wide in graph.objects(kind, marrow("within")):
                            known = found.setdefault(wide, [])
                            if intervention not in known:
                                known.append(intervention)
    return found


def _accompanies(assessment: Assessment, intervention: str, criterion: str) -> bool:
    """Tell whether a criterion is for those who take a medicine of another sort."""
    within = marrow("within")
    own = set(assessment.graph.objects(intervention, within))
    return any(
        leaf.relation == "takes" and own.isdisjoint(assessment.graph.objects(leaf.kind, within))
        for leaf in leaves(members_of(assessment, criterion))
    )


def pain_text(data: dict[str, Any]) -> str:
    """Return the paths as text."""
    lines = [f"Why the back may hurt, as of {data['asOf']}: what may be, never what is"]
    if data["openFlags"]:
        lines.append("  first: " + ", ".join(f"{f['label']} <{f['name']}>"
                                             for f in data["openFlags"])
                     + "; every explanation below is provisional")
    for part in ("answer", "evidence"):
        rows = ", ".join(s["id"] for s in data[f"{part}Sources"])
        if data[part]:
            lines.append(f"  {data[part]}" + (f"  ({rows})" if rows else ""))
    for number, path in enumerate(data["paths"], 1):
        chain = " -> ".join(k["label"] for k in path["kinds"])
        beside = ", independent" if path["independent"] else ""
        lines.append(f"{number:>3}. [{path['certainty']}{beside}] {chain}  "
                     f"({', '.join(path['claims'])})")
        lines += [f"       {fit['says']}" for fit in path["fit"]]
    acting: dict[str, dict[str, None]] = {}
    for path in data["paths"]:
        for treatment in path["treated"]:
            place = f"{treatment['at']} <{treatment['atName']}>"
            acting.setdefault(place, {})[f"{treatment['by']} <{treatment['intervention']}>"] = None
    lines += [f"  acts at {place}: {', '.join(by)}" for place, by in acting.items()]
    if not data["paths"]:
        lines.append("  no active causal link leads from what is on record to a recorded pain")
    for entry in data["shared"]:
        names = ", ".join(f"<{name}>" for name in entry["links"])
        lines.append(f"  shared by {entry['paths']} paths: {entry['cause']} -> {entry['effect']}  "
                     f"{names}")
    lines += contradicted_lines(data["contradicted"])
    if data["cut"]:
        lines.append("  there are more paths than are shown")
    return "\n".join([*lines, "", data["notice"], ""])
