"""Which units the numbers of a list of waits have, where not each has one: ``50,100,200ms,1s``.

A number without a unit takes that of the next one that has a unit. A list that would then shrink from
such a number to the next may be meant otherwise; it has two readings.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

from harness.strategy.durations import UNITS, read_ms


class WrittenWait(Protocol):
    """A wait as it is written: its digits, and its unit if it has one."""

    @property
    def text(self) -> str:
        """The digits."""

    @property
    def unit(self) -> str | None:
        """The unit."""


Units = Sequence[str | None]


def units_of(waits: Sequence[WrittenWait]) -> list[str | None]:
    """The unit of each wait; ``None`` after the last one that has a unit."""
    units: list[str | None] = []
    following = None
    for wait in reversed(waits):
        following = wait.unit or following
        units.append(following)
    return units[::-1]


def shrinks_from(waits: Sequence[WrittenWait], units: Units) -> int | None:
    """The place of the first wait without a unit that is longer than the next, if any.

    0 needs no unit, and counts as no wait.
    """
    found = [
        (place, ms)
        for place, (wait, unit) in enumerate(zip(waits, units, strict=True))
        if (ms := read_ms(wait.text, unit or "ms"))
    ]
    return next(
        (
            place
            for (place, ms), (_, later_ms) in pairwise(found)
            if waits[place].unit is None and ms > later_ms
        ),
        None,
    )


def readings(waits: Sequence[WrittenWait], units: Units, place: int) -> list[str]:
    """The readings of a list that shrinks after `place`: as it stands, and with a smaller unit there."""
    unit = str(units[place])
    found = [_spelled(waits, units)]
    for other in reversed(list(UNITS)[: list(UNITS).index(unit)]):
        meant = [
            other if wait.unit is None and taken == unit else taken
            for wait, taken in zip(waits, units, strict=True)
        ]
        found[1:] = [_spelled(waits, meant)]
        if shrinks_from(waits, meant) is None:
            break
    return found


def _spelled(waits: Sequence[WrittenWait], units: Units) -> str:
    """Spell a list with a unit after each number but 0."""
    return ",".join(
        f"{wait.text}{unit or ''}" if float(wait.text) else "0"
        for wait, unit in zip(waits, units, strict=True)
    )
