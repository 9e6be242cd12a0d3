"""What the commands share: their arguments, the way to an assessment, and the answer.

Heavy imports happen inside the functions, so that help and version answer at once.
"""

from __future__ import annotations

import inspect
import json
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import LimitReached, MarrowError, UsageError

if TYPE_CHECKING:
    from ..assessment import Assessment
    from ..engine import Engine
    from ..errors import Issue
    from ..patient import PatientGraph

Files = Annotated[
    list[str], typer.Argument(metavar="PATIENT", help="Turtle, TriG, N-Triples, RDF/XML, "
                              "JSON-LD or FHIR JSON; FHIR may also be a folder, NDJSON, gzip, or "
                              "several files of them; - for standard input.",
                              show_default=False),
]
Which = Annotated[str, typer.Option("--patient", metavar="ID",
                                    help="The id of the patient that is meant, where the input "
                                         "holds several.")]
Example = Annotated[str, typer.Option("--example", metavar="NAME",
                                      help="A shipped example, by name, instead of a file.")]
AsOf = Annotated[str, typer.Option("--as-of", metavar="YYYY-MM-DD",
                                   help="The date the answer is for; today by default.")]
Thresholds = Annotated[
    str, typer.Option("--thresholds", metavar="FILE",
                      help="A site's file: bounds of its own, and which of several sources that "
                           "disagree it follows.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
Rdf = Annotated[str, typer.Option("--rdf", metavar="FILE",
                                  help="Write the answer to this file as TriG: a named graph of "
                                       "its own, with the proofs it points to.")]
Audience = Annotated[str, typer.Option("--audience", metavar="WHO",
                                       help="Whom the answer is written for: clinician, educator "
                                            "or patient.")]
Language = Annotated[str, typer.Option("--language", metavar="TAG",
                                       help="The language of the answer; what is not written in "
                                            "it is in English.")]
Spoken = tuple[str, str]
"""An audience and a language, as the caller named them."""

_NO_PLACE = (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError,
             PermissionError)
"""What goes wrong where an answer cannot be written at the place that was named."""


@contextmanager
def answering() -> Iterator[None]:
    """Turn an error the caller can mend into one clear line and its exit code."""
    try:
        yield
    except MarrowError as error:
        typer.echo(f"marrow: {printable(str(error))}".replace("\n", " "), err=True)
        raise typer.Exit(error.exit_code) from None
    except (OSError, RecursionError, MemoryError, OverflowError) as error:
        if isinstance(error, BrokenPipeError):
            sys.stderr.close()
            raise typer.Exit(0) from None
        if isinstance(error, _NO_PLACE) and error.filename:
            typer.echo(printable(f"marrow: {error.filename}: {error.strerror}; name a file that "
                                 "can be written, in a folder that is there"), err=True)
            raise typer.Exit(UsageError.exit_code) from None
        typer.echo(f"marrow: stopped by {type(error).__name__}; send less, or check where it is to "
                   "be written", err=True)
        raise typer.Exit(4) from None


def printable(text: str) -> str:
    """Return text without control and direction marks, which a record could bring to a terminal."""
    from ..quantity import plain

    return plain(text, kept="\n\t")


def read_input(path: str, example: str) -> tuple[str, bytes]:
    """Return the name and bytes of a patient file, standard input or a shipped example.

    Raises:
        UsageError: neither or both were named, or there is no such example.
    """
    from ..pipeline import read_file

    check_named([path] if path else [], example)
    if example:
        found = examples_folder() / f"{example}.ttl"
        if example not in example_names():
            raise UsageError("no-such-example", what=f"there is no example {example[:60]!r}",
                             fix=f"take one of {', '.join(example_names())}")
        return found.name, found.read_bytes()
    if path == "-":
        return "-", read_standard_input()
    return path, read_file(path)


def read_standard_input() -> bytes:
    """Return what is on standard input.

    Raises:
        LimitReached: it is more than any reader takes.
    """
    from ..hostile import MAX_FILE

    data = sys.stdin.buffer.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise LimitReached("too-large", where="standard input", what=f"more than {MAX_FILE} bytes",
                           fix="name a file instead")
    return data


def check_named(paths: Sequence[str], example: str) -> None:
    """Check that the arguments name a patient in one way.

    Raises:
        UsageError: neither a file nor an example was named, or both were.
    """
    for path in paths:
        if not path.strip():
            raise UsageError("no-patient", what="the name of the patient file is empty",
                             fix="name a file, or - for standard input")
        if path in example_names() and not Path(path).exists():
            raise UsageError("no-patient", what=f"there is no file {path!r}, but an example",
                             fix=f"write --example {path}")
    if len(paths) > 1 and "-" in paths:
        raise UsageError("no-patient", what="standard input is read alone, and other inputs are "
                         "named", fix="name - alone, or files alone")
    if bool(paths) == bool(example):
        raise UsageError("no-patient", what="name either a patient file or --example",
                         fix=f"examples: {', '.join(example_names())}")


def examples_folder() -> Path:
    """Return the folder of the shipped examples."""
    from ..knowledge import find_root

    return find_root() / "examples"


def example_names() -> list[str]:
    """Return the names of the shipped examples."""
    return sorted(p.stem for p in examples_folder().glob("*.ttl"))


def read_record(paths: Sequence[str], example: str, which: str, engine: Engine) \
        -> tuple[PatientGraph, tuple[Issue, ...]]:
    """Read the one patient that the arguments name, and what of the record was not used."""
    from ..pipeline import read_one, read_patient

    check_named(paths, example)
    if not example and "-" not in paths:
        return read_one(paths, engine, which)
    if example and which:
        raise UsageError("which-patient", what="an example holds one patient",
                         fix="leave out --patient")
    return read_patient(*read_input("" if example else "-", example), engine, which)


@dataclass(frozen=True)
class Asked:
    """What every command about a patient is told: whose record, as of when, by which knowledge.

    Attributes:
        example: the name of a shipped example, if no file is named.
        as_of: the date the answer is for; today if empty.
        which: the id of the patient that is meant, where an input holds several.
        thresholds: a site's file, if there is one.
        as_json: whether the answer is to be JSON.
    """

    example: Example = ""
    as_of: AsOf = ""
    which: Which = ""
    thresholds: Thresholds = ""
    as_json: AsJson = False

    def load(self, evidence: str = "all") -> Engine:
        """Return the compiled knowledge, with what the site has decided."""
        from ..pipeline import load_knowledge

        return load_knowledge(evidence=evidence, site=self.thresholds or None)

    def typed(self, files: Sequence[str]) -> str:
        """Return how the patient was named, as it is written in another command."""
        named = [("--example", self.example), ("--patient", self.which), ("--as-of", self.as_of),
                 ("--thresholds", self.thresholds)]
        return shlex.join([*files, *(part for pair in named if pair[1] for part in pair)])

    def assess(self, files: Sequence[str], evidence: str = "all") -> Assessment:
        """Read, validate and assess the patient that the arguments name."""
        (assessment,) = self.assess_by(files, evidence)
        return assessment

    def assess_by(self, files: Sequence[str], *tiers: str) -> list[Assessment]:
        """Read the patient once, and assess by the knowledge of each tier of evidence."""
        from ..pipeline import assess_graph, parse_date

        day = parse_date(self.as_of) if self.as_of else date.today()
        check_named(files, self.example)
        engines = [self.load(evidence) for evidence in tiers]
        graph, issues = read_record(files, self.example, self.which, engines[0])
        return [assess_graph(engine, graph, day, issues) for engine in engines]


def about_a_patient(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that all commands about a patient share, as its first argument.

    An error that the caller can mend becomes one line and its exit code.
    """
    own = inspect.signature(command, eval_str=True).parameters.values()
    shared = [
        inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default,
                          annotation=_OPTIONS[field.name])
        for field in fields(Asked)
    ]

    @wraps(command)
    def run(**given: Any) -> None:
        with answering():
            command(Asked(**{f.name: given.pop(f.name) for f in fields(Asked)}), **given)

    parameters = [
        *(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in list(own)[1:]), *shared]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


_OPTIONS = {"example": Example, "as_of": AsOf, "which": Which, "thresholds": Thresholds,
            "as_json": AsJson}


def last_of(arguments: list[str], wanted: int, example: str, what: str) \
        -> tuple[list[str], list[str]]:
    """Return the patient files, if any are named, and the names asked about, which come last."""
    files, names = arguments[:-wanted], arguments[-wanted:]
    if len(names) != wanted or (files and example):
        raise UsageError("wrong-arguments", what="these are not the arguments that are needed",
                         fix=f"name a patient file (or --example) and {what}")
    return files, names


def answer(assessment: Assessment, spoken: Spoken, question: str, arguments: tuple[Any, ...],
           data: Callable[[], Any], text: Callable[[], str], as_json: bool,
           says_site: bool = False) -> None:
    """Print the answer to a question: a clinician's data or text, or another audience's page.

    Args:
        assessment: the patient that is asked about.
        spoken: for whom and in which language.
        question: the name of the question.
        arguments: what it is about.
        data: makes the clinician's data.
        text: makes the clinician's text.
        as_json: print data.
        says_site: whether the clinician's data and text say themselves what a site has decided.
    """
    from ..audiences.told import tell
    from ..audiences.voice import CLINICIAN, listener_of

    audience, language = spoken
    if listener_of(assessment.graph, audience, language).audience == CLINICIAN:
        tell_language(language)
        emit(data() if as_json else None, as_json, text, None if says_site else assessment.engine)
        return
    letter = tell(assessment, question, *arguments, audience=audience, language=language)
    emit(letter.data(), as_json, letter.text)


def only_for_clinicians(spoken: Spoken, **options: object) -> None:
    """Refuse options that have no form for another audience, of those that were given.

    Raises:
        UsageError: the audience is another.
    """
    from ..audiences.voice import CLINICIAN

    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value]
    if given and spoken[0] != CLINICIAN:
        raise UsageError("clinician-only", what=f"{' and '.join(given)} can only be told to a "
                         f"clinician, not to the audience {spoken[0][:40]!r}",
                         fix=f"leave out --audience, or {' and '.join(given)}")


def tell_language(language: str) -> None:
    """Say that a clinician is answered in English, where another language was asked for."""
    from ..audiences.voice import LANGUAGE

    if language.lower() != LANGUAGE:
        typer.echo(f"marrow: nothing is written in {language!r} for this audience yet; this "
                   f"is in English ({LANGUAGE})", err=True)


def emit(data: Any, as_json: bool, text: Callable[[], str], engine: Engine | None = None) -> None:
    """Print data as JSON, or as the text a function makes of it.

    What a site has decided goes with every answer of an engine: as a member of the object, before
    the text, or beside an answer that has no room for it.
    """
    from ..explanation.decisions import site_data, site_lines

    site = site_data(engine) if engine else None
    if as_json:
        if site and isinstance(data, dict):
            data = {**data, "site": site}
        elif site:
            tell_site(engine)
        typer.echo(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        head = "".join(f"{line}\n" for line in site_lines(site))
        typer.echo(printable(head + text()), nl=False)


def tell_site(engine: Engine | None) -> None:
    """Say on standard error what a site has decided, beside an answer for a program."""
    from ..explanation.decisions import site_data, site_lines

    for line in site_lines(site_data(engine) if engine else None):
        typer.echo(printable(line), err=True)
