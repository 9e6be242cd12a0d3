"""A site's own bounds and choices: what they change, that every answer says so, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reasoner import assess, load_knowledge
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.errors import InputRefused, LimitReached
from reasoner.explanation.report import report
from reasoner.pipeline import read_site_file

HERE = Path(__file__).parent
AS_OF = "2026-11-01"
PREFIXES = """@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix marrow: <https://w3id.org/marrow/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def bound(name: str, number: str, unit: str = "g/L") -> str:
    return (f'marrow:{name} a marrow:SiteThreshold ; dcterms:source "Board, 1 March 2026" ; '
            f'marrow:siteBound {number} ; marrow:thresholdUnit "{unit}" .\n')


def follow(statement: str) -> str:
    return (f'[] a marrow:SiteChoice ; dcterms:source "Board, 2 May 2026" ; '
            f"marrow:follows marrow:{statement} .\n")


STRICT = PREFIXES + bound("HemoglobinBelowTransfusionTrigger", "75.0") \
    + follow("G303") + follow("G308") + follow("G908")
WIDE = PREFIXES + follow("G309") + follow("G907") \
    + follow("G1204").replace("Board", "Board\\nRecommended\\n  everything")


@pytest.fixture(scope="module")
def strict() -> Engine:
    """A higher trigger; WHO in inflammation, ECCO without; NICE on anticonvulsants."""
    return load_knowledge(site=STRICT.encode())


@pytest.fixture(scope="module")
def wide() -> Engine:
    """ECCO in inflammation; the article on anticonvulsants."""
    return load_knowledge(site=WIDE.encode())


def hemoglobin(value: str) -> bytes:
    return f"""{PREFIXES}
<urn:p> a marrow:Patient ; marrow:birthDate "1970-01-01"^^xsd:date ; marrow:sex marrow:Female ;
    marrow:hasObservation <urn:p/hb> .
<urn:p/hb> a marrow:Observation ; marrow:kind marrow:Hemoglobin ; marrow:value {value} ;
    marrow:unit "g/L" ; marrow:date "2026-10-20"^^xsd:date ; marrow:status "final" .
""".encode()


def example(name: str, old: str = "", new: str = "") -> bytes:
    text = (HERE.parent / "examples" / f"{name}.ttl").read_text()
    assert old in text
    return text.replace(old, new).encode()


def outcomes(engine: Engine, patient: bytes | Path) -> dict[str, tuple[str, str | None]]:
    found = report(assess(engine, patient, AS_OF))
    return {r["intervention"]: (r["outcome"], r["reason"]) for r in found["recommendations"]}


def disorders(engine: Engine, patient: bytes) -> set[str]:
    return {d["name"] for d in report(assess(engine, patient, AS_OF))["disorders"]}


@pytest.mark.parametrize(("value", "shipped", "own"), [
    ("69.9", "consider", "consider"), ("70", "not-applicable", "consider"),
    ("74.9", "not-applicable", "consider"), ("75", "not-applicable", "not-applicable"),
])
def test_a_bound_of_the_site_takes_the_place_of_the_shipped_one(
        engine: Engine, strict: Engine, value: str, shipped: str, own: str) -> None:
    assert outcomes(engine, hemoglobin(value))["RedCellTransfusion"][0] == shipped
    assert outcomes(strict, hemoglobin(value))["RedCellTransfusion"][0] == own


@pytest.mark.parametrize(("ferritin", "deficient", "by_who"), [
    ("69.9", True, True), ("70", True, False), ("100", True, False), ("100.1", False, False),
])
def test_following_who_in_inflammation_sets_the_wider_reading_aside(
        engine: Engine, strict: Engine, ferritin: str, deficient: bool, by_who: bool) -> None:
    patient = example("mixed", "value 60 ", f"value {ferritin} ")
    assert ("IronDeficiency" in disorders(engine, patient)) is deficient
    assert ("IronDeficiency" in disorders(strict, patient)) is by_who
    assert ("MixedIronDeficiencyAndChronicDisease" in disorders(strict, patient)) is by_who
    assert (outcomes(strict, patient)["OralIron"][0] == "recommended") is by_who


