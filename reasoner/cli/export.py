"""Give a patient's record, or what is recommended, to another system."""

from __future__ import annotations

import hashlib
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from .call import Asked, Files, about_a_patient, check_named, emit, read_record, tell_site


def register(app: typer.Typer) -> None:
    """Add the export to the command."""
    app.command()(export)


@about_a_patient
def export(
    asked: Asked,
    patient: Files = [],  # noqa: B006 - typer reads the default and never writes to it
    form: Annotated[
        str, typer.Option("--format", help="Write the patient graph as turtle, json-ld, n-triples, "
                                           "trig or rdf-xml.")
    ] = "",
    inferred: Annotated[
        bool, typer.Option("--inferred", help="With --format trig: also what follows, in a graph "
                                              "of its own.")
    ] = False,
    out: Annotated[
        str, typer.Option("--out", "-o", help="Write to this file, whole or not at all, instead of "
                                              "to standard output.")
    ] = "",
) -> None:
    """Write a patient's graph for another system."""
    from ..exchange.file import write_record
    from ..exchange.graph import check_format, write_conclusions, write_graph
    from ..pipeline import assess_graph, parse_date

    if not form:
        raise UsageError("no-format", what="nothing says what to write", fix="add --format turtle")
    check_format(form)
    if inferred and form != "trig":
        raise UsageError("only-in-trig", what=f"{form} has no graph of its own for what follows",
                         fix="take --format trig")
    if asked.as_json and not out:
        raise UsageError("no-file", what="--json tells of the file that was written",
                         fix="name the file with -o")
    day = parse_date(asked.as_of) if asked.as_of else date.today()
    check_named(patient, asked.example)
    engine = asked.load()
    graph, issues = read_record(patient, asked.example, asked.which, engine)
    if inferred:
        data = write_conclusions(assess_graph(engine, graph, day, issues), graph)
    else:
        data = write_graph(graph, form, engine.vocabulary)
    told = [i for i in issues if i.severity == "warning"]
    if told:
        typer.echo(f"marrow: {len(told)} things of the input are not in this graph; "
                   "--import-report of explain lists them", err=True)
    if not out:
        tell_site(engine)
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    write_record(Path(out), data)
    written = {"file": out, "format": form, "bytes": len(data),
               "sha256": hashlib.sha256(data).hexdigest()}
    emit(written, asked.as_json, lambda: f"wrote {out}, {len(data)} bytes\n", engine)
