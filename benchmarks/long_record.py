"""Time a record with very many results of one kind, on days of their own or all on one day.

    python benchmarks/long_record.py [RESULTS ...]

Prints for each number of results how long reading, assessing and telling take, in seconds of the
processor, in the order of the input: a result a day backwards, and a result a second of one day.
"""

from __future__ import annotations

import sys
import time
from datetime import date, timedelta

from reasoner import load_knowledge
from reasoner.engine import Engine
from reasoner.explanation.glance import glance_text
from reasoner.pipeline import assess_graph, read_patient

AS_OF = date(2026, 11, 1)
LAST = date(2026, 10, 20)
PREFIXES = ("@prefix marrow: <https://w3id.org/marrow/> .\n"
            "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n")


def record(results: int, one_day: bool) -> bytes:
    """Return the Turtle of a woman with so many results of hemoglobin from 9 to 13 g/dL."""
    def when(number: int) -> str:
        if one_day:
            hour, minute, second = number // 3600, number // 60 % 60, number % 60
            return f'"{LAST}T{hour:02d}:{minute:02d}:{second:02d}Z"^^xsd:dateTime'
        return f'"{LAST - timedelta(days=number)}"^^xsd:date'

    links = ", ".join(f"<urn:o{number}>" for number in range(results))
    return "".join([
        PREFIXES, "<urn:p> a marrow:Patient ; marrow:sex marrow:Female ;\n"
        '    marrow:birthDate "1971-01-20"^^xsd:date ; marrow:hasObservation ', links, " .\n",
        *(f"<urn:o{number}> a marrow:Observation ; marrow:kind marrow:Hemoglobin ;\n"
          f'    marrow:value {9 + number % 40 / 10} ; marrow:unit "g/dL" ;\n'
          f'    marrow:status "final" ; marrow:date {when(number)} .\n'
          for number in range(results)),
    ]).encode()


def measure(engine: Engine, results: int, one_day: bool) -> str:
    """Return a line with the seconds of each part."""
    start = time.process_time()
    graph, issues = read_patient("-", record(results, one_day), engine)
    read = time.process_time()
    assessment = assess_graph(engine, graph, AS_OF, issues)
    assessed = time.process_time()
    glance_text(assessment)
    told = time.process_time()
    return (f"{results:6} {'one day' if one_day else 'a day each':10} read {read - start:5.2f}  "
            f"assess {assessed - read:5.2f}  tell {told - assessed:5.2f}")


def main() -> None:
    """Print a line for each number of results, on days of their own and on one day."""
    engine = load_knowledge()
    measure(engine, 10, False)  # compiles the rules, once
    for results in map(int, sys.argv[1:] or ("500", "1000", "2000", "5000")):
        for one_day in (False, True):
            print(measure(engine, results, one_day), flush=True)


if __name__ == "__main__":
    main()
