"""Read the elements FHIR resources are made of: texts, concepts, dates and numbers.

Everything here takes any JSON value and never raises: what is not as FHIR writes it comes out
empty, or as a refusal that says why.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, NamedTuple

from ..mapping import system_name
from ..namespaces import DATE, DATETIME
from ..quantity import MAX_DIGITS, Refusal, canonical_literal, decimal_literal

UCUM = "http://unitsofmeasure.org"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?")
_PARTIAL = re.compile(r"\d{4}(-\d{2})?")
_NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,2})?")
_FIRST_YEAR = 1850
"""Earlier years are placeholders of systems that have no empty date."""
_ROUNDING = Context(prec=MAX_DIGITS, rounding=ROUND_HALF_EVEN)


class Number(NamedTuple):
    """A JSON number as it was written; no float ever comes between."""

    written: str


@dataclass(frozen=True)
class Coding:
    """One code of a concept; parts that are absent are empty."""

    system: str
    code: str
    display: str

    def __str__(self) -> str:
        display = f" {clean(self.display, 80)!r}" if self.display else ""
        system = clean(system_name(self.system), 120) or "no system"
        return f"{system} {clean(self.code, 40) or 'no code'}{display}"


@dataclass(frozen=True)
class Concept:
    """A CodeableConcept: its codings, and its text."""

    codings: tuple[Coding, ...]
    text: str

    def __str__(self) -> str:
        if self.codings:
            return str(self.codings[0])
        return f"the text {clean(self.text, 80)!r} without a code" if self.text else "no code"

    @property
    def name(self) -> str:
        """What the source calls it, for a reader and never for matching; empty if nothing."""
        displays = [coding.display for coding in self.codings if coding.display]
        named = self.text or (displays[0] if displays else "")
        return clean(named or (str(self) if self.codings else ""), 500)


def text(value: Any) -> str:
    """Return a text, or an empty one where the value is something else."""
    return value if isinstance(value, str) else ""


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, or of a single object written without one."""
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def clean(written: str, limit: int) -> str:
    """Return text that is safe to show: composed, on one line, without invisible characters."""
    if written.isascii() and written.isprintable():
        return " ".join(written[: 4 * limit].split())[:limit]
    composed = unicodedata.normalize("NFC", written[: 4 * limit])
    visible = "".join(
        " " if c.isspace() else c for c in composed
        if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    return " ".join(visible.split())[:limit]


def source_text(written: str) -> str:
    """Return a short text of the source as a term, as it was written; it is never a sentence.

    Half a character that no encoding can carry becomes a replacement character. A text longer than
    any unit or status is cut; nothing knows what is left of it.
    """
    return canonical_literal(written[:50].encode("utf-8", "replace").decode(), None)


def read_concept(value: Any) -> Concept:
    """Read a CodeableConcept; a concept of another shape has no codings."""
    if not isinstance(value, dict):
        return Concept((), "")
    codings = tuple(
        Coding(text(c.get("system")), text(c.get("code")), text(c.get("display")))
        for c in objects(value.get("coding"))
    )
    return Concept(codings, text(value.get("text")))


def read_date(value: Any) -> str | Refusal:
    """Read a FHIR date, dateTime or instant as a date or dateTime term.

    A year or a month alone is refused: it would have to be filled up with a guess.
    """
    written = text(value)
    if _PARTIAL.fullmatch(written):
        return Refusal("date-not-exact", "is a year or month only",
                       "send a full date such as 2026-10-20")
    datatype = DATE if _DATE.fullmatch(written) else DATETIME if _MOMENT.fullmatch(written) else ""
    try:
        year = datetime.fromisoformat(written).year if datatype else 0
    except ValueError:
        year = 0
    if year < _FIRST_YEAR:
        return Refusal("not-a-date", "is no date", "send a full date such as 2026-10-20")
    return f'"{written}"^^<{datatype}>'


@dataclass(frozen=True)
class Value:
    """A number as a term, and whether digits beyond those that can be relied on were rounded."""

    term: str
    rounded: bool


def read_number(value: Any) -> Value | Refusal:
    """Read a JSON number as an exact decimal.

    Digits after the fifteenth come from printing a binary fraction in full and carry nothing;
    they are rounded, and the value says so.
    """
    written = value.written if isinstance(value, Number) else ""
    if not _NUMBER.fullmatch(written):
        return Refusal("not-a-number", "is no number that a result can have",
                       "send the value as the laboratory reported it")
    exact = Decimal(written)
    kept = _ROUNDING.plus(exact)
    return Value(decimal_literal(kept), kept != exact)
