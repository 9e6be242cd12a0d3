"""docs/architecture.md has every module in its table, and no module takes from one below it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "reasoner"
TABLE = (ROOT / "docs" / "architecture.md").read_text("utf-8").partition("## Modules")[2]


def listed() -> list[str]:
    """The modules and folders of the table, in its order."""
    return [name.rstrip("/") for row in re.findall(r"^\| (`.*?) \|", TABLE, re.MULTILINE)
            for name in re.findall(r"`([a-z_/]+)`", row)]


def imports() -> Iterator[tuple[str, str]]:
    """Each module or folder with another of the package that it takes something from."""
    for path in PACKAGE.rglob("*.py"):
        place = path.relative_to(PACKAGE).with_suffix("").parts
        if place == ("__init__",):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = [*place[:-1]][:len(place) - node.level]
                found = [*base, *(node.module or "").split(".")] if node.module else base
                names = found[:1] or [alias.name for alias in node.names]
                for name in names:
                    if name not in (place[0], "__version__"):
                        yield place[0], name


def test_every_module_is_in_the_table_once() -> None:
    there = {p.stem for p in PACKAGE.glob("*.py")} - {"__init__"}
    there |= {p.parent.name for p in PACKAGE.glob("*/__init__.py")}
    assert sorted(listed()) == sorted(there)


def test_no_module_takes_from_one_below_it() -> None:
    order = {name: place for place, name in enumerate(listed())}
    assert [(taker, giver) for taker, giver in imports() if order[giver] > order[taker]] == []
