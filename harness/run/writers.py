"""Several installs of the same to one place: when each starts, and the lock among them, if any."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable

from harness.platform.base import Task
from harness.scenario.other_processes import Writers


def take_turns(writers: Writers, installs: Iterable[Task], rng: random.Random) -> list[Task]:
    """Return the `installs` as tasks that start when the scenario says, one by one under its lock."""
    lock = threading.Lock() if writers.lock else None  # tasks may run on threads
    tasks = []
    for number, install in enumerate(installs):
        start_ms = writers.starts.sample(rng) if writers.starts and number else 0.0
        tasks.append(_begin(install, start_ms / 1000, lock, writers.poll_ms / 1000))
    return tasks


def _begin(install: Task, start_s: float, lock: threading.Lock | None, poll_s: float) -> Task:
    yield start_s
    if lock is None:
        return (yield from install)
    while not lock.acquire(blocking=False):
        yield poll_s
    try:
        result = yield from install
        yield 0.0  # on a virtual clock, the others are to see the end of its last call, not the start
        return result
    finally:
        lock.release()
