"""What can go wrong, as a small tree: each error names the place, the fault and the next step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

_LONGEST, _SAME, _NEAR, _FEW = 60, 100, 70, 3
"""How much of a name is looked at, how like it another is that is the same or near, and how many
are told."""


class MarrowError(Exception):
    """Something the caller can mend.

    Attributes:
        code: a stable kebab-case name.
        where: the file and place, or an empty string.
        what: what was wrong, in one sentence.
        fix: what to do or send instead.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, code: str, *, what: str, fix: str, where: str = "") -> None:
        super().__init__(what)
        self.code = code
        self.where = where
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}; {self.fix}"


class InputRefused(MarrowError):
    """The input cannot be used at all."""

    exit_code: ClassVar[int] = 3


class KnowledgeError(MarrowError):
    """The ontology, a rule or a shape is broken."""

    exit_code: ClassVar[int] = 3


class UsageError(MarrowError):
    """The command or call was given something it does not know."""

    exit_code: ClassVar[int] = 2


class LimitReached(MarrowError):
    """A bound on size or time was reached."""

    exit_code: ClassVar[int] = 4


@dataclass(frozen=True)
class Issue:
    """Something in the input that was not used, while the run went on.

    ``records`` are the IRIs of the records that it concerns, where they have any; ``by`` is the
    term of what decides it, where one in the ontology does.
    """

    code: str
    where: str
    what: str
    fix: str
    severity: Literal["warning", "information"] = "warning"
    records: tuple[str, ...] = ()
    by: str = ""


def advise(wanted: str, names: Iterable[tuple[str, str]], otherwise: str) -> str:
    """Return what to write in place of a name that is not known: the nearest names, or else.

    Args:
        wanted: what was written.
        names: what can be written, each with something it is called.
        otherwise: what to do where nothing comes near.
    """
    from rapidfuzz import fuzz

    asked = wanted[:_LONGEST].lower()
    likeness: dict[str, float] = {}
    for name, called in names:
        likeness[name] = max(fuzz.ratio(asked, called.lower()), likeness.get(name, 0.0))
    near = sorted((-score, name) for name, score in likeness.items() if score >= _NEAR)
    near = [found for found in near if found[0] == -_SAME] or near
    return f"did you mean {' or '.join(name for _, name in near[:_FEW])}?" if near else otherwise