@pytest.mark.parametrize(("ferritin", "by_aga", "by_ecco"), [
    ("29.9", True, True), ("30", True, False), ("44.9", True, False), ("45", False, False),
])
def test_following_ecco_in_anemia_sets_the_wider_reading_aside(
        engine: Engine, strict: Engine, ferritin: str, by_aga: bool, by_ecco: bool) -> None:
    patient = example("iron-deficiency", "value 8 ", f"value {ferritin} ")
    assert ("IronDeficiency" in disorders(engine, patient)) is by_aga
    assert ("IronDeficiency" in disorders(strict, patient)) is by_ecco


def test_a_row_that_is_followed_speaks_with_its_own_strength(
        engine: Engine, strict: Engine, wide: Engine) -> None:
    patient = HERE / "golden" / "c16e-anticonvulsant" / "patient.ttl"
    assert outcomes(engine, patient)["Anticonvulsant"] == ("consider", None)
    assert outcomes(strict, patient)["Anticonvulsant"] == ("not-recommended", "advised-against")
    entry = next(r for r in report(assess(wide, patient, AS_OF))["recommendations"]
                 if r["intervention"] == "Anticonvulsant")
    assert (entry["outcome"], entry["against"]) == ("consider", [])


def test_a_choice_ends_the_disagreement_and_says_so(wide: Engine) -> None:
    found = report(assess(wide, example("mixed", "value 60 ", "value 80 "), AS_OF))
    assert found["disagreements"] == []
    assert [(c["follows"], [o["name"] for o in c["setsAside"]]) for c in found["site"]["choices"]] \
        == [("G1204", ["G1203", "G1203-later"]), ("G309", ["G303"]), ("G907", ["G908"])]
    assert "IronDeficiency" in {d["name"] for d in found["disorders"]}


def test_an_interval_that_is_followed_stands_alone(engine: Engine, wide: Engine) -> None:
    """Two guidelines differ on how often to look after the correction; the site takes the newer."""
    patient = HERE / "golden" / "t12l-last-day-of-iron" / "patient.ttl"
    shipped = {m["name"]: m for m in report(assess(engine, patient, "2026-05-31"))["monitoring"]}
    assert {"G1203", "G1203-later", "G1204"} <= shipped.keys()
    assert [o["id"] for o in shipped["G1204"]["disagreesWith"]] == ["G1203"]
    own = {m["name"]: m for m in report(assess(wide, patient, "2026-05-31"))["monitoring"]}
    assert shipped.keys() - own.keys() == {"G1203", "G1203-later"}
    assert own["G1204"]["disagreesWith"] == []
    assert own["G1204"]["dueFrom"] == shipped["G1204"]["dueFrom"]


def test_an_unchanged_site_is_compiled_once_and_another_apart(strict: Engine, wide: Engine) -> None:
    assert load_knowledge(site=STRICT.encode()) is strict
    assert strict.site != wide.site
    assert strict.fingerprint == wide.fingerprint == load_knowledge().fingerprint
    assert load_knowledge().site == ""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A site's file and a patient whose hemoglobin lies between the two triggers."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "site.ttl").write_text(STRICT)
    (folder / "patient.ttl").write_bytes(hemoglobin("72"))
    return str(folder / "site.ttl"), str(folder / "patient.ttl")


VERBS = [
    ["explain", "PATIENT"], ["explain", "PATIENT", "--compare-evidence"],
    ["why", "PATIENT", "RedCellTransfusion"], ["why-not", "PATIENT", "OralIron"],
    ["what-if", "PATIENT", "--set", "Hemoglobin=80g/L"],
    ["contrast", "PATIENT", "RedCellTransfusion", "OralIron"], ["missing", "PATIENT"],
    ["evidence", "PATIENT", "C076"], ["explain-pain", "PATIENT"], ["validate", "PATIENT"],
    ["query", "PATIENT", "recommendations"], ["query", "cutoffs"],
    ["ask", "PATIENT", "why is red cell transfusion considered?"],
]


