"""Families of distributions that describe hold times with one or two parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import expon, fisk, gamma, lognorm, rv_continuous, weibull_min

from harness.analysis.censoring import turnbull
from harness.summary.paired_estimates import CLOCK_MS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from harness.analysis.observed_holds import HoldTimes

Floats = NDArray[np.float64]

FAMILIES: Final[dict[str, rv_continuous]] = {
    "exponential": expon,
    "lognormal": lognorm,
    "weibull": weibull_min,
    "gamma": gamma,
    "loglogistic": fisk,
}
_LEAST_INTERVALS: Final = 3


def hold_time_families(observed: HoldTimes) -> pd.DataFrame:
    """Fit families of distributions to hold times, from 0 on, by maximum likelihood.

    Returns one row per family, the best first, index `family`: `parameters` (a dict of those of scipy's
    distribution in `FAMILIES`, such as ``{"s": 1.2, "scale": 800.0}``, in ms), `log_likelihood`, `aic`
    (Akaike, IEEE Transactions on Automatic Control 19 (1974) 716-723), `delta_aic` (to the best),
    `median_ms`, `p95_ms`, `distance` (its largest distance from `turnbull`, where that is known: near 0
    it fits). No rows where the estimate has fewer than three intervals: two parameters fit two
    intervals whatever the family, so nothing would be learned.

    The likelihood assumes that operations are independent. Variants of one block had the same hold, so
    give it a single one: ``hold_time_families(hold_times(case.variant("graceful-fs")))``; otherwise
    `delta_aic` is too large.
    """
    low, high = (observed.times[name].to_numpy(np.float64) for name in ("low_ms", "high_ms"))
    low = np.maximum(low, 0.0)
    rows: list[tuple[object, ...]] = []
    estimate = turnbull(low, high) if np.isfinite(high).any() else None
    if estimate is not None and estimate.left.size >= _LEAST_INTERVALS:
        ends = np.r_[estimate.left, estimate.right]
        known, _ = estimate.below(ends)  # at the ends of intervals both bounds are equal
        for name, family in FAMILIES.items():
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
    """The most likely parameters of a family of positive times, and their log-likelihood.

    From intervals (`low`, `high`], `high` being ``inf`` where the end was not seen. The location is 0;
    shapes and scale are searched on a logarithmic scale (Nelder and Mead), which `scipy.stats` does not
    do: its own fits of censored data fail on scales far from 1.
    """
    pairs, counts = np.unique(
        np.c_[np.asarray(low, np.float64), np.asarray(high, np.float64)], axis=0, return_counts=True
    )
    names = [*(family.shapes.split(", ") if family.shapes else ()), "scale"]

    def lost(logs: Floats) -> float:
        fitted = family(**dict(zip(names, np.exp(logs), strict=True)))
        cdf, sf = fitted.cdf(pairs), fitted.sf(pairs)
        # the smaller of the two resolves small differences better
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
