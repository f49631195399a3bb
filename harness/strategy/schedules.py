"""When a strategy attempts an operation that always fails: its schedule, without waiting for it.

The same loop that persists real files runs here on a virtual clock, so the listed attempt times cannot
drift from what the strategy does.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from typing_extensions import override

from harness.clock import NS_PER_MS, VirtualClock
from harness.strategy.attempt import Attempt, Verdict
from harness.strategy.operation import Install, Operation
from harness.winerror import ACCESS_DENIED, MESSAGES, win32_error, winerror_of

if TYPE_CHECKING:
    from harness.strategy.loop import Strategy

MAX_ATTEMPTS: Final = 10_000
"""The number of attempts after which the listing of a strategy that never gives up is cut."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The attempts of a strategy.

    `attempts_ms` are their starts, in milliseconds from the first; `codes` the Win32 error of each,
    ``None`` for one that succeeds (only the last can). `gave_up_ms` is when the strategy returns or the
    last error is reported; it is later than the last attempt if the strategy waits once more before it
    gives up. `verdict` is ``None`` after a success, or when the listing was cut; ``done`` if the
    strategy takes what has the target's name for a success, though its last attempt failed.
    """

    attempts_ms: tuple[float, ...]
    codes: tuple[int | None, ...]
    gave_up_ms: float
    verdict: Verdict | Literal["done"] | None

    @property
    def budget_ms(self) -> float:
        """The time from the first attempt to the last: holds that end by then are outlasted."""
        return self.attempts_ms[-1]

    @property
    def succeeded(self) -> bool:
        """Whether the last attempt succeeds."""
        return self.codes[-1] is None

    @property
    def failed_ms(self) -> tuple[float, ...]:
        """The starts of the attempts that fail."""
        return self.attempts_ms[:-1] if self.succeeded else self.attempts_ms


@dataclass(slots=True)
class VirtualOperation(Operation):
    """An operation on no file, on a virtual clock, that records its attempts.

    An attempt takes `attempt_cost_ms`. What a strategy finds if it looks is declared: `has_target`,
    whether something has the target's name, `is_file`, whether a file is moved, and `tree_files`, the
    files of the tree that is.
    """

    has_target: bool = False
    is_file: bool = False
    tree_files: Sequence[str] = ()
    attempt_cost_ms: float = 0.0
    clock: VirtualClock = field(default_factory=VirtualClock)
    attempts_ms: list[float] = field(default_factory=list)
    codes: list[int | None] = field(default_factory=list)

    @override
    def target_exists(self) -> bool:
        return self.has_target

    @override
    def target_is_directory(self) -> bool:
        return False

    @override
    def is_held_for_good(self) -> bool:
        return False

    @override
    def is_there(self, path: str) -> bool:
        return path == self.target and self.has_target

    @override
    def files_of_tree(self) -> list[str] | None:
        return None if self.is_file else list(self.tree_files) or None

    @override
    def megabytes(self) -> int:
        """Return 1: nothing is known of the size."""
        return 1

    @override
    def make_folder(self, path: str) -> None:
        """Nothing hinders it."""

    @override
    def source_is_file(self) -> bool:
        return self.is_file

    @override
    def attempt(self) -> None:
        self.attempts_ms.append(self.clock.now_ns() / NS_PER_MS)
        code: int | None = None
        try:
            self.call()
        except OSError as error:
            code = winerror_of(error) or 0
            raise
        finally:
            self.codes.append(code)
            self.clock.advance_ns(round(self.attempt_cost_ms * NS_PER_MS))

    def run(self, strategy: Strategy, *, seed: int, max_attempts: int) -> Schedule:
        """Run the loop of `strategy` to its end, or to `max_attempts`."""
        attempt = Attempt(self, Install(), self.clock, random.Random(seed), self.clock.now_ns())
        is_done = False
        try:
            self.attempt()
        except OSError as error:
            with suppress(OSError):
                for wait_s in strategy.retries(attempt, error):
                    if len(self.attempts_ms) >= max_attempts:
                        break
                    self.clock.sleep(wait_s)
                else:
                    is_done = self.codes[-1] is not None
        return Schedule(
            tuple(self.attempts_ms),
            tuple(self.codes),
            self.clock.now_ns() / NS_PER_MS,
            "done" if is_done else attempt.verdict,
        )


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

    def fail() -> None:
        raise win32_error(code)

    operation = VirtualOperation(
        *("rename", "move-replace", "", "target" if target_exists else None, fail),
        has_target=target_exists,
        attempt_cost_ms=attempt_cost_ms,
    )
    return operation.run(strategy, seed=seed, max_attempts=max_attempts)


def retries_code(strategy: Strategy, code: int) -> bool:
    """Return whether `strategy` makes a second attempt at a rename to a new name that fails with `code`.

    The loop of the strategy itself answers; what it does after giving up is no retry. Every other
    statement about retried codes follows from this.
    """
    strategy = replace(strategy, otherwise=())
    return len(schedule(strategy, code=code, max_attempts=2).attempts_ms) > 1


def retried_codes(strategy: Strategy) -> tuple[int, ...]:
    """Return the Win32 codes that `strategy` retries, of those in `harness.winerror.MESSAGES`."""
    return tuple(code for code in MESSAGES if retries_code(strategy, code))
