"""What a record says of a person stays out of logs, errors, traces and caches.

Canaries are planted in every text, name and identifier that an input has room for; every verb is
run over it, well-formed and broken. Source: the threat T19 of the project's requirements.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fhir_samples import UCUM, concept
from reasoner.cli import main
from reasoner.cli.fault import EXIT_CODE
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.pipeline import load_knowledge

AS_OF = ["--as-of", "2026-11-01"]
PRIVATE = "Zebrowska"
"""Stands in names, identifiers, notes, narratives and comments: what no answer has a use for."""
TOLD = "Quarkle"
"""Stands in what an answer repeats where it could not be read, and in what a source is called."""
PLACE = "place-7Q"
"""Stands in ids of resources and names of nodes, which messages may point with."""


def _identified(kind: str, number: int, **more: Any) -> dict[str, Any]:
    """Return a resource with a canary in each slot that every resource has."""
    return {
        "resourceType": kind, "id": f"{PLACE}-{number}",
        "meta": {"source": f"urn:{PRIVATE}:meta", "tag": [{"display": f"{PRIVATE} tag"}]},
        "text": {"status": "generated", "div": f"<div>{PRIVATE} narrative</div>"},
        "identifier": [{"system": f"urn:{PRIVATE}", "value": f"{PRIVATE}-mrn"}],
        "extension": [{"url": f"urn:{PRIVATE}:ext", "valueString": f"{PRIVATE} extension"}],
        "contained": [], **more,
    }


def _bundle() -> dict[str, Any]:
    whose = {"reference": f"Patient/{PLACE}-0", "display": f"{PRIVATE}, Agata"}
    note = [{"text": f"{PRIVATE} note", "authorString": f"{PRIVATE} author"}]
    by = [{"reference": "Practitioner/x", "display": f"Dr {PRIVATE}"}]
    day = "2026-10-20"
    who = {"subject": whose, "note": note}
    quantity = {"value": 98, "unit": "g/L", "system": UCUM, "code": "g/L"}
    loinc, snomed = "http://loinc.org", "http://snomed.info/sct"
    rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm"
    hb = {"status": "final", "code": {**concept(loinc, "718-7", f"{TOLD} display"),
                                      "text": f"{TOLD} code text"},
          "effectiveDateTime": day, "performer": by, "valueQuantity": quantity, **who}
    resources = [
        _identified("Patient", 0, gender="female", birthDate="1971-01-20",
                    name=[{"family": PRIVATE, "given": [PRIVATE], "text": f"Ms {PRIVATE}"}],
                    telecom=[{"system": "phone", "value": f"+1 {PRIVATE}"}],
                    address=[{"line": [f"{PRIVATE} street"], "city": PRIVATE}],
                    contact=[{"name": {"family": PRIVATE}}], photo=[{"title": PRIVATE}]),
        _identified("Observation", 1, **hb),
        _identified("Observation", 2, **{**hb, "valueQuantity": {
            **quantity, "unit": f"{TOLD} spoons", "code": f"{TOLD}-unit"},
            "code": concept(loinc, "2276-4")}),
        _identified("Observation", 3, **{**hb, "valueQuantity": None,
                                         "valueString": f"{TOLD} result"}),
        _identified("Observation", 4, **{**hb, "status": TOLD}),
        _identified("Observation", 5, **{**hb, "effectiveDateTime": f"{TOLD}-day"}),
        _identified("Observation", 6, **{**hb, "code": {"text": f"{TOLD} alone"}}),
        _identified("Condition", 7, code={**concept(snomed, "279039007", f"{TOLD} display"),
                                          "text": f"{TOLD} text"},
                    clinicalStatus=concept("urn:x", TOLD), recordedDate=day, **who),
        _identified("Condition", 8, code={"text": f"{TOLD} diagnosis"}, recordedDate=day, **who),
        _identified("MedicationRequest", 9, status="active", intent="order",
                    medicationCodeableConcept={**concept(rxnorm, "999999999", TOLD),
                                               "text": f"{TOLD} drug"},
                    authoredOn=day, dosageInstruction=[{"text": f"{PRIVATE} dose"}], **who),
        _identified("AllergyIntolerance", 10, patient=whose, note=note, recordedDate=day,
                    code={"text": f"{TOLD} allergen"},
                    reaction=[{"description": f"{PRIVATE} rash"}]),
        _identified("Procedure", 11, status="completed", code=concept(snomed, "73761001"),
                    performedDateTime=day, **who),
        _identified("DocumentReference", 12, description=f"{PRIVATE} letter", subject=whose),
        _identified("Observation", 13, **{**hb, "modifierExtension": [
            {"url": f"urn:{TOLD}:m", "valueString": PRIVATE}]}),
    ]
    return {"resourceType": "Bundle", "type": "collection", "id": PRIVATE,
            "entry": [{"fullUrl": f"urn:uuid:{PRIVATE}-{n}", "resource": {
                k: v for k, v in resource.items() if v not in (None, [])}}
                for n, resource in enumerate(resources)]}


GRAPH = f"""# {PRIVATE} was here
@prefix marrow: <https://w3id.org/marrow/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<urn:{PLACE}> a marrow:Patient ; marrow:birthDate "1971-01-20"^^xsd:date ;
    marrow:sex marrow:Female ;
    marrow:hasObservation <urn:{PLACE}/hb>, <urn:{PLACE}/ferritin> ;
    marrow:hasMedication <urn:{PLACE}/iron> ; marrow:hasCondition <urn:{PLACE}/pain> .
