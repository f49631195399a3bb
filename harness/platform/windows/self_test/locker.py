"""The locker: the process that takes the holds, from its start to the end of its parent."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Final

from harness.isolated_python import isolated_python, python_environment
from harness.platform.base import HoldLostError
from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.report import Finding
from harness.platform.windows.holders.processes import program_names
from harness.platform.windows.locker_process import LockerProcess
from harness.platform.windows.win32.jobs import CREATE_NO_WINDOW

START_S: Final = 2.0
ENDS_S: Final = 2.0
_PARENT: Final = (
    "import sys; from harness.platform.windows.locker_process import LockerProcess; "
    "started = LockerProcess(); print(started.process_id, flush=True); sys.stdin.read()"
)


def run(_site: Site, check: Check) -> Iterator[Finding]:
    """Start a locker, then one whose parent is killed."""
    what = "a locker starts, in a job of its own"
    expected = f"within {START_S:g} s"
    began = time.monotonic()
    try:
        locker = LockerProcess()
    except HoldLostError as error:
        yield check.finding(what, expected, str(error), verdict=False)
        return
    with closing(locker):
        took_s = time.monotonic() - began
        slow = took_s > START_S
        found = f"after {took_s:.1f} s"
        yield check.finding(
            what,
            expected,
            found,
            not slow,
            bearing="context" if slow else None,
            means="A run starts later; its trials are not concerned." if slow else None,
        )
        timer = "high resolution" if locker.precise_timer else "ordinary: holds end up to 16 ms late"
        yield check.finding(
            "the locker's timer", "high resolution", timer, locker.precise_timer, bearing="times"
        )
    yield _its_parent_is_killed(check)


def _its_parent_is_killed(check: Check) -> Finding:
    """Kill a process that has a locker: the locker must end, too."""
    what, expected = "a locker whose parent is killed", f"it ends within {ENDS_S:g} s"
    parent = subprocess.Popen(  # noqa: S603 - this Python
        isolated_python("-X", "utf8", "-c", _PARENT),
        env=python_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        creationflags=CREATE_NO_WINDOW,
    )
    with parent:
        line = parent.stdout.readline() if parent.stdout else ""
        parent.kill()
    if not line.strip().isdigit():
        return check.not_asked(what, expected, "no locker started in the other process")
    killed = time.monotonic()
    while int(line) in program_names() and time.monotonic() < killed + ENDS_S:
        time.sleep(0.05)
    lives = int(line) in program_names()
    found = "it still runs" if lives else f"gone after {time.monotonic() - killed:.1f} s"
    return check.finding(what, expected, found, not lives)


CHECK: Final = Check(
    order=20,
    title="Does the locker start, keep time, and end with the harness?",
    means="Holds are not taken as ordered, or outlive a trial: outcomes may not be trusted.",
    bearing="outcomes",
    run=run,
    seconds=12,
)
