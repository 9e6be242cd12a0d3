"""An assessment at a glance: what a clinician reads first, in one screen or little more.

Nothing is decided here. What is folded is counted, and the long form or the data has it in full.
"""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from ..assessment import Assessment
from ..namespaces import local_name, marrow
from .decisions import site_lines
from .disagreements import disagreement_lines
from .followup import due_text, term_text
from .report import report
from .steps import own_sentences, shortly
from .text import (
    TITLES,
    aside,
    by_tiers,
    deferred_text,
    explain_text,
    flags_text,
    instead_text,
    is_beside_the_point,
    issue_lines,
    needs_text,
    ongoing_text,
    pain_line,
    source_text,
)

_PATHS = 3
"""How many ways to the pain are shown before the rest is only counted."""

_WIDTH = 118

_MORE = "In full: --full; what does not apply, too: --all; for programs: --json."


def told_text(assessment: Assessment, full: bool, everything: bool, typed: str = "FILE") -> str:
    """Return the assessment in short, in full, or with what does not apply, too.

    Args:
        assessment: what is told.
        full: with every reason.
        everything: with what does not apply, too.
        typed: how the patient was named, for the questions that can be asked next.
    """
    if full or everything:
        return explain_text(assessment, everything)
    return glance_text(assessment, typed)


def glance_text(assessment: Assessment, typed: str = "FILE") -> str:
    """Return the assessment in short: a line or two for each thing that is said."""
    own = own_sentences(assessment)
    wider = {local_name(wide) for kind in assessment.related("has")
             for wide in assessment.graph.objects(kind, marrow("within")) if wide != kind}
    return "\n".join(_glance(report(assessment), own, wider, typed)) + "\n"


def _glance(data: dict[str, Any], own: frozenset[str], wider: set[str], typed: str) \
        -> Iterator[str]:
    knowledge = data["knowledge"]
    yield f"Patient {data['patient']} as of {data['asOf']}"
    if knowledge["articleNotice"]:
        yield knowledge["articleNotice"]
    yield from site_lines(data["site"])
    tiers = knowledge["articleNotice"] is not None
    yield from flags_text(data, tiers)
    yield from _section("Disorders", [
        f"  {item['label']} ({item['certainty']}{_by(item)}): {shortly(item['because'], own)}"
        for item in data["disorders"]] or ["  none established"])
    if data["findings"]:
        yield from _list("Findings", (
            item["label"] for item in data["findings"] if item["name"] not in wider))
    yield from _pain(data)
    entries = data["recommendations"]
    for outcome in ("recommended", "consider"):
        yield from _section(TITLES[outcome], list(_groups(
            [e for e in entries if e["outcome"] == outcome], own, tiers)))
    yield from _section(TITLES["not-recommended"], list(_refused(entries, own, tiers)))
    yield from _open(entries, own, tiers)
    yield from _idle([e for e in entries if e["outcome"] == "not-applicable"])
    if data["disagreements"]:
        yield from _section("Sources disagree, and none is preferred here; a site may choose "
                            "(--thresholds)", list(disagreement_lines(data["disagreements"])))
    yield from _section("Due", list(_due(data["monitoring"])))
    yield from _section("Pitfalls in the plan of care", list(_pitfalls(data)))
    if data["assumptions"]:
        yield ""
        yield f"Assumed absent, because no record names it: {len(data['assumptions'])} conditions"
    if data["issues"]:
        yield from _section("Not used, or in conflict", list(issue_lines(data["issues"], False)))
    yield ""
    yield f"Why any of this: marrow why {typed} 'its words'; why not: marrow why-not {typed} " \
          "'its words'."
    yield _MORE
    yield f"Knowledge {knowledge['version']} ({knowledge['fingerprint']}), " \
          f"evidence: {knowledge['evidence']}. {knowledge['notice']}"


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield title
        yield from lines


def _list(title: str, labels: Iterable[str], separator: str = ", ") -> Iterator[str]:
    yield ""
    yield from textwrap.wrap(f"{title}: {separator.join(labels)}", _WIDTH, subsequent_indent="  ",
                             break_long_words=False, break_on_hyphens=False)


def _by(item: dict[str, Any]) -> str:
    return ("; sources disagree" if item["sourcesDisagree"] else "") + by_tiers(item["tiers"])


def _pain(data: dict[str, Any]) -> Iterator[str]:
    paths = data["painPaths"]
    if paths:
        rest = len(paths) - _PATHS
        yield from _section("Why the back may hurt (what may be, never what is; surest first)", [
            *map(pain_line, paths[:_PATHS]), *([f"  and {rest} more"] if rest > 0 else [])])


