"""What is installed is whole: from the source tree, from a wheel, and from a wheel of the sdist."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXPLAIN = ("import sys; sys.argv = ['marrow', 'explain', '--example', 'iron-deficiency', '--as-of',"
           " '2026-11-01', '--json']; from reasoner.cli.main import run; run()")


def build(source: Path, out: Path, what: str) -> Path:
    subprocess.run([sys.executable, "-m", "build", f"--{what}", "--no-isolation", "--outdir",
                    str(out), str(source)], check=True, capture_output=True)
    ending = "*.whl" if what == "wheel" else "*.tar.gz"
    return next(out.glob(ending))


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("sdist"), "sdist")


def answer(folder: Path, elsewhere: Path) -> dict[str, object]:
    """Run the main job from another directory, with the package found in one folder only."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "XDG_CACHE_HOME": str(elsewhere)}
    found = subprocess.run([sys.executable, "-c", EXPLAIN], cwd=elsewhere, env=environment,
                           check=True, capture_output=True, text=True)
    where = subprocess.run([sys.executable, "-c", "import reasoner; print(reasoner.__file__)"],
                           cwd=elsewhere, env=environment, check=True, capture_output=True,
                           text=True).stdout
    assert where.startswith(str(folder))
    return json.loads(found.stdout)


def outcomes(data: dict[str, object]) -> dict[str, str]:
    return {r["intervention"]: r["outcome"] for r in data["recommendations"]}


def test_a_wheel_and_the_source_tree_answer_alike(tmp_path: Path) -> None:
    wheel = build(ROOT, tmp_path / "dist", "wheel")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    from_wheel, from_tree = answer(installed, elsewhere), answer(ROOT, elsewhere)
    assert outcomes(from_wheel)["OralIron"] == "recommended"
    assert from_wheel == from_tree


def test_the_sdist_makes_the_same_wheel(sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    unpacked = next((tmp_path / "unpacked").iterdir())
    first = zipfile.ZipFile(build(ROOT, tmp_path / "tree", "wheel"))
    second = zipfile.ZipFile(build(unpacked, tmp_path / "sdist", "wheel"))
    assert sorted(first.namelist()) == sorted(second.namelist())
    assert all(first.read(n) == second.read(n) for n in first.namelist())


def test_the_sdist_holds_what_a_reader_needs(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {n.split("/", 1)[1] for n in archive.getnames() if "/" in n}
    for needed in ("README.md", "LICENSE", "NOTICE", "ontology/marrow.ttl", "tests/test_golden.py",
                   "tests/golden/t01-hemoglobin-exactly-70/patient.ttl"):
        assert needed in names
