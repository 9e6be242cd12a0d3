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
class Notes:
    """A growing list of notes, grouped by what they say."""

    _places: dict[tuple[Severity, str, str, str], list[str]] = field(default_factory=dict)

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
        self._places.setdefault((severity, code, what, fix), []).append(place)

    def issues(self) -> tuple[Issue, ...]:
        """Return one issue for each distinct note, warnings first."""
        grouped = sorted(self._places.items(), key=lambda item: item[0][0] != "warning")
        told = [
            Issue(code, _places(places), what, fix, severity)
            for (severity, code, what, fix), places in grouped[:_MOST]
        ]
        if len(grouped) > _MOST:
            told.append(Issue("more-issues", "the document",
                              f"{len(grouped) - _MOST} further notes are not shown",
                              "send a smaller part of the record"))
        return tuple(told)


def _places(places: list[str]) -> str:
    distinct = list(dict.fromkeys(places))
    named = ", ".join(distinct[:_SHOWN])
    more = len(distinct) - _SHOWN
    return f"{named} and {more} more" if more > 0 else named
