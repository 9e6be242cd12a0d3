"""What documents show: commands with what comes out, run again to see that it still does."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
ECHO_CODE = "; echo $?"


def fenced(text: str, language: str) -> list[str]:
    """Return the blocks of a Markdown text in one language."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def run(command: str) -> list[str]:
    """Return the lines that a ``marrow`` command writes; with ``; echo $?``, its code as well.

    A command without it has to succeed.
    """
    wants_code = command.endswith(ECHO_CODE)
    words = shlex.split(command.removesuffix(ECHO_CODE))
    assert words[0] == "marrow"
    code = "import sys; sys.argv = sys.argv[1:]; from reasoner.cli.main import run; run()"
    found = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True,
                           cwd=ROOT, timeout=120)
    assert wants_code or found.returncode == 0, found.stderr
    lines = (found.stdout + found.stderr).splitlines()
    return [*lines, str(found.returncode)] if wants_code else lines


def assert_shown(shown: str, found: list[str]) -> None:
    """See that every line shown comes out, in this order; ``...`` stands for lines left out."""
    rest = iter(found)
    for line in shown.splitlines():
        if line.strip() not in ("", "..."):
            assert line in rest, line
