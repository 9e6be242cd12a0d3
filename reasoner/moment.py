"""Bound the moment that a date or a time may mean, so that results can be put in order.

A time with a zone is one moment. A day, or a time without a zone, is compared with another on the
clock of their place, and with a time that has a zone only where it is earlier or later in every
time zone. Source: XML Schema 1.1 part 2, section 3.3.7 (order of dateTime).
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

_ZONED = re.compile(r"(Z|[+-]\d{2}:\d{2})$")
_SECOND = timedelta(seconds=1)
_EASTMOST = timedelta(hours=14)
_WESTMOST = timedelta(hours=12)
"""How far the clocks of the world are ahead of and behind Coordinated Universal Time."""


def moment_facts(lexical: str, as_of: date) -> dict[str, int]:
    """Return how many seconds before the end of the day after the as-of date a date may lie.

    Args:
        lexical: a whole date, or a date and time with or without a zone.
        as_of: the date the answer is for.

    Returns:
        At least and at most so many seconds by name: in Coordinated Universal Time, and for what
        has no zone on the clock of its place too.
    """
    end = datetime.combine(as_of + timedelta(days=2), time.min)
    is_day = len(lexical) == len("2026-11-01")
    first = last = moment_of(f"{lexical}T00:00:00" if is_day else lexical)
    if is_day:
        last += timedelta(days=1) - _SECOND
    spans = {"secondsAgoAtLeast": end - last, "secondsAgoAtMost": end - first}
    if not is_day and _ZONED.search(lexical):
        spans["zonedSecondsAgo"] = end - first
    else:
        spans = {
            "clockSecondsAgoAtLeast": end - last,
            "clockSecondsAgoAtMost": end - first,
            "secondsAgoAtLeast": end - last - _WESTMOST,
            "secondsAgoAtMost": end - first + _EASTMOST,
        }
    return {name: span // _SECOND for name, span in spans.items()}


def moment_of(lexical: str) -> datetime:
    """Return a dateTime as naive UTC; raise ValueError or OverflowError if there is no such one."""
    moment = datetime.fromisoformat(lexical.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        return moment
    return (moment - (moment.utcoffset() or timedelta())).replace(tzinfo=None)
