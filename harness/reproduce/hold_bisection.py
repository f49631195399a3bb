"""Find the longest hold that a program outlasts, by trying lengths between two that are known.

Runs differ, so each length is tried several times: it is outlasted if all runs do, and not if none does.
Lengths that some runs outlast are between the two, and are left there: the interval is as wide as what
was found. Lengths are chosen evenly on a logarithmic scale, since budgets go from milliseconds to
minutes. A budget of 500 ms, in a run that ended after 1000 ms:

    low 0,   high 1000  try 90.5: all outlast it   low 90.5
    low 90.5, high 1000 try 309: all               low 309
    low 309, high 1000  try 558: none              high 558 …
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

FLOOR_MS: Final = 10.0
"""The times of processes differ by as much, so shorter holds are not told apart."""
CLOSE: Final = 0.1
"""The bounds are near enough if they differ by a tenth, or by `FLOOR_MS`."""


@dataclass(frozen=True, slots=True)
class TriedHold:
    """A length that was tried in `runs` runs, of which `outlasted` ended well after it."""

    hold_ms: float
    outlasted: int
    runs: int

    @property
    def is_mixed(self) -> bool:
        """Whether some runs outlasted it and some did not."""
        return 0 < self.outlasted < self.runs


@dataclass(slots=True)
class Bisection:
    """What is known so far: `low_ms` is outlasted, 0 at first; `high_ms` is not, if that is known."""

    low_ms: float
    high_ms: float
    high_is_known: bool = True
    tried: list[TriedHold] = field(default_factory=list)

    @property
    def mixed_ms(self) -> list[float]:
        """The lengths between the bounds that some runs outlasted, in order."""
        mixed = {each.hold_ms for each in self.tried if each.is_mixed}
        return sorted(each for each in mixed if self.low_ms < each < self.high_ms)

    @property
    def next_ms(self) -> float | None:
        """The length to try next, in the wider of the gaps; ``None`` if the bounds are near enough."""
        mixed = self.mixed_ms
        gaps = [(self.low_ms, mixed[0]), (mixed[-1], self.high_ms)] if mixed else []
        low, high = max(gaps or [(self.low_ms, self.high_ms)], key=lambda gap: _ratio(*gap))
        if high - low <= max(FLOOR_MS, CLOSE * high):
            return None
        return math.sqrt((low + FLOOR_MS) * (high + FLOOR_MS)) - FLOOR_MS

    def note(self, tried: TriedHold) -> None:
        """Take what a length has shown."""
        self.tried.append(tried)
        if tried.outlasted == tried.runs:
            self.low_ms = max(self.low_ms, tried.hold_ms)
        elif not tried.outlasted:
            self.high_ms = min(self.high_ms, tried.hold_ms)
            self.high_is_known = True


def _ratio(low: float, high: float) -> float:
    return (high + FLOOR_MS) / (low + FLOOR_MS)


def bisect(
    bisection: Bisection,
    outlasts: Callable[[float], bool],
    repeats: int,
    may_go_on: Callable[[], bool] = lambda: True,
    announce: Callable[[float], None] = lambda _: None,
) -> None:
    """Try lengths until the bounds are near enough, or `may_go_on` says no.

    `outlasts` makes one run. `announce` is called with each length before its runs, which are `repeats`,
    or fewer if two of them differ.
    """
    while may_go_on() and (hold_ms := bisection.next_ms) is not None:
        announce(hold_ms)
        outlasted = runs = 0
        while runs < repeats and outlasted in {0, runs}:
            outlasted += outlasts(hold_ms)
            runs += 1
        bisection.note(TriedHold(hold_ms, outlasted, runs))
        if bisection.low_ms >= bisection.high_ms:  # a longer one was outlasted than one that was not
            return
