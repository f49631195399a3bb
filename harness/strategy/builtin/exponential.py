"""Waits that grow by a factor, with an optional cap, jitter and time limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from annotated_types import Ge, Gt, Le, MinLen
from tenacity import stop_after_attempt, wait_exponential

from harness.strategy.conditions import retry_if_winerror, stop_before_time
from harness.strategy.lookup import Codes, strategy
from harness.strategy.loop import Strategy
from harness.strategy.waits import wait_scaled
from harness.winerror import HOLD_CODES

if TYPE_CHECKING:
    from tenacity.stop import stop_base
    from tenacity.wait import wait_base

HOUR_MS = 3_600_000.0
# The ranges that a wait is multiplied with; sources in `wait_scaled`.
JITTER = {"full": (0.0, 1.0), "equal": (0.5, 1.0), "spread": (0.5, 1.5)}


@strategy("exponential")
def exponential(
    *,
    initial_ms: Annotated[float, Gt(0), Le(HOUR_MS)] = 10.0,
    factor: Annotated[float, Ge(1), Le(100)] = 2.0,
    cap_ms: Annotated[float, Gt(0), Le(HOUR_MS)] = HOUR_MS,
    jitter: Literal["none", "full", "equal", "spread"] = "none",
    max_attempts: Annotated[int, Ge(1), Le(100_000)] = 11,
    max_time_ms: Annotated[float, Gt(0), Le(HOUR_MS)] | None = None,
    codes: Annotated[Codes, MinLen(1)] = HOLD_CODES,
) -> Strategy:
    """Wait `initial_ms`, then `factor` times as long each time, never longer than `cap_ms`.

    `jitter` multiplies each wait by a draw: ``full`` 0-1, ``equal`` 0.5-1, ``spread`` 0.5-1.5. Gives
    up after `max_attempts`, or (with `max_time_ms`) when the next attempt would come at or after
    that time. The defaults are uv's since 0.9.29 (10 ms doubling, 10 retries: 10.23 s), but for
    the codes: uv's rename retries only 5.
    """
    wait: wait_base = wait_exponential(multiplier=initial_ms / 1000, exp_base=factor, max=cap_ms / 1000)
    if jitter != "none":
        wait = wait_scaled(wait, *JITTER[jitter])
    stop: stop_base = stop_after_attempt(max_attempts)
    if max_time_ms is not None:
        stop = stop | stop_before_time(max_time_ms / 1000)
    return Strategy(name="exponential", retry=retry_if_winerror(*codes), wait=wait, stop=stop)
