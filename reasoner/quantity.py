"""The gate for numbers: what was written becomes an exact decimal, or a named refusal.

Nothing else in Marrow turns text into a number. Raw literals are never compared: RDF libraries
accept forms that the standard does not, and answer true to comparisons of nonsense.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from unicodedata import category

from .namespaces import DECIMAL, INTEGER, STRING, XSD

_LEXICAL = {
    DECIMAL: re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"),
    INTEGER: re.compile(r"[+-]?[0-9]+"),
}
MAX_DIGITS = 15
_EXACT = Context(prec=60)
_DOWN = Context(prec=MAX_DIGITS, rounding=ROUND_FLOOR)
_UP = Context(prec=MAX_DIGITS, rounding=ROUND_CEILING)
BOUND_STEP = Decimal("0.000001")
"""How far inside an open bound the last value lies; thresholds are written coarser than this."""


@dataclass(frozen=True)
class Refusal:
    """Why a written value is not used: a stable code and one sentence with the fix."""

    code: str
    what: str
    fix: str


@dataclass(frozen=True)
class Conversion:
    """One accepted spelling of a unit: multiply by ``factor`` to reach the canonical unit."""

    unit: str
    factor: Decimal
    source: str


@dataclass(frozen=True)
class Scale:
    """How the numbers of one measurement kind are read.

    ``conversions`` maps each accepted spelling to its conversion; the plausible range is in
    ``canonical_unit``, both ends included.
    """

    kind: str
    canonical_unit: str
    conversions: dict[str, Conversion]
    plausible_at_least: Decimal
    plausible_at_most: Decimal


@dataclass(frozen=True)
class Amount:
    """What an observation says in the canonical unit: an exact value, or bounds on it."""

    exact: Decimal | None
    at_least: Decimal | None
    at_most: Decimal | None
    conversion: Conversion


def parse_number(lexical: str, datatype: str) -> Decimal | Refusal:
    """Read the lexical form of a number strictly as XML Schema defines it.

    Args:
        lexical: the text between the quotes.
        datatype: the IRI of its datatype; only xsd:decimal and xsd:integer carry numbers.
    """
    pattern = _LEXICAL.get(datatype)
    if pattern is None:
        return Refusal("not-a-decimal", f"the value {lexical[:40]!r} is not typed as a decimal",
                       "send it as xsd:decimal or xsd:integer")
    if not pattern.fullmatch(lexical):
        return Refusal("not-a-decimal", f"{lexical[:40]!r} is no {datatype.removeprefix(XSD)}",
                       "send plain digits with at most one point")
    digits = lexical.lstrip("+-").replace(".", "").strip("0")
    if len(digits) > MAX_DIGITS:
        return Refusal("too-many-digits", f"{lexical[:40]!r} has more than {MAX_DIGITS} digits",
                       "send the value as the laboratory reported it")
    return Decimal(lexical)


def canonical_decimal(value: Decimal) -> str:
    """Return the one plain spelling of a decimal: no exponent, no trailing zeros."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "", "-") else text


def decimal_literal(value: Decimal) -> str:
    """Return a decimal as an xsd:decimal term in its canonical spelling."""
    return f'"{canonical_decimal(value)}"^^<{DECIMAL}>'


def integer_literal(value: int) -> str:
    """Return an integer as an xsd:integer term."""
    return f'"{value}"^^<{INTEGER}>'


def escape(text: str) -> str:
    """Escape text for an N-Triples string literal."""
    return (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        .replace("\r", "\\r").replace("\t", "\\t")
    )


def canonical_literal(lexical: str, datatype: str | None, language: str | None = None) -> str:
    """Return a literal term; numbers get their canonical spelling so that equal means same."""
    if language:
        return f'"{escape(lexical)}"@{language}'
    if datatype in _LEXICAL and _LEXICAL[datatype].fullmatch(lexical):
        if datatype == INTEGER:
            return integer_literal(int(lexical))
        return decimal_literal(Decimal(lexical))
    if datatype is None or datatype == STRING:
        return f'"{escape(lexical)}"'
    return f'"{escape(lexical)}"^^<{datatype}>'


def literal_parts(term: str) -> tuple[str, str, str | None]:
    """Split a literal term into lexical form (unescaped), datatype IRI and language."""
    end = term.rindex('"')
    lexical, suffix = term[1:end], term[end + 1 :]
    if "\\" in lexical:
        lexical = re.sub(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", _unescape, lexical)
    if suffix.startswith("^^"):
        return lexical, suffix[3:-1], None
    if suffix.startswith("@"):
        return lexical, STRING, suffix[1:]
    return lexical, STRING, None


def _unescape(match: re.Match[str]) -> str:
    code = match.group(1)
    if len(code) > 1:
        return chr(int(code[1:], 16))
    return {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}.get(code, code)


def text_of(term: str) -> str:
    """Return the lexical form of a literal term, or an IRI without its brackets."""
    return literal_parts(term)[0] if term.startswith('"') else term.strip("<>")


def one_line(text: str) -> str:
    """Return what a record wrote as one line, so that it cannot pass for a part of an answer."""
    return " ".join(text.split())[:1000]


def plain(text: str, kept: str = "") -> str:
    """Return text without the control and direction marks that a record could bring.

    Args:
        text: what was written.
        kept: the marks of layout that may stand, such as the ends of lines.
    """
    return "".join(c for c in text if c in kept or category(c) not in ("Cc", "Cf", "Cs"))


def number_of(term: str) -> Decimal | None:
    """Return the number of a well-formed numeric literal term, else None."""
    if not term.startswith('"') or "^^" not in term:
        return None
    lexical, datatype, _ = literal_parts(term)
    pattern = _LEXICAL.get(datatype)
    return Decimal(lexical) if pattern and pattern.fullmatch(lexical) else None


def gate(value: Decimal, comparator: str | None, unit: str | None, scale: Scale) \
        -> Amount | Refusal:
    """Turn a written number with its unit into an amount in the canonical unit.

    A comparator gives bounds instead of a value; an open bound is moved inside by
    ``BOUND_STEP``, so that "below" can be tested on the upper bound alone.
    """
    if unit is None or (not unit and unit not in scale.conversions):
        return Refusal("no-unit", "the value has no unit",
                       f"send the unit, for example {scale.canonical_unit}")
    conversion = scale.conversions.get(unit)
    if conversion is None:
        known = ", ".join(sorted(scale.conversions))
        return Refusal("unit-not-understood", f"the unit {unit[:20]!r} is not known here",
                       f"send one of {known}")
    product = _EXACT.multiply(value, conversion.factor)
    low, high = _DOWN.plus(product), _UP.plus(product)
    if not scale.plausible_at_least <= product <= scale.plausible_at_most:
        return Refusal(
            "not-plausible",
            f"{canonical_decimal(product)} {scale.canonical_unit} lies outside "
            f"{canonical_decimal(scale.plausible_at_least)} to "
            f"{canonical_decimal(scale.plausible_at_most)}",
            "check the value and its unit",
        )
    if comparator is None:
        return Amount(low if low == high else None, low, high, conversion)
    if comparator == "<":
        return Amount(None, None, high - BOUND_STEP, conversion)
    if comparator == "<=":
        return Amount(None, None, high, conversion)
    if comparator == ">":
        return Amount(None, low + BOUND_STEP, None, conversion)
    if comparator == ">=":
        return Amount(None, low, None, conversion)
    return Refusal("comparator-not-understood", f"the sign {comparator[:5]!r} is not known",
                   "send <, <=, > or >=")
