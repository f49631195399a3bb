"""The scanner, as it shows itself: who opens new programs, for how long, sharing what."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from harness.clock import NS_PER_MS
from harness.pe import library_header
from harness.platform.antivirus import AntivirusState
from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.report import Finding, Verdict
from harness.platform.windows.holders.attribution import attribute
from harness.platform.windows.win32 import file_handles
from harness.text import figures, joined
from harness.winerror import SHARING_VIOLATION, winerror_of

BYTES: Final = 1_000_000
FILES: Final = 3
WATCHED_S: Final = 0.7
"""Each file, for as long."""


@dataclass
class _Seen:
    """What was seen of new files: who had them open, and how often an open was refused."""

    closes_ms: list[float] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)
    opens: int = 0
    refused: int = 0
    last_refused_ms: float = 0.0


def run(site: Site, check: Check) -> Iterator[Finding]:
    """Write programs and texts that are new to this machine, and watch what happens to them."""
    if site.is_wine:
        yield check.not_asked("a scanner", "what the verdict says", "Wine has none")
        return
    programs, texts = _Seen(), _Seen()
    for number in range(FILES):
        head = library_header(BYTES)
        _watch(site.folder / f"new-{number}.dll", head + os.urandom(BYTES - len(head)), programs)
        _watch(site.folder / f"new-{number}.txt", os.urandom(BYTES // 2).hex().encode(), texts)
    state = site.platform.diagnose(site.location).antivirus.state
    yield check.finding(
        "who opens new programs, against what is proved of the antivirus",
        "somebody where it is active, nobody where it is inactive",
        f"{state}, and seen: {joined(list(programs.names)) or 'nobody'}",
        _agrees(state, bool(programs.names)),
        means="Active and nobody seen: it scans inside of the caller's own calls, or later. Inactive "
        "and somebody seen: the verdict is wrong.",
    )
    for kind, seen in (("programs", programs), ("texts", texts)):
        yield check.finding(
            f"opens of new {kind} for deletion",
            f"never refused with {SHARING_VIOLATION}: who scans shares deletion",
            f"refused {seen.refused} of {seen.opens} times, last {figures(seen.last_refused_ms)} ms "
            "after the close",
            "open",
            means="Refused: the scanner does not share deletion, so renames of the file itself fail "
            f"with {SHARING_VIOLATION} for as long.",
        )
    yield check.finding(
        "how long closing a new file takes",
        "as long for programs as for texts",
        f"{figures(median(programs.closes_ms))} ms for programs, {figures(median(texts.closes_ms))} ms "
        "for texts, at the median",
        "open",
        means="Slow closes of programs: a scan inside of the call, which no rate of failures shows.",
    )


def _agrees(state: AntivirusState, is_seen: bool) -> Verdict:
    if state == "inactive":
        return "differs" if is_seen else "as expected"
    return "as expected" if state == "active" and is_seen else "open"


def _watch(path: Path, content: bytes, seen: _Seen) -> None:
    """Write a file, then ask who has it open and try to open it for deletion, in turns."""
    file = path.open("xb", buffering=0)
    file.write(content)
    began = time.perf_counter_ns()
    file.close()
    closed = time.perf_counter_ns()
    seen.closes_ms.append((closed - began) / NS_PER_MS)
    while (now := time.perf_counter_ns()) - closed < WATCHED_S * 1e9:
        seen.opens += 1
        try:
            file_handles.close(
                file_handles.open_handle(str(path), file_handles.DELETE, file_handles.FILE_SHARE_ALL)
            )
        except OSError as error:
            if winerror_of(error) == SHARING_VIOLATION:
                seen.refused += 1
                seen.last_refused_ms = max(seen.last_refused_ms, (now - closed) / NS_PER_MS)
        seen.names |= dict.fromkeys(holder.process for holder in attribute(str(path)).holders)
        time.sleep(0.002)
    path.unlink(missing_ok=True)


CHECK: Final = Check(
    order=68,
    title="What does the scanner of this machine do with new files?",
    means="Runs without injected holds measure this scanner, or none.",
    bearing="context",
    run=run,
    seconds=20,
    more_as_administrator="the share mode of each open of the scanner (Process Monitor shows it).",
)
