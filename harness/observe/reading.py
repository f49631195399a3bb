"""Read logs of any kind together: whatever is in them, by what they contain and not by their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from harness.errors import InvalidInputError
from harness.observe.defender_log import DefenderLog
from harness.observe.hold_table import HoldTable
from harness.observe.known_programs import public_name
from harness.observe.log_text import first_text, pieces
from harness.observe.retry_lines import RetryLines
from harness.observe.scan_report import looks_like_report, read_report
from harness.observe.scan_sums import ScanSums
from harness.observe.skipped_scans import SkippedScans
from harness.text import counted

Progress = Callable[[int], None]
"""Called with the number of bytes that were read since the last call."""


@dataclass
class Findings:
    """What was found in all files."""

    scans: ScanSums
    skipped: Counter[str] = field(default_factory=Counter)
    holders: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    """By reason, how much."""
    longest_only: int = 0
    """Scans from lists of the longest ones."""
    first_day: str = ""
    last_day: str = ""

    @property
    def table(self) -> HoldTable:
        """All times."""
        return self.scans.table


def read_logs(
    paths: Sequence[Path], only: str | None = None, progress: Progress = lambda _: None
) -> Findings:
    """Read all files. Raises `InvalidInputError` for what cannot be read."""
    found = Findings(ScanSums(HoldTable(), only.strip().casefold() if only is not None else None))
    for path in paths:
        try:
            if looks_like_report(first_text(path)):
                _read_report(path, found)
                progress(path.stat().st_size)
            else:
                _read_log(path, found, progress)
        except OSError as error:
            raise InvalidInputError(f"{path}: {error.strerror}", hint=_READABLE) from error
    found.scans.finish()
    return found


_READABLE: Final = (
    "Defender's folder of logs is open to administrators: copy the logs from an elevated terminal, or "
    "run harness in one."
)


_SURE: Final = 1000
"""After so many lines of Defender's and none of others, nothing else is looked for in a file."""


def _read_report(path: Path, found: Findings) -> None:
    report = read_report(path)
    found.longest_only += sum(found.scans.take_one(*scan) for scan in report.scans)
    found.left_out["scan on demand, which no program waits for"] += report.on_demand
    found.left_out["entry of a report without a readable duration"] += report.unreadable


def _read_log(path: Path, found: Findings, progress: Progress) -> None:
    log, skipped, retries = DefenderLog(found.scans.take), SkippedScans(found.skipped), RetryLines()
    size, told = path.stat().st_size, 0
    is_defenders = False
    for text in pieces(path):
        log.feed(text)
        if not is_defenders:
            skipped.feed(text)
            retries.feed(text)
            is_defenders = log.lines > _SURE and not (skipped.lines or retries.lines)
        done = min(len(text), size - told)  # of UTF-16 the half; the rest comes at the end
        progress(done)
        told += done
    log.end()
    progress(size - told)
    _add_days(found, log)
    for blocked in retries.blocked():
        found.table.add(*blocked[:3], code=blocked.code)
    found.holders.update(map(public_name, retries.holders))
    found.left_out["line with scan times that contradict each other"] += log.contradictory
    found.left_out["line of a process beyond the most that are told apart"] += log.beyond
    found.left_out["target of retries beyond the most that are told apart"] += retries.beyond
    found.left_out["target whose retries fit no version of uv with known waits (0.5.17 and later)"] += (
        retries.unknown
    )


def _add_days(found: Findings, log: DefenderLog) -> None:
    if log.first_day:
        found.first_day = min(found.first_day or log.first_day, log.first_day)
        found.last_day = max(found.last_day, log.last_day)


def left_out_sentences(left_out: Counter[str]) -> list[str]:
    """What was not used, in sentences."""
    return [
        f"Left out: {counted(number, reason)}."
        if number == 1
        else f"Left out: {number:,} times a {reason}."
        for reason, number in left_out.items()
        if number
    ]
