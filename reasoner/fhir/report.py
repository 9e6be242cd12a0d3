"""Account for every resource of an input: used, not needed or not understood, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import Issue

Fate = Literal["used", "not needed", "not understood"]
_NOT_NEEDED = frozenset({"not-referred-to", "repeated", "taken-back", "type-not-needed"})
"""Reasons that leave nothing of a patient's state unread."""


@dataclass(frozen=True)
class Tally:
    """How many resources of a type ended in one way; the reason is empty for used ones."""

    resource_type: str
    fate: Fate
    reason: str
    count: int


@dataclass(frozen=True)
class ImportReport:
    """What became of the resources of one patient, or of those that belong to none.

    ``patient`` is what the input calls the patient, or empty. The counts of ``tallies`` add up
    to ``resources``, the number of resources that were sent. ``refused`` are the values that the
    gate for numbers refuses, which an assessment tells by itself.
    """

    patient: str
    tallies: tuple[Tally, ...]
    issues: tuple[Issue, ...]
    refused: tuple[Issue, ...] = ()

    @property
    def resources(self) -> int:
        """The number of resources."""
        return sum(tally.count for tally in self.tallies)

    def count(self, fate: Fate) -> int:
        """Return how many resources ended in one way."""
        return sum(tally.count for tally in self.tallies if tally.fate == fate)


def tally(ends: Mapping[tuple[str, str], int]) -> tuple[Tally, ...]:
    """Return the counts by type and reason; an empty reason says that the resource was used."""
    return tuple(
        Tally(kind, fate_of(reason), reason, count)
        for (kind, reason), count in sorted(ends.items())
    )


def fate_of(reason: str) -> Fate:
    """Return how a resource ended that a reason was noted for."""
    return "not needed" if reason in _NOT_NEEDED else "not understood" if reason else "used"


def report_data(report: ImportReport) -> dict[str, Any]:
    """Return a report as data for JSON."""
    return {
        "patient": report.patient or None,
        "resources": report.resources,
        "used": report.count("used"),
        "notNeeded": report.count("not needed"),
        "notUnderstood": report.count("not understood"),
        "tallies": [
            {"resourceType": t.resource_type, "fate": t.fate, "reason": t.reason or None,
             "count": t.count} for t in report.tallies
        ],
        "issues": [
            {"severity": i.severity, "code": i.code, "where": i.where, "what": i.what,
             "fix": i.fix} for i in (*report.issues, *report.refused)
        ],
    }


def report_text(report: ImportReport) -> str:
    """Return a report as a table of counts and a list of what was not understood."""
    lines = [f"{report.patient or 'Resources of no patient'}: {report.resources} resources, "
             f"{report.count('used')} used, {report.count('not needed')} not needed, "
             f"{report.count('not understood')} not understood"]
    for t in report.tallies:
        reason = f" ({t.reason})" if t.reason else ""
        lines.append(f"  {t.count:>7}  {t.resource_type}: {t.fate}{reason}")
    lines += [f"  {i.severity}: {i.where}: {i.what}; {i.fix}  <{i.code}>"
              for i in (*report.issues, *report.refused)]
    return "\n".join(lines) + "\n"
