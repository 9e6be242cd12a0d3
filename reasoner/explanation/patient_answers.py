"""The answers to the questions, for the patient: why, why not, which of two, what is missing.

A question about something that is not named to patients gets what to do and no name.
"""

from __future__ import annotations

from typing import Any

from ..assessment import Assessment
from ..criterion import leaves, members_of
from ..hypothesis import Change, suppose
from ..namespaces import TYPE, marrow
from ..rule import Atom
from . import missing as unknown_items
from .bearing import bearing, records_about
from .contrast import contrast
from .letter import Letter, Line, passage
from .patient_care import entry_lines, entry_of, flag_lines
from .patient_page import letter, path_lines, question_about
from .steps import Step, steps_of
from .voice import Listener, Voice
from .whatif import outcomes_of
from .why import NothingConcluded, bridge, find_conclusion, prove_conclusion
from .whynot import why_not

_SUPPOSED = {"set": "SayIfSet", "add": "SayIfAdd", "deny": "SayIfDeny", "remove": "SayIfRemove",
             "confirm": "SayIfConfirmed"}


def tell_why(assessment: Assessment, listener: Listener, wanted: str) -> Letter:
    """Return why something is said, from the record upwards, or that nothing is.

    Raises:
        UsageError: it is no name, or may name several things.
    """
    voice = Voice(assessment, listener)
    if voice.is_unnamed(assessment.graph.named(wanted)):
        return _without_a_name(voice)
    try:
        fact = find_conclusion(assessment, wanted)
    except NothingConcluded:
        return _not_said(voice, assessment.graph.named(wanted))
    if fact[1] == marrow("hasOpenFlag"):
        return _without_a_name(voice)
    proof = prove_conclusion(assessment, fact)
    steps = steps_of(assessment, proof)
    lines: dict[str, None] = {}
    for step in steps:
        said = voice.step(step)
        if step.fact[1] == TYPE or not said:
            records = [voice.record(n) for n in step.nodes]
            lines.update(dict.fromkeys(r for r in records if r not in said))
        if not _repeats(voice, steps, step):
            lines[said] = None
    answer = list(_answer(voice, fact)) or [Line(voice.conclusion(steps))]
    paths = bridge(assessment, proof)
    flagged = bool(assessment.related("hasOpenFlag"))
    return letter(voice, [
        *passage(voice.phrase("SayAnswerHeading"), answer),
        *passage(voice.phrase("SayWhyHeading"), [k for k in lines if k]),
        *(passage(voice.phrase("SayPainHeading"),
                  [Line(voice.phrase("SayPainAfterCheck"))] if flagged
                  else path_lines(voice, paths, False)) if paths else []),
    ])


def _repeats(voice: Voice, steps: list[Step], step: Step) -> bool:
    """Tell whether a step only says again what the criterion that it rests on said."""
    if step.fact[1] == TYPE or len(step.premises) != 1:
        return False
    before = steps[step.premises[0] - 1]
    return before.fact[1] == TYPE and bool(voice.criterion(before))


def _not_said(voice: Voice, term: str) -> Letter:
    """Return what the record has of something of which nothing is concluded, and what to ask."""
    assessment = voice.assessment
    records = [said for node in records_about(assessment, term) if (said := voice.record(node))]
    waiting = [marrow(w["intervention"]) for w in bearing(assessment, term)["waiting"]]
    lines = [Line(voice.phrase("SayInRecordOnly"), tuple(dict.fromkeys(records)))] \
        if records and not waiting else [Line(said) for said in dict.fromkeys(records)]
    if not records:
        lines = [Line(voice.phrase("SayNotFoundInRecord", object=voice.name(term)))]
    lines.append(Line(voice.phrase("SayMayDecide", object=voice.names(dict.fromkeys(waiting)))))
    asks = [question_about(voice, term) if waiting or not records else ""]
    asks = [q for q in asks if q] or [voice.phrase("SayAskAbout", object=voice.name(term))]
    return letter(voice, [*passage(voice.phrase("SayAnswerHeading"), lines),
                          *passage(voice.phrase("SayAskHeading"), asks)])


def _without_a_name(voice: Voice) -> Letter:
    """Return the one answer to every question about what is not named: what to do, if anything.

    It is the same whether or not it is suspected, so that nobody can find out by asking.
    """
    lines = [Line(voice.phrase("SayCannotSay")),
             *flag_lines(voice, voice.assessment.related("hasOpenFlag"))]
    return letter(voice, passage(voice.phrase("SayAnswerHeading"), lines))


def _answer(voice: Voice, fact: Atom) -> list[Line]:
    outcome = voice.assessment.outcome_of(fact[2])
    if outcome is None or outcome != fact[1]:
        return []
    return list(entry_lines(voice, [entry_of(voice, fact[2], outcome)]))


def tell_why_not(assessment: Assessment, listener: Listener, wanted: str) -> Letter:
    """Return why something is not suggested or not found.

    Raises:
        UsageError: the name is none in the ontology, or it is concluded.
    """
    voice = Voice(assessment, listener)
    if voice.is_unnamed(assessment.graph.named(wanted)):
        return _without_a_name(voice)
    data = why_not(assessment, wanted)
    term = marrow(data["asked"])
    outcome = assessment.outcome_of(term)
    if outcome is None:
        items = [marrow(u["name"]) for u in data["unknown"]]
        lines = [Line(voice.phrase("SayNotFoundInRecord", object=voice.name(term))),
                 Line(voice.phrase("SayNeeds", object=voice.names(items)))]
    else:
        lines = [*entry_lines(voice, [entry_of(voice, term, outcome)]),
                 *_looked_at(voice, data), Line(voice.phrase("SayCanChange"))]
    asks = [voice.phrase("SayAskSafe", object=voice.name(marrow(i["name"])))
            for i in data["instead"]] if data["reason"] != "deferred" else []
    asks += [question_about(voice, marrow(u["name"])) for u in data["unknown"]]
    if data["reason"] == "not-met":
        asks.append(voice.phrase("SayAskCould", object=voice.name(term)))
    return letter(voice, [*passage(voice.phrase("SayAnswerHeading"), lines),
                          *passage(voice.phrase("SayAskHeading"), asks)])


