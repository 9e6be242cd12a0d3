"""A written proof is checked again by nothing that wrote it, and every alteration is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from oracle import named
from patients import AS_OF, patients
from reasoner.assessment import Assessment
from reasoner.cli.call import example_names
from reasoner.cli.main import app
from reasoner.engine import Engine
from reasoner.errors import InputRefused, KnowledgeError, LimitReached
from reasoner.gate import gate_patient
from reasoner.namespaces import (
    BIBO,
    EO,
    GATE,
    MARROW,
    OWL,
    PROV,
    RDF,
    RDFS,
    RULE,
    XSD,
    shorten,
)
from reasoner.patient import read_patient_graph
from reasoner.pipeline import assess
from reasoner.proof import statement_iri
from reasoner.proofcheck import Checker, Verdict, read_library
from reasoner.proofcheck.library import Triple, name_expressions, plain_term, term_text, triples_of
from reasoner.proofcheck.numbers import compute, read_scales, without_future
from reasoner.proofcheck.rules import read_rule
from reasoner.proofcheck.windows import count_record, read_intervals
from reasoner.store import conclusions_of, ox_term, write_trig

ROOT = Path(__file__).parent.parent
EXAMPLE = "urn:marrow:example:iron-deficiency"
DAY = ox.NamedNode(XSD + "date")
DECIMAL = ox.NamedNode(XSD + "decimal")
INTEGER = ox.NamedNode(XSD + "integer")


def m(local: str) -> ox.NamedNode:
    return ox.NamedNode(MARROW + local)


def number(text: str, datatype: ox.NamedNode = DECIMAL) -> ox.Literal:
    return ox.Literal(text, datatype=datatype)


@pytest.fixture(scope="session")
def checker() -> Checker:
    return Checker(read_library(ROOT))


@pytest.fixture(scope="session")
def assessed(engine: Engine) -> dict[str, Assessment]:
    return {name: assess(engine, ROOT / "examples" / f"{name}.ttl", AS_OF)
            for name in example_names()}


@pytest.fixture(scope="session")
def oral_iron(assessed: dict[str, Assessment], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The proof that oral iron is recommended: 9.8 g/dL of hemoglobin, 8 ug/L of ferritin."""
    path = tmp_path_factory.mktemp("proofs") / "oral-iron.trig"
    found = assessed["iron-deficiency"]
    write_trig(found, found.fact("recommended", str(m("OralIron"))), path)
    return path


def record_of(found: Assessment) -> list[Triple]:
    return [(ox_term(s), ox_term(p), ox_term(o)) for s, p, o in found.derivations.given]


@lru_cache
def parsed(path: Path) -> list[ox.Quad]:
    return list(ox.parse(path=str(path), format=ox.RdfFormat.TRIG))


class Altered:
    """A proof that can be altered, and is then written with names that fit what it says."""

    def __init__(self, path: Path) -> None:
        quads = parsed(path)
        self.proof = quads[0].graph_name
        self.said: dict[ox.NamedNode, dict[str, list[ox.NamedNode | ox.Literal]]] = {}
        for q in quads:
            self.add(q.subject, q.predicate.value, q.object)

    @property
    def triples(self) -> list[tuple[ox.NamedNode, str, ox.NamedNode | ox.Literal]]:
        return [(s, p, o) for s, said in self.said.items()
                for p, found in said.items() for o in found]

    def of(self, node: ox.NamedNode, predicate: str) -> list[ox.NamedNode | ox.Literal]:
        return self.said.get(node, {}).get(predicate, [])

    def statements(self) -> list[ox.NamedNode]:
        return sorted((s for s in self.said
                       if ox.NamedNode(RDF + "Statement") in self.of(s, RDF + "type")), key=str)

    def statement(self, subject: str = "", predicate: str = "", value: object = None) \
            -> ox.NamedNode:
        """The first statement with such a subject, Marrow predicate and object."""
        return next(
            node for node in self.statements()
            if (not subject or self.of(node, RDF + "subject")[0].value.endswith(subject))
            and (not predicate or self.of(node, RDF + "predicate") == [m(predicate)])
            and (value is None or self.of(node, RDF + "object") == [value])
        )

    def step(self, rule: str) -> ox.NamedNode:
        """The first step that applies a rule or computation."""
        names = [ox.NamedNode(RULE + rule), ox.NamedNode(GATE + rule)]
        return sorted((s for s in self.said
                       if any(n in self.of(s, MARROW + "appliedRule") for n in names)), key=str)[0]

    def maker(self, statement: ox.NamedNode) -> ox.NamedNode:
        (step,) = self.of(statement, PROV + "wasGeneratedBy")
        return step

    def add(self, subject: ox.NamedNode, predicate: str, value: object) -> None:
        self.said.setdefault(subject, {}).setdefault(predicate, []).append(value)

    def remove(self, subject: ox.NamedNode, predicate: str = "", value: object = None) -> None:
        for name, found in self.said[subject].items():
            if predicate in ("", name):
                found[:] = [o for o in found if value is not None and o != value]

    def put(self, subject: ox.NamedNode, predicate: str, value: object) -> None:
        self.remove(subject, predicate)
        self.add(subject, predicate, value)

    def leaf(self, subject: ox.NamedNode, predicate: str, value: object, origin: str) -> None:
        """Add a statement that rests on a record or knowledge."""
        node = m("statement/added")
        for said, found in ((RDF + "type", ox.NamedNode(RDF + "Statement")),
                            (RDF + "subject", subject),
                            (RDF + "predicate", ox.NamedNode(predicate)), (RDF + "object", value),
                            (MARROW + "restsOn", m(origin))):
            self.add(node, said, found)

    def drop_idle(self) -> None:
        """Take away what nothing uses any more."""
        used = {o for _, _, o in self.triples}
        while idle := [n for n in self.statements() if n not in used]:
            for node in idle:
                for step in self.of(node, PROV + "wasGeneratedBy"):
                    self.remove(step)
                self.remove(node)
            used = {o for _, _, o in self.triples}

    def say(self, statement: ox.NamedNode, value: object) -> None:
        self.put(statement, RDF + "object", value)

    def write(self, rename: bool = True) -> bytes:
        names: dict[object, ox.NamedNode] = {}
        for node in self.statements() if rename else ():
            parts = [self.of(node, RDF + p) for p in ("subject", "predicate", "object")]
            if all(len(p) == 1 for p in parts):
                content = tuple(term_text(plain_term(p[0])) for p in parts)
                names[node] = ox.NamedNode(statement_iri(content)[1:-1])
                if node in self.of(self.proof, MARROW + "proves"):
                    names[self.proof] = ox.NamedNode(
                        statement_iri(content)[1:-1].replace("statement/", "proof/"))
        return ox.serialize(
            [ox.Quad(names.get(s, s), ox.NamedNode(p), names.get(o, o),
                     names.get(self.proof, self.proof)) for s, p, o in self.triples],
            format=ox.RdfFormat.TRIG,
        ) or b""


