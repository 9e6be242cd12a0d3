"""What tests share: a small knowledge folder, the shipped knowledge, and the real records."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reasoner.engine import Engine, compile_knowledge
from reasoner.knowledge import read_knowledge

if TYPE_CHECKING:
    from reasoner.assessment import Assessment
    from reasoner.proofcheck import Checker

HERE = Path(__file__).parent
ROOT = HERE.parent


@pytest.fixture(scope="session")
def small_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A knowledge folder with the shipped schema, rules and shapes and a small ontology."""
    root = tmp_path_factory.mktemp("small")
    for folder in ("queries", "shapes"):
        shutil.copytree(ROOT / folder, root / folder)
    (root / "ontology").mkdir()
    shutil.copy(ROOT / "ontology" / "schema.ttl", root / "ontology")
    shutil.copy(HERE / "data" / "knowledge" / "small.ttl", root / "ontology")
    return root


@pytest.fixture(scope="session")
def small(small_root: Path) -> Engine:
    """The small knowledge, compiled."""
    return compile_knowledge(read_knowledge(small_root))


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The shipped knowledge, compiled (from the cache where nothing changed)."""
    from reasoner import load_knowledge

    return load_knowledge()


@pytest.fixture(scope="session")
def cases() -> Path:
    """The folder of real records by others, or a skip that says so."""
    folder = os.environ.get("MARROW_CASES")
    if not folder:
        pytest.skip("MARROW_CASES does not name a folder of real records")
    return Path(folder)


@pytest.fixture(scope="session")
def checker() -> Checker:
    """The checker of written proofs."""
    from reasoner.proofcheck import Checker, read_library

    return Checker(read_library(ROOT))


@pytest.fixture(scope="session")
def assessed(engine: Engine) -> dict[str, Assessment]:
    """The shipped examples, assessed."""
    from patients import AS_OF
    from reasoner.pipeline import assess

    return {path.stem: assess(engine, path, AS_OF) for path in (ROOT / "examples").glob("*.ttl")}


@pytest.fixture(scope="session")
def oral_iron(assessed: dict[str, Assessment], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The proof that oral iron is recommended: 9.8 g/dL of hemoglobin, 8 ug/L of ferritin."""
    from reasoner.namespaces import marrow
    from reasoner.store import write_trig

    path = tmp_path_factory.mktemp("proofs") / "oral-iron.trig"
    found = assessed["iron-deficiency"]
    write_trig(found, found.fact("recommended", marrow("OralIron")), path)
    return path
