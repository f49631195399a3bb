"""Search where the verdict on releases changes, with as few runs as that takes.

Between two releases with different verdicts the one in the middle is asked, until they are neighbours:
with the verdicts ``bad bad good good`` of 1.0 to 1.3, 1.0 and 1.3 are asked first, then 1.1 and 1.2. A
release whose verdict is not to be had is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Verdict = Literal["good", "bad", "unknown"]


@dataclass(frozen=True, slots=True)
class Change:
    """The verdict on `first` differs from that on `before`; those on all `between` are unknown."""

    before: str
    first: str
    between: tuple[str, ...]


def changes(
    versions: Sequence[str], ask: Callable[[str], Verdict], asked_first: Iterable[str] = ()
) -> list[Change]:
    """Return each change that is found, in order; `ask` is called once at most for a version.

    The first and the last of `versions` are always asked, and those of `asked_first`. A change and its
    reversal between two neighbours of those are not found.
    """
    verdicts: dict[str, Verdict] = {}
    for version in [*versions[:1], *asked_first, *versions[-1:]]:
        if version not in verdicts:
            verdicts[version] = ask(version)
    while (middle := _next(versions, verdicts)) is not None:
        verdicts[middle] = ask(middle)
    return [
        Change(versions[before], versions[first], tuple(versions[before + 1 : first]))
        for before, first in _flips(versions, verdicts)
    ]


def _next(versions: Sequence[str], verdicts: dict[str, Verdict]) -> str | None:
    """The release to ask: of those between two with different verdicts, the one in the middle."""
    for before, first in _flips(versions, verdicts):
        open_ones = [each for each in versions[before + 1 : first] if each not in verdicts]
        if open_ones:
            return open_ones[len(open_ones) // 2]
    return None


def _flips(versions: Sequence[str], verdicts: dict[str, Verdict]) -> Iterator[tuple[int, int]]:
    """The places of two releases with different verdicts, between which none is known."""
    known = [
        place for place, version in enumerate(versions) if verdicts.get(version, "unknown") != "unknown"
    ]
    for before, first in pairwise(known):
        if verdicts[versions[before]] != verdicts[versions[first]]:
            yield before, first
