"""Run the tutorial notebooks: ``python docs/notebooks/run.py`` writes their outputs anew.

Outputs are kept so that a reader sees real answers; a test runs this with ``--check``. What differs
from run to run, and the fingerprint of the knowledge, is left out.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
FINGERPRINT = re.compile(r"\(([0-9a-f]{16})\)")


def run(path: Path) -> nbformat.NotebookNode:
    """Return a notebook with the outputs that running it gives.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        # the kernel is talked to through files of ours, not ports, where the system has them
        through = {} if os.name == "nt" else {"transport": "ipc", "ip": f"{folder}/kernel"}
        manager = KernelManager(kernel_name="python3", **through)
        try:
            NotebookClient(notebook, km=manager, timeout=120, startup_timeout=30,
                           resources={"metadata": {"path": str(FOLDER)}}).execute()
        finally:
            manager.shutdown_kernel(now=True)
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{number}"
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = [_settled(output) for output in cell.outputs]
    return notebook


def _settled(output: Any) -> Any:
    """Return an output without what is not the same each time."""
    output = nbformat.from_dict({k: v for k, v in output.items() if k != "transient"})
    if output.output_type == "execute_result":
        output.execution_count = None
    for holder, key in ((output, "text"), *((output.get("data", {}), k)
                                            for k in output.get("data", {}))):
        if isinstance(holder.get(key), str):
            holder[key] = FINGERPRINT.sub("(...)", holder[key])
    return output


def main(names: list[str], check: bool) -> int:
    """Write the notebooks anew, or only tell which differ; return the exit code."""
    differ = []
    for path in [FOLDER / f"{name}.ipynb" for name in names] or sorted(FOLDER.glob("*.ipynb")):
        found, committed = run(path), nbformat.read(path, as_version=4)
        if found.cells != committed.cells:
            differ.append(path.name)
        if not check:
            nbformat.write(found, path)
    if differ:
        print("; ".join(differ), "differs: read it again" if check else "written anew")
    return 1 if check and differ else 0


if __name__ == "__main__":
    sys.exit(main([a for a in sys.argv[1:] if a != "--check"], "--check" in sys.argv))
