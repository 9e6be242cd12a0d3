"""The questions about one patient: why not, what if, contrast, missing, evidence, the pain."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError
from .call import (
    Asked,
    Audience,
    Files,
    Language,
    Rdf,
    Spoken,
    about_a_patient,
    answer,
    emit,
    last_of,
    only_for_clinicians,
    tell_language,
)

if TYPE_CHECKING:
    from ..assessment import Assessment
    from ..proof import Quad

Changes = list[str]
Named = Annotated[
    list[str], typer.Argument(metavar="[PATIENT] NAME", help="A patient file (or --example) and "
                              "what to ask about, by its local name.")
]


def register(app: typer.Typer) -> None:
    """Add the questions to the command."""
    for name, command in (("why-not", why_not), ("what-if", what_if), ("contrast", contrast),
                          ("missing", missing), ("evidence", evidence), ("arguments", arguments),
                          ("explain-pain", explain_pain)):
        app.command(name)(about_a_patient(command))


def _write(rdf: str, quads: list[Quad]) -> None:
    from ..store import write_quads

    write_quads(quads, Path(rdf))


def _answer(asked: Asked, assessment: Assessment, spoken: Spoken,
            question: tuple[str, tuple[Any, ...]],
            data: Callable[[], dict[str, Any]], text: Callable[[dict[str, Any]], str],
            quads: Callable[[Assessment, dict[str, Any]], list[Quad]], rdf: str) -> None:
    """Print an answer, and write it as RDF where a file is named; it is worked out once."""
    found = cache(data)
    if rdf:
        only_for_clinicians(spoken, rdf=rdf)
        _write(rdf, quads(assessment, found()))
    name, arguments = question
    answer(assessment, spoken, name, arguments, found, lambda: text(found()), asked.as_json)


def why_not(asked: Asked, arguments: Named, audience: Audience = "clinician",
            language: Language = "en", rdf: Rdf = "") -> None:
    """Say why something is not concluded, and what would flip it."""
    from ..explanation import whynot
    from ..graphs.whynot import why_not_quads

    files, (name,) = last_of(arguments, 1, asked.example, "one name")
    assessment = asked.assess(files)
    _answer(asked, assessment, (audience, language), ("why-not", (name,)),
            lambda: whynot.why_not(assessment, name), whynot.why_not_text, why_not_quads, rdf)


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
    confirm: Annotated[
        Changes, typer.Option("--confirm", metavar="NAME",
                              help="A kind of result that is not final, or has no date, to suppose "
                                   "final as it stands.")
    ] = [],  # noqa: B006
    why: Annotated[
        str, typer.Option("--why", metavar="NAME",
                          help="Instead show why this would then be so, down to the records.")
    ] = "",
    audience: Audience = "clinician", language: Language = "en", rdf: Rdf = "",
) -> None:
    """Say what would differ if the record were changed, and why."""
    from ..explanation import whatif
    from ..explanation.reason import reason_then
    from ..graphs.whatif import what_if_quads
    from ..hypothesis import Verb, parse_change, suppose

    wanted: list[tuple[Verb, str]] = [
        *[("set", x) for x in set_], *[("add", x) for x in add],
        *[("deny", x) for x in deny], *[("remove", x) for x in remove],
        *[("confirm", x) for x in confirm],
    ]
    if not wanted:
        raise UsageError("no-change", what="nothing to suppose",
                         fix="give --set, --add, --deny, --remove or --confirm")
    assessment = asked.assess(patient)
    changes = [parse_change(verb, text, assessment.graph) for verb, text in wanted]
    if why:
        only_for_clinicians((audience, language), why=why)
        tell_language(language)
        if rdf:
            raise UsageError("no-proof-of-a-supposition", what="--why and --rdf do not go together",
                             fix="leave one out: no proof is written of what is only supposed")
        found, text = reason_then(assessment, changes, why)
        emit(found, asked.as_json, text, assessment.engine)
        return
    _answer(asked, assessment, (audience, language), ("what-if", (changes,)),
            lambda: whatif.what_if(assessment, changes), whatif.what_if_text,
            lambda about, found: what_if_quads(suppose(about, changes), found), rdf)


def contrast(
    asked: Asked,
    arguments: Annotated[
        list[str], typer.Argument(metavar="[PATIENT] NAME NAME", help="A patient file (or "
                                  "--example) and two interventions.")
    ],
    audience: Audience = "clinician", language: Language = "en", rdf: Rdf = "",
) -> None:
    """Set two interventions side by side.

    Says what supports and opposes each, and what decided.
    """
    from ..explanation import contrast as side_by_side
    from ..graphs.arguments import contrast_quads

    files, (first, second) = last_of(arguments, 2, asked.example, "two names")
    assessment = asked.assess(files)
    _answer(asked, assessment, (audience, language), ("contrast", (first, second)),
            lambda: side_by_side.contrast(assessment, first, second), side_by_side.contrast_text,
            contrast_quads, rdf)


def arguments(asked: Asked, arguments: Named, rdf: Rdf = "") -> None:
    """Show what speaks for and against an intervention.

    With it comes what defeats what.
    """
    from ..explanation.arguments import arguments as find_arguments
    from ..explanation.arguments import arguments_text
    from ..graphs.arguments import arguments_quads

    files, (name,) = last_of(arguments, 1, asked.example, "one intervention")
    assessment = asked.assess(files)
    found = find_arguments(assessment, name)
    if rdf:
        _write(rdf, arguments_quads(assessment, found))
    emit(found, asked.as_json, partial(arguments_text, found), assessment.engine)


def missing(asked: Asked, patient: Files = [],  # noqa: B006
            audience: Audience = "clinician", language: Language = "en", rdf: Rdf = "") -> None:
    """Say what is unknown and could change an outcome.

    The most telling comes first.
    """
    from ..explanation import missing as unknown
    from ..graphs.missing import missing_quads

    assessment = asked.assess(patient)
    _answer(asked, assessment, (audience, language), ("missing", ()),
            lambda: unknown.missing(assessment), unknown.missing_text, missing_quads, rdf)


def evidence(asked: Asked, arguments: Named, rdf: Rdf = "") -> None:
    """Say what rests on a source, or what something rests on.

    A source is a claim or a guideline row; a line of an answer may stand for what it names.
    Without a patient it is what the source says and what of the knowledge carries it, or what a
    rule or check says.
    """
    from ..asking.line import LineReader, line_data, name_in, preface, reader_of
    from ..explanation.reason import backing, backing_alone
    from ..graphs.evidence import evidence_quads, sources_quads

    files, (name,) = last_of(arguments, 1, asked.example, "one claim, row or conclusion")
    if not files and not asked.example:
        engine = asked.load()
        if rdf:
            raise UsageError("no-patient", what="--rdf writes what rests on it in a patient",
                             fix="name a patient file or --example")
        name, line = name_in(LineReader(engine), name)
        alone, told = backing_alone(engine, name)
        emit({**line_data(line), **alone}, asked.as_json,
             lambda: preface(line, engine.graph) + told(), engine)
        return
    assessment = asked.assess(files)
    name, line = name_in(reader_of(assessment), name)
    found, text = backing(assessment, name)
    if rdf:
        quads = {"statements": evidence_quads, "conclusion": sources_quads}
        written = next((quads[k] for k in quads if k in found), None)
        if written is None:
            raise UsageError("no-conclusion", what=f"nothing is concluded about {name[:60]!r}",
                             fix="leave out --rdf, or name a conclusion, claim or row")
        _write(rdf, written(assessment, found))
    emit({**line_data(line), **found}, asked.as_json,
         lambda: preface(line, assessment.graph) + text(), assessment.engine)


def explain_pain(asked: Asked, patient: Files = [],  # noqa: B006
                 audience: Audience = "clinician", language: Language = "en") -> None:
    """Show each path to the pain, and what treats where on it."""
    from ..explanation import pain

    assessment = asked.assess(patient)
    answer(assessment, (audience, language), "explain-pain", (),
           lambda: pain.explain_pain(assessment),
           lambda: pain.pain_text(pain.explain_pain(assessment)), asked.as_json)