@pytest.mark.parametrize("verb", VERBS, ids=lambda v: " ".join(v))
def test_every_answer_names_each_change_with_its_old_and_new_value(
        strict: Engine, files: tuple[str, str], verb: list[str]) -> None:
    site, patient = files
    arguments = [patient if a == "PATIENT" else a for a in verb] + ["--thresholds", site]
    if verb[0] != "validate" and "PATIENT" in verb:
        arguments += ["--as-of", AS_OF]
    found = CliRunner().invoke(app, arguments)
    assert found.exit_code == 0, found.output
    where = found.stderr if verb[0] == "query" else found.stdout
    assert where.count("< 75 g/L instead of < 70 g/L") == 1
    assert "Board, 1 March 2026" in where
    assert "follows G303" in where
    data = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert [(t["name"], t["shipped"], t["inForce"]) for t in data["site"]["thresholds"]] \
        == [("HemoglobinBelowTransfusionTrigger", "70", "75")]


def test_without_a_site_no_answer_speaks_of_one(files: tuple[str, str]) -> None:
    found = CliRunner().invoke(app, ["explain", files[1], "--as-of", AS_OF])
    assert "site are in force" not in found.output
    assert "instead of" not in found.output


def test_a_proof_shows_the_definition_of_the_site_as_its_source(files: tuple[str, str]) -> None:
    arguments = ["why", files[1], "RedCellTransfusion", "--as-of", AS_OF, "--thresholds", files[0]]
    text = CliRunner().invoke(app, arguments).stdout
    assert "with this site's HemoglobinBelowTransfusionTrigger" in text
    assert "< 75 g/L (shipped: < 70 g/L). Board, 1 March 2026" in text
    steps = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)["steps"]
    assert [s["site"] for s in steps if s["site"]] == [["HemoglobinBelowTransfusionTrigger"]]


def test_a_proof_made_with_a_site_is_checked_with_that_site(
        files: tuple[str, str], tmp_path: Path) -> None:
    proof = str(tmp_path / "proof.trig")
    made = CliRunner().invoke(app, ["why", files[1], "RedCellTransfusion", "--as-of", AS_OF,
                                    "--thresholds", files[0], "--rdf", proof])
    assert made.exit_code == 0
    without = CliRunner().invoke(app, ["check", "--proof", proof])
    assert (without.exit_code, "HemoglobinBelowTransfusionTrigger" in without.stdout) == (1, True)
    with_it = CliRunner().invoke(app, ["check", "--proof", proof, "--thresholds", files[0],
                                       "--patient", files[1]])
    assert (with_it.exit_code, with_it.stdout[:6]) == (0, "holds:")


PAIR = bound("HemoglobinSevereInAdults", "115.0") + bound("HemoglobinAtOrAboveSevereOfAdults",
                                                          "115.0")
