"""A strategy, and the one loop that runs it.

The loop is a generator of waits: whoever drives it decides what a wait is. `Strategy.persist` sleeps;
the runner's platforms sleep too, or move a virtual clock; `harness.strategy.schedules` only listens.
So a policy has one implementation, whatever it is used for. The loop is entered after the first
failure: an uncontended persist costs what the bare primitive costs.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tenacity import retry_base, stop_never, wait_none

from harness.clock import REAL_CLOCK, Clock
from harness.strategy.attempt import Attempt
from harness.strategy.operation import Install, Operation

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Generator

    from tenacity.stop import stop_base
    from tenacity.wait import wait_base

T = TypeVar("T")
_NO_WAIT = wait_none()


@dataclass(frozen=True, slots=True)
class Strategy:
    """A named policy, made of tenacity's parts.

    `retry` decides which errors are retried, `wait` how long to wait (seconds), `stop` when to give
    up. `recheck`, if given, is asked after each wait whether another attempt is still wanted.
    """

    name: str
    retry: retry_base
    wait: wait_base = _NO_WAIT
    stop: stop_base = stop_never
    recheck: Callable[[Attempt], bool] | None = None

    def persist(
        self,
        primitive: Callable[..., T],
        *paths: str | os.PathLike[str],
        clock: Clock = REAL_CLOCK,
        rng: random.Random | None = None,
    ) -> T:
        """Call ``primitive(*paths)`` until it succeeds or the policy gives up.

        `paths` are the source and, where there is one, the target: ``persist(os.replace, a, b)``,
        ``persist(os.unlink, a)``. Returns what the primitive returns; raises its last error.
        """
        started_ns = clock.now_ns()
        try:
            return primitive(*paths)
        except OSError as error:
            return self._after(error, primitive, paths, clock, rng or random.Random(), started_ns)

    def _after(
        self,
        error: OSError,
        primitive: Callable[..., T],
        paths: tuple[str | os.PathLike[str], ...],
        clock: Clock,
        rng: random.Random,
        started_ns: int,
    ) -> T:
        """Go on with `persist` after its first failure."""
        results: list[T] = []
        names = [str(path) for path in paths]
        operation = Operation(
            kind="call",
            primitive=getattr(primitive, "__name__", repr(primitive)),
            source=names[0] if names else "",
            target=names[1] if len(names) > 1 else None,
            call=lambda: results.append(primitive(*paths)),
        )
        attempt = Attempt(operation, Install(), clock, rng, started_ns)
        for wait_s in self.retries(attempt, error):
            clock.sleep(wait_s)
        return results[0]

    def retries(self, attempt: Attempt, error: OSError) -> Generator[float]:
        """Go on after `error`, the first failure: yield each wait in seconds, then try again.

        Returns after the attempt that succeeds. Raises the last error when the policy gives up, with
        the reason in ``attempt.verdict``; an error that is no `OSError` passes through at once. Raises
        `ValueError` for a wait that is negative or endless.

        The order of the decisions is tenacity's own (retry, wait, stop, sleep), so a stop may look
        at ``upcoming_sleep``.
        """
        while True:
            attempt.record_failure(error)
            if not self.retry(attempt):
                attempt.verdict = "refused"
                raise error
            attempt.upcoming_sleep = wait_s = self.wait(attempt)
            if self.stop(attempt):
                attempt.verdict = "exhausted"
                raise error
            if not 0 <= wait_s < math.inf:
                raise ValueError(
                    f"{self.name} wants to wait {wait_s} s before attempt {attempt.attempt_number + 1}"
                )
            attempt.record_wait(wait_s)
            yield wait_s
            if self.recheck is not None and not self.recheck(attempt):
                attempt.verdict = "refused"
                raise error
            attempt.prepare_for_next_attempt()
            try:
                attempt.operation.call()
            except OSError as next_error:
                error = next_error
            else:
                return
