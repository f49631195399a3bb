r"""Read the lines of Defender's ``MPLog-*.log`` that say how long its scans took.

    2026-09-07T06:05:24.539 ProcessImageName: uv.exe, Pid: 4711, TotalTime: 6070, Count: 24,
    MaxTime: 828, MaxTimeFile: \Device\HarddiskVolume3\…, EstimatedImpact: 37%

in one line. Microsoft documents the fields (docs/evidence/scanner-logs.md#mplog): milliseconds in
total, scanned files, the longest scan. Older versions write no ``Pid``, and put ``Per-process counts:``
in front.

It is not documented whether a later line of the same process counts from its start or from the line
before. So a line that has at least as much of everything replaces the one before: if it were a
difference, scans would be missing here; added up, they could be there twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from harness.holds.milliseconds import DAY_MS
from harness.observe.scan_bounds import is_possible

MARK: Final = "ProcessImageName:"
MOST_PROCESSES: Final = 200_000
"""More than a machine starts in the weeks of a log; the lines of more are counted and left out."""
_LONGEST: Final = 4096
_LINE: Final = re.compile(
    r"ProcessImageName: ([^,\r\n]{1,260}), (?:Pid: (\d{1,10}), )?"
    r"TotalTime: (\d{1,15}), Count: (\d{1,10}), MaxTime: (\d{1,8})\b"
)
_NUMBER: Final = re.compile(r"[0-9]{1,15}")
_DATE: Final = re.compile(r"(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d[.\dZ]* ?(?:Per-process counts:)? ?$")


Take = Callable[[str, int, int, int], None]
"""Called with the program of a process, the number of its scans, and their total and longest in ms."""


@dataclass
class DefenderLog:
    """Takes the text of a log piece by piece, and hands each process's scans to `take` once."""

    take: Take
    lines: int = 0
    """Lines with scan times."""
    contradictory: int = 0
    """Lines whose numbers contradict each other, or are no numbers; they are left out."""
    beyond: int = 0
    """Lines of further processes after `MOST_PROCESSES`; they are left out."""
    first_day: str = ""
    last_day: str = ""
    _running: dict[tuple[str, str | None], tuple[int, int, int]] = field(default_factory=dict)

    def feed(self, text: str) -> None:
        """Read the lines of a piece of text."""
        at = first = text.find(MARK)
        while at >= 0:
            found = _LINE.match(text, at)
            if found is not None:
                program, process, total, count, longest = found.groups()
                self._scans((program, process), int(count), int(total), int(longest))
                at_next = found.end()
            else:
                at_next = self._by_names(text, at)
            at = text.find(MARK, at_next)
        if first >= 0:
            self._day(text, first)
            self._day(text, text.rfind(MARK))

    def end(self) -> None:
        """Hand over the scans of the processes whose last line this was."""
        for (program, _), scans in self._running.items():
            self.take(program, *scans)
        self._running.clear()

    def _by_names(self, text: str, at: int) -> int:
        """Read a line whose fields come in another order; return where it ends."""
        end = text.find("\n", at, at + _LONGEST)
        line = text[at : end if end >= 0 else at + _LONGEST]
        fields: dict[str, str] = {}
        for part in line.split(","):
            name, _, value = part.partition(":")
            fields.setdefault(name.strip(), value.strip())
        program = fields.get("ProcessImageName", "")[:260]
        numbers = [fields.get(name, "") for name in ("Count", "TotalTime", "MaxTime")]
        if program and all(map(_NUMBER.fullmatch, numbers)):
            process = fields.get("Pid", "")[:10]
            self._scans((program, process or None), *map(int, numbers))
        else:
            self.lines += 1
            self.contradictory += 1
        return at + max(len(line), len(MARK))

    def _scans(self, key: tuple[str, str | None], count: int, total_ms: int, longest_ms: int) -> None:
        """Take what a line says of a process. (A gigabyte has a million such lines.)"""
        self.lines += 1
        if longest_ms > DAY_MS or not is_possible(count, total_ms, longest_ms):
            self.contradictory += 1
            return
        before = self._running.get(key)
        if before is None:
            if len(self._running) >= MOST_PROCESSES:
                self.beyond += 1
                return
        elif count < before[0] or total_ms < before[1] or longest_ms < before[2]:
            self.take(key[0], *before)  # another process
        self._running[key] = count, total_ms, longest_ms

    def _day(self, text: str, at: int) -> None:
        found = _DATE.search(text, max(text.rfind("\n", 0, at) + 1, at - 60), at)
        if found is not None:
            day = found[1]
            self.first_day = min(self.first_day or day, day)
            self.last_day = max(self.last_day, day)
