"""The conditions that tenacity lacks: which errors are retried, and when a strategy gives up.

They are tenacity objects like any other and combine with its own by ``+``, ``|`` and ``&``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tenacity import RetryCallState, retry_base, retry_if_exception, retry_if_exception_type
from tenacity.stop import stop_base
from tenacity.wait import wait_base

from harness.clock import to_ns
from harness.strategy.attempt import attempt_of
from harness.winerror import winerror_of


class retry_if_winerror(retry_if_exception):  # noqa: N801 - named as tenacity names its parts
    """Retry while the error carries one of `codes`."""

    def __init__(self, *codes: int) -> None:
        if not all(isinstance(code, int) for code in codes):
            raise TypeError(f"expected Win32 error codes as whole numbers, found {codes!r}")
        self.codes = frozenset(codes)
        super().__init__(lambda error: winerror_of(error) in self.codes)


RENAMES: Final = frozenset(
    {
        *("move", "move-replace", "tempfile-persist", "replace-file", "posix-rename", "rust-rename"),
        *("rename", "renames", "replace"),
    }
)
"""The primitives that give a file another name, as the platforms and Python's `os` call them."""


class retry_if_rename(retry_base):  # noqa: N801
    """Retry while the operation is a rename, for strategies that wrap nothing else."""

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Return whether the primitive is one of `RENAMES`."""
        return attempt_of(retry_state).operation.primitive in RENAMES


def retry_if_any_oserror() -> retry_base:
    """Retry on every `OSError`, as strategies without an error filter do."""
    return retry_if_exception_type(OSError)


class retry_unless_winerror(retry_if_exception):  # noqa: N801
    """Retry every error but those that carry one of `codes`."""

    def __init__(self, *codes: int) -> None:
        self.codes = frozenset(codes)
        super().__init__(
            lambda error: isinstance(error, OSError) and winerror_of(error) not in self.codes
        )


class retry_denied_deletion(retry_base):  # noqa: N801
    """Retry, whatever the error, if it is that the target could not be deleted."""

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Return whether the last attempt failed at that."""
        return bool(attempt_of(retry_state).operation.denied_deletions)


class wait_for_deletion(wait_base):  # noqa: N801
    """Wait as `wait` does, but after a denied deletion of the target as `waits_s` say."""

    def __init__(self, wait: wait_base, waits_s: Sequence[float]) -> None:
        self.wait = wait
        self.waits_s = waits_s

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return the wait before the next attempt, in seconds."""
        denied = attempt_of(retry_state).operation.denied_deletions
        return self.waits_s[min(denied, len(self.waits_s)) - 1] if denied else self.wait(retry_state)


class stop_after_denied_deletions(stop_base):  # noqa: N801
    """Stop as `stop` does, but while the target cannot be deleted only after `most` retries."""

    def __init__(self, stop: stop_base, most: int) -> None:
        self.stop = stop
        self.most = most

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Return whether to give up now."""
        denied = attempt_of(retry_state).operation.denied_deletions
        return denied > self.most if denied else self.stop(retry_state)


class retry_unless_target_is_directory(retry_base):  # noqa: N801
    """Retry unless the target's name is taken by something other than a file.

    VS Code's rule: a file can be replaced, a directory cannot (microsoft/vscode,
    src/vs/base/node/pfs.ts, ``renameWithRetry``).
    """

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Check the target now."""
        return not attempt_of(retry_state).operation.target_is_directory()


class stop_after_time_by_size(stop_base):  # noqa: N801
    """Stop at the first failure `seconds` or more from the start, for each megabyte that is persisted.

    A megabyte is 1,000,000 bytes; one that is begun counts, and there is at least one.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Return whether to give up now."""
        megabytes = attempt_of(retry_state).operation.megabytes()
        return to_ns(retry_state.seconds_since_start or 0.0) >= to_ns(self.seconds) * megabytes


class stop_before_time(stop_base):  # noqa: N801
    """Stop if the next attempt would come at or after `seconds` from the start of the first.

    Tenacity's `stop_before_delay`, but exact to the nanosecond: in floats 0.7 + 0.1 is below 0.8.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Return whether to give up now."""
        since_ns = to_ns(retry_state.seconds_since_start or 0.0)
        return since_ns + to_ns(retry_state.upcoming_sleep) >= to_ns(self.seconds)


class stop_before_waits(stop_base):  # noqa: N801
    """Stop if the next wait would bring the total waited to `seconds` or more."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Return whether to give up now."""
        return to_ns(retry_state.idle_for) + to_ns(retry_state.upcoming_sleep) >= to_ns(self.seconds)


class stop_before_waits_of_install(stop_base):  # noqa: N801
    """The same for all operations of an install together: one budget for all of them."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Return whether to give up now."""
        waited_s = attempt_of(retry_state).install.waited_s
        return to_ns(waited_s) + to_ns(retry_state.upcoming_sleep) >= to_ns(self.seconds)
