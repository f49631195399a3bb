"""Fit strategy notation to the attempts that were seen: the simplest that explains when they were made.

Attempts come late under load and never early, so of several runs the shortest wait of each place counts,
and two runs must be explained wholly: with jitter none is like another. A wait may be seen up to
`LATE_MS`, or `LATE` of itself, longer, by the call itself, the timer and the scheduler, and `EARLY_MS`
shorter (Wine's timers have a resolution of 1 ms).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Final

from harness.strategy.durations import spell_duration, spell_retries
from harness.strategy.notation import parse
from harness.strategy.schedules import schedule
from harness.winerror import ACCESS_DENIED

LATE_MS: Final = 25.0
LATE: Final = 0.06
EARLY_MS: Final = 1.5
MOST_LISTED: Final = 8
"""A list of more waits than this says no more than the attempts themselves."""
FEWEST_EXPLAINED: Final = 2
"""Runs that a schedule explains wholly; of one run, that one."""
FEWEST_GROWING: Final = 3
"""With fewer waits, a list is as short."""
FACTORS: Final = ("x2", "x1.5", "x1.2", "x3", "x10")
ROUND: Final = (1.0, 2.0, 2.5, 4.0, 5.0, 8.0)
"""Figures of the numbers that people choose, to a power of ten."""


@dataclass(frozen=True, slots=True, order=True)
class FittedSchedule:
    """Notation for attempts, and the most by which one of its waits was seen to be longer in any run."""

    notation: str
    latest_ms: float


def fitted(runs: Sequence[Sequence[float]], codes: Sequence[int]) -> FittedSchedule | None:
    """Return the simplest notation that explains the attempts of runs; ``None`` if no simple one does.

    Times of `runs` are in ms from the first attempt; `codes` are those that are retried. Tried are: one
    attempt, equal waits, growing by a factor or by a step, each capped or not, and a list of up to
    `MOST_LISTED` waits.
    """
    waits = [_waits(times) for times in runs if times]
    shortest = _shortest(waits)
    if not shortest:
        return FittedSchedule("plain", 0.0)
    on = f" on {','.join(map(str, codes))}" if codes else ""
    for kind in (_equal(shortest), _growing(shortest), _capped(shortest), _listed(shortest)):
        fits = [fit for text in kind if (fit := _fit(f"{text}{on}", waits, codes)) is not None]
        if fits:
            return min(fits)[1]
    return None


def spread_ms(runs: Sequence[Sequence[float]]) -> float:
    """The most by which a wait differs between runs that have it. Times in ms from the first attempt."""
    waits = [_waits(times) for times in runs]
    places = zip_longest(*waits)
    known = [[wait for wait in place if wait is not None] for place in places]
    return max((max(place) - min(place) for place in known), default=0.0)


def _waits(times_ms: Sequence[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times_ms)]


def _shortest(waits: Sequence[Sequence[float]]) -> list[float]:
    """The shortest wait of each place that all runs have."""
    return [min(place) for place in zip(*waits, strict=False)]


def _fit(
    text: str, waits: Sequence[Sequence[float]], codes: Sequence[int]
) -> tuple[float, FittedSchedule] | None:
    """Return how far notation is from the shortest waits, with it; ``None`` if it explains them not."""
    spec = parse(text)
    told = _waits(schedule(spec.strategy("fit"), code=codes[0] if codes else ACCESS_DENIED).attempts_ms)
    shortest = _shortest(waits)
    explained = sum(_explain(told, each) for each in waits)
    if not _explain(told, shortest) or explained < min(FEWEST_EXPLAINED, len(waits)):
        return None
    off = sum(abs(seen - each) for each, seen in zip(told, shortest, strict=True))
    latest_ms = max(seen - each for run in waits for each, seen in zip(told, run, strict=False))
    return off, FittedSchedule(str(spec), round(latest_ms, 1))


def _explain(told_ms: Sequence[float], seen_ms: Sequence[float]) -> bool:
    """Whether the waits of a schedule explain those that were seen."""
    return len(told_ms) == len(seen_ms) and all(map(_explains, told_ms, seen_ms))


def _equal(waits_ms: Sequence[float]) -> Iterator[str]:
    for wait in _near(min(waits_ms)):
        yield f"{wait} {_retries(waits_ms)}"


def _growing(waits_ms: Sequence[float], caps: Sequence[str] = ("",)) -> Iterator[str]:
    if len(waits_ms) < FEWEST_GROWING:
        return
    for first in _near(waits_ms[0]):
        for growth in (*FACTORS, *(f"+{step}" for step in _steps(waits_ms))):
            for cap in caps:
                if first != "0" or growth.startswith("+"):
                    yield f"{first} {growth}{cap} {_retries(waits_ms)}"


def _capped(waits_ms: Sequence[float]) -> Iterator[str]:
    if waits_ms:
        yield from _growing(waits_ms, [f" cap {cap}" for cap in _near(waits_ms[-1]) if cap != "0"])


def _listed(waits_ms: Sequence[float]) -> Iterator[str]:
    if 1 < len(waits_ms) <= MOST_LISTED:  # one alone needs a number of retries
        yield ",".join(next(_near(wait), spell_duration(max(1, round(wait)))) for wait in waits_ms)


def _retries(waits_ms: Sequence[float]) -> str:
    return spell_retries(len(waits_ms))


def _steps(waits_ms: Sequence[float]) -> Iterator[str]:
    """Steps by which waits may grow: the round ones near the mean growth of the first few."""
    growing = [later - earlier for earlier, later in pairwise(waits_ms[:6])]
    step = sum(growing) / len(growing)
    for each in sorted(_round_numbers(), key=lambda each: abs(each - step))[:3]:
        if step > 0:
            yield spell_duration(each)


def _near(wait_ms: float) -> Iterator[str]:
    """Spell the round numbers as which a wait may have been seen, the longest first."""
    for each in sorted(_round_numbers(), reverse=True):
        if _explains(each, wait_ms):
            yield spell_duration(each)
    if _explains(0, wait_ms):
        yield "0"


def _round_numbers() -> list[float]:
    return [figure * 10**power for power in range(6) for figure in ROUND] + [
        15.0,
        25.0,
        30.0,
        75.0,
        150.0,
        250.0,
        300.0,
        600.0,
        750.0,
        1500.0,
        3000.0,
    ]


def _explains(wait_ms: float, seen_ms: float) -> bool:
    return -EARLY_MS <= seen_ms - wait_ms <= max(LATE_MS, LATE * wait_ms)
