"""Every claim and guideline row is carried by something; what carries nothing is told apart."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reasoner.cli.main import app
from reasoner.coverage import (
    Carrier,
    Coverage,
    RowCoverage,
    coverage_text,
    find_coverage,
    find_row_coverage,
)

ROOT = Path(__file__).parent.parent

CLAIMS = """\
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix marrow: <https://w3id.org/marrow/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

marrow:notComputable a owl:AnnotationProperty ; rdfs:label "not computable"@en .
marrow:leadsAway a owl:AnnotationProperty .
marrow:C001 a marrow:Claim ; rdfs:label "wet feet make one sneeze"@en .
marrow:Sneeze a owl:Class, marrow:FindingKind ; rdfs:subClassOf marrow:Finding .
marrow:WetFeet a owl:Class, marrow:FindingKind ; rdfs:subClassOf marrow:Finding .
"""
RULE = """\
# title: Those who sneeze are looked at
# when: a patient has a sneeze
# then: the patient may have one
# why: so that there is a rule
# source: marrow:C001
# layer: 1
# status: draft
# date: 2026-11-23
PREFIX marrow: <https://w3id.org/marrow/>

CONSTRUCT { ?patient marrow:mayHave ?kind }
WHERE { ?patient marrow:has ?kind . }
"""
AXIOM = """\
[] a owl:Axiom ; dcterms:source marrow:C001 ; owl:annotatedSource marrow:WetFeet ;
    owl:annotatedProperty marrow:leadsAway ; owl:annotatedTarget marrow:Sneeze .
"""


@pytest.fixture
def write_root(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that makes a knowledge folder with one claim and some more Turtle."""

    def write(turtle: str = "", rule: str = "") -> Path:
        (tmp_path / "ontology").mkdir()
        (tmp_path / "shapes").mkdir()
        (tmp_path / "queries" / "rules").mkdir(parents=True)
        shutil.copy(ROOT / "ontology" / "schema.ttl", tmp_path / "ontology")
        (tmp_path / "ontology" / "claims.ttl").write_text(CLAIMS + turtle)
        if rule:
            (tmp_path / "queries" / "rules" / "look-at-those-who-sneeze.rq").write_text(rule)
        return tmp_path

    return write


@pytest.fixture(scope="module")
def coverage() -> list[Coverage]:
    return find_coverage()


@pytest.fixture(scope="module")
def row_coverage() -> list[RowCoverage]:
    return find_row_coverage()


def test_every_claim_of_the_article_is_carried(coverage: list[Coverage]) -> None:
    found = coverage
    assert [row.claim for row in found] == [f"C{number:03}" for number in range(1, 123)]
    assert [row.claim for row in found if not row.carriers] == []


@pytest.mark.parametrize(("claim", "carrier"), [
    ("C007", Carrier("causal link", "ChronicAnemiaIncreasesErythropoiesis")),
    ("C011", Carrier("relation", "IntraosseousNerveEnding locatedIn Bone")),
    ("C022", Carrier("causal link", "AnemiaIncreasesCardiacOutput")),
    ("C039", Carrier("flag row", "G413")),
    ("C063", Carrier("criterion", "CandidateForIntravenousIronWithMalabsorption")),
    ("C076", Carrier("guidance row", "G601-hemoglobin")),
    ("C076", Carrier("threshold", "HemoglobinBelowTransfusionTrigger")),
    ("C092", Carrier("relation", "ExerciseTherapy reliefToMonths 18")),
    ("C098", Carrier("monitoring row", "G1201-hemoglobin")),
    ("C102", Carrier("pitfall row", "G1401")),
    ("C109", Carrier("rule", "note-what-care-covers")),
    ("C116", Carrier("relation", "AlteredBiomechanics subClassOf CompensatoryMechanism")),
    ("C121", Carrier("enumeration", "SeriousCausesNamed")),
])
def test_what_carries_a_claim_is_named_by_its_sort(
        coverage: list[Coverage], claim: str, carrier: Carrier) -> None:
    (row,) = [row for row in coverage if row.claim == claim]
    assert carrier in row.carriers