def verdict(checker: Checker, proof: Altered, rename: bool = True) -> Verdict:
    return checker.check(proof.write(rename), ".trig", "proof.trig")


# What holds


@pytest.mark.parametrize("name", example_names())
def test_a_proof_of_each_sort_of_conclusion_holds(
    checker: Checker, assessed: dict[str, Assessment], name: str, tmp_path: Path,
) -> None:
    found = assessed[name]
    sorts = {fact[1]: fact for fact in sorted(conclusions_of(found))}
    assert len(sorts) >= 6
    for fact in sorts.values():
        path = tmp_path / "proof.trig"
        write_trig(found, fact, path)
        answer = checker.check(path.read_bytes(), ".trig", "proof.trig")
        assert answer.holds, answer.text()
        assert not answer.against_record


def test_every_conclusion_holds_against_the_record(
    checker: Checker, assessed: dict[str, Assessment], tmp_path: Path,
) -> None:
    found, absences = assessed["mixed"], 0
    for fact in sorted(conclusions_of(found))[::6]:
        path = tmp_path / "proof.trig"
        write_trig(found, fact, path)
        answer = checker.check(path.read_bytes(), ".trig", "proof.trig", AS_OF, record_of(found))
        assert answer.holds, answer.text()
        assert answer.against_record
        absences += answer.absences
    assert absences > 50


def test_what_oral_iron_rests_on(checker: Checker, oral_iron: Path) -> None:
    answer = checker.check(oral_iron.read_bytes(), ".trig", "proof.trig")
    assert answer.holds
    assert answer.what == f"<{EXAMPLE}> marrow:recommended marrow:OralIron"
    assert answer.steps == oral_iron.read_text().count("a prov:Activity")
    # Of each of two results: no later one on the clock or in every time zone, no unreadable one in
    # three ways of comparing it, nothing that outdates it, no open result beside it and no higher
    # one. One kind that neither a certain nor a doubtful record names; no exception that is open;
    # nothing against it and no doubt; one kind that was not measured, which takes two.
    assert answer.absences == 2 * (2 + 3 + 1 + 2) + 2 + 1 + 2 + 2

@pytest.mark.parametrize(("subject", "predicate", "spelling"), [
    ("hemoglobin", "value", "9.80"), ("hemoglobin", "value", "09.8"),
    ("hemoglobin", "amountAtMost", "98.0"), ("ferritin", "amountAtMost", "08."),
])
def test_a_number_is_compared_by_value(checker: Checker, oral_iron: Path, subject: str,
                                       predicate: str, spelling: str) -> None:
    proof = Altered(oral_iron)
    proof.say(proof.statement(subject, predicate), number(spelling))
    assert verdict(checker, proof, rename=False).holds


# What does not hold


Alteration = Callable[[Altered], object]


def drop_premise(proof: Altered) -> None:
    """The kind of an observation, which other steps use as well."""
    step = proof.step("read-the-upper-bound")
    kinds = {n for n in proof.statements() if proof.of(n, RDF + "predicate") == [m("kind")]}
    (used,) = kinds & set(proof.of(step, PROV + "used"))
    proof.remove(step, PROV + "used", used)


def add_premise(proof: Altered) -> None:
    proof.add(proof.step("indicate"), PROV + "used", proof.statement("", "ageInYears"))


def exchange_premise(proof: Altered) -> None:
    step = proof.step("recommend-what-is-indicated")
    proof.put(step, PROV + "used", proof.statement("", "meets"))


def drop_step(proof: Altered) -> None:
    made = proof.statement("", "indicated")
    proof.remove(proof.maker(made))
    proof.remove(made, PROV + "wasGeneratedBy")


def drop_step_and_claim(origin: str) -> Alteration:
    """Drop a step, and all that only it needed, and call its conclusion a leaf."""
    def alter(proof: Altered) -> None:
        made = proof.statement("", "indicated")
        drop_step(proof)
        proof.add(made, MARROW + "restsOn", m(origin))
        proof.drop_idle()
    return alter


def own_premise(proof: Altered) -> None:
    made = proof.statement("", "meets")
    proof.add(proof.maker(made), PROV + "used", made)


def circle(proof: Altered) -> None:
    """An early step that uses the conclusion of a late one."""
    proof.add(proof.maker(proof.statement("", "meets")), PROV + "used",
              proof.statement("", "indicated"))


def second_maker(proof: Altered) -> None:
    proof.add(proof.statement("", "indicated"), PROV + "wasGeneratedBy", proof.step("cax-sco"))


def other_goal(proof: Altered) -> None:
    proof.put(proof.proof, MARROW + "proves", proof.statement("", "meets"))


def no_absence(rule: str) -> Alteration:
    return lambda p: p.remove(p.step(rule), MARROW + "absence")


def other_absence(rule: str, *absences: str) -> Alteration:
    def alter(proof: Altered) -> None:
        step = proof.step(rule)
        proof.remove(step, MARROW + "absence")
        for text in absences:
            proof.add(step, MARROW + "absence", ox.Literal(text))
    return alter


