"""Answer for every patient of an input, or account for every resource of it.

Patients are read, answered and printed one after the other, so that memory does not grow.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

import typer

from ..errors import UsageError
from .call import Asked, check_named, printable


def explain_all(asked: Asked, paths: Sequence[str], evidence: str,
                form: tuple[bool, bool]) -> None:
    """Explain every patient of an input, in full and with everything if asked; or as JSON lines."""
    from ..explanation.glance import told_text
    from ..explanation.report import report
    from ..pipeline import admit, assess_graph, open_fhir, parse_date

    _check_files(paths, asked.example)
    day = parse_date(asked.as_of) if asked.as_of else date.today()
    engine = asked.load(evidence)
    with open_fhir(paths, engine) as found:
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

    _check_files(paths, asked.example)
    with open_fhir(paths, asked.load()) as found:
        chosen = [found.read(found.find(asked.which)).report] if asked.which else found.reports()
        for one in chosen:
            if asked.as_json:
                typer.echo(json.dumps(report_data(one), ensure_ascii=False))
            else:
                typer.echo(printable(report_text(one)), nl=False)


def _check_files(paths: Sequence[str], example: str) -> None:
    from ..pipeline import is_fhir

    check_named(paths, example)
    if example or not all(path != "-" and is_fhir(path) for path in paths):
        raise UsageError("not-fhir", what="only a FHIR file or folder holds several patients",
                         fix="name FHIR JSON, NDJSON, gzip of either, or a folder of them")
