"""Run one question in a process of its own that can be ended: for text nobody has vouched for.

A query can loop, grow without bound or bring its engine down; whatever it does, it does to the
child, and the caller gets one clear line.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

from .errors import InputRefused, LimitReached, MarrowError

SECONDS = 30
BYTES = 2_000_000_000
Answer = TypeVar("Answer")


def run_bounded(task: Callable[[], Answer], seconds: int = SECONDS, size: int = BYTES) -> Answer:
    """Return what a task returns, from a child process with bounds on time and memory.

    Args:
        task: what to run; its answer has to be picklable.
        seconds: how long it may take.
        size: how many bytes of memory it may address beyond those its caller already does, which
            a child shares and may have no part in.

    Raises:
        LimitReached: it took too long, grew too large or died.
        MarrowError: whatever the task itself raised.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(task, sender, size), daemon=True)
    child.start()
    sender.close()
    try:
        if not receiver.poll(seconds):
            raise LimitReached("query-too-long", what=f"the query took more than {seconds} seconds",
                               fix="ask a narrower question")
        found = receiver.recv()
    except EOFError:
        raise LimitReached("query-died", what="the query ran out of memory or died",
                           fix="ask a narrower question") from None
    finally:
        if child.is_alive():
            child.kill()
        child.join()
        receiver.close()
    error, answer = found
    if error is not None:
        sort, code, where, what, fix = error
        raise sort(code, where=where, what=what, fix=fix)
    result: Answer = answer
    return result


def _work(task: Callable[[], Answer], sender: Connection, size: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    limit = _addressed() + size
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # a dying engine's last words may quote data
    try:
        sender.send((None, task()))
    except MarrowError as error:
        _send_error(sender, error)
    except (RecursionError, MemoryError):
        _send_error(sender, LimitReached(
            "query-too-large", what="the query is nested too deep or too large",
            fix="ask a narrower question"))
    except (RuntimeError, OSError) as error:
        what = (str(error).splitlines() or ["failed"])[0][:200]
        _send_error(sender, InputRefused("query-failed", what=what, fix="mend the query"))


def _addressed() -> int:
    """Return how many bytes this process already addresses; 0 where the system does not tell."""
    account = Path("/proc/self/statm")
    return int(account.read_text().split()[0]) * resource.getpagesize() if account.exists() else 0


def _send_error(sender: Connection, error: MarrowError) -> None:
    """Send an error in parts: its keyword arguments do not survive pickling as an exception."""
    sender.send(((type(error), error.code, error.where, error.what, error.fix), None))
