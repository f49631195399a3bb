"""All facts about an attempt in one object, as in tenacity.

`Attempt` is tenacity's `RetryCallState` on a clock of our choosing, plus the operation, its install
and the random generator. Every tenacity wait, stop and retry object works on it unchanged.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NoReturn, cast

import tenacity
from typing_extensions import override

from harness.clock import NS_PER_S, Clock
from harness.winerror import winerror_of

if TYPE_CHECKING:
    from harness.strategy.operation import Install, Operation

Verdict = Literal["not-retried", "exhausted"]

_UNUSED_RETRYING = tenacity.Retrying()


class _Failure(tenacity.Future):
    """A failure that is there from the start: nobody waits for it, so it has no lock.

    A strategy may fail thousands of times in a trial, and a lock for each took longer than the rest.
    """

    def __init__(self, attempt_number: int, error: BaseException) -> None:
        self.attempt_number = attempt_number
        self._error = error

    @override
    def exception(self, timeout: float | None = None) -> BaseException:
        return self._error

    @override
    def result(self, timeout: float | None = None) -> NoReturn:
        raise self._error

    @override
    def cancel(self) -> bool:
        return False

    @override
    def cancelled(self) -> bool:
        return False

    @override
    def running(self) -> bool:
        return False

    @override
    def done(self) -> bool:
        return True

    @override
    def add_done_callback(self, fn: Callable[[tenacity.Future], object]) -> None:
        fn(self)


class Attempt(tenacity.RetryCallState):
    """The state of one operation between its first failure and its end.

    `verdict` is why a strategy gave up: ``not-retried``, it does not retry this error (or not here);
    ``exhausted``, its attempts or its time ran out. ``None`` until then. `failures` counts the attempts
    that failed by their Win32 code, 0 for an error without one.
    """

    def __init__(
        self,
        operation: Operation,
        install: Install,
        clock: Clock,
        rng: random.Random,
        started_ns: int,
    ) -> None:
        super().__init__(_UNUSED_RETRYING, None, (), {})
        self.start_time = started_ns / NS_PER_S
        self.started_ns = started_ns
        self.failed_ns = started_ns
        self.operation = operation
        self.install = install
        self.clock = clock
        self.rng = rng
        self.verdict: Verdict | None = None
        self.failures: Counter[int] = Counter()

    def record_failure(self, error: BaseException) -> None:
        """Record `error` as the outcome of the attempt that ends now."""
        self.outcome = _Failure(self.attempt_number, error)
        self.failed_ns = self.clock.now_ns()
        self.outcome_timestamp = self.failed_ns / NS_PER_S
        self.install.failed_attempts += 1
        self.failures[winerror_of(error) or 0] += 1

    @property
    def failed_code(self) -> int:
        """The Win32 code of the last failure; 0 for an error without one, and before the first."""
        error = self.outcome and self.outcome.exception()
        return (error and winerror_of(error)) or 0

    @property
    def seconds_since_start(self) -> float | None:
        """The time from the start of the first attempt to the last failure, exact to the nanosecond.

        Tenacity subtracts two floats, and a stop after 60 s may then miss the attempt at 60 s.
        """
        if self.outcome_timestamp is None:
            return None
        return (self.failed_ns - self.started_ns) / NS_PER_S

    def start_over(self, call: Callable[[], object]) -> None:
        """Start over with attempts that make `call`: the fall-back of a strategy that gave up."""
        self.operation.call = call
        self.started_ns = self.clock.now_ns()
        self.start_time = self.started_ns / NS_PER_S
        self.attempt_number, self.idle_for, self.upcoming_sleep = 1, 0.0, 0.0
        self.verdict = None
        self.failures.clear()

    def record_wait(self, seconds: float) -> None:
        """Record a wait that is about to begin."""
        self.idle_for += seconds
        self.install.waited_s += seconds


def attempt_of(state: tenacity.RetryCallState) -> Attempt:
    """Return `state` as the `Attempt` that it is.

    Raises `TypeError` when a part that needs an operation is used in plain tenacity.
    """
    if not isinstance(state, Attempt):
        raise TypeError("this part of a strategy needs harness.strategy.Strategy to run it")
    return state


def rng_of(state: tenacity.RetryCallState) -> random.Random:
    """Return the random generator: the attempt's own, or Python's shared one in plain tenacity."""
    return state.rng if isinstance(state, Attempt) else cast("random.Random", random)
