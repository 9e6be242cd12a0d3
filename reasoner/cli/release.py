"""Write the ontology in the forms that others read."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from .call import AsJson, answering, emit


def register(app: typer.Typer) -> None:
    """Add the release to the command."""
    app.command()(release)


def release(
    folder: Annotated[
        str, typer.Argument(metavar="FOLDER", help="Where to write; it is made if it is not there.")
    ],
    as_json: AsJson = False,
) -> None:
    """Write the whole ontology in four forms, with checksums.

    The forms are Turtle, RDF/XML, N-Triples and JSON-LD.
    """
    from ..release import write_release

    with answering():
        done = write_release(Path(folder))
        emit(asdict(done), as_json, done.text)
