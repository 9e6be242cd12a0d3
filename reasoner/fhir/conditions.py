"""Make the records of a Condition, and keep count of those that nobody can read."""

from __future__ import annotations

from typing import Any

from ..quantity import canonical_literal
from .allergies import read_finding
from .document import Entry
from .element import clean, read_concept
from .notes import Notes
from .records import (
    Context,
    Record,
    date_fact,
    make_records,
    make_unread,
    start_of,
    statuses,
)

_SORT = "ConditionRecord"
_OVER = frozenset({"entered-in-error", "inactive", "refuted", "remission", "resolved"})
"""The statuses that say that a condition is over, or never was."""


def read_condition(entry: Entry, context: Context) -> list[Record]:
    """Make the records of a Condition.

    One that may be active and is not understood, by its code or its status, makes an unread record:
    a flag may hide in it.
    """
    resource, notes = entry.resource, context.notes
    concept = read_concept(resource.get("code"))
    findings = read_finding(entry, concept, context)
    if findings and not context.kinds.look_up(concept):
        return findings
    kinds = context.kinds.of(entry, "code", concept, "ConditionKind")
    if not kinds and _is_over(resource):
        return findings
    facts = statuses(entry, notes) if kinds else None
    field, onset = start_of(resource, "onset")
    dated = date_fact(entry, field, onset, "onset", notes)
    dated += date_fact(entry, "recordedDate", resource.get("recordedDate"), "date", notes)
    if facts is None:
        return findings + make_unread(entry, _SORT, notes.reason, kinds, concept.name, dated,
                                      "$.code")
    for name in ("onsetAge", "onsetRange", "onsetString"):
        if name in resource:
            notes.add("date-not-exact", entry.name, f"Condition.{name} gives no date; it is "
                      "not used", "send onsetDateTime", "information")
    facts += dated
    return findings + make_records(entry, _SORT, kinds, facts + _end(entry, facts, notes),
                                   "$.code")


def _is_over(resource: dict[str, Any]) -> bool:
    """Tell whether a Condition says that it is over, or never was."""
    ended = any(name.startswith("abatement") and value is not None
                for name, value in resource.items())
    said = [{coding.code for coding in read_concept(resource.get(field)).codings}
            for field in ("clinicalStatus", "verificationStatus")]
    return ended or any(codes and codes <= _OVER for codes in said)


def _end(entry: Entry, facts: list[tuple[str, str]], notes: Notes) -> list[tuple[str, str]]:
    """Return when a condition ended; an end without a usable date still makes it inactive.

    Source: FHIR R4, constraint con-4 of Condition.
    """
    resource = entry.resource
    period = resource.get("abatementPeriod")
    value = resource.get("abatementDateTime") or (
        period.get("end") if isinstance(period, dict) else None)
    dated = date_fact(entry, "abatement", value, "abatement", notes)
    names = [n for n in resource if n.startswith("abatement") and resource[n] is not None]
    if dated or not names:
        return dated
    if value is None:
        notes.add("date-not-exact", entry.name, f"Condition.{clean(names[0], 40)} gives no date",
                  "send abatementDateTime", "information")
    if any(name == "clinicalStatus" for name, _ in facts):
        return []
    return [("clinicalStatus", canonical_literal("inactive", None))]
