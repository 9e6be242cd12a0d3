"""Arguments for and against an intervention: their signs, what defeats what, and what follows.

The expected arguments are worked out from the rows of the guidelines by hand.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from reasoner.assessment import Assessment
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.errors import UsageError
from reasoner.explanation.arguments import arguments, arguments_text
from reasoner.explanation.contrast import contrast
from reasoner.namespaces import TYPE, marrow
from reasoner.pipeline import assess, load_knowledge

GOLDEN = Path(__file__).parent / "golden"
AS_OF = "2026-11-01"


def case(engine: Engine, name: str) -> Assessment:
    expected = json.loads((GOLDEN / name / "expected.json").read_text("utf-8"))
    return assess(engine, GOLDEN / name / "patient.ttl", expected["asOf"])


def told(found: dict[str, Any]) -> set[tuple[str, str, bool]]:
    return {(a["sign"], a["id"], a["stands"]) for a in found["arguments"]}


def attacks(found: dict[str, Any]) -> set[tuple[str, str, str]]:
    name = {a["number"]: a["id"] for a in (*found["arguments"], *found["elsewhere"])}
    return {(name[d["by"]], d["how"], name[d["of"]]) for d in found["defeats"]}


def test_a_better_route_undercuts_an_indication(engine: Engine) -> None:
    """Celiac disease: G501 recommends iron by mouth, G506-malabsorption supersedes it."""
    found = arguments(case(engine, "x11-malabsorption"), "OralIron")
    assert told(found) == {("confirming", "G501", False), ("excluding", "G506-malabsorption", True)}
    assert attacks(found) == {("G506-malabsorption", "undercutting", "G501")}
    assert (found["outcome"], found["reason"]) == ("not-recommended", "superseded")


def test_what_excludes_the_better_route_restores_the_indication(engine: Engine) -> None:
    """After a reaction to the intravenous route (G508) it takes the place of nothing."""
    found = arguments(case(engine, "x12-intravenous-iron-reaction"), "OralIron")
    assert told(found) == {("confirming", "G501", True), ("excluding", "G506-malabsorption", False)}
    assert [(a["about"], a["id"], a["stands"]) for a in found["elsewhere"]] == [
        ("IntravenousIron", "G508-hypersensitivity", True)]
    assert attacks(found) == {("G506-malabsorption", "undercutting", "G501"),
                              ("G508-hypersensitivity", "undercutting", "G506-malabsorption")}
    assert found["outcome"] == "recommended"


def test_a_row_that_advises_against_rebuts_and_a_caution_defeats_nothing(engine: Engine) -> None:
    """An eGFR of 29: G800 suggests, G804 says to avoid, G815 only says how."""
    found = arguments(case(engine, "n11-egfr-29"), "NSAID")
    assert told(found) == {("for", "G800", False), ("against", "G815", True),
                           ("excluding", "G804", True)}
    assert attacks(found) == {("G804", "rebutting", "G800")}
    by_id = {a["id"]: a for a in found["arguments"]}
    assert (by_id["G804"]["modality"], by_id["G804"]["provenance"]) == ("avoid", "P")
    assert any("29 mL/min" in fact for fact in by_id["G804"]["facts"])
    assert by_id["G804"]["proof"].startswith("https://w3id.org/marrow/proof/")


def test_a_refusal_by_the_patient_rebuts(engine: Engine) -> None:
    found = arguments(case(engine, "n22-declined"), "NSAID")
    refusal = next(a for a in found["arguments"] if a["relation"] == "refused")
    assert (refusal["sign"], refusal["ground"]) == ("excluding", "NSAID was declined")
    assert {d["how"] for d in found["defeats"] if d["by"] == refusal["number"]} == {"rebutting"}


def test_who_is_outside_the_population_is_told_nothing(engine: Engine) -> None:
    found = arguments(case(engine, "c03-child"), "OralIron")
    assert [(a["sign"], a["relation"]) for a in found["arguments"]] == [("doubting", "outOfScope")]
    assert found["outcome"] == "cannot-tell"


def test_what_must_be_known_and_is_not_undercuts(engine: Engine) -> None:
    """The kidney function is not known: requirement G816-kidney-function."""
    found = arguments(case(engine, "n01-kidney-unknown"), "NSAID")
    assert ("G816-kidney-function", "undercutting", "G800") in attacks(found)
    assert ("for", "G800", False) in told(found)
    assert found["outcome"] == "cannot-tell"


def outcome_by(found: dict[str, Any]) -> str:
    """Return the outcome that the arguments alone give."""
    standing = {a["sign"] for a in found["arguments"] if a["stands"]}
    signs = {a["sign"] for a in found["arguments"]}
    outside = any(a["relation"] == "outOfScope" for a in found["arguments"])
    for sign, outcome in (("excluding", "not-recommended"), ("confirming", "recommended"),
                          ("for", "consider")):
        if sign in standing:
            return outcome
    return "cannot-tell" if outside or signs & {"confirming", "for", "possible"} \
        else "not-applicable"


def check_outcomes(engine: Engine, names: list[str]) -> set[str]:
    seen = set()
    for name in names:
        assessment = case(engine, name)
        for intervention in assessment.graph.subjects(TYPE, marrow("CandidateIntervention")):
            found = arguments(assessment, intervention.strip("<>"))
            assert outcome_by(found) == found["outcome"], (name, intervention)
            seen.add(found["outcome"])
    return seen


def test_what_stands_gives_the_outcome(engine: Engine) -> None:
    """The defeats are those of the rules: the arguments that stand give what the rules conclude."""
    names = ["x11-malabsorption", "x12-intravenous-iron-reaction", "n11-egfr-29", "c03-child",
             "n22-declined", "care-in-spite-of-a-flag"]
    assert check_outcomes(engine, names) == {"recommended", "consider", "cannot-tell",
                                             "not-recommended", "not-applicable"}


@pytest.mark.long
def test_what_stands_gives_the_outcome_of_every_golden_case(engine: Engine) -> None:
    check_outcomes(engine, sorted(p.parent.name for p in GOLDEN.glob("*/patient.ttl")))


def test_contrast_shows_the_same_arguments(engine: Engine) -> None:
    assessment = case(engine, "x12-intravenous-iron-reaction")
    data = contrast(assessment, "OralIron", "IntravenousIron")
    for side in data["sides"]:
        alone = arguments(assessment, side["intervention"])
        assert (side["arguments"], side["defeats"]) == (alone["arguments"], alone["defeats"])
    assert data["supersedes"] == []  # the better route is excluded and takes no place


def test_the_command_tells_them(engine: Engine) -> None:
    path = str(GOLDEN / "n11-egfr-29" / "patient.ttl")
    found = CliRunner().invoke(app, ["arguments", path, "NSAID", "--as-of", AS_OF])
    assert found.exit_code == 0
    assert "defeated by 3 (rebutting): NSAID is advised against" in found.stdout
    assert found.stdout == arguments_text(arguments(case(engine, "n11-egfr-29"), "NSAID"))
    data = CliRunner().invoke(app, ["arguments", path, "NSAID", "--as-of", AS_OF, "--json"])
    assert json.loads(data.stdout)["asked"] == "NSAID"
    wrong = CliRunner().invoke(app, ["arguments", path, "Anemia", "--as-of", AS_OF])
    assert (wrong.exit_code, wrong.stdout, wrong.stderr.count("\n")) == (2, "", 1)


def test_a_kind_that_is_no_intervention_is_refused(engine: Engine) -> None:
    with pytest.raises(UsageError):
        arguments(case(engine, "n11-egfr-29"), "NoSuchThing")


def test_an_unverified_row_may_only_warn(engine: Engine) -> None:
    """G1011 is from memory: it would rule cold out, and only keeps the answer open."""
    found = arguments(case(engine, "nsaid-in-sickle-cell-disease-egfr-59"), "ColdTherapy")
    assert ("against", "G1011", True) in told(found)
    assert attacks(found) == {("G1011", "undercutting", "G1001-heat-cold")}
    assert next(a for a in found["arguments"] if a["id"] == "G1011")["provenance"] == "M"
    assert found["outcome"] == "cannot-tell"


def test_a_flag_that_is_open_undercuts_ordinary_care(engine: Engine) -> None:
    found = arguments(case(engine, "c108-physical-therapy-over-a-fracture"), "HeatTherapy")
    assert attacks(found) == {("VertebralCompressionFracture", "undercutting", "G1001-heat-cold")}
    assert (found["outcome"], found["reason"]) == ("not-recommended", "deferred")


SITE = """@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix marrow: <https://w3id.org/marrow/> .
[] a marrow:SiteChoice ; dcterms:source "Board, 2 May 2026" ; marrow:follows marrow:{} .
"""


@pytest.mark.parametrize(("followed", "other", "signs", "outcome"), [
    pytest.param("G907", "G908", {("for", "G907", True)}, "consider",
                 marks=pytest.mark.long),
    pytest.param("G908", "G907", {("excluding", "G908", True)}, "not-recommended",
                 marks=pytest.mark.long),  # each site compiles the knowledge anew
])
def test_what_a_site_does_not_follow_is_set_aside_aloud(
        followed: str, other: str, signs: set[tuple[str, str, bool]], outcome: str) -> None:
    """Anticonvulsants: the article (G907) suggests them, NICE (G908) does not."""
    site = load_knowledge(site=SITE.format(followed).encode())
    found = arguments(case(site, "c16e-anticonvulsant"), "Anticonvulsant")
    assert told(found) == signs
    assert found["outcome"] == outcome
    assert [(e["id"], e["follows"], e["bySource"]) for e in found["setAside"]] == [
        (other, followed, "Board, 2 May 2026")]
    assert f"set aside by this site: {other}" in arguments_text(found)


def test_without_a_site_the_disagreement_is_shown(engine: Engine) -> None:
    found = arguments(case(engine, "c16e-anticonvulsant"), "Anticonvulsant")
    assert told(found) == {("for", "G907", True), ("against", "G908", True)}
    assert all(a["sourcesDisagree"] for a in found["arguments"])
    assert {r["id"] for d in found["disagreements"] for r in d["readings"]} == {"G907", "G908"}


def test_what_was_done_lately_undercuts(engine: Engine) -> None:
    """G515-endoscopy asks for it, and the one on record still counts."""
    found = arguments(case(engine, "s16-endoscopy-done-lately"), "UpperEndoscopy")
    (done,) = [a for a in found["arguments"] if a["relation"] == "doneAlready"]
    assert done["ground"] == "procedure record: upper endoscopy, on 2026-10-01"
    assert attacks(found) == {(done["id"], "undercutting", "G515-endoscopy")}
    assert (found["outcome"], found["reason"]) == ("not-recommended", "already-done")


def test_every_reason_for_an_outcome_argues(engine: Engine) -> None:
    """A relation that the schema names as a reason and not as an argument would go unheard."""
    graph = engine.graph
    reasons = {s for s, p, _ in graph.triples if p == marrow("reasonFor")}
    assert len(reasons) >= 10
    assert {r for r in reasons if graph.text(r, marrow("argues")) is None} == set()
    signs = {graph.text(s, p) for s, p, _ in graph.triples if p == marrow("argues")}
    assert signs == {"confirming", "for", "possible", "against", "doubting", "excluding"}
    manners = {graph.text(s, p) for s, p, _ in graph.triples if p == marrow("attacks")}
    assert manners == {"rebutting", "undercutting"}
