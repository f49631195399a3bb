"""When a strategy would try, if every attempt failed: its schedule, without waiting for it.

The same loop that persists real files runs here against an operation that always fails, on a virtual
clock. So the printed attempt times cannot drift from what the strategy does.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.clock import NS_PER_MS, VirtualClock
from harness.strategy.attempt import Attempt, Verdict
from harness.strategy.operation import Install, Operation
from harness.winerror import ACCESS_DENIED, MESSAGES, win32_error

if TYPE_CHECKING:
    from harness.strategy.policy import Strategy

MAX_ATTEMPTS: Final = 10_000
"""Where listing stops for a strategy that would never give up."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The attempts of a strategy against an operation that fails with `code` for ever.

    `attempts_ms` are the starts of the attempts, in milliseconds from the first. `gave_up_ms` is when
    the last error is handed back; it is later than the last attempt if the strategy waits once more
    before it gives up. `verdict` is ``None`` when the listing was cut at `MAX_ATTEMPTS`.
    """

    code: int
    attempts_ms: tuple[float, ...]
    gave_up_ms: float
    verdict: Verdict | None

    @property
    def budget_ms(self) -> float:
        """The longest hold, counted from the first attempt, that is survived for certain."""
        return self.attempts_ms[-1]


class _Operation(Operation):
    """An operation on no file, whose target is declared to exist or not."""

    __slots__ = ()

    def target_exists(self) -> bool:
        return self.target is not None

    def target_is_directory(self) -> bool:
        return False


def schedule(
    strategy: Strategy,
    *,
    code: int = ACCESS_DENIED,
    target_exists: bool = False,
    attempt_cost_ms: float = 0.0,
    seed: int = 0,
    max_attempts: int = MAX_ATTEMPTS,
) -> Schedule:
    """List when `strategy` attempts an operation that always fails with Win32 `code`.

    Each attempt takes `attempt_cost_ms`. Jitter is drawn from `seed`, so the times of a strategy with
    jitter are one example of many. `target_exists` is what the strategy finds if it looks.
    """
    clock = VirtualClock()
    cost_ns = round(attempt_cost_ms * NS_PER_MS)
    starts_ns: list[int] = []

    def fail() -> None:
        starts_ns.append(clock.now_ns())
        clock.advance_ns(cost_ns)
        raise win32_error(code)

    operation = _Operation("rename", "move-replace", "", "target" if target_exists else None, fail)
    attempt = Attempt(operation, Install(), clock, random.Random(seed), clock.now_ns())
    try:
        fail()
    except OSError as error:
        first = error
    try:
        for wait_s in strategy.retries(attempt, first):
            if len(starts_ns) >= max_attempts:
                break
            clock.sleep(wait_s)
    except OSError:
        pass
    return Schedule(
        code=code,
        attempts_ms=tuple(start / NS_PER_MS for start in starts_ns),
        gave_up_ms=clock.now_ns() / NS_PER_MS,
        verdict=attempt.verdict,
    )


def retried_codes(strategy: Strategy) -> tuple[int, ...]:
    """Find the Win32 codes that `strategy` retries, by asking it about each code we know."""
    return tuple(
        code for code in MESSAGES if len(schedule(strategy, code=code, max_attempts=2).attempts_ms) > 1
    )


def behaviour(strategy: Strategy) -> tuple[tuple[int, ...], Schedule]:
    """What a strategy does: the codes it retries, and its schedule on the first of them."""
    codes = retried_codes(strategy)
    return codes, schedule(strategy, code=codes[0]) if codes else schedule(strategy)
