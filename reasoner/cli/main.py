"""The ``marrow`` command.

Heavy imports happen inside the commands, so that help and version answer at once. Exit codes: 0
answered, 1 findings (validate and check only), 2 usage, 3 unusable input, 4 limit reached.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import __version__
from ..errors import MarrowError, UsageError

if TYPE_CHECKING:
    from ..assessment import Assessment

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Reason with proofs about back pain in patients with anemia. "
         "Supports clinical judgement and does not replace it.",
)
Patient = Annotated[
    str, typer.Argument(help="Turtle, TriG, N-Triples, RDF/XML, JSON-LD or FHIR R4 JSON; - for "
                             "standard input.", show_default=False),
]
Example = Annotated[str, typer.Option("--example", help="A shipped example, by name.")]
AsOf = Annotated[str, typer.Option("--as-of", help="The date the answer is for; today by default.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


@contextmanager
def answering() -> Iterator[None]:
    """Turn an error the caller can mend into one clear line and its exit code."""
    try:
        yield
    except MarrowError as error:
        typer.echo(f"marrow: {error}", err=True)
        raise typer.Exit(error.exit_code) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(0) from None


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"marrow {__version__}")
        raise typer.Exit


@app.callback()
def marrow(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Reason with proofs about back pain in patients with anemia."""


def read_input(path: str, example: str) -> tuple[str, bytes]:
    """Return the name and bytes of a patient file, standard input or a shipped example.

    Raises:
        UsageError: neither or both were named, or there is no such example.
    """
    from ..pipeline import read_file

    if bool(path) == bool(example):
        raise UsageError("no-patient", what="name either a patient file or --example",
                         fix=f"examples: {', '.join(example_names())}")
    if example:
        found = examples_folder() / f"{example}.ttl"
        if example not in example_names():
            raise UsageError("no-such-example", what=f"there is no example {example[:60]!r}",
                             fix=f"take one of {', '.join(example_names())}")
        return found.name, found.read_bytes()
    if path == "-":
        return "-", sys.stdin.buffer.read()
    return path, read_file(path)


def examples_folder() -> Path:
    """Return the folder of the shipped examples."""
    from ..knowledge import find_root

    return find_root() / "examples"


def example_names() -> list[str]:
    """Return the names of the shipped examples."""
    return sorted(p.stem for p in examples_folder().glob("*.ttl"))


def assessment_of(path: str, example: str, as_of: str) -> Assessment:
    """Read, validate and assess the patient that the arguments name."""
    from ..pipeline import assess_graph, load_knowledge, parse_date, read_patient

    day = parse_date(as_of) if as_of else date.today()
    name, data = read_input(path, example)
    engine = load_knowledge()
    graph, issues = read_patient(name, data, engine)
    return assess_graph(engine, graph, day, issues)


def emit(data: Any, as_json: bool, text: Callable[[], str]) -> None:
    """Print data as JSON, or as the text a function makes of it."""
    if as_json:
        typer.echo(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        typer.echo(text(), nl=False)


@app.command()
def explain(
    patient: Patient = "",
    example: Example = "",
    as_of: AsOf = "",
    as_json: AsJson = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also show in full what does not apply and what was "
                                         "not used.")
    ] = False,
) -> None:
    """Say what a patient has, why the back may hurt, and what is recommended, with reasons."""
    from ..explanation.report import report
    from ..explanation.text import explain_text

    with answering():
        assessment = assessment_of(patient, example, as_of)
        emit(report(assessment) if as_json else None, as_json,
             partial(explain_text, assessment, everything))


@app.command()
def why(
    arguments: Annotated[
        list[str], typer.Argument(metavar="[PATIENT] CONCLUSION",
                                  help="A patient file (or --example) and what to explain, by its "
                                       "local name, such as a kind or an intervention.")
    ],
    example: Example = "",
    as_of: AsOf = "",
    as_json: AsJson = False,
    rdf: Annotated[
        str, typer.Option("--rdf", help="Write the proof to this file as TriG.")
    ] = "",
) -> None:
    """Show the path from the record to a conclusion."""
    from ..explanation.why import explain_why, find_conclusion, why_data
    from ..store import write_trig

    with answering():
        *files, wanted = arguments
        if len(files) > 1:
            raise UsageError("too-many-arguments", what="more than one patient file",
                             fix="name one file and one conclusion")
        assessment = assessment_of(files[0] if files else "", example, as_of)
        fact = find_conclusion(assessment, wanted)
        if rdf:
            write_trig(assessment, fact, Path(rdf))
        emit(why_data(assessment, fact) if as_json else None, as_json,
             partial(explain_why, assessment, fact))


