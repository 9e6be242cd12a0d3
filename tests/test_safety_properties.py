"""What a change of the record may and may not change: metamorphic properties over patient graphs.

A patient is a golden case or one that nobody wrote, with further records of the ontology's own
vocabulary. Each property changes the record in a way whose effect is known beforehand. Source of
the idea: Kuo et al. 2010, doi 10.1049/iet-sen.2009.0084.
"""

from __future__ import annotations

import random
from decimal import Decimal

from hypothesis import assume
from hypothesis import strategies as st

from metamorphic import (
    DATE,
    HAS_OBSERVATION,
    KIND,
    OBSERVATION,
    SHIFT,
    STATUS,
    UNIT,
    VALUE,
    add,
    applications,
    both,
    bound_of,
    draw_new,
    draw_patient,
    exclusions,
    gated,
    given_care,
    later,
    observed,
    outcomes,
    read,
    replaced,
    results_of,
    run,
    said,
    settled,
    strategy,
    unread_kinds,
    with_triples,
    without,
)
from patients import AS_OF
from reasoner.engine import Engine
from reasoner.gate import read_scales
from reasoner.namespaces import OWL, TYPE, XSD, iri, marrow
from reasoner.pipeline import validate_patient
from reasoner.quantity import decimal_literal
from reasoner.result import Result
from reasoner.rule import Atom
from reasoner.validation import set_aside, to_rdflib


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


def check_witnessed_removal(engine: Engine, data: st.DataObject) -> None:
    """M2: a further record takes a recommendation away only with an outcome that says why.

    An exclusion, or a doubt, or, for what is no longer indicated, a record of a sort that can
    supersede or contradict: never a review, a plan, a medicine, a procedure or an allergy.
    """
    base, new = draw_patient(engine, data), draw_new(engine, data)
    assume(new is not None and new[0] != marrow("hasPlan"))
    assert new is not None
    before, result = run(engine, base), run(engine, add(base, new))
    after = outcomes(result)
    for lost in given_care(before) - given_care(result):
        assert lost in after, lost
        excused = new[0] in map(marrow, ("hasObservation", "hasCondition", "hasDenial"))
        assert after[lost] != marrow("notApplicable") or excused, (lost, new[0])
        assert new[0] != marrow("hasReview"), lost


test_m2, test_m2_long = both(check_witnessed_removal)


RECORDS = {
    "has": ("hasCondition", "ConditionRecord", {"clinicalStatus": '"active"',
                                                "verificationStatus": '"confirmed"'}),
    "takes": ("hasMedication", "MedicationRecord", {"status": '"active"'}),
    "allergicTo": ("hasAllergy", "AllergyRecord", {}),
    "underwent": ("hasProcedure", "ProcedureRecord", {"status": '"completed"'}),
}


def check_contraindications(engine: Engine, data: st.DataObject) -> None:
    """M3: nothing is given that a row which may withhold it speaks against, or a kind within it."""
    graph, base = engine.graph, draw_patient(engine, data)
    for number in range(data.draw(st.integers(0, 2))):
        _, relation, kind = data.draw(st.sampled_from(exclusions(graph)))
        form = RECORDS.get(relation.rsplit("/", 1)[-1].rstrip(">"))
        if form is None:
            continue
        node = f"<urn:new/{number}>"
        record = {(node, TYPE, marrow(form[1])), (node, KIND, kind),
                  (node, DATE, f'"2026-10-31"^^<{XSD}date>')}
        record |= {(node, marrow(p), o) for p, o in form[2].items()}
        base = add(base, (marrow(form[0]), node, frozenset(record)))
    result = run(engine, base)
    care = given_care(result)
    for row in sorted(o for _, p, o in result.facts if p == marrow("meets")):
        if graph.object(row, marrow("direction")) != marrow("Against") \
                or graph.object(row, marrow("modality")) == marrow("Caution"):
            continue
        for wide in graph.objects(row, marrow("intervention")):
            assert care.isdisjoint(graph.subjects(marrow("within"), wide)), (row, wide)


test_m3, test_m3_long = both(check_contraindications)
SEVERITY = [marrow(n) for n in ("MildAnemia", "ModerateAnemia", "SevereAnemia")]


def check_falling_hemoglobin(engine: Engine, data: st.DataObject) -> None:
    """M4: a lower hemoglobin never makes the anemia milder, nor takes transfusion off the table."""
    base = draw_patient(engine, data)
    own = {s for s, p, o in base.triples if p == KIND and o == marrow("Hemoglobin")}
    base = without(base, own)
    low, high = sorted(data.draw(st.tuples(*[st.integers(300, 1800)] * 2)))
    found = []
    for tenths in (high, low):
        node = "<urn:new>"
        record = frozenset({
            (node, TYPE, OBSERVATION), (node, KIND, marrow("Hemoglobin")),
            (node, STATUS, '"final"'), (node, UNIT, '"g/L"'),
            (node, DATE, f'"2026-10-30"^^<{XSD}date>'),
            (node, VALUE, decimal_literal(Decimal(tenths) / 10)),
        })
        found.append(run(engine, add(base, (HAS_OBSERVATION, node, record))))
    grades = [max((n for n, k in enumerate(SEVERITY, 1) if (base.patient, marrow("has"), k)
                   in result.facts), default=0) for result in found]
    coded = {o for _, p, o in base.triples if p == KIND}
    assert grades[0] <= grades[1] or not coded.isdisjoint(SEVERITY)
    transfusion = marrow("RedCellTransfusion")
    if transfusion in given_care(found[0]):
        assert outcomes(found[1])[transfusion] != marrow("notApplicable")


