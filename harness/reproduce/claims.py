"""A tool's claim about its retries, read from a sentence and compared with what was measured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from harness.errors import InvalidInputError
from harness.text import counted, milliseconds

_UNITS: Final = {
    "ms": 1.0,
    "s": 1000.0,
    "sec": 1000.0,
    "second": 1000.0,
    "seconds": 1000.0,
    "min": 60_000.0,
    "minute": 60_000.0,
    "minutes": 60_000.0,
}
_DURATION: Final = re.compile(
    r"\b(?:for|within|up to|budget of|budget|total of)\s+(?:about\s+|up to\s+|at most\s+)?"
    rf"(\d{{1,9}}(?:\.\d{{1,9}})?)\s*({'|'.join(_UNITS)})\b",
    re.IGNORECASE,
)
_COUNT: Final = re.compile(
    r"\b(\d{1,9})\s+(?:more\s+)?(attempts?|tries|times|retries|retry)\b", re.IGNORECASE
)
_NEVER: Final = re.compile(
    r"\b(?:no retry|no retries|never retries|does not retry|once)\b", re.IGNORECASE
)
TOLERANCE: Final = 0.02
"""A last attempt this share before the claimed end counts as at the end."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A budget in milliseconds, a number of attempts, or both."""

    text: str
    budget_ms: float | None = None
    attempts: int | None = None

    def differences(self, budget_ms: float, attempts: int, *, cut: bool = False) -> Iterator[str]:
        """Yield in sentences what was measured otherwise; nothing if all is as claimed.

        `cut`: it was still trying when it was ended, so what it would have done is not known.
        """
        if attempts == 1 and not cut and (self.budget_ms or self.attempts != 1):
            yield f"claimed: {self.text}; but it is tried once"
            return
        if self.budget_ms is not None and not cut and budget_ms < self.budget_ms * (1 - TOLERANCE):
            yield (
                f"claimed {milliseconds(self.budget_ms)}, but the last attempt is at "
                f"{milliseconds(budget_ms)}: a longer hold is not outlasted"
            )
        if self.budget_ms is not None and budget_ms > 2 * self.budget_ms:
            yield f"claimed {milliseconds(self.budget_ms)}, but it goes on to {milliseconds(budget_ms)}"
        if self.attempts is not None and not cut and attempts != self.attempts:
            yield f"claimed {counted(self.attempts, 'attempt')}, but made {attempts:,}"

    def differences_of_interval(self, low_ms: float, high_ms: float | None) -> Iterator[str]:
        """Yield the same where a budget is only known to be in an interval, and attempts are not seen.

        `high_ms` is ``None`` where no hold was too long.
        """
        budget_ms = 0.0 if self.budget_ms is None and self.attempts == 1 else self.budget_ms
        if budget_ms is None:
            return
        if high_ms is not None and high_ms < budget_ms * (1 - TOLERANCE):
            yield (
                f"claimed {milliseconds(budget_ms)}, but no hold of {milliseconds(high_ms)} or more is "
                "outlasted"
            )
        if low_ms > 2 * budget_ms:
            yield f"claimed: {self.text}; but a hold of {milliseconds(low_ms)} is outlasted"


def read_claim(text: str) -> Claim:
    """Read a claim: ``retries for 10 s``, ``5 attempts``, ``3 retries within 1s``, ``no retry``.

    Raises `InvalidInputError` if it has neither a time nor a number.
    """
    duration, count = _DURATION.search(text), _COUNT.search(text)
    budget_ms = None
    if duration is not None:
        budget_ms = float(duration[1]) * _UNITS[duration[2].lower()]
    attempts = None
    if count is not None:
        attempts = int(count[1]) + count[2].lower().startswith("retr")
    if budget_ms is None and attempts is None and _NEVER.search(text):
        attempts = 1
    if budget_ms is None and attempts is None:
        raise InvalidInputError(
            f"--claims: {text!r} has neither a time nor a number of attempts",
            hint='Such as --claims "retries for 10 s", "5 attempts", "3 retries" or "no retry".',
        )
    return Claim(text, budget_ms, attempts)
