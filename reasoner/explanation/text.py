"""An assessment and its proofs as plain text for a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from ..assessment import Assessment
from ..proof import Proof
from ..tier import ARTICLE
from .decisions import site_lines
from .disagreements import disagreement_lines
from .followup import due_text, monitoring_text, term_text
from .pain import contradicted_lines
from .report import report
from .steps import every_step, steps_of
from .unconfirmed import pressing_lines, quiet_lines
from .unread import aside_line, unread_line


def explain_text(assessment: Assessment, everything: bool = False) -> str:
    """Return the assessment with every reason; what does not apply only if asked for."""
    return "\n".join(_explain(report(assessment), everything)) + "\n"


def _explain(data: dict[str, Any], everything: bool) -> Iterator[str]:
    knowledge = data["knowledge"]
    yield f"Patient {data['patient']} as of {data['asOf']}"
    yield f"Knowledge {knowledge['version']} ({knowledge['fingerprint']}), " \
          f"evidence: {knowledge['evidence']}"
    yield knowledge["notice"]
    if knowledge["articleNotice"]:
        yield knowledge["articleNotice"]
    yield from site_lines(data["site"])
    tiers = knowledge["articleNotice"] is not None
    yield from flags_text(data, tiers)
    yield from _conditions("Disorders", data["disorders"])
    yield from _pain(data)
    yield from _recommendations(data["recommendations"], everything, tiers)
    if data["disagreements"]:
        yield ""
        yield "Sources disagree, and none is preferred here; a site may choose (--thresholds)"
        yield from disagreement_lines(data["disagreements"])
    if data["pitfalls"]:
        yield ""
        yield "Pitfalls in the plan of care"
        for item in data["pitfalls"]:
            yield f"  {item['label']}  <{item['name']}>"
            yield f"      {item['says']}"
            yield from (f"      {line}" for line in term_text(item["term"], stopped=True))
            for reason in item["because"]:
                yield f"      because {reason}"
            for source in item["sources"]:
                yield f"      source: {source_text(source)}"
    if data["deferredPitfalls"]:
        yield ""
        yield from map(deferred_text, data["deferredPitfalls"])
    if data["monitoring"]:
        yield ""
        yield "Monitoring"
        yield from due_text(data["monitoring"])
        for item in data["monitoring"]:
            yield from monitoring_text(item)
            if everything or item["state"] != "done":
                yield f"      source: {source_text(item)}"
    yield from _conditions("Findings", data["findings"])
    if data["assumptions"]:
        yield ""
        yield "Assumed absent, because no record names it"
        yield "  " + ", ".join(a["label"] for a in data["assumptions"])
    if data["issues"]:
        yield ""
        yield "Not used, or in conflict"
        yield from issue_lines(data["issues"], everything)


UNCONFIRMED = "Not final or not dated"


def _conditions(title: str, conditions: list[dict[str, Any]]) -> Iterator[str]:
    yield ""
    yield title
    for item in conditions:
        disagree = "; sources disagree" if item["sourcesDisagree"] else ""
        yield f"  {item['label']} ({item['certainty']}{disagree}{by_tiers(item['tiers'])})" \
              f"  <{item['name']}>"
        for reason in item["because"]:
            yield f"      {reason}"
    if not conditions:
        yield "  none established"


_SHOWN = 3
"""How many warnings of one sort are shown before the rest is only counted."""


def issue_lines(issues: list[dict[str, Any]], everything: bool) -> Iterator[str]:
    """Show warnings first; of many of one sort, and of what is only told, give the count."""
    groups: dict[tuple[bool, str], list[dict[str, Any]]] = defaultdict(list)
    for issue in issues:
        groups[issue["severity"] != "warning", issue["code"]].append(issue)
    for (told, code), group in sorted(groups.items(), key=lambda item: item[0][0]):
        shown = group if everything else [] if told else group[:_SHOWN]
        for issue in shown:
            yield f"  {issue['where']}: {issue['what']}; {issue['fix']}  <{code}>"
        hidden = len(group) - len(shown)
        if hidden:
            more = "more " if shown else ""
            yield f"  {hidden} {more}of the sort <{code}>; --all or --json lists them"


def by_tiers(tiers: list[str] | None) -> str:
    """Return who found a condition where that is not the article, if it is asked."""
    others = [tier for tier in tiers or () if tier != ARTICLE]
    return f"; by {' and '.join(others)}" if others else ""


def flags_text(data: dict[str, Any], tiers: bool) -> Iterator[str]:
    """Return the open red flags, after what was set aside and with what nobody could read."""
    aside = aside_line(data["setAside"])
    if aside:
        yield aside
    yield ""
    yield "Red flags"
    if not data["redFlags"]:
        yield "  none raised by what is on record; that is no proof that there is none"
    for flag in data["redFlags"]:
        yield from flag_lines(flag, tiers)
    yield from pressing_lines(data["unconfirmed"])
    unread = unread_line(data["unreadDiagnoses"])
    if unread:
        yield f"  {unread}"
    quiet = list(quiet_lines(data["unconfirmed"]))
    if quiet:
        yield ""
        yield UNCONFIRMED
        yield from quiet


def flag_lines(flag: dict[str, Any], tiers: bool = False) -> Iterator[str]:
    """Return what is said of an open red flag: what to do, who, and why."""
    urgency = f" - {flag['urgency']}" if flag["urgency"] else ""
    yield f"  ! {flag['label']} ({flag['certainty']}){urgency}  <{flag['name']}>"
    for action, actor in zip(flag["actions"], flag["actors"], strict=True):
        yield f"      do: {action}" + (f" Who: {actor}." if actor else "")
    for reason in flag["because"]:
        yield f"      because {reason}"
    for source in flag["sources"]:
        yield f"      source: {source_text(source, tiers)}"


def _pain(data: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield "Why the back may hurt (what may be, never what is; surest first)"
    if not data["painPaths"]:
        yield "  no active causal link leads from what is on record to a recorded pain"
    yield from map(pain_line, data["painPaths"])
    yield from contradicted_lines(data["contradictedLinks"])


def pain_line(path: dict[str, Any]) -> str:
    """Return one way to the pain, with how sure it is, the claims it rests on and how they fit."""
    chain = " -> ".join(kind["label"] for kind in path["kinds"])
    claims = sorted({c for link in path["links"] for c in link["claims"]})
    fit = "".join(f"\n      {said['says']}" for said in path["fit"])
    return f"  [{path['certainty']}] {chain}  ({', '.join(claims)}){fit}"


TITLES = {
    "recommended": "Recommended",
    "consider": "May be considered",
    "cannot-tell": "Cannot tell yet",
    "not-recommended": "Not recommended",
    "not-applicable": "Does not apply",
}


def _recommendations(entries: list[dict[str, Any]], everything: bool, tiers: bool) \
        -> Iterator[str]:
    for outcome, title in TITLES.items():
        chosen = [e for e in entries if e["outcome"] == outcome]
        if not chosen:
            continue
        yield ""
        if outcome == "not-applicable" and not everything:
            yield f"{title}: " + ", ".join(e["label"] + aside(e) for e in chosen)
            continue
        quiet = [] if everything else [e for e in chosen if is_beside_the_point(e)]
        if len(quiet) < len(chosen):
            yield title
        for entry in chosen:
            if entry not in quiet:
                yield from recommendation_lines(entry, tiers)
        if quiet:
            yield "  excluded, though nothing speaks for it here: " + ", ".join(
                f"{e['label']} [{'; '.join(e['reasons'])}]" for e in quiet)


def is_beside_the_point(entry: dict[str, Any]) -> bool:
    """Tell whether an exclusion concerns what nobody would have given."""
    return entry["outcome"] == "not-recommended" and not entry["because"] \
        and not entry["ongoing"] and entry["reason"] in ("contraindicated", "advised-against")


def aside(entry: dict[str, Any]) -> str:
    """Return what else is to be said of what does not apply, in brackets."""
    notes = [] if entry["reason"] == "not-met" else [entry["reason"]]
    notes += ["being given now: review"] if entry["ongoing"] else []
    return f" ({'; '.join(notes)})" if notes else ""


def instead_text(entry: dict[str, Any]) -> str:
    """Return what may be given instead, with the names to ask about."""
    pairs = zip(entry["instead"], entry["alternatives"], strict=True)
    return "instead: " + ", ".join(f"{label} <{name}>" for label, name in pairs)


def ongoing_text(entry: dict[str, Any]) -> str:
    """Return whether what is given already goes on or is looked at again; nothing if it is not."""
    if not entry["ongoing"]:
        return ""
    unopposed = entry["outcome"] == "consider" and not entry["against"]
    if (entry["outcome"] == "recommended" or unopposed) and not entry["review"]:
        return " (already given: continue)"
    what = ", ".join(k["label"] for k in entry["review"])
    return f" (being given now{f' as {what}' if what else ''}: review)"


def recommendation_lines(entry: dict[str, Any], tiers: bool = False) -> Iterator[str]:
    """Return what is said of one intervention: its outcome, reasons, rows, and what is needed."""
    reason = f" [{'; '.join(entry['reasons'])}]" if entry["reasons"] else ""
    yield f"  {entry['label']}{ongoing_text(entry)}{reason}  <{entry['intervention']}>"
    for question in entry["sourcesDisagree"]:
        yield f"      sources disagree: {question}"
    if entry["deferredBy"]:
        yield f"      waits for: {', '.join(entry['waitsFor'])}"
    if entry["missing"]:
        yield f"      {needs_text(entry['missing'])}"
    for sign, key in (("+", "because"), ("-", "against")):
        for row in entry[key]:
            disagree = "; sources disagree" if row["sourcesDisagree"] else ""
            yield f"      {sign} {row['label']} ({row['modality']}; " \
                  f"{source_text(row, tiers)}{disagree})"
            for fact in row["facts"]:
                yield f"          {fact}"
            yield from (f"          {line}" for line in term_text(row["term"]))
    if entry["instead"] and entry["outcome"] in ("not-recommended", "cannot-tell"):
        yield f"      {instead_text(entry)}"


def needs_text(missing: list[dict[str, Any]]) -> str:
    """Return what is missing: what could settle the outcome alone before what only could later."""
    first, then = (sorted({m["label"] for m in missing if m["first"] is wanted})
                   for wanted in (True, False))
    if not then:
        return f"needs: {'; '.join(first)}"
    return f"needs first: {'; '.join(first)}; then perhaps: {'; '.join(then)}"


def deferred_text(pitfall: dict[str, Any]) -> str:
    """Return that a pitfall is judged only when the flags it waits for are closed."""
    return f"{pitfall['label']}: judged when no red flag is open " \
           f"({', '.join(pitfall['waitsFor'])})"


def source_text(row: dict[str, Any], tiers: bool = False) -> str:
    """Return the id, citation and provenance of a row, and who says it if that is asked."""
    claims = f", {', '.join(row['claims'])}" if row.get("claims") else ""
    verified = " unverified" if row["provenance"] == "M" else ""
    citation = f" {row['citation']}" if row["citation"] else ""
    tier = f", {row['tier']}" if tiers and row["tier"] != ARTICLE else ""
    return f"{row['id']}{claims}{citation} [{row['provenance']}{verified}{tier}]"


def why_text(assessment: Assessment, proof: Proof, unfold: bool = False) -> str:
    """Return a proof as numbered sentences, each after those it rests on."""
    lines = []
    for step in every_step(assessment, proof) if unfold else steps_of(assessment, proof):
        rests = f" (from {', '.join(str(n) for n in step.premises)})" if step.premises else ""
        lines.append(f"{step.number:>3}. {step.sentence}{rests}")
        lines += [f"       {record}" for record in step.records]
        lines += [f"       as long as {absence}" for absence in step.absences]
        source = f"; {', '.join(step.sources)}" if step.sources else ""
        bounds = f"; with this site's {', '.join(step.site)}" if step.site else ""
        lines.append(f"       by {step.rule}{source}{bounds}")
    return "\n".join(lines) + "\n"