def say(subject: str, predicate: str, value: object) -> Alteration:
    return lambda p: p.say(p.statement(subject, predicate), value)


def rule(name: str, other: str) -> Alteration:
    return lambda p: p.put(p.step(name), MARROW + "appliedRule", ox.NamedNode(other))


def facet(proof: Altered) -> None:
    """Another limit of the threshold that anemia rests on, 120 g/L."""
    node = next(n for n in proof.statements()
                if proof.of(n, RDF + "object") == [number("120")])
    proof.say(node, number("130"))


def citation(proof: Altered) -> None:
    node = next(n for n in proof.statements()
                if proof.of(n, RDF + "predicate")[0].value == OWL + "hasValue"
                and proof.of(n, RDF + "object") == [m("G501")])
    proof.say(node, m("G502"))


RECOMMEND = "recommend-what-is-indicated"
NOT_STATED = "it rests on knowledge and stands in no ontology file"
DIFFERENT = "the absences it lists are not those of the rule"
NOT_CONCLUDED = "the rule does not conclude this from its premises"
CIRCLE = "it rests on its own conclusion"
ALTERATIONS: dict[str, tuple[Alteration, str]] = {
    "premise dropped": (drop_premise, NOT_CONCLUDED),
    "premise added": (add_premise, "it has a premise that the rule does not need"),
    "premise exchanged": (exchange_premise, "nothing in the proof uses it"),
    "all premises dropped": (lambda p: p.remove(p.step(RECOMMEND), PROV + "used"),
                             "it has no premise"),
    "premise from nowhere": (lambda p: p.add(p.step(RECOMMEND), PROV + "used", m("statement/x")),
                             "which is no statement of the proof"),
    "kind of a result": (say("hemoglobin", "kind", m("Platelets")), "premises do not give this"),
    "value": (say("hemoglobin", "value", number("12.8")), "do not give this; it gives 128"),
    "unit": (say("hemoglobin", "unit", ox.Literal("g/L")), "premises do not give this"),
    "unit in use elsewhere": (say("ferritin", "unit", ox.Literal("pmol/L")),
                              "premises do not give this"),
    "type of a value": (say("hemoglobin", "value", ox.Literal("9.8")),
                        "premises do not give this"),
    "amount": (say("hemoglobin", "amountAtMost", number("68")), "it gives 98"),
    "amount by the last digit": (say("hemoglobin", "amountAtMost", number("98.000001")),
                                 "it gives 98"),
    "date of a result": (say("hemoglobin", "date", ox.Literal("2026-10-21", datatype=DAY)),
                         "it gives 11"),
    "days": (say("hemoglobin", "daysAgo", number("11", INTEGER)), "it gives 12"),
    "birth date": (say("", "birthDate", ox.Literal("2010-03-02", datatype=DAY)), "it gives 16"),
    "age": (say("", "ageInYears", number("43", INTEGER)), "it gives 42"),
    "as-of date": (lambda p: p.put(p.proof, MARROW + "asOf",
                                   ox.Literal("2026-11-02", datatype=DAY)), "it gives 13"),
    "no as-of date": (lambda p: p.remove(p.proof, MARROW + "asOf"), "it names no as-of date"),
    "as-of date of no day": (lambda p: p.put(p.proof, MARROW + "asOf",
                                             ox.Literal("2026-02-30", datatype=DAY)),
                             "its as-of date is no date"),
    "status": (say("hemoglobin", "status", ox.Literal("preliminary")), NOT_CONCLUDED),
    "sex": (say("", "sex", m("Male")), NOT_CONCLUDED),
    "rule that is another": (rule(RECOMMEND, RULE + "consider-what-is-suggested"), NOT_CONCLUDED),
    "rule that is none": (rule(RECOMMEND, RULE + "recommend-everything"),
                          "there is no such rule file"),
    "rule outside the folder": (rule(RECOMMEND, RULE + "../questions/why"),
                                "there is no such rule file"),
    "rule that is a computation": (rule(RECOMMEND, GATE + "amount"),
                                   "it applies no rule or computation"),
    "computation that is another": (rule("age", GATE + "days"), "premises do not give this"),
    "two rules": (lambda p: p.add(p.step(RECOMMEND), MARROW + "appliedRule",
                                  ox.NamedNode(RULE + "indicate")), "2 times a rule"),
    "conclusion": (say("", "recommended", m("IntravenousIron")), NOT_CONCLUDED),
    "conclusion of another predicate": (
        lambda p: p.put(p.statement("", "recommended"), RDF + "predicate", m("considered")),
        NOT_CONCLUDED),
    "conclusion about another": (
        lambda p: p.put(p.statement("", "recommended"), RDF + "subject",
                        ox.NamedNode("urn:marrow:example:mixed")), NOT_CONCLUDED),
    "conclusion on the way": (say("", "indicated", m("IntravenousIron")), NOT_CONCLUDED),
    "citation of a row": (citation, NOT_STATED),
    "threshold": (facet, NOT_STATED),
    "absences dropped": (no_absence(RECOMMEND), DIFFERENT),
    "one absence dropped": (
        other_absence(RECOMMEND, f"<{EXAMPLE}> marrow:inDoubt marrow:OralIron"), DIFFERENT),
    "absence of another": (
        other_absence(RECOMMEND, f"<{EXAMPLE}> marrow:inDoubt marrow:IntravenousIron",
                      f"<{EXAMPLE}> marrow:notRecommended marrow:IntravenousIron"), DIFFERENT),
    "absence added": (
        other_absence(RECOMMEND, f"<{EXAMPLE}> marrow:inDoubt marrow:OralIron",
                      f"<{EXAMPLE}> marrow:notRecommended marrow:OralIron",
                      f"<{EXAMPLE}> marrow:has marrow:Pregnancy"), DIFFERENT),
    "absence of a bound result": (
        other_absence("read-the-upper-bound", f"<{EXAMPLE}> marrow:hasCurrentObservation ?x"),
        DIFFERENT),
    "absence of a computation": (other_absence("age", f"<{EXAMPLE}> marrow:sex ?x"),
                                 "a computation needs no absence"),
    "absence that is no pattern": (other_absence(RECOMMEND, "nothing at all"),
                                   "is no pattern"),
    "absence that is a name": (
        lambda p: p.add(p.step(RECOMMEND), MARROW + "absence", m("Pregnancy")), "is no pattern"),
    "step that is no activity": (
        lambda p: p.remove(p.step(RECOMMEND), RDF + "type", ox.NamedNode(PROV + "Activity")),
        "it applies no rule or computation"),
    "step dropped": (drop_step, "it is not either a leaf or concluded by one step"),
    "step called a record": (drop_step_and_claim("recordStatement"),
                             "it rests on the record and no record may say it"),
    "step called knowledge": (drop_step_and_claim("knowledgeStatement"), NOT_STATED),
    "leaf of another origin": (
        lambda p: p.put(p.statement("hemoglobin", "value"), MARROW + "restsOn", m("hearsay")),
        "it rests on neither a record nor knowledge"),
    "record called knowledge": (
        lambda p: p.put(p.statement("hemoglobin", "value"), MARROW + "restsOn",
                        m("knowledgeStatement")), NOT_STATED),
    "leaf that is concluded as well": (
        lambda p: p.add(p.statement("", "indicated"), MARROW + "restsOn", m("recordStatement")),
        "it is not either a leaf or concluded by one step"),
    "own premise": (own_premise, CIRCLE),
    "circle": (circle, CIRCLE),
    "two steps of one statement": (second_maker, "it is not either a leaf or concluded by one"),
    "no conclusion": (lambda p: p.remove(p.proof, MARROW + "proves"), "0 times a conclusion"),
    "two conclusions": (
        lambda p: p.add(p.proof, MARROW + "proves", p.statement("", "meets")),
        "2 times a conclusion"),
    "conclusion that is no statement": (lambda p: p.put(p.proof, MARROW + "proves", m("Anemia")),
                                        "what it proves is no statement of it"),
    "conclusion from the middle": (other_goal, "nothing in the proof uses it"),
    "statement without a subject": (
        lambda p: p.remove(p.statement("", "indicated"), RDF + "subject"), "0 times a subject"),
    "statement with two objects": (
        lambda p: p.add(p.statement("", "indicated"), RDF + "object", m("Iron")),
        "2 times a object"),
    "statement about a blank node": (
        lambda p: p.put(p.statement("", "indicated"), RDF + "subject", ox.BlankNode("b")),
        "its parts are not names and literals"),
    "approval of the proof": (
        lambda p: p.add(p.proof, MARROW + "reviewStatus", ox.Literal("approved by a physician")),
        "the proof: it says 'marrow:reviewStatus', which is no part of a written proof"),
    "approval of a step": (
        lambda p: p.add(p.step(RECOMMEND), MARROW + "reviewStatus", ox.Literal("approved")),
        "it says 'marrow:reviewStatus', which is no part of a written proof"),
    "comment on a statement": (
        lambda p: p.add(p.statement("", "indicated"), RDFS + "comment", ox.Literal("always")),
        "it says 'rdfs:comment', which is no part of a written proof"),
    "sort of the proof": (lambda p: p.add(p.proof, RDF + "type", m("Guideline")),
                          "the proof: it is called 'marrow:Guideline', which is no part of a"),
    "sort of a step": (lambda p: p.add(p.step(RECOMMEND), RDF + "type", m("Computation")),
                       "it is called 'marrow:Computation', which is no part of a written proof"),
    "sort of a statement": (
        lambda p: p.add(p.statement("", "indicated"), RDF + "type", m("Recommendation")),
        "it is called 'marrow:Recommendation', which is no part of a written proof"),
    "node that no step uses": (
        lambda p: p.add(ox.NamedNode("urn:note"), RDFS + "comment", ox.Literal("approved")),
        "<urn:note>: it is neither the proof nor a statement or step of it"),
    "conclusion beside the steps": (
        lambda p: p.add(ox.NamedNode(EXAMPLE), MARROW + "recommended", m("IntravenousIron")),
        f"<{EXAMPLE}>: it is neither the proof nor a statement or step of it"),
    "statement that no step uses": (
        lambda p: p.leaf(m("Anemia"), RDF + "type", m("Approved"), "knowledgeStatement"),
        "nothing in the proof uses it"),
    "record that no step uses": (
        lambda p: p.leaf(ox.NamedNode(EXAMPLE), MARROW + "sex", m("Male"), "recordStatement"),
        "nothing in the proof uses it"),
    "another version of the knowledge": (
        lambda p: p.put(p.proof, PROV + "wasDerivedFrom", m("9.9.9")),
        "is not what the knowledge says"),
    "a second version of the knowledge": (
        lambda p: p.add(p.proof, PROV + "wasDerivedFrom", m("9.9.9")),
        "is not what the knowledge says"),
    "another status of the knowledge": (
        lambda p: p.put(p.proof, BIBO + "status", ox.NamedNode(BIBO + "status/published")),
        "is not what the knowledge says"),
    "another notice": (
        lambda p: p.put(p.proof, MARROW + "notice", ox.Literal("Approved.", language="en")),
        "is not what the knowledge says"),
    "no notice": (
        lambda p: p.remove(p.proof, MARROW + "notice", p.of(p.proof, MARROW + "notice")[0]),
        "is not what the knowledge says"),
    "step that concludes nothing": (
        lambda p: p.add(m("derivation/x"), RDF + "type", ox.NamedNode(PROV + "Activity")),
        "it concludes nothing"),
    "import": (
        lambda p: p.add(p.proof, OWL + "imports", ox.NamedNode("urn:more")),
        "the proof: it imports other content, and a proof stands alone"),
    "import into a file of its own name": (
        lambda p: p.add(ox.NamedNode("urn:file"), OWL + "imports", ox.NamedNode("urn:more")),
        "<urn:file>: it imports other content, and a proof stands alone"),
    "origin that is a text": (
        lambda p: p.put(p.statement("hemoglobin", "value"), MARROW + "restsOn",
                        ox.Literal(MARROW + "recordStatement")),
        "it rests on neither a record nor knowledge"),
    "absence in a language": (
        lambda p: p.put(p.step("indicate"), MARROW + "absence",
                        ox.Literal(p.of(p.step("indicate"), MARROW + "absence")[0].value,
                                   language="en")), "is no pattern"),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_altered_proof_is_refused(checker: Checker, oral_iron: Path, name: str) -> None:
    """Each alteration is refused for what it is: the names of the statements are made to fit."""
    alter, reason = ALTERATIONS[name]
    proof = Altered(oral_iron)
    before = proof.write()
    alter(proof)
    assert proof.write() != before
    answer = verdict(checker, proof)
    assert not answer.holds
    assert reason in answer.text()
    assert answer.text().count("\n") == 1


def quads_of(proof: Altered, graph: object = None) -> list[ox.Quad]:
    return [ox.Quad(s, ox.NamedNode(p), o, graph or proof.proof) for s, p, o in proof.triples]


def written_as(quads: list[ox.Quad], form: ox.RdfFormat) -> bytes:
    return ox.serialize(quads, format=form) or b""


SETS = {".trig": ox.RdfFormat.TRIG, ".nq": ox.RdfFormat.N_QUADS, ".jsonld": ox.RdfFormat.JSON_LD}
OTHER = ox.NamedNode("urn:marrow:other")
NOTE = (OTHER, ox.NamedNode(RDFS + "comment"), ox.Literal("approved"))


@pytest.mark.parametrize("suffix", SETS)
def test_a_proof_is_the_graph_of_its_name(checker: Checker, oral_iron: Path, suffix: str) -> None:
    proof, form = Altered(oral_iron), SETS[suffix]
    own = shorten(str(proof.proof))
    whole = checker.check(written_as(quads_of(proof), form), suffix, "proof")
    assert whole.holds, whole.text()
    for quads, where, what in (
        (quads_of(proof, OTHER), f"graph <{OTHER.value}>", f"its name is not the proof's, {own}"),
        (quads_of(proof, ox.DefaultGraph()), "node ",
         f"it stands outside the proof's graph, {own}"),
        ([*quads_of(proof), ox.Quad(*NOTE, OTHER)], f"graph <{OTHER.value}>",
         f"its name is not the proof's, {own}"),
        ([*quads_of(proof), ox.Quad(*NOTE)], f"node <{OTHER.value}>",
         f"it stands outside the proof's graph, {own}"),
        ([*quads_of(proof), ox.Quad(proof.proof, *NOTE[1:])], f"node {own}",
         f"it stands outside the proof's graph, {own}"),
        ([*quads_of(proof), ox.Quad(OTHER, ox.NamedNode(OWL + "imports"), OTHER)],
         f"node <{OTHER.value}>", "it imports other content, and a proof stands alone"),
    ):
        found = checker.check(written_as(quads, form), suffix, "proof")
        assert not found.holds
        assert found.where.startswith(where)
        assert found.what == what


@pytest.mark.parametrize(("suffix", "form"), [
    (".ttl", ox.RdfFormat.TURTLE), (".nt", ox.RdfFormat.N_TRIPLES)])
def test_a_form_without_graphs_is_one_graph(checker: Checker, oral_iron: Path, suffix: str,
                                            form: ox.RdfFormat) -> None:
    proof = Altered(oral_iron)
    quads = quads_of(proof, ox.DefaultGraph())
    assert checker.check(written_as(quads, form), suffix, "proof").holds
    found = checker.check(written_as([*quads, ox.Quad(*NOTE)], form), suffix, "proof")
    assert found.where == f"node <{OTHER.value}>"
    assert found.what == "it is neither the proof nor a statement or step of it"


def test_renaming_alone_breaks_nothing(checker: Checker, oral_iron: Path) -> None:
    assert verdict(checker, Altered(oral_iron)).holds


def test_every_statement_matters(checker: Checker, oral_iron: Path) -> None:
    """Whichever statement says something else, the proof is refused."""
    whole, kept = Altered(oral_iron), []
    cited = [n for n in whole.statements()
             if m("knowledgeStatement") in whole.of(n, MARROW + "restsOn")]
    for node in [n for n in whole.statements() if n not in cited] + cited[::8]:
        proof = Altered(oral_iron)
        (old,) = proof.of(node, RDF + "object")
        new = ox.Literal(old.value + "1", datatype=old.datatype) if isinstance(old, ox.Literal) \
            else ox.NamedNode(old.value + "x")
        proof.say(node, new)
        if verdict(checker, proof).holds:
            kept.append(node)
    assert kept == []


def test_every_premise_and_step_matters(checker: Checker, oral_iron: Path) -> None:
    """Whichever link of a step to a premise, or whichever absence, is taken away."""
    proof = Altered(oral_iron)
    links = [link for link in proof.triples
             if link[1] in (PROV + "used", MARROW + "absence", MARROW + "restsOn",
                            PROV + "wasGeneratedBy", MARROW + "appliedRule")]
    assert len(links) > 300
    for link in links[::7]:
        proof = Altered(oral_iron)
        proof.remove(*link)
        assert not verdict(checker, proof).holds, link


def test_a_value_that_changes_nothing_is_told_by_its_name(checker: Checker, oral_iron: Path) \
        -> None:
    """An amended result serves as well as a final one, but it is not what was proved."""
    proof = Altered(oral_iron)
    proof.say(proof.statement("hemoglobin", "status"), ox.Literal("amended"))
    answer = verdict(checker, proof, rename=False)
    assert not answer.holds
    assert "its name was made from another statement" in answer.what


def test_a_forged_record_is_told_by_the_record(
    checker: Checker, assessed: dict[str, Assessment], oral_iron: Path,
) -> None:
    proof = Altered(oral_iron)
    proof.say(proof.statement("hemoglobin", "status"), ox.Literal("amended"))
    assert verdict(checker, proof).holds  # a right proof, of another record
    answer = checker.check(proof.write(), ".trig", "proof.trig", None,
                           record_of(assessed["iron-deficiency"]))
    assert not answer.holds
    assert "it rests on the record and is not in it" in answer.what


NEWER = """
<{0}> marrow:hasObservation <{0}/new> .
<{0}/new> a marrow:Observation ; marrow:kind marrow:Hemoglobin ; marrow:value 15.1 ;
    marrow:unit "g/dL" ; marrow:date "{1}"^^xsd:date ; marrow:status "final" .
"""
PREGNANT = """
<{0}> marrow:hasCondition <{0}/new> .
<{0}/new> a marrow:ConditionRecord ; marrow:kind marrow:Pregnancy ;
    marrow:clinicalStatus "active" ; marrow:verificationStatus "confirmed" ;
    marrow:onset "2026-08-01"^^xsd:date ; marrow:date "2026-10-20"^^xsd:date .
"""


@pytest.mark.parametrize(("more", "absent"), [
    (NEWER.format(EXAMPLE, "2026-10-25"), "marrow:clockSecondsAgoAtMost ?laterEarliest"),
    (PREGNANT.format(EXAMPLE), "marrow:within marrow:Pregnancy"),
])
def test_what_should_be_absent_is_looked_for_in_the_record(
    checker: Checker, engine: Engine, oral_iron: Path, more: str, absent: str,
) -> None:
    """The proof itself cannot know that the record says more than it uses."""
    text = (ROOT / "examples" / "iron-deficiency.ttl").read_text() + more
    graph = read_patient_graph(text.encode(), ".ttl", "test", engine.vocabulary)
    record = [(ox_term(s), ox_term(p), ox_term(o)) for s, p, o in graph.triples]
    answer = checker.check(oral_iron.read_bytes(), ".trig", "proof.trig", AS_OF, record)
    assert not answer.holds
    assert "it says there is no" in answer.what
    assert absent in answer.what


def test_what_is_dated_later_than_the_question_changes_nothing(
    checker: Checker, engine: Engine, oral_iron: Path,
) -> None:
    text = (ROOT / "examples" / "iron-deficiency.ttl").read_text() \
        + NEWER.format(EXAMPLE, "2026-11-02")
    graph = read_patient_graph(text.encode(), ".ttl", "test", engine.vocabulary)
    record = [(ox_term(s), ox_term(p), ox_term(o)) for s, p, o in graph.triples]
    answer = checker.check(oral_iron.read_bytes(), ".trig", "proof.trig", AS_OF, record)
    assert answer.holds, answer.text()


def test_what_the_ontology_says_is_not_absent(checker: Checker, assessed: dict[str, Assessment],
                                              tmp_path: Path) -> None:
    """Without a record: a link with a context, proved active as if it had none."""
    found = assessed["sickle-cell-crisis"]
    graph = found.graph
    linked = {o for s, p, o in graph.triples if p == str(m("inContext"))}
    assert linked
    active = [f for f in found.facts if f[1] == str(m("activates"))
              and graph.objects(f[2], str(m("inContext")))]
    assert active
    path = tmp_path / "proof.trig"
    write_trig(found, sorted(active)[0], path)
    proof = Altered(path)
    link = sorted(active)[0][2]
    step = proof.maker(proof.statement("", "activates", ox_term(link)))
    for node in list(proof.of(step, PROV + "used")):
        if proof.of(node, RDF + "predicate")[0] in (m("inContext"), m("inContextOf")):
            proof.remove(step, PROV + "used", node)
    proof.drop_idle()
    name = link.replace(f"<{MARROW}", "marrow:").removesuffix(">")
    proof.add(step, MARROW + "absence", ox.Literal(f"{name} marrow:inContext ?context"))
    answer = verdict(checker, proof)
    assert not answer.holds
    assert "it says there is no" in answer.what


# What is no proof


@pytest.mark.parametrize(("data", "suffix", "code"), [
    (b"", ".trig", "no-proof"),
    (b"<urn:a> <urn:b> <urn:c> .", ".trig", "no-proof"),
    (b"this is no RDF", ".trig", "does-not-parse"),
    (b"", ".md", "format-unknown"),
    (f"<urn:a> a <{EO}TraceBasedExplanation> . <urn:b> a <{EO}TraceBasedExplanation> .".encode(),
     ".ttl", "several-proofs"),
    (f"<urn:a> a <{EO}ContrastiveExplanation> .".encode(), ".ttl", "no-trace-proof"),
    (f"<urn:a> a <{EO}TraceBasedExplanation> . <urn:b> a <{EO}RationaleExplanation> .".encode(),
     ".ttl", "no-trace-proof"),
])
def test_a_file_that_is_no_proof_is_unusable(checker: Checker, data: bytes, suffix: str,
                                             code: str) -> None:
    with pytest.raises(InputRefused) as refused:
        checker.check(data, suffix, "proof")
    assert refused.value.code == code


def test_a_file_too_large_is_not_read(checker: Checker) -> None:
    with pytest.raises(LimitReached):
        checker.check(b" " * 20_000_001, ".trig", "proof")


# Nothing of the engine is shared


def test_the_checker_loads_nothing_of_the_engine() -> None:
    code = "import sys, reasoner.proofcheck; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                            check=True).stdout.split()
    own = {"reasoner", "reasoner.errors", "reasoner.namespaces"}
    assert {n for n in loaded if n.startswith("reasoner")
            and not n.startswith("reasoner.proofcheck")} == own
    assert {"numpy", "rdflib", "networkx"}.isdisjoint(loaded)


def test_its_ontology_is_the_one_that_proofs_cite(checker: Checker, engine: Engine) -> None:
    stated = {tuple(map(term_text, t)) for t in checker.library.stated}
    assert stated <= engine.graph.triples
    closed = {tuple(map(term_text, t)) for t in checker.library.closed}
    assert named(closed) >= named(set(engine.graph.triples))


def test_unnamed_expressions_are_named_by_content() -> None:
    text = b"<urn:a> <urn:p> [ <urn:q> 1.0 ] . <urn:b> <urn:p> [ <urn:q> 1.00 ] ; <urn:p> [] ."
    found = name_expressions([(q.subject, q.predicate, q.object)
                              for q in ox.parse(text, format=ox.RdfFormat.TURTLE)])
    values = {s.value: o for s, p, o in found if p.value == "urn:p" and s.value == "urn:a"}
    assert (ox.NamedNode("urn:b"), ox.NamedNode("urn:p"), values["urn:a"]) in found
    assert len({o for _, p, o in found if p.value == "urn:p"}) == 2


@settings(deadline=None, max_examples=30, derandomize=True, phases=[Phase.generate],
          suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_its_numbers_are_those_of_the_gate(engine: Engine, checker: Checker,
                                           data: st.DataObject) -> None:
    text = data.draw(patients(engine.graph))
    graph = read_patient_graph(text.encode(), ".ttl", "test", engine.vocabulary)
    gated = gate_patient(graph, engine.graph, AS_OF)
    record = without_future([(ox_term(s), ox_term(p), ox_term(o)) for s, p, o in graph.triples],
                            AS_OF)
    found = compute(record, read_scales(checker.library.stated), AS_OF)
    found += count_record(record, checker._intervals, AS_OF)
    ours = {(n.computation, tuple(map(term_text, n.conclusion)),
             frozenset(tuple(map(term_text, t)) for t in n.premises)) for n in found}
    theirs = {(c.step[1:-1].removeprefix(GATE), fact, frozenset(c.premises))
              for fact, c in gated.origins.items() if fact in gated.facts}
    assert ours == theirs


@pytest.mark.parametrize(("written", "least", "most", "exact"), [
    ('marrow:value 9.8 ; marrow:unit "g/dL"', "98", "98", "98"),
    ('marrow:value 9.8 ; marrow:unit "g/dL" ; marrow:comparator "<"', None, "97.999999", None),
    ('marrow:value 98 ; marrow:unit "g/L" ; marrow:comparator ">="', "98", None, None),
    ('marrow:value 98 ; marrow:unit "g/L" ; marrow:comparator "~"', None, None, None),
    ('marrow:value 98', None, None, None),
    ('marrow:value 98 ; marrow:unit "stone"', None, None, None),
    ('marrow:value 98000 ; marrow:unit "g/L"', None, None, None),
    ('marrow:value 98, 99 ; marrow:unit "g/L"', None, None, None),
    ('marrow:value 98.1234567890123456 ; marrow:unit "g/L"', None, None, None),
])
def test_amounts_by_hand(checker: Checker, written: str, least: str | None, most: str | None,
                         exact: str | None) -> None:
    text = f"@prefix marrow: <{MARROW}> . <urn:o> marrow:kind marrow:Hemoglobin ; {written} ."
    record = [(q.subject, q.predicate, q.object)
              for q in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE)]
    found = {n.conclusion[1].value.removeprefix(MARROW): n.conclusion[2].value
             for n in compute(record, read_scales(checker.library.stated), AS_OF)}
    expected = {"amountAtLeast": least, "amountAtMost": most, "amount": exact}
    assert found == {name: value for name, value in expected.items() if value is not None}


MOMENT = ("secondsAgoAtLeast", "secondsAgoAtMost", "zonedSecondsAgo")


@pytest.mark.parametrize(("written", "expected"), [
    ('marrow:birthDate "2008-11-01"^^xsd:date', {"ageInYears": 18, "ageInMonths": 216}),
    ('marrow:birthDate "2008-11-02"^^xsd:date', {"ageInYears": 17, "ageInMonths": 215}),
    ('marrow:birthDate "2026-11-02"^^xsd:date', {}),
    ('marrow:birthDate "1896-10-31"^^xsd:date', {"ageInYears": 130, "ageInMonths": 1560}),
    ('marrow:birthDate "1895-10-31"^^xsd:date', {}),
    ('marrow:birthDate "2008"^^xsd:gYear', {}),
    ('marrow:date "2026-08-01"^^xsd:date', {"daysAgo": 92}),
    ('marrow:date "2026-08-02"^^xsd:date', {"daysAgo": 91}),
    ('marrow:date "2026-11-02"^^xsd:date', {}),
    ('marrow:date "2026-13-02"^^xsd:date', {}),
    # From half past ten on 30 October to the end of 2 November: 90 minutes and three days.
    ('marrow:date "2026-10-30T22:30:00Z"^^xsd:dateTime',
     {"daysAgo": 2}),
    ('marrow:value 1 ; marrow:date "2026-10-30T22:30:00Z"^^xsd:dateTime',
     {"daysAgo": 2, **dict.fromkeys(MOMENT, (90 + 3 * 24 * 60) * 60)}),
    ('marrow:value 1 ; marrow:date "2026-10-30T23:30:00+01:00"^^xsd:dateTime',
     {"daysAgo": 2, **dict.fromkeys(MOMENT, (90 + 3 * 24 * 60) * 60)}),
    # Without a zone the clock of the place may be 14 hours ahead or 12 behind.
    ('marrow:value 1 ; marrow:date "2026-10-30T22:30:00"^^xsd:dateTime',
     {"daysAgo": 2,
      "clockSecondsAgoAtLeast": 73 * 3600 + 1800, "clockSecondsAgoAtMost": 73 * 3600 + 1800,
      "secondsAgoAtLeast": 61 * 3600 + 1800, "secondsAgoAtMost": 87 * 3600 + 1800}),
    # A day lies from its first to its last second.
    ('marrow:unreadAs marrow:Observation ; marrow:date "2026-10-30"^^xsd:date',
     {"daysAgo": 2,
      "clockSecondsAgoAtLeast": 72 * 3600 + 1, "clockSecondsAgoAtMost": 96 * 3600,
      "secondsAgoAtLeast": 60 * 3600 + 1, "secondsAgoAtMost": 110 * 3600}),
    ('marrow:deceasedDate "2026-10-30"^^xsd:date', {"diedDaysAgo": 2}),
    ('marrow:deceasedDate "2026-11-02"^^xsd:date', {}),
    ('marrow:onset "2026-10-30"^^xsd:date', {"startedDaysAgo": 2, "daysAgo": 2}),
    ('marrow:onset "2026-10-30"^^xsd:date ; marrow:date "2026-11-01"^^xsd:date',
     {"startedDaysAgo": 2, "daysAgo": 0}),
    ('marrow:abatement "2026-10-31"^^xsd:date', {"endedDaysAgo": 1}),
])
def test_ages_and_days_by_hand(written: str, expected: dict[str, int]) -> None:
    text = f"@prefix marrow: <{MARROW}> . @prefix xsd: <{XSD}> . <urn:o> {written} ."
    record = [(q.subject, q.predicate, q.object)
              for q in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE)]
    found = compute(record, {}, AS_OF)
    assert {n.conclusion[1].value.removeprefix(MARROW): int(n.conclusion[2].value)
            for n in found} == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize(("written", "amounts"), [
    ('marrow:value 91 ; marrow:date "2026-10-30"^^xsd:date', {"93"}),
    ('marrow:value 91 ; marrow:date "2026-11-01"^^xsd:date', {"91"}),
    ('marrow:value 91 ; marrow:date "2026-11-02"^^xsd:date', set()),
    ('marrow:value 91', set()),
    ('marrow:value 91 ; marrow:date "2026-01-01"^^xsd:date', set()),
])
def test_what_grows_by_a_day_a_day(checker: Checker, written: str, amounts: set[str]) -> None:
    """91 days of gestation; after 304 more days it would be 395, which is not possible."""
    text = (f"@prefix marrow: <{MARROW}> . @prefix xsd: <{XSD}> . "
            f'<urn:o> marrow:kind marrow:GestationalAge ; marrow:unit "d" ; {written} .')
    record = [(q.subject, q.predicate, q.object)
              for q in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE)]
    found = [n for n in compute(record, read_scales(checker.library.stated), AS_OF)
             if n.computation == "amount"]
    assert {n.conclusion[2].value for n in found} == amounts
    assert all((ox.NamedNode("urn:o"), m("date")) in {t[:2] for t in n.premises} for n in found)


