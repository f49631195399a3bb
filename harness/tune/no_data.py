"""The answer where nothing is known of the holds: the schedule whose worst case is least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.strategy.durations import spell_duration, spell_retries
from harness.strategy.spec import DEFAULT_CODES
from harness.tune.minimax import minimax_schedule, worst_cost_ms
from harness.tune.question import Limits

SCHEMA: Final = 1


@dataclass(frozen=True)
class WithoutData:
    """The schedule whose worst case is least."""

    schema: int
    """Version of the format."""
    limits: Limits
    """What was asked."""
    strategy: str
    """Strategy notation."""
    attempts_ms: list[float]
    """Times of its attempts, the first at 0."""
    worst_wait_ms: float
    """Longest wait from a release within the budget to the next attempt."""


def without_data(limits: Limits) -> WithoutData:
    """Return the minimax schedule within `limits`. Raises `InvalidInputError` where no call fits."""
    times = minimax_schedule(limits.last_start_ms, limits.max_attempts)
    retries = len(times) - 1
    codes = ",".join(map(str, DEFAULT_CODES))
    wait_ms = round(limits.last_start_ms / retries - limits.call_ms, 3) if retries else 0.0
    strategy = f"{spell_duration(wait_ms)} {spell_retries(retries)} on {codes}" if retries else "plain"
    return WithoutData(SCHEMA, limits, strategy, times, worst_cost_ms(times))
