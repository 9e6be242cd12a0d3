"""The gate for numbers: strict forms, exact conversions, bounds, and refusals by name."""

from __future__ import annotations

from decimal import Decimal

import pytest

from reasoner.namespaces import DECIMAL, INTEGER, XSD
from reasoner.quantity import (
    Amount,
    Conversion,
    Refusal,
    Scale,
    canonical_decimal,
    gate,
    number_of,
    parse_number,
)

SCALE = Scale(
    "kind", "g/L",
    {"g/L": Conversion("g/L", Decimal(1), ""), "g/dL": Conversion("g/dL", Decimal(10), ""),
     "mmol/L": Conversion("mmol/L", Decimal("16.1145"), "")},
    Decimal(10), Decimal(300),
)


@pytest.mark.parametrize("text", ["7", "7.0", "+7", "-7.25", ".5", "7.", "0007.10"])
def test_xml_schema_decimals_are_read(text: str) -> None:
    assert parse_number(text, DECIMAL) == Decimal(text)


@pytest.mark.parametrize(
    "text",
    ["7_0", "1_0.5", "\u0667", "1E1", " 7.0 ", "7,0", "NaN", "INF", "", "+", ".", "abc", "0x7",
     "7.0.0", "1e999", "--7", "7 ", "\uff17"],
)
def test_anything_else_is_refused(text: str) -> None:
    found = parse_number(text, DECIMAL)
    assert isinstance(found, Refusal)
    assert found.code == "not-a-decimal"


@pytest.mark.parametrize("datatype", [XSD + "double", XSD + "float", XSD + "string"])
def test_only_decimals_and_integers_carry_numbers(datatype: str) -> None:
    assert isinstance(parse_number("7", datatype), Refusal)


def test_an_integer_has_no_point() -> None:
    assert isinstance(parse_number("7.0", INTEGER), Refusal)


def test_more_than_fifteen_digits_are_refused() -> None:
    assert parse_number("123456789012345", DECIMAL) == Decimal("123456789012345")
    found = parse_number("1234567890123456", DECIMAL)
    assert isinstance(found, Refusal)
    assert found.code == "too-many-digits"


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [("7.0", "g/dL", "70"), ("69", "g/L", "69"), ("4.28", "mmol/L", "68.97006")],
)
def test_conversion_is_exact(value: str, unit: str, expected: str) -> None:
    # 4.28 * 16.1145 = 68.970060, by hand.
    found = gate(Decimal(value), None, unit, SCALE)
    assert isinstance(found, Amount)
    assert found.exact == found.at_least == found.at_most == Decimal(expected)


def test_a_product_too_long_for_exact_comparison_becomes_bounds_around_it() -> None:
    value = Decimal("7.12345678901234")
    found = gate(value, None, "mmol/L", SCALE)
    assert isinstance(found, Amount)
    assert found.exact is None
    assert found.at_least is not None
    assert found.at_most is not None
    assert found.at_least < value * Decimal("16.1145") < found.at_most


def test_below_seven_is_below_seventy_and_seven_is_not() -> None:
    below = gate(Decimal("7.0"), "<", "g/dL", SCALE)
    exact = gate(Decimal("7.0"), None, "g/dL", SCALE)
    assert isinstance(below, Amount)
    assert isinstance(exact, Amount)
    assert below.at_most is not None
    assert below.at_most < 70
    assert below.at_least is None
    assert exact.at_most == 70


@pytest.mark.parametrize(
    ("unit", "value", "code"),
    [(None, "7", "no-unit"), ("K/uL", "7", "unit-not-understood"), ("g/L", "7", "not-plausible")],
)
def test_refusals_are_named(unit: str | None, value: str, code: str) -> None:
    found = gate(Decimal(value), None, unit, SCALE)
    assert isinstance(found, Refusal)
    assert found.code == code


@pytest.mark.parametrize(("text", "expected"), [("130.0", "130"), ("0.50", "0.5"), ("-0.0", "0"),
                                                ("1E+2", "100")])
def test_a_decimal_has_one_spelling(text: str, expected: str) -> None:
    assert canonical_decimal(Decimal(text)) == expected


def test_an_ill_typed_literal_is_no_number() -> None:
    assert number_of(f'"abc"^^<{DECIMAL}>') is None