@app.command()
def validate(patient: Patient = "", example: Example = "", as_json: AsJson = False) -> None:
    """Check a patient graph against the shapes; exit 1 if anything breaks one."""
    from dataclasses import asdict

    from ..pipeline import load_knowledge, read_patient, validate_patient
    from ..validation import set_aside

    with answering():
        name, data = read_input(patient, example)
        engine = load_knowledge()
        graph, issues = read_patient(name, data, engine)
        found = (*issues, *set_aside(graph, validate_patient(graph, engine))[1])
        lines = [f"{i.where}: {i.what}; {i.fix}\n" for i in found]
        verdict = f"{len(found)} findings\n" if found else "conforms\n"
        emit({"conforms": not found, "findings": [asdict(i) for i in found]}, as_json,
             lambda: "".join(lines) + verdict)
        if found:
            raise typer.Exit(1)


@app.command()
def query(
    arguments: Annotated[
        list[str], typer.Argument(metavar="[PATIENT] QUERY",
                                  help="A patient file (or --example) and a query: the name of a "
                                       "shipped question, or a .rq file.")
    ],
    example: Example = "",
    as_of: AsOf = "",
    as_json: AsJson = False,
) -> None:
    """Run SPARQL over the knowledge, the patient, the inferences and their proofs."""
    from ..store import answer_query, read_query

    with answering():
        *files, wanted = arguments
        if len(files) > 1:
            raise UsageError("too-many-arguments", what="more than one patient file",
                             fix="name one file and one query")
        text = read_query(wanted)
        assessment = assessment_of(files[0] if files else "", example, as_of)
        answer = answer_query(assessment, text)
        emit(answer.data, as_json, answer.text)


@app.command()
def graph(
    html: Annotated[str, typer.Option("--html", help="Write the page to this file.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show the mechanism graph: what leads to what, in which context, says who."""
    from ..explanation.page import graph_data, graph_page, graph_text
    from ..pipeline import load_knowledge

    with answering():
        engine = load_knowledge()
        if html:
            Path(html).write_text(graph_page(engine), encoding="utf-8")
            typer.echo(f"wrote {html}", err=True)
            return
        emit(graph_data(engine), as_json, partial(graph_text, engine))


@app.command()
def check(
    dl: Annotated[bool, typer.Option("--dl", help="Also check consistency with HermiT (needs the "
                                                  "dl extra).")] = False,
    as_json: AsJson = False,
    write_is_a: Annotated[
        bool, typer.Option("--write-is-a", help="First write the taxonomy between kinds anew "
                                                "from the class tree.")
    ] = False,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Instead show what carries each claim; exit 1 if "
                                              "one is carried by nothing.")
    ] = False,
) -> None:
    """Check the knowledge itself; exit 1 if a check finds an error."""
    from dataclasses import asdict

    from ..checks import run_checks
    from ..coverage import coverage_text, find_coverage
    from ..knowledge import find_root
    from ..taxonomy import write_taxonomy

    with answering():
        if write_is_a:
            typer.echo(f"wrote {write_taxonomy(find_root())}", err=True)
        if coverage:
            claims = find_coverage(find_root())
            emit([asdict(c) for c in claims], as_json, partial(coverage_text, claims))
            raise typer.Exit(0 if all(c.carriers for c in claims) else 1)
        rows = run_checks(dl)
        lines = [f"{r['severity']}: {r['check']}: {r['where']}: {r['what']}\n" for r in rows]
        verdict = f"{len(rows)} findings\n" if rows else "no findings\n"
        emit(rows, as_json, lambda: "".join(lines) + verdict)
        if any(r["severity"] == "error" for r in rows):
            raise typer.Exit(1)


def run() -> None:
    """Run the command."""
    app(prog_name="marrow")
