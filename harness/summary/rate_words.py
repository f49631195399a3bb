"""Failure rates in words, with their intervals."""

from __future__ import annotations

from harness.summary.statistics import wilson
from harness.text import percent


def rate_words(failures: int, trials: int, *, confidence: float | None = None) -> str:
    """A failure rate with Wilson's interval: ``1 of 4: 25.0 % (4.5 to 70.0 %)``.

    Where all trials failed, or none, a bound: ``0 of 400: at most 1.0 %``. `confidence`, 0.95 if it is
    not given, is in the words only if it is given.
    """
    if trials == 0:
        return "no trials"
    low, high = wilson(failures, trials, confidence or 0.95)
    of = f"{failures:,} of {trials:,}"
    level = "" if confidence is None else f"{100 * confidence:g} %"
    if failures in {0, trials}:
        bound = f"most {percent(high, 'up')}" if failures == 0 else f"least {percent(low, 'down')}"
        return f"{of}: at {bound} %" + (f" ({level})" if level else "")
    between = f"{percent(low, 'down')} to {percent(high, 'up')} %" + (f", {level}" if level else "")
    return f"{of}: {percent(failures / trials)} % ({between})"
