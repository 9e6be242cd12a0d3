"""Hostile FHIR: numerals, units, contradictions, unicode, references; each with its answer.

Small inputs are files in ``data/hostile`` with the expected answer beside them; large ones are made
here. The numbers of the threats are those of the project's threat list.
"""

from __future__ import annotations

import gzip
import http.server
import json
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fhir_samples import (
    ANNA,
    LOINC,
    RXNORM,
    SNOMED,
    bundle,
    concept,
    condition,
    hemoglobin,
    prescription,
)
from reasoner.assessment import Assessment
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.errors import MarrowError
from reasoner.namespaces import local_name, marrow
from reasoner.pipeline import assess
from reasoner.quantity import text_of

FOLDER = Path(__file__).parent / "data" / "hostile"
RUNNER = CliRunner()
AS_OF = "2026-11-01"


def assessed(engine: Engine, *resources: Any) -> Assessment:
    return assess(engine, json.dumps(bundle(ANNA, *resources)).encode(), AS_OF)


def amounts(found: Assessment) -> list[str]:
    return sorted(text_of(o) for s, p, o in found.facts if p == marrow("amount"))


def codes(found: Assessment) -> set[str]:
    return {i.code for i in found.issues if i.severity == "warning"}


# --- The corpus -------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")) + sorted(FOLDER.glob("*.ndjson")),
                         ids=lambda p: p.stem)
def test_the_corpus(path: Path) -> None:
    """``name.expected`` says the exit code, then what has to be said, or after "-" must not be.

    There ``\\n`` is a new line and ``\\e`` an escape character.
    """
    code, *lines = path.with_suffix(".expected").read_text("utf-8").splitlines()
    found = RUNNER.invoke(app, ["explain", str(path), "--as-of", AS_OF, "--all"])
    assert found.exit_code == int(code), found.output
    assert "Traceback" not in found.output
    if found.exit_code:
        assert found.stdout == ""
        assert found.stderr.count("\n") == 1
    for line in (written.replace("\\n", "\n").replace("\\e", "\x1b") for written in lines):
        assert (line[1:] not in found.output) if line.startswith("-") else line in found.output


# --- T12: numerals ----------------------------------------------------------

GOOD = {"9.8": "98", "9.80": "98", "98e-1": "98", "0.98E1": "98", "0.98E+1": "98", "10": "100",
        "9.8000000000000000000001": "98"}
BAD_JSON = ["NaN", "Infinity", "-Infinity", "nan", "+9.8", "09.8", "9.", ".98", "0x9", "9_8",
            "9,8", "1e", "--9", "9.8.1", "\u0669", "9.8f", "1e+", "'9.8'", "9 8", "True"]
NO_NUMBER = ['"9.8"', '"9_8"', '"\u0667"', '" 9.8 "', '"9.8 g/dL"', "true", "null", "[9.8]",
             '{"value":9.8}', "1e999999999", "9.8e400", "1" + "0" * 60]
NOT_PLAUSIBLE = ["-9.8", "0", "-0.0", "98e3", "980", "1e-30"]


@pytest.mark.parametrize("numeral", [*GOOD, *BAD_JSON, *NO_NUMBER, *NOT_PLAUSIBLE])
def test_numerals(engine: Engine, numeral: str) -> None:
    text = json.dumps(bundle(ANNA, hemoglobin("HERE"))).replace('"HERE"', numeral)
    if numeral in BAD_JSON:
        with pytest.raises(MarrowError) as caught:
            assess(engine, text.encode(), AS_OF)
        assert caught.value.code == "does-not-parse"
        return
    found = assess(engine, text.encode(), AS_OF)
    assert amounts(found) == ([GOOD[numeral]] if numeral in GOOD else [])
    if numeral in NO_NUMBER:
        assert codes(found) & {"no-value", "not-a-number"}
    if numeral in NOT_PLAUSIBLE:
        assert "not-plausible" in codes(found)


# --- T13: units -------------------------------------------------------------

