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
from harness.tune.question import FREE

if TYPE_CHECKING:
    from harness.tune.families import Explained
    from harness.tune.observed import Observations
    from harness.tune.question import Limits, Prices
    from harness.tune.releases import Floats, Releases

RESAMPLES: Final = 200
CHOICES: Final = 24
"""So often the whole choice is made on a resample, which takes longer."""
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
    chosen_budget_ms: Range95
    """Budget of what would be chosen: the same choice on some of these draws."""
    chosen_alike: float
    """Share of these choices that are of the same family."""
    watched_ms: float
    """Longest time that an operation was watched."""
    unseen: Range95
    """Share of operations that were not seen to be released, and with them what lies beyond."""
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


def recommended(releases: Releases, limits: Limits, prices: Prices = FREE) -> Explained:
    """Return the simplest strategy near the best. Raises the errors of `optimum`."""
    best = optimum(releases, limits, prices=prices, rough=True)
    return simplest(explanations(releases, limits, best, prices), 1 - releases.free, prices)


def certainty(
    observed: Observations,
    attempts_ms: Floats,
    limits: Limits,
    seed: int = 0,
    *,
    prices: Prices = FREE,
) -> Certainty:
    """Judge a schedule that was chosen on `observed`."""
    outcomes, budgets = [], []
    choices: list[Explained | None] = []
    for releases in observed.resampled(RESAMPLES, seed):
        outcomes.append(evaluate(attempts_ms, releases, limits.call_ms))
        budgets.append(releases.time_of(1 - limits.max_failure))
        if len(choices) < CHOICES:
            choices.append(_chosen(releases, limits, prices))
    own = recommended(observed.releases(), limits, prices)
    alike = sum(each is not None and each.family == own.family for each in choices)
    number = observed.independent
    return Certainty(
        number,
        _wilson(evaluate(attempts_ms, observed.releases()).failure, number),
        _range([each.wait_ms for each in outcomes]),
        _range(budgets),
        _cross_fitted(observed, limits, seed, prices),
        _range([each.attempts_ms[-1] if each else math.inf for each in choices]),
        alike / len(choices),
        observed.watched_ms,
        _wilson(observed.unreleased, number),
        trials_needed(limits.max_failure),
    )


def _chosen(releases: Releases, limits: Limits, prices: Prices) -> Explained | None:
    """Return what would be chosen; ``None`` if no schedule is within the limits there."""
    try:
        return recommended(releases, limits, prices)
    except InvalidInputError:
        return None


def _wilson(share: float, number: int) -> Range95:
    interval = wilson(share * number, number)
    return Range95(interval.low, interval.high)


def _range(values: list[float]) -> Range95:
    low, high = np.quantile(np.array(values), [0.025, 0.975], method="inverted_cdf").tolist()
    return Range95(low, high if math.isfinite(high) else None)


def _cross_fitted(observed: Observations, limits: Limits, seed: int, prices: Prices) -> Outcome | None:
    """Choose on each half, judge on the other, and return the mean of both."""
    halves = observed.halves(seed)
    if halves is None:
        return None
    judged = []
    for chosen_on, judged_on in (halves, halves[::-1]):
        chosen = _chosen(chosen_on.releases(), limits, prices)
        if chosen is None:
            return None
        judged.append(evaluate(np.array(chosen.attempts_ms), judged_on.releases(), limits.call_ms))
    return Outcome(
        *(float(np.mean([getattr(each, name) for each in judged])) for name in Outcome.__annotations__)
    )
