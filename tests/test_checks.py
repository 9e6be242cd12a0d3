"""Every check finds what it is for, finds nothing in a sound ontology, and is told apart by name.

``data/checks/sound.ttl`` breaks nothing. Each other file there is named by a check and adds to it
what that check is for; its first line lists the terms that have to be found, and no others.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reasoner.checks import Loaded, read_severities, run_checks, run_query
from reasoner.engine import Engine, compile_knowledge
from reasoner.errors import KnowledgeError
from reasoner.firing import idle_rules
from reasoner.knowledge import read_knowledge
from reasoner.taxonomy import TAXONOMY_FILE, write_taxonomy

ROOT = Path(__file__).parent.parent
DATA = Path(__file__).parent / "data" / "checks"
CHECKS = sorted(p.stem for p in (ROOT / "queries" / "checks").glob("*.rq"))


def sound_root(folder: Path, *further: Path) -> Path:
    """Make a knowledge folder of the schema, the sound ontology and further files."""
    (folder / "ontology").mkdir(parents=True)
    for path in (ROOT / "ontology" / "schema.ttl", DATA / "sound.ttl", *further):
        shutil.copy(path, folder / "ontology")
    return folder


def found_by(check: str, root: Path) -> set[str]:
    return {row["where"].split(", ")[-1] for row in run_query(ROOT, check, "error", Loaded(root))}


def test_every_check_has_a_severity_and_a_case() -> None:
    assert sorted(read_severities(ROOT)) == CHECKS
    assert sorted(p.stem for p in DATA.glob("*.ttl")) == sorted([*CHECKS, "sound"])


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_says_what_and_why(check: str) -> None:
    lines = (ROOT / "queries" / "checks" / f"{check}.rq").read_text().splitlines()
    assert re.fullmatch(r"# title: [A-Z].*[^.]", lines[0])
    assert re.fullmatch(r"# why: .+[^.]", lines[1])


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_finds_what_it_is_for_and_nothing_else(check: str, tmp_path: Path) -> None:
    case = DATA / f"{check}.ttl"
    wanted = case.read_text().splitlines()[0].removeprefix("# found: ").split(", ")
    assert found_by(check, sound_root(tmp_path / "sound")) == set()
    assert found_by(check, sound_root(tmp_path / "broken", case)) == set(wanted)


def test_a_row_names_the_file_the_term_and_the_fault(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "broken", DATA / "flag-criterion-without-suspicion.ttl")
    rows = list(run_query(ROOT, "flag-criterion-without-suspicion", "error", Loaded(root)))
    assert rows == [{
        "severity": "error",
        "check": "flag-criterion-without-suspicion",
        "where": "ontology/flag-criterion-without-suspicion.ttl, marrow:OddCriterion",
        "what": "it meets marrow:G903 and does not conclude suspectedOf marrow:Swoon",
    }]


def whole_root(folder: Path) -> Path:
    """Make a sound knowledge folder with checks of its own and nothing else to ask."""
    sound_root(folder)
    (folder / "shapes").mkdir()
    shutil.copytree(ROOT / "queries" / "checks", folder / "queries" / "checks")
    return folder


def test_the_generated_taxonomy_is_missed_and_then_found_current(tmp_path: Path) -> None:
    root = whole_root(tmp_path)
    assert [r["check"] for r in run_checks(root=root)] == ["taxonomy-is-not-current"]
    write_taxonomy(root)
    assert run_checks(root=root) == []
    with (root / TAXONOMY_FILE).open("a") as file:
        file.write("# changed by hand\n")
    assert [r["where"] for r in run_checks(root=root)] == [TAXONOMY_FILE.as_posix()]


def test_a_misspelled_term_in_a_rule_or_shape_is_found(tmp_path: Path) -> None:
    root = whole_root(tmp_path)
    write_taxonomy(root)
    (root / "queries" / "rules").mkdir()
    (root / "queries" / "rules" / "odd.rq").write_text(
        "PREFIX marrow: <https://w3id.org/marrow/>\n"
        "CONSTRUCT { ?p marrow:has ?k } WHERE { ?p marrow:hass ?k }\n")
    (root / "shapes" / "odd.ttl").write_text(
        "@prefix marrow: <https://w3id.org/marrow/> .\n"
        "@prefix sh: <http://www.w3.org/ns/shacl#> .\n"
        "marrow:OddShape a sh:NodeShape ; sh:targetClass marrow:Patint .\n")
    assert [(r["where"], r["what"]) for r in run_checks(root=root)] == [
        ("queries/rules/odd.rq", "it names marrow:hass, which no file declares"),
        ("shapes/odd.ttl", "it names marrow:Patint, which no file declares"),
    ]


ODD_RULE = """# title: An odd rule
# when: {when}
# then: the patient has it
# why: to be found
# source: Marrow project decision
# layer: 17
# status: draft
# date: 2026-11-25
PREFIX marrow: <https://w3id.org/marrow/>

