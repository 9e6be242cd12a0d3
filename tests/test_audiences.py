"""Every audience has a sentence for everything, and a patient reads nothing a person has to say.

What a patient reads names no suspected illness, tells nobody to start, stop or change a medicine,
says how fast to call whom, and stays at the reading level of a twelve-year-old.
"""

from __future__ import annotations

import json
import re
import socket
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import textstat
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from reasoner.assessment import Assessment
from reasoner.audiences.letter import Letter
from reasoner.audiences.told import TOLD, tell
from reasoner.audiences.voice import EDUCATOR, PATIENT, Listener, Voice, audiences_of, fill
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.errors import UsageError
from reasoner.explanation.steps import SELECTED, Step, steps_of
from reasoner.hypothesis import parse_change
from reasoner.knowledge import Graph, find_root
from reasoner.namespaces import LABEL, SKOS, SUBCLASS, TYPE, iri, local_name, marrow
from reasoner.pipeline import assess, load_knowledge
from reasoner.quantity import literal_parts, text_of
from reasoner.rule import read_rule_file
from reasoner.store import conclusions_of

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden"
PAGES = Path(__file__).parent / "data" / "pages"
EXAMPLES = sorted(p.stem for p in (ROOT / "examples").glob("*.ttl"))
READ_ALOUD = ("c03-child", "t08-pregnant-24-weeks", "t09-crisis-near-baseline", "t10-myeloma",
              "t20-saddle-numbness", "c20-cord-compression", "f07-pancreas", "f03-fever",
              "t19-bleed-on-anticoagulant", "n01-kidney-unknown")
FLAGGED = sorted(
    p.name for p in GOLDEN.iterdir()
    if json.loads((p / "expected.json").read_text("utf-8")).get("redFlags"))
EVERY = sorted(p.name for p in GOLDEN.iterdir())
ROWS = ("FlagRow", "GuidanceRow", "MonitoringRow", "PitfallRow", "Requirement")
PATIENT_TEXTS = ("gloss", "patientQuestion", "patientResultSentence", "patientSentence",
                 "plainName")
GRADE = 6.0
"""US school grade six is for pupils of eleven to twelve."""
ONE_SENTENCE = 9.0
"""One short sentence with one long word is graded high; a page of them is not."""
MOST_WORDS = 22


@lru_cache(maxsize=1)
def shipped() -> Engine:
    return load_knowledge()


@lru_cache(maxsize=40)
def assessed(name: str) -> Assessment:
    if name in EXAMPLES:
        return assess(shipped(), ROOT / "examples" / f"{name}.ttl", "2026-11-01")
    expected = json.loads((GOLDEN / name / "expected.json").read_text("utf-8"))
    return assess(shipped(), GOLDEN / name / "patient.ttl", expected["asOf"])


def page(name: str, audience: str = PATIENT) -> Letter:
    return tell(assessed(name), "explain", audience=audience)


def voice_of(audience: str, graph: Graph | None = None, language: str = "en") -> Voice:
    assessment = assessed("iron-deficiency")
    if graph is not None:
        assessment = replace(assessment, engine=replace(assessment.engine, graph=graph))
    return Voice(assessment, Listener(audience, language))


def sentences(letter: Letter) -> list[str]:
    return [s for p in letter.passages for line in p.lines for s in (line.says, *line.details)]


def passage_of(letter: Letter, heading: str) -> list[str]:
    return [s for p in letter.passages if p.heading == heading
            for line in p.lines for s in (line.says, *line.details)]


# --- No gap ---------------------------------------------------------------------


def test_the_audiences_of_the_ontology_are_those_that_are_told() -> None:
    assert audiences_of(shipped().graph) == sorted(TOLD)


def test_every_criterion_has_a_sentence_for_every_audience() -> None:
    graph, voice = shipped().graph, voice_of(PATIENT)
    patient = voice.assessment.patient.patient
    gaps = []
    for criterion in graph.subjects(TYPE, marrow("Criterion")):
        step = Step(1, (patient, TYPE, criterion), "", "cax-eqc2", (), (), ())
        if not voice.criterion(step):
            gaps.append(f"patient: write {local_name(criterion)} a marrow:patientSentence in "
                        "ontology/wording/patient.ttl")
        if not (graph.text(criterion, LABEL) and graph.definition(criterion)):
            gaps.append(f"clinician and educator: give {local_name(criterion)} a label and a "
                        "definition where it is defined")
    assert not gaps, "\n".join(gaps)


