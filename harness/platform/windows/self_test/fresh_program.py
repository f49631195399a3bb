"""Programs that no scanner has seen: how long it takes until the locker has one open."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from statistics import median
from typing import Final

from harness.clock import NS_PER_MS
from harness.holds.handles import Hold
from harness.pe import library_header
from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.report import Finding
from harness.platform.windows.locker_process import LockerProcess
from harness.text import figures, size

BYTES: Final = 40_000_000
"""About that of the largest library of a wheel in the scenarios."""
FILES: Final = 2
HOLDS_EACH: Final = 10
MOST_MS: Final = 100
"""A hold that is later makes a trial void."""
SPARE: Final = 4


def run(site: Site, check: Check) -> Iterator[Finding]:
    """Write new programs, and hold each some times."""
    what, expected = (
        f"{FILES * HOLDS_EACH} holds on new programs of {size(BYTES)}",
        f"each within {MOST_MS} ms",
    )
    if shutil.disk_usage(site.folder).free < SPARE * FILES * BYTES:
        yield check.not_asked(what, expected, "the volume has too little room")
        return
    first_ms, all_ms = [], []
    with closing(LockerProcess()) as locker:
        for number in range(FILES):
            path = site.folder / f"new-{number}.dll"
            path.write_bytes(library_header(BYTES) + os.urandom(BYTES - 512))
            for which in range(HOLDS_EACH):
                locker.schedule_holds([Hold("source", str(path))])
                (receipt,) = locker.end()
                if receipt.opened_ns is None or receipt.asked_ns is None:
                    yield check.finding(what, expected, f"error {receipt.error}", verdict=False)
                    return
                taken_ms = (receipt.opened_ns - receipt.asked_ns) / NS_PER_MS
                all_ms.append(taken_ms)
                first_ms += [] if which else [taken_ms]
            path.unlink()
    yield check.finding(
        what,
        expected,
        f"within {figures(max(all_ms), 'up')} ms, {figures(median(all_ms))} ms at the median; the first "
        f"of each file within {figures(max(first_ms), 'up')} ms",
        max(all_ms) < MOST_MS,
    )


CHECK: Final = Check(
    order=80,
    title="Does anything delay the first open of a new program?",
    means="A scanner delays opens, by as much: holds are late, trials void, and those that are left are "
    "the ones in which it was quick. Rates of failure are too low.",
    bearing="context",
    run=run,
    seconds=12,
)
