"""What is asked of a schedule: the least wait beyond the release, within limits and at prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.strategy.timetable import ATTEMPT_COST_MS


@dataclass(frozen=True)
class CallTime:
    """How long an attempt takes, from its start to that of the wait after it."""

    ms: float
    """Time in milliseconds."""
    evidence: str
    """How that is known, in words."""


DECLARED: Final = CallTime(ATTEMPT_COST_MS, "declared, not measured")
"""What an attempt takes where none was measured: as on the emulated platform."""


@dataclass(frozen=True)
class Limits:
    """Limits on a schedule. Times are milliseconds."""

    max_failure: float = 1e-3
    """Largest share of operations that may fail."""
    max_denied_ms: float = 30_000.0
    """Longest time until a permanent denial is reported, the last call included."""
    max_attempts: int | None = 15
    """Most attempts, the first included; ``null``: no limit."""
    least_wait_ms: float = 1.0
    """Least wait between two attempts: what a timer can do."""
    call_ms: float = 0.0
    """Time that an attempt takes."""

    @property
    def least_gap_ms(self) -> float:
        """The least time from the start of an attempt to that of the next."""
        return self.least_wait_ms + self.call_ms

    @property
    def last_start_ms(self) -> float:
        """The latest start of an attempt; negative if not even the first can end in time."""
        return self.max_denied_ms - self.call_ms


@dataclass(frozen=True)
class Prices:
    """Prices in milliseconds of waiting. Without any, the wait alone is made least."""

    attempt: float = 0.0
    """Of an attempt."""
    failure: float = 0.0
    """Of an operation that fails."""
    denied: float = 0.0
    """Of a millisecond until a permanent denial is reported: how many operations end in one."""


FREE: Final = Prices()
