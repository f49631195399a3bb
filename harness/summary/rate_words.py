"""Failure rates in words, with their intervals."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, Protocol

from harness.summary.failure_rate import CountedFailures
from harness.summary.phrase import Part, Phrase, Value
from harness.summary.statistics import wilson
from harness.text import counted, is_plain, percent

NAMED_TOGETHER: Final = 6
"""Of names in a sentence so many are given; the table has them all."""


class Rated(Protocol):
    """What has a failure rate: a variant, or a strategy with all its factors."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def failures(self) -> int:
        """Number of trials that failed."""

    @property
    def trials(self) -> int:
        """Number of trials that count."""

    @property
    def effective_trials(self) -> float:
        """Number of trials that an interval is for."""


def failure_groups(rated: Iterable[Rated]) -> Iterator[Phrase]:
    """The failure rates of variants, lowest first, those with the same failures together."""

    def failures(each: Rated) -> tuple[float, int]:
        return each.failures / each.trials, -each.trials

    with_trials = sorted((each for each in rated if each.trials), key=failures)
    for _, group in groupby(with_trials, failures):
        found = list(group)
        together = " each" if len(found) > 1 else ""
        rate = rate_words(found[0].failures, found[0].trials, found[0].effective_trials)
        yield (*named([each.name for each in found]), f"{together} failed {rate}")


def named(names: Sequence[str], last: str = "and") -> Phrase:
    """Names of a run in a sentence: ``a, b and c``; of many the first ones, ``and 12 more``.

    Strategy notation, and whatever else is no plain name, is in quotation marks.
    """
    shown: list[Phrase] = [
        (Value(name),) if is_plain(name) else ('"', Value(name), '"')
        for name in (names if len(names) <= NAMED_TOGETHER else names[: NAMED_TOGETHER - 1])
    ]
    if len(names) > len(shown):
        shown.append((f"{len(names) - len(shown):,} more",))
    parts: list[Part] = []
    for number, each in enumerate(shown):
        between = f" {last} " if number == len(shown) - 1 else ", "
        parts += [between, *each] if number else each
    return tuple(parts)


def rate_words(failures: int, trials: int, effective: float | None = None) -> str:
    """A failure rate with Wilson's 95 % interval: ``1 of 4: 25.0 % (4.5 to 70.0 %)``.

    Where all trials failed, or none, a bound: ``0 of 400: at most 1.0 %``. `effective`: the number of
    trials that the interval is for, if they are not all independent: ``0 of 15, in 5 blocks: …``.
    """
    if trials == 0:
        return "no trials"
    number = trials if effective is None else effective
    bounds = wilson(failures / trials * number, number)
    low, high = percent(bounds.low, "down"), percent(bounds.high, "up")
    of = f"{failures:,} of {trials:,}{'' if number == trials else _as_blocks(number)}"
    if failures == 0:
        return f"{of}: at most {high} %"
    if failures == trials:
        return f"{of}: at least {low} %"
    return f"{of}: {percent(failures / trials)} % ({low} to {high} %)"


def pooled_rate_words(rated: Collection[CountedFailures]) -> str:
    """The failure rate of strategies that do the same: it is their blocks that count."""
    return rate_words(
        sum(each.failures for each in rated),
        sum(each.trials for each in rated),
        max(each.effective_trials for each in rated),
    )


def _as_blocks(number: float) -> str:
    """The size of a sample that is smaller than its number of trials."""
    return f", in {'' if number == round(number) else 'about '}{counted(round(number), 'block')}"