def test_every_row_has_a_sentence_for_every_audience() -> None:
    graph, voice = shipped().graph, voice_of(PATIENT)
    gaps = []
    for row in sorted({r for sort in ROWS for r in graph.subjects(TYPE, marrow(sort))}):
        if not voice.row(row):
            gaps.append(f"patient: write {local_name(row)} a marrow:patientSentence in "
                        "ontology/wording/patient.ttl (its modality and class have no general one)")
        if not (graph.text(row, LABEL) and graph.definition(row)):
            gaps.append(f"clinician and educator: give {local_name(row)} a label and a definition "
                        "where it is defined")
    assert not gaps, "\n".join(gaps)


def test_every_link_and_urgency_has_a_sentence_for_patients() -> None:
    graph, voice = shipped().graph, voice_of(PATIENT)
    assert [k for k in graph.subjects(TYPE, marrow("CausalLink")) if not voice.link(k)] == []
    points = {p for s, q, p in graph.triples if q == marrow("urgency")}
    assert len(points) == 3
    assert [p for p in points if not voice.own(p)] == []


def test_every_rule_of_a_visible_step_has_a_sentence_for_every_audience() -> None:
    """A rule without sentences of its own takes those of the relation that it concludes."""
    graph, voice = shipped().graph, voice_of(PATIENT)
    gaps, seen = [], set()
    for path in sorted((find_root() / "queries" / "rules").glob("*.rq")):
        for rule in read_rule_file(path).rules:
            for subject, relation, value in rule.conclusions:
                if subject != "?patient" or relation in SELECTED or relation.startswith("?"):
                    continue
                seen.add(relation)
                if relation == TYPE:
                    continue  # that a criterion is met is said by the criterion
                if not voice.own(relation) and not voice.own(f"<{rule.iri.strip('<>')}>"):
                    gaps.append(f"{path.name}: write {local_name(relation)} (or the rule) a "
                                "marrow:patientSentence in ontology/wording/patient.ttl")
                if not graph.text(relation, marrow("sentence")):
                    gaps.append(f"{path.name}: write {local_name(relation)} a marrow:sentence in "
                                "ontology/wording/clinician.ttl; educators read it too")
                assert value
    assert len(seen) > 30
    assert not gaps, "\n".join(sorted(set(gaps)))


@pytest.mark.parametrize("name", ["mixed", "c03-child", "t11b-poor-response", "t19-bleed-on-"
                                  "anticoagulant", "t09b-crisis-of-unknown-baseline"])
@pytest.mark.parametrize("audience", [EDUCATOR, PATIENT])
def test_every_step_of_every_conclusion_is_said_without_a_slot(name: str, audience: str) -> None:
    assessment = assessed(name)
    voice = Voice(assessment, Listener(audience))
    said = 0
    for fact in sorted(conclusions_of(assessment)):
        proof = assessment.prove(fact)
        for step in steps_of(assessment, proof) if proof else []:
            text = voice.step(step) if audience == PATIENT else step.sentence
            assert text, step
            assert not re.search(r"[{}<>]|https?:|[a-z]{2}[A-Z]", text), (step, text)
            said += 1
    assert said > 100


def test_every_kind_has_a_plain_name_and_a_gloss_or_is_not_named() -> None:
    graph, voice = shipped().graph, voice_of(PATIENT)
    metaclasses = list(graph.subjects(SUBCLASS, marrow("Kind")))
    metaclasses += [m for k in metaclasses for m in graph.subjects(SUBCLASS, k)]
    kinds = sorted({k for m in metaclasses for k in graph.subjects(TYPE, m)})
    assert len(kinds) > 400
    gaps = [f"write {local_name(k)} a marrow:plainName and a marrow:gloss in "
            "ontology/wording/glossary.ttl, or mark it marrow:notNamedToPatients true"
            for k in kinds if not voice.is_unnamed(k) and not (voice.name(k) and voice.gloss(k))]
    assert not gaps, "\n".join(gaps)


