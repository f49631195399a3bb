"""Holds as they were observed: intervals in which they ended, and how sure what follows from them is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.analysis.censoring import Intervals
from harness.errors import InvalidInputError
from harness.tune.releases import Floats, Releases

Numbers = NDArray[np.integer[Any]]

_POINTS: Final = 4000
"""About so many points stand for the mass within intervals."""
_AT_ONCE: Final = 2_000_000
"""Weights in a batch of a bootstrap, 16 MB."""


@dataclass(frozen=True)
class Observations:
    """When operations became possible: after `low_ms`, and by `high_ms`; times from the first attempt.

    Those that were not held have 0 for both, and code 0; ``inf`` as `high_ms`: longer than was watched.
    `counts` says how many operations a row stands for. Rows of one `draw` are not independent of each
    other; with ``None``, all operations are.
    """

    low_ms: Floats
    high_ms: Floats
    codes: Numbers
    counts: Floats
    draw: Numbers | None = None
    source: str = ""
    """Where they are from, in words."""
    conditional: tuple[str, ...] = ()
    """What all that follows from them is conditional on, in sentences."""

    @property
    def held(self) -> NDArray[np.bool_]:
        """Which rows are of operations that were held."""
        return np.asarray(self.high_ms > 0)

    @property
    def operations(self) -> int:
        """The number of operations."""
        return round(float(self.counts.sum()))

    @cached_property
    def independent(self) -> int:
        """The number of independent observations: draws, or operations."""
        return self.operations if self.draw is None else len(np.unique(self.draw))

    @property
    def code_shares(self) -> dict[int, float]:
        """The errors of held operations, with the share of each."""
        held = self.held
        total = float(self.counts[held].sum())
        return {
            int(code): float(self.counts[held & (self.codes == code)].sum()) / total
            for code in np.unique(self.codes[held])
        }

    def check(self) -> None:
        """Raise `InvalidInputError` where nothing can be learned from them."""
        held = self.held
        if self.operations < _FEWEST:
            raise InvalidInputError(
                f"{self.source}: one operation says nothing about others",
                hint="Measure more, such as 100 blocks.",
            )
        if not held.any():
            raise InvalidInputError(
                f"{self.source}: none of {self.operations:,} operations was held, so there is nothing "
                "to wait for",
                hint="Choose a profile with holds, or a machine whose scanner is active.",
            )
        if not np.isfinite(self.high_ms[held]).any():
            raise InvalidInputError(
                f"{self.source}: no hold was seen to end, so nothing says how long to wait",
                hint="Measure with a strategy that tries for longer, such as fixed with 60 s.",
            )

    @property
    def watched_ms(self) -> float:
        """The longest time that an operation was watched."""
        ends = np.where(np.isfinite(self.high_ms), self.high_ms, self.low_ms)
        return float(ends.max(initial=0.0))

    @property
    def unreleased(self) -> float:
        """The share of operations that were not seen to be released."""
        return float(self.counts[~np.isfinite(self.high_ms)].sum() / self.counts.sum())

    def releases(self) -> Releases:
        """Return the most likely distribution (Turnbull), evenly spread within intervals."""
        return self._releases

    @cached_property
    def _releases(self) -> Releases:
        return self._made(self._fit(self.counts[np.newaxis])[0], self.counts)

    def pieces(self) -> tuple[Floats, Floats, Floats]:
        """Return the same for held operations as intervals and the mass on each, which add up to 1."""
        mass = self._fit(self.counts[np.newaxis])[0]
        return self._intervals.left, self._intervals.right, mass

    def of_code(self, code: int) -> Observations:
        """Return the operations that fail with an error first, and those that were not held."""
        return self._part(self.counts * (~self.held | (self.codes == code)))

    def resampled(self, times: int, seed: int = 0) -> Iterator[Releases]:
        """Yield distributions from resampled draws (a bootstrap)."""
        rng = np.random.default_rng(seed)
        for first in range(0, times, batch := max(1, _AT_ONCE // max(self.counts.size, 1))):
            weights = np.array(
                [self._drawn(rng) for _ in range(min(batch, times - first))], dtype=np.float64
            )
            for mass, weight in zip(self._fit(weights), weights, strict=True):
                yield self._made(mass, weight)

    def halves(self, seed: int = 0) -> tuple[Observations, Observations] | None:
        """Split at random into two halves of whole draws; ``None`` if one would say nothing."""
        rng = np.random.default_rng(seed)
        if self.draw is None:
            first: Floats = rng.binomial(self.counts.astype(np.int64), 0.5).astype(np.float64)
        else:
            _, number = np.unique(self.draw, return_inverse=True)
            chosen = rng.permutation(self.independent) < self.independent // 2
            first = self.counts * chosen[number]
        parts = tuple(self._part(each) for each in (first, self.counts - first))
        try:
            for part in parts:
                part.check()
        except InvalidInputError:
            return None
        return parts[0], parts[1]

    def _part(self, counts: Floats) -> Observations:
        kept = counts > 0
        draw = None if self.draw is None else self.draw[kept]
        return Observations(
            *(self.low_ms[kept], self.high_ms[kept], self.codes[kept], counts[kept], draw, self.source)
        )

    def _drawn(self, rng: np.random.Generator) -> Floats:
        if self.draw is None:
            total = self.operations
            return np.asarray(rng.multinomial(total, self.counts / self.counts.sum()), np.float64)
        _, number = np.unique(self.draw, return_inverse=True)
        size = self.independent
        return np.asarray(self.counts * rng.multinomial(size, np.full(size, 1 / size))[number])

    @cached_property
    def _intervals(self) -> Intervals:
        return Intervals(self.low_ms[self.held], self.high_ms[self.held])

    def _fit(self, weights: Floats) -> Floats:
        """Return for each row of weights the masses of held operations on intervals."""
        own = np.asarray(weights[:, self.held], np.float64)
        empty = own.sum(axis=1) <= 0
        own[empty] = 1.0  # nothing held was drawn: the mass has no weight then
        return self._intervals.fit(own)[0]

    def _made(self, mass: Floats, weights: Floats) -> Releases:
        share = float(weights[self.held].sum() / weights.sum())
        left, right = self._intervals.left, self._intervals.right
        width = np.where(np.isfinite(right), right - left, 0.0)
        wide = width > _EXACT_MS
        points = max(min(_POINTS // max(int(wide.sum()), 1), 32), 2)
        steps = np.arange(1, points + 1) / points
        spread = left[wide, np.newaxis] + width[wide, np.newaxis] * steps
        masses = np.repeat(mass[wide] / points, points)
        return Releases.of_times(
            np.concatenate([[0.0], right[~wide], spread.ravel()]),
            np.concatenate([[1 - share], share * mass[~wide], share * masses]),
        )


_FEWEST: Final = 2
_EXACT_MS: Final = 1e-5
"""Shorter intervals are exact observations."""
