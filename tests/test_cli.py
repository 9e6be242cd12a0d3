"""The command line: what a user types, what comes back, and with which exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from reasoner.cli.call import example_names
from reasoner.cli.main import app

ROOT = Path(__file__).parent.parent
AS_OF = ["--as-of", "2026-11-01"]
RUNNER = CliRunner()


def run(*arguments: str, stdin: str | None = None):
    return RUNNER.invoke(app, list(arguments), input=stdin)


def test_help_loads_nothing_heavy() -> None:
    code = ("import sys; from typer.testing import CliRunner; from reasoner.cli.main import app; "
            "CliRunner().invoke(app, ['--help']); print(' '.join(sys.modules))")
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                            check=True).stdout.split()
    heavy = {"numpy", "rdflib", "pyshacl", "pyoxigraph", "networkx", "owlready2"}
    assert heavy.isdisjoint(loaded)


def test_version() -> None:
    assert run("--version").stdout == "marrow 0.1.0\n"


def test_five_examples_ship() -> None:
    assert example_names() == ["chronic-disease", "hemolytic", "iron-deficiency", "mixed",
                               "sickle-cell-crisis"]


@pytest.mark.parametrize("name", example_names())
def test_every_example_answers_by_the_published_schema(name: str) -> None:
    schema = json.loads((ROOT / "reasoner/explanation/report.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    found = run("explain", "--example", name, *AS_OF, "--json")
    assert found.exit_code == 0
    Draft202012Validator(schema).validate(json.loads(found.stdout))
    assert run("validate", "--example", name).stdout == "conforms\n"


def test_the_same_patient_by_file_and_standard_input() -> None:
    path = ROOT / "examples" / "iron-deficiency.ttl"

    def told(*arguments: str, stdin: str | None = None) -> list[str]:
        """What is told, but for the line that repeats how the patient was named."""
        lines = run("explain", *arguments, *AS_OF, stdin=stdin).stdout.splitlines()
        return [line for line in lines if "marrow why " not in line]

    by_name = told("--example", "iron-deficiency")
    assert len(by_name) > 40
    assert told(str(path)) == by_name
    assert told("-", stdin=path.read_text()) == by_name


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["explain"], 2),
        (["explain", "--example", "nobody"], 2),
        (["explain", "--example", "iron-deficiency", "--as-of", "yesterday"], 2),
        (["explain", "no-such-file.ttl"], 3),
        (["why", "--example", "iron-deficiency", *AS_OF, "NoSuchThing"], 2),
        (["query", "--example", "iron-deficiency", *AS_OF, "no-such-query"], 2),
    ],
)
def test_a_wrong_call_gets_one_line_and_its_exit_code(arguments: list[str], code: int) -> None:
    found = run(*arguments)
    assert found.exit_code == code
    assert found.stdout == ""
    assert found.stderr.count("\n") == 1
    assert found.stderr.startswith("marrow: ")


def test_bad_input_gives_no_half_output(tmp_path: Path) -> None:
    path = tmp_path / "patient.ttl"
    path.write_text("@prefix marrow: <https://w3id.org/marrow/> .\n"
                    "<urn:p> a marrow:Patient ; marrow:has marrow:Anemia .\n")
    found = run("explain", str(path), *AS_OF)
    assert found.exit_code == 3
    assert found.stdout == ""
    assert "patient.ttl" in found.stderr


def test_a_proof_written_as_rdf_conforms_to_its_shape(tmp_path: Path) -> None:
    import rdflib
    from pyshacl import validate

    path = tmp_path / "proof.trig"
    found = run("why", "--example", "iron-deficiency", *AS_OF, "OralIron", "--rdf", str(path))
    assert found.exit_code == 0
    data = rdflib.Dataset()
    data.parse(path, format="trig")
    merged = rdflib.Graph()
    for s, p, o, _ in data.quads():
        merged.add((s, p, o))
    conforms, _, text = validate(merged, shacl_graph=str(ROOT / "shapes" / "proof.ttl"))
    assert conforms, text


@pytest.mark.parametrize("name", sorted(p.stem for p in (ROOT / "queries/questions").glob("*.rq")))
def test_every_shipped_question_answers(name: str) -> None:
    found = run("query", "--example", "iron-deficiency", *AS_OF, name, "--json")
    assert found.exit_code == 0
    assert json.loads(found.stdout)["columns"]


def test_a_proof_can_be_drawn() -> None:
    import networkx as nx

    arguments = ["why", "--example", "iron-deficiency", *AS_OF, "OralIron"]
    steps = json.loads(run(*arguments, "--json").stdout)["steps"]
    graph = nx.parse_graphml(run(*arguments, "--draw", "graphml").stdout)
    assert nx.is_directed_acyclic_graph(graph)
    assert graph.number_of_nodes() == len(steps)
    assert {(f"s{n}", f"s{step['number']}") for step in steps for n in step["from"]} \
        == set(graph.edges)
    for form, arrow in (("mermaid", "-->"), ("dot", "->")):
        text = run(*arguments, "--draw", form).stdout
        assert text.count(f" {arrow} ") == graph.number_of_edges()
    assert run(*arguments, "--draw", "crayon").exit_code == 2


def test_a_proof_is_a_tree_from_the_conclusion_down() -> None:
    """Each step is unfolded once, over what it rests on; its records and absences are leaves."""
    arguments = ["why", "--example", "iron-deficiency", *AS_OF, "OralIron"]
    steps = {s["number"]: s for s in json.loads(run(*arguments, "--json").stdout)["steps"]}
    under: dict[int, list[str]] = {}
    above: list[tuple[int, int]] = []
    for line in run(*arguments, "--draw", "tree").stdout.splitlines():
        text = line.lstrip("│├└─ ")
        depth = len(line) - len(text)
        above = [(at, number) for at, number in above if at < depth]
        if above:
            under.setdefault(above[-1][1], []).append(text)
        number = text.split(".")[0]
        if number.isdigit() and "(unfolded above)" not in text:
            assert steps[int(number)]["says"] in text
            above.append((depth, int(number)))
    for number, step in steps.items():
        shown = [t.split(".")[0] if t.split(".")[0].isdigit() else t for t in under.get(number, [])]
        assert shown == [*map(str, step["from"]), *step["records"],
                         *(f"as long as {a}" for a in step["absences"])]


def test_a_question_about_knowledge_needs_no_patient() -> None:
    found = json.loads(run("query", "panels-of-a-plan", "--with", "plan=DiagnosticWorkup",
                           "--json").stdout)
    assert {"CompleteBloodCount", "IronStudies"} <= {
        row["panel"].removeprefix("marrow:") for row in found["rows"]}
    assert run("query", "panels-of-a-plan", "--with", "nothing=Anemia").exit_code == 2
    assert run("query", "why").exit_code == 2


@pytest.mark.parametrize(("question", "given", "meant"), [
    ("contraindications", "intervention=NSAIDs", "NSAID"),
    ("contraindications", "intervention=ibuprofen", "Ibuprofen"),
    ("follow-up", "item=Hemoglobine", "Hemoglobin"),
])
def test_a_parameter_that_names_nothing_is_refused(question: str, given: str, meant: str) -> None:
    found = run("query", question, "--with", given)
    assert (found.exit_code, found.stdout) == (2, "")
    assert "is no name in the ontology" in found.stderr
    assert f"did you mean {meant}" in found.stderr


def test_a_parameter_may_be_a_text() -> None:
    found = run("query", "contraindications", "--with", "provenance=M", "--json")
    assert {row["provenance"] for row in json.loads(found.stdout)["rows"]} == {"M"}
    refused = run("query", "contraindications", "--with", "provenance=from memory")
    assert (refused.exit_code, refused.stdout) == (2, "")


def test_what_stands_against_a_group_stands_against_each_of_it() -> None:
    rows = {name: {row["row"] for row in json.loads(run(
        "query", "contraindications", "--with", f"intervention={name}", "--json").stdout)["rows"]}
        for name in ("NSAID", "Ibuprofen")}
    assert "marrow:G804" in rows["NSAID"]
    assert rows["NSAID"] <= rows["Ibuprofen"]


def test_a_query_that_would_fetch_is_refused(tmp_path: Path) -> None:
    for number, text in enumerate([
        "SELECT * WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * WHERE { ?s ?p ?o OPTIONAL { SERVICE SILENT ?s { ?a ?b ?c } } }",
        "SELECT * FROM <file:///etc/passwd> WHERE { ?s ?p ?o }",
        "ASK { FILTER EXISTS { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } } }",
        "SELECT * WHERE { { SELECT ?s WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } } } }",
        "SELECT * WHERE { \\u0053ERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * WHERE { ?s ?p '#' . service<http://127.0.0.1:9/>{ ?s ?p ?o } }",
        "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
        "LOAD <http://127.0.0.1:9/>",
    ]):
        path = tmp_path / f"q{number}.rq"
        path.write_text(text)
        found = run("query", "--example", "iron-deficiency", *AS_OF, str(path))
        assert found.exit_code == 3, text
        assert found.stdout == ""


def test_a_word_in_a_string_or_name_is_no_keyword(tmp_path: Path) -> None:
    path = tmp_path / "q.rq"
    path.write_text("""PREFIX from: <urn:service:>  # SERVICE FROM
