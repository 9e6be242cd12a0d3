"""Any line of any answer, given to ``why`` as it stands, is answered by a record fact or a source.

A line is taken as it is printed. What is left out are headings and what an answer says of itself,
each listed here by its words; every other line has to name something that is answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import reasoner.pipeline
from reasoner.asking.line import LineReader, name_in, reader_of
from reasoner.assessment import Assessment
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.errors import UsageError
from reasoner.explanation.reason import backing_alone
from reasoner.namespaces import DCTERMS, iri
from reasoner.pipeline import assess
from reasoner.quantity import text_of
from test_one_more_command import AS_OF, PATIENTS, ask, facts_and_sources

CITATION = iri(DCTERMS, "bibliographicCitation")
Run = Callable[[list[str]], str]
MYELOMA = str(PATIENTS["t10-myeloma"])
CONFLICT = str(PATIENTS["x04-two-results-at-one-time"])
IRON = str(PATIENTS["iron-deficiency"])
ABOUT_PATIENTS = [
    ["explain", MYELOMA], ["explain", MYELOMA, "--full", "--all"],
    ["explain", IRON], ["explain", IRON, "--audience", "educator"],
    ["explain", MYELOMA, "--audience", "patient"],
    ["explain-pain", IRON], ["missing", MYELOMA],
    ["why", IRON, "OralIron"], ["why", MYELOMA, "Metaxalone"],
    ["why", IRON, "IronDeficiencyAnemia", "--justifications"],
    ["why-not", MYELOMA, "RedCellTransfusion"], ["why-not", IRON, "IntravenousIron"],
    ["contrast", IRON, "OralIron", "IntravenousIron"], ["arguments", IRON, "NSAID"],
    ["what-if", IRON, "--set", "Hemoglobin=6.8g/dL", "--add", "GastrointestinalBleeding"],
    ["evidence", IRON, "C061"], ["evidence", MYELOMA, "NSAID"],
    ["validate", CONFLICT], ["explain", CONFLICT, "--full"],
    ["why", CONFLICT, "RedCellTransfusion"],
    ["explain", MYELOMA, "--evidence", "article"], ["explain", MYELOMA, "--compare-evidence"],
    ["why", IRON, "OralIron", "--audience", "patient"],
    ["why-not", MYELOMA, "RedCellTransfusion", "--audience", "educator"],
    ["ask", IRON, "can she take ibuprofen"], ["query", IRON, "due-dates"],
    ["query", MYELOMA, "open-flags"], ["query", IRON, "recommendations"],
]
ABOUT_THE_KNOWLEDGE = [["graph"], ["check", "--coverage"], ["check", "--article"],
                       ["query", "indications"]]
NAMES_NOTHING = re.compile("|".join((
    # headings, and what stands for a list that is empty or not shown
    r"Patient urn:\S+ as of [-\d]+", r"Red flags", r"Disorders", r"Findings", r"Monitoring",
    r"Recommended", r"May be considered", r"Not recommended", r"Cannot tell yet", r"Does not apply",
    r"Does not apply: \d+ treatments and tests", r"Due", r"Pitfalls in the plan of care",
    r"Assumed absent, because no record names it(: \d+ conditions)?", r"and \d+ more",
    r"Step by step, from the record up.*", r"Every reason, the strongest first.*", r"Sources:?",
    r"Other derivations \(\d+\)", r"What would speak for it, and why that is not so",
    r"In every one", r"on record", r"of the patient", r"by", r"as long as", r"(\d+\. )?and",
    r"Not used, or in conflict", r"\d+\.", r"Each is a smallest part of what is known .*",
    r"What is missing, the most telling first, as of [-\d]+", r"Rests on it, as of [-\d]+:",
    r"Why the back may hurt .*", r"Why the back may hurt, as of [-\d]+: .*",
    r"no sources disagree about this patient", r"Asked for too, but changing nothing alone",
    r"\d+ findings?", r"no active causal link leads from .*", r"none established",
    r"The article alone against everything, as of [-\d]+", r"no outcome differs",
    r"none raised by what is on record; that is no proof that there is none",
    r"[a-zA-Z]+(\t[a-zA-Z]+)+",  # the head of a table
    # what an answer says of itself
    r"As of [-\d]+.*", r"Knowledge \d.*", r"This supports clinical judgement and .*",
    r"In full: --full; .*", r"the search was cut; there may be other .*",
    r"no change of up to 3 facts that are unknown or can be changed was found .*",
    r"\d+ of \d+ claims are carried", r"[A-Z][^:]*: \d+", r"The citation numbers are those .*",
    # what the line above it says in part
    r"review: .*", r"(not-met|unknown|met): (any|all) of", r"no date: .*", r"no date yet: .*",
    r"the interval",
    r"\[[a-z-]+\]",
)))
SAYS_NOTHING = re.compile("|".join((
    # headings of the pages for a patient or an educator
    r"Marrow \d.*", r"What .*", r"Get help .*", r"When you .*", r"Words on this page",
    r"Your blood and your back: .*", r"One way it could happen:", r"The answer", r"Each step .*",
    r"Where sources .*", r"Why this page says so",
    # what a page says of itself, broken into lines
    r"A computer made this page .*", r"can tell you what is right for you\. .*",
    r"page yet\. The article .*", r"or change any medicine on your own\.", r"has the full list\.",
    r"responsibility has reviewed .*", r"review\.", r"Asserted: .*", r"it, and it was taken .*",
    # whom to call, under the name of what for
    r"Call your (care team|local emergency number) .*", r"go to an emergency room\.", r"room\.",
    # how far to trust the statement whose id stands above
    r"(article pending human review; )?not clinically reviewed", r"stated by the article",
    r"(\w+, )?(high|moderate|low) certainty, [a-z ]+",
    r".*Dr\.Oracle, \d{4}.*", r"\[[AVPDM]\]\)",
)))


@pytest.fixture(scope="module")
def assessed(engine: Engine) -> dict[str, Assessment]:
    return {path: assess(engine, Path(path), AS_OF) for path in (MYELOMA, IRON, CONFLICT)}


@pytest.fixture(scope="module")
def memos() -> dict[str, dict[str, bool]]:
    """What is known already of each patient's names: asking takes a while."""
    return {MYELOMA: {}, IRON: {}, CONFLICT: {}}


