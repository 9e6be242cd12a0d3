"""Evaluate the filters of a rule, for one binding or for a block of them.

Numbers compare by value and exactly: a gated decimal has at most 15 digits, and such decimals
compare the same as 64-bit floats. Arithmetic is done on decimals, never on floats. A comparison
of things that cannot be compared is an error, and an error is never true, as SPARQL 1.1
(section 17.2) has it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .namespaces import XSD
from .quantity import number_of
from .rule import Expression, is_variable

if TYPE_CHECKING:
    import numpy as np

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}
ARITHMETIC: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}


_TRUTHS: dict[str, bool] = {
    f'"true"^^<{XSD}boolean>': True,
    f'"false"^^<{XSD}boolean>': False,
}


def holds(expression: Expression, binding: dict[str, str]) -> bool:
    """Tell whether a filter is true under a binding of its variables to terms."""
    return _truth(expression, binding) is True


def _truth(expression: Expression, binding: dict[str, str]) -> bool | None:
    if isinstance(expression, str):
        return _TRUTHS.get(binding.get(expression, expression))
    name, *parts = expression
    if name == "not":
        inner = _truth(parts[0], binding)
        return None if inner is None else not inner
    if name in ("and", "or"):
        values = [_truth(part, binding) for part in parts]
        decisive: bool = name == "or"
        if decisive in values:
            return decisive
        return None if None in values else not decisive
    left, right = (_value(part, binding) for part in parts)
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return bool(COMPARE[name](left, right))
    if isinstance(left, str) and isinstance(right, str) and name in ("=", "!="):
        return (left == right) is (name == "=")
    return None


def _value(expression: Expression, binding: dict[str, str]) -> Decimal | str | None:
    if isinstance(expression, str):
        term = binding.get(expression, expression)
        number = number_of(term)
        return term if number is None else number
    left, right = (_value(part, binding) for part in expression[1:])
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return ARITHMETIC[expression[0]](left, right)
    return None


def is_plain(expression: Expression) -> bool:
    """Tell whether a filter is one comparison of two terms, with no arithmetic in it."""
    return (
        not isinstance(expression, str)
        and expression[0] in COMPARE
        and all(isinstance(part, str) for part in expression[1:])
    )


def mask_of(
    expression: Expression,
    columns: dict[str, np.ndarray[Any, Any]],
    terms: list[str],
    numbers: Callable[[], np.ndarray[Any, Any]],
    intern: Callable[[str], int],
) -> np.ndarray[Any, Any]:
    """Return which rows of a block satisfy a filter.

    Args:
        expression: the filter.
        columns: for each variable, the term numbers of the rows (1-d int64).
        terms: the term of each number.
        numbers: gives for each term number its value as float64, NaN where it is no number.
        intern: gives the number of a term.
    """
    import numpy as np

    rows = len(next(iter(columns.values())))
    if not isinstance(expression, str) and is_plain(expression):
        name, left, right = expression
        a, b = (
            columns[part] if is_variable(part) else np.full(rows, intern(part))
            for part in (left, right)
        )
        values = numbers()
        x, y = values[a], values[b]
        both = ~(np.isnan(x) | np.isnan(y))
        result = np.asarray(COMPARE[name](x, y) & both, dtype=bool)
        if name in ("=", "!="):
            neither = np.isnan(x) & np.isnan(y)
            result |= neither & (np.equal(a, b) if name == "=" else np.not_equal(a, b))
        return result
    names = list(columns)
    return np.array(
        [
            holds(expression, {v: terms[columns[v][row]] for v in names})
            for row in range(rows)
        ],
        dtype=bool,
    )
