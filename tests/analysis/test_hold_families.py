"""Families fitted to hold times, against known truths, lifelines and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from analysis_lab import watched
from lifelines import LogNormalFitter, WeibullFitter
from scipy.stats import CensoredData, gamma, lognorm, weibull_min

from harness.analysis import hold_time_families
from harness.analysis.hold_families import FAMILIES, fit_family


@pytest.mark.parametrize("name", ["lognormal", "weibull"])
def test_fits_are_those_of_lifelines(name: str) -> None:
    rng = np.random.default_rng(4)
    times = rng.lognormal(np.log(800), 1.0, 400)
    low = np.floor(times / 150) * 150
    high = np.where(low + 150 > 3000, np.inf, low + 150)
    low = np.minimum(low, 3000)
    found, likelihood = fit_family(FAMILIES[name], low, high)
    fitter = LogNormalFitter() if name == "lognormal" else WeibullFitter()
    fitter.fit_interval_censoring(np.maximum(low, 1e-9), high)
    theirs = (
        {"s": fitter.sigma_, "scale": math.exp(fitter.mu_)}
        if name == "lognormal"
        else {"c": fitter.rho_, "scale": fitter.lambda_}
    )
    assert found == pytest.approx(theirs, rel=2e-3)
    assert likelihood == pytest.approx(fitter.log_likelihood_, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "family"), [("lognormal", lognorm), ("weibull", weibull_min), ("gamma", gamma)]
)
def test_fits_are_those_of_scipy_on_a_scale_that_it_masters(name: str, family: object) -> None:
    rng = np.random.default_rng(5)
    times = rng.gamma(2.0, 1.0, 300)
    low = np.floor(times * 4) / 4
    data: CensoredData = CensoredData(
        left=low[low == 0] + 0.25,
        interval=np.c_[low[(low > 0) & (low < 4)], low[(low > 0) & (low < 4)] + 0.25],
        right=np.full((low >= 4).sum(), 4.0),
    )
    found, _ = fit_family(FAMILIES[name], np.minimum(low, 4), np.where(low >= 4, np.inf, low + 0.25))
    shape, _, scale = family.fit(data, floc=0)  # type: ignore[attr-defined]
    assert list(found.values()) == pytest.approx([shape, scale], rel=2e-3)


def test_the_family_that_it_was_is_the_best_and_fits() -> None:
    rng = np.random.default_rng(6)
    holds = rng.lognormal(np.log(900), 0.7, 400)
    table = hold_time_families(watched(holds, np.arange(0, 20_000, 100.0)))
    best = table.iloc[0]
    assert table.index[0] == "lognormal"
    assert best["delta_aic"] == 0
    assert table["delta_aic"].is_monotonic_increasing
    assert best["parameters"] == pytest.approx({"s": 0.7, "scale": 900}, rel=0.08)
    assert best["median_ms"] == pytest.approx(best["parameters"]["scale"])
    assert best["p95_ms"] == pytest.approx(lognorm(0.7, scale=900).ppf(0.95), rel=0.1)
    assert best["distance"] < 0.05
    assert table["distance"].idxmax() == "exponential"
    assert best["aic"] == pytest.approx(4 - 2 * best["log_likelihood"])


def test_the_distance_is_the_largest_one() -> None:
    """A third each at 10, 100 and 1000: an exponential is farthest right before or after one."""
    schedule = np.array([0.0, 9.999, 10, 99.999, 100, 999.999, 1000])
    table = hold_time_families(watched(np.array([10.0, 100.0, 1000.0] * 20), schedule))
    scale = table["parameters"]["exponential"]["scale"]
    steps = ((9.999, 0), (10, 1 / 3), (99.999, 1 / 3), (100, 2 / 3), (999.999, 2 / 3), (1000, 1))
    apart = [abs(1 - math.exp(-at / scale) - share) for at, share in steps]
    assert table["distance"]["exponential"] == pytest.approx(max(apart), abs=1e-4)


def test_scales_far_from_1_are_no_trouble() -> None:
    rng = np.random.default_rng(7)
    holds = rng.lognormal(np.log(3e6), 0.5, 200)
    found, _ = fit_family(lognorm, np.floor(holds / 1e5) * 1e5, np.floor(holds / 1e5 + 1) * 1e5)
    assert found == pytest.approx({"s": 0.5, "scale": 3e6}, rel=0.15)


@pytest.mark.parametrize("holds", [[55.0], [5.0, 55.0]])
def test_one_or_two_intervals_would_fit_any_family_and_fit_none(holds: list[float]) -> None:
    assert hold_time_families(watched(np.array(holds * 20), np.array([0.0, 50, 60]))).empty


def test_without_a_success_nothing_is_fitted() -> None:
    table = hold_time_families(watched(np.full(5, 99.0), np.array([0.0, 10])))
    assert table.empty
    assert "delta_aic" in table