def test_without_its_carrier_a_claim_is_carried_by_nothing(
        coverage: list[Coverage], tmp_path: Path) -> None:
    for folder in ("ontology", "queries", "shapes"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    before = {row.claim: row.carriers for row in coverage}
    assert before["C119"] == (Carrier("causal link", "AnemiaChangesPosture"),)
    path = tmp_path / "ontology" / "article" / "causal-links.ttl"
    blocks = path.read_text().split("\n\n")
    kept = [block for block in blocks if not block.startswith("marrow:AnemiaChangesPosture\n")]
    assert len(kept) == len(blocks) - 1
    path.write_text("\n\n".join(kept))
    after = {row.claim: row.carriers for row in find_coverage(tmp_path)}
    assert after == {**before, "C119": ()}


@pytest.mark.parametrize("turtle", [
    "",
    "marrow:Sneeze dcterms:source marrow:C001 .",
    "marrow:C001 rdfs:comment \"it is so\" .",
    AXIOM,
    "marrow:WetFeet marrow:leadsAway marrow:Sneeze .",
], ids=["nothing", "a kind", "the claim itself", "an annotation alone", "a relation alone"])
def test_what_carries_nothing(write_root: Callable[..., Path], turtle: str) -> None:
    assert find_coverage(write_root(turtle)) == [
        Coverage("C001", "wet feet make one sneeze", ())]


@pytest.mark.parametrize(("turtle", "rule", "carrier"), [
    ("marrow:WetFeet marrow:leadsAway marrow:Sneeze .\n" + AXIOM, "",
     Carrier("relation", "WetFeet leadsAway Sneeze")),
    ('marrow:Link a marrow:CausalLink ; marrow:claim marrow:C001 .', "",
     Carrier("causal link", "Link")),
    ('marrow:C001 marrow:notComputable "No record says how wet feet are."@en .', "",
     Carrier("not computable", "No record says how wet feet are.")),
    ("", RULE, Carrier("rule", "look-at-those-who-sneeze")),
])
def test_what_carries(write_root: Callable[..., Path], turtle: str, rule: str,
                      carrier: Carrier) -> None:
    assert find_coverage(write_root(turtle, rule))[0].carriers == (carrier,)


def test_the_command_prints_the_table_and_exits_1_on_a_gap(
    write_root: Callable[..., Path], monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = write_root()
    monkeypatch.setattr("reasoner.knowledge.find_root", lambda: root)
    found = CliRunner().invoke(app, ["check", "--coverage"])
    assert (found.exit_code, found.stdout) == (
        1, "C001\twet feet make one sneeze\tcarried by nothing\n0 of 1 claims are carried\n")
    (root / "ontology" / "more.ttl").write_text(
        "@prefix marrow: <https://w3id.org/marrow/> .\n"
        "marrow:Link a marrow:CausalLink ; marrow:claim marrow:C001 .\n")
    found = CliRunner().invoke(app, ["check", "--coverage", "--json"])
    assert found.exit_code == 0
    assert json.loads(found.stdout) == [{
        "claim": "C001", "label": "wet feet make one sneeze",
        "carriers": [{"sort": "causal link", "name": "Link"}]}]


def test_the_table_has_a_line_for_each_claim() -> None:
    rows = [Coverage("C001", "one", (Carrier("rule", "a"), Carrier("rule", "b")))]
    assert coverage_text(rows) == "C001\tone\trule a; rule b\n1 of 1 claims are carried\n"


# --- Guideline rows -----------------------------------------------------------

ROWS = [(101, 116), (201, 206), (301, 324), (401, 419), (501, 517), (601, 610), (701, 709),
        (801, 819), (901, 917), (1001, 1012), (1101, 1125), (1201, 1208)]
"""The first and the last number of each section of guideline rows."""


def test_every_guideline_row_is_carried(row_coverage: list[RowCoverage]) -> None:
    found = {row.row: row.carriers for row in row_coverage}
    assert [name for name, carriers in found.items() if not carriers] == []
    wanted = {f"G{number}" for first, last in ROWS for number in range(first, last + 1)}
    assert sorted(wanted - found.keys()) == []


@pytest.mark.parametrize(("row", "carrier"), [
    ("G101", Carrier("criterion", "AnemiaInMen")),
    ("G112", Carrier("rule", "correct-for-altitude")),
    ("G507", Carrier("guidance row", "G507-active")),
    ("G816", Carrier("requirement", "G816-platelets")),
    ("G817", Carrier("relation", "NSAID alternative Acetaminophen")),
    ("G1113", Carrier("flag row", "G1113")),
    ("G1301", Carrier("causal link", "ChronicAnemiaIncreasesErythropoiesisInThalassemia")),
])
def test_what_carries_a_row_is_named_by_its_sort(
        row_coverage: list[RowCoverage], row: str, carrier: Carrier) -> None:
    (found,) = [r for r in row_coverage if r.row == row]
    assert carrier in found.carriers


@pytest.mark.parametrize(("turtle", "carriers"), [
    ("marrow:G001 a marrow:Statement .", ()),
    ("marrow:G001 a marrow:Statement . marrow:Sneeze dcterms:source marrow:G001 .", ()),
    ("marrow:G001 a marrow:Statement . marrow:G001-part a marrow:GuidanceRow .",
     (Carrier("guidance row", "G001-part"),)),
    ('marrow:G001 a marrow:Statement . marrow:G001-part a marrow:Statement ; '
     'marrow:notComputable "Nobody counts."@en .', (Carrier("not computable", "Nobody counts."),)),
    ("marrow:G001 a marrow:Statement . marrow:Link a marrow:CausalLink ; "
     "dcterms:source marrow:G001 .", (Carrier("causal link", "Link"),)),
], ids=["nothing", "a kind", "a part", "a reason", "a link"])
def test_what_carries_a_row(write_root: Callable[..., Path], turtle: str,
                            carriers: tuple[Carrier, ...]) -> None:
    assert find_row_coverage(write_root(turtle)) == [RowCoverage("G001", "G001", carriers)]


def test_the_command_exits_1_on_a_row_that_nothing_carries(
    write_root: Callable[..., Path], monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = write_root("marrow:G001 a marrow:Statement .")
    monkeypatch.setattr("reasoner.knowledge.find_root", lambda: root)
    found = CliRunner().invoke(app, ["check", "--row-coverage"])
    assert (found.exit_code, found.stdout) == (
        1, "G001\tG001\tcarried by nothing\n0 of 1 guideline rows are carried\n")
    (root / "ontology" / "more.ttl").write_text(
        "@prefix marrow: <https://w3id.org/marrow/> .\nmarrow:G001-part a marrow:FlagRow .\n")
    found = CliRunner().invoke(app, ["check", "--row-coverage", "--json"])
    assert found.exit_code == 0
    assert json.loads(found.stdout) == [{
        "row": "G001", "label": "G001",
        "carriers": [{"sort": "flag row", "name": "G001-part"}]}]
