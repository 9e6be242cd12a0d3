"""Records that meet a criterion, made from the criterion itself.

So a patient is drawn who meets what is tested, with values at a threshold or just beside it. What
cannot be stated as a record of its own (what nothing must be known of, say) is left as it is: a
property asks the engine what holds.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hypothesis import assume
from hypothesis import strategies as st

from metamorphic import (
    DATE,
    HAS_OBSERVATION,
    KIND,
    OBSERVATION,
    STATUS,
    UNIT,
    VALUE,
    Triples,
    add,
    comparisons,
    given_in_golden,
    golden,
    results_of,
    said,
    with_triples,
    within,
    without,
)
from patients import AS_OF
from reasoner.criterion import criteria_of
from reasoner.engine import Engine
from reasoner.gate import read_scales
from reasoner.knowledge import Graph
from reasoner.namespaces import EQUIVALENT, OWL, TYPE, XSD, iri, local_name, marrow
from reasoner.patient import PatientGraph
from reasoner.quantity import decimal_literal
from reasoner.rule import Atom
from reasoner.threshold import threshold_of

CONFIRMED = {"clinicalStatus": '"active"', "verificationStatus": '"confirmed"'}
RECORDS: dict[str, tuple[str, str, dict[str, str]]] = {
    "has": ("hasCondition", "ConditionRecord", CONFIRMED),
    "hasActiveCondition": ("hasCondition", "ConditionRecord", CONFIRMED),
    "suspectedOf": ("hasCondition", "ConditionRecord",
                    {**CONFIRMED, "verificationStatus": '"provisional"'}),
    "suspectedOnRecord": ("hasCondition", "ConditionRecord",
                          {**CONFIRMED, "verificationStatus": '"provisional"'}),
    "had": ("hasCondition", "ConditionRecord", {**CONFIRMED, "clinicalStatus": '"resolved"'}),
    "takes": ("hasMedication", "MedicationRecord", {"status": '"active"'}),
    "hasActiveMedication": ("hasMedication", "MedicationRecord", {"status": '"active"'}),
    "allergicTo": ("hasAllergy", "AllergyRecord", {}),
    "underwent": ("hasProcedure", "ProcedureRecord", {"status": '"completed"'}),
    "ruledOut": ("hasDenial", "DenialRecord", {}),
}
DATED = {"ConditionRecord": "onset", "MedicationRecord": "start"}
COMPLEMENT = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
AGES = {"ageInYears": 365, "ageInMonths": 30}
Need = tuple[str, str, tuple[str, Decimal] | None]
"""A relation, what it is to, and a bound if there is one."""


def draw_needs(graph: Graph, data: st.DataObject, term: str) -> list[Need]:
    """What a record has to say for a patient to be in a class: one choice where there are some."""
    definition = graph.object(term, EQUIVALENT) or term
    joined = graph.members(graph.object(definition, iri(OWL, "intersectionOf")) or "")
    if joined:
        return [need for part in joined for need in draw_needs(graph, data, part)]
    either = graph.members(graph.object(definition, iri(OWL, "unionOf")) or "")
    if either:
        return draw_needs(graph, data, data.draw(st.sampled_from(sorted(either))))
    relation = local_name(graph.object(term, iri(OWL, "onProperty")) or "")
    value = graph.object(term, iri(OWL, "hasValue"))
    if value is not None:
        return [(relation, value, None)]
    filler = graph.object(term, iri(OWL, "someValuesFrom")) or ""
    parts = graph.members(graph.object(filler, iri(OWL, "intersectionOf")) or "") or [filler]
    kind = next((v for p in parts if (v := graph.object(p, iri(OWL, "hasValue")))), "")
    inner = [graph.object(p, iri(OWL, "someValuesFrom")) for p in parts]
    bounds = [threshold_of(graph, t) for t in ([filler] if relation in AGES else inner) if t]
    limit = next(((b.sign, Decimal(b.limit)) for b in bounds if b.sign), None)
    return [(relation, kind, limit)] if relation else []


def meeting(engine: Engine, data: st.DataObject, base: PatientGraph, criterion: str,
            name: str = "urn:new") -> PatientGraph:
    """The patient with records that meet a criterion, in place of results that would not."""
    graph = engine.graph
    bounds: dict[tuple[str, str], list[tuple[str, Decimal]]] = {}
    for relation, kind, limit in draw_needs(graph, data, criterion):
        bounds.setdefault((relation, kind), []).extend([limit] if limit else [])
    for number, ((relation, kind), limits) in enumerate(sorted(bounds.items())):
        node = f"<{name}/{number}>"
        if relation in ("hasCurrentObservation", "hasPairedObservation"):
            value = draw_within(engine, data, kind, limits)
            if value is not None:
                base = without(base, {n for n in results_of(base) if said(base, n, KIND) == kind})
                base = add(base, observation(graph, node, kind, value))
        elif relation in AGES:
            age = draw_between(data, limits, Decimal(0), Decimal(1200))
            born = AS_OF - timedelta(days=int((age or 40) * AGES[relation] * Decimal("1.0007")) + 9)
            base = with_patient(base, "birthDate", f'"{born}"^^<{XSD}date>')
        elif relation == "sex":
            base = with_patient(base, "sex", kind)
        elif relation in RECORDS:
            days = draw_between(data, limits, Decimal(0), Decimal(4000))
            base = add(base, record(relation, node, kind, int(days or 1)))
    return base


def exclusions(graph: Graph) -> list[tuple[str, str]]:
    """Each row that withholds an intervention, with an intervention that some patient is given."""
    return sorted(
        (row, narrow) for row in graph.subjects(marrow("direction"), marrow("Against"))
        if graph.object(row, marrow("modality")) != marrow("Caution")
        for wide in graph.objects(row, marrow("intervention"))
        for narrow in graph.subjects(marrow("within"), wide) if narrow in given_in_golden()
    )


def indications(graph: Graph) -> list[tuple[str, str]]:
    """Each row for an intervention that compares a result, with what some patient is given."""
    return sorted(
        (row, care) for row in graph.subjects(marrow("direction"), marrow("For"))
        for care in graph.objects(row, marrow("intervention")) if care in given_in_golden()
        if any(part in comparisons(graph) for c in criteria_of(graph, "meets", row)
               for part in graph.objects(c, marrow("contains")))
    )


def draw_excluded(engine: Engine, data: st.DataObject) -> PatientGraph:
    """Somebody expected to be given some care, with what a row against that care speaks of."""
    row, care = data.draw(st.sampled_from(exclusions(engine.graph)))
    base = golden(engine, data.draw(st.sampled_from(given_in_golden()[care])))
    criterion = data.draw(st.sampled_from(criteria_of(engine.graph, "meets", row)))
    return meeting(engine, data, base, criterion)


def draw_neighbour(engine: Engine, data: st.DataObject) \
        -> tuple[PatientGraph, tuple[str, str, Triples]]:
    """Somebody expected to be given some care, and one record of what a row about it reads.

    A result lies on the other side of the bound of an indication, or within that of an exclusion.
    """
    graph = engine.graph
    indicated = data.draw(st.booleans())
    row, care = data.draw(st.sampled_from(indications(graph) if indicated else exclusions(graph)))
    base = golden(engine, data.draw(st.sampled_from(given_in_golden()[care])))
    needs = [n for c in criteria_of(graph, "meets", row) for n in draw_needs(graph, data, c)]
    made: list[tuple[str, str, Triples]] = []
    for relation, kind, limit in needs:
        if relation == "hasCurrentObservation" and limit is not None:
            sign = COMPLEMENT[limit[0]] if indicated else limit[0]
            value = draw_within(engine, data, kind, [(sign, limit[1])])
            made += [] if value is None else [observation(graph, "<urn:new>", kind, value)]
        elif relation in RECORDS and not indicated:
            made.append(record(relation, "<urn:new>", kind))
    assume(made)
    return base, data.draw(st.sampled_from(made))


def draw_plain(graph: Graph, data: st.DataObject) -> list[tuple[str, str, Triples]]:
    """A record in good order of each of some sorts, of anything at all."""
    sorts = (("takes", "MedicationKind"), ("underwent", "InterventionKind"),
             ("has", "ConditionKind"), ("ruledOut", "ConditionKind"))
    return [
        record(relation, "<urn:new>",
               data.draw(st.sampled_from(graph.subjects(TYPE, marrow(sort)))))
        for relation, sort in sorts
    ]


def draw_within(engine: Engine, data: st.DataObject, kind: str,
                limits: list[tuple[str, Decimal]]) -> Decimal | None:
    scale = read_scales(engine.graph).get(kind)
    if scale is None:
        return None
    return draw_between(data, limits, scale.plausible_at_least, scale.plausible_at_most)


def draw_between(data: st.DataObject, limits: list[tuple[str, Decimal]], least: Decimal,
                 most: Decimal) -> Decimal | None:
    """A number within some bounds: at one of them or a step beside it, if that will do."""
    beside = {limit + step for _, limit in limits for step in map(Decimal, (-1, 0, 1, 5, -5))}
    found = sorted(v for v in beside | {(least + most) // 2} if least <= v <= most
                   and all(within(v, sign, limit) for sign, limit in limits))
    return data.draw(st.sampled_from(found)) if found else None


def with_patient(base: PatientGraph, name: str, value: str) -> PatientGraph:
    kept = {t for t in base.triples if t[:2] != (base.patient, marrow(name))}
    return with_triples(base, kept | {(base.patient, marrow(name), value)})


def observation(graph: Graph, node: str, kind: str, value: Decimal, day: str = str(AS_OF)) \
        -> tuple[str, str, Triples]:
    """A final result of a kind, in its canonical unit."""
    unit = graph.text(kind, marrow("canonicalUnit"))
    return HAS_OBSERVATION, node, frozenset({
        (node, TYPE, OBSERVATION), (node, KIND, kind), (node, STATUS, '"final"'),
        (node, UNIT, f'"{unit}"'), (node, VALUE, decimal_literal(value)),
        (node, DATE, f'"{day}"^^<{XSD}date>'),
    })


def observed(graph: Graph, values: dict[str, Decimal]) -> PatientGraph:
    """A patient with one final result of today of each of some kinds."""
    patient = PatientGraph("<urn:p>", frozenset({("<urn:p>", TYPE, marrow("Patient"))}), "test")
    return add(patient, *(observation(graph, f"<urn:o/{n}>", kind, value)
                          for n, (kind, value) in enumerate(values.items())))


def record(relation: str, node: str, kind: str, days: int = 1) -> tuple[str, str, Triples]:
    """A record by which a patient is so related to a kind, from some days ago."""
    link, form, says = RECORDS[relation]
    day = f'"{AS_OF - timedelta(days=days)}"^^<{XSD}date>'
    triples: set[Atom] = {(node, TYPE, marrow(form)), (node, KIND, kind), (node, DATE, day)}
    triples |= {(node, marrow(p), o) for p, o in says.items()}
    if form in DATED:
        triples = {(s, marrow(DATED[form]) if p == DATE else p, o) for s, p, o in triples}
    return marrow(link), node, frozenset(triples)
