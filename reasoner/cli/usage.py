"""A command line that cannot be read gets one line: what is wrong, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from ..errors import UsageError, advise
from .call import answering

_SHOWN = 60
"""How much of what was typed is shown again."""
_HELP = "--help"
_Unreadable: Any = typer.BadParameter.__base__
"""What the option parser raises, whichever package it lives in."""


class Verbs(TyperGroup):
    """The verbs, which tell a line that cannot be read like every other error of the caller."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None,
                     **extra: Any) -> Any:
        """Read what stands before the verb; where nothing was typed the help is shown."""
        if not args:
            return super().make_context(info_name, args, parent, **extra)
        with answering(), _told(self, info_name or ""):
            return super().make_context(info_name, args, parent, **extra)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the verb that is named.

        Raises:
            UsageError: there is no such verb.
        """
        if args[0] not in self.commands and not args[0].startswith("-"):
            raise UsageError("no-such-verb", what=f"there is no verb {args[0][:_SHOWN]!r}",
                             fix=advise(args[0], ((verb, verb) for verb in self.commands),
                                        f"take one of {', '.join(self.commands)}"))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Read what stands after the verb, and run it."""
        with answering(), _told(self, ctx):
            return super().invoke(ctx)


@contextmanager
def _told(verbs: Verbs, ctx: Any = None) -> Iterator[None]:
    """Turn what the option parser raises into an error of ours."""
    try:
        yield
    except _Unreadable as error:
        if error.ctx:
            raise _refusal(error, error.ctx.command, error.ctx.command_path) from None
        # it does not always say where it was: then at the verb that was being read
        named = getattr(ctx, "invoked_subcommand", None) or ""
        raise _refusal(error, verbs.commands.get(named, verbs), f"marrow {named}".strip()) from None


def _refusal(error: Any, command: Any, path: str) -> UsageError:
    """Return what is wrong, and what to write, of a verb and how it is called."""
    typed = getattr(error, "option_name", "")
    options = {name: p for p in command.params for name in p.opts if name.startswith("-")}
    about = options.get(typed, getattr(error, "param", None))
    arguments = [_form(p) for p in command.params if not _is_option(p)]
    written = " ".join([path, "[OPTIONS]", *arguments])
    if about is None and typed and typed != _HELP:
        return UsageError("no-such-option", what=f"there is no option {typed[:_SHOWN]!r}",
                          fix=advise(typed, ((name, name) for name in (*options, _HELP)),
                                     f"{path} {_HELP} lists those there are"))
    if about is None:
        return UsageError("usage", what=_began(error.message), fix=f"write {written}")
    if not _is_option(about):
        return UsageError("usage", what=f"{_form(about)} is missing",
                          fix=f"write {written}: {_ended(about.help)}")
    if typed:
        what = f"{typed} takes no value" if about.is_flag else f"{typed} requires a value"
    else:
        what = f"{_form(about).split()[0]}: {_began(error.message)}"
    return UsageError("usage", what=what, fix=f"write {_form(about)}: {_ended(about.help)}")


def _is_option(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "option")


def _form(parameter: Any) -> str:
    """Return how an option or an argument is written."""
    value = parameter.metavar or parameter.name.upper()
    if not _is_option(parameter):
        return value if parameter.required or value.startswith("[") else f"[{value}]"
    return parameter.opts[0] if parameter.is_flag else f"{parameter.opts[0]} {value}"


def _began(message: str) -> str:
    return f"{message[:1].lower()}{_ended(message[1:])}"


def _ended(sentence: str) -> str:
    """Return a sentence without its full stop, as no line of ours has one."""
    return sentence.rstrip(".")
