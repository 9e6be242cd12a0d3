"""A written proof is checked again by nothing that wrote it, and every alteration is refused."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from typer.testing import CliRunner

from patients import AS_OF
from reasoner.assessment import Assessment
from reasoner.cli.call import example_names
from reasoner.cli.main import app
from reasoner.errors import InputRefused, LimitReached
from reasoner.namespaces import (
    EO,
    OWL,
    RDFS,
    shorten,
)
from reasoner.proofcheck import Checker
from reasoner.store import conclusions_of, write_trig
from written_proofs import EXAMPLE, ROOT, Altered, number, record_of, verdict

# What holds


@pytest.mark.parametrize("name", example_names())
def test_a_proof_of_each_sort_of_conclusion_holds(
    checker: Checker, assessed: dict[str, Assessment], name: str, tmp_path: Path,
) -> None:
    found = assessed[name]
    sorts = {fact[1]: fact for fact in sorted(conclusions_of(found))}
    assert len(sorts) >= 6
    for fact in sorts.values():
        path = tmp_path / "proof.trig"
        write_trig(found, fact, path)
        answer = checker.check(path.read_bytes(), ".trig", "proof.trig")
        assert answer.holds, answer.text()
        assert not answer.against_record


def test_every_conclusion_holds_against_the_record(
    checker: Checker, assessed: dict[str, Assessment], tmp_path: Path,
) -> None:
    found, absences = assessed["mixed"], 0
    for fact in sorted(conclusions_of(found))[::6]:
        path = tmp_path / "proof.trig"
        write_trig(found, fact, path)
        answer = checker.check(path.read_bytes(), ".trig", "proof.trig", AS_OF, record_of(found))
        assert answer.holds, answer.text()
        assert answer.against_record
        absences += answer.absences
    assert absences > 50


def test_what_oral_iron_rests_on(checker: Checker, oral_iron: Path) -> None:
    answer = checker.check(oral_iron.read_bytes(), ".trig", "proof.trig")
    assert answer.holds
    assert answer.what == f"<{EXAMPLE}> marrow:recommended marrow:OralIron"
    assert answer.steps == oral_iron.read_text().count("a prov:Activity")
    # Of each of two results: no later one on the clock or in every time zone, no unreadable one in
    # three ways of comparing it, nothing that outdates it, no open result beside it and no higher
    # one. One kind that neither a certain nor a doubtful record names; no exception that is open;
    # nothing against it and no doubt; one kind that was not measured, which takes two.
    assert answer.absences == 2 * (2 + 3 + 1 + 2) + 2 + 1 + 2 + 2

@pytest.mark.parametrize(("subject", "predicate", "spelling"), [
    ("hemoglobin", "value", "9.80"), ("hemoglobin", "value", "09.8"),
    ("hemoglobin", "amountAtMost", "98.0"), ("ferritin", "amountAtMost", "08."),
])
def test_a_number_is_compared_by_value(checker: Checker, oral_iron: Path, subject: str,
                                       predicate: str, spelling: str) -> None:
    proof = Altered(oral_iron)
    proof.say(proof.statement(subject, predicate), number(spelling))
    assert verdict(checker, proof, rename=False).holds


def quads_of(proof: Altered, graph: object = None) -> list[ox.Quad]:
    return [ox.Quad(s, ox.NamedNode(p), o, graph or proof.proof) for s, p, o in proof.triples]


def written_as(quads: list[ox.Quad], form: ox.RdfFormat) -> bytes:
    return ox.serialize(quads, format=form) or b""


SETS = {".trig": ox.RdfFormat.TRIG, ".nq": ox.RdfFormat.N_QUADS, ".jsonld": ox.RdfFormat.JSON_LD}
OTHER = ox.NamedNode("urn:marrow:other")
NOTE = (OTHER, ox.NamedNode(RDFS + "comment"), ox.Literal("approved"))


@pytest.mark.parametrize("suffix", SETS)
def test_a_proof_is_the_graph_of_its_name(checker: Checker, oral_iron: Path, suffix: str) -> None:
    proof, form = Altered(oral_iron), SETS[suffix]
    own = shorten(str(proof.proof))
    whole = checker.check(written_as(quads_of(proof), form), suffix, "proof")
    assert whole.holds, whole.text()
    for quads, where, what in (
        (quads_of(proof, OTHER), f"graph <{OTHER.value}>", f"its name is not the proof's, {own}"),
        (quads_of(proof, ox.DefaultGraph()), "node ",
         f"it stands outside the proof's graph, {own}"),
        ([*quads_of(proof), ox.Quad(*NOTE, OTHER)], f"graph <{OTHER.value}>",
         f"its name is not the proof's, {own}"),
        ([*quads_of(proof), ox.Quad(*NOTE)], f"node <{OTHER.value}>",
         f"it stands outside the proof's graph, {own}"),
        ([*quads_of(proof), ox.Quad(proof.proof, *NOTE[1:])], f"node {own}",
         f"it stands outside the proof's graph, {own}"),
        ([*quads_of(proof), ox.Quad(OTHER, ox.NamedNode(OWL + "imports"), OTHER)],
         f"node <{OTHER.value}>", "it imports other content, and a proof stands alone"),
    ):
        found = checker.check(written_as(quads, form), suffix, "proof")
        assert not found.holds
        assert found.where.startswith(where)
        assert found.what == what


@pytest.mark.parametrize(("suffix", "form"), [
    (".ttl", ox.RdfFormat.TURTLE), (".nt", ox.RdfFormat.N_TRIPLES)])
def test_a_form_without_graphs_is_one_graph(checker: Checker, oral_iron: Path, suffix: str,
                                            form: ox.RdfFormat) -> None:
    proof = Altered(oral_iron)
    quads = quads_of(proof, ox.DefaultGraph())
    assert checker.check(written_as(quads, form), suffix, "proof").holds
    found = checker.check(written_as([*quads, ox.Quad(*NOTE)], form), suffix, "proof")
    assert found.where == f"node <{OTHER.value}>"
    assert found.what == "it is neither the proof nor a statement or step of it"


# What is no proof


@pytest.mark.parametrize(("data", "suffix", "code"), [
    (b"", ".trig", "no-proof"),
    (b"<urn:a> <urn:b> <urn:c> .", ".trig", "no-proof"),
    (b"this is no RDF", ".trig", "does-not-parse"),
    (b"", ".md", "format-unknown"),
    (f"<urn:a> a <{EO}TraceBasedExplanation> . <urn:b> a <{EO}TraceBasedExplanation> .".encode(),
     ".ttl", "several-proofs"),
    (f"<urn:a> a <{EO}ContrastiveExplanation> .".encode(), ".ttl", "no-trace-proof"),
    (f"<urn:a> a <{EO}TraceBasedExplanation> . <urn:b> a <{EO}RationaleExplanation> .".encode(),
     ".ttl", "no-trace-proof"),
])
def test_a_file_that_is_no_proof_is_unusable(checker: Checker, data: bytes, suffix: str,
                                             code: str) -> None:
    with pytest.raises(InputRefused) as refused:
        checker.check(data, suffix, "proof")
    assert refused.value.code == code


def test_a_file_too_large_is_not_read(checker: Checker) -> None:
    with pytest.raises(LimitReached):
        checker.check(b" " * 20_000_001, ".trig", "proof")


# The command


def run(*arguments: str):
    return CliRunner().invoke(app, ["check", *arguments])


def test_the_command_says_that_a_proof_holds(oral_iron: Path) -> None:
    found = run("--proof", str(oral_iron), "--as-of", "2026-11-01")
    assert found.exit_code == 0, found.output
    assert found.stdout.startswith(f"holds: <{EXAMPLE}> marrow:recommended marrow:OralIron: ")
    assert "name the record with --patient" in found.stdout


def test_the_command_checks_against_a_record(oral_iron: Path) -> None:
    patient = str(ROOT / "examples" / "mixed.ttl")
    found = run("--proof", str(oral_iron), "--patient", patient)
    assert found.exit_code == 1
    assert "it rests on the record and is not in it" in found.stdout


def test_the_command_says_which_step_breaks_and_why(oral_iron: Path, tmp_path: Path) -> None:
    proof = Altered(oral_iron)
    proof.say(proof.statement("hemoglobin", "value"), number("12.8"))
    path = tmp_path / "altered.trig"
    path.write_bytes(proof.write())
    found = run("--proof", str(path))
    assert found.exit_code == 1
    assert found.stdout.startswith("does not hold: step amount, concluding ")
    assert found.stdout.count("\n") == 1
    assert run("--proof", str(oral_iron), "--as-of", "2026-10-31").exit_code == 1


@pytest.mark.parametrize(("arguments", "code"), [
    (["--proof", "no-such-file.trig"], 3),
    (["--proof", str(ROOT / "examples" / "mixed.ttl")], 3),
    (["--proof", str(ROOT / "README.md")], 3),
    (["--patient", "x.ttl"], 2),
    (["--as-of", "2026-11-01"], 2),
])
def test_a_wrong_call_gets_one_line_and_its_exit_code(arguments: list[str], code: int) -> None:
    found = run(*arguments)
    assert found.exit_code == code
    assert found.stderr.startswith("marrow: ")
    assert found.stderr.count("\n") == 1
