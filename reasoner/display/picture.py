"""A graph as SVG: boxes with wrapped labels in layers, arrows between them, and words for both.

Colours are those of the surrounding text, so a picture in a page fits it in light and in dark; a
picture that stands alone brings its own paper. What an arrow or a box means is said by width and
dashes and in a title, never by colour alone.
"""

from __future__ import annotations

import hashlib
import textwrap
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING, Literal
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from ..quantity import plain
from .layers import Layout, Point, lay_out

if TYPE_CHECKING:
    import networkx as nx

_SVG = "http://www.w3.org/2000/svg"
_CHARACTER, _LINE, _PADDING, _HEAD = 7.2, 17.0, 9.0, 24.0
"""The widest that a letter of 13 pixels is on average, the height of a line, the space inside, and
the room of an arrowhead."""


@cache
def _looks() -> dict[str, Element]:
    """Return the parts that pictures are made of, by id, from the file that says how they look."""
    text = resources.files(__package__).joinpath("looks.svg").read_text("utf-8")
    root = fromstring(text)  # noqa: S314 - a file of this package
    parts = {node.get("id", ""): node for node in root.iter() if node.get("id")}
    for node in (part for whole in parts.values() for part in whole.iter()):
        node.tag = node.tag.rpartition("}")[2]
    return parts


def _look(name: str) -> dict[str, str]:
    return {key: value for key, value in _looks()[name].attrib.items() if key != "id"}


@dataclass(frozen=True)
class Picture:
    """What is to be drawn: a graph whose nodes and arrows carry ``label``, ``says`` and ``sort``.

    The sort of a node is plain, finding, record, flag or goal; that of an arrow high, moderate,
    low, isa or plain. ``across`` draws from left to right; ``linked`` makes each box a link to the
    place in the same page that bears the name of its node.
    """

    title: str
    description: str
    graph: nx.DiGraph[str]
    columns: int = 22
    across: bool = False
    linked: bool = False

    def svg(self, alone: bool = False) -> str:
        """Return the picture as SVG; alone with its own paper, else to stand in a page."""
        return written(self.element(alone), "xml")

    def element(self, alone: bool = False) -> Element:
        """Return the picture as an element to be put into a page."""
        lines = {name: wrapped(data["label"], self.columns)
                 for name, data in self.graph.nodes(data=True)}
        width = self.columns * _CHARACTER + 2 * _PADDING
        sizes = {name: (width, max(len(said) * _LINE, self._heads(name)) + 2 * _PADDING)
                 for name, said in lines.items()}
        layout = lay_out(self.graph, sizes, self.across)
        digest = hashlib.sha256(repr((self.title, lines, alone)).encode()).hexdigest()[:10]
        root = Element("svg", {
            "xmlns": _SVG, "width": f"{layout.width:g}", "height": f"{layout.height:g}",
            "viewBox": f"0 0 {layout.width:g} {layout.height:g}",
            "role": "group" if self.linked else "img",
            "aria-labelledby": f"title-{digest} says-{digest}", "font-size": "13",
            "font-family": "system-ui, sans-serif", "fill": "currentColor",
            **({"class": "marrow-paper"} if alone else {}),
        })
        SubElement(root, "title", {"id": f"title-{digest}"}).text = self.title
        SubElement(root, "desc", {"id": f"says-{digest}"}).text = self.description
        if alone:
            SubElement(root, "style").text = _looks()["paper"].text
        self._arrows(root, layout, f"tip-{digest}")
        for name in sorted(layout.boxes, key=lambda n: self._place(layout, n)):
            self._box(root, layout, name, self.graph.nodes[name], lines[name])
        return root

    def _heads(self, name: str) -> float:
        """Return the room that arrowheads need at the side of a box where they arrive."""
        return _HEAD * self.graph.in_degree(name) if self.across else 0.0

    def _place(self, layout: Layout, name: str) -> Point:
        """Return where a box stands on the way from causes to effects, in which it is read."""
        box = layout.boxes[name]
        return (box.x, box.y) if self.across else (box.y, box.x)

    def _arrows(self, root: Element, layout: Layout, tip: str) -> None:
        marker = SubElement(SubElement(root, "defs"), "marker", {**_look("tip"), "id": tip})
        marker.extend(deepcopy(list(_looks()["tip"])))
        group = SubElement(root, "g", _look("arrows"))
        for (cause, effect), points in layout.arrows.items():
            data = self.graph.edges[cause, effect]
            path = SubElement(group, "path", {
                **_look(f"arrow-{data['sort']}"), "d": self._curve(points),
                "marker-end": f"url(#{tip})"})
            SubElement(path, "title").text = data["says"]

    def _curve(self, points: tuple[Point, ...]) -> str:
        parts = [f"M{points[0][0]:g} {points[0][1]:g}"]
        for index, ((x1, y1), (x2, y2)) in enumerate(pairwise(points)):
            if index % 2 == 0:
                parts.append(f"L{x2:g} {y2:g}")
            elif self.across:
                parts.append(f"C{(x1 + x2) / 2:g} {y1:g} {(x1 + x2) / 2:g} {y2:g} {x2:g} {y2:g}")
            else:
                parts.append(f"C{x1:g} {(y1 + y2) / 2:g} {x2:g} {(y1 + y2) / 2:g} {x2:g} {y2:g}")
        return "".join(parts)

    def _box(self, root: Element, layout: Layout, name: str, data: dict[str, str],
             lines: list[str]) -> None:
        box = layout.boxes[name]
        group = SubElement(root, "a", {"href": f"#{name}", "aria-label": data["says"]}) \
            if self.linked else SubElement(root, "g")
        SubElement(group, "title").text = data["says"]
        SubElement(group, "rect", {
            **_look(f"box-{data['sort']}"), "x": f"{box.x:g}", "y": f"{box.y:g}",
            "width": f"{box.width:g}", "height": f"{box.height:g}"})
        text = SubElement(group, "text", {"text-anchor": "middle"})
        top = box.y + (box.height - _LINE * len(lines)) / 2
        for number, line in enumerate(lines):
            SubElement(text, "tspan", {
                "x": f"{box.x + box.width / 2:g}",
                "y": f"{top + _LINE * number + 13:g}"}).text = line


def wrapped(label: str, columns: int) -> list[str]:
    """Return a label in lines of at most so many letters; a longer word is broken."""
    return textwrap.wrap(label, columns, break_long_words=True) or [""]


def written(element: Element, method: Literal["html", "xml"]) -> str:
    """Return an element as text, everything escaped, without control and direction marks.

    A record could bring such marks, and XML has no way to write most of them.
    """
    for node in element.iter():
        node.text, node.tail = plain(node.text or ""), plain(node.tail or "")
    return tostring(element, encoding="unicode", method=method)
