"""Failure rates in words, with their intervals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from harness.summary.model import VariantSummary
from harness.summary.phrase import Phrase, listed
from harness.summary.statistics import wilson
from harness.text import percent

NAMED_TOGETHER: Final = 6
"""Of variants with the same failures so many are named; the table has them all."""


def failure_groups(variants: Iterable[VariantSummary]) -> Iterator[Phrase]:
    """The failure rates of variants, lowest first, those with the same failures together."""

    def failures(variant: VariantSummary) -> tuple[float, int]:
        return variant.failure_rate, -variant.trials

    counted = sorted((variant for variant in variants if variant.trials), key=failures)
    for _, group in groupby(counted, failures):
        found = list(group)
        names = listed(variant.name for variant in found[:NAMED_TOGETHER])
        more = len(found) - NAMED_TOGETHER
        others = f" and {more} more" if more > 0 else ""
        each = " each" if len(found) > 1 else ""
        yield (*names, f"{others}{each} failed {rate_words(found[0].failures, found[0].trials)}")


def rate_words(failures: int, trials: int) -> str:
    """A failure rate with Wilson's 95 % interval: ``1 of 4: 25.0 % (4.5 to 70.0 %)``.

    Where all trials failed, or none, a bound: ``0 of 400: at most 1.0 %``.
    """
    if trials == 0:
        return "no trials"
    bounds = wilson(failures, trials)
    low, high = percent(bounds.low, "down"), percent(bounds.high, "up")
    of = f"{failures:,} of {trials:,}"
    if failures == 0:
        return f"{of}: at most {high} %"
    if failures == trials:
        return f"{of}: at least {low} %"
    return f"{of}: {percent(failures / trials)} % ({low} to {high} %)"