UNITS = [
    # test, value, unit, the amount in the canonical unit by hand, or why there is none
    ("718-7", "9.8", "g/dL", "98"), ("718-7", "98", "g/L", "98"),
    ("718-7", "9.8", "gm/dL", "98"), ("718-7", "9.8", "g/dl", "98"),
    ("718-7", "9.8", "g/100mL", "98"), ("718-7", "6", "mmol/L", "96.687"),
    ("718-7", "9.8", "G/DL", "unit-not-understood"), ("718-7", "9.8", "g", "unit-not-understood"),
    ("718-7", "9.8", "g/dL ", "unit-not-understood"),
    ("718-7", "9.8", "g/\u200bdL", "unit-not-understood"),
    ("718-7", "9.8", "g/dL{calc}", "unit-not-understood"),
    ("718-7", "9.8", "mg/dL", "unit-not-understood"), ("718-7", "9.8", "%", "unit-not-understood"),
    ("718-7", "9.8", "", "no-unit"), ("718-7", "9.8", "mol/L", "unit-not-understood"),
    ("718-7", "9.8", "kg/m3", "unit-not-understood"),
    ("2276-4", "12", "ug/L", "12"), ("2276-4", "12", "ng/mL", "12"),
    ("2276-4", "12", "ng/ml", "12"),
    ("2276-4", "12", "mcg/L", "12"), ("2276-4", "12", "µg/L", "12"), ("2276-4", "12", "μg/L", "12"),
    ("2276-4", "0.012", "ug/mL", "12"), ("2276-4", "12", "pmol/L", "unit-not-understood"),
    ("2276-4", "12", "mg/dL", "unit-not-understood"),
    ("2498-4", "20", "ug/dL", "3.5814"), ("2498-4", "20", "umol/L", "20"),
    ("2498-4", "20", "ug/L", "0.35814"), ("2498-4", "20", "mcg/dL", "3.5814"),
    ("2500-7", "449", "ug/dL", "80.40243"), ("2500-7", "80", "umol/L", "80"),
    ("2502-3", "4", "%", "4"), ("2502-3", "0.04", "1", "unit-not-understood"),
    ("777-3", "45", "10*3/uL", "45"), ("777-3", "45", "10*9/L", "45"),
    ("777-3", "45", "K/uL", "45"),
    ("777-3", "45", "x10E3/uL", "45"), ("777-3", "45", "10^9/L", "45"),
    ("777-3", "45000", "/uL", "45"), ("777-3", "45000", "#/mm3", "45"),
    ("777-3", "45", "k/uL", "unit-not-understood"), ("777-3", "45", "M/uL", "unit-not-understood"),
    ("789-8", "4.2", "M/uL", "4.2"), ("789-8", "4.2", "10*6/uL", "4.2"),
    ("789-8", "4.2", "K/uL", "unit-not-understood"),
    ("787-2", "76", "fL", "76"), ("787-2", "76", "fl", "76"), ("787-2", "76", "um3", "76"),
    ("787-2", "76", "pH", "unit-not-understood"),
    ("788-0", "16", "%", "16"), ("788-0", "44", "fL", "unit-not-understood"),
    ("21000-5", "44", "fL", "44"), ("21000-5", "16", "%", "unit-not-understood"),
    ("2160-0", "1.1", "mg/dL", "97.2422"), ("2160-0", "97", "umol/L", "97"),
    ("33914-3", "62", "mL/min/{1.73_m2}", "62"), ("33914-3", "62", "mL/min", "62"),
    ("2532-0", "200", "IU/L", "200"), ("2532-0", "200", "U/L", "200"),
    ("2532-0", "4", "ukat/L", "240"), ("2532-0", "200", "kU/L", "unit-not-understood"),
    ("4544-3", "29", "%", "29"), ("4544-3", "0.29", "L/L", "29"),
    ("1988-5", "0.6", "mg/dL", "6"), ("1988-5", "6", "mg/L", "6"),
    ("2132-9", "250", "pg/mL", "250"), ("2132-9", "185", "pmol/L", "250.74345"),
    ("72514-3", "7", "{score}", "7"), ("72514-3", "7", "(score)", "7"),
]


@pytest.mark.parametrize(("test", "value", "unit", "expected"), UNITS)
def test_units(engine: Engine, test: str, value: str, unit: str, expected: str) -> None:
    result = hemoglobin("HERE", code=concept(LOINC, test))
    result["valueQuantity"] |= {"unit": unit, "code": unit}
    text = json.dumps(bundle(ANNA, result)).replace('"HERE"', value)
    found = assess(engine, text.encode(), AS_OF)
    if expected[0].isdigit():
        assert amounts(found) == [expected]
    else:
        assert amounts(found) == []
        assert expected in codes(found)


@pytest.mark.parametrize("written", ["g/dL", "g/dl", "G/DL", "g/100mL", " g/dL "])
def test_a_unit_that_is_another_amount_than_its_code_is_of_no_use(engine: Engine,
                                                                  written: str) -> None:
    """98 g/L is an anemia and 98 g/dL is none: nobody can tell which was measured."""
    result = hemoglobin(98)
    result["valueQuantity"] |= {"unit": written, "code": "g/L"}
    found = assessed(engine, result)
    assert amounts(found) == []
    assert codes(found) == {"units-disagree", "unit-not-understood"}
    said = next(i.what for i in found.issues if i.code == "unit-not-understood")
    assert "g/L" in said
    assert written.strip() in said
    assert [text_of(o) for _, p, o in found.facts if p == marrow("value")] == ["98"]


