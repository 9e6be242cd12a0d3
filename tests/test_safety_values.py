"""What a change of an amount may and may not change: metamorphic properties M4 and M5."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from hypothesis import assume
from hypothesis import strategies as st

from metamorphic import (
    KIND,
    UNIT,
    add,
    both,
    comparisons,
    draw_patient,
    gated,
    given_care,
    given_in_golden,
    golden,
    outcomes,
    results_of,
    run,
    said,
    settled,
    within,
    without,
)
from reasoner.engine import Engine
from reasoner.gate import read_scales
from reasoner.namespaces import TYPE, local_name, marrow
from reasoner.patient import PatientGraph
from reasoner.quantity import decimal_literal, text_of
from units import factor_of
from witness import observation, observed

SEVERITY = [marrow(n) for n in ("MildAnemia", "ModerateAnemia", "SevereAnemia")]


def without_contradiction(base: PatientGraph) -> PatientGraph:
    """The patient, a man without the age of a gestation: nobody can tell which bands are his."""
    if said(base, base.patient, marrow("sex")) != marrow("Male"):
        return base
    return without(base, {s for s, p, o in base.triples
                          if p == KIND and o == marrow("GestationalAge")})


def check_falling_hemoglobin(engine: Engine, data: st.DataObject) -> None:
    """M4: a lower hemoglobin never makes the anemia milder, nor takes transfusion off the table."""
    transfusion, kind = marrow("RedCellTransfusion"), marrow("Hemoglobin")
    base = draw_patient(engine, data) if data.draw(st.booleans()) else golden(
        engine, data.draw(st.sampled_from(given_in_golden()[transfusion])))
    base = without(base, {s for s, p, o in base.triples if p == KIND and o == kind})
    base = without_contradiction(base)
    limits = sorted({b[2] for b in comparisons(engine.graph).values() if b[0] == kind})
    amount = st.one_of(
        st.integers(300, 1800).map(lambda tenths: Decimal(tenths) / 10),
        st.sampled_from([limit + step for limit in limits for step in (-1, 0, 1)]),
    )
    low, high = sorted(data.draw(st.tuples(amount, amount)))
    found = [run(engine, add(base, observation(engine.graph, "<urn:new>", kind, value)))
             for value in (high, low)]
    grades = [max((n for n, k in enumerate(SEVERITY, 1) if (base.patient, marrow("has"), k)
                   in result.facts), default=0) for result in found]
    coded = {o for _, p, o in base.triples if p == KIND}
    told = f"{base.patient} with {high} and then {low}"
    assert grades[0] <= grades[1] or not coded.isdisjoint(SEVERITY), f"{told}: grades {grades}"
    if transfusion in given_care(found[0]):
        assert outcomes(found[1])[transfusion] != marrow("notApplicable"), told


test_m4, test_m4_long = both(check_falling_hemoglobin)


def check_the_bounds(engine: Engine, kinds: Collection[str]) -> None:
    """M4: every comparison flips exactly at its stated bound, to the last digit reported."""
    scales = read_scales(engine.graph)
    compared = {e: bound for e, bound in comparisons(engine.graph).items() if bound[0] in kinds}
    tried: dict[str, list[Decimal]] = {}
    for kind, _, limit in compared.values():
        scale, beside = scales[kind], map(Decimal, ("-1", "-0.1", "0", "0.1", "1"))
        tried[kind] = sorted({*tried.get(kind, []), *(
            limit + step for step in beside
            if scale.plausible_at_least <= limit + step <= scale.plausible_at_most)})
    wrong = []
    for number in range(max(map(len, tried.values()))):
        values = {kind: found[number] for kind, found in tried.items() if number < len(found)}
        patient = observed(engine.graph, values)
        result = run(engine, patient)
        for expression, (kind, sign, limit) in compared.items():
            found = (patient.patient, TYPE, expression) in result.facts
            if kind in values and found is not within(values[kind], sign, limit):
                wrong.append(f"{kind} {values[kind]} {sign} {limit} is {found}")
    assert not wrong, wrong


def test_m4b(engine: Engine) -> None:
    check_the_bounds(engine, read_scales(engine.graph).keys())


def check_units(engine: Engine, data: st.DataObject) -> None:
    """M5: the same amount written in any unit gives the same conclusions, ties included."""
    scales = read_scales(engine.graph)
    kind, unit = data.draw(st.sampled_from(sorted(
        (k, u) for k, scale in scales.items() for u in scale.conversions
        if u != scale.canonical_unit)))
    scale = scales[kind]
    factor = factor_of(unit, scale.canonical_unit, local_name(kind))
    limits = sorted({b[2] for b in comparisons(engine.graph).values() if b[0] == kind})
    least, most = scale.plausible_at_least, scale.plausible_at_most
    written = data.draw(st.one_of(
        st.integers(int(least / factor * 100) + 1, max(int(most / factor * 100) - 1,
                                                       int(least / factor * 100) + 1)),
        *[st.sampled_from([int(limit / factor * 100) + step for limit in limits
                           for step in (0, 1)])] * bool(limits),
    )) / Decimal(100)
    amount = written * factor
    assume(least < amount < most)
    assume(len(format(amount, "f").replace(".", "").strip("0")) <= 15)
    base = draw_patient(engine, data)
    base = without(base, {n for n in results_of(base) if said(base, n, KIND) == kind})
    found = []
    for value, name in ((written, unit), (amount, scale.canonical_unit)):
        link, node, triples = observation(engine.graph, "<urn:new>", kind, value)
        triples = frozenset(t for t in triples if t[1] != UNIT) | {(node, UNIT, f'"{name}"')}
        graph = gated(engine, add(base, (link, node, triples)))
        read_as = {text_of(o) for s, p, o in graph.facts if s == node and p == marrow("amount")}
        assert read_as == {text_of(decimal_literal(amount))}, \
            f"{kind}: {written} {unit} is read as {read_as} and is {amount}"
        found.append(settled(engine.run(graph.facts), base.patient))
    assert found[0] == found[1], f"{kind} {written} {unit}: {sorted(found[0] ^ found[1])}"


test_m5, test_m5_long = both(check_units)
