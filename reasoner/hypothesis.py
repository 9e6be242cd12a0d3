"""Change what a record says and ask again: what would hold if.

A hypothetical patient is the same record with some records put in or taken out, dated on the
as-of date, or with results that are not final or not dated taken as they stand; everything after
the reading is done as for any patient.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from .assessment import Assessment
from .errors import LimitReached, UsageError, advise
from .gate import gate_patient
from .knowledge import Graph
from .namespaces import SUPPOSED, TYPE, XSD, local_name, marrow
from .patient import PatientGraph
from .quantity import decimal_literal, escape
from .rule import Atom

MOST_SUPPOSED = 1_000_000
"""How many statements all cases of one question may have together."""

Verb = Literal["set", "add", "deny", "remove", "confirm"]
_VALUE = re.compile(r"(?P<kind>[^=<>]+)=(?P<comparator>[<>]=?)?(?P<value>-?\d+(\.\d+)?)"
                    r"\s*(?P<unit>\D.*)?")
_COMMA = re.compile(r",\d+")
"""What a unit begins with where the number was written with a decimal comma."""
_FORMS = {
    "MeasurementKind": ("Observation", "hasObservation", {"status": "final"}),
    "ConditionKind": ("ConditionRecord", "hasCondition",
                      {"clinicalStatus": "active", "verificationStatus": "confirmed"}),
    "MedicationKind": ("MedicationRecord", "hasMedication", {"status": "active"}),
    "InterventionKind": ("ProcedureRecord", "hasProcedure", {"status": "completed"}),
    "ListKind": ("ReviewRecord", "hasReview", {}),
}
"""The record that says something of each sort of kind: its class, link and plain fields."""
_MEASURED = "MeasurementKind"
_WORDS = {"set": "{kind} were {amount}", "add": "{kind} were on record",
          "deny": "{kind} were excluded", "remove": "{kind} were not on record",
          "confirm": "{kind} were final as it stands, or of this day where it has no date"}
_AWAITED = ("hasPendingObservation", "hasUndatedObservation")
"""The relations to results that decide nothing until they are final or dated."""


@dataclass(frozen=True)
class Change:
    """One change of a record: a result set or confirmed, a kind put on, excluded, or taken off."""

    verb: Verb
    kind: str
    value: str = ""
    unit: str = ""
    comparator: str = ""

    def says(self, graph: Graph) -> str:
        """Return the change as the end of "would hold if"."""
        amount = " ".join(p for p in (self.comparator, self.value, self.unit) if p)
        return _WORDS[self.verb].format(kind=graph.label(self.kind), amount=amount)


def parse_change(verb: Verb, text: str, graph: Graph) -> Change:
    """Return a change from what a caller typed, such as ``Name=6.8unit``.

    Raises:
        UsageError: the text names no kind, or has no number where one is needed, or one that
            cannot be told.
    """
    if verb != "set":
        kind = _kind(text, graph)
        if verb == "confirm" and sort_of(kind, graph) != _MEASURED:
            raise UsageError("no-result", what=f"{local_name(kind)} is nothing that is measured",
                             fix="name a measurement with a result that is not final")
        if verb not in ("remove", "confirm") and sort_of(kind, graph) == _MEASURED:
            raise UsageError("needs-a-value", what=f"{local_name(kind)} is on record only with "
                             "a value", fix=f"write --set {local_name(kind)}=AMOUNT")
        return Change(verb, kind)
    found = _VALUE.fullmatch(text.strip())
    if found is None:
        raise UsageError("not-a-change", what=f"{text[:60]!r} is no kind with a value",
                         fix="write it as Name=6.8unit")
    comma = _COMMA.match(found["unit"] or "")
    if comma:
        raise UsageError("decimal-comma", what=f"{found['value']}{comma[0]} has a decimal comma",
                         fix=f"write {found['value']}.{comma[0][1:]}")
    return Change("set", _kind(found["kind"], graph), found["value"], (found["unit"] or "").strip(),
                  found["comparator"] or "")


def _kind(name: str, graph: Graph) -> str:
    term = graph.named(name.strip())
    if sort_of(term, graph) is None:
        raise UsageError("no-such-kind", what=f"{name[:60]!r} is no kind in the ontology",
                         fix=advise(name, graph.called(_kinds(graph)), "take a name that marrow "
                                    "explain shows in angle brackets"))
    return term


def _kinds(graph: Graph) -> Iterator[str]:
    """Yield every kind that a record can name."""
    for sort in map(marrow, _FORMS):
        for wide in (sort, *graph.subjects(_SUBCLASS, sort)):
            yield from graph.subjects(TYPE, wide)


def sort_of(kind: str, graph: Graph) -> str | None:
    """Return which sort of record says something of a kind, or None."""
    types = set(graph.objects(kind, TYPE))
    wide = {w for t in types for w in (t, *graph.objects(t, _SUBCLASS))}
    # the most specific sort first: a medication kind is an intervention kind as well
    return next((sort for sort in _FORMS if marrow(sort) in wide), None)


_SUBCLASS = "<http://www.w3.org/2000/01/rdf-schema#subClassOf>"


def awaited(assessment: Assessment, kind: str = "") -> list[tuple[str, str]]:
    """Return the results with a value that decide nothing until they are final or dated.

    Args:
        assessment: the patient.
        kind: only results of this kind.

    Returns:
        Each kind with the record of a result, sorted.
    """
    about = assessment.patient.facts
    valued = {s for s, p, _ in about if p == marrow("value")}
    waiting = {o for relation in _AWAITED for o in assessment.related(relation)} & valued
    return sorted((o, s) for s, p, o in about
                  if p == marrow("kind") and s in waiting and kind in ("", o))


def suppose(assessment: Assessment, changes: Iterable[Change]) -> Assessment:
    """Return the assessment that would be, were the record changed so.

    Raises:
        UsageError: a supposed result cannot be read, or none waits to be confirmed, so that
            nothing was supposed; or two changes are of one kind, so that one would undo the other.
    """
    patient, engine = assessment.patient, assessment.engine
    triples = set(patient.facts - patient.origins.keys())
    changes = _in_order(changes)
    _check_once(changes, engine.graph)
    for number, change in enumerate(changes):
        triples = _changed(triples, change, assessment, number)
    graph = PatientGraph(patient.patient, frozenset(triples), "hypothesis")
    gated = gate_patient(graph, engine.graph, patient.as_of)
    unread = next((i for i in gated.issues if i.where.startswith(SUPPOSED)
                   and i.code != "results-disagree"), None)
    if unread is not None:
        named = unread.where.partition("(")[2].rstrip(")")
        raise UsageError("not-supposable", where=named, what=unread.what, fix=unread.fix)
    return replace(assessment, patient=gated, result=engine.run(gated.facts), issues=gated.issues)


def suppose_each(assessment: Assessment, cases: Sequence[Sequence[Change]]) -> list[set[Atom]]:
    """Return what would be concluded in each of several cases, evaluated all at once.

    Returns:
        For each case the statements about the patient.

    Raises:
        LimitReached: the cases together have more statements than can be supposed in one go.
    """
    patient, engine = assessment.patient, assessment.engine
    if len(cases) * len(patient.facts) > MOST_SUPPOSED:
        raise LimitReached("too-much-to-suppose", where=f"{len(patient.facts)} statements",
                           what=f"{len(cases)} cases of them are too many to suppose at once",
                           fix="ask of a record with fewer old results")
    told = set(patient.facts - patient.origins.keys())
    numbers: dict[Change, int] = {}
    supposed = []
    for changes in cases:
        triples = told
        for change in _in_order(changes):  # one change is one record, in whichever cases it is made
            triples = _changed(triples, change, assessment,
                               numbers.setdefault(change, len(numbers)))
        graph = PatientGraph(patient.patient, frozenset(triples), "hypothesis")
        supposed.append(gate_patient(graph, engine.graph, patient.as_of).facts)
    found: list[set[Atom]] = [set() for _ in cases]
    for fact, where in engine.cases.run(supposed).items():
        if fact[0] == patient.patient:
            for number, facts in enumerate(found):
                if where >> number & 1:
                    facts.add(fact)
    return found


def _in_order(changes: Iterable[Change]) -> list[Change]:
    """Return changes in the order in which they are made: nothing supposed is taken off again."""
    return sorted(changes, key=lambda change: change.verb != "remove")


def _check_once(changes: Sequence[Change], graph: Graph) -> None:
    seen: set[str] = set()
    for change in changes:
        if change.kind in seen:
            raise UsageError("supposed-twice", what=f"{graph.label(change.kind)} is supposed twice",
                             fix="name it once, and ask of the other in a question of its own")
        seen.add(change.kind)


def _changed(triples: set[Atom], change: Change, assessment: Assessment, number: int) -> set[Atom]:
    graph, patient = assessment.graph, assessment.patient.patient
    day = f'"{assessment.patient.as_of.isoformat()}"^^<{XSD}date>'
    if change.verb == "confirm":
        return _confirmed(triples, change.kind, assessment, day)
    if change.verb == "set":
        newest, day = _place_in_time(triples, change.kind, graph, day)
        gone = {newest}
    else:
        gone = _records_of(triples, change, graph)
    kept = {t for t in triples if t[0] not in gone and t[2] not in gone}
    if change.verb == "remove":
        return kept
    form, link, fields = _FORMS[sort_of(change.kind, graph) or "ConditionKind"]
    if change.verb == "deny":
        form, link, fields = "DenialRecord", "hasDenial", {}
    node = f"<{SUPPOSED}{number}>"
    kept |= {(patient, marrow(link), node), (node, TYPE, marrow(form)),
             (node, marrow("kind"), change.kind),
             (node, marrow("start" if form == "MedicationRecord" else "date"), day)}
    kept |= {(node, marrow(p), _text(value)) for p, value in fields.items()}
    if change.verb == "set":
        kept |= {(node, marrow("value"), decimal_literal(Decimal(change.value))),
                 (node, marrow("unit"), _text(change.unit))}
        if change.comparator:
            kept.add((node, marrow("comparator"), _text(change.comparator)))
    return kept


def _confirmed(triples: set[Atom], kind: str, assessment: Assessment, today: str) -> set[Atom]:
    """Return the record with the waiting results of a kind final, and of today if not dated."""
    nodes = {node for _, node in awaited(assessment, kind)}
    if not nodes:
        raise UsageError("nothing-to-confirm", what=f"no result of {local_name(kind)} waits to be "
                         "final or dated", fix=f"write --set {local_name(kind)}=AMOUNT")
    undated = nodes - {s for s, p, _ in assessment.patient.facts if p == marrow("daysAgo")}
    told = {(s, marrow("status")) for s in nodes} | {(s, marrow("date")) for s in undated}
    return {t for t in triples if t[:2] not in told} \
        | {(s, marrow("status"), _text("final")) for s in nodes} \
        | {(s, marrow("date"), today) for s in undated}


def _records_of(triples: set[Atom], change: Change, graph: Graph) -> set[str]:
    """Return the records that the change takes the place of."""
    kinds = {change.kind, *graph.subjects(marrow("within"), change.kind)}
    about = {s for s, p, o in triples if p == marrow("kind") and o in kinds}
    if change.verb == "add":
        return {s for s in about if (s, TYPE, marrow("DenialRecord")) in triples}
    return about


def _place_in_time(triples: set[Atom], kind: str, graph: Graph, today: str) -> tuple[str, str]:
    """Return the result to take the place of, if any, and the date of the one supposed.

    A result stays where it was, or goes to the one it is read with, so that a change of value
    does not also change what may be read together.
    """
    partners = [kind, *graph.objects(kind, marrow("readWith")),
                *graph.subjects(marrow("readWith"), kind)]
    dates = {s: o for s, p, o in triples if p == marrow("date")}
    for partner in partners:
        nodes = sorted((dates[s], s) for s, p, o in triples
                       if p == marrow("kind") and o == partner and s in dates)
        if nodes:
            return (nodes[-1][1] if partner == kind else ""), nodes[-1][0]
    return "", today


def _text(value: str) -> str:
    return f'"{escape(value)}"'
