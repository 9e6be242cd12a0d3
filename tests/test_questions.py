"""Every claim of the article has a question that can be run, and it answers as worked out by hand.

``data/questions.tsv`` has a line for each question asked: the claim, what is asked, the query, its
parameters, the patient if it is about one, and the answer. Cells of an answer stand between `` ; ``
and its rows between `` | ``; names are local names. The answers come from reading the article and
never from our own output.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pyoxigraph as ox
import pytest

from reasoner.engine import Engine
from reasoner.namespaces import MARROW
from reasoner.pipeline import assess
from reasoner.store import KNOWLEDGE_GRAPH, check_query, fill_store, ox_term

HERE = Path(__file__).parent
QUESTIONS = HERE.parent / "queries" / "questions"
NAMES = sorted(path.stem for path in QUESTIONS.glob("*.rq"))
PATIENTS = ("../examples/{}.ttl", "golden/{}/patient.ttl", "data/questions/{}.ttl")
AS_OF = "2026-11-01"
CLAIMS = {f"C{number:03}" for number in range(1, 123)}


class Case(NamedTuple):
    claim: str
    asks: str
    question: str
    parameters: str
    patient: str
    answer: str


def read_cases() -> list[Case]:
    lines = (HERE / "data" / "questions.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0].split("\t") == list(Case._fields)
    return [Case(*line.split("\t")) for line in lines[1:]]


def read_header(question: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (QUESTIONS / f"{question}.rq").read_text(encoding="utf-8").splitlines():
        if not line.startswith("# "):
            break
        key, _, text = line[2:].partition(": ")
        found.setdefault(key, []).append(text)
    return found


CASES = read_cases()


def split_cells(text: str) -> dict[str, str]:
    return dict(cell.split("=", 1) for cell in text.split(" ; ")) if text else {}


def parameter_of(text: str) -> ox.NamedNode | ox.Literal:
    if not text.startswith('"'):
        return ox.NamedNode(MARROW + text)
    body, language = re.fullmatch(r'"(.*)"(?:@(\w+))?', text).groups()
    return ox.Literal(body, language=language)


def text_of(node: ox.NamedNode | ox.Literal | None) -> str:
    return "" if node is None else node.value.removeprefix(MARROW)


def as_of(path: Path) -> str:
    """Return the date of a golden case, or the one that all other patients are asked about."""
    expected = path.with_name("expected.json")
    return json.loads(expected.read_text("utf-8"))["asOf"] if expected.is_file() else AS_OF


@pytest.fixture(scope="module")
def store_of(engine: Engine) -> Callable[[str], ox.Store]:
    """Return the store of a patient, or of the knowledge alone for no patient."""
    stores: dict[str, ox.Store] = {}

    def find(patient: str) -> ox.Store:
        if patient not in stores and patient:
            paths = [HERE / pattern.format(patient) for pattern in PATIENTS]
            (path,) = [p for p in paths if p.is_file()]
            stores[patient] = fill_store(assess(engine, path, as_of(path)))
        elif patient not in stores:
            stores[patient] = ox.Store()
            stores[patient].extend(
                ox.Quad(ox_term(s), ox_term(p), ox_term(o), ox_term(KNOWLEDGE_GRAPH))
                for s, p, o in engine.graph.triples)
        return stores[patient]

    return find


def ask(store: ox.Store, case: Case) -> list[dict[str, str]]:
    found = store.query(
        (QUESTIONS / f"{case.question}.rq").read_text(encoding="utf-8"),
        use_default_graph_as_union=True,
        substitutions={ox.Variable(name): parameter_of(value)
                       for name, value in split_cells(case.parameters).items()})
    return [{v.value: text_of(row[v]) for v in found.variables} for row in found]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.claim}-{c.question}-{c.patient}")
def test_question(store_of: Callable[[str], ox.Store], case: Case) -> None:
    about = read_header(case.question)["about"]
    assert about == (["patient"] if case.patient else ["knowledge"])
    rows = ask(store_of(case.patient), case)
    if case.answer == "nothing":
        assert rows == []
        return
    text = case.answer.removeprefix("in order: ")
    expected = [split_cells(row) for row in text.split(" | ")]
    found = [{name: row[name] for name in expected[0]} for row in rows]
    if text != case.answer:
        assert found == expected
    else:
        assert sorted({tuple(r.items()) for r in found}) == sorted(tuple(r.items())
                                                                   for r in expected)


def test_every_claim_has_a_question_with_an_answer() -> None:
    assert {case.claim for case in CASES} == CLAIMS


def test_a_claim_that_is_always_answered_by_nothing_would_test_nothing() -> None:
    assert {case.claim for case in CASES if case.answer != "nothing"} == CLAIMS


@pytest.mark.parametrize("name", NAMES)
def test_a_question_names_its_claims_and_parameters(name: str) -> None:
    header = read_header(name)
    assert header.keys() <= {"question", "claims", "about", "parameter", "asked"}
    assert re.fullmatch(r"[A-Z].*[.?]", header["question"][0])
    claims = set() if header["claims"] == ["none"] else set(header["claims"][0].split())
    assert claims == {case.claim for case in CASES if case.question == name}
    declared = {text.split()[0].removeprefix("?") for text in header.get("parameter", [])}
    used = {p for case in CASES if case.question == name for p in split_cells(case.parameters)}
    assert used <= declared
    text = (QUESTIONS / f"{name}.rq").read_text(encoding="utf-8")
    check_query(text)
    body = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
    assert all(f"?{parameter} " in body for parameter in declared)


def test_questions_about_knowledge_need_no_patient(store_of: Callable[[str], ox.Store]) -> None:
    for name in NAMES:
        if read_header(name)["about"] == ["knowledge"]:
            case = Case("", "", name, "", "", "")
            assert ask(store_of(""), case), name


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_narrows_the_answer(store_of: Callable[[str], ox.Store], name: str) -> None:
    """A variable that a pattern may leave unbound would answer any value by everything."""
    header = read_header(name)
    store = store_of("" if header["about"] == ["knowledge"] else "t01-hemoglobin-exactly-70")
    for text in header.get("parameter", []):
        parameter = text.split()[0].removeprefix("?")
        case = Case("", "", name, f"{parameter}=NoSuchThing", "", "")
        assert ask(store, case) == [], parameter


def test_the_follow_up_of_the_article_is_the_articles(
    store_of: Callable[[str], ox.Store],
) -> None:
    """A treatment that goes on by a guideline alone, such as G1203, is no follow-up of its."""
    rows = ask(store_of(""), Case("", "", "follow-up-of-the-article", "", "", ""))
    assert rows
    assert {row["claim"] for row in rows} <= CLAIMS
