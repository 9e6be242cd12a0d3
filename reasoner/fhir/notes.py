"""Keep what was not understood: one line for each distinct thing, however often it occurs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..errors import Issue

Severity = Literal["warning", "information"]
_SHOWN = 3
"""How many resources an issue names before it counts the rest."""
_MOST = 1000
"""How many distinct notes are told; only a hostile document has more."""


@dataclass
class _Places:
    """The first resources that something is true of, and how many there are."""

    named: list[str]
    last: str
    count: int = 1

    def add(self, place: str) -> None:
        # What is noted of one resource is noted in a row.
        if place in (self.last, *self.named):
            return
        self.last = place
        self.count += 1
        if len(self.named) < _SHOWN:
            self.named.append(place)

    def __str__(self) -> str:
        more = self.count - len(self.named)
        return ", ".join(self.named) + (f" and {more} more" if more else "")


@dataclass
class Notes:
    """A growing list of notes, grouped by what they say.

    ``reason`` is the code of the first note since ``begin``: why a resource came to nothing, if it
    did.
    """

    reason: str = ""
    _places: dict[tuple[Severity, str, str, str], _Places] = field(default_factory=dict)

    def begin(self) -> None:
        """Begin with another resource."""
        self.reason = ""

    def add(self, code: str, place: str, what: str, fix: str,
            severity: Severity = "warning") -> None:
        """Note something about one resource.

        Args:
            code: a stable kebab-case name.
            place: the resource, such as ``Observation/abc``.
            what: one sentence that is the same for every resource it is true of.
            fix: what to do or send instead.
            severity: a warning where a conclusion could be missed, else information.
        """
        self.reason = self.reason or code
        key = (severity, code, what, fix)
        known = self._places.get(key)
        if known:
            known.add(place)
        else:
            self._places[key] = _Places([place], place)

    def issues(self) -> tuple[Issue, ...]:
        """Return one issue for each distinct note, warnings first."""
        grouped = sorted(self._places.items(), key=lambda item: item[0][0] != "warning")
        told = [
            Issue(code, str(places), what, fix, severity)
            for (severity, code, what, fix), places in grouped[:_MOST]
        ]
        if len(grouped) > _MOST:
            told.append(Issue("more-issues", "the document",
                              f"{len(grouped) - _MOST} further notes are not shown",
                              "send a smaller part of the record"))
        return tuple(told)
