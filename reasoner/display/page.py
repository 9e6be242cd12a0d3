"""The mechanism graph as one plain page that opens without a network.

The list is the truth and the picture follows it: every node of the picture is a link to its
entry in the list.
"""

from __future__ import annotations

from html import escape
from importlib import resources
from string import Template
from typing import Any

from ..engine import Engine
from .links import qualified
from .mechanisms import MechanismGraph
from .picture import written


def graph_page(engine: Engine) -> str:
    """Return the mechanism graph as one HTML page with nothing outside it."""
    graph = MechanismGraph(engine)
    data = graph.data
    labels = {kind["name"]: kind["label"] for kind in data["kinds"]}
    knowledge = data["knowledge"]
    template = resources.files(__package__).joinpath("mechanism.html").read_text("utf-8")
    return Template(template).substitute(
        title=escape(knowledge["title"] or ""),
        notice=escape(knowledge["notice"] or ""),
        version=escape(f"{knowledge['version']} ({knowledge['fingerprint']})"),
        undrawn=escape(_undrawn(graph, labels)),
        picture=written(graph.picture(linked=True).element(), "html"),
        entries="\n".join(_entry(kind, data["links"], labels) for kind in data["kinds"]),
    )


def _undrawn(graph: MechanismGraph, labels: dict[str, str]) -> str:
    """Return a sentence that names what is in the list and not in the picture."""
    left = sorted(label for name, label in labels.items() if name not in graph.networkx)
    return "The picture leaves out overviews, which skip steps, and so these entries of the " \
        f"list, which have no other link: {', '.join(left)}." if left else ""


def _sources(link: dict[str, Any]) -> str:
    """Return the words of each claim and row behind a link, with where it is from."""
    found = {source["id"]: source for source in link["sources"]}
    items = "".join(
        f"<li><b>{escape(name)}</b> {escape(source['says'] or source['label'])} "
        f"<cite>{escape(source['citation'] or '')}</cite>"
        f"{escape(' [' + source['provenance'] + ']') if source['provenance'] else ''}</li>"
        for name, source in found.items()) + "".join(
        f"<li><cite>{escape(note)}</cite></li>" for note in link["notes"])
    asked = f"<li>What rests on it in a patient: <code>marrow evidence PATIENT " \
        f"{escape(next(iter(found)))}</code></li>" if found else ""
    named = ", ".join(found) or "no claim or row"
    return f"<details><summary>Who says so: {escape(named)}</summary>" \
        f"<ul>{items}{asked}</ul></details>"


def _entry(kind: dict[str, Any], links: list[dict[str, Any]], labels: dict[str, str]) -> str:
    def lines(end: str, other: str, word: str) -> str:
        found = [link for link in links if link[end] == kind["name"]]
        items = "".join(
            f'<li>{word} <a href="#{escape(link[other])}">{escape(labels[link[other]])}</a> '
            f'<span class="how">{escape(qualified(link))}</span>'
            f'<br><span class="says">{escape(link["says"] or "")}</span>'
            f"{_sources(link)}</li>"
            for link in found
        )
        return f"<ul>{items}</ul>" if items else ""

    wider = ", ".join(f'<a href="#{escape(w)}">{escape(labels[w])}</a>' for w in kind["isA"])
    is_a = f" A kind of {wider}." if wider else ""
    where = f" In: {escape(', '.join(kind['where']))}." if kind["where"] else ""
    return (f'<li id="{escape(kind["name"])}" tabindex="-1"><h3>{escape(kind["label"])} '
            f'<small>{escape(kind["sort"])}</small></h3>'
            f'<p>{escape(kind["says"] or "")}{is_a}{where}</p>'
            f'{lines("effect", "cause", "may come from")}{lines("cause", "effect", "may lead to")}'
            "</li>")
