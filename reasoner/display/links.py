"""The causal links between kinds as data and as text: what may lead to what, says who."""

from __future__ import annotations

from typing import Any

from ..assessment import ROOT, source_of
from ..engine import Engine
from ..knowledge import Graph
from ..namespaces import DCTERMS, TYPE, iri, local_name, marrow
from ..quantity import text_of
from ..wording import NOTICE


def graph_data(engine: Engine) -> dict[str, Any]:
    """Return the kinds and causal links of the mechanism graph with their sources."""
    graph = engine.graph
    links = [_link(graph, node) for node in graph.subjects(TYPE, marrow("CausalLink"))]
    names = sorted({link[end] for link in links for end in ("cause", "effect")})
    return {
        "knowledge": {"version": engine.version, "fingerprint": engine.fingerprint,
                      "title": graph.text(ROOT, iri(DCTERMS, "title")),
                      "notice": graph.text(ROOT, NOTICE)},
        "kinds": [
            {
                "name": name,
                "label": graph.label(marrow(name)),
                "says": graph.definition(marrow(name)),
                "sort": _sort(graph, marrow(name)),
                "isA": _wider(graph, name, names),
                "where": [graph.label(p) for p in graph.objects(marrow(name),
                                                                marrow("locatedIn"))],
            }
            for name in names
        ],
        "links": sorted(links, key=lambda link: (link["cause"], link["effect"], link["name"])),
    }


def _wider(graph: Graph, name: str, names: list[str]) -> list[str]:
    """Return the nearest wider kinds of a kind among those that stand in a link."""
    def wide(kind: str) -> set[str]:
        return {local_name(w) for w in graph.objects(marrow(kind), marrow("within"))} - {kind}

    found = wide(name) & set(names)
    return sorted(found - set().union(*map(wide, found)))


def _link(graph: Graph, node: str) -> dict[str, Any]:
    certainty = graph.object(node, marrow("certainty"))
    return {
        "name": local_name(node),
        "label": graph.label(node),
        "says": graph.definition(node),
        "cause": local_name(graph.object(node, marrow("cause")) or ""),
        "effect": local_name(graph.object(node, marrow("effect")) or ""),
        "certainty": graph.text(certainty, marrow("code")) if certainty else None,
        "inContext": [local_name(c) for c in graph.objects(node, marrow("inContext"))],
        "contradictedIn": [local_name(c) for c in graph.objects(node, marrow("contradictedIn"))],
        "contextLabels": {local_name(c): graph.label(c) for p in ("inContext", "contradictedIn")
                          for c in graph.objects(node, marrow(p))},
        "summary": graph.text(node, marrow("isSummary")) == "true",
        "claims": [local_name(c) for c in graph.objects(node, marrow("claim"))],
        "sources": [
            source_of(graph, s)
            for p in (marrow("claim"), "<http://purl.org/dc/terms/source>")
            for s in graph.objects(node, p) if s.startswith("<")
        ],
        "notes": [text_of(s) for s in graph.objects(node, "<http://purl.org/dc/terms/source>")
                  if s.startswith('"')],
    }


def _sort(graph: Graph, kind: str) -> str:
    for sort in ("RedFlagKind", "MechanismKind", "DisorderKind", "FindingKind"):
        if marrow(sort) in graph.objects(kind, TYPE):
            return sort.removesuffix("Kind").lower()
    return "other"


def graph_text(engine: Engine) -> str:
    """Return the mechanism graph as indented text."""
    data = graph_data(engine)
    labels = {k["name"]: k["label"] for k in data["kinds"]}
    lines = []
    for kind in data["kinds"]:
        below = [f"  is a kind of {labels[wide]}" for wide in kind["isA"]]
        below += [f"  -> {labels[link['effect']]}  {qualified(link)}"
                  for link in data["links"] if link["cause"] == kind["name"]]
        if below:
            lines += [kind["label"], *below]
    return "\n".join(lines) + "\n"


def qualified(link: dict[str, Any]) -> str:
    """Return how sure a link is, in which contexts, and who says so, by ids to ask about."""
    called = link["contextLabels"]
    parts = [f"[{link['certainty']}]"]
    if link["summary"]:
        parts.append("overview")
    if link["inContext"]:
        parts.append("in " + ", ".join(called[c] for c in link["inContext"]))
    if link["contradictedIn"]:
        parts.append("not in " + ", ".join(called[c] for c in link["contradictedIn"]))
    said_by = dict.fromkeys([*link["claims"], *(s["id"] for s in link["sources"])])
    if said_by or link["notes"]:
        parts.append(f"({', '.join(said_by or link['notes'])})")
    return " ".join(parts)


def strongest(links: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one link for each pair of kinds, so that the picture draws each arrow once."""
    rank = {"high": 0, "moderate": 1, "low": 2}
    best: dict[tuple[str, str], dict[str, Any]] = {}
    for link in sorted(links, key=lambda x: (bool(x["inContext"]), rank.get(x["certainty"], 3))):
        best.setdefault((link["cause"], link["effect"]), link)
    return list(best.values())
