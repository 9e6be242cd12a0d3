"""Time all justifications of every recommendation of each example, after its assessment.

    python benchmarks/justifications.py

Prints for each example the median of several runs of: making every application that a part of the
record would allow (once a patient), and finding every justification of everything recommended or
to be considered; and how many conclusions and justifications there were.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from reasoner import assess, load_knowledge
from reasoner.grounding import Grounding
from reasoner.justification import Justifier

EXAMPLES = Path(__file__).parent.parent / "examples"
RUNS = 7


def main() -> None:
    """Print one line for each example."""
    engine = load_knowledge()
    print("| example | ground | justify | conclusions | justifications |")
    print("|---|---|---|---|---|")
    for path in sorted(EXAMPLES.glob("*.ttl")):
        assessment = assess(engine, path, "2026-11-01")
        wanted = [assessment.fact(p, o) for p in ("recommended", "considered")
                  for o in assessment.related(p)]
        grounded, justified, found = [], [], 0
        for _ in range(RUNS + 1):
            start = time.perf_counter()
            grounding = Grounding(engine, assessment.patient)
            grounding.applications  # noqa: B018 - a cached property, made here
            middle = time.perf_counter()
            justifier = Justifier(grounding)
            found = sum(len(justifier.justify(fact).found) for fact in wanted)
            end = time.perf_counter()
            grounded.append((middle - start) * 1000)
            justified.append((end - middle) * 1000)
        print(f"| {path.stem} | {statistics.median(grounded[1:]):.0f} ms | "
              f"{statistics.median(justified[1:]):.0f} ms | {len(wanted)} | {found} |")


if __name__ == "__main__":
    main()
