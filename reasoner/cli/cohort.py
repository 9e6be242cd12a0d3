"""Answer for every patient of an input, or account for every resource of it.

Patients are read, answered and printed one after the other, so that memory does not grow.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import typer

from ..errors import UsageError
from .call import Asked, check_named, printable, read_standard_input


def explain_all(asked: Asked, paths: Sequence[str], evidence: str,
                form: tuple[bool, bool]) -> None:
    """Explain every patient of an input, in full and with everything if asked; or as JSON lines."""
    from ..explanation.glance import told_text
    from ..explanation.report import report
    from ..pipeline import admit, assess_graph, open_fhir, parse_date

    if asked.which:
        raise UsageError("one-answer", what="--all-patients answers for all, and --patient names "
                         "one", fix="leave out one of them")
    data = _fhir(paths, asked.example, "--all-patients")
    day = parse_date(asked.as_of) if asked.as_of else date.today()
    engine = asked.load(evidence)
    with open_fhir(paths, engine, data) as found:
        for imported in found:
            assessment = assess_graph(engine, admit(imported, engine), day, imported.issues)
            if asked.as_json:
                typer.echo(json.dumps(report(assessment), ensure_ascii=False))
            else:
                typer.echo(printable(f"=== {imported.report.patient}\n\n"
                                     f"{told_text(assessment, *form)}"))
        rest = found.rest()
    if rest.count("not understood"):
        typer.echo(f"marrow: {rest.count('not understood')} resources belong to no patient who can "
                   "be told; --import-report lists them", err=True)


def show_import(asked: Asked, paths: Sequence[str]) -> None:
    """Say what became of every resource of one patient, or of all and of what belongs to none."""
    from ..fhir import report_data, report_text
    from ..pipeline import open_fhir

    data = _fhir(paths, asked.example, "--import-report")
    with open_fhir(paths, asked.load(), data) as found:
        chosen = [found.read(found.find(asked.which)).report] if asked.which else found.reports()
        for one in chosen:
            if asked.as_json:
                typer.echo(json.dumps(report_data(one), ensure_ascii=False))
            else:
                typer.echo(printable(report_text(one)), nl=False)


def _fhir(paths: Sequence[str], example: str, option: str) -> bytes | None:
    """Check that the input is FHIR, and return what is on standard input if that is meant.

    Raises:
        InputRefused: a file cannot be read.
        UsageError: no input is named, or one that is one patient graph.
    """
    from ..pipeline import is_fhir, read_file

    check_named(paths, example)
    data = read_standard_input() if "-" in paths else None
    for path in [example] if example else paths:
        if example or not is_fhir(path, data):
            if not example and data is None:
                read_file(path)
            name = "an example" if example else "standard input" if path == "-" \
                else Path(path).name
            raise UsageError("not-fhir", what=f"{option} is for FHIR, and {name} is one patient "
                             "graph", fix=f"leave out {option}, or name FHIR JSON, NDJSON, gzip of "
                             "either, or a folder of them")
    return data
