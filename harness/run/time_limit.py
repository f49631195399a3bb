"""The time that a whole install may take: what is under way then ends, as where CI stops a job."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from harness.clock import NS_PER_MS, NS_PER_S, Clock
from harness.strategy import Attempt
from harness.text import milliseconds


@dataclass
class TimeLimit:
    """A limit in milliseconds from `started_ns` on the outcome clock; ``None``: there is none.

    `reason` says that it had passed, once that was found.
    """

    clock: Clock
    limit_ms: float | None
    started_ns: int = 0
    reason: str | None = None

    def is_over(self, wait_s: float = 0.0) -> bool:
        """Whether the time will be over in `wait_s` seconds; then notes that."""
        if self.limit_ms is None:
            return False
        over = self._left_ns <= round(wait_s * NS_PER_S)
        if over:
            self.reason = f"the install's time limit of {milliseconds(self.limit_ms)} had passed"
        return over

    @property
    def _left_ns(self) -> int:
        return self.started_ns + round((self.limit_ms or 0.0) * NS_PER_MS) - self.clock.now_ns()

    def within(self, attempt: Attempt, waits: Generator[float]) -> Generator[float]:
        """Yield the waits of a strategy, up to the limit: then raise its last error."""
        for wait_s in waits:
            if self.is_over(wait_s):
                yield max(0, self._left_ns) / NS_PER_S
                waits.close()
                attempt.verdict = "exhausted"
                outcome = attempt.outcome
                raise (outcome and outcome.exception()) or OSError("the time limit had passed")
            yield wait_s
