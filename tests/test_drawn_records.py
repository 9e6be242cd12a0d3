"""What a record says cannot leave its place in a drawing, a page or a line of a terminal."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from reasoner.assessment import Assessment
from reasoner.cli.call import printable
from reasoner.engine import Engine
from reasoner.explanation.glance import glance_text
from reasoner.explanation.why import draw_why, find_conclusion
from reasoner.pipeline import assess

RECORD = (Path(__file__).parent.parent / "examples" / "iron-deficiency.ttl").read_text("utf-8")
HOSTILE = ("'\"`]></text></svg><script>alert(1)</script><img src=x onerror=alert(2)> --> ]]> %% "
           "end\x1b[2J\x1b]0;owned\x07\u202e\u2066\u200b\n    s0 --> s1\n}\n&lt;")
WRITTEN = HOSTILE.encode("unicode_escape").decode().replace('"', '\\"').replace("\\x", "\\u00") \
    .replace("'", "\\'")


@pytest.fixture(scope="module")
def drawn(engine: Engine) -> Assessment:
    """A record that is hostile in what its sources call it and where they are."""
    more = f'marrow:recordSource "{WRITTEN}" ;\n    marrow:recordedName "{WRITTEN}" ;'
    evil = re.sub(r"(a marrow:(Observation|ConditionRecord) ;)",
                  lambda found: f"{found[1]}\n    {more}", RECORD)
    assert evil != RECORD
    return assess(engine, evil.encode(), "2026-11-01")


@pytest.mark.parametrize("form", ["mermaid", "dot", "graphml"])
def test_a_drawing_has_the_boxes_of_the_proof_and_no_more(engine: Engine, drawn: Assessment,
                                                          form: str) -> None:
    plain = assess(engine, RECORD.encode(), "2026-11-01")
    told, text = (draw_why(a, find_conclusion(a, "OralIron"), form) for a in (plain, drawn))
    assert "alert(1)" in text
    assert len(text.splitlines()) == len(told.splitlines())
    assert text == printable(text)
    assert not re.search(r"&#(8238|8294|8203);", text)
    if form == "graphml":
        assert len(list(ElementTree.fromstring(text).iter())) \
            == len(list(ElementTree.fromstring(told).iter()))
        return
    for line in text.splitlines():
        unescaped = line.replace('\\"', "") if form == "dot" else line
        assert unescaped.count('"') in (0, 2), line
    assert "<script" not in text or form == "dot"  # which reads no markup within a quoted label


def test_a_terminal_gets_no_marks_that_move_or_turn_it(drawn: Assessment) -> None:
    text = printable(glance_text(drawn))
    assert "alert(1)" in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]", text)
    assert not re.search(r"^\s*s0 --> s1", text, re.MULTILINE)


def test_a_page_holds_it_as_text(drawn: Assessment) -> None:
    proof = drawn.prove(drawn.fact("recommended", find_conclusion(drawn, "OralIron")[2]))
    assert proof is not None
    for page in (drawn._repr_html_(), proof._repr_html_(), proof._repr_svg_()):
        assert page is not None
        assert "alert(1)" in page
        assert not re.search(r"<(script|img)\b|onerror=alert\(2\)>", page)
        assert page == printable(page)
