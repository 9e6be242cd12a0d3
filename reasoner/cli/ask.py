"""The questions about one patient: why not, what if, contrast, missing, evidence, the pain."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError
from .call import Asked, Files, Rdf, about_a_patient, emit, last_of

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


def _answer(asked: Asked, assessment: Assessment, data: Callable[[Assessment], dict[str, Any]],
            text: Callable[[dict[str, Any]], str],
            quads: Callable[[Assessment, dict[str, Any]], list[Quad]] | None = None,
            rdf: str = "") -> None:
    found = data(assessment)
    if rdf and quads:
        from ..store import write_trig

        write_trig(quads(assessment, found), Path(rdf))
    emit(found, asked.as_json, partial(text, found), assessment.engine)


def why_not(asked: Asked, arguments: Named, rdf: Rdf = "") -> None:
    """Say why something is not recommended or not concluded, and what would flip it."""
    from ..explanation import whynot
    from ..graphs.whynot import why_not_quads

    files, (name,) = last_of(arguments, 1, asked.example, "one name")
    _answer(asked, asked.assess(files), lambda a: whynot.why_not(a, name), whynot.why_not_text,
            why_not_quads, rdf)


def what_if(
    asked: Asked,
    patient: Files = [],  # noqa: B006 - typer reads the default and never writes to it
    set_: Annotated[
        Changes, typer.Option("--set", help="A result to suppose, such as Name=6.8unit.")
    ] = [],  # noqa: B006
    add: Annotated[Changes, typer.Option("--add", help="A kind to suppose on record.")
                   ] = [],  # noqa: B006
    deny: Annotated[Changes, typer.Option("--deny", help="A kind to suppose excluded.")
                    ] = [],  # noqa: B006
    remove: Annotated[Changes, typer.Option("--remove", help="A kind to take off the record.")
                      ] = [],  # noqa: B006
    rdf: Rdf = "",
) -> None:
    """Say how the conclusions would differ if the record were changed, with reasons."""
    from ..explanation import whatif
    from ..graphs.whatif import what_if_quads
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
    _answer(asked, assessment, lambda a: whatif.what_if(a, changes), whatif.what_if_text,
            what_if_quads, rdf)


def contrast(
    asked: Asked,
    arguments: Annotated[
        list[str], typer.Argument(metavar="[PATIENT] NAME NAME", help="A patient file (or "
                                  "--example) and two interventions.")
    ],
    rdf: Rdf = "",
) -> None:
    """Set two interventions side by side: what supports and opposes each, and what decided."""
    from ..explanation import contrast as side_by_side
    from ..graphs.arguments import contrast_quads

    files, (first, second) = last_of(arguments, 2, asked.example, "two names")
    _answer(asked, asked.assess(files), lambda a: side_by_side.contrast(a, first, second),
            side_by_side.contrast_text, contrast_quads, rdf)


def arguments(asked: Asked, arguments: Named, rdf: Rdf = "") -> None:
    """Show what speaks for and against an intervention, and what defeats what."""
    from ..explanation import arguments as pro_and_contra
    from ..graphs.arguments import arguments_quads

    files, (name,) = last_of(arguments, 1, asked.example, "one intervention")
    _answer(asked, asked.assess(files), lambda a: pro_and_contra.arguments(a, name),
            pro_and_contra.arguments_text, arguments_quads, rdf)


def missing(asked: Asked, patient: Files = [], rdf: Rdf = "") -> None:  # noqa: B006
    """Say which unknown results could change an outcome, the most telling first."""
    from ..explanation import missing as unknown
    from ..graphs.missing import missing_quads

    _answer(asked, asked.assess(patient), unknown.missing, unknown.missing_text,
            missing_quads, rdf)


def evidence(asked: Asked, arguments: Named, rdf: Rdf = "") -> None:
    """Say what rests on one claim or guideline row, or which sources one conclusion rests on."""
    from ..explanation import evidence as resting
    from ..explanation import sources
    from ..graphs.evidence import evidence_quads, sources_quads

    files, (name,) = last_of(arguments, 1, asked.example, "one claim, row or conclusion")
    assessment = asked.assess(files)
    if sources.names_a_conclusion(assessment, name):
        _answer(asked, assessment, lambda a: sources.sources(a, name), sources.sources_text,
                sources_quads, rdf)
    else:
        _answer(asked, assessment, lambda a: resting.evidence(a, name), resting.evidence_text,
                evidence_quads, rdf)


def explain_pain(asked: Asked, patient: Files = []) -> None:  # noqa: B006
    """Show each path to the pain, surest first, and what treats where on it."""
    from ..explanation import pain

    _answer(asked, asked.assess(patient), pain.explain_pain, pain.pain_text)
