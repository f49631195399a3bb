"""A strategy, and the one loop that runs it.

The loop is a generator of waits, and its caller decides what a wait is. `Strategy.persist` sleeps;
platforms sleep too, or move a virtual clock; `harness.strategy.schedules` only records the times. So a
strategy has one implementation for all uses. The loop is entered after the first failure: an uncontended
persist costs what the bare primitive costs.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from tenacity import retry_base, stop_after_attempt, stop_never, wait_none

from harness.clock import REAL_CLOCK, Clock
from harness.strategy.attempt import Attempt
from harness.strategy.immediate import finished, require_immediate
from harness.strategy.operation import Install, Operation

if TYPE_CHECKING:
    import os

    from tenacity.stop import stop_base
    from tenacity.wait import wait_base

    from harness.strategy.otherwise import Otherwise
    from harness.strategy.tree_methods import Method

T = TypeVar("T")
_NO_WAIT = wait_none()


@dataclass(frozen=True, slots=True)
class Strategy:
    """A named strategy, made of tenacity's parts and of what it does around the call.

    `retry` decides which errors are retried, `wait` how long to wait (seconds), `stop` when to give
    up. Where a strategy does more than that:

    - `asking_s`: after each failure it asks, for so many seconds, who holds the file, and gives up where
      that holder stays;
    - `recheck` is called after each wait and decides whether there is another attempt;
    - `is_done` is asked after each failure whether nothing is left to do, which is a success;
    - `perform` makes one attempt, given the operation and the primitive's call;
    - `otherwise` are ways to go on, in order, where an operation was given up;
    - `trailing_wait`: it waits once more after the last attempt before it reports the error;
    - `method` is how a whole tree is brought to its place, if not by one rename.
    """

    name: str
    retry: retry_base
    wait: wait_base = _NO_WAIT
    stop: stop_base = stop_never
    asking_s: float | None = None
    recheck: Callable[[Attempt], bool] | None = None
    is_done: Callable[[Attempt], bool] | None = None
    perform: Callable[[Operation, Callable[[], object]], object] | None = None
    otherwise: tuple[Otherwise, ...] = ()
    trailing_wait: bool = False
    method: Method | None = None

    def persist(
        self,
        primitive: Callable[..., T],
        *paths: str | os.PathLike[str],
        clock: Clock = REAL_CLOCK,
        rng: random.Random | None = None,
    ) -> T:
        """Call ``primitive(*paths)`` until it succeeds or the strategy gives up.

        `paths` are the source and, where there is one, the target: ``persist(os.replace, a, b)``,
        ``persist(os.unlink, a)``. Returns what the primitive returns (``None`` if it failed and
        `is_done` says that nothing is left to do); raises its last error, and `TypeError` for an async
        primitive.

        """
        require_immediate(primitive)
        started_ns = clock.now_ns()
        error: OSError | None = None
        if self.perform is None:
            try:
                return finished(primitive(*paths))
            except OSError as first:
                error = first
        results: list[T] = []
        names = [str(path) for path in paths]
        operation = Operation(
            kind="call",
            primitive=getattr(primitive, "__name__", repr(primitive)),
            source=names[0] if names else "",
            target=names[1] if len(names) > 1 else None,
            call=lambda: finished(primitive(*paths)),
            record=lambda call: results.append(call()),  # type: ignore[arg-type]  # what `call` gives
        )
        self.prepare(operation)
        attempt = Attempt(operation, Install(), clock, rng or random.Random(), started_ns)
        if error is None:
            try:
                operation.attempt()
            except OSError as first:
                error = first
            else:
                return results[0]
        for wait_s in self.retries(attempt, error):
            clock.sleep(wait_s)
        return results[0] if results else cast("T", None)

    def prepare(self, operation: Operation) -> None:
        """Make the attempts of `operation` those of this strategy."""
        if self.perform is not None:
            operation.call = partial(self.perform, operation, operation.call)

    def retries(self, attempt: Attempt, error: OSError) -> Generator[float]:
        """Continue after `error`, the first failure: yield each wait in seconds, then attempt again.

        Returns after the attempt that succeeds, or when `is_done` says so. Raises the last error when
        the strategy gives up, with the reason in ``attempt.verdict``; an error other than an `OSError`
        passes through at once. Raises `ValueError` for a wait that is negative or endless.
        """
        ways = iter(self.otherwise)
        stop = self.stop
        while True:
            try:
                yield from self._until_given_up(attempt, error, stop)
            except OSError as last:
                found = _next_way(ways, attempt.operation, last)
                if found is None:
                    raise
                way, instead = found
            else:
                return
            stop = self.stop if way.attempts is None else stop_after_attempt(way.attempts)
            attempt.start_over(instead)
            yield 0.0
            try:
                attempt.operation.attempt()
            except OSError as first:
                error = first
            else:
                return

    def _until_given_up(self, attempt: Attempt, error: OSError, stop: stop_base) -> Generator[float]:
        """Run the loop itself, with the decisions in tenacity's order: retry, wait, stop, sleep.

        So a stop may use ``upcoming_sleep``.
        """
        while True:
            attempt.record_failure(error)
            if self.is_done is not None and self.is_done(attempt):
                return
            if not self.retry(attempt):
                attempt.verdict = "not-retried"
                raise error
            attempt.upcoming_sleep = wait_s = self.wait(attempt)
            given_up = stop(attempt)
            if given_up and not self.trailing_wait:
                attempt.verdict = "exhausted"
                raise error
            self._check(attempt)
            yield from self._ask(attempt, error)
            if given_up:
                attempt.verdict = "exhausted"
            attempt.record_wait(wait_s)
            yield wait_s
            if given_up:
                raise error
            if self.recheck is not None and not self.recheck(attempt):
                attempt.verdict = "not-retried"
                raise error
            attempt.prepare_for_next_attempt()
            try:
                attempt.operation.attempt()
            except OSError as next_error:
                error = next_error
            else:
                return

    def _ask(self, attempt: Attempt, error: OSError) -> Generator[float]:
        """Ask who holds the file, if it does that. Raises `error` where that holder stays."""
        if self.asking_s is None:
            return
        yield self.asking_s
        if attempt.operation.is_held_for_good():
            attempt.verdict = "not-retried"
            raise error

    def _check(self, attempt: Attempt) -> None:
        """Raise `ValueError` for a wait that cannot be waited."""
        if not 0 <= (wait_s := attempt.upcoming_sleep) < math.inf:
            raise ValueError(
                f"{self.name} wants to wait {wait_s} s before attempt {attempt.attempt_number + 1}"
            )


def _next_way(
    ways: Iterator[Otherwise], operation: Operation, error: OSError
) -> tuple[Otherwise, Callable[[], object]] | None:
    """Return the next way that applies, with its call; ``None`` if none does."""
    for way in ways:
        if (call := way.fall_back(operation, error)) is not None:
            return way, call
    return None
