"""The tutorial notebooks run, and what they show is what running them gives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "docs" / "notebooks"
NAMES = ["asker", "educator", "loader"]


def check(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(folder / "run.py"), "--check", name],
                          capture_output=True, text=True, timeout=300)


def test_there_is_one_for_each_person() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_shows_what_running_it_gives(name: str) -> None:
    """If it does not, ``python docs/notebooks/run.py`` writes it anew, to be read."""
    found = check(FOLDER, name)
    assert found.returncode == 0, found.stdout + found.stderr


def test_an_output_that_is_not_what_comes_out_is_found(tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text((FOLDER / "run.py").read_text("utf-8"), "utf-8")
    book = json.loads((FOLDER / "educator.ipynb").read_text("utf-8"))
    book["cells"] = [{"cell_type": "code", "id": "cell-1", "metadata": {}, "source": "print(2)",
                      "execution_count": None, "outputs": [
                          {"output_type": "stream", "name": "stdout", "text": "3\n"}]}]
    (tmp_path / "wrong.ipynb").write_text(json.dumps(book), "utf-8")
    found = check(tmp_path, "wrong")
    assert found.returncode == 1
    assert found.stdout == "wrong.ipynb differs: read it again\n"
