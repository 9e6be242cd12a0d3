"""The questions about one patient: why not, what if, contrast, missing, evidence, the pain."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from ..errors import UsageError
from .call import (
    AsJson,
    AsOf,
    Audience,
    Example,
    Language,
    Patient,
    Thresholds,
    answer,
    answering,
    assessment_of,
    emit,
)

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


Asked = Annotated[
    list[str], typer.Argument(metavar="[PATIENT] NAME", help="A patient file (or --example) and "
                              "what to ask about, by its local name.")
]


def why_not(arguments: Asked, example: Example = "", as_of: AsOf = "",
            as_json: AsJson = False, thresholds: Thresholds = "",
            audience: Audience = "clinician", language: Language = "en") -> None:
    """Say why something is not recommended or not concluded, and what would flip it."""
    from ..explanation import whynot

    with answering():
        file, (name,) = _split(arguments, example, 1, "one name")
        assessment = assessment_of(file, example, as_of, thresholds=thresholds)
        answer(assessment, (audience, language), "why-not", (name,),
               lambda: whynot.why_not(assessment, name),
               lambda: whynot.why_not_text(whynot.why_not(assessment, name)), as_json)


def what_if(
    patient: Patient = "",
    example: Example = "",
    as_of: AsOf = "",
    as_json: AsJson = False,
    thresholds: Thresholds = "",
    audience: Audience = "clinician",
    language: Language = "en",
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
        answer(assessment, (audience, language), "what-if", (changes,),
               lambda: whatif.what_if(assessment, changes),
               lambda: whatif.what_if_text(whatif.what_if(assessment, changes)), as_json)


def contrast(
    arguments: Annotated[
        list[str], typer.Argument(metavar="[PATIENT] NAME NAME", help="A patient file (or "
                                  "--example) and two interventions.")
    ],
    example: Example = "", as_of: AsOf = "", as_json: AsJson = False,
    thresholds: Thresholds = "",
    audience: Audience = "clinician", language: Language = "en",
) -> None:
    """Set two interventions side by side: what supports and opposes each, and what decided."""
    from ..explanation import contrast as side_by_side

    with answering():
        file, (first, second) = _split(arguments, example, 2, "two names")
        assessment = assessment_of(file, example, as_of, thresholds=thresholds)
        answer(assessment, (audience, language), "contrast", (first, second),
               lambda: side_by_side.contrast(assessment, first, second),
               lambda: side_by_side.contrast_text(
                   side_by_side.contrast(assessment, first, second)), as_json)


def missing(patient: Patient = "", example: Example = "", as_of: AsOf = "",
            as_json: AsJson = False, thresholds: Thresholds = "",
            audience: Audience = "clinician", language: Language = "en") -> None:
    """Say which unknown results could change an outcome, the most telling first."""
    from ..explanation import missing as unknown

    with answering():
        assessment = assessment_of(patient, example, as_of, thresholds=thresholds)
        answer(assessment, (audience, language), "missing", (),
               lambda: unknown.missing(assessment),
               lambda: unknown.missing_text(unknown.missing(assessment)), as_json)


def evidence(arguments: Asked, example: Example = "", as_of: AsOf = "",
             as_json: AsJson = False, thresholds: Thresholds = "") -> None:
    """Say what in an assessment rests on one claim or guideline row."""
    from ..explanation import evidence as sources

    with answering():
        file, (name,) = _split(arguments, example, 1, "one claim or row")
        assessment = assessment_of(file, example, as_of, thresholds=thresholds)
        found = sources.evidence(assessment, name)
        emit(found, as_json, partial(sources.evidence_text, found), assessment.engine)


def explain_pain(patient: Patient = "", example: Example = "", as_of: AsOf = "",
                 as_json: AsJson = False, thresholds: Thresholds = "",
                 audience: Audience = "clinician", language: Language = "en") -> None:
    """Show each path to the pain, surest first, and what treats where on it."""
    from ..explanation import pain

    with answering():
        assessment = assessment_of(patient, example, as_of, thresholds=thresholds)
        answer(assessment, (audience, language), "explain-pain", (),
               lambda: pain.explain_pain(assessment),
               lambda: pain.pain_text(pain.explain_pain(assessment)), as_json)
