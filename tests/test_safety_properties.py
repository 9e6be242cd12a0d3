"""What a change of the record may and may not change: metamorphic properties over patient graphs.

A patient is a golden case or one that nobody wrote, with further records of the ontology's own
vocabulary. Each property changes the record in a way whose effect is known beforehand. Source of
the idea: Kuo et al. 2010, doi 10.1049/iet-sen.2009.0084.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import assume
from hypothesis import strategies as st

from metamorphic import (
    DATE,
    GIVEN,
    HAS_OBSERVATION,
    KIND,
    OBSERVATION,
    SHIFT,
    STATUS,
    UNIT,
    VALUE,
    Triples,
    add,
    applications,
    assessed,
    both,
    comparisons,
    draw_new,
    draw_patient,
    gated,
    given_care,
    given_in_golden,
    golden,
    lapses,
    later,
    outcomes,
    read,
    replaced,
    run,
    said,
    settled,
    shown,
    undone,
    unread_kinds,
    with_triples,
    without,
)
from patients import AS_OF
from reasoner.assessment import Assessment
from reasoner.criterion import criteria_of
from reasoner.engine import Engine
from reasoner.gate import read_scales
from reasoner.knowledge import Graph
from reasoner.namespaces import OWL, TYPE, XSD, iri, local_name, marrow
from reasoner.patient import PatientGraph
from reasoner.pipeline import validate_patient
from reasoner.quantity import decimal_literal, literal_parts
from reasoner.result import Result
from reasoner.rule import Atom
from reasoner.validation import set_aside, to_rdflib
from witness import draw_excluded, draw_neighbour, draw_plain, record


def check_irrelevance(engine: Engine, data: st.DataObject) -> None:
    """M1: a result that no rule reads changes no conclusion and no step of any proof."""
    base = draw_patient(engine, data)
    kind = data.draw(st.sampled_from(sorted(unread_kinds(engine.graph))))
    assume(all(o != kind for _, p, o in base.triples if p == KIND))
    unit = engine.graph.text(kind, marrow("canonicalUnit"))
    scale = read_scales(engine.graph)[kind]
    node = "<urn:new>"
    more = frozenset({
        (node, TYPE, OBSERVATION), (node, KIND, kind), (node, STATUS, '"final"'),
        (node, UNIT, f'"{unit}"'), (node, DATE, f'"2026-10-20"^^<{XSD}date>'),
        (node, VALUE, decimal_literal(scale.plausible_at_least)),
    })
    before = applications(run(engine, base))
    after = applications(run(engine, add(base, (HAS_OBSERVATION, node, more))))
    assert {a for a in after if node not in repr(a) and kind not in repr(a)} == {
        a for a in before if kind not in repr(a)}


test_m1, test_m1_long = both(check_irrelevance)


REASONED = {"recommend-what-is-indicated", "consider-what-is-suggested", "indicate",
            "indicate-for-consideration"}
"""The rules that give way to an exclusion, to what supersedes, and to doubt: with a reason."""

LAPSES = {
    "select-newest-observations": "superseded by a newer result",
    "select-paired-observations": "superseded by a newer result",
    "select-current-observations": "superseded by a newer result, or by what was done since",
    "note-what-was-not-measured": "superseded by a result where there was none",
    "read-the-lower-bound": "conflicting results",
    "read-the-upper-bound": "conflicting results",
    "accept-recorded-conditions": "contradicted",
    "rule-out-what-is-denied": "contradicted",
    "select-active-conditions": "superseded by a newer record of the condition",
    "presume-absent-what-no-record-names": "made unknown, or not absent any more",
    "meet-rows-with-an-exception": "an exception of the row is met",
}
"""What an absence in each of these rules stands for; a step of a proof may end for no other."""


def check_witnessed_removal(engine: Engine, data: st.DataObject) -> None:
    """M2: what a further record takes away hangs on that record, and for a reason of these.

    The proof of the new outcome needs the record, and each step of the old proof that came undone
    did so by an absence that stands for superseding, contradiction, an exception or a doubt.
    """
    way = data.draw(st.sampled_from(["neighbour", "plain", "any"]))
    if way == "neighbour":
        base, one = draw_neighbour(engine, data)
        news = [one]
    else:
        base = golden(engine, data.draw(st.sampled_from(
            sorted({path for paths in given_in_golden().values() for path in paths}))))
        if way == "plain":
            news = draw_plain(engine.graph, data)
        else:
            found = draw_new(engine, data)
            assume(found is not None and found[0] != marrow("hasPlan"))
            news = [found] if found else []
    before = assessed(engine, base)
    for new in news:
        check_losses(before, assessed(engine, add(base, new)), base, new)


def check_losses(before: Assessment, after: Assessment, base: PatientGraph,
                 new: tuple[str, str, Triples]) -> None:
    """Hold each loss of care against the proofs before and after one record more."""
    found_now = outcomes(after.result)
    for lost in sorted(given_care(before.result) - given_care(after.result)):
        told = f"{base.patient} loses {lost} by {shown(new)}"
        assert lost in found_now, f"{told}: no outcome at all"
        outcome = (base.patient, found_now[lost], lost)
        for justification in after.justifier.justify(outcome, most=1).found:
            assert new[1] in justification.records, f"{told}: {outcome} does not hang on it"
        old = next((base.patient, p, lost) for p in GIVEN
                   if (base.patient, p, lost) in before.facts)
        undone = lapses(before, after.facts, old)
        assert undone, f"{told}: every step of the proof still stands"
        assert undone <= LAPSES.keys() | REASONED, f"{told}: {undone - LAPSES.keys()} came undone"
        if undone & REASONED:
            reason = after.reason_of(found_now[lost], lost)
            assert reason not in (None, "not-met"), f"{told}: {found_now[lost]} for no reason"


test_m2, test_m2_long = both(check_witnessed_removal)


def check_contraindications(engine: Engine, data: st.DataObject) -> None:
    """M3: nothing is given that a row which may withhold it speaks against, or a kind within it."""
    graph = engine.graph
    base = draw_excluded(engine, data) if data.draw(st.integers(0, 4)) else draw_patient(
        engine, data)
    result = run(engine, base)
    care = given_care(result)
    for row in sorted(o for _, p, o in result.facts if p == marrow("meets")):
        if graph.object(row, marrow("direction")) != marrow("Against") \
                or graph.object(row, marrow("modality")) == marrow("Caution"):
            continue
        for wide in graph.objects(row, marrow("intervention")):
            within = care.intersection(graph.subjects(marrow("within"), wide))
            assert not within, f"{base.patient} is given {within} in spite of {row}"


test_m3, test_m3_long = both(check_contraindications)


def check_names(engine: Engine, data: st.DataObject) -> None:
    """M6: names of nodes, prefixes and recorded names are nothing to the conclusions."""
    base = draw_patient(engine, data)
    nodes = sorted({s for s, _, _ in base.triples})
    names = {n: f"_:r{i}" for i, n in enumerate(data.draw(st.permutations(nodes)))}
    names[base.patient] = "<http://example.org/another>"
    triples = {(names[s], p, names.get(o, o)) for s, p, o in base.triples
               if p != marrow("recordedName")}
    text = to_rdflib(triples)
    text.bind("m", "https://w3id.org/marrow/")
    other = read(engine, text.serialize(format="turtle").encode())
    found = [settled(run(engine, graph), graph.patient) for graph in (base, other)]
    assert found[0] == found[1], f"{base.patient}: {sorted(found[0] ^ found[1])}"


test_m6, test_m6_long = both(check_names)
FORMS = {"turtle": ".ttl", "xml": ".rdf", "json-ld": ".jsonld", "nt": ".nt"}


def check_forms(engine: Engine, data: st.DataObject) -> None:
    """M7: order and format are nothing to what is read or concluded."""
    base = draw_patient(engine, data)
    lines = sorted(to_rdflib(base.triples).serialize(format="nt").splitlines())
    random.Random(data.draw(st.integers(0, 99))).shuffle(lines)
    shuffled = read(engine, "\n".join(lines).encode(), ".nt")
    facts = gated(engine, base).facts
    assert gated(engine, shuffled).facts == facts
    form = data.draw(st.sampled_from(sorted(FORMS)))
    other = read(engine, to_rdflib(base.triples).serialize(format=form).encode(), FORMS[form])
    assert gated(engine, other).facts == facts
    one, other_way = (engine.run(sorted(facts, reverse=r)).facts for r in (False, True))
    assert one == other_way, f"{base.patient}: {sorted(one ^ other_way)}"


test_m7, test_m7_long = both(check_forms)


def check_idempotence(engine: Engine, data: st.DataObject) -> None:
    """M8: what follows from what follows is the same, and a record said twice says no more."""
    base = draw_patient(engine, data)
    once = run(engine, base)
    again = engine.run(once.facts).facts
    assert again == once.facts, f"{base.patient}: {sorted(again ^ once.facts)}"
    links = sorted(t for t in base.triples if t[0] == base.patient and t[2].startswith("<")
                   and t[1] not in (TYPE, marrow("sex")))
    assume(links)
    _, link, node = data.draw(st.sampled_from(links))
    copy = frozenset(("<urn:copy>", p, o) for s, p, o in base.triples if s == node)
    twice = run(engine, add(base, (link, "<urn:copy>", copy)))
    differs = settled(twice, base.patient) ^ settled(once, base.patient)
    assert not differs, f"{base.patient}, {node} twice: {sorted(differs)}"


test_m8, test_m8_long = both(check_idempotence)
DOUBTS = {
    "Observation": {"status": '"preliminary"'},
    "ConditionRecord": {"verificationStatus": '"provisional"'},
    "MedicationRecord": {"status": '"unknown"', "end": None},
    "ProcedureRecord": {"status": '"unknown"'},
}


def check_unknown_is_not_normal(engine: Engine, data: st.DataObject) -> None:
    """M10: what becomes unknown clears nothing that was not cleared before.

    A result of which none is left; a record that becomes doubtful, or cannot be read. What gave way
    to a better route may come back when that route is in doubt, and a suspicion brings what a row
    has for those of whom something is suspected; nothing else may.
    """
    excluded = data.draw(st.integers(0, 3)) > 0
    base = draw_excluded(engine, data) if excluded else draw_patient(engine, data)
    forms = {s: o for s, p, o in base.triples if p == TYPE and o != marrow("Patient")}
    nodes = sorted(n for n, f in forms.items() if f in {marrow(name) for name in DOUBTS})
    if excluded:
        nodes = [n for n in nodes if n.startswith("<urn:new")]
    assume(nodes)
    node = data.draw(st.sampled_from(nodes))
    form = forms[node].rsplit("/", 1)[-1].rstrip(">")
    kind = said(base, node, KIND)
    same = {s for s, p, o in base.triples if p == KIND and o == kind and forms[s] == forms[node]}
    if data.draw(st.booleans()):
        after = base
        for one in sorted(same):
            after = replaced(after, one, status='"no such status"', verificationStatus='"none"')
        after = set_aside(after, validate_patient(after, engine), engine.graph)[0]
    elif form == "Observation":
        after = without(base, same)
    else:
        after = base
        for one in sorted(same):
            after = replaced(after, one, **DOUBTS[form])
    before, doubtful = run(engine, base), run(engine, after)
    cleared = given_care(doubtful) - given_care(before)
    superseded = {o for _, p, o in before.facts if p == marrow("superseded")}
    cleared -= superseded | sought(engine.graph, doubtful.facts - before.facts)
    assert not cleared, f"{base.patient}: {cleared} by a doubt about {form} {kind}"


def sought(graph: Graph, new: frozenset[Atom]) -> set[str]:
    """The care of rows that are met by now and read what is suspected."""
    suspicions = set(graph.subjects(iri(OWL, "onProperty"), marrow("suspectedOf")))
    return {
        care for _, p, row in new if p == marrow("meets")
        for criterion in criteria_of(graph, "meets", row)
        if not suspicions.isdisjoint(graph.objects(criterion, marrow("contains")))
        for care in graph.objects(row, marrow("intervention"))
    }


test_m10, test_m10_long = both(check_unknown_is_not_normal)


def check_older_results(engine: Engine, data: st.DataObject) -> None:
    """M11: an older result never takes the place of a newer one."""
    base = draw_patient(engine, data)
    before = run(engine, base)
    current = sorted(o for _, p, o in before.facts if p == marrow("hasCurrentObservation"))
    assume(current)
    node = data.draw(st.sampled_from(current))
    lexical = literal_parts(said(base, node, DATE) or "")[0]
    days = data.draw(st.sampled_from([1, 2, 30, 1000]))
    if lexical[19:]:
        days += 2  # a day is over in every time zone before a time that has one
    day = date.fromisoformat(lexical[:10]) - timedelta(days=days)
    amount = Decimal(data.draw(st.integers(1, 4000))) / 10
    older = frozenset({*((("<urn:older>", p, o) for s, p, o in base.triples
                          if s == node and p not in (VALUE, DATE, marrow("comparator")))),
                       ("<urn:older>", VALUE, decimal_literal(amount)),
                       ("<urn:older>", DATE, f'"{day}"^^<{XSD}date>')})
    after = run(engine, add(base, (HAS_OBSERVATION, "<urn:older>", older)))

    def chosen(result: Result) -> set[Atom]:
        return {f for f in result.facts if f[1] in (
            marrow("hasCurrentObservation"), marrow("atLeast"), marrow("atMost"))}

    differs = chosen(before) ^ chosen(after)
    assert not differs, f"{base.patient}, {node}: {sorted(differs)}"


test_m11, test_m11_long = both(check_older_results)
def check_shift(engine: Engine, data: st.DataObject) -> None:
    """M11: four years later all is as it was, if everything happened four years later."""
    base = draw_patient(engine, data)
    moved = {(s, p, later(o)) for s, p, o in base.triples}
    before = run(engine, base).facts
    after = run(engine, with_triples(base, moved), AS_OF + SHIFT).facts
    differs = {(s, p, later(o)) for s, p, o in before} ^ set(after)
    assert not differs, f"{base.patient}: {sorted(differs)}"


test_m11b, test_m11b_long = both(check_shift)


READ_EXACTLY = {
    "AnemiaOfChronicDisease": "of iron deficiency too, the other cause that is sought is known",
    "BackPain": "its onset tells whether it is acute, of a kind of pain that does not tell",
    "LowBackPain": "as of back pain",
    "SevereBackPain": "as of back pain",
}
"""Kinds of which a criterion reads records of just that kind and of none within it, and why."""


def check_subsumption(engine: Engine, data: st.DataObject) -> None:
    """M12: a more specific diagnosis keeps what the general one brings, or names the exception."""
    graph = engine.graph
    general = {k for k in graph.subjects(TYPE, marrow("ConditionKind"))
               if graph.subjects(marrow("isA"), k)}
    paths = sorted({path for paths in given_in_golden().values() for path in paths})
    base = golden(engine, data.draw(st.sampled_from(paths)))
    recorded = sorted(s for s, p, o in base.triples if p == KIND and o in general and (
        base.patient, marrow("hasCondition"), s) in base.triples)
    if recorded and data.draw(st.integers(0, 3)):
        node = data.draw(st.sampled_from(recorded))
        wide = said(base, node, KIND) or ""
    else:
        node, wide = "<urn:new>", data.draw(st.sampled_from(sorted(general)))
        base = add(draw_patient(engine, data), record("has", node, wide))
    narrow = data.draw(st.sampled_from(graph.subjects(marrow("isA"), wide)))
    before, found = (assessed(engine, replaced(base, node, kind=kind)) for kind in (wide, narrow))
    after = outcomes(found.result)
    for lost in sorted(given_care(before.result) - given_care(found.result)):
        if after.get(lost) in map(marrow, ("notRecommended", "cannotTell")):
            continue
        told = f"{base.patient}: {narrow} in place of {wide} makes {lost} {after.get(lost)}"
        assert local_name(wide) in READ_EXACTLY, told
        old = next(f for p in GIVEN if (f := (base.patient, p, lost)) in before.facts)
        assert any(f[0] == node and f[1] == TYPE and f[2] in graph.subjects(
            iri(OWL, "hasValue"), wide) for f in undone(before, found.facts, old)), told


test_m12, test_m12_long = both(check_subsumption)


def check_conflict(engine: Engine, data: st.DataObject) -> None:
    """M13: of two results that contradict each other neither alone brings any treatment.

    There is what both bring, and what there is without either.
    """
    base = draw_patient(engine, data)
    before = run(engine, base)
    current = sorted(o for _, p, o in before.facts if p == marrow("hasCurrentObservation"))
    assume(current)
    node = data.draw(st.sampled_from(current))
    kind = said(base, node, KIND) or ""
    limits = [b[2] for b in comparisons(engine.graph).values() if b[0] == kind]
    assume(limits)
    limit = data.draw(st.sampled_from(sorted(limits)))
    unit = read_scales(engine.graph)[kind].canonical_unit
    far = [replaced(base, node, value=decimal_literal(limit * n / 10), unit=f'"{unit}"',
                    comparator=None) for n in (8, 12)]
    one, other = (run(engine, graph) for graph in far)
    copy = frozenset(("<urn:copy>", p, o) for s, p, o in far[1].triples if s == node)
    conflict = run(engine, add(far[0], (HAS_OBSERVATION, "<urn:copy>", copy)))
    neither = run(engine, without(base, {s for s, p, o in base.triples if p == KIND and o == kind}))
    alone = given_care(one) & given_care(other) | given_care(neither)
    more = given_care(conflict) - alone
    assert not more, f"{base.patient}: {kind} on both sides of {limit} brings {more}"
    lost = given_care(one) ^ given_care(other)
    told = any(p == marrow("hasConflictOn") and o == kind for _, p, o in conflict.facts)
    assert told or not lost, f"{base.patient}: no word of {kind} on both sides of {limit}: {lost}"


test_m13, test_m13_long = both(check_conflict)