# --- Inheritance ------------------------------------------------------------------


def without(graph: Graph, term: str, *properties: str) -> Graph:
    dropped = {marrow(p) for p in properties}
    return Graph(frozenset(t for t in graph.triples if t[0] != term or t[1] not in dropped))


@pytest.mark.parametrize(("row", "general"), [
    ("G501", "There is a reason why your care team may want to suggest iron by mouth."),
    ("G800", "There is a reason why your care team may want to talk with you about an NSAID (such "
             "as ibuprofen)."),
    ("G801", "There is a reason why an NSAID (such as ibuprofen) could be unsafe for you."),
    ("G804", "There is a reason why your care team may not want you to have an NSAID (such as "
             "ibuprofen) for now."),
    ("G819", "There is a reason to take extra care with an NSAID (such as ibuprofen)."),
    ("G1102", "A doctor should check you."),
    ("G1202", "Your care team may check this again: hemoglobin."),
    ("G1404", "Your care team may want to look at your care plan once more."),
])
def test_a_row_without_its_own_sentence_says_a_general_one(row: str, general: str) -> None:
    graph = without(shipped().graph, marrow(row), "patientSentence")
    assert voice_of(PATIENT, graph).row(marrow(row)) == general


def test_a_criterion_without_its_own_sentence_says_what_it_concludes() -> None:
    for name, said in (("CandidateForOralIron", voice_of(PATIENT).row(marrow("G501"))),
                       ("PatientWithAnemiaOfChronicDisease", "Your record shows anemia from a long "
                                                             "illness."),
                       ("AdultPatient", "Your record fits a rule that was used here.")):
        voice = voice_of(PATIENT, without(shipped().graph, marrow(name), "patientSentence"))
        patient = voice.assessment.patient.patient
        step = Step(1, (patient, TYPE, marrow(name)), "", "cax-eqc2", (), (), ())
        assert voice.criterion(step) == said


def test_a_kind_without_a_plain_name_takes_that_of_the_kind_above_it() -> None:
    graph = without(shipped().graph, marrow("Ibuprofen"), "plainName")
    assert voice_of(PATIENT, graph).name(marrow("Ibuprofen")) == "an NSAID (such as ibuprofen)"
    graph = without(shipped().graph, marrow("Aspirin"), "plainName")
    assert voice_of(PATIENT, graph).name(marrow("Aspirin")) == "a medicine"


def test_a_kind_below_one_that_is_not_named_is_not_named() -> None:
    graph = without(shipped().graph, marrow("Leukemia"), "notNamedToPatients")
    voice = voice_of(PATIENT, graph)
    assert voice.is_unnamed(marrow("Leukemia"))
    assert voice.name(marrow("Leukemia")) == "something that your care team should check"


def test_no_unit_code_reaches_a_patient() -> None:
    """UCUM marks (10*9/L, mm[Hg], {score}) are for programs; every spelling has words."""
    graph, voice = shipped().graph, voice_of(PATIENT)
    spellings = {text_of(o) for _, p, o in graph.triples if p in (
        marrow("writtenUnit"), marrow("canonicalUnit"), marrow("thresholdUnit"))}
    assert len(spellings) > 50
    coded = re.compile(r"[*^{}\[\]_#]|10[eE]")
    assert [u for u in sorted(spellings) if coded.search(voice.unit(u))] == []
    assert voice.unit("10*9/L") == "billion per liter"
    assert voice.unit("g/dL") == "g/dL"
    assert voice_of(EDUCATOR).unit("10*9/L") == "10*9/L"


def test_only_the_crisis_that_patients_know_by_name_is_a_flag_that_is_named() -> None:
    voice = voice_of(PATIENT)
    flags = shipped().graph.subjects(TYPE, marrow("RedFlagKind"))
    assert [local_name(f) for f in flags if not voice.is_unnamed(f)] == ["VasoOcclusiveCrisis"]


# --- Slots -------------------------------------------------------------------------