test_m4, test_m4_long = both(check_falling_hemoglobin)


def check_the_bounds(engine: Engine, data: st.DataObject) -> None:
    """M4: every comparison flips exactly at its stated bound, to the last digit reported."""
    graph = engine.graph
    expressions = [
        (e, limit) for e in graph.subjects(iri(OWL, "onProperty"), marrow("hasCurrentObservation"))
        if (limit := bound_of(graph, e)) is not None
    ]
    expression, (kind, sign, limit) = data.draw(st.sampled_from(sorted(expressions)))
    step = data.draw(st.sampled_from([Decimal(0), Decimal("0.1"), Decimal("-0.1")]))
    value = limit + step
    scale = read_scales(graph)[kind]
    assume(scale.plausible_at_least <= value <= scale.plausible_at_most)
    patient = observed(kind, decimal_literal(value), scale.canonical_unit)
    found = (patient.patient, TYPE, expression) in run(engine, patient).facts
    assert found is {"<": value < limit, "<=": value <= limit, ">": value > limit,
                     ">=": value >= limit}[sign]


test_m4b, test_m4b_long = both(check_the_bounds)


def check_units(engine: Engine, data: st.DataObject) -> None:
    """M5: the same amount written in any unit gives the same conclusions, ties included."""
    base = draw_patient(engine, data)
    scales = read_scales(engine.graph)
    nodes = [n for n in results_of(base) if said(base, n, KIND) in scales]
    assume(nodes)
    node = data.draw(st.sampled_from(nodes))
    scale = scales[said(base, node, KIND) or ""]
    unit, conversion = data.draw(st.sampled_from(sorted(scale.conversions.items())))
    low = int(scale.plausible_at_least / conversion.factor * 100) + 1
    high = int(scale.plausible_at_most / conversion.factor * 100) - 1
    assume(low < high)
    written = Decimal(data.draw(st.integers(low, high))) / 100
    amount = written * conversion.factor
    assume(len(format(amount, "f").replace(".", "").strip("0")) <= 15)
    found = [
        settled(run(engine, replaced(base, node, value=decimal_literal(value), unit=f'"{name}"')),
                base.patient)
        for value, name in ((written, unit), (amount, scale.canonical_unit))
    ]
    assert found[0] == found[1]


test_m5, test_m5_long = both(check_units)


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
    assert settled(run(engine, base), base.patient) == settled(run(engine, other), other.patient)


test_m6, test_m6_long = both(check_names)
FORMS = {"turtle": ".ttl", "xml": ".rdf", "json-ld": ".jsonld", "nt": ".nt"}


def check_forms(engine: Engine, data: st.DataObject) -> None:
    """M7: order and format are nothing to what is read or concluded."""
    base = draw_patient(engine, data)
    lines = to_rdflib(base.triples).serialize(format="nt").splitlines()
    random.Random(data.draw(st.integers(0, 99))).shuffle(lines)
    shuffled = read(engine, "\n".join(lines).encode(), ".nt")
    facts = gated(engine, base).facts
    assert gated(engine, shuffled).facts == facts
    form = data.draw(st.sampled_from(sorted(FORMS)))
    other = read(engine, to_rdflib(base.triples).serialize(format=form).encode(), FORMS[form])
    assert gated(engine, other).facts == facts
    assert engine.run(sorted(facts)).facts == engine.run(sorted(facts, reverse=True)).facts


test_m7, test_m7_long = both(check_forms)


