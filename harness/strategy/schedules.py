"""When a strategy attempts an operation that always fails: its schedule, without waiting for it.

The same loop that persists real files runs here on a virtual clock, so the listed attempt times cannot
drift from what the strategy does.
"""

from __future__ import annotations

import random
from collections.abc import Sized
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from harness.clock import NS_PER_MS, VirtualClock
from harness.strategy.attempt import Attempt, Verdict
from harness.strategy.operation import Install, Operation
from harness.winerror import ACCESS_DENIED, MESSAGES, win32_error

if TYPE_CHECKING:
    from harness.strategy.loop import Strategy

MAX_ATTEMPTS: Final = 10_000
"""The number of attempts after which the listing of a strategy that never gives up is cut."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The attempts of a strategy against an operation that always fails with `code`.

    `attempts_ms` are the starts of the attempts, in milliseconds from the first. `gave_up_ms` is when
    the last error is reported; it is later than the last attempt if the strategy waits once more before
    it gives up. `verdict` is ``None`` when the listing was cut at `MAX_ATTEMPTS`.
    """

    code: int
    attempts_ms: tuple[float, ...]
    gave_up_ms: float
    verdict: Verdict | None

    @property
    def budget_ms(self) -> float:
        """The time from the first attempt to the last: holds that end by then are outlasted."""
        return self.attempts_ms[-1]


@dataclass(slots=True)
class VirtualOperation(Operation):
    """An operation on no file: what a strategy finds if it looks is declared."""

    has_target: bool = False
    is_file: bool = False

    @override
    def target_exists(self) -> bool:
        return self.has_target

    @override
    def target_is_directory(self) -> bool:
        return False

    @override
    def source_is_file(self) -> bool:
        return self.is_file


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
    jitter are one example of many. `target_exists` is what a strategy that checks the target finds.
    """
    clock = VirtualClock()
    cost_ns = round(attempt_cost_ms * NS_PER_MS)
    starts_ns: list[int] = []

    def fail() -> None:
        starts_ns.append(clock.now_ns())
        clock.advance_ns(cost_ns)
        raise win32_error(code)

    target = "target" if target_exists else None
    operation = VirtualOperation("rename", "move-replace", "", target, fail, has_target=target_exists)
    attempt = Attempt(operation, Install(), clock, random.Random(seed), clock.now_ns())
    run_on_virtual_clock(strategy, attempt, clock, starts_ns, max_attempts)
    return Schedule(
        code=code,
        attempts_ms=tuple(start / NS_PER_MS for start in starts_ns),
        gave_up_ms=clock.now_ns() / NS_PER_MS,
        verdict=attempt.verdict,
    )


def run_on_virtual_clock(
    strategy: Strategy,
    attempt: Attempt,
    clock: VirtualClock,
    made: Sized,
    max_attempts: int,
) -> None:
    """Run the loop of `strategy` to its end, or until `made` has an item for each of `max_attempts`."""
    try:
        attempt.operation.attempt()
    except OSError as error:
        with suppress(OSError):
            for wait_s in strategy.retries(attempt, error):
                if len(made) >= max_attempts:
                    break
                clock.sleep(wait_s)


def retries_code(strategy: Strategy, code: int) -> bool:
    """Return whether `strategy` makes a second attempt at a rename to a new name that fails with `code`.

    The loop of the strategy itself answers. Every other statement about retried codes follows from this.
    """
    return len(schedule(strategy, code=code, max_attempts=2).attempts_ms) > 1


def retried_codes(strategy: Strategy) -> tuple[int, ...]:
    """Return the Win32 codes that `strategy` retries, of those in `harness.winerror.MESSAGES`."""
    return tuple(code for code in MESSAGES if retries_code(strategy, code))
