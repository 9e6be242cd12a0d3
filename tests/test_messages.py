"""A slip of the pen in a record is named, and told where it is read first."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoner.assessment import Assessment
from reasoner.engine import Engine
from reasoner.errors import InputRefused
from reasoner.explanation.glance import glance_text
from reasoner.explanation.report import report
from reasoner.explanation.text import explain_text
from reasoner.pipeline import assess

RECORD = (Path(__file__).parent.parent / "examples" / "mixed.ttl").read_text("utf-8")
AS_OF = "2026-11-01"


@pytest.mark.parametrize(("written", "slip", "says"), [
    ("marrow:hasObservation", "marrow:hasObservaton",
     "marrow:hasObservaton is not for a patient graph to say; did you mean marrow:hasObservation?"),
    ("a marrow:Observation ", "a marrow:Observaton ",
     "marrow:Observaton is no class of a patient graph; did you mean marrow:Observation?"),
    ("marrow:value 40", "<http://w3id.org/marrow/value> 40",
     "<http://w3id.org/marrow/value> is not known here; did you mean marrow:value?"),
    ("marrow:value 40", "marrow:indicated 40",
     "marrow:indicated is not for a patient graph to say; send records; conclusions are drawn"),
])
def test_a_misspelt_name_is_refused_with_the_nearest(engine: Engine, written: str, slip: str,
                                                     says: str) -> None:
    assert written in RECORD
    with pytest.raises(InputRefused) as refused:
        assess(engine, RECORD.replace(written, slip).encode(), AS_OF)
    assert says in str(refused.value)


@pytest.fixture(scope="module")
def slipped(engine: Engine) -> Assessment:
    """A record with a kind that there is not, and a result in a unit that there is not."""
    record = RECORD.replace("kind marrow:Hemoglobin ;", "kind marrow:Hemoglobine ;")
    return assess(engine, record.replace('"ng/mL"', '"spoons"').encode(), AS_OF)


def test_a_misspelt_kind_gets_the_nearest(slipped: Assessment) -> None:
    (told,) = [i for i in report(slipped)["issues"] if i["where"] == "hemoglobin"]
    assert "it says marrow:Hemoglobine" in told["what"]
    assert told["fix"].startswith("did you mean marrow:Hemoglobin ")


def test_what_is_set_aside_is_counted_before_anything_is_concluded(slipped: Assessment,
                                                                  engine: Engine) -> None:
    line = ("2 records are set aside: serum ferritin; hemoglobin. \"Not used, or in conflict\" "
            "below says why")
    assert report(slipped)["setAside"] == {"count": 2, "names": ["serum ferritin", "hemoglobin"]}
    for text in (glance_text(slipped), explain_text(slipped)):
        head, _, rest = text.partition("Red flags")
        assert line in head
        assert "\nNot used, or in conflict\n" in rest
    assert "2 records are set aside" in slipped._repr_html_().partition("Red flags")[0]
    whole = assess(engine, RECORD.encode(), AS_OF)
    assert report(whole)["setAside"] == {"count": 0, "names": []}
    assert "set aside" not in glance_text(whole)
