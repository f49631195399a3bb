"""Say which step runs, and how long the rest may take at the pace of those before it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from harness.text import time_range

FACTOR: Final = 1.6
"""Programs wait for seconds or not at all, so steps differ: what is left is given within this factor."""


class StepsLeft:
    """Announces `total` steps, each with its number and, from the second on, the time left."""

    def __init__(self, total: int, announce: Callable[[str], None]) -> None:
        self._total = total
        self._announce = announce
        self._begun = 0
        self._took_s: list[float] = []

    def skip(self) -> None:
        """Count a step that need not be made."""
        self._begun += 1

    @contextmanager
    def step(self, words: str) -> Iterator[None]:
        """Announce a step, and measure it."""
        left = ""
        if self._took_s:
            mean_s = sum(self._took_s) / len(self._took_s)
            left_s = mean_s * (self._total - self._begun)
            left = f" ({time_range(left_s / FACTOR, left_s * FACTOR)} left)"
        self._begun += 1
        self._announce(f"{self._begun:,} of {self._total:,}: {words}{left}")
        begun_s = time.monotonic()
        yield
        self._took_s.append(time.monotonic() - begun_s)