def test_slots_are_filled_from_the_result_that_was_read_and_the_bound_in_its_unit() -> None:
    """WHO 2024: a woman from 15 is anemic below 120 g/L, which is 12 g/dL; ferritin below 15."""
    found = passage_of(page("iron-deficiency"), "What was found")
    assert "Your hemoglobin was 9.8 g/dL on 20 October 2026. For you, a level below 12 g/dL " \
           "means anemia." in found
    assert "Your ferritin was 8 micrograms per liter on 20 October 2026. A level below " \
           "15 micrograms per liter means too little iron." in found


def test_a_rule_says_its_own_sentence_with_its_variables_filled() -> None:
    found = passage_of(page("t19-bleed-on-anticoagulant"), "What was found")
    falls = [s for s in found if s.endswith("That is a fast drop.")]
    assert len(falls) == 1
    assert falls[0].count("Your hemoglobin was") == 2


def test_a_slot_that_nothing_fills_gives_no_sentence() -> None:
    assert fill("Your {measurement} was {value}.", {"measurement": "pulse"}) is None
    assert fill("your {measurement} rose.", {"measurement": "pulse"}) == "Your pulse rose."
    assert fill("", {}) is None


# --- What a patient must not read ----------------------------------------------------


@lru_cache(maxsize=1)
def unsaid() -> re.Pattern[str]:
    """Match the names of everything that is not named to patients, whole words, any case."""
    graph, voice = shipped().graph, voice_of(PATIENT)
    named = {text_of(n).lower() for s, p, n in graph.triples if p == marrow("plainName")}
    names: set[str] = set()
    for kind in {s for s, p, _ in graph.triples if p == marrow("isA")} | {
            s for s, p, _ in graph.triples if p == marrow("notNamedToPatients")}:
        if voice.is_unnamed(kind):
            for p in (LABEL, iri(SKOS, "altLabel"), iri(SKOS, "hiddenLabel")):
                names |= {text_of(n).lower() for n in graph.objects(kind, p)}
            names |= {local_name(kind).lower(),
                      re.sub(r"(?<=[a-z])(?=[A-Z])", " ", local_name(kind)).lower()}
    assert {"multiple myeloma", "cauda equina syndrome", "cancer", "leukemia", "tumor"} <= names
    assert names.isdisjoint(named)
    return re.compile(r"(?<![a-z])(" + "|".join(map(re.escape, sorted(names))) + r")s?(?![a-z])",
                      re.IGNORECASE)


def spoken_aloud(letter: Letter) -> str:
    return letter.text() + json.dumps(letter.data())


@pytest.mark.parametrize("name", FLAGGED)
def test_no_page_of_a_flagged_patient_names_what_is_suspected(name: str) -> None:
    letter = page(name)
    assert unsaid().findall(spoken_aloud(letter)) == []
    urgent = passage_of(letter, "When you need a doctor")
    assert any(s.startswith(("Get help right now.", "Call your care team today")) for s in urgent)
    assert len(urgent) >= 2, "how fast, and why a doctor should look"


@pytest.mark.long
@pytest.mark.parametrize("name", EVERY)
def test_no_page_of_any_patient_names_what_is_not_named(name: str) -> None:
    """Long: a page for each golden patient."""
    letter = page(name)
    assert unsaid().findall(spoken_aloud(letter)) == []
    assert_readable(letter)


@pytest.mark.parametrize("name", ["t10-myeloma", "t20-saddle-numbness", "c03-child"])
def test_no_answer_to_a_question_names_what_is_suspected(name: str) -> None:
    assessment = assessed(name)
    change = parse_change("add", "SaddleAnesthesia", assessment.graph)
    flag = local_name(assessment.related("hasOpenFlag")[0])
    for question, *arguments in (
        ["missing"], ["explain-pain"], ["why", flag], ["why", "NSAID"], ["why-not", "NSAID"],
        ["contrast", "NSAID", "ColdTherapy"], ["what-if", [change]],
    ):
        letter = tell(assessment, question, *arguments, audience=PATIENT)
        assert unsaid().findall(spoken_aloud(letter)) == [], question


