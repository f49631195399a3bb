"""A primitive call that records the start, the end and the Win32 code of each attempt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from harness.clock import NS_PER_US, Clock
from harness.errors import FULL, StorageFullError, too_long
from harness.record.trial_record import AttemptTimes
from harness.text import milliseconds
from harness.winerror import virus_verdict, winerror_of

MAX_ATTEMPTS: Final = 100_001
"""Of one call: the first one and the most retries that notation counts. Another may never end."""
MOST_FAILURES: Final = 1_000_000
"""Of all calls of an install. The line of its trial in the journal has 30 bytes for each."""


def most_attempts(time_limit_ms: float | None) -> int:
    """Return the most attempts of one call: the time limit of an install ends it, too."""
    return MAX_ATTEMPTS if time_limit_ms is None else MOST_FAILURES


class TrialFaultError(Exception):
    """A fault that no rule of the platform caused, and that is not the strategy's doing."""


class VirusFoundError(Exception):
    """A scanner refuses a file that the harness laid down: no strategy had a say in it."""


@dataclass(slots=True)
class Failures:
    """Counts failed attempts, over all calls of an install."""

    count: int = 0


class RecordedCall:
    """Attempts calls, and appends ``(start_us, end_us, winerror)`` of each to `attempts`.

    `by` is the system call that succeeded, where the call returns its name; `statuses` has the kernel's
    own codes behind the errors, where the platform knows them.

    An error without a Win32 code does not come from the platform. It is raised as `TrialFaultError` (or
    `StorageFullError`), which no strategy retries; `where` names the operation in its message. So is
    another attempt after `most`.
    """

    __slots__ = ("attempts", "by", "failures", "most", "now_ns", "statuses", "where")

    def __init__(
        self,
        clock: Clock,
        where: str,
        failures: Failures | None = None,
        *,
        most: int = MAX_ATTEMPTS,
    ) -> None:
        self.most = most
        self.now_ns = clock.now_ns
        self.where = where
        self.failures = failures or Failures()
        self.attempts: list[AttemptTimes] = []
        self.by: str | None = None
        self.statuses: dict[int, None] = {}

    def __call__(self, call: Callable[[], object]) -> None:
        """Attempt `call` once."""
        if len(self.attempts) >= self.most:
            seen = milliseconds(self.attempts[-1][1] / 1000 - self.attempts[0][0] / 1000)
            raise TrialFaultError(
                f"{self.where}: the strategy did not give up in {self.most:,} attempts, {seen} long"
            )
        if self.failures.count >= MOST_FAILURES:
            raise TrialFaultError(f"{self.where}: the install had {MOST_FAILURES:,} failed attempts")
        start = self.now_ns()
        try:
            result = call()
        except OSError as error:
            found = winerror_of(error)
            if not found:  # none, or one that says success
                raise machine_error(self.where, error) from error
            self.failures.count += 1
            self.attempts.append((start // NS_PER_US, self.now_ns() // NS_PER_US, found))
            if (status := getattr(error, "ntstatus", None)) is not None:
                self.statuses[status] = None
            raise
        self.attempts.append((start // NS_PER_US, self.now_ns() // NS_PER_US, 0))
        if isinstance(result, str):
            self.by = result


def machine_error(where: str, error: OSError) -> Exception:
    """Return what to raise for an error of the machine itself."""
    if (verdict := virus_verdict(error)) is not None:
        return VirusFoundError(f"{where}: {verdict}")
    if error.errno in FULL:
        return storage_full(error)
    hint = too_long(error)
    return TrialFaultError(
        f"{where}: {type(error).__name__}: {error.strerror}{f'. {hint}' if hint else ''}"
    )


def storage_full(error: OSError) -> StorageFullError:
    """Return the error for a full disk, with what to do."""
    return StorageFullError(
        f"no room to write: {error.strerror}",
        hint="Free some space; then `harness run --resume RUN` continues where this run stopped.",
    )
