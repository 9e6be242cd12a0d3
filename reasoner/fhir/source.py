"""Open what holds FHIR resources: files, folders of files, gzip, and bytes; one value at a time.

Nothing is followed out of a folder, nothing is unpacked further than a record needs, and no more
than one value is held in memory: a line of NDJSON, or else a whole document.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ..errors import InputRefused, LimitReached
from .element import clean
from .notes import Notes
from .syntax import Malformed, parse_json

MAX_BYTES = 20_000_000
"""The largest document, or line of NDJSON, and what any file may unpack to without question.

FHIR says in narrative and extensions ten times what the triples of a record say.
"""
MAX_RATIO = 100
"""How many times its size a larger file may unpack to; records in JSON come to about thirty."""
MAX_FILES = 10_000
_ENDINGS = (".json", ".ndjson", ".json.gz", ".ndjson.gz")
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Source:
    """Where FHIR comes from: bytes at hand, or a file; and what to call it in messages."""

    name: str
    data: bytes | None = None
    path: Path | None = None
    inside: bool = False
    """Whether the file was found in a folder, so that a link must not lead out of it."""


def sources_of(path: Path, notes: Notes) -> list[Source]:
    """Return a file, or the files of a folder that are named like FHIR, sorted by name.

    Raises:
        InputRefused: it cannot be read, or a folder holds no such file.
        LimitReached: a folder holds too many files.
    """
    if not path.is_dir():
        return [Source(path.name, path=path)]
    try:
        names = sorted(entry.name for entry in os.scandir(path))
    except OSError as error:
        raise _unreadable(path.name, error) from error
    named = [name for name in names if name.lower().endswith(_ENDINGS)]
    for name in names:
        if name not in named:
            notes.add("file-not-read", clean(name, 80), "a file of the folder is not named like "
                      "FHIR JSON", f"end its name in {', '.join(_ENDINGS)} if it is", "information")
    if not named:
        raise InputRefused("empty", where=path.name, what="the folder holds no FHIR JSON",
                           fix=f"name files that end in {', '.join(_ENDINGS)}")
    if len(named) > MAX_FILES:
        raise LimitReached("too-many-files", where=path.name, what=f"more than {MAX_FILES} files",
                           fix="send fewer files at once")
    return [Source(name, path=path / name, inside=True) for name in named]


def read_values(source: Source) -> Iterator[tuple[Any, str]]:
    """Yield each JSON value of a source and where it stood.

    A source whose first line is a whole JSON value is NDJSON; any other is one document.

    Raises:
        InputRefused: it cannot be read, or is no JSON that can be read in one way only.
        LimitReached: it is larger or deeper than the limits.
    """
    with _open(source) as stream:
        lines = _lines(stream, source.name)
        number, first = next(lines, (1, b""))
        if first.lstrip().startswith(b"<"):
            raise InputRefused("xml", where=source.name, what="it is XML, and FHIR is read here as "
                               "JSON only", fix="ask the server for application/fhir+json")
        try:
            value = parse_json(_text(first, source.name), source.name)
        except Malformed:
            rest = _read(stream, MAX_BYTES, source.name)
            if len(first) + len(rest) > MAX_BYTES:
                raise _too_large(source.name) from None
            whole = b"\n" * (number - 1) + first + rest
            yield parse_json(_text(whole, source.name), source.name), source.name
            return
        yield value, source.name
        for number, line in lines:
            where = f"{source.name}, line {number}"
            yield parse_json(_text(line, where), where), where


def _lines(stream: IO[bytes], name: str) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank with their numbers."""
    number = 0
    while True:
        line = _read(stream, MAX_BYTES, name, a_line=True)
        if not line:
            return
        number += 1
        if number == 1:
            line = line.removeprefix(_BOM)
        if line.strip():
            yield number, line


def _read(stream: IO[bytes], most: int, name: str, a_line: bool = False) -> bytes:
    try:
        found = stream.readline(most + 1) if a_line else stream.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise _unreadable(name, error) from error
        raise InputRefused("does-not-unpack", where=name, what="it is no whole gzip file",
                           fix="send the file again") from error
    if len(found) > most:
        raise _too_large(name)
    return found


def _text(line: bytes, where: str) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputRefused("does-not-parse", where=where, what="it is no UTF-8 text",
                           fix="send FHIR JSON as UTF-8") from error


class _Bounded(io.RawIOBase):
    """An unpacking stream that stops where no record would have gone on."""

    def __init__(self, packed: IO[bytes], name: str) -> None:
        self._packed = packed
        self._plain = gzip.GzipFile(fileobj=packed)
        self._name = name
        self._unpacked = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self._plain.read1(len(buffer))
        buffer[: len(found)] = found
        self._unpacked += len(found)
        if self._unpacked > max(MAX_BYTES, MAX_RATIO * self._packed.tell()):
            raise LimitReached("unpacks-too-far", where=self._name,
                               what=f"it unpacks to more than {MAX_RATIO} times its size",
                               fix="send it unpacked, or in smaller parts")
        return len(found)

    def close(self) -> None:
        self._plain.close()
        self._packed.close()
        super().close()


def _open(source: Source) -> IO[bytes]:
    packed = io.BytesIO(source.data) if source.data is not None else _open_file(source)
    head = packed.read(2)
    packed.seek(0)
    if head == _GZIP:
        return io.BufferedReader(_Bounded(packed, source.name), 1 << 20)
    return packed


def _open_file(source: Source) -> IO[bytes]:
    if source.path is None:
        return io.BytesIO()
    try:
        flags = os.O_RDONLY | (os.O_NOFOLLOW if source.inside else 0) | os.O_NONBLOCK
        if source.inside and source.path.is_symlink():
            raise InputRefused("link-in-folder", where=source.name,
                               what="a file of the folder is a link, which may lead anywhere",
                               fix="put the file itself there")
        handle = os.open(source.path, flags)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise InputRefused("not-a-file", where=source.name, what="this is no ordinary file",
                               fix="name a file or a folder of files")
        return os.fdopen(handle, "rb")
    except (OSError, ValueError) as error:
        raise _unreadable(source.name, error) from error


def _unreadable(name: str, error: Exception) -> InputRefused:
    return InputRefused("cannot-read", where=clean(name, 100),
                        what=getattr(error, "strerror", None) or "unreadable",
                        fix="name a file that can be read")


def _too_large(name: str) -> LimitReached:
    return LimitReached("too-large", where=name, what=f"more than {MAX_BYTES} bytes in one "
                        "document or line", fix="send NDJSON, one resource a line")
