"""How long holds last, as seen through attempts: when is an operation that was denied let through?

Nobody sees a hold end. An attempt was denied, so the operation was held then; a later one succeeded,
so it was free by then. The time to unlock is therefore known as an interval (interval-censored), or only
as more than something (right-censored) where the strategy gave up. Both ends are starts of attempts:
without jitter a strategy tries at the same times in every trial, and if one end were that of a call,
neighbouring intervals would overlap by its length, where a maximum likelihood estimate would put all it
can.

What cannot be known from it is not said: holds that would never end show only as a bound, at the end of
the longest watch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.stats import expon, fisk, gamma, lognorm, weibull_min

from harness.analysis.censoring import Intervals, turnbull
from harness.analysis.failure_runs import KEY, blockers, numbered, stretches
from harness.analysis.grouping import variant_of
from harness.analysis.paired import CLOCK_MS
from harness.analysis.rates import wilson
from harness.text import counted as counted_text
from harness.text import milliseconds, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray
    from scipy.stats import rv_continuous

    from harness.analysis.selection import Case

    Floats = NDArray[np.float64]

RESAMPLES: Final = 500
BAND_TOLERANCE: Final = 0.01
"""Of the fits of a bootstrap (`censoring.TOLERANCE`): changes the share by some 0.001."""

FAMILIES: Final[dict[str, rv_continuous]] = {
    "exponential": expon,
    "lognormal": lognorm,
    "weibull": weibull_min,
    "gamma": gamma,
    "loglogistic": fisk,
}
_LEAST_INTERVALS: Final = 3
_ROUNDING: Final = 1e-9
_AT_ONCE: Final = 2_000_000  # weights in a batch of a bootstrap, 16 MB


@dataclass(frozen=True)
class Unlocks:
    """What attempts show of the holds on the operations of a case.

    `times` has one row an operation that was denied (RangeIndex): `trial`, `operation`, `run`, `block`,
    `variant`, `op_id`, `kind`, `outcome` (of the operation), `denials` (denied attempts), `first_ms`,
    `low_ms`, `high_ms`, `free_ms` and `true_ms`; all counted from when the operation was ready. It was
    unlocked after `low_ms`, the start of the last denied attempt, and by `high_ms`, the start of the
    success after it (``inf``: none came), but for what that call took: `free_ms` is its end. `first_ms`
    is the start of its first denied attempt. `true_ms` is what receipts say: ``inf`` if the hold
    outlasted the trial, NaN if no receipt explains the denials.

    `operations` is how many there were; those without a denial were not held when they were tried,
    which says nothing about how long a hold lasts.
    """

    times: pd.DataFrame
    operations: int

    @property
    def words(self) -> str:
        """What there is, in a sentence or two; with the check against receipts where there are any."""
        times = self.times
        freed = int(np.isfinite(times["high_ms"]).sum())
        text = (
            f"{len(times):,} of {counted_text(self.operations, 'operation')} denied: {freed:,} let "
            f"through in the end, {len(times) - freed:,} not."
        )
        known = times[times["true_ms"].notna()]
        if known.empty:
            return text
        right = (known["low_ms"] < known["true_ms"]) & (known["true_ms"] <= known["free_ms"])
        return f"{text} Receipts agree with {int(right.sum()):,} of {len(known):,} of these."


def unlock_times(case: Case) -> Unlocks:
    """The times to unlock of the operations of a case; for those of one variant, of ``case.variant(…)``.

    They are of operations that were held at their first attempt, so take variants (or factors, such as
    ``pause_ms``) apart if these do not begin to try at the same time.
    """
    found = stretches(numbered(case))
    blocked = blockers(found, case.holds)
    found["released_ms"] = blocked.groupby("stretch")["released_ms"].max().reindex(found.index)
    per_operation = found.groupby(KEY)
    last = per_operation.tail(1).set_index(KEY)
    last["denials"] = per_operation["denials"].sum()
    last["first_ms"] = per_operation["first_ms"].first()
    operations = case.operations[[*KEY, "op_id", "kind", "outcome", "ready_ms"]]
    rows = operations.merge(last.reset_index(), on=KEY)
    about = case.trials[["run", "block"]].assign(variant=variant_of(case.trials))
    rows = rows.join(about, on="trial")
    rows["denials"] = rows["denials"].astype(np.int64)
    ready = rows["ready_ms"]
    for name, moment in (
        ("first_ms", "first_ms"),
        ("low_ms", "last_ms"),
        ("high_ms", "free_from_ms"),
        ("free_ms", "free_ms"),
        ("true_ms", "released_ms"),
    ):
        rows[name] = rows[moment] - ready
    return Unlocks(rows[_COLUMNS], len(operations))


_COLUMNS: Final = [
    *KEY,
    "run",
    "block",
    "variant",
    "op_id",
    "kind",
    "outcome",
    "denials",
    "first_ms",
    "low_ms",
    "high_ms",
    "free_ms",
    "true_ms",
]


def unlock_distribution(
    unlocks: Unlocks, *, confidence: float = 0.95, seed: int = 0, resamples: int = RESAMPLES
) -> pd.DataFrame:
    """The share of denied operations unlocked by each time (`turnbull`), with a band.

    Returns one row an interval on which there is probability (RangeIndex): `left_ms`, `right_ms`
    (``inf`` in the last one, if not all were let through), `mass`, `released` (share unlocked by
    `right_ms`), `low`, `high`. Between `left_ms` and `right_ms` the share rises, the data cannot say
    where.

    The band is pointwise: Wilson's interval for as many observations as would vary as much (Korn and
    Graubard, Survey Methodology 24 (1998) 193-201), which a bootstrap tells that draws whole blocks,
    whose variants met the same holds; where all are released, for as many as there are blocks. With
    continuous inspection times it is approximate (Sen, Banerjee and Woodroofe, Annals of Statistics 38
    (2010) 1953-1977: a bootstrap of this estimate varies a little too little).
    """
    times = unlocks.times
    problem = Intervals(times["low_ms"], times["high_ms"])
    mass, _ = problem.fit(np.ones((1, problem.size)))
    released = np.clip(np.cumsum(mass[0]), 0, 1)
    released[released > 1 - _ROUNDING] = 1.0
    number = _effective_number(released, problem, times, seed, resamples)
    low, high = wilson(released * number, number, confidence=confidence)
    return pd.DataFrame(
        {
            "left_ms": problem.left,
            "right_ms": problem.right,
            "mass": mass[0],
            "released": released,
            "low": low,
            "high": high,
        }
    )


def _effective_number(
    released: Floats, problem: Intervals, times: pd.DataFrame, seed: int, resamples: int
) -> Floats:
    """How many independent observations would give shares that vary as those of a bootstrap do."""
    if not problem.size:
        return np.empty(0)
    cluster = times.groupby(["run", "block"], observed=True).ngroup().to_numpy()
    clusters = int(cluster.max()) + 1
    rng = np.random.default_rng(seed)
    batch = max(1, _AT_ONCE // problem.size)
    parts = []
    for first in range(0, resamples, batch):
        drawn = rng.multinomial(
            clusters, np.full(clusters, 1 / clusters), size=min(batch, resamples - first)
        )
        mass, _ = problem.fit(drawn[:, cluster].astype(np.float64), BAND_TOLERANCE)
        parts.append(np.cumsum(mass, axis=1))
    variance: Floats = np.concatenate(parts).var(axis=0)
    number = np.full(released.size, float(clusters))
    some = (released > _ROUNDING) & (released < 1) & (variance > _ROUNDING)
    number[some] = (released * (1 - released))[some] / variance[some]
    return np.asarray(np.clip(number, 1.0, problem.size))


@dataclass(frozen=True)
class Unreleased:
    """The share of denied operations that were still held at `at_ms`, the end of the longest watch.

    `high` bounds it. How many of them would never be released cannot be known from this; not more.
    """

    at_ms: float
    share: float
    high: float
    confidence: float

    @property
    def words(self) -> str:
        """The bound, in a sentence."""
        if math.isnan(self.share):
            return "No operation was denied."
        text = (
            f"Of those that were denied, {percent(self.share)} % were still held after the longest "
            f"watch, {milliseconds(self.at_ms)}"
        )
        if self.high == 1:
            return f"{text}: too few to say how many are ever released."
        level = f"{100 * self.confidence:g} %"
        return f"{text}: so at most {percent(self.high)} % are never released ({level})."


def unreleased(
    unlocks: Unlocks, *, confidence: float = 0.95, seed: int = 0, resamples: int = RESAMPLES
) -> Unreleased:
    """Bound the share that is never released.

    The bound is that of the band of `unlock_distribution` at the end of the longest watch.
    """
    times = unlocks.times
    if times.empty:
        return Unreleased(math.nan, math.nan, 1.0, confidence)
    watched = np.where(np.isfinite(times["high_ms"]), times["high_ms"], times["low_ms"]).max()
    table = unlock_distribution(unlocks, confidence=confidence, seed=seed, resamples=resamples)
    seen = table[table["right_ms"] <= watched]
    released, low = (0.0, 0.0) if seen.empty else (seen["released"].iloc[-1], seen["low"].iloc[-1])
    return Unreleased(float(watched), float(1 - released), float(1 - low), confidence)


def unlock_families(unlocks: Unlocks, names: Sequence[str] = tuple(FAMILIES)) -> pd.DataFrame:
    """Fit families of distributions to the times to unlock, from 0 on, by maximum likelihood.

    Returns one row a family, the best first, index `family`: `parameters` (a dict of those of scipy's
    distribution in `FAMILIES`, such as ``{"s": 1.2, "scale": 800.0}``, in ms), `log_likelihood`, `aic`
    (Akaike, IEEE Transactions on Automatic Control 19 (1974) 716-723), `delta_aic` (to the best),
    `median_ms`, `p95_ms`, `distance` (how far it is, at most, from `turnbull`, where that is known:
    near 0 it fits). No rows where the estimate has fewer than three intervals: two parameters fit two
    intervals whatever the family, so nothing would be learned.

    The likelihood takes operations for independent. Arms of one block met the same hold, so give it one
    variant: ``unlock_families(unlock_times(case.variant("graceful-fs")))``, or `delta_aic` is too large.
    """
    low, high = (unlocks.times[name].to_numpy(np.float64) for name in ("low_ms", "high_ms"))
    low = np.maximum(low, 0.0)
    rows: list[tuple[object, ...]] = []
    estimate = turnbull(low, high) if np.isfinite(high).any() else None
    if estimate is not None and estimate.left.size >= _LEAST_INTERVALS:
        ends = np.r_[estimate.left, estimate.right]
        known, _ = estimate.below(ends)  # at the ends of its intervals it is one value
        for name in names:
            family = FAMILIES[name]
            parameters, likelihood = fit_family(family, low, high)
            fitted = family(**parameters)
            distance = float(np.abs(fitted.cdf(ends) - known).max())
            aic = 2 * len(parameters) - 2 * likelihood
            rows.append((name, parameters, likelihood, aic, fitted.median(), fitted.ppf(0.95), distance))
    columns = ["family", "parameters", "log_likelihood", "aic", "median_ms", "p95_ms", "distance"]
    table = pd.DataFrame(rows, columns=columns).set_index("family").sort_values("aic")
    table.insert(3, "delta_aic", table["aic"] - table["aic"].min())
    return table


def fit_family(family: rv_continuous, low: ArrayLike, high: ArrayLike) -> tuple[dict[str, float], float]:
    """The parameters of a family of positive times that are most likely, and their log-likelihood.

    From intervals (`low`, `high`], `high` being ``inf`` where the end was not seen. Its location is 0;
    shapes and scale are searched on a logarithmic scale (Nelder and Mead), which `scipy.stats` does not
    do: its own fits of censored data go astray on far-off scales.
    """
    pairs, counts = np.unique(
        np.c_[np.asarray(low, np.float64), np.asarray(high, np.float64)], axis=0, return_counts=True
    )
    names = [*(family.shapes.split(", ") if family.shapes else ()), "scale"]

    def lost(logs: Floats) -> float:
        fitted = family(**dict(zip(names, np.exp(logs), strict=True)))
        cdf, sf = fitted.cdf(pairs), fitted.sf(pairs)
        # the smaller of the two tells small differences better
        share = np.where(cdf[:, 0] < 0.5, cdf[:, 1] - cdf[:, 0], sf[:, 0] - sf[:, 1])  # noqa: PLR2004
        return -float(counts @ np.log(np.maximum(share, 1e-300)))

    known = np.where(np.isfinite(pairs[:, 1]), pairs.mean(axis=1), 2 * pairs[:, 0])
    start = np.zeros(len(names))
    start[-1] = np.log(np.maximum(known, CLOCK_MS)) @ counts / counts.sum()
    simplex = start + np.eye(len(start) + 1, len(start), -1)
    with np.errstate(all="ignore"):  # it tries parameters that overflow
        best = minimize(
            lost,
            start,
            method="Nelder-Mead",
            options={"initial_simplex": simplex, "xatol": 1e-6, "fatol": 1e-8},
        )
    return dict(zip(names, map(float, np.exp(best.x)), strict=True)), -float(best.fun)
