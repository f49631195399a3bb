"""Different waits for different errors: which part of a strategy answers an error, and as which failure.

A part has waits and an end of its own. It counts the failures that it answers, so an error of another
part neither lengthens its waits nor uses up its attempts; time limits count from the first attempt.
rimraf 3 does this: it counts `EMFILE` apart from `EBUSY` (isaacs/rimraf rimraf.js @ v3.0.2 l.80-104).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tenacity import RetryCallState, retry_base
from tenacity.stop import stop_base
from tenacity.wait import wait_base

from harness.strategy.attempt import attempt_of

if TYPE_CHECKING:
    from harness.strategy.attempt import Attempt
    from harness.strategy.loop import Strategy


@dataclass(frozen=True, slots=True)
class _Parts:
    """The strategies that answer certain codes, and `others` for every other code."""

    by_codes: Sequence[tuple[frozenset[int], Strategy]]
    others: Strategy

    def answering(self, code: int) -> Strategy:
        return next((part for codes, part in self.by_codes if code in codes), self.others)

    @contextmanager
    def own_failures(self, attempt: Attempt) -> Iterator[Strategy]:
        """Yield the part that answers the last error, while only its own failures are counted."""
        part = self.answering(attempt.failed_code)
        before = attempt.attempt_number
        attempt.attempt_number = sum(
            times for code, times in attempt.failures.items() if self.answering(code) is part
        )
        try:
            yield part
        finally:
            attempt.attempt_number = before

    def ask(self, which: str, state: RetryCallState) -> Any:
        with self.own_failures(attempt_of(state)) as part:
            asked: Callable[[RetryCallState], Any] = getattr(part, which)
            return asked(state)


class retry_by_error(retry_base):  # noqa: N801 - named as tenacity names its parts
    """Retry where the part that answers the error does."""

    def __init__(self, parts: _Parts) -> None:
        self.parts = parts

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Return whether to go on."""
        return bool(self.parts.ask("retry", retry_state))


class wait_by_error(wait_base):  # noqa: N801
    """Wait as the part that answers the error does."""

    def __init__(self, parts: _Parts) -> None:
        self.parts = parts

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return the wait before the next attempt, in seconds."""
        return float(self.parts.ask("wait", retry_state))


class stop_by_error(stop_base):  # noqa: N801
    """Stop where the part that answers the error does."""

    def __init__(self, parts: _Parts) -> None:
        self.parts = parts

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Return whether to give up now."""
        return bool(self.parts.ask("stop", retry_state))


def by_error(strategy: Strategy, by_codes: Sequence[tuple[Sequence[int], Strategy]]) -> Strategy:
    """Return `strategy` with retries, waits and ends of others after errors with their codes."""
    parts = _Parts([(frozenset(codes), part) for codes, part in by_codes], strategy)
    return replace(
        strategy, retry=retry_by_error(parts), wait=wait_by_error(parts), stop=stop_by_error(parts)
    )
