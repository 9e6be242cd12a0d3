"""A patient graph goes out in five forms, and comes back the same from each."""

from __future__ import annotations

import json
import os
import stat
from datetime import date
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from patients import AS_OF, PREFIXES, patients
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.errors import InputRefused
from reasoner.exchange.graph import FORMATS, read_context, write_conclusions, write_graph
from reasoner.knowledge import term_of
from reasoner.patient import PatientGraph, read_patient_graph
from reasoner.pipeline import assess, assess_graph, read_patient
from reasoner.rule import Atom
from reasoner.store import INFERRED_GRAPH, PATIENT_GRAPH

UNHURRIED = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
RDFLIB = {"json-ld": "json-ld", "n-triples": "nt", "rdf-xml": "xml", "trig": "trig",
          "turtle": "turtle"}
EXAMPLES = sorted(p.stem for p in (Path(__file__).parent.parent / "examples").glob("*.ttl"))


def graph_of(engine: Engine, turtle: str) -> PatientGraph:
    return read_patient("-", turtle.encode(), engine)[0]


def by_rdflib(data: bytes, name: str) -> set[Atom]:
    """What another reader than ours finds; numbers in our spelling, times as they are written."""
    found = rdflib.Dataset() if name == "trig" else rdflib.Graph()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rdflib, "NORMALIZE_LITERALS", False)  # it writes +00:00 for Z
        found.parse(data=data, format=RDFLIB[name])
    return {tuple(term_of_rdflib(t) for t in quad[:3])
            for quad in (found.quads() if name == "trig" else found)}


def term_of_rdflib(node: rdflib.term.Identifier) -> str:
    line = f"<a:a> <a:a> {node.n3()} ."
    (triple,) = ox.parse(line.encode(), format=ox.RdfFormat.TURTLE)
    return term_of(triple.object)


@settings(UNHURRIED, max_examples=10)
@given(data=st.data())
def test_what_went_out_comes_back_with_the_same_conclusions(
        engine: Engine, data: st.DataObject) -> None:
    graph = graph_of(engine, data.draw(patients(engine.graph)))
    facts = assess_graph(engine, graph, AS_OF).facts
    for name, (ending, _) in FORMATS.items():
        written = write_graph(graph, name, engine.vocabulary)
        again = read_patient_graph(written, ending, "again", engine.vocabulary)
        assert (again.patient, again.triples) == (graph.patient, graph.triples)
        assert assess_graph(engine, again, AS_OF).facts == facts
        assert by_rdflib(written, name) == graph.triples
        assert write_graph(again, name, engine.vocabulary) == written


SIGNS = ["\u2028@prefix marrow: <urn:x:> .", "\n@prefix a: <b> .", 'a"b', "\\", "<b>", "]]>",
         "&amp;", "marrow:kind", "_:b0", "@id", "\r\n", "\r", " a ", "", "\ufeff", "\u0085",
         "\u202e"]
NOT_IN_XML = ["\u0000", "\u0001", "\ufffe"]
NAMES = ["urn:a", "date:a", "kind:a", "marrow:a", "xsd:a", "http://a/b#c.d-", "urn:a%20b",
         "https://w3id.example/marrow/kind"]


def named(engine: Engine, node: str, text: str, value: str = "7.0") -> PatientGraph:
    return graph_of(engine, PREFIXES + (
        f"<urn:p> a marrow:Patient ; marrow:hasObservation <{node}> .\n<{node}> a "
        f"marrow:Observation ; marrow:kind marrow:Hemoglobin ; marrow:value {value} ; "
        f"marrow:recordedName {json.dumps(text)} ."))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("node", "text"), [("urn:a", s) for s in [*SIGNS, *NOT_IN_XML]]
                         + [(n, "x") for n in NAMES])
def test_any_text_and_name_stays_as_it_is_or_is_refused(
        engine: Engine, form: str, node: str, text: str) -> None:
    """Only XML has signs that it cannot hold; there the whole export is refused."""
    graph = named(engine, node, text)
    if form == "rdf-xml" and text in NOT_IN_XML:
        with pytest.raises(InputRefused, match="a sign that a text of the record has"):
            write_graph(graph, form, engine.vocabulary)
        return
    assert by_rdflib(write_graph(graph, form, engine.vocabulary), form) == graph.triples


@pytest.mark.parametrize("value", ["9.1000000000000001", "0.00000010", "123456789012345678.9"])
@pytest.mark.parametrize("form", FORMATS)
def test_a_decimal_is_exact_in_every_form(engine: Engine, form: str, value: str) -> None:
    written = write_graph(named(engine, "urn:a", "x", value), form, engine.vocabulary)
    assert value.rstrip("0").encode() in written


def test_the_context_types_what_a_patient_graph_may_say_and_no_more(engine: Engine) -> None:
    """A predicate of the shapes that links, names a kind or has a date is typed by the context."""
    context = read_context()
    typed = {name for name, about in context.items() if isinstance(about, dict)}
    known = {p.rsplit("/", 1)[1].strip(">") for p in engine.vocabulary.all_predicates}
    texts = {"adherence", "clinicalStatus", "comparator", "recordSource", "recordedName", "status",
             "stopReason", "unit", "verificationStatus"}
    assert typed == known - texts - {"22-rdf-syntax-ns#type"}


