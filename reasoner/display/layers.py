"""Lay out a directed graph in layers: boxes that do not overlap, arrows that go round them.

The way of Sugiyama, Tagawa and Toda (1981): break circles, put each node after all that leads to
it, give a long arrow a narrow place in every layer that it passes, order the layers so that arrows
cross little, then move each node towards its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import networkx as nx

Point = tuple[float, float]
_SWEEPS = 24
_PASSAGE = 4.0
"""The width of the place that a long arrow has in a layer it passes."""


@dataclass(frozen=True)
class Box:
    """Where a node stands: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """Boxes of nodes, the points that each arrow passes through, and the size of the whole.

    An arrow begins with a straight piece inside its layer; straight pieces and pieces that bend
    from layer to layer take turns.
    """

    boxes: dict[str, Box]
    arrows: dict[tuple[str, str], tuple[Point, ...]]
    width: float
    height: float


def lay_out(graph: nx.DiGraph[str], sizes: dict[str, tuple[float, float]], across: bool = False,
            gap: float = 18.0, rise: float = 46.0, margin: float = 10.0) -> Layout:
    """Return a layered layout of a graph.

    Args:
        graph: nodes and arrows; it may have circles.
        sizes: width and height of each node.
        across: layers run from left to right instead of from top to bottom.
        gap: the least space between two boxes of one layer.
        rise: the space between two layers.
        margin: the space round the whole.
    """
    depth = _depths(graph)
    layers, chains = _layers(graph, depth)
    neighbours = _neighbours(chains)
    layers = _ordered(layers, neighbours)
    spread = {n: sizes[n][1 if across else 0] if n in sizes else _PASSAGE
              for row in layers for n in row}
    centre = _centres(layers, neighbours, spread, gap)
    tall = [max((sizes[n][0 if across else 1] for n in row if n in sizes), default=0.0)
            for row in layers]
    tops = [margin + sum(tall[:i]) + rise * i for i in range(len(layers))]
    least = min((centre[n] - spread[n] / 2 for n in centre), default=0.0) - margin
    at = {n: i for i, row in enumerate(layers) for n in row}

    def point(along: float, aside: float) -> Point:
        return (along, aside) if across else (aside, along)

    boxes = {}
    for name in graph.nodes:
        width, height = sizes[name]
        middle = centre[name] - least
        x, y = point(tops[at[name]], middle - spread[name] / 2)
        boxes[name] = Box(round(x, 1), round(y, 1), width, height)
    arrows = {}
    aim = _arrivals(chains, centre, spread)
    for (cause, effect), chain in chains.items():
        path: list[Point] = []
        onward = at[cause] <= at[effect]
        for name in chain:
            aside = (aim[cause, effect] if name == effect else centre[name]) - least
            top = tops[at[name]]
            bottom = top + tall[at[name]]
            edge = top + sizes[name][0 if across else 1] if name in sizes else bottom
            if name == cause:
                ends = [edge, bottom] if onward else [top, top]
            elif name == effect:
                ends = [top] if onward else [bottom, edge]
            else:
                ends = [top, bottom] if onward else [bottom, top]
            path += [point(along, aside) for along in ends]
        arrows[cause, effect] = tuple((round(x, 1), round(y, 1)) for x, y in path)
    along = tops[-1] + tall[-1] + margin if layers else margin
    aside = max((centre[n] + spread[n] / 2 for n in centre), default=0.0) - least + margin
    width, height = point(along, aside)
    return Layout(boxes, arrows, round(width, 1), round(height, 1))


def _depths(graph: nx.DiGraph[str]) -> dict[str, int]:
    """Return the layer of each node; what leads on only late stands shortly before it."""
    import networkx as nx

    forward: nx.DiGraph[str] = nx.DiGraph()
    forward.add_nodes_from(sorted(graph.nodes))
    forward.add_edges_from(sorted(edge for edge in graph.edges if edge[0] != edge[1]))
    while not nx.is_directed_acyclic_graph(forward):
        forward.remove_edge(*nx.find_cycle(forward)[-1][:2])
    depth: dict[str, int] = {}
    order = list(nx.lexicographical_topological_sort(forward))
    for name in order:
        depth[name] = max((depth[c] + 1 for c in forward.predecessors(name)), default=0)
    for name in reversed(order):
        later = [depth[e] for e in forward.successors(name)]
        if later and not list(forward.predecessors(name)):
            depth[name] = min(later) - 1
    return depth


