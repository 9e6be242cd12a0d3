"""What tests share: a small knowledge folder, the shipped knowledge, and the real records."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from reasoner.engine import Engine, compile_knowledge
from reasoner.knowledge import read_knowledge

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
