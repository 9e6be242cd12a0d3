"""``marrow ask``: a question in plain words, with what was understood said first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError
from .call import Asked, Audience, Language, about_a_patient, emit, example_names, printable

if TYPE_CHECKING:
    from ..asking.understanding import Reader, Unclear, Understood
    from ..audiences.voice import Listener


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command()(about_a_patient(ask))


def ask(
    asked: Asked,
    arguments: Annotated[
        list[str], typer.Argument(metavar="[PATIENT] QUESTION", help="A patient file (or "
                                  "--example), and a question in quotation marks.",
                                  show_default=False)
    ] = [],  # noqa: B006 - typer reads the default and never writes to it
    list_: Annotated[bool, typer.Option("--list", help="Show what can be asked.")] = False,
    audience: Audience = "clinician", language: Language = "en",
) -> None:
    """Answer a question in plain words.

    Exit 2, with the nearest five, if it is not clear.
    """
    from ..asking.understanding import Reader, Unclear
    from ..audiences.voice import CLINICIAN, listener_of

    if list_:
        engine = asked.load()
        entries = _list(Reader(engine.graph, engine.root))
        emit(entries, asked.as_json, lambda: "".join(
            f"{e['name']}: {e['asks']}\n" + "".join(
                f"    {name}: {what}\n" for name, what in e["parameters"].items())
            for e in entries))
        return
    if not arguments or len(arguments) > 2 or (len(arguments) == 2 and asked.example):
        raise UsageError("wrong-arguments", what=f"{len(arguments)} arguments",
                         fix="name a patient file (or --example) and one question in "
                             "quotation marks, or --list")
    *files, question = arguments
    engine = asked.load()
    reader = Reader(engine.graph, engine.root)
    told = listener_of(engine.graph, audience, language)
    read = reader.read(question)
    patient = files or (["--example", asked.example] if asked.example else [])
    options = [part for name, value in (("--as-of", asked.as_of), ("--patient", asked.which),
                                        ("--thresholds", asked.thresholds)) if value
               for part in (name, value)]
    listener = None if told.audience == CLINICIAN else told
    if isinstance(read, Unclear):
        _show_nearest(reader, question, read, patient, options, asked, listener)
        raise typer.Exit(2)
    _show_answer(reader, question, read, patient, options, asked, listener)


def _list(reader: Reader) -> list[dict[str, Any]]:
    """Return every form, and after them every shipped question, with what it can be asked with."""
    found = []
    for form in sorted(reader.forms, key=lambda f: (bool(f.query), f.command, f.name)):
        slots = {slot for phrase in form.phrases for slot in phrase.slots.values()}
        found.append({
            "name": form.command + (f" {form.query}" if form.query else ""),
            "asks": form.says[0],
            "about": "patient" if form.about_patient else "knowledge",
            "parameters": form.parameters or {
                name: slot.says for name, slot in reader.slots.items() if name in slots},
        })
    return found


def _understood(reader: Reader, read: Understood, command: str) -> dict[str, Any]:
    from ..asking.nearest import name_of

    return {
        "form": read.form.command, "question": read.form.query or None,
        "says": read.says(reader.graph),
        "parameters": {name: name_of(value) for name, value in read.values.items()},
        "corrections": [{"wrote": wrote, "read": meant} for wrote, meant in read.corrections],
        "command": command,
    }


def _for(listener: Listener | None, read: Understood) -> list[str]:
    """Return the options that name another audience, for a question that has a form for it."""
    from ..asking.answer import may_be_told
    from ..audiences.voice import LANGUAGE

    if listener is None or not may_be_told(read):
        return []
    return ["--audience", listener.audience,
            *(["--language", listener.language] if listener.language != LANGUAGE else [])]


def _show_nearest(reader: Reader, question: str, unclear: Unclear, patient: list[str],
                  options: list[str], asked: Asked, listener: Listener | None) -> None:
    from ..asking.nearest import command_of, nearest

    found = nearest(reader, unclear)
    entries = [{"says": u.says(reader.graph),
                "command": command_of(u, patient, [*options, *_for(listener, u)])} for u in found]
    first = reader.heed(question)
    emit({"asked": question, "understood": None, "first": first or None, "why": unclear.why,
          "nearest": entries}, asked.as_json,
         lambda: (f"{first}\n\n" if first else "")
         + f"Not understood: {unclear.why}. The nearest that can be asked:\n" + "".join(
             f"  {entry['says']}\n      {entry['command']}\n" for entry in entries))


def _show_answer(reader: Reader, question: str, read: Understood, patient: list[str],
                 options: list[str], asked: Asked, listener: Listener | None) -> None:
    from ..asking.answer import answer, check_told, correction, question_of
    from ..asking.nearest import command_of
    from ..audiences.told import tell

    if listener:
        check_told(read)
    understood = _understood(reader, read, command_of(
        read, patient, [*options, *_for(listener, read)]))
    if not asked.as_json:
        of = f", for {' '.join(patient[-1:])}" if read.form.about_patient and patient else ""
        typer.echo(printable(f"Understood: {understood['says']}{of}"))
        for fix in understood["corrections"]:
            typer.echo(printable(f"  read {fix['wrote']!r} as {fix['read']!r}"))
        typer.echo(printable(f"  the same as: {understood['command']}\n"))
    if not read.form.about_patient:
        data, text = answer(read, reader.graph)
        instead, engine = "", asked.load()
    else:
        if not patient:
            raise UsageError("no-patient", what="this is asked of a patient",
                             fix="name a patient file or --example, such as "
                                 f"{example_names()[0]}")
        assessment = asked.assess([] if asked.example else patient)
        engine = assessment.engine
        if listener:
            name, given = question_of(read, assessment)
            letter = tell(assessment, name, *given, audience=listener.audience,
                          language=listener.language)
            emit({"asked": question, "understood": understood, "notSo": None,
                  "answer": letter.data()}, asked.as_json, letter.text)
            return
        instead = correction(read, assessment)
        data, text = answer(read, assessment)
    if instead and not asked.as_json:
        typer.echo(printable(f"It is not so: {instead}.\n"))
    emit({"asked": question, "understood": understood, "notSo": instead or None, "answer": data},
         asked.as_json, text, engine)
