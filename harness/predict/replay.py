"""Replay a recorded operation, to check that the record follows from the strategy and the receipts.

The strategy gives its waits again, and the receipts say whether each attempt had to fail. The result
must equal the record, attempt by attempt. If it does not, something else had the file, or the locker or
the harness is wrong. For operations of one call.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.clock import NS_PER_US, VirtualClock
from harness.strategy import Attempt, Install, Operation, Strategy
from harness.winerror import win32_error

if TYPE_CHECKING:
    import random

    from harness.record.trial_record import HoldRecord, OperationRecord


@dataclass(frozen=True)
class Replay:
    """The expected course of an operation. `late_us` is the delay of each attempt after the first.

    `outcome` is ``ok``, ``exhausted`` or ``not-retried``; `differs` is a sentence about the first
    difference between record and replay (``None``: there is none). An attempt during which the hold
    ended may succeed or fail, and has its recorded result.
    """

    outcome: str
    late_us: tuple[int, ...]
    differs: str | None


def replay(record: OperationRecord, strategy: Strategy, rng: random.Random) -> Replay:
    """Replay one operation. `rng` is a new generator with the seed of the operation's trial.

    Raises `ValueError` for an operation that was never attempted.
    """
    if not record.attempts:
        raise ValueError(f"{record.op_id} has no attempts in the record")
    return _Replayer(record, strategy, rng).run()


def _ends(hold: HoldRecord) -> tuple[float, float]:
    """Until when a hold was there for certain, and until when it may have been.

    The locker closes the handle when the time is over, and notes the time when that is done. On a busy
    machine it may have to wait in between.
    """
    released_us = math.inf if hold.released_us is None else hold.released_us
    if hold.opened_us is None or hold.duration_us is None:
        return released_us, released_us
    return min(hold.opened_us + hold.duration_us, released_us), released_us


class _Replayer:
    def __init__(self, record: OperationRecord, strategy: Strategy, rng: random.Random) -> None:
        self.record = record
        self.held = [
            (hold.opened_us, *_ends(hold)) for hold in record.holds if hold.opened_us is not None
        ]
        self.clock = VirtualClock()
        self.done = 0
        self.differs: str | None = None
        operation = Operation(record.kind, record.primitive, "", None, self._attempt)
        started_ns = record.attempts[0][0] * NS_PER_US
        self.attempt = Attempt(operation, Install(), self.clock, rng, started_ns)
        self.strategy = strategy

    def run(self) -> Replay:
        late: list[int] = []
        outcome = "ok"
        try:
            self._attempt()
        except OSError as first:
            try:
                for wait_s in self.strategy.retries(self.attempt, first):
                    due_us = self.clock.now_ns() / NS_PER_US + wait_s * 1e6
                    if self.attempt.verdict == "exhausted":  # a wait after the last attempt
                        continue
                    if self.done == len(self.record.attempts):
                        self._note(f"attempt {self.done + 1} was due at {due_us / 1000:.3f} ms")
                        break
                    late.append(round(self.record.attempts[self.done][0] - due_us))
            except OSError:
                outcome = self.attempt.verdict or "not-retried"
        if self.done < len(self.record.attempts):
            self._note(f"{len(self.record.attempts) - self.done} more attempts than the strategy makes")
        if outcome != self.record.outcome:
            self._note(f"the outcome should be {outcome}, and is {self.record.outcome}")
        return Replay(outcome, tuple(late), self.differs)

    def _attempt(self) -> None:
        """One attempt: at its recorded time, with its recorded result, checked against the receipts."""
        start, end, code = self.record.attempts[self.done]
        self.done += 1
        self.clock.set_ns(end * NS_PER_US)
        held = any(opened <= start and end < due for opened, due, _ in self.held)
        may_be_held = any(opened <= end and start < released for opened, _, released in self.held)
        if held and not code:
            self._note(f"attempt {self.done} succeeded while the file was held")
        if code and not may_be_held:
            self._note(f"attempt {self.done} failed with {code} while nothing was held")
        if code:
            raise win32_error(code)

    def _note(self, difference: str) -> None:
        self.differs = self.differs or difference
