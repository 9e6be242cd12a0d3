"""The article side of the ontology says what the article says: claims, links, chains and contexts.

What is expected here was written out by hand, not read from the files under test.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter, defaultdict
from pathlib import Path

import networkx as nx
import pytest
import rdflib
from rdflib import OWL, RDF, RDFS, SKOS, Literal, URIRef

from reasoner.engine import Engine, compile_knowledge
from reasoner.knowledge import read_knowledge
from reasoner.namespaces import TYPE, marrow
from reasoner.rule import Atom

ROOT = Path(__file__).parent.parent
MARROW = rdflib.Namespace("https://w3id.org/marrow/")
DCTERMS = rdflib.Namespace("http://purl.org/dc/terms/")
FILES = ("article/claims.ttl", "article/causal-links.ttl", "definitions/anatomy.ttl",
         "definitions/mechanisms.ttl", "guidelines/mechanism-fit.ttl")

LINKS = {
    "C001": {"BoneMarrowExpansion BackPain"},
    "C002": {"IncreasedErythropoiesis BoneMarrowExpansion"},
    "C003": {"TissueHypoxia BackPain"},
    "C004": {"CompensatoryMechanism BackPain"},
    "C007": {"ChronicAnemia IncreasedErythropoiesis"},
    "C009": {"BoneMarrowExpansion IntraosseousNerveEndingCompression"},
    "C010": {"IntraosseousNerveEndingCompression BackPain"},
    "C012": {"Anemia ReducedOxygenDelivery"},
    "C013": {"ReducedOxygenDelivery TissueHypoxia"},
    "C014": {"ReducedOxygenDelivery MuscleFatigue"},
    "C015": {"ReducedOxygenDelivery MuscleCramp"},
    "C016": {"ReducedOxygenDelivery ParaspinalLacticAcidAccumulation"},
    "C018": {"TissueHypoxia DecreasedPainThreshold"},
    "C019": {"MuscleFatigue BackPain", "MuscleCramp BackPain"},
    "C020": {"ParaspinalLacticAcidAccumulation BackPain"},
    "C021": {"DecreasedPainThreshold BackPain"},
    "C022": {"Anemia IncreasedCardiacOutput"},
    "C023": {"IncreasedCardiacOutput VascularCongestion"},
    "C024": {"VascularCongestion BackPain"},
    "C025": {"Fatigue AlteredBiomechanics"},
    "C026": {"MuscleWeakness AlteredBiomechanics"},
    "C027": {"AlteredBiomechanics BackPain"},
    "C028": {"PosturalChange BackMuscleStrain"},
    "C029": {"PosturalChange SpinalStrain"},
    "C030": {"BackMuscleStrain BackPain", "SpinalStrain BackPain"},
    "C033": {"IronDeficiencyAnemia LowBackPain"},
    "C035": {"InflammatoryCondition BackPain"},
    "C036": {"HemolyticAnemia SevereBackPain"},
    "C037": {"HemolyticAnemia RapidBoneMarrowExpansion"},
    "C038": {"RapidBoneMarrowExpansion SevereBackPain"},
    "C039": {"SickleCellAnemia VasoOcclusiveCrisis"},
    "C040": {"VasoOcclusiveCrisis BackPain"},
    "C118": {"Anemia Fatigue", "Anemia MuscleWeakness"},
    "C119": {"Anemia PosturalChange"},
}
"""Each causal claim with the cause and effect of each link that carries it."""

NOT_CAUSAL = {"C005", "C006", "C008", "C011", "C017", "C031", "C032", "C034",
              "C115", "C116", "C117"}
"""The other claims about mechanisms: purposes, places, frequencies and group membership."""

SUMMARIES = {"C001", "C003", "C004", "C033", "C036"}

CHAINS = {
    "C010": "ChronicAnemia IncreasedErythropoiesis BoneMarrowExpansion "
            "IntraosseousNerveEndingCompression BackPain",
    "C020": "Anemia ReducedOxygenDelivery ParaspinalLacticAcidAccumulation BackPain",
    "C024": "Anemia IncreasedCardiacOutput VascularCongestion BackPain",
    "C038": "HemolyticAnemia RapidBoneMarrowExpansion SevereBackPain",
    "C040": "SickleCellAnemia VasoOcclusiveCrisis BackPain",
    "C118 by fatigue": "Anemia Fatigue AlteredBiomechanics BackPain",
    "C118 by weakness": "Anemia MuscleWeakness AlteredBiomechanics BackPain",
    "C119 by muscle": "Anemia PosturalChange BackMuscleStrain BackPain",
    "C119 by spine": "Anemia PosturalChange SpinalStrain BackPain",
}

CONTEXTS = {
    "Thalassemia": ("HighCertainty", "G1301", "Verified"),
    "SickleCellDisease": ("HighCertainty", "G1301", "Verified"),
    "HemolyticAnemia": ("HighCertainty", "G1301", "Verified"),
    "IronDeficiencyAnemia": ("LowCertainty", "G1303", "FromMemory"),
    "AnemiaInChronicKidneyDisease": ("LowCertainty", "G1304", "FromMemory"),
    "AnemiaOfChronicDisease": ("LowCertainty", "G1304", "FromMemory"),
    "VitaminB12DeficiencyAnemia": ("LowCertainty", "G1306", "FromMemory"),
    "FolateDeficiencyAnemia": ("LowCertainty", "G1306", "FromMemory"),
}
"""How well the marrow explanation fits an anemia, the row that says so, and how it was checked."""

STEPS = {("ChronicAnemia", "IncreasedErythropoiesis"),
         ("IncreasedErythropoiesis", "BoneMarrowExpansion"), ("BoneMarrowExpansion", "BackPain")}
"""The whole explanation, which a strong fit holds of; a weak one ends at its first step."""

NO_RED_MARROW = ["AplasticAnemia", "Leukemia", "MarrowFailure", "MultipleMyeloma",
                 "PureRedCellAplasia"]
"""Where the marrow is empty of red cells or filled with others (G1305)."""


@pytest.fixture(scope="module")
def article() -> rdflib.Graph:
    graph = rdflib.Graph()
    for name in FILES:
        graph.parse(ROOT / "ontology" / name)
    return graph


def name_of(term: rdflib.term.Node) -> str:
    return str(term).removeprefix(str(MARROW))


def names(graph: rdflib.Graph, subject: URIRef, predicate: str) -> list[str]:
    return sorted(name_of(o) for o in graph.objects(subject, MARROW[predicate]))


def general_links(graph: rdflib.Graph) -> list[URIRef]:
    return [link for link in graph.subjects(RDF.type, MARROW.CausalLink)
            if not names(graph, link, "inContext")]


def is_summary(graph: rdflib.Graph, link: URIRef) -> bool:
    return (link, MARROW.isSummary, Literal(True)) in graph


def steps(graph: rdflib.Graph) -> nx.DiGraph:
    """The links that skip nothing and hold in no special context, as a graph."""
    return nx.DiGraph(
        (names(graph, link, "cause")[0], names(graph, link, "effect")[0])
        for link in general_links(graph) if not is_summary(graph, link)
    )


def test_claims_are_numbered_without_a_gap(article: rdflib.Graph) -> None:
    found = sorted(name_of(c) for c in article.subjects(RDF.type, MARROW.Claim))
    assert found == [f"C{number:03}" for number in range(1, 123)]


def test_every_claim_says_where_the_article_says_it(article: rdflib.Graph) -> None:
    for claim in article.subjects(RDF.type, MARROW.Claim):
        values = {p: list(article.objects(claim, p)) for p in article.predicates(claim)}
        assert all(len(found) == 1 for found in values.values()), claim
        text = {p: str(found[0]) for p, found in values.items()}
        assert text[MARROW.provenance] == str(MARROW.FromArticle)
        assert text[MARROW.explicitness] in ("explicit", "implied", "derived")
        assert text[MARROW.articleSection]
        assert text[MARROW.reviewStatus] == (
            "article pending human review; not clinically reviewed")
        assert re.search(r"Dr\.Oracle, 2025 \(lines? [0-9]+(-[0-9]+)?\)$",
                         text[DCTERMS.bibliographicCitation])
        assert text[RDFS.label][0].islower() or text[RDFS.label][1].isupper()
        assert text[SKOS.definition].endswith(".")


def test_no_two_claims_read_alike(article: rdflib.Graph) -> None:
    for predicate in (RDFS.label, SKOS.definition):
        texts = [str(article.value(claim, predicate)).lower()
                 for claim in article.subjects(RDF.type, MARROW.Claim)]
        assert len(set(texts)) == 122


def test_citation_numbers_are_kept_as_the_article_prints_them(article: rdflib.Graph) -> None:
    # Counted when the article was first cut into 114 statements.
    first = Counter(str(article.value(MARROW[f"C{n:03}"], MARROW.articleReference))
                    for n in range(1, 115))
    assert first == {"none": 65, "1": 17, "2": 2, "3": 30}
    for claim, number in (("C002", "1"), ("C010", "none"), ("C035", "2"), ("C076", "3"),
                          ("C113", "none"), ("C118", "none"), ("C120", "none")):
        assert str(article.value(MARROW[claim], MARROW.articleReference)) == number


@pytest.mark.parametrize(
    ("claim", "section", "lines", "explicitness"),
    [
        ("C001", "Overview", "line 20", "explicit"),
        ("C007", "Mechanisms > Bone marrow expansion", "line 26", "implied"),
        ("C061", "Management > Iron deficiency anemia", "line 72", "explicit"),
        ("C113", "Metadata", "line 128", "derived"),
        ("C119", "Mechanisms > Compensatory", "lines 31-34", "implied"),
        ("C122", "Metadata", "lines 3-8", "explicit"),
    ],
)
def test_place_of_a_claim(article: rdflib.Graph, claim: str, section: str, lines: str,
                          explicitness: str) -> None:
    node = MARROW[claim]
    assert str(article.value(node, MARROW.articleSection)) == section
    assert str(article.value(node, DCTERMS.bibliographicCitation)).endswith(f"({lines})")
    assert str(article.value(node, MARROW.explicitness)) == explicitness


def test_every_claim_about_mechanisms_is_accounted_for() -> None:
    numbers = [*range(1, 41), *range(115, 120)]
    assert {f"C{number:03}" for number in numbers} == LINKS.keys() | NOT_CAUSAL
    assert not LINKS.keys() & NOT_CAUSAL


def test_each_causal_claim_has_its_links_and_no_other_claim_has_one(article: rdflib.Graph) -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for link in general_links(article):
        (claim,), (cause,), (effect,) = (names(article, link, p)
                                         for p in ("claim", "cause", "effect"))
        assert f"{cause} {effect}" not in found[claim], link
        found[claim].add(f"{cause} {effect}")
    assert found == LINKS


def test_overview_claims_are_tagged_and_nothing_else_is(article: rdflib.Graph) -> None:
    tagged = {names(article, link, "claim")[0] for link in general_links(article)
              if is_summary(article, link)}
    assert tagged == SUMMARIES
    assert not list(article.triples((None, MARROW.isSummary, Literal(False))))


@pytest.mark.parametrize("claim", CHAINS)
def test_chain_of_a_claim_is_a_path_without_overviews(article: rdflib.Graph, claim: str) -> None:
    chain = CHAINS[claim].split()
    graph = steps(article)
    assert nx.is_path(graph, chain)
    assert not graph.has_edge(chain[0], chain[-1])


def test_the_steps_have_no_circle_and_all_end_in_pain(article: rdflib.Graph) -> None:
    graph = steps(article)
    assert nx.is_directed_acyclic_graph(graph)
    assert {n for n in graph if not graph.out_degree(n)} == {"BackPain", "SevereBackPain"}
    assert {n for n in graph if not graph.in_degree(n)} == {
        "Anemia", "ChronicAnemia", "HemolyticAnemia", "InflammatoryCondition", "SickleCellAnemia"}


@pytest.mark.parametrize(
    ("claim", "certainty"),
    [("C001", "ModerateCertainty"), ("C002", "ModerateCertainty"), ("C007", "LowCertainty"),
     ("C010", "LowCertainty"), ("C020", "LowCertainty"), ("C024", "LowCertainty"),
     ("C033", "LowCertainty"), ("C035", "ModerateCertainty"), ("C119", "LowCertainty")],
)
def test_certainty_follows_the_citation(article: rdflib.Graph, claim: str, certainty: str) -> None:
    for link in general_links(article):
        if names(article, link, "claim") == [claim]:
            assert names(article, link, "certainty") == [certainty]


def test_high_certainty_always_names_a_source_outside_the_article(article: rdflib.Graph) -> None:
    for link in article.subjects(MARROW.certainty, MARROW.HighCertainty):
        if (link, RDF.type, MARROW.CausalLink) in article:
            outside = [s for s in article.objects(link, DCTERMS.source)
                       if isinstance(s, Literal) or
                       (s, MARROW.provenance, MARROW.Verified) in article]
            assert outside, link


def test_the_marrow_link_is_graded_by_context(article: rdflib.Graph) -> None:
    found = {}
    steps: dict[str, set[tuple[str, str]]] = {}
    for link in article.subjects(MARROW.inContext):
        assert names(article, link, "claim") == [], "what a row adds is no claim of the article"
        (cause,), (effect,) = names(article, link, "cause"), names(article, link, "effect")
        (context,) = names(article, link, "inContext")
        assert (cause, effect) not in steps.setdefault(context, set())
        steps[context].add((cause, effect))
        (certainty,) = names(article, link, "certainty")
        sources = {name_of(s) for s in article.objects(link, DCTERMS.source)}
        (row,) = sources - {"G1305"}
        graded = (certainty, row, names(article, MARROW[row], "provenance")[0])
        assert found.setdefault(context, graded) == graded
    assert found == CONTEXTS
    assert steps == {
        context: STEPS if certainty == "HighCertainty"
        else {("ChronicAnemia", "IncreasedErythropoiesis")}
        for context, (certainty, _, _) in CONTEXTS.items()}


def test_every_link_to_more_red_cell_marrow_is_contradicted_where_there_is_none(
        article: rdflib.Graph) -> None:
    growth = {"IncreasedErythropoiesis", "BoneMarrowExpansion", "RapidBoneMarrowExpansion"}
    for link in article.subjects(RDF.type, MARROW.CausalLink):
        grows = growth & set(names(article, link, "effect")) or names(article, link, "inContext")
        expected = NO_RED_MARROW if grows else []
        assert names(article, link, "contradictedIn") == expected, link
        if expected:
            assert (link, DCTERMS.source, MARROW.G1305) in article


def test_mechanism_fit_rows_are_complete(article: rdflib.Graph) -> None:
    rows = {name_of(row) for row in article.subjects(RDF.type, MARROW.Statement)}
    assert rows == {f"G130{number}" for number in range(1, 7)}
    for row in rows:
        for predicate in (RDFS.label, SKOS.definition, DCTERMS.bibliographicCitation,
                          MARROW.certainty, MARROW.provenance, MARROW.reviewStatus):
            assert len(list(article.objects(MARROW[row], predicate))) == 1


def test_compensation_is_a_group_of_three(article: rdflib.Graph) -> None:
    members = {name_of(s) for s in article.subjects(RDFS.subClassOf, MARROW.CompensatoryMechanism)}
    assert members == {"AlteredBiomechanics", "IncreasedCardiacOutput", "PosturalChange"}
    assert (MARROW.RapidBoneMarrowExpansion, RDFS.subClassOf, MARROW.BoneMarrowExpansion) in article


def test_mechanisms_are_where_the_article_puts_them(article: rdflib.Graph) -> None:
    assert "Bone" in names(article, MARROW.IntraosseousNerveEndingCompression, "locatedIn")
    assert names(article, MARROW.IntraosseousNerveEnding, "locatedIn") == ["Bone"]
    assert names(article, MARROW.ParaspinalLacticAcidAccumulation, "locatedIn") == [
        "ParaspinalMuscle"]
    for part in article.objects(None, MARROW.locatedIn):
        assert (part, RDF.type, MARROW.AnatomyKind) in article


def test_every_kind_is_a_class_of_its_tree(article: rdflib.Graph) -> None:
    for metaclass, root in ((MARROW.MechanismKind, MARROW.Mechanism),
                            (MARROW.AnatomyKind, MARROW.Anatomy)):
        kinds = set(article.subjects(RDF.type, metaclass))
        assert kinds
        for kind in kinds:
            assert (kind, RDF.type, OWL.Class) in article
            assert root in article.transitive_objects(kind, RDFS.subClassOf)


def test_every_predicate_is_declared(article: rdflib.Graph) -> None:
    schema = rdflib.Graph().parse(ROOT / "ontology" / "schema.ttl")
    declared = {s for sort in (OWL.AnnotationProperty, OWL.DatatypeProperty, OWL.ObjectProperty)
                for s in schema.subjects(RDF.type, sort)}
    used = set(article.predicates()) - {RDF.type, RDFS.label, RDFS.subClassOf, OWL.imports}
    assert used <= declared


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The article side and the kinds it names, compiled with the shipped rules: no criteria."""
    root = tmp_path_factory.mktemp("article")
    for folder in ("queries", "shapes"):
        shutil.copytree(ROOT / folder, root / folder)
    for name in ("schema.ttl", "definitions/conditions.ttl", "definitions/findings.ttl", *FILES):
        target = root / "ontology" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "ontology" / name, target)
    return compile_knowledge(read_knowledge(root))