def test_nobody_learns_what_is_suspected_by_asking_for_it() -> None:
    """Myeloma is suspected in this patient and leukemia is not; the answers are the same."""
    assessment = assessed("t10-myeloma")
    assert marrow("MultipleMyeloma") in assessment.related("suspectedOf")
    assert marrow("Leukemia") not in assessment.related("suspectedOf")
    for question in ("why", "why-not"):
        suspected, other = (tell(assessment, question, name, audience=PATIENT)
                            for name in ("MultipleMyeloma", "Leukemia"))
        assert suspected == other
        assert "This page cannot answer that. Please ask your care team." in sentences(other)


def patient_texts() -> list[tuple[str, str]]:
    return sorted((f"{local_name(s)} {local_name(p)}", literal_parts(o)[0])
                  for s, p, o in shipped().graph.triples
                  if p in {marrow(t) for t in PATIENT_TEXTS})


ORDERS = re.compile(
    r"(^|[.!?:] )(take|start|stop|begin|change|skip|double|increase|lower|raise|use)\b"
    r"|you (should|must|need to) (not )?(take|start|stop|begin|change|skip|use)\b", re.IGNORECASE)


def test_no_text_tells_a_patient_to_start_stop_or_change_a_medicine() -> None:
    assert ORDERS.search("Stop the iron.")
    assert ORDERS.search("It is bad. Take less of it.")
    assert ORDERS.search("You should not take it.")
    texts = [t for t in patient_texts() if not t[0].endswith(("gloss", "plainName"))]
    assert [t for t in texts if ORDERS.search(t[1])] == []
    for name in (*EXAMPLES, *READ_ALOUD):
        assert [s for s in sentences(page(name)) if ORDERS.search(s)] == []


def test_what_is_given_and_not_suggested_comes_with_the_advice_to_ask_first(
        tmp_path: Path) -> None:
    """Ibuprofen is on the list of a patient who has an ulcer: G801 is a contraindication."""
    text = (ROOT / "examples" / "iron-deficiency.ttl").read_text()
    patient = "urn:marrow:example:iron-deficiency"
    text += f"""
<{patient}> marrow:hasCondition <{patient}/ulcer> ; marrow:hasMedication <{patient}/ibuprofen> .
<{patient}/ulcer> a marrow:ConditionRecord ; marrow:kind marrow:PepticUlcerDisease ;
    marrow:clinicalStatus "active" ; marrow:verificationStatus "confirmed" ;
    marrow:date "2026-10-20"^^xsd:date .
<{patient}/ibuprofen> a marrow:MedicationRecord ; marrow:kind marrow:Ibuprofen ;
    marrow:status "active" ; marrow:date "2026-10-20"^^xsd:date .
"""
    assessment = assess(shipped(), text.encode(), "2026-11-01")
    letter = tell(assessment, "explain", audience=PATIENT)
    entry = next(line for p in letter.passages for line in p.lines
                 if line.says == "An NSAID (such as ibuprofen) could be unsafe for you.")
    assert "You have or had a sore or bleeding in your stomach or gut, and it could make you " \
           "bleed." in entry.details
    assert "You may be getting this now. Call your care team today, before your next dose if you " \
           "can. Do not change it on your own." in entry.details


def test_nothing_that_a_record_wrote_freely_is_repeated() -> None:
    text = (ROOT / "examples" / "iron-deficiency.ttl").read_text()
    patient = "urn:marrow:example:iron-deficiency"
    text += f"""
<{patient}> marrow:hasCondition <{patient}/odd> .
<{patient}/odd> a marrow:ConditionRecord ; marrow:kind marrow:Fatigue ;
    marrow:clinicalStatus "active" ; marrow:verificationStatus "confirmed" ;
    marrow:recordedName "SECRETNAME" ; marrow:recordSource "SECRETSOURCE" ;
    marrow:date "2026-10-20"^^xsd:date .
"""
    assessment = assess(shipped(), text.encode(), "2026-11-01")
    for question, *arguments in (["explain"], ["why", "Fatigue"]):
        assert "SECRET" not in spoken_aloud(
            tell(assessment, question, *arguments, audience=PATIENT))


