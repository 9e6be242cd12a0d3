"""Composed minimal sets are those that a search finds that shares no step with the composition.

And the folded program says of a part of a record what the engine says of it, gated anew.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from patients import AS_OF
from reasoner.engine import Engine
from reasoner.gate import gate_patient
from reasoner.grounding import RECORD, Grounding
from reasoner.hitting import Search
from reasoner.implicants import Open, TooMany, compose
from reasoner.patient import PatientGraph
from reasoner.worlds import Worlds
from test_justification import GOLDEN, conclusions, graph_of, keeping, units_of


def worlds_of(engine: Engine, graph: PatientGraph) -> Worlds:
    return Worlds(Grounding(engine, gate_patient(graph, engine.graph, AS_OF)))


def check_composed(engine: Engine, folder: Path, most: int) -> int:
    """Search for what was composed; return how many conclusions had something to compose."""
    graph = graph_of(engine, (folder / "patient.ttl").read_bytes())
    worlds = worlds_of(engine, graph)
    facts = sorted(f for f in conclusions(engine, graph) if f[0] == graph.patient)
    tried = 0
    for fact in random.Random(folder.name).sample(facts, min(most, len(facts))):
        node = worlds.nodes[fact]
        assert worlds.holds(node), fact
        needed = worlds.needed(node)
        open_ = Open(worlds, node, dict.fromkeys(needed, True))
        try:
            composed = compose(worlds, node, needed)
        except TooMany:
            continue
        if open_.surely[node]:
            assert composed == {0}
            continue
        search = Search(open_, node, 400)
        found = {sum(1 << n for n in some) for some in search.smallest_sets()}
        assert found == composed if search.complete else found <= composed, fact
        tried += search.complete
    return tried


def test_some_golden_patients(engine: Engine) -> None:
    tried = sum(check_composed(engine, folder, 25)
                for folder in random.Random(5).sample(GOLDEN, 8))
    assert tried > 20, "too few conclusions had more than one way"


@pytest.mark.long
@pytest.mark.parametrize("folder", GOLDEN, ids=lambda p: p.name)
def test_every_golden_patient(engine: Engine, folder: Path) -> None:
    """Long: every conclusion of every golden patient."""
    check_composed(engine, folder, 10_000)


@pytest.mark.parametrize("folder", random.Random(11).sample(GOLDEN, 8), ids=lambda p: p.name)
def test_a_world_is_a_part_of_the_record(engine: Engine, folder: Path) -> None:
    """What holds in a world is what follows from just its records, read and reasoned over anew."""
    graph = graph_of(engine, (folder / "patient.ttl").read_bytes())
    worlds = worlds_of(engine, graph)
    units = sorted(units_of(graph), key=str)
    rng = random.Random(folder.name)
    parts = [rng.sample(units, rng.randint(0, len(units))) for _ in range(6)]
    full = (1 << len(parts)) - 1
    kept = dict.fromkeys(worlds.members, full)
    for n, member in worlds.members.items():
        unit = member.record or member.fact
        if unit:
            kept[n] = sum(1 << place for place, part in enumerate(parts) if unit in part)
    values = worlds.evaluate(kept, full)
    for place, part in enumerate(parts):
        given = {f for f in conclusions(engine, keeping(graph, part)) if f[0] == graph.patient}
        held = {f for f, n in worlds.nodes.items() if f[0] == graph.patient
                and f[1] != RECORD and values[n] >> place & 1}
        assert held == given