def _groups(entries: list[dict[str, Any]], own: frozenset[str], tiers: bool) -> Iterator[str]:
    """Yield what is said for one reason together: the names, one reason, and every caution."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in entries:
        said = "\n".join(_reasons(entry, own, tiers))
        groups[said].append(entry)
    for said, group in groups.items():
        names = ", ".join(f"{e['label']}{ongoing_text(e)}{_disputed(e)}" for e in group)
        code = f"  <{group[0]['intervention']}>" if len(group) == 1 else ""
        yield from textwrap.wrap(f"  {names}{code}", _WIDTH, subsequent_indent="    ",
                                 break_long_words=False, break_on_hyphens=False)
        if said:
            yield said


def _disputed(entry: dict[str, Any]) -> str:
    return " [sources disagree]" if entry["sourcesDisagree"] else ""


def _reasons(entry: dict[str, Any], own: frozenset[str], tiers: bool) -> Iterator[str]:
    for row in entry["because"][:1]:
        more = len(entry["because"]) - 1
        rest = f"; and {more} more" if more else ""
        yield f"      + {row['label']} ({row['modality']}; {source_text(row, tiers)}{rest})"
        if entry["outcome"] == "recommended":
            yield f"        from {shortly(row['facts'], own)}"
        yield from (f"        {line}" for line in term_text(row["term"]))
    for row in entry["against"]:
        yield f"      - {row['label']} ({row['modality']}; {row['id']} [{row['provenance']}])"


def _refused(entries: list[dict[str, Any]], own: frozenset[str], tiers: bool) -> Iterator[str]:
    """Yield what is refused and why; last what nobody would have given here."""
    chosen = [e for e in entries if e["outcome"] == "not-recommended"]
    quiet = [e for e in chosen if is_beside_the_point(e)]
    waiting: dict[str, list[str]] = defaultdict(list)
    for entry in chosen:
        if entry in quiet:
            continue
        if entry["reasons"] == ["deferred"] and not entry["ongoing"]:
            waiting[", ".join(entry["waitsFor"])].append(entry["label"])
            continue
        yield f"  {entry['label']}{ongoing_text(entry)} [{'; '.join(entry['reasons'])}]  " \
              f"<{entry['intervention']}>"
        if entry["waitsFor"]:
            yield f"      waits for: {', '.join(entry['waitsFor'])}"
        rows = entry["against"] or entry["because"][:1]
        for row in rows:
            sign = "-" if entry["against"] else "+"
            yield f"      {sign} {row['label']} ({row['modality']}; {source_text(row, tiers)})"
            if row["modality"] != "caution":
                yield f"        from {shortly(row['facts'], own)}"
        if entry["alternatives"]:
            yield f"      {instead_text(entry)}"
    for flags, labels in waiting.items():
        yield from textwrap.wrap(
            f"  waits for the open red flag {flags}: {', '.join(labels)}", _WIDTH,
            subsequent_indent="      ", break_long_words=False, break_on_hyphens=False)
    if quiet:
        yield from textwrap.wrap(
            "  excluded, though nothing speaks for it here: "
            + ", ".join(f"{e['label']} [{e['reason']}]" for e in quiet), _WIDTH,
            subsequent_indent="      ", break_long_words=False, break_on_hyphens=False)


def _open(entries: list[dict[str, Any]], own: frozenset[str], tiers: bool) -> Iterator[str]:
    """Yield what cannot be told: in one line what nothing on record points to."""
    chosen = [e for e in entries if e["outcome"] == "cannot-tell"]
    silent = [e for e in chosen if e["reason"] == "missing" and not e["ongoing"]
              and not e["because"] and not e["against"]]
    lines: list[str] = []
    for entry in chosen:
        if entry not in silent:
            lines.append(f"  {entry['label']}{ongoing_text(entry)} [{entry['reason']}]"
                         f"{_disputed(entry)}  <{entry['intervention']}>")
            lines += textwrap.wrap(f"      {needs_text(entry['missing'])}", _WIDTH,
                                   subsequent_indent="        ", break_long_words=False) \
                if entry["missing"] else []
            lines += _reasons(entry, own, tiers)
            if entry["alternatives"]:
                lines.append(f"      {instead_text(entry)}")
    yield from _section(TITLES["cannot-tell"], lines)
    needs: dict[str, list[str]] = defaultdict(list)
    for entry in silent:
        first = sorted({m["label"] for m in entry["missing"] if m["first"]})
        needs["; ".join(first)].append(entry["label"])
    if silent:
        yield from _list("Cannot tell, no result on record", (
            f"{', '.join(labels)} (needs {wanted})" for wanted, labels in needs.items()), "; ")


def _idle(entries: list[dict[str, Any]]) -> Iterator[str]:
    """Yield what does not apply: by name where something is to be said of it, else counted."""
    said = [e["label"] + aside(e) for e in entries if aside(e)]
    rest = len(entries) - len(said)
    if entries:
        yield from _list(TITLES["not-applicable"], [
            *said, *([f"{rest} {'others' if said else 'treatments and tests'}"] if rest else [])])


def _due(entries: list[dict[str, Any]]) -> Iterator[str]:
    yield from due_text(entries)
    for entry in entries:
        yield from (f"  taken too early, it may mislead: {taken}" for taken in entry["tooEarly"])
    undated = [e for e in entries if not e["dueFrom"] and not e["term"] and e["state"] != "done"]
    if undated:
        yield f"  {'no date':<10} " + "; ".join(e["label"] for e in undated)


def _pitfalls(data: dict[str, Any]) -> Iterator[str]:
    for item in data["pitfalls"]:
        sources = "; ".join(source_text(s) for s in item["sources"])
        yield f"  {item['label']}: {item['says']}  <{item['name']}>"
        yield from (f"      {line}" for line in term_text(item["term"], stopped=True))
        yield f"      source: {sources}"
    for item in data["deferredPitfalls"]:
        yield f"  {deferred_text(item)}"