def test_json_ld_reads_as_a_record_would_be_told(engine: Engine) -> None:
    graph = graph_of(engine, (Path(__file__).parent.parent / "examples" / "iron-deficiency.ttl")
                     .read_text("utf-8"))
    nodes = json.loads(write_graph(graph, "json-ld", engine.vocabulary))["@graph"]
    (patient,) = (n for n in nodes if n["@type"] == "Patient")
    assert patient["birthDate"] == "1984-03-02"
    about = {n["@id"]: n for n in nodes}
    kinds = {about[i]["kind"] for i in patient["hasObservation"]}
    assert "Hemoglobin" in kinds


def test_conclusions_stand_in_a_graph_of_their_own(engine: Engine) -> None:
    graph = graph_of(engine, (Path(__file__).parent.parent / "examples" / "iron-deficiency.ttl")
                     .read_text("utf-8"))
    assessment = assess_graph(engine, graph, date(2026, 11, 1))
    data = write_conclusions(assessment, graph)
    found: dict[str, set[Atom]] = {}
    for q in ox.parse(data, format=ox.RdfFormat.TRIG):
        found.setdefault(str(q.graph_name), set()).add(
            (term_of(q.subject), term_of(q.predicate), term_of(q.object)))
    assert found[PATIENT_GRAPH] == graph.triples
    assert found[INFERRED_GRAPH] == assessment.facts - graph.triples
    about = {p: o for s, p, o in found["DEFAULT"] if s == INFERRED_GRAPH}
    assert f'"{assessment.wording.notice()}"' in about.values()
    assert f'"{engine.fingerprint}"' in about.values()
    with pytest.raises(InputRefused):
        read_patient_graph(data, ".trig", "again", engine.vocabulary)


def export(*arguments: str, code: int = 0) -> Result:
    found = CliRunner().invoke(app, ["export", *arguments])
    assert found.exit_code == code, found.output
    if code:
        assert found.stdout == ""
        assert len(found.stderr.splitlines()) == 1
    return found


def test_a_file_is_written_whole_for_its_owner_only(tmp_path: Path) -> None:
    out = tmp_path / "anna.jsonld"
    found = export("--example", "iron-deficiency", "--format", "json-ld", "-o", str(out), "--json")
    told = json.loads(found.stdout)
    assert told["bytes"] == out.stat().st_size
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["anna.jsonld"]


def test_fhir_comes_out_as_the_graph_it_was_read_as(engine: Engine, tmp_path: Path) -> None:
    sent = tmp_path / "bundle.json"
    sent.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [
        {"resource": {"resourceType": "Patient", "id": "anna", "gender": "female",
                      "birthDate": "1984-03-02"}},
        {"resource": {"resourceType": "Observation", "id": "hb", "status": "final",
                      "subject": {"reference": "Patient/anna"}, "effectiveDateTime": "2026-10-20",
                      "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
                      "valueQuantity": {"value": 9.8, "unit": "g/dL"}}},
        {"resource": {"resourceType": "Observation", "id": "odd", "status": "final",
                      "subject": {"reference": "Patient/anna"},
                      "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
                      "valueQuantity": {"value": 9.8, "unit": "stone"}}},
        {"resource": {"resourceType": "Condition", "id": "other",
                      "subject": {"reference": "Patient/anna"},
                      "code": {"coding": [{"system": "http://house.example", "code": "1"}]}}},
    ]}))
    found = export(str(sent), "--format", "turtle")
    assert "what could not be read is not in this graph; notes on the input" in found.stderr
    out = tmp_path / "anna.ttl"
    out.write_text(found.stdout, "utf-8")
    assert assess(engine, out, AS_OF).facts == assess(engine, sent, AS_OF).facts


@pytest.mark.parametrize(("arguments", "code"), [
    (["--example", "iron-deficiency"], 2),
    (["--example", "iron-deficiency", "--format", "n3"], 2),
    (["--example", "nobody", "--format", "turtle"], 2),
    (["--format", "turtle"], 2),
    (["--example", "iron-deficiency", "--format", "turtle", "--inferred"], 2),
    (["--example", "iron-deficiency", "--format", "turtle", "--json"], 2),
    (["--example", "iron-deficiency", "--format", "turtle", "-o", "no/such/folder/a.ttl"], 2),
    (["--example", "iron-deficiency", "--format", "turtle", "-o", "."], 2),
    (["no-such-file.ttl", "--format", "turtle"], 3),
    (["BROKEN", "--format", "turtle"], 3),
])
def test_what_cannot_be_done_is_told_in_one_line(tmp_path: Path, arguments: list[str], code: int) \
        -> None:
    broken = tmp_path / "broken.ttl"
    broken.write_text(PREFIXES + "<urn:p> a marrow:Patient ; marrow:contraindicated <urn:x> .")
    export(*(str(broken) if a == "BROKEN" else a for a in arguments), code=code)
    assert os.listdir(tmp_path) == ["broken.ttl"]