def test_what_follows_is_what_the_engine_infers(checker: Checker,
                                                assessed: dict[str, Assessment]) -> None:
    found = assessed["iron-deficiency"]
    record = checker._record(record_of(found), AS_OF)
    complete = record.complete(checker.library, read_scales(checker.library.stated),
                               read_intervals(checker.library.stated, checker.library.closed))
    ours = {tuple(map(term_text, t)) for t in triples_of(complete) - checker.library.closed}
    assert named(ours) == named(set(found.facts))


@pytest.mark.parametrize("body", [
    "{ ?x a ?y . FILTER NOT EXISTS { ?y a ?z . FILTER NOT EXISTS { ?z a ?x . } } }",
    "{ ?x a ?y . OPTIONAL { ?y a ?z . } }",
    "{ ?x a/a ?y . }",
    "{ ?x a ?y . FILTER(NOT EXISTS { ?y a ?x . }) }",
    "{ ?x a ?y . ",
    "{ ?x a ?y . } LIMIT 1",
    "{ ?x a 'y' . }",
    "{ ?x unknown:p ?y . }",
])
def test_a_rule_outside_the_form_is_not_read(tmp_path: Path, body: str) -> None:
    path = tmp_path / "r.rq"
    path.write_text(f"# layer: 1\nCONSTRUCT {{ ?x a ?y }}\nWHERE {body}")
    with pytest.raises(KnowledgeError):
        read_rule(path)


