"""Every alteration of a written proof is refused, and for what it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from reasoner.namespaces import (
    BIBO,
    GATE,
    MARROW,
    OWL,
    PROV,
    RDF,
    RDFS,
    RULE,
)
from reasoner.proofcheck import Checker
from written_proofs import DAY, EXAMPLE, INTEGER, Altered, m, number, verdict

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
