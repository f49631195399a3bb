"""Add up the scans of many processes, by program for people and by their longest scan for the bounds.

However long a log is, this stays small: names are those of well-known programs, and few scans are longer
than `_POOLED_MS`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from harness.observe.defender_log import Scans
from harness.observe.hold_table import HoldTable
from harness.observe.known_programs import public_name
from harness.observe.scan_bounds import bounds

_POOLED_MS: Final = 10_000
_public_name: Final = lru_cache(maxsize=10_000)(public_name)


@dataclass(slots=True)
class Sum:
    """Scans of several processes; times in milliseconds."""

    processes: int = 0
    count: int = 0
    total_ms: float = 0
    longest_ms: float = 0

    def add(self, count: int, total_ms: float, longest_ms: float) -> None:
        """Add those of one more process."""
        self.processes += 1
        self.count += count
        self.total_ms += total_ms
        self.longest_ms = max(self.longest_ms, longest_ms)


@dataclass
class ScanSums:
    """The scans of all programs, or of the one with the name `only`."""

    table: HoldTable
    """Where the times go."""
    only: str | None = None
    """A name in lower case."""
    programs: dict[str, Sum] = field(default_factory=dict)
    _pools: dict[int, Sum] = field(default_factory=dict)

    def take(self, scans: Scans) -> None:
        """Count the scans of a process; `finish` makes times of them."""
        program, count, total_ms, longest_ms = scans
        name = self._name(program)
        if name is None:
            return
        self.programs.setdefault(name, Sum()).add(count, total_ms, longest_ms)
        if longest_ms < _POOLED_MS:
            pool = self._pools.get(longest_ms)
            if pool is None:
                pool = self._pools[longest_ms] = Sum()
            pool.add(count, total_ms, longest_ms)
        else:
            self._put(count, total_ms, longest_ms, 1)

    def take_one(self, program: str, duration_ms: float) -> bool:
        """Count one scan whose time is known; return whether it is one of the program."""
        name = self._name(program)
        if name is None:
            return False
        self.programs.setdefault(name, Sum()).add(1, duration_ms, duration_ms)
        self.table.add("scan", duration_ms, duration_ms)
        return True

    def finish(self) -> None:
        """Put what was taken into the table."""
        for longest_ms, pool in self._pools.items():
            self._put(pool.count, round(pool.total_ms), longest_ms, pool.processes)
        self._pools.clear()

    def _put(self, count: int, total_ms: int, longest_ms: int, processes: int) -> None:
        for low, high, times in bounds(count, total_ms, longest_ms, processes):
            self.table.add("scan-bound", low, high, count=times)

    def _name(self, program: str) -> str | None:
        if self.only is None:
            return _public_name(program)
        return self.only if program.strip().casefold() == self.only else None
