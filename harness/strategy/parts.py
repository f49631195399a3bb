"""The pieces that tenacity lacks: retry on a Win32 code, and jitter from a generator handed in.

They are tenacity objects like any other and combine with its own by ``+``, ``|`` and ``&``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tenacity import retry_base, retry_if_exception, retry_if_exception_type
from tenacity.stop import stop_base
from tenacity.wait import wait_base

from harness.clock import to_ns
from harness.strategy.attempt import attempt_of, rng_of
from harness.winerror import winerror_of

if TYPE_CHECKING:
    from tenacity import RetryCallState


class retry_if_winerror(retry_if_exception):  # noqa: N801 - named as tenacity names its parts
    """Retry while the error carries one of `codes`."""

    def __init__(self, *codes: int) -> None:
        if not all(isinstance(code, int) for code in codes):
            raise TypeError(f"expected Win32 error codes as whole numbers, found {codes!r}")
        self.codes = frozenset(codes)
        super().__init__(lambda error: winerror_of(error) in self.codes)


RENAMES: Final = frozenset({"move", "move-replace", "replace-file", "posix-rename", "rename", "replace"})
"""The primitives that give a file another name, as the platforms and Python's `os` call them."""


class retry_if_rename(retry_base):  # noqa: N801
    """Retry while the operation is a rename, for policies that wrap nothing else."""

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Tell whether the primitive is one of `RENAMES`."""
        return attempt_of(retry_state).operation.primitive in RENAMES


def retry_if_any_oserror() -> retry_base:
    """Retry on every `OSError`, as policies without an error filter do."""
    return retry_if_exception_type(OSError)


class stop_before_time(stop_base):  # noqa: N801
    """Stop if the next attempt would come at or after `seconds` from the start of the first.

    Tenacity's `stop_before_delay`, but exact to the nanosecond: in floats 0.7 + 0.1 is below 0.8.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Tell whether to give up now."""
        since_ns = to_ns(retry_state.seconds_since_start or 0.0)
        return since_ns + to_ns(retry_state.upcoming_sleep) >= to_ns(self.seconds)


class wait_scaled(wait_base):  # noqa: N801
    """Multiply what `wait` says by a number drawn evenly from `low` to `high`.

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
