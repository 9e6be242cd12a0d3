"""Time the questions asked after an assessment, over each shipped example.

    python benchmarks/questions.py

Prints for each example the median of several runs of: every application that a part of the record
would allow, folded (made once a patient); every justification of everything recommended or to be
considered, after that; what is missing; and the smallest changes for some of what is not
recommended or in doubt. Times are of the processor.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from reasoner import assess, load_knowledge
from reasoner.assessment import Assessment
from reasoner.explanation.missing import missing
from reasoner.explanation.whynot import why_not
from reasoner.grounding import Grounding
from reasoner.justification import Justifier
from reasoner.namespaces import local_name
from reasoner.worlds import Worlds

EXAMPLES = Path(__file__).parent.parent / "examples"
RUNS = 5


def median(action: Callable[[], object]) -> float:
    """Return the median milliseconds of an action, after one run that does not count."""
    taken = []
    for _ in range(RUNS + 1):
        start = time.process_time()
        action()
        taken.append((time.process_time() - start) * 1000)
    return statistics.median(taken[1:])


def measure(assessment: Assessment) -> str:
    """Return one row of the table."""
    wanted = [assessment.fact(p, o) for p in ("recommended", "considered")
              for o in assessment.related(p)]
    engine, patient = assessment.engine, assessment.patient
    grounded = median(lambda: Worlds(Grounding(engine, patient)))
    justifier = Justifier(Grounding(engine, patient))
    found = 0

    def justify() -> None:
        nonlocal found
        found = sum(len(justifier.justify(fact).found) for fact in wanted)

    justified = median(justify)
    unknown = median(lambda: missing(assessment))
    refused = [local_name(o) for p in ("notRecommended", "cannotTell")
               for o in assessment.related(p)]
    changes = [median(lambda name=name: why_not(assessment, name)) for name in refused[:6]]
    return (f"{grounded:.0f} ms | {justified:.0f} ms for {found} of {len(wanted)} | "
            f"{unknown:.0f} ms | {statistics.median(changes):.0f} ms, at most "
            f"{max(changes):.0f} ms |")


def main() -> None:
    """Print one line for each example."""
    engine = load_knowledge()
    print("| example | applications, folded | justifications | missing | why not |")
    print("|---|---|---|---|---|")
    for path in sorted(EXAMPLES.glob("*.ttl")):
        print(f"| {path.stem} | {measure(assess(engine, path, '2026-11-01'))}", flush=True)


if __name__ == "__main__":
    main()
