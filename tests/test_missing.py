"""What is asked for first: only what could settle an outcome alone, and all of that.

The oracle is ``missing``, which supposes one unknown item after the other and reasons anew; what is
asked for first is read off the derivations of the doubt.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from patients import AS_OF
from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.explanation.missing import missing
from reasoner.namespaces import marrow
from reasoner.pipeline import assess

GOLDEN = Path(__file__).parent / "golden"
CASES = ["u01-nothing-on-record", "u02-only-a-low-ferritin", "u03-only-a-low-hemoglobin",
         "c10-ferritin-45-unknown", "t11c-poor-response-adherence-unknown", "n01-kidney-unknown",
         "t09b-crisis-of-unknown-baseline", "t13-esa-with-unknown-saturation"]


@pytest.fixture(params=CASES)
def found(engine: Engine, request: pytest.FixtureRequest) -> Assessment:
    return assess(engine, GOLDEN / request.param / "patient.ttl", AS_OF)


def test_what_settles_an_outcome_alone_is_asked_for_first(found: Assessment) -> None:
    """A result can also open a flag that defers or calls for something: that is no doubt of it."""
    tried = 0
    for entry in missing(found)["items"]:
        item = marrow(entry["name"])
        for change in entry["changes"]:
            intervention = marrow(change["intervention"])
            if item in {asked for asked, _ in found.missing(intervention)}:
                tried += 1
                assert item in found.missing_first(intervention), change
    assert tried


def test_what_comes_first_is_missing(found: Assessment) -> None:
    for intervention in found.related("cannotTell"):
        first = found.missing_first(intervention)
        assert first <= {item for item, _ in found.missing(intervention)}
        assert bool(first) == bool(found.missing(intervention))


def test_later_tests_wait_for_the_hemoglobin(engine: Engine) -> None:
    """A low ferritin, and the hemoglobin unknown: markers of hemolysis change nothing alone."""
    found = assess(engine, GOLDEN / "u02-only-a-low-ferritin" / "patient.ttl", AS_OF)
    asked = {item for item, _ in found.missing(marrow("OralIron"))}
    assert marrow("Haptoglobin") in asked
    assert found.missing_first(marrow("OralIron")) == {marrow("Hemoglobin")}