def _layers(graph: nx.DiGraph[str], depth: dict[str, int]) \
        -> tuple[list[list[str]], dict[tuple[str, str], list[str]]]:
    """Return the nodes of each layer, and for each arrow the nodes and places it passes."""
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in sorted(depth, key=lambda n: (depth[n], n)):
        layers[depth[name]].append(name)
    chains = {}
    for cause, effect in sorted(graph.edges):
        step = 1 if depth[effect] > depth[cause] else -1
        chain = [cause]
        for layer in range(depth[cause] + step, depth[effect], step):
            chain.append(f"{cause}\0{effect}\0{layer}")
            layers[layer].append(chain[-1])
        chains[cause, effect] = [*chain, effect]
    return layers, chains


def _arrivals(chains: dict[tuple[str, str], list[str]], centre: dict[str, float],
              spread: dict[str, float]) -> dict[tuple[str, str], float]:
    """Return where each arrow arrives: side by side, in the order in which they come."""
    coming: dict[str, list[tuple[float, str]]] = {}
    for (cause, effect), chain in chains.items():
        coming.setdefault(effect, []).append((centre[chain[-2]], cause))
    return {
        (cause, effect): centre[effect] + spread[effect] * ((place + 0.5) / len(found) - 0.5)
        for effect, found in coming.items()
        for place, (_, cause) in enumerate(sorted(found))
    }


def _neighbours(chains: dict[tuple[str, str], list[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for chain in chains.values():
        for first, second in pairwise(chain):
            found.setdefault(first, []).append(second)
            found.setdefault(second, []).append(first)
    return found


def _ordered(layers: list[list[str]], neighbours: dict[str, list[str]]) -> list[list[str]]:
    """Return the layers each ordered by where its neighbours stand; the best order seen."""
    best, least = layers, _crossings(layers, neighbours)
    current = [list(row) for row in layers]
    for sweep in range(_SWEEPS):
        rows = range(1, len(current)) if sweep % 2 == 0 else range(len(current) - 2, -1, -1)
        for index in rows:
            fixed = current[index - 1 if sweep % 2 == 0 else index + 1]
            place = {name: i for i, name in enumerate(fixed)}
            old = {name: i for i, name in enumerate(current[index])}

            def middle(name: str, place: dict[str, int] = place, old: dict[str, int] = old) \
                    -> tuple[float, int]:
                near = [place[n] for n in neighbours.get(name, ()) if n in place]
                return (sum(near) / len(near) if near else old[name], old[name])

            current[index] = sorted(current[index], key=middle)
        crossings = _crossings(current, neighbours)
        if crossings < least:
            best, least = [list(row) for row in current], crossings
    return best


def _crossings(layers: list[list[str]], neighbours: dict[str, list[str]]) -> int:
    count = 0
    for upper, lower in pairwise(layers):
        place = {name: i for i, name in enumerate(lower)}
        ends = [sorted(place[n] for n in neighbours.get(name, ()) if n in place) for name in upper]
        for i, first in enumerate(ends):
            for second in ends[i + 1 :]:
                count += sum(a > b for a in first for b in second)
    return count


def _centres(layers: list[list[str]], neighbours: dict[str, list[str]],
             spread: dict[str, float], gap: float) -> dict[str, float]:
    """Return the middle of each node across its layer, near those of its neighbours."""
    centre: dict[str, float] = {}
    for row in layers:
        total = sum(spread[n] for n in row) + gap * (len(row) - 1)
        at = -total / 2
        for name in row:
            centre[name] = at + spread[name] / 2
            at += spread[name] + gap
    for sweep in range(_SWEEPS):
        for row in layers if sweep % 2 == 0 else reversed(layers):
            wanted = [_mean([centre[n] for n in neighbours.get(name, ())], centre[name])
                      for name in row]
            for name, value in zip(row, _apart(wanted, [spread[n] for n in row], gap),
                                   strict=True):
                centre[name] = value
    return centre


def _mean(values: Iterable[float], otherwise: float) -> float:
    found = list(values)
    return sum(found) / len(found) if found else otherwise


def _apart(wanted: Sequence[float], widths: Sequence[float], gap: float) -> list[float]:
    """Return places in the same order, as near to those wanted as the widths allow.

    Neighbours that would overlap are joined into one block that stands at their mean (the pooling
    of adjacent violators).
    """
    blocks: list[tuple[float, list[int]]] = []
    offsets = [0.0]
    for left, right in pairwise(widths):
        offsets.append(offsets[-1] + (left + right) / 2 + gap)
    shifted = [want - offset for want, offset in zip(wanted, offsets, strict=True)]
    for index, value in enumerate(shifted):
        blocks.append((value, [index]))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (_, first), (_, second) = blocks[-2:]
            members = [*first, *second]
            blocks[-2:] = [(sum(shifted[i] for i in members) / len(members), members)]
    return [value + offsets[i] for value, members in blocks for i in members]