CONSTRUCT {{ ?patient marrow:showsPitfall ?kind }}
WHERE {{
  {{ ?patient marrow:has ?kind . }}
  UNION
  {{ ?patient marrow:{relation} ?kind . }}
}}
"""


@pytest.mark.parametrize(("relation", "found"), [("takes", ()), ("proves", (2,))])
def test_a_branch_that_nothing_can_feed_is_found(
        small_root: Path, tmp_path: Path, relation: str, found: tuple[int, ...]) -> None:
    """No record states, and no rule concludes, that a patient proves something."""
    root = tmp_path / "odd"
    shutil.copytree(small_root, root)
    (root / "queries" / "rules" / "odd.rq").write_text(
        ODD_RULE.format(relation=relation, when="it is so or otherwise so"))
    knowledge = read_knowledge(root)
    assert idle_rules(compile_knowledge(knowledge), knowledge).get("odd", ()) == found


def test_every_shipped_rule_can_fire(engine: Engine) -> None:
    assert idle_rules(engine, read_knowledge()) == {}


@pytest.mark.parametrize(("line", "named"), [
    ("kind-without-class\terror\n", "doubled"),
    ("no-such-check\terror\n", "no-such-check"),
])
def test_the_table_of_severities_has_to_match_the_queries(tmp_path: Path, line: str, named: str) \
        -> None:
    root = whole_root(tmp_path)
    with (root / "queries" / "checks" / "severity.tsv").open("a") as file:
        file.write(line)
    with pytest.raises(KnowledgeError, match=named):
        run_checks(root=root)


@pytest.mark.parametrize(("text", "said"), [
    ("SELECT ?where WHERE { ?where a ?what }", "columns"),
    ("SELECT ?where ?what WHERE { ?where a }", "expected"),
])
def test_a_broken_check_is_refused(tmp_path: Path, text: str, said: str) -> None:
    root = whole_root(tmp_path)
    (root / "queries" / "checks" / "kind-without-class.rq").write_text(text)
    with pytest.raises(KnowledgeError, match=said) as caught:
        run_checks(root=root)
    assert caught.value.where == "kind-without-class.rq"


def test_the_command_writes_the_taxonomy_and_exits_1_on_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    from reasoner.cli.main import app

    root = whole_root(tmp_path)
    monkeypatch.setattr("reasoner.knowledge.find_root", lambda: root)
    monkeypatch.setattr("reasoner.checks.find_root", lambda: root)
    assert CliRunner().invoke(app, ["check"]).exit_code == 1
    written = CliRunner().invoke(app, ["check", "--write-is-a"])
    assert (written.exit_code, written.stdout) == (0, "no findings\n")
    assert "marrow:FootBath\n    marrow:isA marrow:Bath ." in (root / TAXONOMY_FILE).read_text()


def test_the_shipped_ontology_has_no_errors() -> None:
    assert [r for r in run_checks() if r["severity"] == "error"] == []
