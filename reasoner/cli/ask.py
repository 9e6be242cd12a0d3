"""The questions about one patient: why not, what if, contrast, missing, evidence, the pain."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from ..errors import UsageError
from .call import Asked, Audience, Files, Language, about_a_patient, answer, emit, last_of

Changes = list[str]
Named = Annotated[
    list[str], typer.Argument(metavar="[PATIENT] NAME", help="A patient file (or --example) and "
                              "what to ask about, by its local name.")
]


def register(app: typer.Typer) -> None:
    """Add the questions to the command."""
    for name, command in (("why-not", why_not), ("what-if", what_if), ("contrast", contrast),
                          ("missing", missing), ("evidence", evidence),
                          ("explain-pain", explain_pain)):
        app.command(name)(about_a_patient(command))


def why_not(asked: Asked, arguments: Named, audience: Audience = "clinician",
            language: Language = "en") -> None:
    """Say why something is not concluded, and what would flip it."""
    from ..explanation import whynot

    files, (name,) = last_of(arguments, 1, asked.example, "one name")
    assessment = asked.assess(files)
    answer(assessment, (audience, language), "why-not", (name,),
           lambda: whynot.why_not(assessment, name),
           lambda: whynot.why_not_text(whynot.why_not(assessment, name)), asked.as_json)


def what_if(
    asked: Asked,
    patient: Files = [],  # noqa: B006 - typer reads the default and never writes to it
    set_: Annotated[
        Changes, typer.Option("--set", metavar="NAME=AMOUNT",
                              help="A result to suppose, such as Name=6.8unit.")
    ] = [],  # noqa: B006
    add: Annotated[
        Changes, typer.Option("--add", metavar="NAME", help="A kind to suppose on record.")
    ] = [],  # noqa: B006
    deny: Annotated[
        Changes, typer.Option("--deny", metavar="NAME", help="A kind to suppose excluded.")
    ] = [],  # noqa: B006
    remove: Annotated[
        Changes, typer.Option("--remove", metavar="NAME", help="A kind to take off the record.")
    ] = [],  # noqa: B006
    audience: Audience = "clinician", language: Language = "en",
) -> None:
    """Say what would differ if the record were changed, and why."""
    from ..explanation import whatif
    from ..hypothesis import Verb, parse_change

    wanted: list[tuple[Verb, str]] = [
        *[("set", x) for x in set_], *[("add", x) for x in add],
        *[("deny", x) for x in deny], *[("remove", x) for x in remove],
    ]
    if not wanted:
        raise UsageError("no-change", what="nothing to suppose",
                         fix="give --set, --add, --deny or --remove")
    assessment = asked.assess(patient)
    changes = [parse_change(verb, text, assessment.graph) for verb, text in wanted]
    answer(assessment, (audience, language), "what-if", (changes,),
           lambda: whatif.what_if(assessment, changes),
           lambda: whatif.what_if_text(whatif.what_if(assessment, changes)), asked.as_json)


def contrast(
    asked: Asked,
    arguments: Annotated[
        list[str], typer.Argument(metavar="[PATIENT] NAME NAME", help="A patient file (or "
                                  "--example) and two interventions.")
    ],
    audience: Audience = "clinician", language: Language = "en",
) -> None:
    """Set two interventions side by side.

    Says what supports and opposes each, and what decided.
    """
    from ..explanation import contrast as side_by_side

    files, (first, second) = last_of(arguments, 2, asked.example, "two names")
    assessment = asked.assess(files)
    answer(assessment, (audience, language), "contrast", (first, second),
           lambda: side_by_side.contrast(assessment, first, second),
           lambda: side_by_side.contrast_text(side_by_side.contrast(assessment, first, second)),
           asked.as_json)


def missing(asked: Asked, patient: Files = [],  # noqa: B006
            audience: Audience = "clinician", language: Language = "en") -> None:
    """Say what is unknown and could change an outcome.

    The most telling comes first.
    """
    from ..explanation import missing as unknown

    assessment = asked.assess(patient)
    answer(assessment, (audience, language), "missing", (),
           lambda: unknown.missing(assessment),
           lambda: unknown.missing_text(unknown.missing(assessment)), asked.as_json)


def evidence(asked: Asked, arguments: Named) -> None:
    """Say what rests on one claim or guideline row."""
    from ..explanation import evidence as sources

    files, (name,) = last_of(arguments, 1, asked.example, "one claim or row")
    assessment = asked.assess(files)
    found = sources.evidence(assessment, name)
    emit(found, asked.as_json, partial(sources.evidence_text, found), assessment.engine)


def explain_pain(asked: Asked, patient: Files = [],  # noqa: B006
                 audience: Audience = "clinician", language: Language = "en") -> None:
    """Show each path to the pain, and what treats where on it."""
    from ..explanation import pain

    assessment = asked.assess(patient)
    answer(assessment, (audience, language), "explain-pain", (),
           lambda: pain.explain_pain(assessment),
           lambda: pain.pain_text(pain.explain_pain(assessment)), asked.as_json)
