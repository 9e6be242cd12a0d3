"""The mechanism graph as data, as text, and as one plain page that opens without a network.

The list is the truth and the picture follows it: every node of the picture is a link to its
entry in the list.
"""

from __future__ import annotations

from collections import defaultdict
from html import escape
from importlib import resources
from string import Template
from typing import Any

from ..assessment import ROOT, source_of
from ..engine import Engine
from ..knowledge import Graph
from ..namespaces import DCTERMS, TYPE, iri, local_name, marrow
from ..quantity import text_of
from ..wording import NOTICE

COLUMN, ROW, WIDTH, HEIGHT = 210, 62, 170, 44


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
                "where": [graph.label(p) for p in graph.objects(marrow(name),
                                                                marrow("locatedIn"))],
            }
            for name in names
        ],
        "links": sorted(links, key=lambda link: (link["cause"], link["effect"], link["name"])),
    }


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
    cause = None
    for link in data["links"]:
        if link["cause"] != cause:
            cause = link["cause"]
            lines.append(labels[cause])
        lines.append(f"  -> {labels[link['effect']]}  {qualified(link)}")
    return "\n".join(lines) + "\n"


def qualified(link: dict[str, Any]) -> str:
    """Return how sure a link is, in which contexts, and who says so."""
    parts = [f"[{link['certainty']}]"]
    if link["summary"]:
        parts.append("overview")
    if link["inContext"]:
        parts.append("in " + ", ".join(link["inContext"]))
    if link["contradictedIn"]:
        parts.append("not in " + ", ".join(link["contradictedIn"]))
    parts.append(f"({', '.join(link['claims'])})" if link["claims"] else "")
    return " ".join(part for part in parts if part)


def graph_page(engine: Engine) -> str:
    """Return the mechanism graph as one HTML page with nothing outside it."""
    data = graph_data(engine)
    steps = [link for link in data["links"] if not link["summary"]]
    places = _places({(link["cause"], link["effect"]) for link in steps})
    labels = {k["name"]: k["label"] for k in data["kinds"]}
    sorts = {k["name"]: k["sort"] for k in data["kinds"]}
    width = max((x for x, _ in places.values()), default=0) + WIDTH + 20
    height = max((y for _, y in places.values()), default=0) + HEIGHT + 20
    knowledge = data["knowledge"]
    template = resources.files(__package__).joinpath("mechanism.html").read_text("utf-8")
    return Template(template).substitute(
        title=escape(knowledge["title"] or ""),
        notice=escape(knowledge["notice"] or ""),
        version=escape(f"{knowledge['version']} ({knowledge['fingerprint']})"),
        width=width, height=height,
        edges="\n".join(_edge(link, places) for link in strongest(steps)),
        nodes="\n".join(
            _node(name, labels[name], sorts[name], x, y)
            for name, (x, y) in sorted(places.items(), key=lambda item: item[1])
        ),
        entries="\n".join(_entry(kind, data["links"], labels) for kind in data["kinds"]),
    )


def strongest(links: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one link for each pair of kinds, so that the picture draws each arrow once."""
    rank = {"high": 0, "moderate": 1, "low": 2}
    best: dict[tuple[str, str], dict[str, Any]] = {}
    for link in sorted(links, key=lambda x: (bool(x["inContext"]), rank.get(x["certainty"], 3))):
        best.setdefault((link["cause"], link["effect"]), link)
    return list(best.values())


def _places(pairs: set[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """Place kinds in columns from causes to effects, each column ordered by its causes."""
    import networkx as nx

    graph = nx.DiGraph(sorted(pairs))
    graph.remove_edges_from([edge for cycle in nx.simple_cycles(graph)
                             for edge in [(cycle[-1], cycle[0])]])
    depth: dict[str, int] = {}
    for name in nx.topological_sort(graph):
        depth[name] = max((depth[c] + 1 for c in graph.predecessors(name)), default=0)
    for name in reversed(list(nx.topological_sort(graph))):
        later = [depth[e] for e in graph.successors(name)]
        if later and not list(graph.predecessors(name)):
            depth[name] = min(later) - 1
    columns: dict[int, list[str]] = defaultdict(list)
    for name, column in depth.items():
        columns[column].append(name)
    places: dict[str, tuple[int, int]] = {}
    for column in sorted(columns):
        def middle(name: str) -> float:
            rows = [places[c][1] for c in graph.predecessors(name) if c in places]
            return sum(rows) / len(rows) if rows else 0.0

        for row, name in enumerate(sorted(columns[column], key=lambda n: (middle(n), n))):
            places[name] = (10 + column * COLUMN, 10 + row * ROW)
    return places


def _node(name: str, label: str, sort: str, x: int, y: int) -> str:
    lines = _wrapped(label)
    spans = "".join(
        f'<tspan x="{x + WIDTH // 2}" y="{y + HEIGHT // 2 + 5 + 15 * i - 7 * (len(lines) - 1)}">'
        f"{escape(line)}</tspan>" for i, line in enumerate(lines)
    )
    return (f'<a href="#{escape(name)}" aria-label="{escape(label)}, {escape(sort)}">'
            f'<rect class="{escape(sort)}" x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" '
            f'rx="6"/><text text-anchor="middle">{spans}</text></a>')


def _wrapped(label: str) -> list[str]:
    lines, line = [], ""
    for word in label.split():
        if line and len(line) + len(word) > 21:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line][:2] if len(lines) < 2 else [lines[0], lines[1] + "..."]


def _edge(link: dict[str, Any], places: dict[str, tuple[int, int]]) -> str:
    (x1, y1), (x2, y2) = places[link["cause"]], places[link["effect"]]
    start, end = (x1 + WIDTH, y1 + HEIGHT // 2), (x2 - 7, y2 + HEIGHT // 2)
    bend = max(25, abs(end[0] - start[0]) // 2)
    return (f'<path class="{escape(link["certainty"] or "low")}" marker-end="url(#tip)" '
            f'd="M{start[0]} {start[1]} C{start[0] + bend} {start[1]} {end[0] - bend} {end[1]} '
            f'{end[0]} {end[1]}"/>')


def _entry(kind: dict[str, Any], links: list[dict[str, Any]], labels: dict[str, str]) -> str:
    def lines(end: str, other: str, word: str) -> str:
        found = [link for link in links if link[end] == kind["name"]]
        items = "".join(
            f'<li>{word} <a href="#{escape(link[other])}">{escape(labels[link[other]])}</a> '
            f'<span class="how">{escape(qualified(link))}</span>'
            f'<br><span class="says">{escape(link["says"] or "")}</span></li>'
            for link in found
        )
        return f"<ul>{items}</ul>" if items else ""

    where = f" In: {escape(', '.join(kind['where']))}." if kind["where"] else ""
    return (f'<li id="{escape(kind["name"])}" tabindex="-1"><h3>{escape(kind["label"])} '
            f'<small>{escape(kind["sort"])}</small></h3>'
            f'<p>{escape(kind["says"] or "")}{where}</p>'
            f'{lines("effect", "cause", "may come from")}{lines("cause", "effect", "may lead to")}'
            "</li>")
