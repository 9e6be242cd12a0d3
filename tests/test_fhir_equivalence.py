"""One patient as RDF, as a FHIR bundle and as FHIR NDJSON: the conclusions are the same.

Hypothesis makes patients in the vocabulary of the shipped knowledge; every kind is written with a
code that means it and nothing else.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patients import AS_OF, PREFIXES
from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.fhir import read_bundle
from reasoner.knowledge import find_root
from reasoner.mapping import CODE_SYSTEMS, load_mappings
from reasoner.namespaces import TYPE, local_name, marrow
from reasoner.pipeline import admit, assess, assess_graph, read_one
from reasoner.scale import read_scales
from reasoner.validation import find_violations

MAPPINGS = load_mappings(find_root() / "ontology" / "mappings.sssom.tsv")
Code = tuple[str, str]
UNHURRIED = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True)
class Said:
    """A record: its class, its kind with a code for it, its day, and what else it says."""

    sort: str
    kind: str
    code: Code
    day: str
    status: str
    more: tuple[str, ...]


def coded(engine: Engine, metaclass: str) -> list[tuple[str, Code]]:
    """The kinds of a sort that some code means alone, each with its first such code."""
    uris = {s.prefix: s.uris[0] for s in CODE_SYSTEMS}
    kinds = set(engine.graph.subjects(TYPE, marrow(metaclass)))
    found: dict[str, Code] = {}
    for entry in MAPPINGS.entries:
        uri = uris.get(entry.prefix)
        if uri and entry.subject in kinds and MAPPINGS.lookup(uri, entry.code) == (entry.subject,):
            found.setdefault(entry.subject, (uri, entry.code))
    return sorted((local_name(kind), code) for kind, code in found.items())


def patients(engine: Engine) -> st.SearchStrategy[list[Said]]:
    scales = read_scales(engine.graph)
    days = st.integers(0, 400).map(lambda n: (AS_OF - timedelta(days=n)).isoformat())
    numbers = st.one_of(st.integers(0, 400).map(str), st.decimals(0, 400, places=2).map(str),
                        st.sampled_from(["70", "80", "110", "120", "130", "30", "45", "100", "5"]))
    tests = [(k, c, unit) for k, c in coded(engine, "MeasurementKind") if marrow(k) in scales
             for unit in sorted(scales[marrow(k)].conversions)]
    conditions = coded(engine, "DisorderKind") + coded(engine, "FindingKind")

    def said(sort: str, kinds: list[tuple[str, Code]], statuses: list[str],
             more: st.SearchStrategy[tuple[str, ...]]) -> st.SearchStrategy[Said]:
        return st.builds(lambda k, d, s, m: Said(sort, k[0], k[1], d, s, m),
                         st.sampled_from(kinds), days, st.sampled_from(statuses), more)

    observation = st.builds(
        lambda t, d, s, n, c: Said("Observation", t[0], t[1], d, s, (n, t[2], c)),
        st.sampled_from(tests), days,
        st.sampled_from(["final", "final", "amended", "preliminary", "entered-in-error"]), numbers,
        st.sampled_from(["", "", "", "<", ">", "<=", ">="]))
    verified = st.sampled_from([(v,) for v in ("confirmed", "provisional", "refuted")])
    return st.lists(st.one_of(
        observation, observation,
        said("ConditionRecord", conditions, ["active", "active", "resolved"], verified),
        said("MedicationRecord", coded(engine, "MedicationKind"),
             ["active", "active", "stopped", "completed"], st.just(())),
        said("ProcedureRecord", coded(engine, "InterventionKind"), ["completed", "not-done"],
             st.just(())),
        said("AllergyRecord", coded(engine, "MedicationKind"), ["active", "resolved"],
             st.just(("confirmed",))),
    ), max_size=12)


LINKS = {"Observation": "hasObservation", "ConditionRecord": "hasCondition",
         "MedicationRecord": "hasMedication", "ProcedureRecord": "hasProcedure",
         "AllergyRecord": "hasAllergy"}


def turtle(records: list[Said]) -> bytes:
    text = PREFIXES + ('<urn:p> a marrow:Patient ; marrow:sex marrow:Female ; '
                       'marrow:birthDate "1961-06-15"^^xsd:date .\n')
    for n, r in enumerate(records):
        date = {"ConditionRecord": "onset", "MedicationRecord": "start"}.get(r.sort, "date")
        text += (f"<urn:p> marrow:{LINKS[r.sort]} <urn:r{n}> .\n<urn:r{n}> a marrow:{r.sort} ; "
                 f'marrow:kind marrow:{r.kind} ; marrow:{date} "{r.day}"^^xsd:date')
        if r.sort in ("ConditionRecord", "AllergyRecord"):
            text += (f' ; marrow:clinicalStatus "{r.status}" ; '
                     f'marrow:verificationStatus "{r.more[0]}"')
        else:
            text += f' ; marrow:status "{r.status}"'
        if r.sort == "Observation":
            number, unit, sign = r.more
            text += f' ; marrow:value {number} ; marrow:unit "{unit}"'
            text += f' ; marrow:comparator "{sign}"' if sign else ""
        text += " .\n"
    return text.encode()


TYPES = {"ConditionRecord": "Condition", "MedicationRecord": "MedicationRequest",
         "ProcedureRecord": "Procedure", "AllergyRecord": "AllergyIntolerance"}


def fhir(records: list[Said]) -> list[str]:
    """The resources as JSON texts, so that numbers are written digit by digit."""
    texts = [json.dumps({"resourceType": "Patient", "id": "p", "gender": "female",
                         "birthDate": "1961-06-15"})]
    for n, r in enumerate(records):
        concept = {"coding": [{"system": r.code[0], "code": r.code[1], "display": "x"}]}
        made: dict[str, Any] = {"resourceType": TYPES.get(r.sort, r.sort), "id": f"r{n}"}
        made["patient" if r.sort == "AllergyRecord" else "subject"] = {"reference": "Patient/p"}
        if r.sort in ("ConditionRecord", "AllergyRecord"):
            date = "onsetDateTime" if r.sort == "ConditionRecord" else "recordedDate"
            made |= {"code": concept, date: r.day,
                     "clinicalStatus": {"coding": [{"code": r.status}]},
                     "verificationStatus": {"coding": [{"code": r.more[0]}]}}
        elif r.sort == "MedicationRecord":
            made |= {"medicationCodeableConcept": concept, "authoredOn": r.day,
                     "status": r.status, "intent": "order"}
        elif r.sort == "ProcedureRecord":
            made |= {"code": concept, "performedDateTime": r.day, "status": r.status}
        else:
            made |= {"code": concept, "effectiveDateTime": r.day, "status": r.status,
                     "valueQuantity": {"value": "HERE", "unit": r.more[1]}}
            if r.more[2]:
                made["valueQuantity"]["comparator"] = r.more[2]
        text = json.dumps(made)
        texts.append(text.replace('"HERE"', r.more[0]) if r.sort == "Observation" else text)
    return texts


def conclusions(found: Assessment) -> set[tuple[str, str]]:
    """What holds of the patient in terms of the knowledge; records have names of their own."""
    me, known = found.patient.patient, {s for s, _, _ in found.graph.triples}
    return {(p, o) for s, p, o in found.facts if s == me and (o in known or o.startswith('"'))}


@settings(UNHURRIED, max_examples=8)
@given(data=st.data())
def test_the_same_patient_in_three_forms(engine: Engine, tmp_path_factory: pytest.TempPathFactory,
                                         data: st.DataObject) -> None:
    records = data.draw(patients(engine))
    texts = fhir(records)
    shuffled = texts[:]
    random.Random(len(records)).shuffle(shuffled)
    as_rdf = conclusions(assess(engine, turtle(records), AS_OF))
    bundle = ('{"resourceType":"Bundle","type":"collection","entry":['
              + ",".join(f'{{"resource":{t}}}' for t in texts) + "]}")
    assert conclusions(assess(engine, bundle.encode(), AS_OF)) == as_rdf
    folder: Path = tmp_path_factory.mktemp("export")
    for kind in {json.loads(t)["resourceType"] for t in texts}:
        (folder / f"{kind}.ndjson").write_text(
            "\n".join(t for t in shuffled if json.loads(t)["resourceType"] == kind))
    graph, issues = read_one([str(folder)], engine)
    assert conclusions(assess_graph(engine, graph, AS_OF, issues)) == as_rdf


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-10**6, 10**6), st.text(max_size=8),
              st.decimals(allow_nan=False, allow_infinity=False, places=2).map(float),
              st.sampled_from(["active", "final", "2026-10-20", "Patient/anna", "g/dL", "718-7",
                               "http://loinc.org"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3),
                            st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=6)
FIELDS = ("status", "code", "valueQuantity", "component", "effectiveDateTime", "clinicalStatus",
          "verificationStatus", "onsetDateTime", "abatementDateTime", "authoredOn",
          "medicationCodeableConcept", "intent", "performedDateTime", "recordedDate", "activity",
          "period", "dataAbsentReason", "interpretation", "referenceRange", "effectivePeriod")


@settings(UNHURRIED, max_examples=30)
@given(data=st.data())
def test_whatever_is_sent_what_comes_out_conforms(engine: Engine, data: st.DataObject) -> None:
    """Sound records with some fields replaced by anything: no crash, no broken shape."""
    resources = [json.loads(t) for t in fhir(data.draw(patients(engine)))]
    for resource in resources[1:]:
        for field in data.draw(st.lists(st.sampled_from(FIELDS), max_size=3)):
            resource[field] = data.draw(ANYTHING)
    sent = {"resourceType": "Bundle", "type": "collection",
            "entry": [{"resource": r} for r in resources]}
    text = json.dumps(sent).replace('"HERE"', "1")
    found = read_bundle(text.encode(), "file", MAPPINGS, engine.graph)
    assert found.report.resources == len(resources)
    assert find_violations(admit(found, engine), engine.graph, engine.root) == []


@given(number=st.decimals(-10**9, 10**9, allow_nan=False, places=6))
def test_decimals_are_exact(number: Decimal) -> None:
    text = fhir([Said("Observation", "Hemoglobin", ("http://loinc.org", "718-7"), "2026-10-20",
                      "final", (str(number), "g/dL", ""))])
    found = read_bundle("\n".join(text).encode(), "file", MAPPINGS)
    (value,) = (o for _, p, o in found.triples if p == marrow("value"))
    assert Decimal(value.split('"')[1]) == number
