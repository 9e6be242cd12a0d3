"""Give a patient's record, or what is recommended, to another system."""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .call import Asked, Files, about_a_patient, check_named, emit, read_record, tell_site

if TYPE_CHECKING:
    from ..engine import Engine


def register(app: typer.Typer) -> None:
    """Add the export to the command."""
    app.command()(export)


@about_a_patient
def export(
    asked: Asked,
    patient: Files = [],  # noqa: B006 - typer reads the default and never writes to it
    fhir: Annotated[
        bool, typer.Option("--fhir", help="Write what is recommended as a FHIR R4 bundle.")
    ] = False,
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
    """Write what is recommended as FHIR, or a record as RDF."""
    from ..exchange.file import write_record

    check_asked(fhir, form, inferred)
    out = "" if out == "-" else out
    if asked.as_json and not out:
        raise UsageError("no-file", what="--json tells of the file that was written",
                         fix="name the file with -o")
    data, engine = fhir_bundle(asked, patient) if fhir \
        else patient_graph(asked, patient, form, inferred)
    if not out:
        tell_site(engine)
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    write_record(Path(out), data)
    written = {"file": out, "format": form or "fhir", "bytes": len(data),
               "sha256": hashlib.sha256(data).hexdigest()}
    emit(written, asked.as_json, lambda: f"wrote {out}, {len(data)} bytes\n", engine)


def check_asked(fhir: bool, form: str, inferred: bool) -> None:
    """Check that the options say what is to be written, in one way."""
    from ..exchange.graph import check_format

    if fhir == bool(form):
        raise UsageError("no-format", what="nothing says what to write, or two options do",
                         fix="take either --fhir or --format turtle")
    if form:
        check_format(form)
    if inferred and form != "trig":
        raise UsageError("only-in-trig", what="only trig has a graph of its own for what follows",
                         fix="take --format trig")


def fhir_bundle(asked: Asked, patient: list[str]) -> tuple[bytes, Engine]:
    """Return what is recommended for the patient as a bundle."""
    from ..exchange.guidance import write_bundle

    assessment = asked.assess(patient)
    text = json.dumps(write_bundle(assessment), indent=1, ensure_ascii=False) + "\n"
    return text.encode(), assessment.engine


def patient_graph(asked: Asked, patient: list[str], form: str, inferred: bool) \
        -> tuple[bytes, Engine]:
    """Return the patient's graph, and say what of the input is not in it."""
    from ..exchange.graph import write_conclusions, write_graph
    from ..pipeline import assess_graph, parse_date

    day = parse_date(asked.as_of) if asked.as_of else date.today()
    check_named(patient, asked.example)
    engine = asked.load()
    graph, issues = read_record(patient, asked.example, asked.which, engine)
    if inferred:
        data = write_conclusions(assess_graph(engine, graph, day, issues), graph)
    else:
        data = write_graph(graph, form, engine.vocabulary)
    if issues:
        typer.echo("marrow: what could not be read is not in this graph; notes on the input: "
                   f"{len(issues)}; explain --import-report lists them", err=True)
    return data, engine