@pytest.fixture
def run(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(reasoner.pipeline, "load_knowledge", lambda **_: engine)

    def printed(arguments: list[str]) -> str:
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code in (0, 1), result.stderr
        return str(result.stdout)

    return printed


def answered_by(assessment: Assessment, reader: LineReader, memo: dict[str, bool],
                text: str) -> bool:
    """Tell whether what a line is read as being about is answered with a fact or a source."""
    name, line = name_in(reader, text)
    if line is None:
        return False
    if name not in memo:
        memo[name] = bool(ask(assessment, name))
    return memo[name]


@pytest.mark.parametrize("command", ABOUT_PATIENTS, ids=lambda c: " ".join((c[0], *c[2:])))
def test_a_line_about_a_patient_has_a_reason(
        command: list[str], run: Run, assessed: dict[str, Assessment],
        memos: dict[str, dict[str, bool]]) -> None:
    assessment, memo = assessed[command[1]], memos[command[1]]
    reader = reader_of(assessment)
    cited = {text_of(o) for _, p, o in assessment.graph.triples if p == CITATION}
    page = "--audience" in command
    lines = run([*command, "--as-of", AS_OF.isoformat()]).splitlines()
    told = [line.strip() for line in lines if line.strip()]
    without = []
    for before, text, after in zip(["", *told], told, [*told[1:], ""], strict=False):
        said = text.removeprefix("- ")
        if NAMES_NOTHING.fullmatch(said) or (page and (
                SAYS_NOTHING.fullmatch(said) or said in cited)):
            continue
        broken = [f"{before} {text}", f"{text} {after}"] if page else []
        if not any(answered_by(assessment, reader, memo, part) for part in (text, *broken)):
            without.append(text)
    assert not without, "\n".join(without)


def has_source(engine: Engine, name: str) -> bool:
    try:
        return bool(facts_and_sources(backing_alone(engine, name)[0]))
    except UsageError:
        return False


@pytest.mark.parametrize("command", ABOUT_THE_KNOWLEDGE, ids=" ".join)
def test_a_line_about_the_knowledge_has_a_source(
        command: list[str], run: Run, engine: Engine) -> None:
    reader, without = LineReader(engine), []
    for text in map(str.strip, run(command).splitlines()):
        if not text or NAMES_NOTHING.fullmatch(text):
            continue
        line = reader.read(text)
        if not line or not has_source(engine, line.subject):
            without.append(text)
    assert not without, "\n".join(without)