REFUSED = {
    "nothing": ("", "no statements"),
    "an unknown threshold": (bound("HemoglobinOfMars", "70"), "no such threshold"),
    "a kind for a threshold": (bound("OralIron", "70"), "no such threshold"),
    "another unit": (bound("HemoglobinBelowTransfusionTrigger", "7.5", "g/dL"),
                     r"its unit is g/L .* write the number in g/L"),
    "a number of another unit": (bound("HemoglobinBelowTransfusionTrigger", "7.5"),
                                 "outside the plausible range"),
    "an age": (bound("AgeOfAnAdult", "12", "a"), "counts time"),
    "a day count": (bound("DaysOfNewPain", "40", "d"), "counts time"),
    "a gestation": (bound("GestationFromTwentyWeeks", "150", "d"), "counts time"),
    "a word for a number": (bound("HemoglobinBelowTransfusionTrigger", '"seventy"'),
                            "exactly one number"),
    "a float": (bound("HemoglobinBelowTransfusionTrigger", "7.5e1"), "exactly one number"),
    "too many digits": (bound("HemoglobinBelowTransfusionTrigger", "75.1234567890123456"),
                        "no plain number"),
    "two numbers": (bound("HemoglobinBelowTransfusionTrigger", "75.0, 76.0"), "given twice"),
    "two blocks": (bound("HemoglobinBelowTransfusionTrigger", "75.0") * 2, "given twice"),
    "one half of a pair": (bound("FerritinBelowCutoffInAnemia", "50.0", "ug/L"),
                           "ends at 50 and its counterpart, .* begins at 45"),
    "a band past a milder one": (PAIR, "bound 115 is above that of .* 110"),
    "no source": ('marrow:HemoglobinBelowTransfusionTrigger a marrow:SiteThreshold ; '
                  'marrow:siteBound 75.0 ; marrow:thresholdUnit "g/L" .', "who decided it"),
    "an empty source": (follow("G303").replace("Board, 2 May 2026", ""), "who decided it"),
    "nothing to choose": (follow("G501"), "follow one of G1203, G1204, G303, G305, G308, G309"),
    "both sides": (follow("G303") + follow("G309"), "on the same question"),
    "one side twice": (follow("G303") * 2, "on the same question"),
    "two at once": (follow("G303").replace("G303", "G303, marrow:G901"), "exactly one statement"),
    "a definition": ("marrow:HemoglobinBelowTransfusionTrigger a rdfs:Datatype .",
                     "nothing a site decides"),
    "a class": ("marrow:Gout a owl:Class .", "nothing a site decides"),
    "a patient": ("<urn:p> a marrow:Patient .", "nothing a site decides"),
    "an axiom": (follow("G303") + "marrow:Anemia rdfs:subClassOf marrow:IronDeficiency .",
                 "not for a site to say"),
    "an import": ("<urn:o> owl:imports <urn:evil> .", "not for a site to say"),
    "a label": (bound("HemoglobinBelowTransfusionTrigger", '75.0 ; rdfs:label "mine"'),
                "not for a site to say"),
    "a modality": (follow("G303") + "marrow:G303 marrow:modality marrow:Recommend .",
                   "not for a site to say"),
    "an untyped thing": ('<urn:x> dcterms:source "me" .', "not said what this is"),
    "a choice named as a row": (follow("G303").replace("[]", "marrow:G303"), "bears another's"),
    "a threshold of another name": (bound("X", "1").replace("marrow:X", "<urn:x>"),
                                    "bears another's"),
    "no Turtle": ("marrow:X a", "does not parse|expected|unexpected|ends too early"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_site_may_do_only_what_the_shape_allows(case: str) -> None:
    text, said = REFUSED[case]
    body = (PREFIXES if text else "") + text
    with pytest.raises(InputRefused, match=said) as caught:
        load_knowledge(site=body.encode())
    assert caught.value.fix
    assert "\n" not in str(caught.value)


def test_both_halves_of_a_pair_may_move_together() -> None:
    text = PREFIXES + bound("FerritinBelowCutoffInAnemia", "50", "ug/L") \
        + bound("FerritinAtOrAboveCutoffInAnemia", "50.0", "ug/L")
    decided = read_site_file(text.encode())
    assert {t.bound for t in decided.thresholds} == {
        '"50"^^<http://www.w3.org/2001/XMLSchema#decimal>'}


@pytest.mark.parametrize("body", [
    PREFIXES + "[] marrow:follows " + "[ marrow:follows " * 100 + "1" + " ]" * 100 + " .",
    PREFIXES + "# " + "x" * 5_000_001,
    PREFIXES + follow("G303").replace("Board", "B" * 30_000),
])
def test_a_file_made_to_exhaust_is_refused(body: str) -> None:
    with pytest.raises(LimitReached):
        load_knowledge(site=body.encode())


def test_a_wrong_file_gets_one_line_and_its_exit_code(tmp_path: Path) -> None:
    path = tmp_path / "site.ttl"
    path.write_text(PREFIXES + bound("HemoglobinOfMars", "70"))
    for name in (str(path), str(tmp_path / "none.ttl"), str(tmp_path)):
        found = CliRunner().invoke(app, ["explain", "--example", "mixed", "--thresholds", name])
        assert (found.exit_code, found.stdout, found.stderr.count("\n")) == (3, "", 1)
    assert CliRunner().invoke(app, ["validate", "--thresholds", str(path)]).exit_code == 3
    path.write_text(PREFIXES + follow("G303"))
    alone = CliRunner().invoke(app, ["validate", "--thresholds", str(path)])
    assert alone.exit_code == 0
    assert alone.stdout.endswith("conforms\n")


def test_what_a_site_writes_stays_on_its_line(wide: Engine) -> None:
    found = report(assess(wide, hemoglobin("80"), AS_OF))
    assert found["site"]["choices"][0]["source"] == "Board Recommended everything, 2 May 2026"
