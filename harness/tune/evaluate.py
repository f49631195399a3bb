"""What a schedule does against holds: exact, without trials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from harness.tune.releases import SAME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.tune.question import Prices
    from harness.tune.releases import Floats, Releases


@dataclass(frozen=True)
class Outcome:
    """What a schedule does, over all operations. Times are milliseconds."""

    failure: float
    """Share of operations that fail."""
    wait_ms: float
    """Mean time from the release of a hold to the attempt that finds it; 0 where nothing is held."""
    attempts: float
    """Mean number of attempts."""
    denied_ms: float
    """Time until a permanent denial is reported."""

    def cost_ms(self, prices: Prices) -> float:
        """What an operation costs at prices; without any, its wait."""
        return (
            self.wait_ms
            + prices.attempt * self.attempts
            + prices.failure * self.failure
            + prices.denied * self.denied_ms
        )


def evaluate(attempts_ms: Floats, releases: Releases, call_ms: float = 0.0) -> Outcome:
    """Evaluate one schedule: the starts of its attempts, the first at 0, ascending.

    An attempt succeeds if its operation is possible when it starts; the last call takes `call_ms`.
    """
    times = np.round(attempts_ms, 6)
    counts = releases.index.count_until(times)
    by = releases.share_by(times, counts)
    last_ms = float(times[-1])
    ended = float(releases.ended_by(times[-1:], counts[-1:])[0])
    found = by.copy()
    found[1:] -= by[:-1]
    return Outcome(
        failure=_failing(1 - float(by[-1])),
        wait_ms=max(float(times @ found) - ended, 0.0),
        attempts=1 + float((1 - by[:-1]).sum()),
        denied_ms=last_ms + call_ms,
    )


def _failing(share: float) -> float:
    return share if share > SAME else 0.0


@dataclass(frozen=True)
class Outcomes:
    """The same of many schedules, in columns."""

    failure: Floats
    wait_ms: Floats
    attempts: Floats
    denied_ms: Floats


_AT_ONCE: Final = 1 << 19
"""Attempts that are looked up at once: some MB."""


def evaluate_many(
    attempts_ms: Floats,
    lengths: Sequence[int] | Floats,
    releases: Releases,
    *,
    threads: int = 1,
    call_ms: float = 0.0,
) -> Outcomes:
    """Evaluate many schedules, written one after the other; `lengths` are their numbers of attempts."""
    counts = np.asarray(lengths, dtype=np.int64)
    ends = np.cumsum(counts)
    made = Outcomes(*(np.empty(counts.size) for _ in range(4)))

    def fill(part: slice) -> None:
        first = int(ends[part.start] - counts[part.start])
        times = np.round(attempts_ms[first : int(ends[part.stop - 1])], 6)
        last = ends[part] - first - 1
        starts = last - counts[part] + 1
        counted = releases.index.count_until(times)
        by = releases.share_by(times, counted)
        found = by.copy()
        found[1:] -= by[:-1]
        found[starts] = by[starts]
        final = times[last]
        made.failure[part] = np.where(1 - by[last] > SAME, 1 - by[last], 0.0)
        late = np.add.reduceat(times * found, starts) - releases.ended_by(final, counted[last])
        made.wait_ms[part] = np.maximum(late, 0)
        made.attempts[part] = 1 + np.add.reduceat(1 - by, starts) - (1 - by[last])
        made.denied_ms[part] = final + call_ms

    parts = list(_parts(ends))
    if threads == 1:
        for part in parts:
            fill(part)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(fill, parts))
    return made


def _parts(ends: NDArray[np.int64]) -> Iterator[slice]:
    """Yield which schedules are looked up together: about `_AT_ONCE` attempts."""
    first = 0
    while first < ends.size:
        before = int(ends[first - 1]) if first else 0
        beyond = max(int(np.searchsorted(ends, before + _AT_ONCE, side="right")), first + 1)
        yield slice(first, beyond)
        first = beyond
