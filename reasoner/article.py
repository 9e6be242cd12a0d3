"""Report what of the article to doubt: what is uncited, contradicted, in need of caution, or open.

The report is the answer of one shipped question, ``statements-to-doubt``, in order for a reader.
"""

from __future__ import annotations

from typing import Any

from .knowledge import Graph
from .store import answer_query, read_query

QUESTION = "statements-to-doubt"
_TITLES = {
    "contradicted": "Contradicted by guidelines, for some or all of the patients they are about",
    "needs caution": "To be read with caution",
    "leaves open": "Leave open what a reader would have to know",
    "uncited": "Cite nothing",
}
Doubts = list[dict[str, Any]]


def doubted_statements(graph: Graph) -> Doubts:
    """Return each doubt about a statement of the article: the statement, what and who says so.

    Each has ``claim``, ``label``, ``section``, ``cites`` and ``doubt``; a contradiction or caution
    also has the statement it comes ``by``, what that ``says``, its ``source`` and ``provenance``.
    """
    rows = answer_query(graph, read_query(QUESTION)).data["rows"]
    return [{name: value.removeprefix("marrow:") if value and name in ("claim", "by") else value
             for name, value in row.items()} for row in rows]


def doubts_text(rows: Doubts) -> str:
    """Return the doubts as text, those that matter most first."""
    claims = {doubt: list(dict.fromkeys(r["claim"] for r in rows if r["doubt"] == doubt))
              for doubt in _TITLES}
    lines = []
    for doubt, title in _TITLES.items():
        lines.append(f"{title}: {len(claims[doubt])}")
        for claim in claims[doubt]:
            of_it = [r for r in rows if r["claim"] == claim and r["doubt"] == doubt]
            cites = of_it[0]["cites"]
            cited = "" if cites == "none" else f", cites [{cites}]"
            lines.append(f"  {claim} {of_it[0]['label']} ({of_it[0]['section']}{cited})")
            for row in of_it:
                if row["by"]:
                    verified = " unverified" if row["provenance"] == "M" else ""
                    lines.append(f"      {row['by']} {row['says']} ({row['source']} "
                                 f"[{row['provenance']}{verified}])")
                elif row["says"]:
                    lines.append(f"      {row['says']}")
        lines.append("")
    lines.append("The citation numbers are those the article prints; it does not say which source "
                 "of its list a number stands for.")
    return "\n".join(lines) + "\n"
