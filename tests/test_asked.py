"""Questions in plain words are understood as what was meant, or not at all.

``data/asked.tsv`` holds questions as clinicians, teachers and patients type them, each with the
understanding worked out by hand: a form with its arguments, or unclear.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from reasoner.asking.nearest import MOST, command_of, nearest
from reasoner.asking.understanding import LONGEST, Reader, Unclear, Understood
from reasoner.asking.words import stem
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.errors import UsageError
from reasoner.namespaces import SKOS, iri
from reasoner.quantity import text_of

HERE = Path(__file__).parent
RUNNER = CliRunner()
PATIENT = ["--example", "iron-deficiency", "--as-of", "2026-11-01"]
NEGATIONS = re.compile(r"n['\u2019]t\b|\b(not?|never|nothing|nto|without|isnt|cant|wont)\b",
                       re.IGNORECASE)
TURNING = {
    "against", "avoid", "avoiding", "bad", "block", "blocking", "contraindicated", "dangerou",
    "defer", "deferred", "delay", "delayed", "exclude", "excluded", "forbidden", "harmful", "hold",
    "inadvisable", "inappropriate", "keep", "lacking", "missing", "no", "not", "off", "poor",
    "prevent", "preventing", "refuse", "refused", "reject", "rejected", "required", "risky", "rule",
    "ruled", "stay", "steer", "stop", "stopped", "stopping", "superseded", "unsafe", "unsuitable",
    "withheld", "withhold", "withholding", "without", "wrong", "absent", "avoided", "needed",
}
"""The words that make a phrase ask for what speaks against something, or what it still needs."""
OF_WHAT_IT_WOULD_TAKE = ("become", "make", "change")


class Row(NamedTuple):
    who: str
    question: str
    form: str
    arguments: str


def read_rows() -> list[Row]:
    lines = (HERE / "data" / "asked.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0].split("\t") == list(Row._fields)
    return [Row(*line.split("\t")) for line in lines[1:]]


ROWS = read_rows()
CLEAR = [row for row in ROWS if row.form != "unclear"]


@pytest.fixture(scope="module")
def reader(engine: Engine) -> Reader:
    return Reader(engine.graph, engine.root)


def understood(reader: Reader, question: str) -> tuple[str, str]:
    read = reader.read(question)
    if isinstance(read, Unclear):
        return "unclear", ""
    return read.form.command.split()[0], " ".join(read.arguments())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.question)
def test_a_question_is_understood_as_it_was_meant(reader: Reader, row: Row) -> None:
    assert understood(reader, row.question) == (row.form, row.arguments)


def test_the_corpus_is_wide_enough() -> None:
    assert len({row.question for row in ROWS}) == len(ROWS) >= 80
    assert len(ROWS) - len(CLEAR) >= 15
    assert sum(bool(NEGATIONS.search(row.question)) for row in ROWS) >= 15
    assert {row.who for row in ROWS} == {"clinician", "teacher", "patient"}
    assert {row.form for row in CLEAR} == {"why", "why-not", "what-if", "contrast", "missing",
                                           "evidence", "explain-pain", "explain", "query"}


@pytest.mark.parametrize("word", ["not", "never", "no", "n't", "without", "isn't"])
def test_a_negation_put_anywhere_is_never_lost(reader: Reader, word: str) -> None:
    for row in CLEAR:
        plain = reader.read(row.question)
        assert isinstance(plain, Understood)
        if plain.form.reads_negation:
            continue
        words = row.question.split()
        for place in range(len(words) + 1):
            turned = reader.read(" ".join([*words[:place], word, *words[place:]]))
            assert isinstance(turned, Unclear) or turned.form.name != plain.form.name


def test_a_form_that_turns_round_has_a_turning_word_in_every_phrase(reader: Reader) -> None:
    """And one that does not has none: an optional word must not be all that tells them apart."""
    for form in reader.forms:
        if form.command not in ("why", "why-not", "what-if --add", "what-if --deny"):
            continue
        for phrase in form.phrases:
            needed = [element.split("|") for element in phrase.text.split()
                      if not element.endswith("?") and not element.startswith("{")]
            turning = [group for group in needed
                       if all(stem(part.split("_")[0]) in TURNING for part in group)]
            if form.command in ("why-not", "what-if --deny"):
                assert turning or set(OF_WHAT_IT_WOULD_TAKE) & {w for g in needed for w in g}, \
                    phrase.text
            else:
                said = {stem(w) for element in phrase.text.split()
                        for w in element.removesuffix("?").split("|")}
                assert not said & (TURNING - {"needed", "required"}), phrase.text


@pytest.mark.parametrize("question", ["", " ", "x" * (LONGEST + 1)])
def test_a_question_of_no_use_is_refused(reader: Reader, question: str) -> None:
    with pytest.raises(UsageError):
        reader.read(question)


@settings(max_examples=150, deadline=None)
@given(st.text(min_size=1, max_size=80).filter(str.strip))
def test_any_text_is_read_or_unclear(reader: Reader, text: str) -> None:
    read = reader.read(text)
    assert isinstance(read, (Understood, Unclear))
    if isinstance(read, Unclear):
        assert len(nearest(reader, read)) == MOST


def test_a_question_made_to_have_very_many_readings_is_unclear(reader: Reader) -> None:
    assert isinstance(reader.read("iron deficiency anemia " * 12), Unclear)


def test_an_unclear_question_shows_the_nearest_five_with_commands_that_run() -> None:
    found = RUNNER.invoke(app, ["ask", *PATIENT, "why is iron recommended", "--json"])
    assert found.exit_code == 2
    data = json.loads(found.stdout)
    assert data["understood"] is None
    commands = [entry["command"] for entry in data["nearest"]]
    assert len(set(commands)) == 5
    assert "marrow why --example iron-deficiency --as-of 2026-11-01 OralIron" in commands
    for command in commands:
        ran = RUNNER.invoke(app, shlex.split(command)[1:])
        assert ran.exit_code == 0 or "nothing is concluded" in ran.stderr or \
            "is concluded" in ran.stderr, command


def test_a_result_without_its_unit_is_asked_for_with_each_unit() -> None:
    found = RUNNER.invoke(app, ["ask", *PATIENT, "what if hb was 6.8"])
    assert found.exit_code == 2
    assert "unit of hemoglobin is missing" in found.stdout
    assert "--set Hemoglobin=6.8g/dL" in found.stdout
    assert "--set Hemoglobin=6.8mmol/L" in found.stdout


@pytest.mark.parametrize("question", [
    "why is oral iron recommended?",
    "why is transfusion not recommended?",
    "what if hemoglobin were 6.8 g/dL",
    "what if she took warfarin",
    "oral iron or transfusion?",
    "what is missing?",
    "why does my back hurt?",
    "C061",
    "explain everything",
    "does she have anemia?",
    "what causes tissue hypoxia?",
])
def test_the_answer_is_that_of_the_command_it_names(question: str) -> None:
    asked = RUNNER.invoke(app, ["ask", *PATIENT, question, "--json"])
    assert asked.exit_code == 0, asked.output
    data = json.loads(asked.stdout)
    ran = RUNNER.invoke(app, [*shlex.split(data["understood"]["command"])[1:], "--json"])
    assert data["answer"] == json.loads(ran.stdout)
    assert data["notSo"] is None
    said = RUNNER.invoke(app, ["ask", *PATIENT, question]).stdout
    assert said.startswith(f"Understood: {data['understood']['says']}")


@pytest.mark.parametrize(("question", "holds"), [
    ("why isn't oral iron recommended?", "oral iron is recommended"),
    ("why is transfusion recommended?", "red cell transfusion does not apply"),
    ("why does she not have anemia?", "the patient has anemia"),
    ("why no NSAIDs?", "NSAID may be considered"),
    ("why is the hemoglobin needed?", "hemoglobin is not among what is missing"),
])
def test_what_a_question_takes_for_granted_is_denied_first(question: str, holds: str) -> None:
    found = RUNNER.invoke(app, ["ask", *PATIENT, question])
    assert found.exit_code == 0
    assert f"It is not so: {holds}." in found.stdout
    assert json.loads(RUNNER.invoke(app, ["ask", *PATIENT, question, "--json"]).stdout)[
        "notSo"] == holds


def golden(name: str) -> list[str]:
    return [str(HERE / "golden" / name / "patient.ttl"), "--as-of", "2026-11-01"]


def answered(patient: list[str], question: str) -> list[dict[str, str]]:
    """Return the rows by which a shipped question is answered, without the prefix of names."""
    found = RUNNER.invoke(app, ["ask", *patient, question, "--json"])
    assert found.exit_code == 0, found.output
    return [{name: (cell or "").removeprefix("marrow:") for name, cell in row.items()}
            for row in json.loads(found.stdout)["answer"]["rows"]]


@pytest.mark.parametrize(("case", "question", "row"), [
    ("t19-bleed-on-anticoagulant", "can I give ibuprofen", "G803-anticoagulant"),
    ("t19-bleed-on-anticoagulant", "is ibuprofen dangerous", "G803-anticoagulant"),
    ("x14-aspirin-allergy", "can she take ibuprofen", "G812"),
    ("c06-bleeding", "is ibuprofen safe", "G801"),
])
def test_a_single_drug_that_is_refused_is_said_to_be(case: str, question: str, row: str) -> None:
    rows = answered(golden(case), question)
    assert {r["outcome"] for r in rows} == {"not-recommended"}
    assert row in {r["against"] for r in rows}


def test_a_drug_that_nothing_is_settled_for_has_the_outcome_of_its_group() -> None:
    rows = answered(PATIENT, "can she take ibuprofen")
    assert {(r["intervention"], r["decidedFor"], r["outcome"]) for r in rows} == {
        ("Ibuprofen", "NSAID", "consider")}


def test_an_allergy_on_record_answers_whether_the_drug_may_be_taken() -> None:
    """Aspirin has no outcome of its own and is in no group that has one."""
    (row,) = answered(golden("x14-aspirin-allergy"), "can she take aspirin")
    assert (row["decidedFor"], row["reason"]) == ("LowDoseAspirin", "allergic to")
    others = answered(golden("x14-aspirin-allergy"), "can she take paracetamol")
    assert "allergic to" not in {r["reason"] for r in others}


@pytest.mark.parametrize(("question", "said"), [
    ("my legs went numb", "get help right now"), ("I have chest pain", "get help right now"),
    ("I can't feel my legs", "get help right now"), ("he cannot breathe", "get help right now"),
    ("the bleeding won't stop, it won't stop bleeding", "get help right now"),
    ("She's lost control of her bladder", "get help right now"),
    ("I want to die", "crisis line"), ("i dont want to live", "crisis line"),
    ("can I stop my pills", "on your own"), ("what if she stopped warfarin", "on your own"),
])
def test_an_unclear_question_with_urgent_words_is_told_first_what_to_do(
        question: str, said: str) -> None:
    found = RUNNER.invoke(app, ["ask", *PATIENT, question])
    assert found.exit_code == 2
    before, _, after = found.stdout.partition("Not understood")
    assert said in before
    assert after
    data = json.loads(RUNNER.invoke(app, ["ask", *PATIENT, question, "--json"]).stdout)
    assert data["first"] == before.strip()


@pytest.mark.parametrize("question", ["oral iron dose", "hello", "what should I eat",
                                      "why is oral iron recommended for dogs"])
def test_other_unclear_questions_are_told_nothing_first(reader: Reader, question: str) -> None:
    assert isinstance(reader.read(question), Unclear)
    assert reader.heed(question) == ""


def test_what_is_refused_names_nothing_that_is_recommended() -> None:
    rows = answered(PATIENT, "what is not safe")
    assert {row["outcome"] for row in rows} <= {"not-recommended", "cannot-tell"}
    assert "OralIron" not in {row["intervention"] for row in rows}
    refused = answered(golden("x14-aspirin-allergy"), "what is not safe")
    assert {"NSAID", "Ibuprofen"} <= {row["intervention"] for row in refused
                                      if row["outcome"] == "not-recommended"}


@pytest.mark.parametrize("audience", ["patient", "educator"])
@pytest.mark.parametrize("question", [
    "why is oral iron recommended?", "why no transfusion?", "why no NSAIDs?", "what is missing?",
    "what if Hb was 6.8 g/dL", "oral iron or IV iron?", "why does my back hurt?",
    "explain everything"])
def test_another_audience_is_told_as_by_the_command_that_is_named(
        audience: str, question: str) -> None:
    asked = RUNNER.invoke(app, ["ask", *PATIENT, question, "--audience", audience, "--json"])
    assert asked.exit_code == 0, asked.output
    data = json.loads(asked.stdout)
    command = shlex.split(data["understood"]["command"])[1:]
    assert command[command.index("--audience") + 1] == audience
    if question == "why no NSAIDs?":  # it may be considered: told as what it is
        command[0] = "why"
    assert data["answer"] == json.loads(RUNNER.invoke(app, [*command, "--json"]).stdout)


@pytest.mark.parametrize("question", ["C061", "can I take ibuprofen",
                                      "all justifications of oral iron"])
def test_what_has_no_form_for_another_audience_is_refused_by_name(question: str) -> None:
    found = RUNNER.invoke(app, ["ask", *PATIENT, question, "--audience", "patient"])
    assert (found.exit_code, found.stdout) == (2, "")
    assert "has no form for another audience" in found.stderr


def test_a_mended_word_is_named() -> None:
    found = RUNNER.invoke(app, ["ask", *PATIENT, "why is oral iron recomended"])
    assert "read 'recomended' as 'recommended'" in found.stdout


def test_a_question_about_a_patient_asks_for_one() -> None:
    found = RUNNER.invoke(app, ["ask", "why is oral iron recommended"])
    assert found.exit_code == 2
    assert found.stdout.startswith("Understood: why oral iron")
    assert "name a patient file or --example" in found.stderr


@pytest.mark.parametrize("arguments", [[], ["a", "b", "c"], ["a", "b", "--example", "hemolytic"]])
def test_other_arguments_are_a_usage_error(arguments: list[str]) -> None:
    found = RUNNER.invoke(app, ["ask", *arguments])
    assert found.exit_code == 2
    assert found.stderr.count("\n") == 1


def test_the_list_names_every_form_and_shipped_question(reader: Reader) -> None:
    data = json.loads(RUNNER.invoke(app, ["ask", "--list", "--json"]).stdout)
    names = [entry["name"] for entry in data]
    assert {"why", "why-not", "contrast", "missing", "what-if --set"} <= set(names)
    questions = {p.stem for p in (HERE.parent / "queries" / "questions").glob("*.rq")}
    assert {f"query {name}" for name in questions} <= set(names)
    (indications,) = [e for e in data if e["name"] == "query indications"]
    assert indications["parameters"]["intervention"] == "an intervention"
    assert indications["about"] == "knowledge"


def test_no_two_kinds_of_one_sort_share_a_name(reader: Reader) -> None:
    """A name may stand for a test and for a treatment, as B12 does; the slot tells which."""
    graph = reader.graph
    for name, terms in reader.names.terms.items():
        for slot in reader.slots:
            fitting = [t for t in terms & reader.names.kinds if reader.fits(t, slot)]
            if slot not in ("kind", "place"):
                assert len(fitting) < 2, (name, [graph.label(t) for t in fitting])


def test_no_further_label_holds_a_negation(reader: Reader) -> None:
    """A name is read as a whole, so a negation in it would be lost."""
    for term in reader.names.kinds:
        for label in reader.graph.objects(term, iri(SKOS, "altLabel")):
            assert not NEGATIONS.search(text_of(label)), label


def test_a_command_can_be_pasted(reader: Reader) -> None:
    read = reader.read("what if the eGFR were 25 mL/min/1.73 m2")
    assert isinstance(read, Understood)
    assert shlex.split(command_of(read, ["my file.ttl"], []))[2:4] == ["my file.ttl", "--set"]


@pytest.mark.parametrize("amount", ["7_0", "\u0667", "6,8", "1_0.5", "-5", "\u20135", "\u22125",
                                    "- 5", "\uff0d5", "+5", "(-5)"])
def test_a_number_that_is_not_written_plainly_is_not_guessed(engine: Engine, amount: str) -> None:
    reader = Reader(engine.graph, engine.root)
    assert isinstance(reader.read(f"what if hemoglobin is {amount} g/dL"), Unclear)
    assert isinstance(reader.read("what if hemoglobin is 6.8 g/dL"), Understood)
