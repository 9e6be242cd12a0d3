"""Parse JSON in the one way that all readers agree on.

A key that is said twice, a number that JSON does not know and nesting that no record needs are
refused, since readers disagree on what they mean.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from ..errors import InputRefused, LimitReached
from .element import Number, clean

MAX_DEPTH = 64


class Malformed(InputRefused):
    """The text is no JSON at all, so it may be a part of something else that is."""


def parse_json(written: str, where: str) -> Any:
    """Return the value of a JSON text; numbers stay as they were written.

    Raises:
        Malformed: it is no JSON.
        InputRefused: an object says a key twice.
        LimitReached: it is nested too deep.
    """
    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise _twice([name for name, _ in pairs], where)
        return found

    def no_number(name: str) -> NoReturn:
        raise InputRefused("does-not-parse", where=where, what=f"{name} is no JSON number",
                           fix="leave the value out or say why it is absent")

    try:
        value = json.loads(written, object_pairs_hook=members, parse_float=Number,
                           parse_int=Number, parse_constant=no_number)
    except json.JSONDecodeError as error:
        line = f", line {error.lineno}" if error.lineno > 1 else ""
        raise Malformed("does-not-parse", where=where + line,
                        what=f"it is no JSON at column {error.colno} ({error.msg})",
                        fix="send FHIR JSON, or NDJSON with one resource a line") from error
    except RecursionError as error:
        raise _too_deep(where) from error
    _check_depth(value, where)
    return value


def _twice(names: list[str], where: str) -> InputRefused:
    seen: set[str] = set()
    twice = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    return InputRefused("duplicate-key", where=where,
                        what=f"an object says {clean(twice, 40)!r} twice",
                        fix="keep the one that is meant")


def _too_deep(where: str) -> LimitReached:
    return LimitReached("too-deep", where=where, what=f"nested more than {MAX_DEPTH} deep",
                        fix="send the resources as the server gives them")


def _check_depth(value: Any, where: str) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child for parent in level if isinstance(parent, (dict, list))
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise _too_deep(where)
