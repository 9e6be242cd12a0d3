"""The questions about one patient: why not, what if, contrast, missing, evidence, the pain."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError
from .call import (
    AsJson,
    AsOf,
    Example,
    Patient,
    Thresholds,
    answering,
    assessment_of,
    emit,
)

if TYPE_CHECKING:
    from ..assessment import Assessment

Changes = list[str]


def register(app: typer.Typer) -> None:
    """Add the questions to the command."""
    for name, command in (("why-not", why_not), ("what-if", what_if), ("contrast", contrast),
                          ("missing", missing), ("evidence", evidence),
                          ("explain-pain", explain_pain)):
        app.command(name)(command)


def _split(arguments: list[str], example: str, wanted: int, what: str) -> tuple[str, list[str]]:
    """Return the patient file, if one is named, and the names asked about."""
    files = arguments[:-wanted] if len(arguments) > wanted else []
    names = arguments[len(files):]
    if len(names) != wanted or len(files) > 1 or (files and example):
        raise UsageError("wrong-arguments", what=f"{len(arguments)} arguments",
                         fix=f"name a patient file (or --example) and {what}")
    return (files[0] if files else ""), names


def _answer(assessment: Assessment, data: Callable[[Assessment], dict[str, Any]],
            text: Callable[[dict[str, Any]], str], as_json: bool) -> None:
    found = data(assessment)
    emit(found, as_json, partial(text, found), assessment.engine)


Asked = Annotated[
    list[str], typer.Argument(metavar="[PATIENT] NAME", help="A patient file (or --example) and "
                              "what to ask about, by its local name.")
]


def why_not(arguments: Asked, example: Example = "", as_of: AsOf = "",
            as_json: AsJson = False, thresholds: Thresholds = "") -> None:
    """Say why something is not recommended or not concluded, and what would flip it."""
    from ..explanation import whynot

    with answering():
        file, (name,) = _split(arguments, example, 1, "one name")
        _answer(assessment_of(file, example, as_of, thresholds=thresholds),
                lambda a: whynot.why_not(a, name), whynot.why_not_text, as_json)


def what_if(
    patient: Patient = "",
    example: Example = "",
    as_of: AsOf = "",
    as_json: AsJson = False,
    thresholds: Thresholds = "",
    set_: Annotated[
        Changes, typer.Option("--set", help="A result to suppose, such as Name=6.8unit.")
    ] = [],  # noqa: B006 - typer reads the default and never writes to it
    add: Annotated[Changes, typer.Option("--add", help="A kind to suppose on record.")
                   ] = [],  # noqa: B006
    deny: Annotated[Changes, typer.Option("--deny", help="A kind to suppose excluded.")
                    ] = [],  # noqa: B006
    remove: Annotated[Changes, typer.Option("--remove", help="A kind to take off the record.")
                      ] = [],  # noqa: B006
) -> None:
    """Say how the conclusions would differ if the record were changed, with reasons."""
    from ..explanation import whatif
    from ..hypothesis import Verb, parse_change

    with answering():
        wanted: list[tuple[Verb, str]] = [
            *[("set", x) for x in set_], *[("add", x) for x in add],
            *[("deny", x) for x in deny], *[("remove", x) for x in remove],
        ]
        if not wanted:
            raise UsageError("no-change", what="nothing to suppose",
                             fix="give --set, --add, --deny or --remove")
        assessment = assessment_of(patient, example, as_of, thresholds=thresholds)
        changes = [parse_change(verb, text, assessment.graph) for verb, text in wanted]
        _answer(assessment, lambda a: whatif.what_if(a, changes), whatif.what_if_text, as_json)


def contrast(
    arguments: Annotated[
        list[str], typer.Argument(metavar="[PATIENT] NAME NAME", help="A patient file (or "
                                  "--example) and two interventions.")
    ],
    example: Example = "", as_of: AsOf = "", as_json: AsJson = False,
    thresholds: Thresholds = "",
) -> None:
    """Set two interventions side by side: what supports and opposes each, and what decided."""
    from ..explanation import contrast as side_by_side

    with answering():
        file, (first, second) = _split(arguments, example, 2, "two names")
        _answer(assessment_of(file, example, as_of, thresholds=thresholds),
                lambda a: side_by_side.contrast(a, first, second),
                side_by_side.contrast_text, as_json)


def missing(patient: Patient = "", example: Example = "", as_of: AsOf = "",
            as_json: AsJson = False, thresholds: Thresholds = "") -> None:
    """Say which unknown results could change an outcome, the most telling first."""
    from ..explanation import missing as unknown

    with answering():
        _answer(assessment_of(patient, example, as_of, thresholds=thresholds),
                unknown.missing, unknown.missing_text, as_json)


def evidence(arguments: Asked, example: Example = "", as_of: AsOf = "",
             as_json: AsJson = False, thresholds: Thresholds = "") -> None:
    """Say what in an assessment rests on one claim or guideline row."""
    from ..explanation import evidence as sources

    with answering():
        file, (name,) = _split(arguments, example, 1, "one claim or row")
        _answer(assessment_of(file, example, as_of, thresholds=thresholds),
                lambda a: sources.evidence(a, name), sources.evidence_text, as_json)


def explain_pain(patient: Patient = "", example: Example = "", as_of: AsOf = "",
                 as_json: AsJson = False, thresholds: Thresholds = "") -> None:
    """Show each path to the pain, surest first, and what treats where on it."""
    from ..explanation import pain

    with answering():
        _answer(assessment_of(patient, example, as_of, thresholds=thresholds),
                pain.explain_pain, pain.pain_text, as_json)