def test_pressing_care_is_told_first() -> None:
    """A hemoglobin of 6.8 g/dL is below the 7 of C076, and G601 is urgent."""
    text = (ROOT / "examples" / "iron-deficiency.ttl").read_text()
    changed = text.replace("9.8", "6.8")
    assert changed != text
    letter = tell(assess(shipped(), changed.encode(), "2026-11-01"), "explain", audience=PATIENT)
    urgent = passage_of(letter, "When you need a doctor")
    assert urgent[0].startswith("Call your care team today")
    assert urgent[1] == "Your hemoglobin is very low, and blood from a donor can raise it fast."


def test_with_an_open_flag_a_page_does_not_explain_the_pain_away() -> None:
    shown = passage_of(page("t20-saddle-numbness"), "What this may mean for your back pain")
    assert shown == ["A doctor should check you first. Until then this page does not try to "
                     "explain the pain."]


# --- The reading level ----------------------------------------------------------------


def prose(letter: Letter) -> str:
    """Return what a page says as running text, with a full stop after every line."""
    lines = [letter.title, *letter.notice, *sentences(letter), *(w.means for w in letter.words)]
    return " ".join(f"{re.sub(r'[.?!:]+$', '', k.lstrip('- '))}." for k in lines)


def assert_readable(letter: Letter) -> None:
    text = prose(letter)
    assert textstat.automated_readability_index(text) <= GRADE
    assert textstat.coleman_liau_index(text) <= GRADE


@pytest.mark.parametrize("name", [*EXAMPLES, *READ_ALOUD])
def test_whole_pages_read_at_the_level_of_a_twelve_year_old(name: str) -> None:
    assert_readable(page(name))


def test_the_clinician_would_not_pass_for_a_twelve_year_old() -> None:
    text = prose(page("iron-deficiency", EDUCATOR))
    assert textstat.coleman_liau_index(text) > GRADE


def test_every_patient_sentence_reads_at_the_level_of_a_twelve_year_old() -> None:
    hard = []
    for where, text in patient_texts():
        if where.endswith("plainName"):
            continue  # a name is explained by its gloss
        for sentence in re.split(r"(?<=[.?!]) ", re.sub(r"\{\w+\}", "iron", text)):
            grade = textstat.automated_readability_index(sentence)
            words = len(sentence.split())
            if grade > ONE_SENTENCE or words > MOST_WORDS:
                hard.append(f"{where}: grade {grade:.1f}, {words} words: {sentence}")
    assert not hard, "write shorter words and sentences in ontology/wording:\n" + "\n".join(hard)


