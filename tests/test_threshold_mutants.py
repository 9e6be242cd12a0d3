"""Each threshold, changed by the least that matters, fails a golden case.

One at a time the comparison of a threshold takes in its limit or no longer does, or the limit moves
by one step of the last digit it is written with. The compiled rules are changed in place, which
gives what compiling the changed ontology gives. A mutant runs only over those patients of whom a
number lies where the change can be seen. What nobody could notice is listed, with the reason.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from expectations import check
from metamorphic import gated
from mutants import STRICT, with_comparison
from reasoner.assessment import Assessment
from reasoner.engine import Engine, compile_knowledge
from reasoner.expression import COMPARE
from reasoner.knowledge import Graph, read_knowledge
from reasoner.namespaces import RDFS, TYPE, iri, local_name, marrow
from reasoner.pipeline import assess
from reasoner.quantity import decimal_literal, number_of
from reasoner.site import Site, SiteThreshold, apply_site
from reasoner.threshold import facet_of, threshold_of
from witness import observed

GOLDEN = Path(__file__).parent / "golden"
Case = tuple[str, Assessment, dict[str, Any]]
OTHER_SIDE, HIGHER, LOWER = "limit on the other side", "higher", "lower"
NOTICED = [
    ("AgeFromFiftySix", OTHER_SIDE, "g515-woman-on-the-56th-birthday"),
    ("AgeFromFiftySix", LOWER, "g515-woman-before-the-56th-birthday"),
    ("AgeFromSeventyFive", LOWER, "nsaid-at-74"),
    ("AgeUnderFifteen", OTHER_SIDE, "coded-anemia-on-the-fifteenth-birthday"),
    ("AgeUnderFiftySix", LOWER, "nsaid-before-the-56th-birthday"),
    ("AgeUnderTwelve", OTHER_SIDE, "coded-anemia-on-the-twelfth-birthday"),
    ("ActiveB12AtOrAboveDeficient", LOWER, "active-b12-24"),
    ("B12Indeterminate", LOWER, "g401-b12-350"),
    ("CRPNotRaised", OTHER_SIDE, "coded-iron-deficiency-anemia-crp-5"),
    ("CRPNotRaised", HIGHER, "coded-iron-deficiency-anemia-crp-6"),
    ("DaysOfLongRelaxantUse", LOWER, "cyclobenzaprine-for-21-days"),
    ("FerritinAtOrAboveCutoffInAnemia", OTHER_SIDE, "coded-iron-deficiency-anemia-ferritin-45"),
    ("FerritinAtOrAboveEveryCutoff", LOWER, "ferritin-29-inflamed-saturation-19"),
    ("FerritinBelowEveryCutoff", OTHER_SIDE, "ferritin-30-without-anemia"),
    ("FerritinBelowEveryCutoff", LOWER, "ferritin-29-without-anemia"),
    ("FerritinLowInKidneyDisease", OTHER_SIDE, "ferritin-200-in-kidney-disease-saturation-31"),
    ("FerritinLowInKidneyDisease", LOWER, "ferritin-199-in-kidney-disease-saturation-31"),
    ("FerritinUpToOverload", HIGHER, "ferritin-501-in-kidney-disease"),
    ("HemoglobinBelowESAStart", OTHER_SIDE, "esa-in-kidney-disease-at-100"),
    ("HemoglobinBelowMyelomaLimit", OTHER_SIDE, "crab-at-50-hemoglobin-100-of-a-woman"),
    ("HemoglobinBelowMyelomaLimit", LOWER, "crab-at-50-hemoglobin-99-of-a-woman"),
    ("HemoglobinBelowMyelomaLimitOfMen", OTHER_SIDE, "crab-at-50-hemoglobin-110-of-a-man"),
    ("HemoglobinBelowSymptomaticTransfusionTrigger", LOWER, "symptoms-at-99"),
    ("HemoglobinBelowThalassemiaTarget", OTHER_SIDE, "thalassemia-at-95"),
    ("HemoglobinBelowThalassemiaTarget", LOWER, "thalassemia-at-94"),
    ("HemoglobinNeverAimedAt", OTHER_SIDE, "on-an-esa-at-130"),
    ("HemoglobinTooLowForVigorousExercise", OTHER_SIDE, "exercise-at-80"),
    ("HemoglobinTooLowForVigorousExercise", LOWER, "exercise-at-79"),
    ("MCVSmall", OTHER_SIDE, "cells-of-80-fl"),
    ("RDWNotRaised", HIGHER, "small-cells-width-14-6"),
    ("TSATNotLow", OTHER_SIDE, "coded-iron-deficiency-anemia-ferritin-45"),
    ("TSATNotLow", LOWER, "coded-iron-deficiency-anemia-saturation-19"),
]
"""Some changes that one case is there to notice; they are tried with every change of the code."""


EQUIVALENT = [
    ("FerritinAboveECCOInflammationCutoff", OTHER_SIDE),
    ("FerritinAboveECCOInflammationCutoff", LOWER),
]
"""Changes that no patient could notice: up to this ferritin, whoever would newly have the anemia of
chronic disease by it has the mixed anemia already, which is a kind of that, on the same tests."""


def thresholds(graph: Graph) -> list[str]:
    return [t for t in graph.subjects(TYPE, iri(RDFS, "Datatype"))
            if t.startswith(marrow("")[:-1]) and "/expression/" not in t and facet_of(graph, t)]


def step_of(limit: str) -> Decimal:
    """One of the last digit that a limit is written with."""
    exponent = Decimal(limit).as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal(1).scaleb(min(exponent, 0))


def mutants(graph: Graph, threshold: str) -> dict[str, tuple[dict[str, str], Decimal]]:
    """The least changes of a threshold: its other signs, and the step of its limit."""
    step = step_of(threshold_of(graph, threshold).limit)
    return {OTHER_SIDE: (STRICT, Decimal(0)), HIGHER: ({}, step), LOWER: ({}, -step)}


def notice(engine: Engine, threshold: str, change: str, cases: Iterable[Case]) -> str | None:
    """The first of some golden cases that is disappointed by a change of a threshold."""
    signs, step = mutants(engine.graph, threshold)[change]
    mutant = with_comparison(engine, threshold, signs, step)
    return next((name for name, *case in cases if fails(mutant, *case)), None)


def read_case(engine: Engine, name: str) -> Case:
    expected = json.loads((GOLDEN / name / "expected.json").read_text("utf-8"))
    found = assess(engine, GOLDEN / name / "patient.ttl", date.fromisoformat(expected["asOf"]))
    return name, found, expected


def survivors(engine: Engine) -> Iterator[tuple[str, str]]:
    """Each threshold and change of it that no golden case notices."""
    cases = [read_case(engine, p.name) for p in sorted(GOLDEN.iterdir())]
    places: dict[Decimal, set[int]] = defaultdict(set)
    for place, (_, found, _) in enumerate(cases):
        for _, _, o in found.facts:
            number = number_of(o) if o.startswith('"') else None
            if number is not None:
                places[number].add(place)
    for threshold in thresholds(engine.graph):
        bound = threshold_of(engine.graph, threshold)
        limit = Decimal(bound.limit)
        for change, (signs, step) in mutants(engine.graph, threshold).items():
            new = COMPARE[signs.get(bound.sign, bound.sign)]
            seen = {case for value, found in places.items()
                    if COMPARE[bound.sign](value, limit) is not new(value, limit + step)
                    for case in found}
            if notice(engine, threshold, change, [cases[n] for n in sorted(seen)]) is None:
                yield local_name(threshold), change


def fails(mutant: Engine, before: Assessment, expected: dict[str, Any]) -> bool:
    """Tell whether a changed engine disappoints what is expected of a patient."""
    result = mutant.run(before.patient.facts)
    if result.facts == before.facts:
        return False
    try:
        check(Assessment(mutant, before.patient, result, before.issues), expected)
    except (AssertionError, KeyError):
        return True
    return False


@pytest.mark.parametrize(("threshold", "change", "case"), NOTICED)
def test_the_case_that_is_there_to_notice_does(
        engine: Engine, threshold: str, change: str, case: str) -> None:
    assert notice(engine, marrow(threshold), change, [read_case(engine, case)]) == case


@pytest.mark.long
def test_a_golden_case_notices_each_change(engine: Engine) -> None:
    assert sorted(survivors(engine)) == sorted(EQUIVALENT)


@pytest.mark.long
def test_a_change_in_place_is_what_compiling_gives(engine: Engine) -> None:
    """The shortcut is held against the long way, for one threshold that patients lie beside."""
    threshold, bound = marrow("HemoglobinBelowTransfusionTrigger"), decimal_literal(Decimal(75))
    limit = Decimal(threshold_of(engine.graph, threshold).limit)
    site = Site((SiteThreshold(threshold, bound, '"a mutant"'),), (), "mutant")
    compiled = compile_knowledge(apply_site(read_knowledge(), site))
    changed = with_comparison(engine, threshold, step=Decimal(75) - limit)
    differ = 0
    for value in (68, 69, 70, 71, 74, 75, 76):
        facts = gated(engine, observed(engine.graph, {marrow("Hemoglobin"): Decimal(value)})).facts
        found = changed.run(facts).facts
        assert found == compiled.run(facts).facts, value
        differ += found != engine.run(facts).facts
    assert differ, "the change is not seen at all"
