"""Follow active causal links from what a patient has to the pain, and rank the paths.

Links say what may be, never what is; the rank of a path is that of its least certain link.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from .knowledge import Graph
from .namespaces import DCTERMS, TYPE, iri, marrow
from .rule import Atom

MAX_PATHS = 200
"""More paths than this are cut, and the caller is told."""


@dataclass(frozen=True)
class Link:
    """One active causal link: its node, cause, effect, certainty rank (1 is surest) and claims.

    ``claims`` are those of the article, or, for a link it does not draw, the rows behind it.
    ``limits`` are the rows by which a general claim holds only weakly in the link's context.
    """

    node: str
    cause: str
    effect: str
    rank: float
    claims: tuple[str, ...]
    limits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Path:
    """Active links in order, from a kind the patient has to a pain the patient has."""

    links: tuple[Link, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds along the path, the first cause first."""
        return (self.links[0].cause, *(link.effect for link in self.links))

    @property
    def rank(self) -> float:
        """The rank of the least certain link."""
        return max(link.rank for link in self.links)

    @property
    def limits(self) -> tuple[str, ...]:
        """The rows by which a general claim on the path holds only weakly here."""
        return tuple(dict.fromkeys(row for link in self.links for row in link.limits))


def is_independent(graph: Graph, path: Path, weighed: str) -> bool:
    """Tell whether a path begins with something that no kind of the weighed cause leads to."""
    start = path.kinds[0]
    kinds = graph.subjects(marrow("within"), weighed)
    return start not in kinds and not any(
        start in graph.objects(kind, marrow("contributesTo")) for kind in kinds)


def links_of(graph: Graph, nodes: list[str]) -> list[Link]:
    """Return the causal links behind some link nodes."""
    found = []
    for node in nodes:
        certainty = graph.object(node, marrow("certainty"))
        rank = graph.number(certainty, marrow("rank")) if certainty else None
        found.append(Link(
            node,
            graph.object(node, marrow("cause")) or "",
            graph.object(node, marrow("effect")) or "",
            rank if rank is not None else 9.0,
            tuple(graph.objects(node, marrow("claim"))) or _rows(graph, node),
            tuple(row for row in _rows(graph, node) if graph.objects(row, marrow("qualifies")))
            if graph.objects(node, marrow("inContext")) else (),
        ))
    return found


def _rows(graph: Graph, node: str) -> tuple[str, ...]:
    """Return what a link rests on, without what only says where it does not hold."""
    return tuple(row for row in graph.objects(node, iri(DCTERMS, "source"))
                 if not graph.objects(row, marrow("contradicts")))


def contradicted(graph: Graph, patient: str, facts: frozenset[Atom]) \
        -> list[tuple[str, tuple[str, ...]]]:
    """Return the links that would be active here and do not hold, with the rows that say so."""
    held = {(p, o) for s, p, o in facts if s == patient}
    return [
        (node, tuple(row for row in graph.objects(node, iri(DCTERMS, "source"))
                     if graph.objects(row, marrow("contradicts"))))
        for node in sorted(o for p, o in held if p == marrow("contradictsLink"))
        if (not graph.objects(node, marrow("inContext")) or (marrow("inContextOf"), node) in held)
        and (marrow("overridesLink"), node) not in held
        and any((marrow(p), graph.object(node, marrow("cause"))) in held
                for p in ("has", "mayHave"))
    ]


def paths_to(graph: Graph, patient: str, facts: frozenset[Atom], target: str) \
        -> tuple[tuple[Path, ...], bool]:
    """Return the paths from what a patient has to any kind within a target, ranked.

    Args:
        graph: the closed static graph.
        patient: the patient's term.
        facts: everything that holds of the patient.
        target: the kind the paths end in, or a wider one.

    Returns:
        The paths, surest and shortest first, and whether some were cut.
    """
    has = {o for s, p, o in facts if s == patient and p == marrow("has")}
    active = sorted(o for s, p, o in facts if s == patient and p == marrow("activates"))
    outgoing: dict[str, list[Link]] = defaultdict(list)
    for link in links_of(graph, active):
        outgoing[link.cause].append(link)
    ends = {k for k in has if target in graph.objects(k, marrow("within"))}
    if not ends:
        return (), False
    wide = set(graph.subjects(marrow("within"), target))
    wide |= {w for end in ends for w in graph.objects(end, marrow("within"))}
    paths: list[Path] = []
    starts = sorted(k for k in has if k in outgoing and k not in wide)
    cut = False
    for start in starts:
        stack: list[tuple[str, tuple[Link, ...]]] = [(start, ())]
        while stack:
            kind, trail = stack.pop()
            if kind in wide:
                paths.append(Path(trail))
                if len(paths) >= MAX_PATHS:
                    cut = True
                    break
                continue
            visited = {link.cause for link in trail} | {kind}
            stack.extend(
                (link.effect, (*trail, link))
                for link in outgoing.get(kind, ()) if link.effect not in visited
            )
    shown = _without_doubles(_without_tails(paths))
    return tuple(sorted(shown, key=lambda p: (p.rank, bool(p.limits), len(p.links), p.kinds))), cut


def _without_tails(paths: list[Path]) -> list[Path]:
    """Drop a path that is only the end of a longer one from an earlier cause."""
    whole = {tuple(link.node for link in path.links) for path in paths}
    return [
        path for path in paths
        if not any(
            len(other) > len(path.links)
            and other[-len(path.links):] == tuple(link.node for link in path.links)
            for other in whole
        )
    ]


def _without_doubles(paths: list[Path]) -> list[Path]:
    """Keep the surest of the paths that lead through the same kinds.

    One step can be active by two links, for instance in two contexts that both hold.
    """
    surest: dict[tuple[str, ...], Path] = {}
    for path in paths:
        known = surest.get(path.kinds)
        if known is None or path.rank < known.rank:
            surest[path.kinds] = path
    return list(surest.values())


def is_mechanism(graph: Graph, kind: str) -> bool:
    """Tell whether a kind is a mechanism."""
    return marrow("MechanismKind") in graph.objects(kind, TYPE)


def grade_of(graph: Graph, rank: float) -> str | None:
    """Return how sure a link or path of a rank is, as the ontology calls it."""
    for point in ("HighCertainty", "ModerateCertainty", "LowCertainty"):
        if graph.number(marrow(point), marrow("rank")) == rank:
            return graph.text(marrow(point), marrow("code"))
    return None
