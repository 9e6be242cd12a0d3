"""What the commands share: their arguments, the way to an assessment, and the answer.

Heavy imports happen inside the functions, so that help and version answer at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from unicodedata import category

import typer

from ..errors import MarrowError, UsageError

if TYPE_CHECKING:
    from ..assessment import Assessment

Patient = Annotated[
    str, typer.Argument(help="Turtle, TriG, N-Triples, RDF/XML, JSON-LD or FHIR R4 JSON; - for "
                             "standard input.", show_default=False),
]
Example = Annotated[str, typer.Option("--example", help="A shipped example, by name.")]
AsOf = Annotated[str, typer.Option("--as-of", help="The date the answer is for; today by default.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
Audience = Annotated[str, typer.Option("--audience", help="Whom the answer is written for: "
                                                          "clinician, educator or patient.")]
Language = Annotated[str, typer.Option("--language", help="The language of the answer; what is "
                                                          "not written in it is in English.")]
Spoken = tuple[str, str]
"""An audience and a language, as the caller named them."""


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
        typer.echo(f"marrow: stopped by {type(error).__name__}; send less, or check where it is to "
                   "be written", err=True)
        raise typer.Exit(4) from None


def printable(text: str) -> str:
    """Return text without control and direction marks, which a record could bring to a terminal."""
    return "".join(c for c in text if c in "\n\t" or category(c) not in ("Cc", "Cf"))


def read_input(path: str, example: str) -> tuple[str, bytes]:
    """Return the name and bytes of a patient file, standard input or a shipped example.

    Raises:
        UsageError: neither or both were named, or there is no such example.
    """
    from ..hostile import MAX_FILE
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
        return "-", sys.stdin.buffer.read(MAX_FILE + 1)
    return path, read_file(path)


def examples_folder() -> Path:
    """Return the folder of the shipped examples."""
    from ..knowledge import find_root

    return find_root() / "examples"


def example_names() -> list[str]:
    """Return the names of the shipped examples."""
    return sorted(p.stem for p in examples_folder().glob("*.ttl"))


def assessment_of(path: str, example: str, as_of: str, evidence: str = "all") -> Assessment:
    """Read, validate and assess the patient that the arguments name."""
    from ..pipeline import assess_graph, load_knowledge, parse_date, read_patient

    day = parse_date(as_of) if as_of else date.today()
    name, data = read_input(path, example)
    engine = load_knowledge(evidence=evidence)
    graph, issues = read_patient(name, data, engine)
    return assess_graph(engine, graph, day, issues)


def answer(assessment: Assessment, spoken: Spoken, question: str, arguments: tuple[Any, ...],
           data: Callable[[], Any], text: Callable[[], str], as_json: bool) -> None:
    """Print the answer to a question: a clinician's data or text, or another audience's page.

    Args:
        assessment: the patient that is asked about.
        spoken: for whom and in which language.
        question: the name of the question.
        arguments: what it is about.
        data: makes the clinician's data.
        text: makes the clinician's text.
        as_json: print data.
    """
    from ..explanation.told import tell
    from ..explanation.voice import CLINICIAN, LANGUAGE, listener_of

    audience, language = spoken
    if listener_of(assessment.graph, audience, language).audience == CLINICIAN:
        if language.lower() != LANGUAGE:
            typer.echo(f"marrow: nothing is written in {language!r} for this audience yet; this "
                       f"is in English ({LANGUAGE})", err=True)
        emit(data() if as_json else None, as_json, text)
        return
    letter = tell(assessment, question, *arguments, audience=audience, language=language)
    emit(letter.data(), as_json, letter.text)


def only_for_clinicians(spoken: Spoken, options: str) -> None:
    """Refuse options that have no form for another audience.

    Raises:
        UsageError: the audience is another.
    """
    from ..explanation.voice import CLINICIAN

    if spoken[0] != CLINICIAN:
        raise UsageError("clinician-only", what=f"{options} with another audience",
                         fix=f"leave out --audience, or {options}")


def emit(data: Any, as_json: bool, text: Callable[[], str]) -> None:
    """Print data as JSON, or as the text a function makes of it."""
    if as_json:
        typer.echo(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        typer.echo(printable(text()), nl=False)
