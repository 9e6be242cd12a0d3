"""The whole assessment as a page for the patient: what was found, what may be done, whom to call.

Every word comes from the ontology. What a person has to explain is not named, nothing that a
record wrote freely is repeated, and nothing tells anybody to start or stop a treatment.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..assessment import Assessment
from ..disagreement import disagreements_of
from ..explanation.decisions import site_data
from ..explanation.followup import monitoring
from ..explanation.report import assumptions, recommendations
from ..explanation.steps import steps_of
from ..explanation.unconfirmed import unconfirmed
from ..mechanism import Path
from ..namespaces import SUBCLASS, TYPE, marrow
from .letter import Letter, Line, Passage, Word, fallback_of, passage
from .patient_care import (
    GOOD,
    entry_lines,
    flag_lines,
    follow_lines,
    pressing_rows,
    urgency_rank,
    urgent_lines,
)
from .voice import Listener, Voice

_MOST_PATHS = 3
_MOST_QUESTIONS = 8


def patient_page(assessment: Assessment, listener: Listener, everything: bool = False) -> Letter:
    """Return everything that a patient can be told about an assessment, as a page."""
    voice = Voice(assessment, listener)
    entries = recommendations(assessment, disagreements_of(assessment))
    return letter(voice, [
        *help_needed(voice, entries),
        *found(voice),
        *explained(voice, everything),
        *suggested(voice, entries),
        *not_now(voice, entries, everything),
        *unknown(voice, entries),
        *followed(voice),
        *questions(voice, entries),
        *taken_as_true(voice),
    ])


def letter(voice: Voice, passages: list[Passage]) -> Letter:
    """Return passages as a page with its title, its notice and the words it used."""
    as_of = voice.assessment.patient.as_of.isoformat()
    notice = [voice.phrase("SayNotice")]
    if voice.assessment.engine.evidence == "article":
        notice.append(voice.phrase("SayArticleOnly"))
    if site_data(voice.assessment.engine):
        notice.append(voice.phrase("SaySite"))
    title = voice.phrase("SayTitle", date=voice.day(as_of))
    heading = voice.phrase("SayWordsHeading")
    said = " ".join(t for p in passages for k in p.lines for t in (k.says, *k.details)).lower()
    words = {
        name: means for kind in list(voice.named)
        if (name := voice.name(kind)).lower() in said and (means := voice.gloss(kind))
    }
    return Letter(voice.listener.audience, voice.listener.language, as_of, title, tuple(notice),
                  tuple(passages), tuple(Word(w, m) for w, m in sorted(words.items())), heading,
                  fallback_of(voice), voice.assessment.engine.version,
                  voice.assessment.engine.fingerprint)


def help_needed(voice: Voice, entries: list[dict[str, Any]]) -> list[Passage]:
    """Return what needs a doctor soon, and the signs to call for at once."""
    lines = flag_lines(voice, voice.assessment.related("hasOpenFlag"))
    lines += urgent_lines(voice, pressing_rows(voice, entries))
    lines += _unconfirmed_lines(voice)
    if lines:  # one instruction, the most urgent, with every reason for it
        first = min(lines, key=lambda line: urgency_rank(voice, line.says))
        reasons = dict.fromkeys(k for line in (first, *lines) for k in line.details)
        lines = [Line(first.says, tuple(reasons))]
    graph = voice.graph
    signs = sorted(graph.subjects(TYPE, marrow("SignToCallFor")),
                   key=lambda sign: graph.number(sign, marrow("displayRank")) or 9.0)
    return [
        *passage(voice.phrase("SayHelpHeading"), lines or [Line(voice.phrase("SayNoFlag"))]),
        *passage(voice.phrase("SayCallHeading"),
                 [*(Line(f"- {voice.own(sign)}") for sign in signs),
                  Line(voice.phrase("SayCallHow"))]),
    ]


def _unconfirmed_lines(voice: Voice) -> list[Line]:
    """Return how fast to act on results that would press if they are right; never what for."""
    points = {voice.graph.text(point, marrow("code")): point
              for point in voice.graph.subjects(TYPE, marrow("Scale"))}
    return [Line(voice.own(points[entry["pressing"]]) or voice.phrase("SayFlagChecked"),
                 (voice.phrase("SayIfRight", object=_measured(voice, entry)),))
            for entry in unconfirmed(voice.assessment) if entry["pressing"]]


def _measured(voice: Voice, entry: dict[str, Any]) -> str:
    return voice.names([marrow(kind["name"]) for kind in entry["kinds"]])


def found(voice: Voice) -> list[Passage]:
    """Return what the record shows, each kind by the result or record it was read from."""
    assessment, graph = voice.assessment, voice.graph
    kinds = [k for k in assessment.related("has")
             if {marrow("FindingKind"), marrow("DisorderKind")} & set(graph.objects(k, TYPE))]
    kinds.sort(key=lambda k: marrow("DisorderKind") not in graph.objects(k, TYPE))
    wider = {w for k in kinds for w in graph.objects(k, marrow("within")) if w != k}
    lines, hidden = [], False
    for kind in kinds:
        if voice.is_unnamed(kind):
            hidden = True
        elif kind not in wider or _is_from_a_result(voice, kind):
            proof = assessment.prove(assessment.fact("has", kind))
            if proof:
                lines.append(Line(voice.conclusion(steps_of(assessment, proof))))
    if not lines:
        lines.append(Line(voice.phrase("SayNothingFound")))
    if hidden:
        lines.append(Line(voice.phrase("SayMoreInRecord")))
    return passage(voice.phrase("SayFoundHeading"), lines)


def _is_from_a_result(voice: Voice, kind: str) -> bool:
    """Tell whether a kind was concluded from one result, which says more than its name."""
    proof = voice.assessment.prove(voice.assessment.fact("has", kind))
    return proof is not None and any(
        voice.result(step.nodes, step.fact[2])
        for step in steps_of(voice.assessment, proof)[-2:] if step.fact[1] == TYPE)


def explained(voice: Voice, everything: bool) -> list[Passage]:
    """Return the paths to the pain, unless a doctor has to look first."""
    if voice.assessment.related("hasOpenFlag"):
        return passage(voice.phrase("SayPainHeading"), [voice.phrase("SayPainAfterCheck")])
    return passage(voice.phrase("SayPainHeading"),
                   path_lines(voice, voice.assessment.paths[0], everything))


def path_lines(voice: Voice, paths: Iterable[Path], everything: bool) -> list[Line]:
    """Return paths to the pain, the surest first, in a few sentences each."""
    every = list(paths)
    telling = [p for p in every if not any(voice.is_unnamed(k) for k in p.kinds)]
    shown = telling if everything else telling[:_MOST_PATHS]
    lines = [Line(voice.phrase("SayPainDoubt" if telling else "SayNoPath"))]
    for path in shown:
        for kind in path.kinds:
            voice.name(kind)
        lines.append(Line(voice.phrase("SayPath"), tuple(voice.link(k.node) for k in path.links)))
    more = len(every) - len(shown)
    if more:
        lines.append(Line(voice.phrase("SayMorePaths", number=str(more))))
    return lines


def suggested(voice: Voice, entries: list[dict[str, Any]]) -> list[Passage]:
    """Return what the care team may suggest, with the reason."""
    lines = list(entry_lines(voice, (e for e in entries if e["outcome"] in GOOD)))
    return passage(voice.phrase("SaySuggestHeading"),
                   lines or [Line(voice.phrase("SayNothingToSuggest"))])


def not_now(voice: Voice, entries: list[dict[str, Any]], everything: bool) -> list[Passage]:
    """Return what may not be right now, with the reason; what does not apply only if asked."""
    chosen = [e for e in entries if e["outcome"] == "not-recommended"
              or (e["outcome"] == "not-applicable" and (everything or e["ongoing"]))]
    return passage(voice.phrase("SayNotNowHeading"), entry_lines(voice, chosen))


def unknown(voice: Voice, entries: list[dict[str, Any]]) -> list[Passage]:
    """Return what is not known yet: open outcomes, and what was not used or does not fit."""
    assessment = voice.assessment
    lines = list(entry_lines(voice, (e for e in entries if e["outcome"] == "cannot-tell")))
    if not lines:
        lines.append(Line(voice.phrase("SayNothingUnknown")))
    if assessment.related("disputes"):
        lines.append(Line(voice.phrase("SayConflict")))
    for entry in unconfirmed(assessment):
        if not entry["pressing"] and (entry["redFlags"] or entry["outcomes"]):
            lines.append(Line(voice.phrase("SayOtherwiseIfRight", object=_measured(voice, entry))))
    if assessment.issues:
        lines.append(Line(voice.phrase("SayNotUsed", number=str(len(assessment.issues)))))
    return passage(voice.phrase("SayUnknownHeading"), lines)


def followed(voice: Voice) -> list[Passage]:
    """Return what may be checked again, and when."""
    return passage(voice.phrase("SayNextHeading"),
                   follow_lines(voice, monitoring(voice.assessment)))


def questions(voice: Voice, entries: list[dict[str, Any]]) -> list[Passage]:
    """Return questions for the care team: on pitfalls, on causes, on what is missing, on care."""
    assessment, graph = voice.assessment, voice.graph
    asked: dict[str, None] = {}
    for row in assessment.related("meets"):
        if marrow("PitfallRow") in graph.objects(row, TYPE):
            asked[voice.row(row)] = None
            asked[question_about(voice, row)] = None
    for s, p, o in sorted(assessment.facts):
        if s == assessment.patient.patient and p == TYPE:
            asked[voice.text(o, marrow("patientQuestion")) or ""] = None
    for entry in entries:
        if entry["outcome"] == "not-recommended" and entry["reason"] != "deferred":
            for other in entry["alternatives"]:
                asked[voice.phrase("SayAskSafe", object=voice.name(marrow(other)))] = None
    best = [marrow(e["intervention"]) for e in entries if e["outcome"] == "recommended"]
    for term in best[:2]:
        asked[voice.phrase("SayAskHelp", object=voice.name(term))] = None
    for entry in entries:
        if entry["outcome"] == "cannot-tell" and entry["reason"] != "out-of-scope":
            for item in entry["missing"]:
                asked[question_about(voice, marrow(item["name"]))] = None
    return passage(voice.phrase("SayAskHeading"),
                   (Line(q) for q in [q for q in asked if q][:_MOST_QUESTIONS]))


def question_about(voice: Voice, term: str) -> str:
    """Return what to ask about a kind or row: its own question, or that of its sort."""
    own = voice.text(term, marrow("patientQuestion"))
    if own or voice.is_unnamed(term):
        return own or ""
    for sort in voice.graph.objects(term, TYPE):
        for wide in (sort, *voice.graph.objects(sort, SUBCLASS)):
            template = voice.text(wide, marrow("patientQuestion"))
            if template:
                return template.replace("{object}", voice.name(term))
    return ""


def taken_as_true(voice: Voice) -> list[Passage]:
    """Return what was taken as absent because no record names it."""
    kinds = [marrow(a["name"]) for a in assumptions(voice.assessment)]
    named = [k for k in kinds if not voice.is_unnamed(k)]
    lines = [Line(voice.phrase("SayAssumed", object=voice.names(named)))] if named else []
    if len(named) < len(kinds):
        lines.append(Line(voice.phrase("SayAssumedMore")))
    return passage(voice.phrase("SayAssumedHeading"), lines)
