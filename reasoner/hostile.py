"""Refuse, before any parser sees them, inputs that are made to exhaust or crash one."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from .errors import InputRefused, LimitReached

MAX_FILE = 20_000_000
MAX_DEPTH = 64
MAX_LITERAL = 20_000
_JSON = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_XML = re.compile(rb"<!--.*?-->|<\?.*?\?>|<(/?)[^<>]*?(/?)>", re.DOTALL)
_TURTLE = re.compile(
    rb'"{3}.*?"{3}|\'{3}.*?\'{3}|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|<[^<>"{}|^`\\\s]*>'
    rb"|#[^\n]*|<<|>>|[\[({]|[\])}]", re.DOTALL)


def read_bounded(path: str) -> bytes:
    """Return the bytes of an ordinary file that is not too large.

    Raises:
        InputRefused: it is not there, cannot be read, or is no ordinary file.
        LimitReached: it is larger than any reader takes.
    """
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise InputRefused("not-a-file", where=path[:200], what="this is no ordinary file",
                               fix="name a file, or send the data on standard input as -")
        if found.st_size > MAX_FILE:
            raise LimitReached("too-large", where=path[:200], what=f"more than {MAX_FILE} bytes",
                               fix="send one patient a file")
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or "unreadable"
        raise InputRefused("cannot-read", where=path[:200], what=what,
                           fix="name a file that can be read") from error


def check_depth(data: bytes, form: str, source: str) -> None:
    """Refuse data nested deeper than any patient graph is.

    Raises:
        InputRefused: the data quote statements, which no patient graph does.
        LimitReached: the nesting is too deep.
    """
    deepest = depth = 0
    if form == "JSON_LD":
        steps = (1 if m[0] in b"[{" else -1 for m in _JSON.finditer(data) if m[0] in b"[{]}")
    elif form == "RDF_XML":
        steps = (_xml_step(m) for m in _XML.finditer(data))
    elif form in ("TURTLE", "TRIG", "N_TRIPLES", "N_QUADS"):
        tokens = [m[0] for m in _TURTLE.finditer(data)]
        if b"<<" in tokens:
            raise InputRefused("quoted-statement", where=source, what="a statement is quoted",
                               fix="send plain statements")
        steps = (1 if t in b"[({" else -1 for t in tokens if len(t) == 1 and t in b"[({])}")
    else:
        return
    for step in steps:
        depth += step
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        raise LimitReached("too-deep", where=source, what=f"nested more than {MAX_DEPTH} deep",
                           fix="send records that are linked and not nested")


def _xml_step(match: re.Match[bytes]) -> int:
    if match[1] is None:
        return 0
    return -1 if match[1] else 0 if match[2] else 1
