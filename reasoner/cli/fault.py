"""A fault of Marrow itself: one line says where, and repeats nothing that a record says.

The message of an exception may hold a name or a value of the record, and what stands on standard
error is kept in logs by others; so only the kind of exception and the places in the code are told.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

EXIT_CODE = 70
"""What a fault ends with, so that it cannot be taken for findings; as in sysexits.h."""
_SHOWN = 5
"""How many places are told."""
_PACKAGE = Path(__file__).parent.parent


@contextmanager
def telling_faults() -> Iterator[None]:
    """End with one line where something went wrong that the caller cannot mend."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - what it is, nobody foresaw
        typer.echo(f"marrow: a fault of marrow itself, {type(error).__name__} in "
                   f"{', '.join(_places(error))}; what was printed may not be whole: do not use "
                   "it, and report this line", err=True)
        raise SystemExit(EXIT_CODE) from None


def _places(error: Exception) -> list[str]:
    """Return where in this package it happened, the innermost place first."""
    frames = [(Path(frame.filename), frame.lineno)
              for frame in traceback.extract_tb(error.__traceback__)]
    return [f"{path.relative_to(_PACKAGE)} line {line}" for path, line in reversed(frames)
            if path.is_relative_to(_PACKAGE) and path != Path(__file__)][:_SHOWN]

