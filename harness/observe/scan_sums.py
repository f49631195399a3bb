"""Add up the scans of many processes, by program for people and by their longest scan for the bounds.

However long a log is, this stays small: names are those of well-known programs, and few scans are longer
than `_POOLED_MS`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

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

    def add(self, processes: int, count: int, total_ms: float, longest_ms: float) -> None:
        """Add those of more processes."""
        self.processes += processes
        self.count += count
        self.total_ms += total_ms
        if longest_ms > self.longest_ms:  # noqa: PLR1730 - max() takes longer than all of the above
            self.longest_ms = longest_ms


@dataclass
class ScanSums:
    """The scans of all programs, or of the one with the name `only`."""

    table: HoldTable
    """Where the times go."""
    only: str | None = None
    """A name in lower case."""
    programs: dict[str, Sum] = field(default_factory=dict)
    """After `finish`, the scans by program."""
    _pools: dict[tuple[str, int], Sum] = field(default_factory=dict)

    def take(self, program: str, count: int, total_ms: int, longest_ms: int) -> None:
        """Count the scans of a process; `finish` makes times of them."""
        name = self._name(program)
        if name is None:
            return
        if longest_ms >= _POOLED_MS:
            self._program(name, 1, count, total_ms, longest_ms)
            self._put(count, total_ms, longest_ms, 1)
            return
        pool = self._pools.get((name, longest_ms))
        if pool is None:
            pool = self._pools[name, longest_ms] = Sum()
        pool.add(1, count, total_ms, longest_ms)

    def take_one(self, program: str, duration_ms: float) -> bool:
        """Count one scan whose time is known; return whether it is one of the program."""
        name = self._name(program)
        if name is None:
            return False
        self._program(name, 1, 1, duration_ms, duration_ms)
        self.table.add("scan", duration_ms, duration_ms)
        return True

    def finish(self) -> None:
        """Put what was taken into the table: processes with the same longest scan together."""
        together: dict[int, Sum] = {}
        for (name, longest_ms), pool in self._pools.items():
            scans = (pool.processes, pool.count, pool.total_ms, longest_ms)
            self._program(name, *scans)
            together.setdefault(longest_ms, Sum()).add(*scans)
        for longest_ms, each in together.items():
            self._put(each.count, round(each.total_ms), longest_ms, each.processes)
        self._pools.clear()

    def _program(
        self, name: str, processes: int, count: int, total_ms: float, longest_ms: float
    ) -> None:
        self.programs.setdefault(name, Sum()).add(processes, count, total_ms, longest_ms)

    def _put(self, count: int, total_ms: int, longest_ms: int, processes: int) -> None:
        for low, high, times in bounds(count, total_ms, longest_ms, processes):
            self.table.add("scan-bound", low, high, count=times)

    def _name(self, program: str) -> str | None:
        if self.only is None:
            return _public_name(program)
        return self.only if program.strip().casefold() == self.only else None
