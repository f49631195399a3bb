"""The same wait after each failure."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le, MinLen
from tenacity import stop_after_attempt, wait_fixed

from harness.strategy.conditions import retry_if_winerror
from harness.strategy.lookup import Codes, strategy
from harness.strategy.loop import Strategy
from harness.winerror import HOLD_CODES


@strategy("fixed-sleep")
def fixed_sleep(
    *,
    wait_ms: Annotated[float, Ge(0), Le(3_600_000)] = 100.0,
    max_attempts: Annotated[int, Ge(1), Le(100_000)] = 11,
    codes: Annotated[Codes, MinLen(1)] = HOLD_CODES,
) -> Strategy:
    """Wait `wait_ms` after each failure, `max_attempts` times in all.

    The defaults are PostgreSQL's wait of 100 ms (src/port/dirmod.c) for a budget of one second.
    """
    return Strategy(
        name="fixed-sleep",
        retry=retry_if_winerror(*codes),
        wait=wait_fixed(wait_ms / 1000),
        stop=stop_after_attempt(max_attempts),
    )
