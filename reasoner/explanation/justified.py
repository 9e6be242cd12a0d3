"""All justifications of a conclusion, as data and as text: what they share, then what each adds."""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment, source_of
from ..justification import MOST, Justification
from ..namespaces import local_name, marrow
from ..proof import pattern_text
from ..rule import Atom
from .absences import absence_sentence


def justifications(assessment: Assessment, fact: Atom, most: int = MOST) -> dict[str, Any]:
    """Return every minimal set that gives a conclusion, smallest first.

    Args:
        assessment: one patient's assessment.
        fact: the conclusion.
        most: how many sets to look for; ``complete`` tells whether there are no others.
    """
    answer = assessment.justifier.justify(fact, most)
    return {
        "conclusion": assessment.wording.sentence(fact),
        "statement": [term.strip("<>") for term in fact],
        "asOf": assessment.patient.as_of.isoformat(),
        "knowledge": {"version": assessment.engine.version,
                      "fingerprint": assessment.engine.fingerprint},
        "complete": answer.complete,
        "justifications": [_members(assessment, j) for j in answer.found],
        "notice": assessment.wording.notice(),
    }


def _members(assessment: Assessment, justification: Justification) -> dict[str, Any]:
    wording = assessment.wording
    return {
        "records": [{"iri": node.strip("<>"), "says": wording.record(node)}
                    for node in justification.records],
        "facts": [{"property": local_name(f[1]), "says": wording.sentence(f)}
                  for f in justification.facts],
        "statements": [_statement(assessment, term) for term in justification.statements],
        "absences": [
            {"pattern": pattern_text(pattern), "says": absence_sentence(assessment, pattern)}
            for pattern in justification.absences
        ],
    }


def _statement(assessment: Assessment, term: str) -> dict[str, Any]:
    found = source_of(assessment.graph, term)
    behind = assessment.graph.objects(term, "<http://purl.org/dc/terms/source>")
    rows = [local_name(s) for s in behind if s.startswith("<")]
    return {key: found[key] for key in ("id", "iri", "label", "citation", "provenance")} | {
        "sources": rows or [local_name(c) for c in assessment.graph.objects(term, marrow("claim"))],
    }


_PARTS = (("records", "on record"), ("facts", "of the patient"), ("statements", "by"),
          ("absences", "as long as"))


def justifications_text(data: dict[str, Any]) -> str:
    """Return the justifications as text, what all share first."""
    found = data["justifications"]
    count = f"{len(found)}" if data["complete"] else f"the first {len(found)}; there may be more"
    lines = [f"Justifications of: {data['conclusion']} ({count})",
             "Each is a smallest part of what is known that gives it, whatever else of the record "
             "is taken away."]
    told = [{part: [_line(part, m) for m in j[part]] for part, _ in _PARTS} for j in found]
    shared = {
        part: [line for line in told[0][part] if all(line in j[part] for j in told)]
        for part, _ in _PARTS
    } if told else {}
    if len(told) > 1:
        lines += ["", "In every one", *_part_lines(shared, {})]
    for number, parts in enumerate(told, 1):
        lines += ["", f"{number}." + (" and" if len(told) > 1 else "")]
        own = _part_lines(parts, shared if len(told) > 1 else {})
        lines += own or ["   nothing more"]
    return "\n".join([*lines, "", f"As of {data['asOf']}.", data["notice"], ""])


def _part_lines(parts: dict[str, list[str]], but: dict[str, list[str]]) -> list[str]:
    lines = []
    for part, title in _PARTS:
        own = [line for line in dict.fromkeys(parts[part]) if line not in but.get(part, [])]
        if own:
            lines.append(f"   {title}")
            lines += [f"       {line}" for line in own]
    return lines


def _line(part: str, member: dict[str, Any]) -> str:
    if part != "statements":
        return str(member["says"])
    sources = ", ".join(member["sources"])
    grade = f" [{member['provenance']}]" if member["provenance"] else ""
    return f"{member['label']} ({member['id']}{f'; {sources}' if sources else ''}{grade})"
