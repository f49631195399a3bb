"""How sure a recommendation is that was chosen on finite data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from harness.errors import InvalidInputError
from harness.summary.statistics import wilson
from harness.tune.evaluate import Outcome, evaluate
from harness.tune.families import explanations, simplest
from harness.tune.optimum import optimum

if TYPE_CHECKING:
    from harness.tune.families import Explained
    from harness.tune.observed import Observations
    from harness.tune.question import Limits
    from harness.tune.releases import Floats, Releases

RESAMPLES: Final = 200
_Z95: Final = 1.959963984540054


@dataclass(frozen=True)
class Range95:
    """A 95 % interval."""

    low: float
    """Lower end."""
    high: float | None
    """Upper end; ``null``: not known."""


@dataclass(frozen=True)
class Certainty:
    """What the data say of the recommendation."""

    independent: int
    """Number of independent observations."""
    failure: Range95
    """Share of operations that fail under it: Wilson's interval."""
    wait_ms: Range95
    """Its wait: a bootstrap over draws."""
    budget_ms: Range95
    """Time by which as many operations are possible as may not fail: the same bootstrap."""
    cross_fitted: Outcome | None
    """What a choice on one half of the data does on the other; ``null`` where halves say nothing."""
    trials_needed: int
    """Independent observations without a failure that would show the failure limit."""

    @property
    def supports(self) -> bool:
        """Whether so few observations can show the failure limit at all."""
        return self.independent >= self.trials_needed


def trials_needed(max_failure: float) -> int:
    """Return how many trials without a failure bring the end of the interval to `max_failure`."""
    if max_failure <= 0:
        return _ENDLESS
    return math.ceil(_Z95**2 * (1 - max_failure) / max_failure - 1e-9)


_ENDLESS: Final = 10**12


def recommended(releases: Releases, limits: Limits) -> Explained:
    """Return the simplest strategy near the best. Raises the errors of `optimum`."""
    best = optimum(releases, limits)
    found = explanations(releases, limits, best.attempts_ms, best.outcome.wait_ms)
    return simplest(found, 1 - releases.free)


def certainty(observed: Observations, attempts_ms: Floats, limits: Limits, seed: int = 0) -> Certainty:
    """Judge a schedule that was chosen on `observed`."""
    outcomes, budgets = [], []
    for releases in observed.resampled(RESAMPLES, seed):
        outcomes.append(evaluate(attempts_ms, releases))
        budgets.append(releases.time_of(1 - limits.max_failure))
    failure = evaluate(attempts_ms, observed.releases()).failure
    number = observed.independent
    interval = wilson(failure * number, number)
    return Certainty(
        number,
        Range95(interval.low, interval.high),
        _range([each.wait_ms for each in outcomes]),
        _range(budgets),
        _cross_fitted(observed, limits, seed),
        trials_needed(limits.max_failure),
    )


def _range(values: list[float]) -> Range95:
    low, high = np.quantile(np.array(values), [0.025, 0.975], method="inverted_cdf").tolist()
    return Range95(low, high if math.isfinite(high) else None)


def _cross_fitted(observed: Observations, limits: Limits, seed: int) -> Outcome | None:
    """Choose on each half, judge on the other, and return the mean of both."""
    halves = observed.halves(seed)
    if halves is None:
        return None
    judged = []
    for chosen_on, judged_on in (halves, halves[::-1]):
        try:
            chosen = recommended(chosen_on.releases(), limits)
        except InvalidInputError:
            return None
        judged.append(evaluate(np.array(chosen.attempts_ms), judged_on.releases()))
    return Outcome(
        *(float(np.mean([getattr(each, name) for each in judged])) for name in Outcome.__annotations__)
    )
