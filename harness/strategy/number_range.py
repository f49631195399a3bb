"""A number that jitter makes differ: its median, its percentiles and its bounds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """A number that may differ from one execution to the next."""

    median: float
    """Median; the only value without jitter."""
    p5: float
    """5th percentile."""
    p95: float
    """95th percentile."""
    least: float | None
    """Lower bound, which follows from the notation; ``null`` where it is not known."""
    most: float | None
    """Upper bound; ``null`` where it is not known."""

    @property
    def is_one(self) -> bool:
        """Whether it is always the same."""
        return self.least == self.most is not None

    @property
    def is_nothing(self) -> bool:
        """Whether it is always zero."""
        return self.is_one and not self.median

    def spelled(self, spell: Callable[[float], str]) -> str:
        """Spell it: ``60 s``, or with jitter its median, its percentiles and its bounds."""
        if self.is_one:
            return spell(self.median)
        found = [f"5th to 95th percentile: {spell(self.p5)} to {spell(self.p95)}"]
        bounds = [
            f"{words} {spell(bound)}"
            for words, bound in (("at least", self.least), ("at most", self.most))
            if bound
        ]
        found += [" and ".join(bounds)] if bounds else []
        return f"~{spell(self.median)} ({'; '.join(found)})"

    def in_short(self, spell: Callable[[float], str]) -> str:
        """Spell its median alone, which ``~`` marks where there is jitter."""
        return "~" * (not self.is_one) + spell(self.median)


def one(value: float) -> Range:
    """Return the range of what is always the same."""
    return Range(*[float(value)] * 5)


def drawn_range(values: Sequence[float], bounds: tuple[float, float | None] | None = None) -> Range:
    """Return the range of what was drawn; the bounds of a number of which all draws agree are it."""
    ordered = sorted(map(float, values))
    shares = (ordered[max(math.ceil(share * len(ordered)) - 1, 0)] for share in (0.5, 0.05, 0.95))
    if bounds is None and ordered[0] == ordered[-1]:
        bounds = ordered[0], ordered[0]
    return Range(*shares, *(bounds or (None, None)))
