"""Rulebook: what a rule says, as its author wrote it.

A rule is a file with a header; what the gate computes before any rule runs is described in the
ontology. Checks of the knowledge are such files as well.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..assessment import source_of
from ..engine import Engine
from ..knowledge import Graph
from ..namespaces import DCTERMS, GATE, MARROW, RULE, TYPE, expand, iri, local_name
from ..rule import read_header
from ..wording import notice_of

_FOLDERS = ("entailment", "rules")
_CHECKS = "checks"
_SOURCE = iri(DCTERMS, "source")
_CITED = re.compile(r"\bmarrow:[\w-]+")


@lru_cache(maxsize=4)
def rules_of(root: Path) -> dict[str, Path]:
    """Return the file of every rule by its name."""
    return {p.stem: p for folder in _FOLDERS for p in (root / "queries" / folder).glob("*.rq")}


def rule_called(engine: Engine, wanted: str) -> str | None:
    """Return the term of the rule or computation that a name, an IRI or a file stands for."""
    place, _, name = wanted.strip("<>").removesuffix(".rq").rpartition("/")
    place = place.replace(MARROW, "").removeprefix("marrow:")
    if name in rules_of(engine.root) and place in (
            "", "rule", *(f"queries/{folder}" for folder in _FOLDERS)):
        return iri(RULE, name)
    computed = iri(GATE, name)
    if place in ("", "gate") and engine.graph.objects(computed, TYPE):
        return computed
    return None


def rule_alone(engine: Engine, wanted: str) -> dict[str, Any] | None:
    """Return what a rule, computation or check of the knowledge says; None if there is no such."""
    rule = rule_called(engine, wanted)
    if rule is not None:
        return {**written(engine, rule), "notice": notice_of(engine.graph)}
    for path in (engine.root / "queries" / _CHECKS).glob("*.rq"):
        if path.stem == wanted:
            header = read_header(path)
            return {"asked": wanted, "iri": None, "label": header["title"], "says": None,
                    "why": header["why"], "source": None, "sources": [], "layer": None,
                    "status": None, "date": None, "file": _file(engine.root, path),
                    "notice": notice_of(engine.graph)}
    return None


def written(engine: Engine, rule: str) -> dict[str, Any]:
    """Return what the author of a rule says of it, or the ontology of a computation."""
    graph, name = engine.graph, local_name(rule)
    if rule.startswith(f"<{GATE}"):
        return {"asked": name, "iri": rule.strip("<>"), "label": graph.label(rule),
                "says": graph.definition(rule), "why": None, "source": graph.text(rule, _SOURCE),
                "sources": [], "layer": None, "status": None, "date": None, "file": None}
    path = rules_of(engine.root)[name]
    header = read_header(path)
    return {
        "asked": name, "iri": rule.strip("<>"), "label": header["title"],
        "says": f"when {header['when']}, {header['then']}", "why": header["why"],
        "source": header["source"], "sources": _sources(graph, header["source"]),
        "layer": header["layer"], "status": header["status"], "date": header["date"],
        "file": _file(engine.root, path),
    }


def _sources(graph: Graph, written: str) -> list[dict[str, Any]]:
    """Return the statements that a header cites; other sources are only read as written."""
    return [source_of(graph, expand(name)) for name in _CITED.findall(written)]


def _file(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def rule_text(data: dict[str, Any]) -> str:
    """Return what a rule says as text."""
    return "\n".join([*rule_lines(data), "", data["notice"], ""])


def rule_lines(data: dict[str, Any]) -> list[str]:
    """Return what a rule says as lines of text."""
    lines = [f"{data['asked']}: {data['label']}"]
    lines += [f"  {data['says']}"] if data["says"] else []
    lines += [f"  why: {data['why']}"] if data["why"] else []
    lines += [f"  source: {data['source']}"] if data["source"] else []
    lines += [f"      {s['id']} {s['label']} {s['citation'] or ''} [{s['provenance'] or '-'}]"
              for s in data["sources"]]
    if data["file"]:
        told = [data["file"], f"layer {data['layer']}" if data["layer"] else "",
                data["status"] or "", data["date"] or ""]
        lines.append("  written in " + ", ".join(filter(None, told)))
    return lines