def test_a_rule_without_a_layer_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "r.rq"
    path.write_text("CONSTRUCT { ?x a ?y }\nWHERE { ?x a ?y . }")
    with pytest.raises(KnowledgeError):
        read_rule(path)


# The command


def run(*arguments: str):
    return CliRunner().invoke(app, ["check", *arguments])


def test_the_command_says_that_a_proof_holds(oral_iron: Path) -> None:
    found = run("--proof", str(oral_iron), "--as-of", "2026-11-01")
    assert found.exit_code == 0, found.output
    assert found.stdout.startswith(f"holds: <{EXAMPLE}> marrow:recommended marrow:OralIron: ")
    assert "name the record with --patient" in found.stdout


def test_the_command_checks_against_a_record(oral_iron: Path) -> None:
    patient = str(ROOT / "examples" / "mixed.ttl")
    found = run("--proof", str(oral_iron), "--patient", patient)
    assert found.exit_code == 1
    assert "it rests on the record and is not in it" in found.stdout


def test_the_command_says_which_step_breaks_and_why(oral_iron: Path, tmp_path: Path) -> None:
    proof = Altered(oral_iron)
    proof.say(proof.statement("hemoglobin", "value"), number("12.8"))
    path = tmp_path / "altered.trig"
    path.write_bytes(proof.write())
    found = run("--proof", str(path))
    assert found.exit_code == 1
    assert found.stdout.startswith("does not hold: step amount, concluding ")
    assert found.stdout.count("\n") == 1
    assert run("--proof", str(oral_iron), "--as-of", "2026-10-31").exit_code == 1


@pytest.mark.parametrize(("arguments", "code"), [
    (["--proof", "no-such-file.trig"], 3),
    (["--proof", str(ROOT / "examples" / "mixed.ttl")], 3),
    (["--proof", str(ROOT / "README.md")], 3),
    (["--patient", "x.ttl"], 2),
    (["--as-of", "2026-11-01"], 2),
])
def test_a_wrong_call_gets_one_line_and_its_exit_code(arguments: list[str], code: int) -> None:
    found = run(*arguments)
    assert found.exit_code == code
    assert found.stderr.startswith("marrow: ")
    assert found.stderr.count("\n") == 1
