"""What is asked of a schedule: the least wait beyond the release, within limits or at prices."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits on a schedule; what is least is the mean wait from a release to the next attempt."""

    max_failure: float = 1e-3
    """Largest share of operations that may fail."""
    max_denied_ms: float = 30_000.0
    """Longest time until a permanent denial is reported, in milliseconds: the budget."""
    max_attempts: int | None = 15
    """Most attempts, the first included; ``null``: no limit."""
    least_gap_ms: float = 1.0
    """Least time from one attempt to the next, in milliseconds: what a call and a timer need."""


@dataclass(frozen=True)
class Prices:
    """Prices instead of limits, in milliseconds of waiting."""

    attempt: float = 0.0
    """Of an attempt."""
    failure: float = 0.0
    """Of an operation that fails."""
    budget_ms: float = 0.0
    """Of a millisecond of budget: the share of permanent denials."""