def test_the_reading_level_is_measured_without_the_network(
        monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr("nltk.download", refuse)
    text = "A sentence that nobody has measured before. It is of no great length."
    assert 0 < textstat.automated_readability_index(text) < 9
    assert 0 < textstat.coleman_liau_index(text) < 9


# --- Pages that a person read line by line ------------------------------------------------


@pytest.mark.parametrize("name", sorted(p.stem for p in PAGES.glob("*.txt")))
def test_a_page_is_as_it_was_read_and_approved(name: str) -> None:
    """The part that new rows of guidance leave alone: whom to call, what was found, the pain."""
    wanted = (PAGES / f"{name}.txt").read_text("utf-8")
    assert approved_part(page(name)) == wanted


def approved_part(letter: Letter) -> str:
    return letter.text().split("\nWhat your care team may suggest")[0]


# --- Educators ---------------------------------------------------------------------------


def test_a_lesson_says_the_grade_the_claim_and_what_is_asserted_or_inferred() -> None:
    letter = page("iron-deficiency", EDUCATOR)
    has = passage_of(letter, "What the patient has, and how it is known")
    assert "fatigue (recorded, asserted in the record)" in has
    assert any(s.startswith("iron deficiency anemia (probable, inferred by ") for s in has)
    links = passage_of(letter, "Each step of the mechanism, and who says so")
    assert "low certainty" in links
    claim = shipped().graph.definition(marrow("C012"))
    assert f"C012: {claim}" in links
    iron = next(line for p in letter.passages for line in p.lines
                if line.says.startswith("oral iron is recommended"))
    assert {"G501", "C061"} <= set(iron.claims)


def test_a_lesson_shows_where_sources_differ() -> None:
    """The article suggests an anticonvulsant for nerve pain (G907); NICE advises against (G908)."""
    text = (ROOT / "examples" / "iron-deficiency.ttl").read_text()
    patient = "urn:marrow:example:iron-deficiency"
    text += f"""
<{patient}> marrow:hasCondition <{patient}/nerve> .
<{patient}/nerve> a marrow:ConditionRecord ; marrow:kind marrow:NeuropathicPainComponent ;
    marrow:clinicalStatus "active" ; marrow:verificationStatus "confirmed" ;
    marrow:date "2026-10-20"^^xsd:date .
"""
    letter = tell(assess(shipped(), text.encode(), "2026-11-01"), "explain", audience=EDUCATOR)
    line = next(line for p in letter.passages if p.heading == "Where sources disagree"
                for line in p.lines if "anticonvulsant" in line.says)
    assert {"G907", "G908"} <= set(line.claims)
    assert any(d.startswith("speaks for it: G907") for d in line.details)
    assert any(d.startswith("speaks against it: G908") for d in line.details)
    quiet = passage_of(page("iron-deficiency", EDUCATOR), "Where sources disagree")
    assert not any("anticonvulsant" in s for s in quiet)


def test_a_patient_is_told_that_experts_differ() -> None:
    """A ferritin of 30 is below the cutoff of AGA 2020 (45) and not below that of WHO 2020 (15)."""
    text = (ROOT / "examples" / "iron-deficiency.ttl").read_text()
    changed = re.sub(r'(SerumFerritin.*?marrow:value )8(\.0)?', r"\g<1>30", text, flags=re.DOTALL)
    assert changed != text
    letter = tell(assess(shipped(), changed.encode(), "2026-11-01"), "explain", audience=PATIENT)
    iron = next(line for p in letter.passages for line in p.lines
                if line.says == "Your care team may suggest iron by mouth.")
    assert "Not all experts agree on this." in iron.details


def test_a_lesson_on_why_names_the_rule_and_the_reason_for_it() -> None:
    letter = tell(assessed("iron-deficiency"), "why", "OralIron", audience=EDUCATOR)
    steps = passage_of(letter, "The steps from the record to the conclusion")
    assert "inferred by recommend-what-is-indicated" in steps
    assert "an indication fires and every premise that must be known is known" in steps


# --- Languages -----------------------------------------------------------------------------


def test_a_language_without_texts_falls_back_to_english_and_says_so() -> None:
    letter = tell(assessed("mixed"), "explain", audience=PATIENT, language="de")
    assert re.fullmatch(r"\d+ texts are not written in 'de' yet and stand here in English \(en\)\.",
                        letter.fallback)
    assert letter.text().startswith(letter.fallback)
    assert page("mixed").fallback == ""


def test_a_text_in_another_language_is_used() -> None:
    german = (marrow("SayHelpHeading"), marrow("patientSentence"), '"Wann Sie zum Arzt gehen"@de')
    voice = voice_of(PATIENT, Graph(shipped().graph.triples | {german}), "de")
    assert voice.phrase("SayHelpHeading") == "Wann Sie zum Arzt gehen"
    assert not voice.borrowed
    assert voice.phrase("SayFoundHeading") == "What was found"
    assert len(voice.borrowed) == 1
    assert voice_of(PATIENT, voice.graph).phrase("SayHelpHeading") == "When you need a doctor"


# --- Every output --------------------------------------------------------------------------


QUESTIONS: list[list[str]] = [
    ["explain"], ["why", "OralIron"], ["why-not", "IntravenousIron"], ["missing"],
    ["explain-pain"], ["contrast", "OralIron", "IntravenousIron"],
    ["what-if", "--set", "Hemoglobin=6.8g/dL"],
]
HERE = ["--example", "iron-deficiency", "--as-of", "2026-11-01"]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q[0])
@pytest.mark.parametrize("audience", [EDUCATOR, PATIENT])
def test_every_question_answers_every_audience_with_a_notice(question: list[str],
                                                             audience: str) -> None:
    schema = json.loads((ROOT / "reasoner/audiences/letter.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    said = CliRunner().invoke(app, [*question, *HERE, "--audience", audience])
    data = CliRunner().invoke(app, [*question, *HERE, "--audience", audience, "--json"])
    assert (said.exit_code, data.exit_code) == (0, 0)
    answer = json.loads(data.stdout)
    Draft202012Validator(schema).validate(answer)
    notice = " ".join(answer["notice"])
    text = " ".join(said.stdout.split())
    assert notice in text
    assert ("has checked the rules behind this page yet" if audience == PATIENT else
            "no person with clinical responsibility has reviewed the knowledge yet") in notice
    for line in (k for p in answer["passages"] for k in p["lines"]):
        assert " ".join(line["says"].split()) in text
    if audience == PATIENT:
        assert not any(k["claims"] for p in answer["passages"] for k in p["lines"])


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q[0])
def test_the_clinician_is_the_default_and_unchanged(question: list[str]) -> None:
    plain = CliRunner().invoke(app, [*question, *HERE])
    named = CliRunner().invoke(app, [*question, *HERE, "--audience", "clinician"])
    assert (plain.exit_code, plain.stdout) == (0, named.stdout)
    assert shipped().graph.text("<https://w3id.org/marrow/>", marrow("notice")) in plain.stdout


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q[0])
def test_an_unknown_audience_is_a_usage_error_that_lists_the_choices(question: list[str]) -> None:
    found = CliRunner().invoke(app, [*question, *HERE, "--audience", "doctor"])
    assert found.exit_code == 2
    assert "clinician, educator, patient" in found.stderr
    assert found.stdout == ""


