"""The vocabulary firewall and the limits: what a patient graph must not say is refused whole."""

from __future__ import annotations

import pytest

from reasoner.engine import Engine
from reasoner.errors import InputRefused, LimitReached
from reasoner.patient import MAX_PREFIXES, read_patient_graph
from test_engine import PREFIXES

P = PREFIXES + "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n" \
    "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
MINIMAL = "<urn:p> a marrow:Patient .\n"


def refusal(engine: Engine, text: str, suffix: str = ".ttl") -> str:
    with pytest.raises(InputRefused) as caught:
        read_patient_graph(text.encode(), suffix, "file", engine.vocabulary)
    assert str(caught.value).count("\n") == 0
    assert caught.value.fix
    return caught.value.code


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("<> owl:imports <http://127.0.0.1/x> .", "imports"),
        ("marrow:NSAID rdfs:subClassOf marrow:OralIron .", "axiom"),
        ("<urn:p> owl:sameAs <urn:q> .", "axiom"),
        ("marrow:NSAID a owl:Nothing .", "unknown-class"),
        ("<urn:p> marrow:has marrow:Anemia .", "reserved-predicate"),
        ("<urn:p> marrow:recommended marrow:OralIron .", "reserved-predicate"),
        ("<urn:p> marrow:hasCurrentObservation <urn:o> .", "reserved-predicate"),
        ("<urn:o> marrow:amount 7.0 .", "reserved-predicate"),
        ("<urn:p> <http://example.org/x> 1 .", "unknown-predicate"),
        ("<urn:q> a marrow:Patient .", "not-one-patient"),
        ("<urn:o> a marrow:Observation ; marrow:kind marrow:Hemoglobin .", "not-this-patients"),
    ],
)
def test_what_a_patient_graph_must_not_say(small: Engine, statement: str, code: str) -> None:
    assert refusal(small, P + MINIMAL + statement) == code


def test_a_graph_without_a_patient_is_refused(small: Engine) -> None:
    assert refusal(small, P) == "empty"
    assert refusal(small, P + "<urn:p> marrow:sex marrow:Male .") == "not-one-patient"


def test_a_syntax_error_names_the_line(small: Engine) -> None:
    with pytest.raises(InputRefused, match="line"):
        read_patient_graph(b"<urn:p> a \n\n nonsense", ".ttl", "file", small.vocabulary)


def test_remote_contexts_and_entities_are_refused(small: Engine) -> None:
    assert refusal(small, '{"@context": "http://127.0.0.1:9/c", "@id": "urn:p"}', ".jsonld") \
        == "does-not-parse"
    assert refusal(small, '<!DOCTYPE x [<!ENTITY a "b">]><x/>', ".rdf") == "doctype"


def test_an_unknown_ending_is_refused(small: Engine) -> None:
    assert refusal(small, "x", ".doc") == "format-unknown"


def test_too_many_prefixes_are_a_limit(small: Engine) -> None:
    text = "".join(f"@prefix p{i}: <urn:{i}> .\n" for i in range(MAX_PREFIXES + 1))
    with pytest.raises(LimitReached):
        read_patient_graph(text.encode(), ".ttl", "file", small.vocabulary)


def test_a_record_cannot_bear_the_name_of_a_claim(small: Engine) -> None:
    """Its name would be cited as the source of what follows from it."""
    text = P + "<urn:p> a marrow:Patient ; marrow:hasCondition marrow:C085 . " \
        "marrow:C085 a marrow:ConditionRecord ; marrow:kind marrow:Anemia ."
    assert refusal(small, text) == "name-of-ours"


def test_deep_nesting_is_no_crash(small: Engine) -> None:
    text = P + "<urn:p> a marrow:Patient ; marrow:hasPlan " + "[ marrow:kind " * 3000 + "1" \
        + " ]" * 3000 + " ."
    with pytest.raises(LimitReached, match="nested"):
        read_patient_graph(text.encode(), ".ttl", "file", small.vocabulary)


def test_the_same_patient_in_three_formats(small: Engine) -> None:
    import pyoxigraph as ox

    turtle = P + "<urn:p> a marrow:Patient ; marrow:sex marrow:Male ; marrow:hasObservation " \
        "[ a marrow:Observation ; marrow:kind marrow:Hemoglobin ; marrow:value 9.80 ] ."
    quads = list(ox.parse(turtle.encode(), format=ox.RdfFormat.TURTLE))
    first = read_patient_graph(turtle.encode(), ".ttl", "file", small.vocabulary)
    for suffix, form in ((".nt", ox.RdfFormat.N_TRIPLES), (".rdf", ox.RdfFormat.RDF_XML),
                         (".jsonld", ox.RdfFormat.JSON_LD)):
        data = ox.serialize(quads, format=form)
        assert data is not None
        assert read_patient_graph(data, suffix, "file", small.vocabulary).triples == first.triples