<urn:{PLACE}/hb> a marrow:Observation ; marrow:kind marrow:Hemoglobin ; marrow:value 9.8 ;
    marrow:unit "g/dL" ; marrow:status "final" ; marrow:date "2026-10-20"^^xsd:date ;
    marrow:recordedName "name-{TOLD}" ; marrow:recordSource "source-{TOLD}" .
<urn:{PLACE}/ferritin> a marrow:Observation ; marrow:kind marrow:SerumFerritin ; marrow:value 8 ;
    marrow:unit "{TOLD}" ; marrow:status "{TOLD}" ; marrow:date "2026-10-20"^^xsd:date .
<urn:{PLACE}/iron> a marrow:MedicationRecord ; marrow:kind marrow:FerrousSulfate ;
    marrow:status "stopped" ; marrow:stopReason "stopped-{TOLD}" ;
    marrow:start "2026-08-01"^^xsd:date ; marrow:end "2026-09-01"^^xsd:date .
<urn:{PLACE}/pain> a marrow:ConditionRecord ; marrow:kind marrow:LowBackPain ;
    marrow:clinicalStatus "active" ; marrow:verificationStatus "confirmed" ;
    marrow:recordedName "pain-{TOLD}" ; marrow:date "2026-10-20"^^xsd:date .
