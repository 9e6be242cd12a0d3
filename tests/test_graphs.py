"""Answers as RDF: valid, the same on every run, and asked alike on rdflib, Oxigraph and in JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib
from pyshacl import validate
from typer.testing import CliRunner

from reasoner.cli.main import app
from reasoner.errors import InputRefused
from reasoner.namespaces import EO, MARROW
from reasoner.proofcheck import Checker, read_library
from reasoner.store import read_query

HERE = Path(__file__).parent
ROOT = HERE.parent
GOLDEN = HERE / "golden"
AS_OF = ["--as-of", "2026-11-01"]
EXAMPLE = ["--example", "iron-deficiency"]
Row = tuple[str, ...]


def case(name: str) -> str:
    return str(GOLDEN / name / "patient.ttl")


def run(*arguments: str) -> dict[str, Any]:
    found = CliRunner().invoke(app, [*arguments, *AS_OF, "--json"])
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


ASKED = {
    "why": ["why", *EXAMPLE, "OralIron"],
    "why-not of an exclusion": ["why-not", case("n11-egfr-29"), "NSAID"],
    "why-not of what is not met": ["why-not", *EXAMPLE, "RedCellTransfusion"],
    "why-not of an unknown": ["why-not", case("c10-ferritin-45-unknown"), "OralIron"],
    "contrast": ["contrast", case("x12-intravenous-iron-reaction"), "OralIron", "IntravenousIron"],
    "arguments": ["arguments", case("n22-declined"), "NSAID"],
    "missing": ["missing", *EXAMPLE],
    "evidence": ["evidence", *EXAMPLE, "C061"],
    "sources": ["evidence", *EXAMPLE, "OralIron"],
    "justifications": ["why", *EXAMPLE, "OralIron", "--justifications"],
    "what-if": ["what-if", *EXAMPLE, "--set", "Hemoglobin=6.8g/dL"],
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, dict[str, Any]]]:
    """The TriG and the JSON that each command gave, both of one run."""
    folder = tmp_path_factory.mktemp("written")
    found = {}
    for number, (name, arguments) in enumerate(ASKED.items()):
        path = folder / f"{number}.trig"
        found[name] = (path, run(*arguments, "--rdf", str(path)))
    return found


def on_rdflib(path: Path, query: str, given: dict[str, str]) -> list[Row]:
    data = rdflib.Dataset(default_union=True)
    data.parse(path, format="trig")
    bound = {name: rdflib.URIRef(MARROW + value) for name, value in given.items()}
    rows = data.query(read_query(query), initBindings=bound)
    return sorted(tuple(_plain(cell) for cell in row) for row in rows)


def _plain(cell: Any) -> str:
    return "" if cell is None else str(cell).removeprefix(MARROW)


def on_oxigraph(path: Path, query: str, given: dict[str, str]) -> list[Row]:
    store = ox.Store()
    store.load(path=path, format=ox.RdfFormat.TRIG)
    found = store.query(read_query(query), use_default_graph_as_union=True, substitutions={
        ox.Variable(n): ox.NamedNode(MARROW + v) for n, v in given.items()})
    return sorted(tuple("" if row[v] is None else row[v].value.removeprefix(MARROW)
                        for v in found.variables) for row in found)


def both(path: Path, query: str, **given: str) -> list[dict[str, str]]:
    """Return the rows that both engines give, as dictionaries."""
    rows = on_oxigraph(path, query, given)
    assert on_rdflib(path, query, given) == rows
    select = next(line for line in read_query(query).splitlines() if line.startswith("SELECT"))
    names = [w[1:] for w in select.split() if w.startswith("?")]
    return [dict(zip(names, row, strict=True)) for row in rows]


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_is_valid(written: dict[str, Any], name: str) -> None:
    data = rdflib.Dataset(default_union=True)
    data.parse(written[name][0], format="trig")
    merged = rdflib.Graph()
    for s, p, o, _ in data.quads():
        merged.add((s, p, o))
    conforms, _, text = validate(merged, shacl_graph=str(ROOT / "shapes" / "proof.ttl"))
    assert conforms, text


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_is_one_graph_and_its_proofs(written: dict[str, Any], name: str) -> None:
    data = rdflib.Dataset()
    data.parse(written[name][0], format="trig")
    sorts = set()
    for graph in data.graphs():
        if len(graph) == 0:
            continue
        own = {str(o) for o in graph.objects(graph.identifier, rdflib.RDF.type)}
        sorts.add("proof" if EO + "TraceBasedExplanation" in own else "answer")
        assert any(o.startswith(EO) for o in own)
    answers = [g for g in data.graphs() if str(g.identifier).startswith(MARROW + "answer/")]
    assert len(answers) == (name != "why")
    assert sorts == ({"proof"} if name == "why" else {"answer"} if name == "missing"
                     else {"answer", "proof"})


@pytest.mark.parametrize("name", ["why-not of an exclusion", "contrast", "justifications"])
def test_an_answer_is_the_same_on_every_run(written: dict[str, Any], name: str,
                                            tmp_path: Path) -> None:
    again = tmp_path / "again.trig"
    run(*ASKED[name], "--rdf", str(again))
    assert again.read_bytes() == written[name][0].read_bytes()


def test_every_sort_of_explanation_is_named_as_the_ontology_names_it(
        written: dict[str, Any]) -> None:
    """Names read in the Explanation Ontology 2.0; one of them begins with a small letter."""
    known = {"TraceBasedExplanation", "ContrastiveExplanation", "CounterfactualExplanation",
             "RationaleExplanation", "scientificExplanation"}
    used = set()
    for path, _ in written.values():
        data = rdflib.Dataset(default_union=True)
        data.parse(path, format="trig")
        used |= {str(o).removeprefix(EO) for o in data.objects(None, rdflib.RDF.type)
                 if str(o).startswith(EO)}
    assert used == known


def test_why_not_of_an_exclusion(written: dict[str, Any]) -> None:
    """An eGFR of 29: G804 excludes below 30, and 30 would do."""
    path, data = written["why-not of an exclusion"]
    rows = both(path, "why-not", intervention="NSAID")
    excluded = [r for r in rows if r["part"] == "excluded by"]
    assert {r["names"] for r in excluded} == {"G804"}
    assert {r["outcome"] for r in rows} == {"not-recommended"}
    assert {r["reason"] for r in rows} == {"advised-against"}
    assert any("29 mL/min" in r["found"] for r in excluded)
    assert [r["says"] for r in rows if r["part"] == "would hold if"] == [
        "estimated glomerular filtration rate were 30 mL/min/{1.73_m2}"]
    assert {r["names"] for r in excluded} == {row["id"] for row in data["excludedBy"]}
    (proof,) = {r["proof"] for r in excluded}
    steps = both(path, "why")
    assert {r["conclusion"] for r in steps} >= {"G804"}
    assert proof.startswith("proof/")


def test_why_not_of_what_is_not_met(written: dict[str, Any]) -> None:
    path, data = written["why-not of what is not met"]
    rows = [r for r in both(path, "why-not") if r["part"] == "not met"]
    assert {(r["names"], r["place"], r["needs"], r["found"]) for r in rows} == {
        (c["criterion"], str(n), part["needs"], part["found"])
        for c in data["criteria"] for n, part in enumerate(c["failed"], 1)}
    first = next(r for r in rows if r["names"] == "CandidateForTransfusionByHemoglobin"
                 and r["place"] == "1")
    assert "< 70 g/L" in first["needs"]
    assert "9.8 g/dL" in first["found"]


def test_why_not_of_an_unknown(written: dict[str, Any]) -> None:
    path, data = written["why-not of an unknown"]
    rows = both(path, "why-not")
    unknown = {r["names"] for r in rows if r["part"] == "unknown"}
    assert "CReactiveProtein" in unknown
    assert unknown == {item["name"] for item in data["unknown"]}
    cases: dict[str, list[str]] = {}
    for row in rows:
        if row["part"] == "would hold if":
            cases.setdefault(row["place"], []).append(row["says"])
    assert [sorted(cases[k]) for k in sorted(cases)] == [sorted(c) for c in data["wouldHoldIf"]]
    assert ["C-reactive protein were > 5 mg/L"] in data["wouldHoldIf"]


def test_contrast(written: dict[str, Any]) -> None:
    """The better route is excluded (G508), so it takes the place of nothing."""
    path, data = written["contrast"]
    rows = both(path, "contrast", first="OralIron", second="IntravenousIron")
    told = {(r["side"], r["sign"], r["source"], r["stands"], r["defeatedBy"], r["manner"])
            for r in rows if r["side"] == "OralIron"}
    assert told == {
        ("OralIron", "confirming", "G501", "true", "G506-malabsorption", "undercutting"),
        ("OralIron", "excluding", "G506-malabsorption", "false", "G508-hypersensitivity",
         "undercutting"),
        ("OralIron", "excluding", "G508-hypersensitivity", "true", "", ""),
    }
    assert {(r["side"], r["outcome"], r["decidedBy"]) for r in rows} == {
        (s["intervention"], s["outcome"], s["decidedBy"]) for s in data["sides"]}
    assert both(path, "contrast", first="IntravenousIron") == []


def test_arguments(written: dict[str, Any]) -> None:
    """The patient declined: that rebuts G800, which suggests it; G815 is only a caution."""
    path, data = written["arguments"]
    rows = both(path, "arguments", intervention="NSAID")
    told = {(r["sign"], r["source"], r["stands"], r["manner"]) for r in rows}
    assert ("for", "G800", "false", "rebutting") in told
    assert ("against", "G815", "true", "") in told
    assert {(r["source"], r["modality"], r["certainty"], r["provenance"]) for r in rows} == {
        (a["id"], a["modality"] or "", a["certainty"] or "", a["provenance"] or "")
        for a in data["arguments"]}


def test_missing(written: dict[str, Any]) -> None:
    path, data = written["missing"]
    rows = both(path, "missing")
    assert {(r["place"], r["item"]) for r in rows} == {
        ("1", "RedFlagOfTheBack"), ("2", "ActiveVitaminB12"), ("3", "SerumVitaminB12")}
    assert {(r["item"], r["supposed"], r["about"], r["from"], r["to"]) for r in rows
            if r["opens"] == "false"} == {
        (e["name"], c["if"], c["intervention"], c["from"] or "", c["to"] or "")
        for e in data["items"] for c in e["changes"]}
    assert {(r["item"], r["about"]) for r in rows if r["opens"] == "true"} == {
        (e["name"], f["flag"]) for e in data["items"] for f in e["flags"]}


def test_evidence(written: dict[str, Any]) -> None:
    path, data = written["evidence"]
    rows = both(path, "evidence", source="C061")
    assert ("recommended", "OralIron", "true") in {
        (r["relation"], r["conclusion"], r["fallsWithout"]) for r in rows}
    assert {(r["relation"], r["conclusion"], r["fallsWithout"]) for r in rows} == {
        (c["relation"].removeprefix("marrow:"), c["about"], str(c["fallsWithout"]).lower())
        for c in data["conclusions"]}
    assert {r["provenance"] for r in rows} == {"A"}
    assert both(path, "evidence", source="C999") == []


def test_justifications(written: dict[str, Any]) -> None:
    path, data = written["justifications"]
    rows = both(path, "justifications", conclusion="OralIron")
    assert {r["place"] for r in rows} == {
        str(n) for n in range(1, len(data["justifications"]) + 1)}
    for place, entry in enumerate(data["justifications"], 1):
        own = {(r["sort"], r["member"]) for r in rows if r["place"] == str(place)}
        assert own == {
            *(("record", m["iri"]) for m in entry["records"]),
            *(("fact", m["says"]) for m in entry["facts"]),
            *(("statement", m["id"]) for m in entry["statements"]),
            *(("absence", m["pattern"]) for m in entry["absences"])}
    assert all(("statement", "G501") in {(r["sort"], r["member"]) for r in rows
                                         if r["place"] == p} for p in {r["place"] for r in rows})


def test_why(written: dict[str, Any]) -> None:
    path, data = written["why"]
    rows = both(path, "why", conclusion="OralIron")
    assert {r["relation"] for r in rows} == {"recommended"}
    assert {s["rule"] for s in data["steps"]} <= {
        r["rule"].rsplit("/", 1)[-1] for r in rows}


def test_a_question_needs_no_file() -> None:
    """The store makes the graphs of what is asked about when it is asked."""
    found = run("query", case("n11-egfr-29"), "why-not", "--with", "intervention=NSAID")
    assert {r["names"] for r in found["rows"] if r["part"] == "excluded by"} == {"marrow:G804"}
    sides = run("query", case("x11-malabsorption"), "contrast")["rows"]
    assert {(r["first"], r["second"]) for r in sides} == {
        ("marrow:OralIron", "marrow:IntravenousIron")}
    resting = run("query", *EXAMPLE, "evidence", "--with", "source=C061")["rows"]
    assert "marrow:OralIron" in {r["conclusion"] for r in resting}
    sets = run("query", *EXAMPLE, "justifications", "--with", "conclusion=OralIron")["rows"]
    assert {r["conclusion"] for r in sets} == {"marrow:OralIron"}
    items = run("query", *EXAMPLE, "missing")["rows"]
    assert items[0]["item"] == "marrow:RedFlagOfTheBack"


def test_a_question_about_nothing_gets_one_line() -> None:
    found = CliRunner().invoke(app, ["query", *EXAMPLE, *AS_OF, "why-not", "--with",
                                     "intervention=NoSuchThing"])
    assert (found.exit_code, found.stdout, found.stderr.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(("name", "predicate"), [
    ("why-not of an exclusion", "asOf"), ("why-not of an exclusion", "hasProof"),
    ("why-not of what is not met", "neededValue"), ("why-not of an unknown", "supposed"),
    ("contrast", "contrastSide"), ("arguments", "sign"), ("arguments", "manner"),
    ("missing", "couldChange"), ("evidence", "fallsWithout"), ("justifications", "place"),
    ("what-if", "asked"),
])
def test_an_answer_that_lacks_something_is_not_valid(written: dict[str, Any], name: str,
                                                     predicate: str) -> None:
    data = rdflib.Dataset(default_union=True)
    data.parse(written[name][0], format="trig")
    merged = rdflib.Graph()
    for s, p, o, _ in data.quads():
        merged.add((s, p, o))
    before = len(merged)
    merged.remove((None, rdflib.URIRef(MARROW + predicate), None))
    assert len(merged) < before
    conforms, _, _ = validate(merged, shacl_graph=str(ROOT / "shapes" / "proof.ttl"))
    assert not conforms


@pytest.mark.parametrize("sort", [EO + "TraceBasedExplanation", str(rdflib.RDF.Statement),
                                  str(rdflib.PROV.Activity)])
@pytest.mark.parametrize(("predicate", "value"), [
    (rdflib.URIRef(MARROW + "reviewStatus"), rdflib.Literal("approved by a physician")),
    (rdflib.OWL.imports, rdflib.URIRef("urn:more")),
    (rdflib.RDF.type, rdflib.URIRef(MARROW + "Guideline")),
])
def test_a_proof_that_says_more_is_not_valid(
        written: dict[str, Any], sort: str, predicate: rdflib.URIRef, value: Any) -> None:
    """Each part of a proof is closed: what is added to it is told, and alone."""
    data = rdflib.Dataset(default_union=True)
    data.parse(written["why"][0], format="trig")
    merged = rdflib.Graph()
    for s, p, o, _ in data.quads():
        merged.add((s, p, o))
    node = min(merged.subjects(rdflib.RDF.type, rdflib.URIRef(sort)))
    merged.add((node, predicate, value))
    conforms, report, _ = validate(merged, shacl_graph=str(ROOT / "shapes" / "proof.ttl"))
    assert not conforms
    assert set(report.objects(None, rdflib.SH.focusNode)) == {node}
    assert set(report.objects(None, rdflib.SH.resultPath)) == {predicate}


def test_a_statement_has_one_origin(written: dict[str, Any]) -> None:
    """A leaf that steps conclude as well, and a conclusion that no step makes, are not valid."""
    data = rdflib.Dataset(default_union=True)
    data.parse(written["why"][0], format="trig")
    merged = rdflib.Graph()
    for s, p, o, _ in data.quads():
        merged.add((s, p, o))
    steps = sorted(merged.subjects(rdflib.RDF.type, rdflib.PROV.Activity))
    leaf = min(merged.subjects(rdflib.URIRef(MARROW + "restsOn")))
    made = min(merged.subjects(rdflib.PROV.wasGeneratedBy))
    own = merged.value(made, rdflib.PROV.wasGeneratedBy)
    for node, added, removed in ((leaf, steps[:1], []), (leaf, steps[:2], []), (made, [], [own]),
                                 (made, [s for s in steps if s != own][:1], [])):
        altered = merged + rdflib.Graph()
        for step in added:
            altered.add((node, rdflib.PROV.wasGeneratedBy, step))
        for step in removed:
            altered.remove((node, rdflib.PROV.wasGeneratedBy, step))
        conforms, report, _ = validate(altered, shacl_graph=str(ROOT / "shapes" / "proof.ttl"))
        assert not conforms
        assert set(report.objects(None, rdflib.SH.focusNode)) == {node}


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(read_library(ROOT))


@pytest.mark.parametrize("name", ASKED)
def test_every_proof_of_an_answer_is_checked(written: dict[str, Any], checker: Checker,
                                             name: str) -> None:
    path = written[name][0]
    quads = list(ox.parse(path=path, format=ox.RdfFormat.TRIG))
    proofs = {q.graph_name for q in quads if "/proof/" in q.graph_name.value}
    if not proofs:
        with pytest.raises(InputRefused, match="without a proof"):
            checker.check(path.read_bytes(), ".trig", path.name)
        return
    found = checker.check(path.read_bytes(), ".trig", path.name)
    if name == "what-if":  # what it rests on is only supposed
        assert not found.holds
        assert "urn:marrow:hypothesis:" in found.where
        return
    assert found.holds, found.text()
    assert found.proofs == len(proofs)
    assert len(proofs) == 1 or "of which nothing else was checked" in found.text()


def test_an_answer_that_was_changed_is_refused(written: dict[str, Any], checker: Checker) -> None:
    path, _ = written["why-not of an exclusion"]
    quads = list(ox.parse(path=path, format=ox.RdfFormat.TRIG))
    (answer,) = {q.graph_name for q in quads if "/answer/" in q.graph_name.value}
    proof = max({q.graph_name for q in quads} - {answer}, key=str)
    note = ox.Quad(answer, ox.NamedNode(MARROW + "says"), ox.Literal("approved"), answer)
    foreign = ox.NamedNode("urn:more")
    rule = next(q for q in quads if q.graph_name == proof and "appliedRule" in q.predicate.value)
    other = ox.Quad(rule.subject, rule.predicate, ox.NamedNode(MARROW + "rule/no-rule"), proof)
    for altered, reason in (
        ([*quads, note], "made from something else"),
        ([q for q in quads if q.predicate != rule.predicate or q.graph_name != proof],
         "times a rule"),
        ([q for q in quads if q != rule] + [other], "no such rule file"),
        ([q for q in quads if q.graph_name != proof], "which is not there"),
        ([*quads, ox.Quad(foreign, note.predicate, note.object, foreign)], "does not rest on it"),
        ([*quads, ox.Quad(foreign, note.predicate, note.object)], "does not rest on it"),
    ):
        found = checker.check(ox.serialize(altered, format=ox.RdfFormat.TRIG), ".trig", "a.trig")
        assert not found.holds
        assert reason in found.what


def test_an_answer_that_names_no_proof_is_told_so(written: dict[str, Any]) -> None:
    found = CliRunner().invoke(app, ["check", "--proof", str(written["missing"][0])])
    assert (found.exit_code, found.stdout, found.stderr.count("\n")) == (3, "", 1)
    assert "an answer without a proof" in found.stderr


def test_a_proof_out_of_an_answer_holds(written: dict[str, Any], tmp_path: Path) -> None:
    """Each proof that an answer points to can be checked by itself."""
    path, _ = written["why-not of an exclusion"]
    quads = list(ox.parse(path=path, format=ox.RdfFormat.TRIG))
    names = {q.graph_name for q in quads if "/proof/" in q.graph_name.value}
    assert len(names) == 2  # of the row that excludes and of the outcome
    for number, name in enumerate(sorted(names, key=str)):
        alone = tmp_path / f"{number}.trig"
        ox.serialize([q for q in quads if q.graph_name == name], output=alone,
                     format=ox.RdfFormat.TRIG)
        found = CliRunner().invoke(app, ["check", "--proof", str(alone), "--patient",
                                         case("n11-egfr-29")])
        assert found.exit_code == 0, found.output