def check_idempotence(engine: Engine, data: st.DataObject) -> None:
    """M8: what follows from what follows is the same, and a record said twice says no more."""
    base = draw_patient(engine, data)
    once = run(engine, base)
    assert engine.run(once.facts).facts == once.facts
    links = sorted(t for t in base.triples if t[0] == base.patient and t[2].startswith("<")
                   and t[1] not in (TYPE, marrow("sex")))
    assume(links)
    _, link, node = data.draw(st.sampled_from(links))
    copy = frozenset(("<urn:copy>", p, o) for s, p, o in base.triples if s == node)
    twice = run(engine, add(base, (link, "<urn:copy>", copy)))
    assert settled(twice, base.patient) == settled(once, base.patient)


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
    to a better route may come back when that route is in doubt, and not otherwise.
    """
    base = draw_patient(engine, data)
    forms = {s: o for s, p, o in base.triples if p == TYPE and o != marrow("Patient")}
    nodes = sorted(n for n, f in forms.items() if f in map(marrow, DOUBTS))
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
    before = run(engine, base)
    cleared = given_care(run(engine, after)) - given_care(before)
    superseded = {o for _, p, o in before.facts if p == marrow("superseded")}
    assert cleared <= superseded, (form, kind)


test_m10, test_m10_long = both(check_unknown_is_not_normal)


def check_older_results(engine: Engine, data: st.DataObject) -> None:
    """M11: an older result never takes the place of a newer one."""
    base = draw_patient(engine, data)
    before = run(engine, base)
    current = sorted(o for _, p, o in before.facts if p == marrow("hasCurrentObservation"))
    assume(current)
    node = data.draw(st.sampled_from(current))
    other = read(engine, data.draw(strategy(engine.graph)).encode())
    values = [o for _, p, o in other.triples if p == VALUE] or ['"1"']
    older = frozenset({*((("<urn:older>", p, o) for s, p, o in base.triples
                          if s == node and p not in (VALUE, DATE, marrow("comparator")))),
                       ("<urn:older>", VALUE, data.draw(st.sampled_from(sorted(values)))),
                       ("<urn:older>", DATE, f'"2024-01-01"^^<{XSD}date>')})
    after = run(engine, add(base, (HAS_OBSERVATION, "<urn:older>", older)))

    def chosen(result: Result) -> set[Atom]:
        return {f for f in result.facts if f[1] in (
            marrow("hasCurrentObservation"), marrow("atLeast"), marrow("atMost"))}

    assert chosen(before) == chosen(after)


test_m11, test_m11_long = both(check_older_results)
def check_shift(engine: Engine, data: st.DataObject) -> None:
    """M11: four years later all is as it was, if everything happened four years later."""
    base = draw_patient(engine, data)
    moved = {(s, p, later(o)) for s, p, o in base.triples}
    before = run(engine, base).facts
    after = run(engine, with_triples(base, moved), AS_OF + SHIFT).facts
    assert {(s, p, later(o)) for s, p, o in before} == set(after)


test_m11b, test_m11b_long = both(check_shift)


def check_subsumption(engine: Engine, data: st.DataObject) -> None:
    """M12: a more specific diagnosis keeps what the general one brings, or names the exception."""
    base = draw_patient(engine, data)
    graph = engine.graph
    wide = data.draw(st.sampled_from([
        k for k in graph.subjects(TYPE, marrow("ConditionKind"))
        if graph.subjects(marrow("isA"), k)
    ]))
    narrow = data.draw(st.sampled_from(graph.subjects(marrow("isA"), wide)))
    found = []
    for kind in (wide, narrow):
        record = frozenset({
            ("<urn:new>", TYPE, marrow("ConditionRecord")), ("<urn:new>", KIND, kind),
            ("<urn:new>", DATE, f'"2026-10-31"^^<{XSD}date>'),
            ("<urn:new>", marrow("clinicalStatus"), '"active"'),
            ("<urn:new>", marrow("verificationStatus"), '"confirmed"'),
        })
        found.append(run(engine, add(base, (marrow("hasCondition"), "<urn:new>", record))))
    after = outcomes(found[1])
    for lost in given_care(found[0]) - given_care(found[1]):
        assert after[lost] in map(marrow, ("notRecommended", "cannotTell")), (wide, narrow, lost)


test_m12, test_m12_long = both(check_subsumption)


def check_conflict(engine: Engine, data: st.DataObject) -> None:
    """M13: of two results that contradict each other neither alone brings any treatment."""
    base = draw_patient(engine, data)
    before = run(engine, base)
    current = sorted(o for _, p, o in before.facts if p == marrow("hasCurrentObservation"))
    assume(current)
    node = data.draw(st.sampled_from(current))
    kind = said(base, node, KIND) or ""
    limits = [b[2] for e in engine.graph.subjects(
        iri(OWL, "onProperty"), marrow("hasCurrentObservation"))
        if (b := bound_of(engine.graph, e)) is not None and b[0] == kind]
    assume(limits)
    limit = data.draw(st.sampled_from(sorted(limits)))
    unit = read_scales(engine.graph)[kind].canonical_unit
    far = [replaced(base, node, value=decimal_literal(limit * n / 10), unit=f'"{unit}"',
                    comparator=None) for n in (8, 12)]
    one, other = (run(engine, graph) for graph in far)
    copy = frozenset(("<urn:copy>", p, o) for s, p, o in far[1].triples if s == node)
    conflict = run(engine, add(far[0], (HAS_OBSERVATION, "<urn:copy>", copy)))
    alone = given_care(one) & given_care(other)
    assert given_care(conflict) <= alone, (kind, limit, given_care(conflict) - alone)
    lost = given_care(one) ^ given_care(other)
    told = any(p == marrow("hasConflictOn") and o == kind for _, p, o in conflict.facts)
    assert told or not lost, (kind, lost)


test_m13, test_m13_long = both(check_conflict)