@pytest.mark.parametrize("arguments", [
    ["why", "OralIron", "--draw", "dot"], ["why", "OralIron", "--rdf", "proof.trig"],
    ["explain", "--compare-evidence"], ["explain", "--language", "x y"],
])
def test_what_has_no_form_for_a_patient_is_refused(arguments: list[str], tmp_path: Path,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(app, [*arguments, *HERE, "--audience", "patient"])
    assert (found.exit_code, found.stdout) == (2, "")
    assert list(tmp_path.iterdir()) == []


def test_a_clinician_in_another_language_is_told_aloud() -> None:
    found = CliRunner().invoke(app, ["missing", *HERE, "--language", "de"])
    assert found.exit_code == 0
    assert "nothing is written in 'de'" in found.stderr


@pytest.mark.parametrize(("question", "audience"), [("explain", "clinician"), ("guess", PATIENT),
                                                    ("explain", "nobody")])
def test_the_library_refuses_what_is_not_told(question: str, audience: str) -> None:
    with pytest.raises(UsageError):
        tell(assessed("mixed"), question, audience=audience)


def say(*arguments: str) -> str:
    found = CliRunner().invoke(app, [*arguments, "--as-of", "2026-11-01"])
    assert found.exit_code == 0, found.output
    return found.stdout


def test_a_patient_who_asks_what_is_missing_is_never_told_that_it_cannot_be_answered() -> None:
    said = say("missing", "--example", "iron-deficiency", "--audience", "patient")
    assert "cannot answer that" not in said
    assert "Is there anything else about my back" in said


def test_a_patient_is_told_which_results_decide_that_care_does_not_apply() -> None:
    said = say("why-not", "--example", "iron-deficiency", "RedCellTransfusion",
               "--audience", "patient")
    (line,) = [x for x in said.splitlines() if "These results are looked at" in x]
    assert "hemoglobin" in line


def test_a_patient_is_told_which_way_takes_the_place_of_another() -> None:
    """Severe anemia prefers the vein (G506-severe), which takes the place of iron by mouth."""
    said = say("what-if", "--example", "iron-deficiency", "--set", "Hemoglobin=6.8g/dL",
               "--audience", "patient")
    assert "The other way is iron by drip." in " ".join(said.split())


def test_an_educator_sees_what_stands_below_what() -> None:
    said = say("why-not", "--example", "iron-deficiency", "RedCellTransfusion",
               "--audience", "educator").splitlines()
    at = next(i for i, x in enumerate(said) if x.strip() == "not-met: any of")
    assert said[at + 1].strip().startswith("- not-met: the patient has vaso-occlusive crisis")
    fainting = next(x for x in said if "the patient has fainting" in x)
    assert fainting.strip().startswith("- - - not-met")
