"""Write a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ..errors import UsageError


def write_whole(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file under another name first, so that nobody ever finds half of it.

    Args:
        path: the file; one that is there is replaced.
        content: what it is to hold.
        mode: who may read it.

    Raises:
        OSError: it cannot be written; what was there before still is.
    """
    handle, other = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(other).chmod(mode)
        Path(other).replace(path)
    except BaseException:
        Path(other).unlink(missing_ok=True)
        raise


def write_record(path: Path, content: bytes) -> None:
    """Write a file about a patient, which only its owner may read.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            raise UsageError("cannot-write", where=str(path)[:200], what="this is no ordinary file",
                             fix="name a file")
        write_whole(path, content, 0o600)
    except (OSError, ValueError) as error:
        raise UsageError("cannot-write", where=str(path)[:200],
                         what=getattr(error, "strerror", None) or "not writable",
                         fix="name a file in a folder that can be written") from error
