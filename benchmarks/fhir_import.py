"""Time the import of FHIR bulk exports of 100 to 10,000 synthetic patients, and its memory.

Run with ``python benchmarks/fhir_import.py [patients ...]``. Each size runs in a process of its
own, whose peak memory is what the system says of it; times are of its processor, since other work
may go on beside it. A patient has 60 resources, the types one after the other as in a bulk export;
values come from a seeded generator and mean nothing.
"""

from __future__ import annotations

import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

SIZES = (100, 1_000, 10_000)
LOINC, SNOMED, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
TESTS = (("718-7", "g/dL", 7, 16), ("787-2", "fL", 70, 100), ("2276-4", "ng/mL", 5, 300),
         ("777-3", "10*3/uL", 100, 400), ("2160-0", "mg/dL", 1, 2), ("4544-3", "%", 25, 45),
         ("8302-2", "cm", 150, 190), ("2339-0", "mg/dL", 70, 140))
CONDITIONS = ("271737000", "279039007", "59621000", "44054006", "82423001")
MEDICINES = ("310325", "310965", "314076", "313782")


def resources(kind: str, patients: int) -> Iterator[dict[str, object]]:
    """Yield the resources of one type, patient by patient."""
    chance = random.Random(kind)
    for n in range(patients):
        whose = {"reference": f"Patient/{n}"}
        day = f"20{chance.randrange(10, 27)}-0{chance.randrange(1, 10)}-15"
        if kind == "Patient":
            yield {"resourceType": kind, "id": str(n), "birthDate": "1970-01-01",
                   "gender": chance.choice(["female", "male"]),
                   "name": [{"family": f"Family{n}", "given": [f"Given{n}"]}]}
        for m in range({"Observation": 45, "Condition": 5, "MedicationRequest": 4,
                        "Encounter": 5}.get(kind, 0)):
            made: dict[str, object] = {"resourceType": kind, "id": f"{n}-{m}", "subject": whose,
                                       "meta": {"lastUpdated": f"{day}T08:00:00.000+00:00"}}
            if kind == "Observation":
                code, unit, low, high = TESTS[m % len(TESTS)]
                value = {"value": round(chance.uniform(low, high), 4), "unit": unit,
                         "system": UCUM, "code": unit}
                made |= {"status": "final", "effectiveDateTime": f"{day}T08:00:00+00:00",
                         "code": {"coding": [{"system": LOINC, "code": code, "display": code}]},
                         "category": [{"coding": [{"code": "laboratory"}]}],
                         "valueQuantity": value, "issued": f"{day}T08:00:00.000+00:00"}
            elif kind == "Condition":
                made |= {"code": {"coding": [{"system": SNOMED, "code": CONDITIONS[m]}]},
                         "clinicalStatus": {"coding": [{"code": "active"}]},
                         "onsetDateTime": day}
            elif kind == "MedicationRequest":
                made |= {"status": "active", "intent": "order", "authoredOn": day,
                         "medicationCodeableConcept": {"coding": [{
                             "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
                             "code": MEDICINES[m]}]}}
            yield made


def write_export(folder: Path, patients: int, packed: bool) -> int:
    """Write a bulk export, one file a type; return its size before packing."""
    size = 0
    for kind in ("Condition", "Encounter", "MedicationRequest", "Observation", "Patient"):
        path = folder / f"{kind}.ndjson{'.gz' * packed}"
        with gzip.open(path, "wt") if packed else path.open("w") as file:
            for one in resources(kind, patients):
                size += file.write(json.dumps(one) + "\n")
    return size


def measure(folder: str) -> None:
    """Import every patient of a folder; print seconds until the first, in all, and memory."""
    from reasoner import load_knowledge
    from reasoner.pipeline import read_patients

    engine = load_knowledge()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    first = 0.0
    patients = triples = 0
    for graph, _ in read_patients(folder, engine):
        first = first or time.process_time() - start
        patients += 1
        triples += len(graph.triples)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"patients": patients, "first": first, "seconds": seconds,
                      "before": before / 1024, "peak": peak / 1024}))


def main() -> None:
    """Print the table of the benchmark."""
    sizes = [int(a) for a in sys.argv[1:]] or SIZES
    print("patients  form   MB     MB/s  patients/s  sorted after  memory before  peak")
    for patients in sizes:
        for packed in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                size = write_export(Path(folder), patients, packed) / 1e6
                command = [sys.executable, __file__, "--measure", folder]
                out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found = json.loads(out)
            print(f"{found['patients']:8}  {'gzip ' if packed else 'plain'}{size:7.1f}"
                  f"{size / found['seconds']:8.1f}{found['patients'] / found['seconds']:12.0f}"
                  f"{found['first']:12.1f} s{found['before']:12.0f} MB{found['peak']:7.0f} MB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2])
    else:
        main()