@pytest.mark.parametrize(("unit", "code"), [
    ("g/dl", "g/dL"), ("gm/dL", "g/dL"), ("grams per deciliter", "g/dL"),
])
def test_spellings_of_one_unit_agree(engine: Engine, unit: str, code: str) -> None:
    result = hemoglobin(9.8)
    result["valueQuantity"] |= {"unit": unit, "code": code}
    found = assessed(engine, result)
    assert "units-disagree" not in codes(found)
    assert amounts(found) == ["98"]


@pytest.mark.parametrize(("sign", "at_least", "at_most"), [
    ("<", [], ["69.999999"]), ("<=", [], ["70"]), (">", ["70.000001"], []), (">=", ["70"], []),
    ("~", [], []), ("<<", [], []), ("ad", [], []),
])
def test_comparators_are_bounds_or_nothing(engine: Engine, sign: str, at_least: list[str],
                                           at_most: list[str]) -> None:
    result = hemoglobin(7)
    result["valueQuantity"]["comparator"] = sign
    found = assessed(engine, result)
    for name, bounds in (("amountAtLeast", at_least), ("amountAtMost", at_most)):
        assert [text_of(o) for _, p, o in found.facts if p == marrow(name)] == bounds
    assert amounts(found) == []


# --- T14: contradictions and duplicates -------------------------------------


def has_anemia(found: Assessment) -> bool:
    return "Anemia" in {local_name(o) for o in found.related("has")}


MORNING = {"effectiveDateTime": "2026-10-20T08:00:00Z"}


@pytest.mark.parametrize(("resources", "anemia"), [
    ([hemoglobin(9.8)], True),
    ([hemoglobin(13.8)], False),
    # two final results of one moment: both say anemia, or it cannot be told
    ([hemoglobin(9.8, id="a", **MORNING), hemoglobin(9.1, id="b", **MORNING)], True),
    ([hemoglobin(9.8, id="a", **MORNING), hemoglobin(13.8, id="b", **MORNING)], False),
    ([hemoglobin(13.8, id="a"), hemoglobin(9.8, id="b", status="entered-in-error")], False),
    ([hemoglobin(13.8, id="a"), hemoglobin(9.8, id="b", status="preliminary")], False),
    ([hemoglobin(13.8, id="a", effectiveDateTime="2026-10-01"),
      hemoglobin(9.8, id="b", status="amended")], True),
    ([hemoglobin(9.8, effectiveDateTime="2027-01-01")], False),
    ([hemoglobin(9.8, subject={"reference": "Patient/bea"})], False),
    # one result in two units, sent as two resources
    ([hemoglobin(9.8, id="a", **MORNING),
      hemoglobin(98, id="b", valueQuantity={"value": 98, "unit": "g/L"}, **MORNING)], True),
])
def test_contradictions(engine: Engine, resources: list[Any], anemia: bool) -> None:
    assert has_anemia(assessed(engine, *resources)) is anemia
    assert has_anemia(assessed(engine, *reversed(resources))) is anemia


# --- T15: unicode -----------------------------------------------------------


@pytest.mark.parametrize("code", [
    "718\u20117",
    "718-7\u200b", "\uff1718-7", "718-7 ", " 718-7", "718-7\u0000", "718\u22127", "\u202e718-7",
    "718-7\u0301", "\ud800718-7",
])
def test_confusable_codes_are_other_codes(engine: Engine, code: str) -> None:
    found = assessed(engine, hemoglobin(code=concept(LOINC, code, "Hemoglobin")))
    assert amounts(found) == []
    assert not any("\u200b" in i.what or "\u202e" in i.what for i in found.issues)


@pytest.mark.parametrize("field", ["code", "unit", "comparator", "system"])
@pytest.mark.parametrize("text", ["\ud800", "x" * 50_000, "\u202e\u0000\n" * 100])
def test_odd_texts_in_a_quantity_leave_the_rest_usable(engine: Engine, field: str, text: str) \
        -> None:
    odd = hemoglobin(7, id="odd")
    odd["valueQuantity"][field] = text
    found = assessed(engine, odd, condition())
    assert has_anemia(found)
    json.dumps([vars(i) for i in found.issues], ensure_ascii=False).encode("utf-8")


def test_display_never_decides(engine: Engine) -> None:
    found = assessed(
        engine, hemoglobin(4, code=concept(LOINC, "57905-2", "Hemoglobin [Mass/volume] in Blood")),
        prescription(medicationCodeableConcept=concept(RXNORM, "0", "ferrous sulfate")),
        condition(code=concept(SNOMED, "0", "Anemia")))
    assert not has_anemia(found)
    taken = {local_name(o) for o in found.related("takes")}
    assert "UnrecognizedMedication" in taken
    assert "FerrousSulfate" not in taken


