"""Opportunistic locks: whether they are granted, and whether other programs wait for their holders."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Final

from harness.holds.handles import Hold
from harness.pe import library_header
from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.report import Finding, Verdict
from harness.platform.windows.locker_process import LockerProcess
from harness.platform.windows.rules_lab.oplocks import PoliteHolder
from harness.winerror import winerror_of

BYTES: Final = 200_000
PATIENCE_S: Final = 1.5
KIND: Final = "filter"


def run(site: Site, check: Check) -> Iterator[Finding]:
    """Take a lock on a new program; see who breaks it, then break it from the locker."""
    path = site.folder / "bait.dll"
    head = library_header(BYTES)
    path.write_bytes(head + os.urandom(BYTES - len(head)))
    granted = "a lock on a new program"
    try:
        holder = PoliteHolder(str(path), KIND)
    except OSError as error:
        refused = f"not granted: error {winerror_of(error)}"
        verdict: Verdict = "known" if site.is_wine else "open"
        yield check.finding(granted, "granted", refused, verdict)
        return
    with closing(holder):
        broken = holder.was_asked.wait(PATIENCE_S)
    yield check.finding(
        granted,
        "granted, and broken by whoever scans it later",
        f"granted, {'broken' if broken else 'not broken'} within {PATIENCE_S:g} s",
        "open",
    )
    with closing(LockerProcess()) as locker, closing(PoliteHolder(str(path), KIND)) as holder:
        began = time.perf_counter()
        locker.schedule_holds([Hold("source", str(path))])
        waited_ms = 1000 * (time.perf_counter() - began)
        taken = locker.end()[0].opened_ns is not None
        asked = holder.was_asked.is_set()
    yield check.finding(
        "an open of the locked file by another process",
        "waits until the holder lets go, then succeeds",
        f"{'waited' if asked else 'did not wait'}, {'succeeded' if taken else 'failed'} after "
        f"{waited_ms:.0f} ms",
        asked and taken,
    )


CHECK: Final = Check(
    order=90,
    title="Do opportunistic locks work here?",
    means="Polite scanners delay calls elsewhere; here they do something else.",
    bearing="context",
    run=run,
    seconds=6,
)