def recorded(*kinds: str) -> set[Atom]:
    """The record of a patient with these conditions, confirmed and active."""
    patient = "<urn:p>"
    facts = {(patient, TYPE, marrow("Patient"))}
    for kind in kinds:
        node = f"<urn:p/{kind}>"
        facts |= {(patient, marrow("hasCondition"), node), (node, TYPE, marrow("ConditionRecord")),
                  (node, marrow("kind"), marrow(kind)),
                  (node, marrow("clinicalStatus"), '"active"'),
                  (node, marrow("verificationStatus"), '"confirmed"')}
    return facts


GENERAL = "ChronicAnemiaIncreasesErythropoiesis"


@pytest.mark.parametrize(
    ("has", "active"),
    [
        ("ChronicAnemia", {GENERAL}),
        ("ChronicAnemia Thalassemia", {f"{GENERAL}InThalassemia"}),
        ("ChronicAnemia IronDeficiencyAnemia", {f"{GENERAL}InIronDeficiencyAnemia"}),
        ("ChronicAnemia HemolyticAnemia SickleCellDisease",
         {f"{GENERAL}InHemolyticAnemia", f"{GENERAL}InSickleCellDisease"}),
        ("IronDeficiencyAnemia", set()),
        ("AplasticAnemia ChronicAnemia", set()),
        ("AplasticAnemia ChronicAnemia Thalassemia", set()),
    ],
)
def test_the_narrowest_context_is_the_active_link(alone: Engine, has: str,
                                                  active: set[str]) -> None:
    facts = recorded(*has.split())
    found = {o for s, p, o in alone.run(facts).facts if p == marrow("activates")}
    assert {link for link in found if GENERAL in link} == {marrow(name) for name in active}
    may = {o for s, p, o in alone.run(facts).facts if p == marrow("mayHave")}
    assert (marrow("IntraosseousNerveEndingCompression") in may) == bool(active)


def test_marrow_that_fails_does_not_expand_fast(alone: Engine) -> None:
    hemolysis = recorded("HemolyticAnemia")
    failing = recorded("HemolyticAnemia", "AplasticAnemia")
    severe = ("<urn:p>", marrow("mayHave"), marrow("SevereBackPain"))
    assert severe in alone.run(hemolysis).facts
    assert severe not in alone.run(failing).facts
