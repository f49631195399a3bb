"""How long each wait of a strategy with jitter may be, and how likely: what times are computed from.

The waits of a strategy are independent of each other, and each is uniform in one or several pieces. The
one exception, waits that grow at random, is drawn (`harness.strategy.drawn_times`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from harness.strategy.forms import ADDED, RANDOM_GROWTH, RUST_RETRY, SCALED
from harness.strategy.schedules import MAX_ATTEMPTS

if TYPE_CHECKING:
    from harness.strategy.spec import StrategySpec


MOST_PIECES: Final = 600
"""Waits of more than ten minutes, rounded to seconds, count as spread without steps."""


@dataclass(frozen=True)
class WaitSpread:
    """The distribution of a wait: uniform within each of `pieces`, (from, to, share), in milliseconds.

    A piece of no length is a single time.
    """

    pieces: tuple[tuple[float, float, float], ...]

    @cached_property
    def least_ms(self) -> float:
        """The shortest wait."""
        return min(low for low, _, _ in self.pieces)

    @cached_property
    def mean_ms(self) -> float:
        """The mean wait."""
        return math.fsum((low + high) / 2 * share for low, high, share in self.pieces)

    @cached_property
    def most_ms(self) -> float:
        """The longest wait."""
        return max(high for _, high, _ in self.pieces)

    def at_least(self, ms: float) -> float:
        """Return the probability of a wait of at least `ms`."""
        if ms <= self.least_ms:
            return 1.0
        if ms > self.most_ms:
            return 0.0
        return math.fsum(share * _above(low, high, ms) for low, high, share in self.pieces)


def _above(low: float, high: float, ms: float) -> float:
    if ms <= low:
        return 1.0
    return 0.0 if ms > high else (high - ms) / (high - low)


def wait_spreads(spec: StrategySpec) -> Iterator[WaitSpread]:
    """Yield how the waits of `spec` are spread, one after the other; none if they depend on each other.

    There are up to `MAX_ATTEMPTS`, however few `spec` makes.
    """
    if spec.jitter is None or spec.waits is None or spec.waits.form == RANDOM_GROWTH:
        return
    form, values = spec.jitter.form, spec.jitter.values
    for base_ms in _bases_ms(spec):
        yield WaitSpread(tuple(_pieces(form, values, base_ms)))


def wait_bounds(spec: StrategySpec) -> Iterator[tuple[float, float]]:
    """Yield the shortest and the longest time of each of these waits, without their pieces."""
    if spec.jitter is None or spec.waits is None or spec.waits.form == RANDOM_GROWTH:
        return
    form, values = spec.jitter.form, spec.jitter.values
    for base_ms in _bases_ms(spec):
        if form == RUST_RETRY:
            yield (1000.0 if base_ms >= 1000 else 0.0), base_ms  # noqa: PLR2004 - whole seconds
        else:
            yield next((low, high) for low, high, _ in _pieces(form, values, base_ms))


def _bases_ms(spec: StrategySpec) -> Iterator[float]:
    """Yield the waits without jitter, as the strategy itself computes them."""
    wait = replace(spec.only_times(), jitter=None).strategy("without jitter").wait
    for number in range(1, MAX_ATTEMPTS + 1):
        state: Any = SimpleNamespace(attempt_number=number)  # all that waits without jitter look at
        yield 1000 * float(wait(state))


def _pieces(
    form: str, values: tuple[float, ...], base_ms: float
) -> Iterator[tuple[float, float, float]]:
    """Yield the pieces of a wait of `base_ms` before jitter."""
    match form:
        case _ if form == SCALED:
            low, high = values
            yield base_ms * low, base_ms * high, 1.0
        case _ if form == ADDED:
            low, high = values
            yield base_ms + low, base_ms + high, 1.0
        case _ if form == RUST_RETRY:
            below_s, whole = math.modf(base_ms / 1000)
            parts = max(int(whole), 1)  # the draw is within one of as many equal parts
            pieces = min(parts, MOST_PIECES)
            starts = [number * parts // pieces for number in range(pieces + 1)]
            for first, after in pairwise(starts):  # of very many, several are one piece
                low, high = (1000 * below_s * end / parts for end in (first, after))
                least, most = (1000.0 * end * (whole > 0) for end in (first + 1, after))
                yield least + low, most + high, (after - first) / parts
        case _:
            raise NotImplementedError(form)
