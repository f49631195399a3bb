"""Why injected holds met no operation: said where nothing was held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from operator import itemgetter
from typing import Literal, NamedTuple

Unheld = Literal["control", "none drawn", "too late", "too early", "not taken"]
"""Why holds met no operation.

``control``: the profile has none. ``none drawn``: their probability gave none. ``too late``: they came
when the operations were done.
``too early``: they had ended before the first call. ``not taken``: taking them failed.
"""


class DrawnHold(NamedTuple):
    """A hold that was drawn; times on one clock."""

    opened: float | None
    """When it was taken; ``None``: never."""
    ended: float
    """When its operation ended."""
    failed: bool
    """Whether taking it was an error."""


def why_unheld(holds: Iterable[DrawnHold]) -> Unheld:
    """The most frequent reason, given all holds of trials in which none met an operation."""
    return max(Counter(map(_reason, holds)).items(), key=itemgetter(1), default=("none drawn", 0))[0]


def _reason(hold: DrawnHold) -> Unheld:
    if hold.opened is None:
        return "not taken" if hold.failed else "too late"
    return "too late" if hold.opened > hold.ended else "too early"