# --- T17: references --------------------------------------------------------


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """A server that must never be asked."""
    hits: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", hits
    server.shutdown()
    server.server_close()
    thread.join()


def test_nothing_is_ever_fetched(engine: Engine, canary: tuple[str, list[str]]) -> None:
    url, hits = canary
    sent = bundle(kind="searchset", link=[{"relation": "next", "url": f"{url}/next"}])
    sent["entry"] = [
        {"fullUrl": f"{url}/Patient/anna", "resource": {**ANNA, "meta": {"profile": [f"{url}/p"]}}},
        {"fullUrl": f"{url}/Observation/hb", "resource": hemoglobin(
            code=concept(f"{url}/system", "1"), extension=[{"url": f"{url}/x"}])},
        {"fullUrl": f"{url}/MedicationRequest/m", "resource": prescription(
            medicationCodeableConcept=None,
            medicationReference={"reference": f"{url}/Medication/secret"})},
        {"fullUrl": f"{url}/Binary/1", "resource": {"resourceType": "Binary", "id": "1"}},
    ]
    found = assess(engine, json.dumps(sent).encode(), AS_OF)
    assert {"medication-not-found", "next-page"} <= codes(found)
    assert hits == []


def test_references_in_a_circle_end(engine: Engine) -> None:
    medication = {"resourceType": "Medication", "id": "iron", "code": {"text": "x"},
                  "ingredient": [{"itemReference": {"reference": "Medication/iron"}}]}
    circle = hemoglobin(valueQuantity=None, hasMember=[{"reference": "Observation/hb"}],
                        derivedFrom=[{"reference": "Observation/hb"}])
    found = assessed(engine, medication, circle, prescription(
        medicationCodeableConcept=None, medicationReference={"reference": "Medication/iron"}))
    assert "UnrecognizedMedication" in {local_name(o) for o in found.related("takes")}


@pytest.mark.parametrize("where", ["top", "quantity", "contained", "patient"])
def test_an_unknown_modifier_anywhere_refuses_the_resource(engine: Engine, where: str) -> None:
    modifier = {"modifierExtension": [{"url": "http://example.org/negated", "valueBoolean": True}]}
    result = hemoglobin(7)
    if where == "top":
        result |= modifier
    elif where == "quantity":
        result["valueQuantity"] |= modifier
    elif where == "contained":
        result["contained"] = [{"resourceType": "Device", "id": "d", **modifier}]
    people = {**ANNA, **modifier} if where == "patient" else ANNA
    found = assess(engine, json.dumps(bundle(people, result)).encode(), AS_OF)
    assert "modifier-extension" in codes(found)
    assert bool(amounts(found)) == (where == "patient")


# --- Size -------------------------------------------------------------------


@pytest.mark.long
def test_a_hundred_thousand_entries_are_a_limit(tmp_path: Path) -> None:
    """More resources than one patient has: a limit, in one line, and no answer."""
    path = tmp_path / "many.ndjson.gz"
    line = json.dumps(hemoglobin(id="N", note=None))
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.write(json.dumps(ANNA) + "\n")
        for n in range(100_000):
            file.write(line.replace('"N"', f'"{n}"') + "\n")
    found = RUNNER.invoke(app, ["explain", str(path), "--as-of", AS_OF])
    assert found.exit_code == 4
    assert "more than 50000 resources of one patient" in found.stderr


def test_two_hundred_thousand_keys(engine: Engine) -> None:
    wide = {f"k{n}": n for n in range(200_000)}
    found = assessed(engine, {**hemoglobin(), **wide}, {"resourceType": "Basic", "x": wide})
    assert amounts(found) == ["98"]
    assert len(found.issues) < 100


def test_twenty_thousand_subjects(engine: Engine) -> None:
    many = [hemoglobin(id=str(n), subject={"reference": f"Patient/p{n}"}) for n in range(20_000)]
    with pytest.raises(MarrowError, match="20000 patients"):
        assess(engine, json.dumps(bundle(*many)).encode(), date(2026, 11, 1))


def test_units_in_the_table_number_at_least_sixty() -> None:
    assert len(UNITS) >= 60
    assert len([*GOOD, *BAD_JSON, *NO_NUMBER, *NOT_PLAUSIBLE]) >= 40


def test_a_newer_result_that_cannot_be_read_is_not_passed_over(engine: Engine) -> None:
    """The older hemoglobin of 13.8 would deny anemia; the newer one is a text."""
    older = hemoglobin(13.8, id="a", effectiveDateTime="2026-10-01")
    newer = hemoglobin(id="b", valueQuantity=None, valueString="9.8 g/dL")
    assert assessed(engine, older, newer).related("hasUnusableObservation") \
        == ["<urn:marrow:fhir:Observation/b>"]
