"""Results of one day that do not fit together are told, and what is in doubt decides nothing.

Every expected answer is worked out by hand from the definitions: saturation is iron over capacity,
MCH is hemoglobin over red cells, MCV is hematocrit over red cells.
"""

from __future__ import annotations

from datetime import date

import pytest

from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.gate import GatedPatient, gate_patient
from reasoner.namespaces import local_name, marrow
from reasoner.patient import read_patient_graph
from reasoner.pipeline import assess

PREFIXES = ("@prefix marrow: <https://w3id.org/marrow/> .\n"
            "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n")
Result = tuple[str, str, str] | tuple[str, str, str, str] | tuple[str, str, str, str, str]


def turtle(*results: Result) -> bytes:
    text = PREFIXES + ('<urn:p> a marrow:Patient ; marrow:sex marrow:Female ; '
                       'marrow:birthDate "1984-03-02"^^xsd:date .\n')
    for n, (kind, value, unit, *more) in enumerate(results):
        day, status = [*more, *("2026-10-20", "final")[len(more):]]
        sort = "dateTime" if "T" in day else "date"
        text += (f'<urn:p> marrow:hasObservation <urn:o{n}> .\n<urn:o{n}> a marrow:Observation ; '
                 f'marrow:kind marrow:{kind} ; marrow:value {value} ; marrow:unit "{unit}" ; '
                 f'marrow:status "{status}" ; marrow:date "{day}"^^xsd:{sort} .\n')
    return text.encode()


def gated(engine: Engine, *results: Result) -> GatedPatient:
    graph = read_patient_graph(turtle(*results), ".ttl", "t", engine.vocabulary)
    return gate_patient(graph, engine.graph, date(2026, 11, 1))


def used(found: GatedPatient) -> set[str]:
    """The kinds whose results have an amount that rules can read."""
    kinds = {s: local_name(o) for s, p, o in found.facts if p == marrow("kind")}
    return {kinds[s] for s, p, _ in found.facts if p == marrow("amount")}


def told(found: GatedPatient) -> list[str]:
    assert {i.code for i in found.issues} <= {"results-disagree"}
    return [i.what for i in found.issues]


IRON = ("SerumIron", "20", "ug/L")
CAPACITY = ("TotalIronBindingCapacity", "449", "ug/dL")
SATURATION = ("TransferrinSaturation", "4", "%")


def test_a_real_record_with_iron_in_the_wrong_unit(engine: Engine) -> None:
    """20 ug/L over 449 ug/dL is 0.4 %, not 4 %; 20 ug/dL, or 449 ug/L, would be 4.45 %."""
    found = gated(engine, IRON, CAPACITY, SATURATION)
    (what,) = told(found)
    for said in ("serum iron 20 ug/L", "total iron binding capacity 449 ug/dL",
                 "transferrin saturation 4 %", "would fit in ug/dL"):
        assert said in what
    assert used(found) == {"TransferrinSaturation"}
    assert found.issues[0].where == "urn:o2, urn:o0, urn:o1"
    assert used(gated(engine, ("SerumIron", "20", "ug/dL"), CAPACITY, SATURATION)) \
        == {"SerumIron", "TotalIronBindingCapacity", "TransferrinSaturation"}


@pytest.mark.parametrize(("results", "withheld"), [
    # 98 g/L asks for about 29 %
    ([("Hemoglobin", "9.8", "g/dL"), ("Hematocrit", "29", "%")], None),
    ([("Hemoglobin", "9.8", "g/dL"), ("Hematocrit", "41.1", "%")], None),
    # beyond 1.4 times 29.4 %; 9.8 mmol/L would be 157.9 g/L and ask for 47 %, so the unit is it
    ([("Hemoglobin", "9.8", "g/dL"), ("Hematocrit", "41.2", "%")], {"Hemoglobin"}),
    ([("Hemoglobin", "98", "g/L"), ("Hematocrit", "20", "%")], {"Hemoglobin", "Hematocrit"}),
    # 9.8 mmol/L is 157.9 g/L and asks for 47 %; read as g/dL it would fit
    ([("Hemoglobin", "9.8", "mmol/L"), ("Hematocrit", "29", "%")], {"Hemoglobin"}),
    # MCV: 36 % over 4 million is 90 fL
    ([("Hematocrit", "36", "%"), ("RedCellCount", "4", "10*6/uL"),
      ("MeanCorpuscularVolume", "90", "fL")], None),
    ([("Hematocrit", "36", "%"), ("RedCellCount", "4", "10*6/uL"),
      ("MeanCorpuscularVolume", "70", "fL")],
     {"Hematocrit", "RedCellCount", "MeanCorpuscularVolume"}),
    # MCH: 120 g/L over 4 million is 30 pg; it is told, and rests on nothing that rules read
    ([("Hemoglobin", "120", "g/L"), ("RedCellCount", "4", "10*6/uL"),
      ("MeanCorpuscularHemoglobin", "30", "pg")], None),
    ([("Hemoglobin", "120", "g/L"), ("RedCellCount", "4", "10*6/uL"),
      ("MeanCorpuscularHemoglobin", "20", "pg")], set()),
    # width: 13 % of 90 fL is 11.7 fL; 3.59 of those are 42 fL
    ([("RedCellDistributionWidthCV", "13", "%"), ("MeanCorpuscularVolume", "90", "fL"),
      ("RedCellDistributionWidthSD", "42", "fL")], None),
    ([("RedCellDistributionWidthCV", "13", "%"), ("MeanCorpuscularVolume", "90", "fL"),
      ("RedCellDistributionWidthSD", "80", "fL")], set()),
])
def test_what_fits_and_what_does_not(engine: Engine, results: list[Result],
                                     withheld: set[str] | None) -> None:
    found = gated(engine, *results)
    assert bool(told(found)) == (withheld is not None)
    assert {kind for kind, *_ in results} - used(found) == (withheld or set())


@pytest.mark.parametrize("results", [
    [IRON, CAPACITY, (*SATURATION, "2026-10-21")],
    [IRON, CAPACITY, (*SATURATION, "2026-10-20", "preliminary")],
    [(*IRON, "2026-10-20", "entered-in-error"), CAPACITY, SATURATION],
    [IRON, CAPACITY],
    # two results of one kind in a day: only those of one moment are compared
    [("Hemoglobin", "15", "g/dL", "2026-10-20T08:00:00Z"),
     ("Hemoglobin", "9.8", "g/dL", "2026-10-20T18:00:00Z"),
     ("Hematocrit", "29", "%", "2026-10-20T18:00:00Z")],
])
def test_what_is_not_compared(engine: Engine, results: list[Result]) -> None:
    assert told(gated(engine, *results)) == []


def test_a_withheld_result_is_unknown_and_an_older_one_does_not_stand_in(engine: Engine) -> None:
    """Hemoglobin 5.8 g/dL beside a hematocrit of 41 % can be neither believed nor passed over."""
    def outcome(found: Assessment) -> set[str]:
        return {local_name(o) for o in found.related("has")}

    older = ("Hemoglobin", "13.5", "g/dL", "2026-10-01")
    now = ("Hemoglobin", "5.8", "g/dL")
    assert "Anemia" in outcome(assess(engine, turtle(older, now), "2026-11-01"))
    found = assess(engine, turtle(older, now, ("Hematocrit", "41", "%")), "2026-11-01")
    assert "Anemia" not in outcome(found)
    assert marrow("Anemia") not in found.related("ruledOut")
    assert any(i.code == "results-disagree" for i in found.issues)
