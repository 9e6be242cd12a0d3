"""An assessment for a teacher: the mechanism, what is asserted and what inferred, who says so.

A lesson says what the clinician's answer says and adds, from the ontology, the definition,
evidence, source and review status of every statement behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from ..assessment import Assessment, limits_of, source_of
from ..namespaces import LABEL, TYPE, local_name, marrow
from ..proof import Proof
from ..rule import read_header
from .bearing import bearing, bearing_text
from .decisions import site_data, site_lines
from .followup import monitoring_text
from .letter import Letter, Line, Passage, Word, fallback_of, passage
from .report import assumptions, report
from .rulebook import rules_of
from .steps import Step, steps_of
from .unconfirmed import pressing_lines, quiet_lines
from .unread import unread_line
from .voice import Listener, Voice
from .why import NothingConcluded, bridge, find_conclusion, prove_conclusion, sources

Data = dict[str, Any]
_UNDER = 3
"""A line of an answer that is indented further belongs to the one above it."""


def lesson(assessment: Assessment, listener: Listener, everything: bool = False) -> Letter:
    """Return everything about one patient with the reasons a teacher needs."""
    voice = Voice(assessment, listener)
    data = report(assessment)
    idle = [] if everything else [
        e["label"] for e in data["recommendations"] if e["outcome"] == "not-applicable"]
    care = [e for e in data["recommendations"] if e["label"] not in idle]
    flags: list[Line | str] = [_flag(voice, f) for f in data["redFlags"]] \
        or [voice.words("TeachNoFlag")]
    return lesson_of(voice, [
        *passage(voice.phrase("TeachFlagsHeading"),
                 [*flags, *_unconfirmed(data["unconfirmed"]),
                  unread_line(data["unreadDiagnoses"]) or ""]),
        *passage(voice.phrase("TeachHasHeading"),
                 [_has(voice, c) for c in (*data["disorders"], *data["findings"])]),
        *mechanism(voice, data["painPaths"]),
        *passage(voice.phrase("TeachCareHeading"), [
            *(_care(voice, e) for e in care),
            voice.words("TeachNotApplicable", object=", ".join(idle))]),
        *disagreements(voice, data["disagreements"]),
        *passage(voice.phrase("TeachUnknownHeading"), _unknown(voice, care)),
        *passage(voice.phrase("TeachAssumedHeading"),
                 (Line(a["says"]) for a in assumptions(assessment))),
        *passage(voice.phrase("TeachPitfallsHeading"), (
            Line(p["label"], (p["says"], *p["because"])) for p in data["pitfalls"])),
        *passage(voice.phrase("TeachFollowHeading"), (
            Line(m["label"], tuple(k.strip() for k in [*monitoring_text(m)][1:]), (m["id"],))
            for m in data["monitoring"])),
        *passage(voice.phrase("TeachIssuesHeading"), (
            Line(f"{i['where']}: {i['what']}; {i['fix']}  <{i['code']}>") for i in data["issues"])),
        *statements(voice, cited(assessment, (care, data["redFlags"], data["monitoring"]))),
    ])


def _unconfirmed(entries: list[Data]) -> list[Line]:
    """Return what would be read otherwise if it were final, each with what it would change."""
    lines: list[Line] = []
    for line in (*pressing_lines(entries), *quiet_lines(entries)):
        if len(line) - len(line.lstrip()) < _UNDER:
            lines.append(Line(line.strip()))
        else:
            lines[-1] = replace(lines[-1], details=(*lines[-1].details, line.strip()))
    return lines


def lesson_of(voice: Voice, passages: list[Passage]) -> Letter:
    """Return passages as a lesson with its title and notice."""
    assessment = voice.assessment
    as_of = assessment.patient.as_of.isoformat()
    return Letter(
        voice.listener.audience, voice.listener.language, as_of,
        voice.phrase("TeachTitle", date=voice.day(as_of)),
        (assessment.wording.notice(), voice.phrase("TeachHowToRead"),
         *site_lines(site_data(assessment.engine))), tuple(passages),
        tuple[Word, ...](), "", fallback_of(voice), assessment.engine.version,
        assessment.engine.fingerprint)


def teach(assessment: Assessment, listener: Listener, data: Data,
          text: Callable[[Data], str]) -> Letter:
    """Return the clinician's answer to a question with what stands behind it.

    What stands below a detail in that answer bears a dash for each step that it is below it.
    """
    voice = Voice(assessment, listener)
    lines: list[Line] = []
    above: list[int] = []
    for line in text(data).splitlines():
        said, depth = line.strip(), len(line) - len(line.lstrip())
        if said and said != data["notice"]:
            if lines and depth > _UNDER:
                above = [*(d for d in above if d < depth), depth]
                lines[-1] = replace(lines[-1], details=(
                    *lines[-1].details, "- " * (len(above) - 1) + said))
            else:
                above = []
                lines.append(Line(said))
    return lesson_of(voice, [*passage(voice.phrase("TeachAnswerHeading"), lines),
                             *statements(voice, cited(assessment, data))])


def teach_why(assessment: Assessment, listener: Listener, wanted: str) -> Letter:
    """Return why a statement holds, each step with its definition, rule and source.

    Where nothing is concluded about it, that is what it has to do with the patient all the same.

    Raises:
        UsageError: it is no name, or may name several things.
    """
    voice = Voice(assessment, listener)
    try:
        fact = find_conclusion(assessment, wanted)
    except NothingConcluded:
        found = bearing(assessment, assessment.graph.named(wanted))
        return teach(assessment, listener, found, bearing_text)
    proof: Proof = prove_conclusion(assessment, fact)
    steps = steps_of(assessment, proof)
    names = {local_name(s) for s in sources(assessment, proof)}
    paths = [
        {"certainty": None, "kinds": [{"label": voice.name(k)} for k in path.kinds],
         "links": [{"name": local_name(k.node), "claims": [local_name(c) for c in k.claims]}
                   for k in path.links],
         "fit": limits_of(assessment, path)}
        for path in bridge(assessment, proof)
    ]
    return lesson_of(voice, [
        *passage(voice.phrase("TeachAnswerHeading"), [said(voice, steps[-1])] if steps else []),
        *passage(voice.phrase("TeachStepsHeading"), (_step(voice, s) for s in steps)),
        *(mechanism(voice, paths) if paths else []),
        *statements(voice, sorted(names)),
    ])


def said(voice: Voice, step: Step) -> str:
    """Return a step as the educator's sentence, else the clinician's."""
    _, p, o = step.fact
    name = voice.name(o)
    template = voice.own(o) or voice.own(p)
    return template.replace("{object}", name) if template else step.sentence


def _step(voice: Voice, step: Step) -> Line:
    details = [voice.graph.definition(step.fact[2]) or ""] \
        if step.fact[1] in (TYPE, marrow("meets")) else []
    details += step.records
    details.append(voice.words("TeachInferred", object=step.rule))
    details.append(_why_of_rule(voice.assessment, step.rule))
    rests = f" (from {', '.join(map(str, step.premises))})" if step.premises else ""
    return Line(f"{step.number}. {said(voice, step)}{rests}",
                tuple(d for d in details if d), step.sources)


def _why_of_rule(assessment: Assessment, rule: str) -> str:
    """Return why a rule is there, as its author wrote it; nothing for a computed step."""
    path = rules_of(assessment.engine.root).get(rule)
    return read_header(path)["why"] if path else ""


def _flag(voice: Voice, flag: Data) -> Line:
    about = voice.graph.definition(f"<{flag['iri']}>") or ""
    acts = [f"{action} {actor or ''}".strip()
            for action, actor in zip(flag["actions"], flag["actors"], strict=True)]
    return Line(f"{flag['label']} ({flag['certainty']}; {flag['urgency']})",
                (about, *acts, *flag["because"]), tuple(s["id"] for s in flag["sources"]))


def _has(voice: Voice, condition: Data) -> Line:
    assessment, term = voice.assessment, f"<{condition['iri']}>"
    proof = assessment.prove(assessment.fact("has", term))
    steps = steps_of(assessment, proof) if proof else []
    criteria = [s.fact[2] for s in steps[-2:] if s.fact[1] == TYPE]
    how = voice.words("TeachAsserted") if condition["certainty"] == "recorded" \
        else voice.words("TeachInferred", object=steps[-1].rule if steps else "")
    by = [f"{voice.name(c)}: {voice.graph.definition(c)}" for c in criteria]
    return Line(f"{condition['label']} ({condition['certainty']}, {how})",
                tuple(filter(None, [voice.graph.definition(term), *by, *condition["because"]])),
                tuple(dict.fromkeys(n for s in steps[-2:] for n in s.sources)))


def mechanism(voice: Voice, paths: list[Data]) -> list[Passage]:
    """Return the paths to the pain, and each of their links with the claim behind it."""
    chains = [
        Line(" -> ".join(k["label"] for k in path["kinds"])
             + (f" [{path['certainty']}]" if path["certainty"] else ""),
             tuple(fit["says"] for fit in path["fit"]),
             tuple(sorted({c for link in path["links"] for c in link["claims"]})))
        for path in paths
    ]
    names = {link["name"]: link["claims"] for path in paths for link in path["links"]}
    links = []
    for name, said_by in names.items():
        term = marrow(name)
        grade = voice.graph.object(term, marrow("certainty"))
        claims = [marrow(c) for c in said_by]
        details = [voice.graph.label(grade)] if grade else []
        details += [f"{local_name(c)}: {voice.graph.definition(c)}" for c in claims]
        links.append(Line(voice.graph.definition(term) or "", tuple(details),
                          tuple(local_name(c) for c in claims)))
    return [*passage(voice.phrase("TeachPathsHeading"), chains or [voice.words("TeachNoPath")]),
            *passage(voice.phrase("TeachLinksHeading"), links)]


def _care(voice: Voice, entry: Data) -> Line:
    term, outcome = f"<{entry['iri']}>", voice.assessment.outcome_of(f"<{entry['iri']}>") or ""
    template = voice.own(outcome) or "{object}"
    reason = f" [{entry['reason']}]" if entry["reason"] else ""
    details = [f"{sign} {row['label']}: {row['says']} ({_grade(row)})"
               for sign, key in (("for:", "because"), ("against:", "against"))
               for row in entry[key]]
    details += [fact for key in ("because", "against") for row in entry[key]
                for fact in row["facts"]]
    ids = [row["id"] for key in ("because", "against") for row in entry[key]]
    return Line(template.replace("{object}", voice.name(term)) + reason,
                tuple(dict.fromkeys(details)), tuple(dict.fromkeys([*ids, *entry["claims"]])))


def _grade(row: Data) -> str:
    certainty = f"{row['certainty']} certainty" if row["certainty"] else None
    return ", ".join(p for p in (row["modality"], certainty, f"[{row['provenance']}]") if p)


def disagreements(voice: Voice, found: list[Data]) -> list[Passage]:
    """Return where sources disagree about this patient: every reading, none preferred."""
    lines = [
        Line(entry["label"], (
            *filter(None, [entry["says"]]),
            *(f"{r['stance']}: {r['id']} {r['label']}, {r['citation']} [{r['provenance']}]"
              for r in entry["readings"])), tuple(r["id"] for r in entry["readings"]))
        for entry in found
    ]
    return passage(voice.phrase("TeachDisagreeHeading"),
                   lines or [voice.words("TeachNoDisagreement")])


def _unknown(voice: Voice, care: list[Data]) -> Iterator[Line]:
    opens: dict[str, list[str]] = {}
    for entry in care:
        for item in entry["missing"]:
            opens.setdefault(item["name"], []).append(entry["label"])
    for name, labels in sorted(opens.items()):
        about = voice.graph.definition(marrow(name)) or ""
        yield Line(voice.name(marrow(name)), (
            *filter(None, [about]), voice.words("TeachKeepsOpen", object=", ".join(labels))))


def cited(assessment: Assessment, data: Any) -> list[str]:
    """Return the claims and rows that some answer names anywhere, sorted."""
    found: set[str] = set()
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, (list, tuple)):
            waiting += value
        elif isinstance(value, str) and value.isprintable() and " " not in value \
                and assessment.graph.object(marrow(value), marrow("provenance")):
            found.add(value)
    return sorted(found)


def statements(voice: Voice, names: Iterable[str]) -> list[Passage]:
    """Return claims and rows in full: what each says, how sure, its source and its review."""
    lines = []
    for name in names:
        term = marrow(name)
        source = source_of(voice.graph, term)
        scales = [voice.text(v, LABEL) or "" for p in ("modality", "certainty", "provenance")
                  for v in voice.graph.objects(term, marrow(p))]
        lines.append(Line(f"{name}: {source['label']}", tuple(filter(None, [
            source["says"], ", ".join(scales), source["citation"], source["reviewStatus"]]))))
    return passage(voice.phrase("TeachSourcesHeading"), lines)