def _looked_at(voice: Voice, data: dict[str, Any]) -> list[Line]:
    """Return the results that decided that care does not apply; never a condition it is for."""
    if data["reason"] != "not-met":
        return []
    read = {part.kind for c in data["criteria"]
            for part in leaves(members_of(voice.assessment, marrow(c["criterion"])))
            if part.status == "not-met" and part.threshold is not None and part.kind}
    if not read:
        return []
    assessment = voice.assessment
    used = {*assessment.related("hasCurrentObservation")}
    results = [voice.record(node) for kind in sorted(read)
               for node in records_about(assessment, kind) if node in used]
    return [Line(voice.phrase("SayLookedAt", object=voice.names(sorted(read))),
                 (*filter(None, results), voice.phrase("SayNotCalledFor")) if results else ())]


def tell_contrast(assessment: Assessment, listener: Listener, first: str, second: str) -> Letter:
    """Return what is said of two kinds of care.

    Raises:
        UsageError: one of the names has no outcome for this patient.
    """
    voice = Voice(assessment, listener)
    sides = contrast(assessment, first, second)["sides"]
    lines = [line for side in sides for line in entry_lines(voice, [side])]
    return letter(voice, passage(voice.phrase("SayCompareHeading"), lines))


def tell_missing(assessment: Assessment, listener: Listener) -> Letter:
    """Return which unknown items could change an answer."""
    voice = Voice(assessment, listener)
    data = unknown_items.missing(assessment)
    lines = [_item(voice, item) for item in data["items"]] \
        or [Line(voice.phrase("SayNoneWould"))]
    also = [marrow(i["name"]) for i in data["notAlone"]]
    lines.append(Line(voice.phrase("SayAlsoAsked", object=voice.names(also))))
    return letter(voice, passage(voice.phrase("SayMissingHeading"), lines))


def _item(voice: Voice, item: dict[str, Any]) -> Line:
    term = marrow(item["name"])
    care = [marrow(c["intervention"]) for c in item["changes"]]
    details = [voice.phrase("SayMayDecide", object=voice.names(care))]
    if item["flags"]:
        details.append(voice.phrase("SayMayChangeSpeed"))
    says = question_about(voice, term) or voice.phrase("SayAskOther")
    return Line(says, tuple(filter(None, details)))


def tell_pain(assessment: Assessment, listener: Listener) -> Letter:
    """Return every path to the pain."""
    voice = Voice(assessment, listener)
    first = [Line(voice.phrase("SayPainLater"))] if assessment.related("hasOpenFlag") else []
    return letter(voice, passage(voice.phrase("SayPainHeading"),
                                 [*first, *path_lines(voice, assessment.paths[0], True)]))


def tell_what_if(assessment: Assessment, listener: Listener, changes: list[Change]) -> Letter:
    """Return what would be said if the record were different."""
    now, then = Voice(assessment, listener), Voice(suppose(assessment, changes), listener)
    supposed = [_supposed(now, change) for change in changes]
    was, would = outcomes_of(assessment), outcomes_of(then.assessment)
    lines = [Line(now.phrase("SayIfOnly"), tuple(supposed))]
    for kind in sorted(was.keys() | would.keys()):
        if was.get(kind) != would.get(kind):
            lines += _difference(now, then, kind)
    flags = [set(v.assessment.related("hasOpenFlag")) for v in (now, then)]
    if flags[1] - flags[0]:
        opened = flag_lines(then, flags[1] - flags[0])
        lines.append(Line(now.phrase("SayIfFlag"),
                          tuple(k for line in opened for k in (line.says, *line.details))))
    if flags[0] - flags[1]:
        lines.append(Line(now.phrase("SayIfNoFlag")))
    if len(lines) == 1:
        lines.append(Line(now.phrase("SayIfSame")))
    now.named.update(then.named)
    return letter(now, passage(now.phrase("SayIfHeading"), lines))


def _supposed(voice: Voice, change: Change) -> str:
    amount = " ".join(p for p in (change.comparator, change.value) if p)
    said = voice.phrase(_SUPPOSED[change.verb], object=voice.name(change.kind),
                        measurement=voice.name(change.kind), value=amount, unit=change.unit)
    return f"{said}." if said else ""


def _difference(now: Voice, then: Voice, kind: str) -> list[Line]:
    before, after = (_said(voice, kind) for voice in (now, then))
    if before.says == after.says and before.details == after.details:
        return []
    return [Line(now.phrase("SayInChange", first=before.says, last=after.says), after.details)]


def _said(voice: Voice, kind: str) -> Line:
    outcome = voice.assessment.outcome_of(kind)
    if outcome is None:
        return Line(voice.phrase("SayNoOutcome", object=voice.name(kind)))
    return next(entry_lines(voice, [entry_of(voice, kind, outcome)]))
