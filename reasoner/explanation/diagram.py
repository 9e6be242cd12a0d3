"""A proof as a tree in text, or as a picture to be drawn elsewhere: Mermaid, DOT and GraphML.

Each step is a node with its sentence. An arrow leads from what it rests on; in the tree that stands
under it, down to the records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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


def tree(steps: list[Step]) -> str:
    """Return the steps from the conclusion down; one that several rest on is unfolded once."""
    numbered = {step.number: step for step in steps}
    shown: set[int] = set()

    def branch(step: Step) -> Iterator[str]:
        """Yield a step and, further in, what it rests on."""
        known = step.number in shown and (step.premises or step.records or step.absences)
        sources = f"; {', '.join(step.sources)}" if step.sources else ""
        yield plain(f"{step.number}. {step.sentence}  " + (
            "(unfolded above)" if known else f"(by {step.rule}{sources})"))
        if known:
            return
        shown.add(step.number)
        below = [list(branch(numbered[number])) for number in step.premises]
        below += [[plain(record)] for record in step.records]
        below += [[plain(f"as long as {absence}")] for absence in step.absences]
        for place, (first, *rest) in enumerate(below, 1):
            last = place == len(below)
            yield ("└─ " if last else "├─ ") + first
            yield from (("   " if last else "│  ") + line for line in rest)

    return "\n".join(branch(steps[-1])) + "\n"


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


FORMS: dict[str, Callable[[list[Step]], str]] = {"tree": tree, "mermaid": mermaid, "dot": dot,
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
