"""The real time that a trial costs, beside the outcome clock: see `harness.record.trial_record.Cost`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from harness.clock import NS_PER_US
from harness.record.trial_record import Cost

Part = Literal["stage", "persist", "verify"]


class CostClock:
    """Counts real time by the part of a trial that it is spent on."""

    def __init__(self) -> None:
        self._spent_ns: dict[Part, int] = {"stage": 0, "persist": 0, "verify": 0}

    @contextmanager
    def counting(self, part: Part) -> Iterator[None]:
        """Count the time of the block towards `part`, less what is counted within it."""
        before = sum(self._spent_ns.values())
        began = time.perf_counter_ns()
        try:
            yield
        finally:
            within = sum(self._spent_ns.values()) - before
            self._spent_ns[part] += time.perf_counter_ns() - began - within

    def cost(self) -> Cost:
        """All that was counted."""
        return Cost(**{part: spent // NS_PER_US for part, spent in self._spent_ns.items()})
