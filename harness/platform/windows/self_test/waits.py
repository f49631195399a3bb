"""Waits and the clock: how late waits end, and whether processes agree about the time."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from statistics import median
from typing import Final

from harness.clock import NS_PER_MS, sleep_overshoots_ns
from harness.isolated_python import isolated_python
from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.report import Finding
from harness.platform.windows.win32.jobs import CREATE_NO_WINDOW
from harness.text import figures

WAITS_MS: Final = (1, 5, 20)
ROUNDS: Final = 50
MOST_LATE_MS: Final = 1.0
ASKED: Final = 20
_CLOCK: Final = "import sys, time\nfor _ in sys.stdin: print(time.perf_counter_ns(), flush=True)"


def run(_site: Site, check: Check) -> Iterator[Finding]:
    """Wait many times; ask another process for the time between two readings of this one's."""
    for wait_ms in WAITS_MS:
        late_ms = [over / NS_PER_MS for over in sleep_overshoots_ns(wait_ms / 1000, ROUNDS)]
        middle = median(late_ms)
        yield check.finding(
            f"{ROUNDS} waits of {wait_ms} ms",
            f"less than {MOST_LATE_MS:g} ms late at the median",
            f"{figures(middle)} ms late at the median, {figures(max(late_ms))} ms at most",
            middle < MOST_LATE_MS,
        )
    command = isolated_python("-c", _CLOCK)
    with subprocess.Popen(  # noqa: S603 - this Python
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        bufsize=1,
        creationflags=CREATE_NO_WINDOW,
    ) as other:
        wrong = sum(not _in_order(other) for _ in range(ASKED))
    yield check.finding(
        "the time in another process, between two readings here",
        "in order, each time",
        f"in order in {ASKED - wrong} of {ASKED}",
        wrong == 0,
        means="Receipts of holds and attempts are on different clocks: trust no time and no overlap.",
    )


def _in_order(other: subprocess.Popen[str]) -> bool:
    if other.stdin is None or other.stdout is None:
        return False
    before = time.perf_counter_ns()
    other.stdin.write("now\n")
    other.stdin.flush()
    there = other.stdout.readline().strip()
    return there.isdigit() and before <= int(there) <= time.perf_counter_ns()


CHECK: Final = Check(
    order=25,
    title="Do waits end on time, and do processes share a clock?",
    means="Short waits of a strategy and ends of holds are longer than written: times are too long.",
    bearing="times",
    run=run,
    seconds=8,
)
