"""The waits that tenacity lacks, and jitter from the attempt's own random generator.

They are tenacity objects like any other, in seconds, and combine with its own by ``+``.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Final

from tenacity.wait import wait_base

from harness.strategy.attempt import rng_of

if TYPE_CHECKING:
    from tenacity import RetryCallState

MAX_WAIT: Final = sys.maxsize / 2
"""No wait is longer, in seconds: tenacity's own bound for waits that grow."""


class wait_fibonacci(wait_base):  # noqa: N801 - named as tenacity names its parts
    """Wait 1, 1, 2, 3, 5, 8 … times `unit` seconds: the ``Fibonacci`` of Rust's ``retry`` crate.

    Source: jimmycuadra/retry, src/delay/fibonacci.rs; rustup uses it (src/utils/mod.rs @ 0878429a).
    """

    def __init__(self, unit: float) -> None:
        self.unit = unit

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return the wait before the next attempt, in seconds."""
        wait, following = 1.0, 1.0
        for _ in range(retry_state.attempt_number - 1):
            if wait >= MAX_WAIT:
                break
            wait, following = following, wait + following
        return min(wait * self.unit, MAX_WAIT)


class wait_growing_at_random(wait_base):  # noqa: N801
    """Wait `start` seconds, then each time the wait before times a draw from `low` to `high`.

    Go's toolchain does this with 1 to 2 (cmd/internal/robustio/robustio_flaky.go @ 3e6f2941).
    """

    def __init__(self, start: float, low: float, high: float) -> None:
        self.start = start
        self.low = low
        self.high = high

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return the wait before the next attempt, in seconds."""
        if retry_state.attempt_number == 1:
            return self.start
        before: float = retry_state.upcoming_sleep  # replaced by what this call returns
        return min(before * rng_of(retry_state).uniform(self.low, self.high), MAX_WAIT)


class wait_over_retries_left(wait_base):  # noqa: N801
    """Wait `seconds` divided by the number of retries left of `retries`: short at first, long at last.

    PyInstaller does this with 1 s and 19 (PyInstaller/building/api.py @ b3b542a75,
    ``_retry_operation``).
    """

    def __init__(self, seconds: float, retries: int) -> None:
        self.seconds = seconds
        self.retries = retries

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return the wait before the next attempt, in seconds."""
        return self.seconds / max(self.retries - retry_state.attempt_number + 1, 1)


class wait_capped(wait_base):  # noqa: N801
    """Wait as `wait` does, but never longer than `longest` seconds."""

    def __init__(self, wait: wait_base, longest: float) -> None:
        self.wait = wait
        self.longest = longest

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return the wait before the next attempt, in seconds."""
        return min(self.wait(retry_state), self.longest)


class wait_scaled(wait_base):  # noqa: N801
    """Multiply the time of `wait` by a number drawn uniformly from `low` to `high`.

    ``wait_scaled(w, 0, 1)`` is *full jitter* and ``wait_scaled(w, 0.5, 1)`` *equal jitter* (Brooker,
    "Exponential Backoff and Jitter", AWS Architecture Blog, 2015); ``0.5, 1.5`` is what Rust's
    ``backoff`` crate does by default.
    """

    def __init__(self, wait: wait_base, low: float, high: float) -> None:
        self.wait = wait
        self.low = low
        self.high = high

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return the wait before the next attempt, in seconds."""
        return self.wait(retry_state) * rng_of(retry_state).uniform(self.low, self.high)


class wait_jittered_as_rust_retry(wait_base):  # noqa: N801
    """Full jitter as Rust's ``retry`` crate had it up to 2.1: scaled whole seconds are rounded up.

    One draw from 0 to 1 scales the whole seconds and what is below them; only the former are rounded
    (to the nanosecond, the latter are too). So 1 s is never shortened. Source: jimmycuadra/retry,
    src/delay/random.rs, ``jitter``, 0.5.0 to 2.1.0; since 2.2.0 it is plain full jitter.
    """

    def __init__(self, wait: wait_base) -> None:
        self.wait = wait

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return the wait before the next attempt, in seconds."""
        draw = rng_of(retry_state).random()
        below, whole = math.modf(self.wait(retry_state))
        return math.ceil(whole * draw) + below * draw
