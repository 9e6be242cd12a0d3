"""Compare what follows from the article alone with what follows from everything."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment
from ..namespaces import local_name, marrow
from .whatif import outcomes_of


def compare_evidence(alone: Assessment, both: Assessment) -> dict[str, Any]:
    """Return the outcomes and conditions that differ between the two tiers."""
    graph = both.graph
    of_article, of_all = outcomes_of(alone), outcomes_of(both)
    nothing = ("", "")
    return {
        "asOf": both.patient.as_of.isoformat(),
        "outcomes": [
            {"intervention": local_name(k), "label": graph.label(k),
             "article": of_article.get(k, nothing)[0] or None,
             "articleReason": of_article.get(k, nothing)[1] or None,
             "all": of_all.get(k, nothing)[0] or None,
             "allReason": of_all.get(k, nothing)[1] or None}
            for k in sorted(of_article.keys() | of_all.keys())
            if of_article.get(k, nothing)[0] != of_all.get(k, nothing)[0]
        ],
        "onlyWithGuidelines": [
            {"name": local_name(k), "label": graph.label(k)}
            for k in sorted(set(both.related("has")) - set(alone.related("has")))
        ],
        "articleNotice": graph.text("<https://w3id.org/marrow/>", marrow("articleNotice")),
        "notice": both.wording.notice(),
    }


def compare_text(data: dict[str, Any]) -> str:
    """Return the comparison as text."""
    lines = [f"The article alone against everything, as of {data['asOf']}",
             f"  {data['articleNotice']}"]
    lines += [
        f"  {entry['label']}: {entry['article'] or 'no outcome'} by the article alone, "
        f"{entry['all'] or 'no outcome'} with guidelines"
        for entry in data["outcomes"]
    ]
    if not data["outcomes"]:
        lines.append("  no outcome differs")
    if data["onlyWithGuidelines"]:
        lines.append("  found only with guidelines: "
                     + ", ".join(k["label"] for k in data["onlyWithGuidelines"]))
    return "\n".join([*lines, "", data["notice"], ""])