"""

INPUTS = {"record.json": json.dumps(_bundle()), "record.ttl": GRAPH}
VERBS = [
    ["explain"], ["explain", "--all"], ["explain", "--json"], ["explain", "--audience", "patient"],
    ["explain", "--audience", "educator"], ["explain", "--compare-evidence"],
    ["explain", "--import-report"], ["explain", "--all-patients"], ["explain", "--patient", "x"],
    ["validate"], ["why", "OralIron"], ["why", "OralIron", "--draw", "dot"], ["why", "Oralirn"],
    ["why", "Hemoglobin", "--audience", "patient"], ["why-not", "IntravenousIron", "--json"],
    ["what-if", "--set", "Hemoglobin=6.8g/dL"], ["what-if", "--set", "Hemoglobin=680g/dL"],
    ["contrast", "OralIron", "IntravenousIron"], ["missing"], ["arguments", "OralIron"],
    ["evidence", "Anemia"], ["explain-pain"], ["query", "why"], ["query", "no-such-query"],
    ["export", "--fhir"], ["export", "--format", "trig", "--inferred"],
    ["ask", "is oral iron recommended?"], ["ask", "why is the sky blue?"],
    ["explain", "--no-such-option"],
]


@pytest.fixture(scope="module")
def folder(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the records and with all that is written beside the answers.

    The knowledge is loaded before the place of its cache is changed.
    """
    load_knowledge(evidence="article")
    place = tmp_path_factory.mktemp("canaries")
    (place / "kept").mkdir()
    for name, text in INPUTS.items():
        (place / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("TMPDIR", "XDG_CACHE_HOME", "SQLITE_TMPDIR"):
            patch.setenv(variable, str(place / "kept"))
        patch.setattr("tempfile.tempdir", None)
        yield place
        for file in (place / "kept").rglob("*"):
            assert not file.is_file() or not any(
                word.encode() in file.read_bytes() for word in (PRIVATE, TOLD, PLACE)), file


def call(verb: list[str], path: Path, caplog: pytest.LogCaptureFixture) -> Any:
    """Run a verb over a record, and hold what is beside its answer to the rule."""
    after = 3 if verb[0] == "diff" else 1
    caplog.set_level(logging.DEBUG)
    found = CliRunner().invoke(app, [*verb[:after], str(path), *verb[after:], *AS_OF])
    assert found.exception is None or isinstance(found.exception, SystemExit)
    for word in (PRIVATE, TOLD):
        assert word not in found.stderr
        assert word not in caplog.text
    assert PLACE not in caplog.text
    assert PRIVATE not in found.stdout
    return found


@pytest.mark.parametrize(("verb", "name"), [
    *((verb, name) for verb in VERBS for name in INPUTS),
    (["diff", "shipped", "shipped"], "record.ttl"),
], ids=lambda part: part if isinstance(part, str) else " ".join(part))
def test_no_verb_tells_of_the_person(folder: Path, verb: list[str], name: str,
                                     caplog: pytest.LogCaptureFixture) -> None:
    found = call(verb, folder / name, caplog)
    assert found.exit_code in (0, 1, 2, 3)
    if "patient" in verb or found.exit_code > 1:
        assert TOLD not in found.stdout


def test_the_canaries_are_where_they_can_be_told(folder: Path,
                                                 caplog: pytest.LogCaptureFixture) -> None:
    """Else nothing above would be held to anything."""
    for name in INPUTS:
        assert TOLD in call(["explain"], folder / name, caplog).stdout
        assert TOLD in call(["export", "--format", "turtle"], folder / name, caplog).stdout


JSON, VALUE = INPUTS["record.json"], f'"{PRIVATE}'
BROKEN = {
    "cut.json": JSON[:-40],
    "number.json": JSON.replace('"value": 98', f'"value": {PRIVATE}', 1),
    "newline.json": JSON.replace('"female"', f'"fe\n{PRIVATE}"', 1),
    "escape.json": JSON.replace('"female"', f'"\\q{PRIVATE}"', 1),
    "type.json": JSON.replace('"Bundle"', VALUE + '"', 1),
    "list.json": f"[{VALUE}\"]",
    "bulk.ndjson": f'{{"resourceType":"Patient","id":"a"}}\n{PRIVATE} {{\n',
    "no.json.gz": PRIVATE,
    "fhir.xml": f'<Bundle xmlns="http://hl7.org/fhir"><id value="{PRIVATE}"/></Bundle>',
    "no.rdf": f'<?xml version="1.0"?><{PRIVATE}>',
    "context.jsonld": f'{{"@context": "http://{PRIVATE}.invalid/", "a": "{PRIVATE}"}}',
    "open.jsonld": f'{{"{PRIVATE}": [}}',
    "open.nt": f'<urn:a> <urn:b> "{PRIVATE} .',
    "word.nq": PRIVATE,
    "graph.trig": f"{GRAPH} GRAPH <urn:x> {{ {PRIVATE} }}",
    "unquoted.ttl": GRAPH.replace(f'"name-{TOLD}"', f"{PRIVATE} Agata"),
    "prefix.ttl": f"{GRAPH} {PRIVATE}:x a marrow:Patient .",
    "unclosed.ttl": f'{GRAPH} <urn:{PLACE}> marrow:sex "{PRIVATE} .',
    "escape.ttl": f'{GRAPH} <urn:{PLACE}> marrow:sex "\\{PRIVATE}" .',
    "iri.ttl": f"{GRAPH} <{PRIVATE} x> a marrow:Patient .",
    "datatype.ttl": f'{GRAPH} <urn:{PLACE}> marrow:sex "{PRIVATE}"^^<urn:{PRIVATE}> .',
    "language.ttl": f'{GRAPH} <urn:{PLACE}> marrow:sex "x"@{PRIVATE}-{PRIVATE} .',
    "long.ttl": f'{GRAPH} <urn:{PLACE}> marrow:sex "{PRIVATE * 5000}" .',
    "two.ttl": f"{GRAPH} <urn:{PRIVATE}> a marrow:Patient .",
    "utf16.ttl": GRAPH.encode("utf-16").decode("latin-1"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_no_refusal_repeats_what_it_refuses(folder: Path, name: str,
                                            caplog: pytest.LogCaptureFixture) -> None:
    path = folder / name
    path.write_text(BROKEN[name])
    found = call(["explain"], path, caplog)
    assert (found.exit_code in (3, 4), found.stdout, found.stderr.count("\n")) == (True, "", 1)
    assert name in found.stderr


def test_a_proof_that_does_not_parse_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "proof.ttl"
    path.write_text(f"<urn:a> <urn:b> {PRIVATE} .")
    found = CliRunner().invoke(app, ["check", "--proof", str(path)])
    assert (found.exit_code, found.stdout) == (3, "")
    assert found.stderr == "marrow: proof.ttl, line 1: it is no well-formed RDF; write the proof " \
                           "again\n"


@pytest.mark.parametrize("fault", [RuntimeError(f"cannot do {PRIVATE}"), KeyError(PRIVATE)])
def test_a_fault_of_ours_repeats_nothing_and_is_no_finding(
    folder: Path, fault: Exception, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        secret = PRIVATE  # what a trace with local values would show
        raise fault from ValueError(secret)

    monkeypatch.setattr("reasoner.explanation.glance.report", fail)
    monkeypatch.setattr(sys, "argv", ["marrow", "explain", str(folder / "record.ttl"), *AS_OF])
    with pytest.raises(SystemExit) as ended:
        main.run()
    told = capsys.readouterr()
    assert ended.value.code == EXIT_CODE == 70
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert type(fault).__name__ in told.err
    assert "explanation/glance.py line " in told.err
    assert PRIVATE not in told.err


def test_arguments_that_cannot_be_read_do_not_repeat_a_record() -> None:
    """As where a record is pasted in place of the name of its file."""
    found = CliRunner().invoke(app, ["explain", GRAPH])
    assert found.exit_code == 3
    assert PRIVATE not in found.stdout
