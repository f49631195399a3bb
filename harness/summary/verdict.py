"""The verdicts on a comparison of two strategies: the words for them, and when each of them is given.

A verdict follows from an interval and the margin that matters, never from a p-value.
"""

from __future__ import annotations

from typing import Final, Literal

from harness.summary.statistics import Interval

IntervalVerdict = Literal["better", "worse", "equivalent", "undecided"]
"""A strategy compared with another. ``equivalent``: they differ by no more than what matters and what
the platform can tell; ``undecided``: neither a difference nor its absence is certain.
"""
ComparisonVerdict = Literal[IntervalVerdict, "both always fail", "neither fails", "not compared"]
"""A verdict, or what is the case in all trials compared. ``not compared``: nothing could be."""

FAILS: Final[dict[ComparisonVerdict, str]] = {
    "better": "Fails less often",
    "worse": "Fails more often",
    "equivalent": "Fails as often",
    "both always fail": "Fails every time, as does {baseline}",
    "neither fails": "Never fails here, nor does {baseline}",
    "undecided": "Whether it fails more often is undecided",
}
TIMES: Final[dict[ComparisonVerdict, str]] = {
    "better": "Where both succeed, is faster",
    "worse": "Where both succeed, is slower",
    "equivalent": "Where both succeed, takes as long",
    "undecided": "Where both succeed, whether it is faster is undecided",
    "not compared": "No block in which both succeeded, so no time to compare",
}
"""The beginnings of sentences that list variants, by their verdicts."""


def verdict(interval: Interval, margin: float) -> IntervalVerdict:
    """The verdict on a difference (below 0 is better), where sizes up to `margin` do not matter.

    ``better`` or ``worse``: the whole interval is beyond the margin. ``equivalent``: all of it is within
    the margins (two one-sided tests: Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15
    (1987) 657-680). Else ``undecided``.
    """
    low, high = interval
    if high <= -margin:
        return "better"
    if low >= margin:
        return "worse"
    return "equivalent" if -margin < low and high < margin else "undecided"


def failures_verdict(
    failures: int, trials: int, other_failures: int, other_trials: int, interval: Interval, margin: float
) -> ComparisonVerdict:
    """The verdict on failures: `verdict` of their difference, unless all trials ended alike.

    Where both failed every time, or never, there is nothing to decide between them: this is said
    instead, and the interval says how far apart they may still be.
    """
    if not trials or not other_trials:
        return "not compared"
    if failures == trials and other_failures == other_trials:
        return "both always fail"
    if failures == other_failures == 0:
        return "neither fails"
    return verdict(interval, margin)
