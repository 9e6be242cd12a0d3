"""Time one warm patient: our evaluators against Oxigraph on the same files and static closure.

Run with ``python benchmarks/one_patient.py``; prints medians over the shipped examples, all
measured in the same run. Oxigraph starts from a store that already holds the closed ontology; a
copy of it for each run is not counted.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import pyoxigraph as ox  # noqa: E402

from oracle import close_static, quad, run_to_fixpoint  # noqa: E402
from reasoner import load_knowledge  # noqa: E402
from reasoner.derivation import Derivations  # noqa: E402
from reasoner.gate import gate_patient  # noqa: E402
from reasoner.patient import read_patient_graph  # noqa: E402

AS_OF = date(2026, 11, 1)


def median_ms(task: Callable[[], object], runs: int) -> float:
    """Return the median of some runs in milliseconds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        task()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def whole_process(*arguments: str, runs: int = 5) -> float:
    """Return the median wall time of a whole ``marrow`` process in seconds."""
    command = [str(Path(sys.executable).parent / "marrow"), *arguments]
    subprocess.run(command, check=True, capture_output=True)
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Print the table of the benchmark."""
    engine = load_knowledge()
    closed = close_static(engine.root)
    print(f"{len(engine.program.rules)} rules after specialisation, "
          f"{len(engine.graph.triples)} static triples")
    print("example               functions  +derivations  columns  Oxigraph  ratio")
    ratios = []
    for path in sorted((ROOT / "examples").glob("*.ttl")):
        graph = read_patient_graph(path.read_bytes(), ".ttl", path.name, engine.vocabulary)
        patient = gate_patient(graph, engine.graph, AS_OF)
        facts = patient.facts

        def derive() -> object:
            return Derivations(engine.run(facts), patient, engine.origins).heights  # noqa: B023

        engine.run(facts)
        functions = median_ms(lambda: engine.run(facts), 30)  # noqa: B023
        derivations = median_ms(derive, 20)
        columns = median_ms(lambda: engine.columns.run(facts), 10)  # noqa: B023
        times = []
        for _ in range(3):
            store = ox.Store()
            store.bulk_extend(quad(t) for t in closed.triples)
            store.extend(quad(t) for t in facts)
            start = time.perf_counter()
            for queries in closed.layers:
                run_to_fixpoint(store, queries)
            times.append((time.perf_counter() - start) * 1000)
        oxigraph = statistics.median(times)
        ratios.append(oxigraph / functions)
        print(f"{path.stem:20} {functions:8.2f}ms {derivations:10.2f}ms {columns:7.1f}ms "
              f"{oxigraph:7.0f}ms {oxigraph / functions:6.0f}")
    print(f"median ratio {statistics.median(ratios):.0f}")
    explain = whole_process("explain", "--example", "iron-deficiency", "--as-of", "2026-11-01")
    print(f"marrow explain, whole process: {explain:.2f} s")
    print(f"marrow --help, whole process: {whole_process('--help'):.2f} s")


if __name__ == "__main__":
    main()
