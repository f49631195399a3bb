"""From one operation to an install of many: how often it fails, and how long it waits in total."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from harness.tune.releases import Floats, Releases

_MOST_BINS: Final = 1 << 21


def per_operation(max_failure: float, operations: int) -> float:
    """Return how often one of so many independent operations may fail if installs fail so often."""
    return -math.expm1(math.log1p(-max_failure) / operations) if max_failure < 1 else 1.0


def per_install(failure: float, operations: int) -> float:
    """Return how often an install of so many independent operations fails."""
    return -math.expm1(operations * math.log1p(-failure)) if failure < 1 else 1.0


def total_wait_ms(attempts_ms: Floats, releases: Releases, operations: int, share: float) -> float:
    """Return a time that so many operations, one after the other, wait at most in a share of installs.

    ``inf`` if more than the rest of the installs fail. The sum of independent waits, by a Fourier
    transform on a grid; each wait is rounded up to it, so that the time is no less than the true one.
    """
    by = releases.share_by(attempts_ms)
    found = np.diff(by, prepend=0)
    bin_ms = max(1.0, operations * float(attempts_ms[-1]) / _MOST_BINS)
    places = np.ceil(attempts_ms / bin_ms - 1e-9).astype(np.int64)
    size = operations * int(places[-1]) + 1
    one = np.bincount(places, weights=found, minlength=1)
    sums = np.fft.irfft(np.fft.rfft(one, 2 * size) ** operations, 2 * size)[:size]
    reached = np.flatnonzero(np.cumsum(sums) >= share - 1e-9)
    return float(reached[0]) * bin_ms if reached.size else math.inf
