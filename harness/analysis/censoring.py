"""The distribution of times that are known only as intervals, without assuming its shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Floats = NDArray[np.float64]

TOLERANCE: Final = 1e-4
"""The largest distance of the log-likelihood from its maximum, per observation."""

MAX_STEPS: Final = 20_000


@dataclass(frozen=True)
class Turnbull:
    """Probability `mass` on intervals (`left`, `right`], sorted and disjoint; there is none elsewhere.

    The data do not say where inside of an interval the mass is. The last interval may end at ``inf``:
    no end was observed. `gap` bounds the distance of the log-likelihood from its maximum, per
    observation.
    """

    left: Floats
    right: Floats
    mass: Floats
    gap: float

    def below(self, times: ArrayLike) -> tuple[Floats, Floats]:
        """The least and the greatest possible value of the distribution function at each time."""
        at = np.asarray(times, dtype=np.float64)
        total = np.r_[0.0, np.cumsum(self.mass)]
        least = total[np.searchsorted(self.right, at, side="right")]
        return least, total[np.searchsorted(self.left, at, side="left")]


def turnbull(low: ArrayLike, high: ArrayLike, weights: ArrayLike | None = None) -> Turnbull:
    """The non-parametric maximum likelihood estimate from intervals (`low`, `high`].

    `high` is ``inf`` where no end was observed; `low` = `high` is an exact observation. Method:
    Turnbull, JRSS B 38 (1976) 290-295: mass only on the innermost intervals (Peto, JRSS C 22 (1973)
    86-91), found by self-consistency (EM). It ends when no shift of mass raises the log-likelihood by
    more than `TOLERANCE` per observation (Gentleman and Geyer, Biometrika 81 (1994) 618-623).
    """
    problem = Intervals(low, high)
    given = np.ones(problem.size) if weights is None else np.asarray(weights, dtype=np.float64)
    mass, gap = problem.fit(given[np.newaxis])
    return Turnbull(problem.left, problem.right, mass[0], float(gap[0]))


class Intervals:
    """Intervals prepared for fits with many sets of weights at once (a bootstrap)."""

    def __init__(self, low: ArrayLike, high: ArrayLike) -> None:
        lows, highs = (np.asarray(each, dtype=np.float64) for each in (low, high))
        lows = np.where(lows >= highs, np.nextafter(highs, -np.inf), lows)
        self.size = lows.size
        pairs, kind = np.unique(np.c_[lows, highs], axis=0, return_inverse=True)
        self._kinds = csr_array(
            (np.ones(self.size), (kind.reshape(-1), np.arange(self.size))),
            shape=(len(pairs), self.size),
        )
        self.left, self.right = _innermost(pairs[:, 0], pairs[:, 1])
        # each observation covers the innermost intervals from `first` up to, not including, `beyond`
        self._first = np.searchsorted(self.left, pairs[:, 0], side="left")
        self._beyond = np.searchsorted(self.right, pairs[:, 1], side="right")
        rows = np.arange(len(pairs))
        ones = np.ones(len(pairs))
        self._edges = csr_array(
            (np.r_[ones, -ones], (np.r_[self._first, self._beyond], np.r_[rows, rows])),
            shape=(self.left.size + 1, len(pairs)),
        )

    def fit(self, weights: Floats, tolerance: float = TOLERANCE) -> tuple[Floats, Floats]:
        """Fit each row of `weights` (fits by observations): masses (fits by intervals) and gaps."""
        fits = len(weights)
        per_kind: Floats = np.asarray((self._kinds @ weights.T).T)
        per_kind /= per_kind.sum(axis=1, keepdims=True)
        mass = np.full((fits, self.left.size), 1 / max(self.left.size, 1))
        gaps = np.zeros(fits)
        todo = np.arange(fits if self.left.size else 0)
        for _ in range(MAX_STEPS):
            if not todo.size:
                break
            slope = self._slope(mass[todo], per_kind[todo])
            gaps[todo] = slope.max(axis=1) - 1
            mass[todo] *= slope
            todo = todo[gaps[todo] > tolerance]
        return mass, gaps

    def _slope(self, mass: Floats, weights: Floats) -> Floats:
        """The rise of the log-likelihood with mass on each interval, per observation."""
        total = np.concatenate([np.zeros((len(mass), 1)), np.cumsum(mass, axis=1)], axis=1)
        covered = total[:, self._beyond] - total[:, self._first]
        share = np.divide(weights, covered, out=np.zeros_like(weights), where=weights > 0)
        return np.cumsum((self._edges @ share.T).T[:, :-1], axis=1)


def _innermost(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The intervals between a left end and a right end with no other end in between."""
    ends = np.r_[low, high]
    is_left = np.r_[np.ones(low.size, dtype=bool), np.zeros(high.size, dtype=bool)]
    # at the same time, a right end (which is inside) comes before a left end (which is not)
    order = np.lexsort((is_left, ends))
    ends, is_left = ends[order], is_left[order]
    found = np.flatnonzero(is_left[:-1] & ~is_left[1:])
    return ends[found], ends[found + 1]