SELECT ?service WHERE { ?service ?p "FROM a SERVICE" . FILTER(?p != from:service) }""")
    found = run("query", "--example", "iron-deficiency", *AS_OF, str(path))
    assert found.exit_code == 0, found.output


def test_the_mechanism_page_is_whole_and_fetches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mechanism.html"
    assert run("graph", "--html", str(path)).exit_code == 0
    page = path.read_text()
    assert "<script" not in page
    assert "default-src 'none'" in page
    data = json.loads(run("graph", "--json").stdout)
    for kind in data["kinds"]:
        assert f'id="{kind["name"]}"' in page


def test_flags_come_by_urgency_with_every_reason() -> None:
    """T10: back pain of three months, calcium 2.82 mmol/L, creatinine 190 umol/L, Hb 95 g/L."""
    case = Path(__file__).parent / "golden" / "t10-myeloma" / "patient.ttl"
    found = RUNNER.invoke(app, ["explain", str(case), "--as-of", "2026-11-01", "--json"])
    flags = json.loads(found.stdout)["redFlags"]
    order = ["emergency", "urgent", "routine"]
    ranks = [order.index(flag["urgency"]) for flag in flags]
    assert ranks == sorted(ranks)
    myeloma = next(flag for flag in flags if flag["name"] == "MultipleMyeloma")
    said = " ".join(myeloma["because"])
    for part in ("calcium", "creatinine", "hemoglobin", "back pain"):
        assert part in said
    assert len(myeloma["actions"]) == len(set(zip(myeloma["actions"], myeloma["actors"],
                                                  strict=True)))


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["why", "OralIrn"], "OralIron"),
        (["why", "oral irn"], "OralIron"),
        (["why-not", "blood transfusoin"], "RedCellTransfusion"),
        (["contrast", "OralIron", "IntravenosIron"], "IntravenousIron"),
        (["evidence", "C61"], "C061"),
        (["arguments", "oral irn"], "OralIron"),
        (["query", "due-date"], "due-dates"),
        (["what-if", "--set", "hemoglobn=6.8g/dL"], "Hemoglobin"),
        (["what-if", "--add", "Warfrin"], "Warfarin"),
    ],
)
def test_a_mistyped_name_is_answered_with_the_nearest(arguments: list[str], meant: str) -> None:
    verb, *rest = arguments
    found = run(verb, "--example", "iron-deficiency", *AS_OF, *rest)
    assert (found.exit_code, found.stdout) == (2, "")
    assert f"did you mean {meant}" in found.stderr


@pytest.mark.parametrize(
    ("case", "code"),
    [("x04-two-results-at-one-time", "disagree"), ("x06-no-unit", "unit"),
     ("x07-implausible", "hemoglobin")],
)
def test_validate_tells_what_explain_would_not_use(case: str, code: str) -> None:
    path = ROOT / "tests" / "golden" / case / "patient.ttl"
    found = run("validate", str(path), *AS_OF)
    assert found.exit_code == 1
    assert code in found.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["why", "oral iron"], "Why: oral iron"),
        (["why-not", "blood transfusion"], "Why not red cell transfusion"),
        (["arguments", "Oral  Iron"], "Arguments about oral iron"),
        (["contrast", "oral iron", "intravenous iron"], "intravenous iron:"),
        (["what-if", "--set", "hemoglobin=6.8g/dL"], "If hemoglobin were 6.8 g/dL"),
    ],
)
def test_a_label_is_as_good_as_a_name(arguments: list[str], says: str) -> None:
    verb, *rest = arguments
    found = run(verb, "--example", "iron-deficiency", *AS_OF, *rest)
    assert found.exit_code == 0, found.stderr
    assert says in found.stdout


def test_a_label_of_two_kinds_is_refused_with_both() -> None:
    found = run("why", "--example", "iron-deficiency", *AS_OF, "B12")
    assert (found.exit_code, found.stdout) == (2, "")
    assert "SerumVitaminB12 or VitaminB12Supplement" in found.stderr


@pytest.mark.parametrize(
    ("change", "says"),
    [(["--set", "Hemoglobin=6,8 g/dL"], "write 6.8"),
     (["--add", "Hemoglobin"], "--set Hemoglobin")],
)
def test_a_change_that_cannot_be_meant_says_what_to_write(change: list[str], says: str) -> None:
    found = run("what-if", "--example", "iron-deficiency", *AS_OF, *change)
    assert (found.exit_code, found.stdout) == (2, "")
    assert says in found.stderr


def test_a_claim_is_read_without_a_patient() -> None:
    found = run("evidence", "C025")
    assert found.exit_code == 0, found.stderr
    assert "C025 [A]" in found.stdout
    assert "<FatigueAltersBiomechanics>" in found.stdout


def test_a_name_that_is_near_to_nothing_gets_no_guess() -> None:
    found = run("why", "--example", "iron-deficiency", *AS_OF, "qqqqqq")
    assert found.exit_code == 2
    assert "did you mean" not in found.stderr


@pytest.mark.parametrize(
    ("amount", "said"),
    [("6.8", "no unit"), ("6.8xx", "'xx' is not known"), ("680g/dL", "lies outside")],
)
def test_a_result_that_cannot_be_read_is_not_supposed(amount: str, said: str) -> None:
    found = run("what-if", "--example", "iron-deficiency", *AS_OF, "--set", f"Hemoglobin={amount}")
    assert (found.exit_code, found.stdout) == (2, "")
    assert "marrow: hemoglobin: " in found.stderr
    assert said in found.stderr


def test_an_example_named_as_a_file_is_told_how_it_is_named() -> None:
    found = run("explain", "iron-deficiency", *AS_OF)
    assert found.exit_code == 2
    assert "--example iron-deficiency" in found.stderr


@pytest.mark.parametrize("arguments", [
    ["graph", "--html"], ["why", "--example", "iron-deficiency", *AS_OF, "OralIron", "--rdf"],
])
def test_an_answer_that_cannot_be_written_names_the_place(arguments: list[str],
                                                          tmp_path: Path) -> None:
    place = str(tmp_path / "no-such-folder" / "out")
    found = run(*arguments, place)
    assert found.exit_code == 2
    assert found.stderr.startswith(f"marrow: {place}: No such file or directory; ")


def test_every_line_of_the_help_is_whole() -> None:
    assert "..." not in run("--help").stdout.partition("Commands:")[2]


@pytest.mark.parametrize("verb", [["explain"], ["why", "", "OralIron"], ["validate"],
                                  ["export", "--fhir"]])
def test_an_empty_name_is_no_patient(verb: list[str]) -> None:
    found = RUNNER.invoke(app, verb if "" in verb else [*verb, ""])
    assert (found.exit_code, found.stderr) == (
        2, "marrow: the name of the patient file is empty; name a file, or - for standard input\n")


SUPPOSED = ["what-if", "--example", "iron-deficiency", *AS_OF, "--set", "Hemoglobin=6.8g/dL"]


def test_what_is_supposed_has_its_reason_too() -> None:
    """Below 70 g/L red cells may be considered (G601); the record itself says 9.8 g/dL."""
    told = run(*SUPPOSED)
    assert "not-applicable -> consider  <RedCellTransfusion>" in told.stdout
    found = run(*SUPPOSED, "--why", "RedCellTransfusion")
    assert found.exit_code == 0
    assert found.stdout.startswith("If hemoglobin were 6.8 g/dL:\nWhy: red cell transfusion may be")
    assert "G601-hemoglobin" in found.stdout
    assert "hemoglobin, 6.8 g/dL" in found.stdout
    assert "9.8" not in found.stdout
    data = json.loads(run(*SUPPOSED, "--why", "red cell transfusion", "--json").stdout)
    assert data["suppose"] == ["hemoglobin were 6.8 g/dL"]
    assert data["conclusion"]


@pytest.mark.parametrize("more", [["--rdf", "x.trig"], ["--audience", "patient"]])
def test_a_supposed_reason_is_told_to_clinicians_and_never_written(more: list[str]) -> None:
    found = run(*SUPPOSED, "--why", "RedCellTransfusion", *more)
    assert (found.exit_code, found.stdout, found.stderr.count("\n")) == (2, "", 1)
