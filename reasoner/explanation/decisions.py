"""What a site has decided for itself, as every answer has to say."""

from __future__ import annotations

from typing import Any

from ..engine import Engine
from ..namespaces import TYPE, local_name, marrow
from ..quantity import one_line, text_of
from ..site import SOURCE
from ..threshold import threshold_of


def site_data(engine: Engine) -> dict[str, Any] | None:
    """Return the decisions of a site that are in force, or None if there are none."""
    if not engine.site:
        return None
    graph = engine.graph
    thresholds = []
    for term in graph.subjects(TYPE, marrow("SiteThreshold")):
        bound = threshold_of(graph, term)
        thresholds.append({
            "name": local_name(term), "label": graph.label(term), "sign": bound.sign,
            "shipped": graph.text(term, marrow("shippedBound")), "inForce": bound.limit,
            "unit": bound.unit, "source": one_line(graph.text(term, SOURCE) or ""),
        })
    choices = []
    for node in graph.subjects(TYPE, marrow("SiteChoice")):
        follows = graph.object(node, marrow("follows")) or ""
        choices.append({
            "follows": local_name(follows), "label": graph.label(follows),
            "setsAside": [{"name": local_name(o), "label": graph.label(o)}
                          for o in sorted(graph.objects(node, marrow("setsAside")),
                                          key=local_name)],
            "source": one_line(text_of(graph.object(node, SOURCE) or '""')),
        })
    return {"digest": engine.site, "thresholds": thresholds, "choices": choices}


def site_lines(data: dict[str, Any] | None) -> list[str]:
    """Return the decisions of a site as lines of text; none where there are none."""
    if data is None:
        return []
    lines = [f"Decisions of this site are in force ({data['digest']}); labels and definitions of "
             "rows and criteria still tell the shipped numbers"]
    lines += [
        f"  {t['label']}: {t['sign']} {t['inForce']} {t['unit']} instead of {t['sign']} "
        f"{t['shipped']} {t['unit']}  <{t['name']}> ({t['source']})" for t in data["thresholds"]
    ]
    for choice in data["choices"]:
        others = "; ".join(f"{o['name']} {o['label']}" for o in choice["setsAside"])
        lines.append(f"  follows {choice['follows']} {choice['label']} ({choice['source']}), "
                     f"and sets aside: {others}")
    return lines
