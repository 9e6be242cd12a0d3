"""What changes for patients when the knowledge changes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputRefused, MarrowError, UsageError
from .call import AsJson, AsOf, answering, emit, read_input

if TYPE_CHECKING:
    from ..difference import Version

SHIPPED = "shipped"


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("diff")(diff)


def diff(
    old: Annotated[
        str, typer.Argument(metavar="OLD",
                            help="The knowledge before: a folder with ontology/, queries/ and "
                                 "shapes/, a site's file, or the word shipped.")
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The knowledge after, likewise.")],
    patients: Annotated[
        list[str] | None, typer.Argument(metavar="PATIENTS", help="Patient files, or folders of "
                                                                    "them.")
    ] = None,
    example: Annotated[
        list[str], typer.Option("--example", help="A shipped example, by name; may be repeated.")
    ] = [],  # noqa: B006 - typer reads the default and never writes to it
    as_of: AsOf = "",
    as_json: AsJson = False,
) -> None:
    """Say what changes for patients when the knowledge changes."""
    from ..difference import changed_terms
    from ..explanation.diff import compare_patient, diff_data, diff_text
    from ..pipeline import assess_graph, parse_date, read_patient
    from ..wording import notice_of

    with answering():
        day = parse_date(as_of) if as_of else date.today()
        inputs = [*((path, "") for path in find_patients(patients or [])),
                  *(("", name) for name in example)]
        if not inputs:
            raise UsageError("no-patient", what="no patient to compare",
                             fix="name patient files or folders, or --example")
        before, after = load_version(old), load_version(new)
        changes = changed_terms(before, after)
        compared: list[dict[str, Any]] = []
        unusable: list[dict[str, str]] = []
        failed: list[MarrowError] = []
        with progress(inputs) as waiting:
            for path, name in waiting:
                try:
                    read, data = read_input(path, name)
                    was, now = (
                        assess_graph(v.engine, *_ordered(read_patient(read, data, v.engine), day))
                        for v in (before, after))
                    compared.append(compare_patient(name or path, was, now, changes))
                except MarrowError as error:
                    failed.append(error)
                    unusable.append({"where": error.where or name or path, "what": error.what,
                                     "fix": error.fix})
        if not compared:
            raise failed[0]
        found = diff_data(before, after, changes, compared, unusable, day.isoformat(),
                          notice_of(after.engine.graph))
        emit(found, as_json, partial(diff_text, found))


def _ordered(read: tuple[Any, Any], day: date) -> tuple[Any, date, Any]:
    graph, issues = read
    return graph, day, issues


def load_version(name: str) -> Version:
    """Return a version of the knowledge: a folder, a site's file, or what is shipped.

    Raises:
        InputRefused: there is no such folder or file, or the site's file cannot be used.
        KnowledgeError: the knowledge of the folder is broken.
    """
    from ..difference import Version
    from ..knowledge import FOLDERS, read_knowledge
    from ..pipeline import load_knowledge, read_site_file
    from ..site import apply_site

    if name == SHIPPED:
        return Version(name, read_knowledge(), load_knowledge())
    path = Path(name)
    if path.is_dir():
        missing = [folder for folder in FOLDERS if not (path / folder).is_dir()]
        if missing:
            raise InputRefused("no-knowledge", where=name[:200], what=f"it has no {missing[0]}/",
                               fix="name a folder with ontology/, queries/ and shapes/")
        root = path.resolve()
        return Version(name, read_knowledge(root), load_knowledge(root))
    engine = load_knowledge(site=name)
    return Version(name, apply_site(read_knowledge(), read_site_file(name)), engine)


def find_patients(names: Iterable[str]) -> Iterator[str]:
    """Yield the files that are named, and every file of a known format in the folders named."""
    from ..patient import FORMATS

    for name in names:
        if Path(name).is_dir():
            yield from (str(p) for p in sorted(Path(name).rglob("*"))
                        if p.is_file() and p.suffix.lower() in FORMATS)
        else:
            yield name


def progress(inputs: list[tuple[str, str]]) -> Any:
    """Return the inputs, with a bar on standard error where that is a terminal."""
    if len(inputs) > 1 and sys.stderr.isatty():
        return typer.progressbar(inputs, label="patients", file=sys.stderr)
    return nullcontext(inputs)
