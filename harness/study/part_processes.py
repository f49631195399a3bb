"""Run parts of the study in several processes, which end with the one that started them.

Nothing is imported here that trials do not need: a process starts in a moment.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import connection, get_context, parent_process
from typing import TYPE_CHECKING, Final

from harness.study.case_trials import Part, Row, never, run_part

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

_SPAWN: Final = get_context("spawn")


def run_parts(parts: Sequence[Part], jobs: int) -> Iterator[tuple[Part, list[Row]]]:
    """Yield the rows of each part as soon as it is done, in `jobs` processes.

    Raises what `run_part` raises.
    """
    if jobs == 1 or len(parts) < 2:  # noqa: PLR2004 - one part takes one process
        for part in parts:
            yield part, run_part(part)
        return
    is_over = _SPAWN.Event()
    pool = ProcessPoolExecutor(
        min(jobs, len(parts)), mp_context=_SPAWN, initializer=_begin, initargs=(is_over,)
    )
    with pool:
        try:
            running = {pool.submit(_run_here, part): part for part in parts}
            for each in as_completed(running):
                yield running[each], each.result()
        finally:
            is_over.set()
            pool.shutdown(wait=False, cancel_futures=True)


_over: Event | None = None
"""In a process of the pool: set when no more is wanted of it."""


def _begin(is_over: Event) -> None:
    """Begin a process of the pool: Ctrl-C is for the first process, whose end is its own end, too."""
    global _over  # noqa: PLW0603 - the one way to hand something to a process of a pool
    _over = is_over
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _run_here(part: Part) -> list[Row]:
    return run_part(part, _over.is_set if _over else never)
