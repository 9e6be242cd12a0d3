"""Cases supposed all at once give what each gives alone, read and reasoned over anew."""

from __future__ import annotations

import random
from itertools import combinations
from pathlib import Path

import pytest

from patients import AS_OF
from reasoner.assessment import Assessment
from reasoner.criterion import criteria_of
from reasoner.engine import Engine
from reasoner.errors import UsageError
from reasoner.hypothesis import Change, suppose, suppose_each
from reasoner.namespaces import marrow
from reasoner.pipeline import assess
from reasoner.supposition import bounds_in_doubt, settlements, towards

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*/patient.ttl"))


def changes_for(assessment: Assessment, rng: random.Random, most: int) -> list[Change]:
    """What the questions would suppose of a patient, and a few records taken away."""
    graph = assessment.graph
    bounds = bounds_in_doubt(assessment)
    found = [change for kind, some in sorted(bounds.items())
             for change in settlements(assessment, kind, some)]
    for row in rng.sample(graph.subjects(marrow("direction"), marrow("For")), 5):
        for criterion in criteria_of(graph, "meets", row):
            found += towards(assessment, criterion)
    found += [Change("remove", o) for _, p, o in sorted(assessment.patient.facts)
              if p == marrow("kind")]
    found = sorted(set(found), key=str)
    return rng.sample(found, min(most, len(found)))


@pytest.mark.parametrize("path", random.Random(4).sample(GOLDEN, 6), ids=lambda p: p.parent.name)
def test_cases_together_are_the_cases_alone(engine: Engine, path: Path) -> None:
    assessment = assess(engine, path, AS_OF)
    rng = random.Random(path.parent.name)
    changes = changes_for(assessment, rng, 8)
    cases = [[c] for c in changes] + [
        list(pair) for pair in rng.sample(list(combinations(changes, 2)), min(6, len(changes)))
        if pair[0].kind != pair[1].kind]
    told = [fact for fact in assessment.facts if fact[0] == assessment.patient.patient]
    assert len(cases) > 3
    differing = 0
    for case, together in zip(cases, suppose_each(assessment, cases), strict=True):
        try:
            alone = suppose(assessment, case).facts
        except UsageError:
            continue  # one case of its own says that it cannot be read
        own = {f for f in alone if f[0] == assessment.patient.patient and "hypothesis" not in f[2]
               and "window/" not in f[2]}
        assert {f for f in together if "hypothesis" not in f[2] and "window/" not in f[2]} == own
        differing += own != set(told)
    assert differing
