"""A proof as a picture to be drawn elsewhere: Mermaid, DOT and GraphML.

Each step is a node with its sentence, and an arrow leads from what it rests on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..assessment import Assessment
from ..errors import UsageError
from ..proof import Proof
from ..quantity import plain
from .steps import Step, steps_of

if TYPE_CHECKING:
    import networkx as nx


def _said(step: Step) -> str:
    return plain("; ".join([step.sentence, *step.records]))


def mermaid(steps: list[Step]) -> str:
    """Return the steps as a Mermaid flowchart."""
    def quote(text: str) -> str:
        return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")

    lines = ["flowchart TD"]
    for step in steps:
        lines.append(f'    s{step.number}["{quote(_said(step))}"]')
        lines += [f"    s{number} --> s{step.number}" for number in step.premises]
    return "\n".join(lines) + "\n"


def dot(steps: list[Step]) -> str:
    """Return the steps as a graph in the DOT language."""
    def quote(text: str) -> str:
        return text.replace("\\", "\\\\").replace('"', '\\"')

    lines = ["digraph proof {", "    node [shape=box];"]
    for step in steps:
        lines.append(f'    s{step.number} [label="{quote(_said(step))}"];')
        lines += [f"    s{number} -> s{step.number};" for number in step.premises]
    return "\n".join([*lines, "}"]) + "\n"


def graphml(steps: list[Step]) -> str:
    """Return the steps as GraphML, with rule and sources of each."""
    import networkx as nx

    lines = nx.generate_graphml(graph_of(steps))  # type: ignore[no-untyped-call]
    return "\n".join(lines) + "\n"


def graph_of(steps: list[Step]) -> nx.DiGraph[str]:
    """Return the steps as a directed graph: node attributes says, rule and sources."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    for step in steps:
        graph.add_node(f"s{step.number}", says=_said(step), rule=step.rule,
                       sources=", ".join(step.sources))
    for step in steps:
        graph.add_edges_from((f"s{number}", f"s{step.number}") for number in step.premises)
    return graph


FORMS: dict[str, Callable[[list[Step]], str]] = {"mermaid": mermaid, "dot": dot,
                                                 "graphml": graphml}


def draw(assessment: Assessment, proof: Proof, form: str) -> str:
    """Return a proof in one of the forms.

    Raises:
        UsageError: there is no such form.
    """
    if form not in FORMS:
        raise UsageError("no-such-form", what=f"{form[:40]!r} is no form of a proof",
                         fix=f"take one of {', '.join(FORMS)}")
    return FORMS[form](steps_of(assessment, proof))
