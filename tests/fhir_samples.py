"""Small FHIR resources written by hand, and a small mapping table, for tests of the import."""

from __future__ import annotations

import json
from typing import Any

from reasoner.fhir import FhirImport, read_bundle
from reasoner.knowledge import Graph
from reasoner.mapping import Mapping, Mappings
from reasoner.namespaces import TYPE, marrow

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"

_ROWS = (
    ("Hemoglobin", "exactMatch", "LOINC", "718-7"),
    ("MeanCorpuscularVolume", "exactMatch", "LOINC", "787-2"),
    ("Anemia", "exactMatch", "SNOMED", "271737000"),
    ("Anemia", "closeMatch", "ICD10CM", "D64.9"),
    ("IronDeficiencyAnemia", "exactMatch", "ICD10CM", "D50.9"),
    ("LowBackPain", "exactMatch", "SNOMED", "279039007"),
    ("SickleCellAnemia", "narrowMatch", "ICD10CM", "D57.00"),
    ("VasoOcclusiveCrisis", "narrowMatch", "ICD10CM", "D57.00"),
    ("FerrousSulfate", "narrowMatch", "RXNORM", "310325"),
    ("Naproxen", "exactMatch", "RXNORM", "7258"),
    ("Acetaminophen", "narrowMatch", "RXNORM", "857005"),
    ("Hydrocodone", "narrowMatch", "RXNORM", "857005"),
    ("Colonoscopy", "exactMatch", "SNOMED", "73761001"),
    ("Naproxen", "allergenOf", "SNOMED", "293625009"),
    ("OtherAllergen", "allergenOf", "RXNORM", "7980"),
    ("AllergyList", "relatedMatch", "SNOMED", "716186003"),
)
MAPPINGS = Mappings(
    tuple(Mapping(marrow(s), p, x, c, s, n) for n, (s, p, x, c) in enumerate(_ROWS, 1)), {})

_SORTS = {
    "MeasurementKind": ("Hemoglobin", "MeanCorpuscularVolume"),
    "ConditionKind": ("Anemia", "IronDeficiencyAnemia", "LowBackPain", "SickleCellAnemia",
                      "VasoOcclusiveCrisis"),
    "MedicationKind": ("FerrousSulfate", "Naproxen", "Acetaminophen", "Hydrocodone",
                       "UnrecognizedMedication"),
    "InterventionKind": ("Colonoscopy",),
}
KNOWLEDGE = Graph(frozenset(
    (marrow(kind), TYPE, marrow(sort)) for sort, kinds in _SORTS.items() for kind in kinds))

Resource = dict[str, Any]
ANNA: Resource = {"resourceType": "Patient", "id": "anna", "gender": "female",
                  "birthDate": "1984-03-02"}
WHOSE = {"reference": "Patient/anna"}


def concept(system: str, code: str, display: str = "") -> Resource:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def hemoglobin(value: Any = 9.8, **more: Any) -> Resource:
    """A hemoglobin in g/dL; ``None`` for a field leaves it out."""
    return _with({
        "resourceType": "Observation", "id": "hb", "status": "final", "subject": WHOSE,
        "code": concept(LOINC, "718-7"), "effectiveDateTime": "2026-10-20",
        "valueQuantity": {"value": value, "unit": "g/dL", "system": UCUM, "code": "g/dL"},
    }, more)


def condition(**more: Any) -> Resource:
    return _with({
        "resourceType": "Condition", "id": "c", "subject": WHOSE,
        "code": concept(SNOMED, "271737000"),
        "clinicalStatus": concept(CLINICAL, "active"),
        "verificationStatus": concept(CLINICAL, "confirmed"),
    }, more)


def prescription(**more: Any) -> Resource:
    return _with({
        "resourceType": "MedicationRequest", "id": "m", "subject": WHOSE, "status": "active",
        "intent": "order", "medicationCodeableConcept": concept(RXNORM, "310325"),
        "authoredOn": "2026-08-01",
    }, more)


def _with(resource: Resource, more: Resource) -> Resource:
    return {name: value for name, value in {**resource, **more}.items() if value is not None}


def bundle(*resources: Resource, kind: str = "collection", **more: Any) -> Resource:
    return {"resourceType": "Bundle", "type": kind,
            "entry": [{"resource": r} for r in resources], **more}


def read(*resources: Resource, knowledge: Graph | None = None) -> FhirImport:
    """Import Anna's Patient resource with the given resources."""
    return read_json(bundle(ANNA, *resources), knowledge)


def read_json(document: Any, knowledge: Graph | None = None) -> FhirImport:
    return read_bundle(json.dumps(document).encode(), "file", MAPPINGS, knowledge)


def facts(imported: FhirImport, node: str) -> dict[str, str]:
    """What a node says, as local names and plain values; terms of ours by their local name."""
    from reasoner.namespaces import local_name
    from reasoner.quantity import text_of

    return {
        local_name(p): text_of(o) if o.startswith('"') else local_name(o)
        for s, p, o in imported.triples
        if s == f"<urn:marrow:fhir:{node}>" and not local_name(p).startswith("has")
    }


def codes(imported: FhirImport) -> list[str]:
    return [issue.code for issue in imported.issues]
