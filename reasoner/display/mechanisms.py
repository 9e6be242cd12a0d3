"""The mechanism graph as an object: with networkx to walk it, and showing itself in a notebook."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, SubElement

from ..engine import Engine
from ..errors import UsageError
from .links import graph_data, qualified, strongest
from .picture import Picture, written

if TYPE_CHECKING:
    import networkx as nx

_SORTS = {"finding": "finding", "redflag": "flag"}


@dataclass(frozen=True, repr=False)
class MechanismGraph:
    """What may lead to what, says who: every kind, or those around one.

    Attributes:
        engine: the compiled knowledge.
        kinds: the local names to keep; empty for every kind.
    """

    engine: Engine
    kinds: frozenset[str] = field(default=frozenset())

    @cached_property
    def data(self) -> dict[str, Any]:
        """The kinds and links, with labels, certainty, contexts and sources."""
        return graph_data(self.engine)

    @cached_property
    def networkx(self) -> nx.DiGraph[str]:
        """The kinds by local name, with one arrow from each cause to each effect.

        Nodes carry ``label``, ``says`` and ``sort``; arrows ``says``, ``sort`` (the certainty) and
        ``claims`` of the surest link; an overview that skips steps is left out.
        """
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        for link in strongest([link for link in self.data["links"] if not link["summary"]]):
            ends = (link["cause"], link["effect"])
            if not self.kinds or self.kinds.issuperset(ends):
                graph.add_edge(*ends, says=f"{link['label']} {qualified(link)}",
                               sort=link["certainty"] or "low", claims=link["claims"])
        for kind in self.data["kinds"]:
            if kind["name"] in graph:
                graph.add_node(kind["name"], label=kind["label"],
                               says=f"{kind['label']}: {kind['says']}",
                               sort=_SORTS.get(kind["sort"], "plain"))
        return graph

    def around(self, name: str) -> MechanismGraph:
        """Return the part that leads to a kind or comes of it.

        Raises:
            UsageError: no link has the kind.
        """
        import networkx as nx

        if name not in self.networkx:
            raise UsageError("no-such-kind", what=f"{name[:60]!r} stands in no causal link",
                             fix="take a name that marrow graph --json lists")
        near = {name, *nx.ancestors(self.networkx, name), *nx.descendants(self.networkx, name)}
        return MechanismGraph(self.engine, frozenset(near))

    def __repr__(self) -> str:
        return f"<MechanismGraph: {len(self.networkx)} kinds, {self.networkx.size()} links>"

    def picture(self, linked: bool = False) -> Picture:
        """Return the graph to be drawn; linked, each box leads to the entry of its name.

        A dotted line leads from a kind to a wider one, so that what leads to the narrower is seen
        to lead on.
        """
        drawn = self.networkx.copy()
        labels = dict(drawn.nodes(data="label"))
        for kind in self.data["kinds"]:
            for wide in kind["isA"]:
                if {kind["name"], wide} <= labels.keys():
                    drawn.add_edge(kind["name"], wide, sort="isa",
                                   says=f"{kind['label']} is a kind of {labels[wide]}")
        return Picture(
            "Mechanism graph",
            "Each arrow is a causal link that a source states: thick well supported, thin "
            "moderately, dashed weakly; a dotted line leads from a kind to a wider one. Findings "
            "have a dashed edge, red flags a heavy one. Links say what may be, never what is.",
            drawn, across=True, linked=linked)

    def _repr_svg_(self) -> str:
        return self.picture().svg(alone=True)

    def _repr_html_(self) -> str:
        from .notebook import frame

        figure, body = frame("Mechanism graph", self.data["knowledge"]["notice"])
        scroll = SubElement(body, "div", {"style": "overflow-x:auto"})
        scroll.append(self.picture().element())
        details = SubElement(body, "details")
        SubElement(details, "summary").text = f"The {self.networkx.size()} links as a list"
        listed: Element = SubElement(details, "ul")
        labels = dict(self.networkx.nodes(data="label"))
        for cause, effect, data in sorted(self.networkx.edges(data=True), key=lambda e: e[:2]):
            SubElement(listed, "li").text = \
                f"{labels[cause]} may lead to {labels[effect]}: {data['says']}"
        return written(figure, "html")
