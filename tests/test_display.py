"""Assessments, proofs and mechanisms as a notebook shows them: whole, safe and readable."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import escape, unescape
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoner import MechanismGraph
from reasoner.assessment import Assessment
from reasoner.display.layers import Box, Layout, lay_out
from reasoner.display.links import graph_data, graph_text
from reasoner.display.notebook import proof_picture
from reasoner.display.page import graph_page
from reasoner.display.picture import Picture, wrapped
from reasoner.engine import Engine
from reasoner.errors import UsageError
from reasoner.explanation.report import report
from reasoner.namespaces import marrow
from reasoner.pipeline import assess
from reasoner.proof import Proof

ROOT = Path(__file__).parent.parent
SVG = "{http://www.w3.org/2000/svg}"
EVIL = '<script>alert(1)</script><img src=x onerror="y">&amp;\u202e'


@pytest.fixture(scope="module")
def assessment(engine: Engine) -> Assessment:
    return assess(engine, ROOT / "examples" / "iron-deficiency.ttl", "2026-11-01")


@pytest.fixture(scope="module")
def proof(assessment: Assessment) -> Proof:
    found = assessment.prove(assessment.fact("recommended", marrow("OralIron")))
    assert found is not None
    return found


def overlap(first: Box, second: Box) -> bool:
    return first.x < second.x + second.width and second.x < first.x + first.width \
        and first.y < second.y + second.height and second.y < first.y + first.height


NODES = st.sampled_from([f"n{i}" for i in range(12)])


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(NODES, NODES).filter(lambda e: e[0] != e[1]), max_size=30), st.booleans())
def test_boxes_never_overlap_and_lie_inside(edges: list[tuple[str, str]], across: bool) -> None:
    graph = nx.DiGraph(edges)
    sizes = {n: (100.0, 20.0 + 17 * (i % 3)) for i, n in enumerate(graph.nodes)}
    layout = lay_out(graph, sizes, across)
    assert set(layout.boxes) == set(graph.nodes)
    assert set(layout.arrows) == set(graph.edges)
    check_arrows(layout)
    for first, second in combinations(layout.boxes.values(), 2):
        assert not overlap(first, second)
    for box in layout.boxes.values():
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= layout.width
        assert box.y + box.height <= layout.height


def pictures(assessment: Assessment, proof: Proof) -> list[Picture]:
    return [proof_picture(assessment, proof), MechanismGraph(assessment.engine).picture()]


def test_an_arrow_goes_round_the_boxes_that_it_does_not_join(
    assessment: Assessment, proof: Proof,
) -> None:
    """No piece of it, straight or bent, has a box but its own two within its bounds."""
    for picture in pictures(assessment, proof):
        sizes = {n: (180.0, 18.0 + 17 * len(wrapped(d["label"], picture.columns)))
                 for n, d in picture.graph.nodes(data=True)}
        layout = lay_out(picture.graph, sizes, picture.across)
        check_arrows(layout)


def check_arrows(layout: Layout) -> None:
    for ends, points in layout.arrows.items():
        for (x1, y1), (x2, y2) in pairwise(points):
            piece = Box(min(x1, x2), min(y1, y2), abs(x1 - x2), abs(y1 - y2))
            for name, box in layout.boxes.items():
                assert name in ends or not overlap(piece, box), (ends, name)


def test_a_graph_of_nothing_and_of_one_node() -> None:
    assert lay_out(nx.DiGraph(), {}).boxes == {}
    graph = nx.DiGraph()
    graph.add_node("only")
    assert lay_out(graph, {"only": (10.0, 10.0)}).boxes["only"] == Box(10.0, 10.0, 10.0, 10.0)


@pytest.mark.parametrize("which", [0, 1])
def test_a_picture_says_everything_in_words(
    assessment: Assessment, proof: Proof, which: int,
) -> None:
    picture = pictures(assessment, proof)[which]
    root = ElementTree.fromstring(picture.svg(alone=True))
    ids = {node.get("id") for node in root.iter() if node.get("id")}
    assert set(root.get("aria-labelledby", "").split()) <= ids
    assert root.findtext(f"{SVG}title") == picture.title
    assert root.findtext(f"{SVG}desc")
    drawn = [" ".join(span.text or "" for span in text.iter(f"{SVG}tspan"))
             for text in root.iter(f"{SVG}text")]
    assert sorted(drawn) == sorted(" ".join(d.split()) for _, d in picture.graph.nodes("label"))
    groups = [g for g in root.iter(f"{SVG}g") if g.find(f"{SVG}rect") is not None]
    assert all(g.findtext(f"{SVG}title") for g in groups)
    arrows = [p for p in root.iter(f"{SVG}path") if p.get("marker-end")]
    assert len(arrows) == picture.graph.size()
    assert all(p.findtext(f"{SVG}title") for p in arrows)


@pytest.mark.parametrize("which", [0, 1])
def test_every_line_fits_its_box(assessment: Assessment, proof: Proof, which: int) -> None:
    root = ElementTree.fromstring(pictures(assessment, proof)[which].svg())
    for group in root.iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        if rect is None:
            continue
        top, tall = float(rect.get("y", 0)), float(rect.get("height", 0))
        for span in group.iter(f"{SVG}tspan"):
            # 7.2 px is the widest average letter at 13 px in the fonts that system-ui stands for
            assert len(span.text or "") * 7.2 <= float(rect.get("width", 0))
            assert top < float(span.get("y", 0)) < top + tall


def test_a_long_word_is_broken() -> None:
    assert wrapped("x" * 50, 22) == ["x" * 22, "x" * 22, "x" * 6]


SHOWN: list[Callable[[Assessment, Proof], str | None]] = [
    lambda a, p: a._repr_html_(),
    lambda a, p: p._repr_html_(),
    lambda a, p: p._repr_svg_(),
    lambda a, p: MechanismGraph(a.engine)._repr_html_(),
    lambda a, p: MechanismGraph(a.engine)._repr_svg_(),
]


@pytest.mark.parametrize("shown", SHOWN)
def test_nothing_is_fetched_and_nothing_runs(
    assessment: Assessment, proof: Proof, shown: Callable[[Assessment, Proof], str],
) -> None:
    text = shown(assessment, proof)
    assert not re.search(r"<(script|link|img|iframe|object|image|use|foreignObject)\b", text)
    assert not re.search(r"\s(on\w+|src|href|xlink:href)=", text)
    assert not re.search(r"@import|url\((?!#)|javascript:", text)
    assert set(re.findall(r"https?://[^\s\"<]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_an_assessment_shows_all_that_it_concludes(assessment: Assessment) -> None:
    shown = assessment._repr_html_()
    data = report(assessment)
    for key in ("findings", "disorders", "recommendations", "pitfalls", "monitoring",
                "assumptions", "redFlags"):
        for entry in data[key]:
            assert entry["label"].replace("&", "&amp;") in shown
    assert data["knowledge"]["notice"] in shown
    assert "needs: active vitamin B12; serum vitamin B12" in shown


def test_what_is_due_and_where_sources_disagree_are_shown(engine: Engine) -> None:
    for name in ("iron-deficiency", "mixed", "hemolytic", "chronic-disease"):
        assessment = assess(engine, ROOT / "examples" / f"{name}.ttl", "2026-11-01")
        shown, data = assessment._repr_html_(), report(assessment)
        for entry in data["monitoring"]:
            assert entry["action"] in unescape(shown)
            assert not entry["dueFrom"] or entry["dueFrom"] in shown
        for entry in data["disagreements"]:
            for reading in entry["readings"]:
                assert f"{reading['stance']}: {reading['id']}" in shown


def test_a_red_flag_is_shown_first_with_what_to_do(engine: Engine) -> None:
    shown = assess(engine, ROOT / "examples" / "sickle-cell-crisis.ttl", "2026-11-01")._repr_html_()
    place = shown.index("vaso-occlusive crisis")
    assert place < shown.index("Findings")
    assert "do: " in shown[place : shown.index("Findings")]


def test_what_a_record_says_cannot_become_markup(engine: Engine) -> None:
    text = (ROOT / "examples" / "iron-deficiency.ttl").read_text(encoding="utf-8")
    escaped = EVIL.replace('"', '\\"')
    evil = re.sub(r"(a marrow:Observation ;)", rf'\1\n    marrow:recordSource "{escaped}" ;', text)
    assert evil != text
    assessment = assess(engine, evil.encode(), "2026-11-01")
    found = assessment.prove(assessment.fact("recommended", marrow("OralIron")))
    assert found is not None
    for shown in (assessment._repr_html_(), found._repr_html_(), found._repr_svg_()):
        assert shown is not None
        assert "alert(1)" in shown
        assert "<script" not in shown
        assert "<img" not in shown
        assert "\u202e" not in shown
    ElementTree.fromstring(found._repr_svg_() or "")


def test_a_proof_shows_its_steps_in_order(assessment: Assessment, proof: Proof) -> None:
    shown = proof._repr_html_() or ""
    assert shown.index("the patient has anemia") < shown.index("oral iron is indicated")
    assert "observation: serum ferritin, 8 ug/L, on 2026-10-20" in shown
    assert "Why: oral iron is recommended" in shown


def test_a_proof_that_nobody_can_tell_is_shown_as_text(proof: Proof) -> None:
    alone = replace(proof, told_by=None)
    assert alone == proof
    assert alone._repr_html_() is None
    assert alone._repr_svg_() is None


def test_as_text_each_is_one_short_line(assessment: Assessment, proof: Proof) -> None:
    for thing in (assessment, proof, MechanismGraph(assessment.engine)):
        assert "\n" not in repr(thing)
        assert len(repr(thing)) < 150


def test_the_mechanism_graph_can_be_walked(engine: Engine) -> None:
    graph = MechanismGraph(engine)
    assert nx.has_path(graph.networkx, "Anemia", "BackPain")
    assert graph.networkx.edges["TissueHypoxia", "DecreasedPainThreshold"]["claims"] == ["C018"]
    near = graph.around("TissueHypoxia")
    assert set(near.networkx) == {"Anemia", "ReducedOxygenDelivery", "TissueHypoxia",
                                  "DecreasedPainThreshold", "BackPain"}
    assert "fatigue" not in near._repr_html_()
    with pytest.raises(UsageError):
        graph.around("NoSuchKind")


def test_what_leads_to_a_narrower_pain_is_drawn_on_to_the_wider(engine: Engine) -> None:
    """C036-C038: hemolysis may lead to severe back pain, which is back pain."""
    drawn = MechanismGraph(engine).picture().graph
    assert nx.has_path(drawn, "HemolyticAnemia", "SevereBackPain")
    assert drawn.edges["SevereBackPain", "BackPain"]["sort"] == "isa"
    assert [n for n, _ in drawn.out_degree() if not drawn.out_degree(n)] == ["BackPain"]
    assert "severe back pain is a kind of back pain" in MechanismGraph(engine)._repr_svg_()
    assert not MechanismGraph(engine).networkx.has_edge("SevereBackPain", "BackPain")
    assert "severe back pain\n  is a kind of back pain\n" in graph_text(engine)
    assert 'A kind of <a href="#BackPain">back pain</a>.' in graph_page(engine)
    assert drawn.nodes["SpinalInfection"]["sort"] == "flag"


def test_no_two_arrows_end_in_one_point(assessment: Assessment, proof: Proof) -> None:
    for picture in pictures(assessment, proof):
        sizes = dict.fromkeys(picture.graph.nodes, (180.0, 40.0))
        layout = lay_out(picture.graph, sizes, picture.across)
        ends = [points[-1] for points in layout.arrows.values()]
        assert len(set(ends)) == len(ends)


def test_boxes_are_read_from_causes_to_effects(assessment: Assessment) -> None:
    """Keys that move from link to link follow the layers, not the alphabet."""
    picture = MechanismGraph(assessment.engine).picture(linked=True)
    root = ElementTree.fromstring(picture.svg())
    lefts = [float(box.find(f"{SVG}rect").get("x")) for box in root.iter(f"{SVG}a")]
    assert lefts == sorted(lefts)


def test_the_page_gives_for_each_link_the_words_of_who_says_so(engine: Engine) -> None:
    page = graph_page(engine)
    links = graph_data(engine)["links"]
    assert page.count("<summary>Who says so: ") == 2 * len(links)  # from its cause and its effect
    claim = engine.graph.definition(marrow("C025"))
    assert claim
    assert escape(claim) in page
    assert "marrow evidence PATIENT C025" in page
    for link in links:
        for source in link["sources"]:
            assert source["citation"] is None or escape(source["citation"]) in page


def test_the_page_names_what_its_picture_leaves_out(engine: Engine) -> None:
    graph = MechanismGraph(engine)
    labels = {k["name"]: k["label"] for k in graph.data["kinds"]}
    left = {label for name, label in labels.items() if name not in graph.networkx}
    (sentence,) = re.findall(r"which have no other link: ([^.]*)\.", graph_page(engine))
    assert left
    assert set(unescape(sentence).split(", ")) == left


def test_a_link_is_qualified_by_labels_and_by_ids_to_ask_about(engine: Engine) -> None:
    text = graph_text(engine)
    assert "in AnemiaOfChronicDisease" not in text
    assert "in anemia of chronic disease" in text
    assert all(re.search(r"\(.+\)$", line) for line in text.splitlines() if line.startswith("  ->"))
