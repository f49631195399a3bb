"""Times to unlock: read off attempts, checked with receipts, fitted against truths and lifelines."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from analysis_lab import Op, frames_of
from lifelines import LogNormalFitter, WeibullFitter
from scipy.stats import CensoredData, gamma, lognorm, weibull_min

from harness.analysis import (
    Unlocks,
    select,
    unlock_distribution,
    unlock_families,
    unlock_times,
    unreleased,
)
from harness.analysis.hold_times import FAMILIES, fit_family

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]


def of(*operations: Op, **about: object) -> Unlocks:
    """What one trial with these operations shows."""
    return unlock_times(select(frames_of([(about, operations)])))


def watched(holds: Floats, schedule: Floats, *, per_block: int = 1) -> Unlocks:
    """What a strategy with these attempts sees of holds from 0 on; so many operations in a block."""
    after = np.searchsorted(schedule, holds)
    times = pd.DataFrame(
        {
            "run": "r",
            "block": np.arange(len(holds)) // per_block,
            "low_ms": schedule[after - 1],
            "high_ms": np.r_[schedule, np.inf][after],
        }
    )
    return Unlocks(times, len(times))


class TestReadOffAttempts:
    def test_it_ended_between_the_last_denial_and_the_success(self) -> None:
        op = Op([(10, 11, 5), (30, 31, 32), (70, 71, 0)], [(2.0, 50.0)], ready_ms=4.0)
        unlocks = of(op)
        row = unlocks.times.iloc[0]
        assert (row["low_ms"], row["high_ms"], row["first_ms"]) == (26, 66, 6)
        assert (row["true_ms"], row["denials"]) == (46, 2)
        assert unlocks.words == (
            "1 of 1 operation denied: 1 let through in the end, 0 not. "
            "Receipts agree with 1 of 1 of these."
        )

    def test_given_up_is_known_only_as_longer(self) -> None:
        row = of(Op([(0, 1, 5), (10, 11, 5)], [(0.0, math.nan)], outcome="exhausted")).times.iloc[0]
        assert (row["low_ms"], row["high_ms"], row["true_ms"]) == (10, math.inf, math.inf)

    def test_what_was_not_denied_is_counted_and_says_nothing(self) -> None:
        unlocks = of(Op([(0, 1, 0)], [(0.0, 50.0)]), Op([(2, 3, 5), (4, 5, 0)], [(2.0, 3.5)]))
        assert (len(unlocks.times), unlocks.operations) == (1, 2)
        assert unlocks.times["operation"].item() == 1

    def test_a_code_that_no_hold_gives_is_no_denial(self) -> None:
        """ERROR_FILE_NOT_FOUND after a denial: quarantined, and never seen to be released."""
        row = of(Op([(0, 1, 5), (10, 11, 2)], outcome="vanished")).times.iloc[0]
        assert (row["low_ms"], row["high_ms"], row["outcome"]) == (0, math.inf, "vanished")
        assert of(Op([(0, 1, 2)], outcome="vanished")).times.empty

    def test_of_several_calls_the_last_one_denied_counts(self) -> None:
        calls = [(0, 1, 5), (10, 11, 0), (12, 13, 33), (20, 21, 33), (30, 31, 0)]
        row = of(Op(calls, [(0.0, 9.0), (11.5, 25.0)])).times.iloc[0]
        assert (row["low_ms"], row["high_ms"], row["true_ms"]) == (20, 30, 25)
        assert (row["denials"], row["first_ms"]) == (3, 0)

    def test_a_hold_that_the_success_did_not_mind_is_not_what_denied_it(self) -> None:
        row = of(Op([(0, 1, 5), (10, 11, 0)], [(0.0, 90.0), (0.0, 4.0)])).times.iloc[0]
        assert row["true_ms"] == 4

    def test_the_last_hold_that_denied_it_counts(self) -> None:
        assert of(Op([(0, 1, 5), (10, 11, 0)], [(0.0, 8.0), (0.0, 4.0)])).times["true_ms"].item() == 8

    def test_a_hold_that_was_over_before_explains_nothing(self) -> None:
        assert of(Op([(6, 7, 5), (10, 11, 0)], [(0.0, 4.0)])).times["true_ms"].isna().item()

    def test_without_receipts_nothing_is_checked(self) -> None:
        unlocks = of(Op([(0, 1, 5), (10, 11, 0)]))
        assert unlocks.times["true_ms"].isna().all()
        assert "Receipts" not in unlocks.words

    def test_receipts_that_disagree_are_said(self) -> None:
        """By the receipt it was free from 4 ms on, and was denied at 6 ms."""
        late = Op([(3, 3.5, 5), (6, 7, 5), (10, 11, 0)], [(0.0, 4.0)])
        assert "Receipts agree with 0 of 1 of these" in of(late).words


class TestDistribution:
    def test_the_band_covers_the_truth(self) -> None:
        """One hold a block, three variants that all see it: blocks, not trials, are what is drawn."""
        rng = np.random.default_rng(1)
        schedule = np.r_[0, np.cumsum(10 * 2.0 ** np.arange(9))]
        truth = lognorm(1.0, scale=300)
        inside = []
        for seed in range(60):
            holds = np.repeat(truth.rvs(60, random_state=rng), 3)
            table = unlock_distribution(watched(holds, schedule, per_block=3), seed=seed, resamples=200)
            at = table[np.isfinite(table["right_ms"])]
            shares = truth.cdf(at["right_ms"])
            inside.append(((at["low"] <= shares) & (shares <= at["high"])).mean())
        assert 0.91 <= np.mean(inside) <= 0.98

    def test_shares_rise_within_their_band(self) -> None:
        rng = np.random.default_rng(2)
        table = unlock_distribution(watched(rng.exponential(50, 40), np.arange(0, 100, 7.0)))
        assert table["released"].is_monotonic_increasing
        assert table["released"].iloc[-1] == pytest.approx(1)
        assert (table["low"] <= table["released"]).all()
        assert (table["released"] <= table["high"]).all()
        assert table["mass"].sum() == pytest.approx(1)

    def test_the_same_seed_gives_the_same_band(self) -> None:
        unlocks = watched(np.linspace(1, 90, 30), np.arange(0, 100, 7.0))
        assert unlock_distribution(unlocks, seed=1).equals(unlock_distribution(unlocks, seed=1))
        assert not unlock_distribution(unlocks, seed=1).equals(unlock_distribution(unlocks, seed=2))


class TestNeverReleased:
    def test_none_left_is_a_bound_from_the_number_of_blocks(self) -> None:
        """Newcombe (1998), table I, method 3: 0 of 20 is at most 16.11 %."""
        bound = unreleased(watched(np.full(60, 5.0), np.array([0.0, 10.0]), per_block=3))
        assert (bound.at_ms, bound.share) == (10, 0)
        assert bound.high == pytest.approx(0.1611, abs=5e-5)
        assert bound.words == (
            "Of those that were denied, 0 % were still held after the longest watch, 10 ms: so at most "
            "16.1 % are never released (95 %)."
        )

    def test_the_bound_holds_for_holds_that_never_end(self) -> None:
        rng = np.random.default_rng(3)
        above = 0
        for seed in range(60):
            holds = np.where(rng.random(50) < 0.2, np.inf, rng.exponential(20, 50))
            bound = unreleased(watched(holds, np.arange(0, 400, 10.0)), seed=seed, resamples=200)
            above += bound.high >= 0.2
            assert bound.at_ms == 390
        assert above >= 55

    def test_giving_up_at_once_bounds_nothing(self) -> None:
        bound = unreleased(watched(np.full(30, 50.0), np.array([0.0])))
        assert (bound.share, bound.high, bound.at_ms) == (1, 1, 0)

    def test_nothing_denied_is_said(self) -> None:
        unlocks = of(Op())
        assert unreleased(unlocks).words == "No operation was denied."
        assert unlock_distribution(unlocks).empty
        assert unlock_families(unlocks).empty
        assert unlocks.words.startswith("0 of 1 operation denied")


class TestFamilies:
    @pytest.mark.parametrize("name", ["lognormal", "weibull"])
    def test_fits_are_those_of_lifelines(self, name: str) -> None:
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
    def test_fits_are_those_of_scipy_on_a_scale_that_it_masters(self, name: str, family: object) -> None:
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

    def test_the_family_that_it_was_is_the_best_and_fits(self) -> None:
        rng = np.random.default_rng(6)
        holds = rng.lognormal(np.log(900), 0.7, 400)
        table = unlock_families(watched(holds, np.arange(0, 20_000, 100.0)))
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

    def test_the_distance_is_the_largest_one(self) -> None:
        """A third each at 10, 100 and 1000: an exponential is farthest right before or after one."""
        schedule = np.array([0.0, 9.999, 10, 99.999, 100, 999.999, 1000])
        table = unlock_families(watched(np.array([10.0, 100.0, 1000.0] * 20), schedule))
        scale = table["parameters"]["exponential"]["scale"]
        steps = ((9.999, 0), (10, 1 / 3), (99.999, 1 / 3), (100, 2 / 3), (999.999, 2 / 3), (1000, 1))
        apart = [abs(1 - math.exp(-at / scale) - share) for at, share in steps]
        assert table["distance"]["exponential"] == pytest.approx(max(apart), abs=1e-4)

    def test_far_off_scales_are_no_trouble(self) -> None:
        rng = np.random.default_rng(7)
        holds = rng.lognormal(np.log(3e6), 0.5, 200)
        found, _ = fit_family(lognorm, np.floor(holds / 1e5) * 1e5, np.floor(holds / 1e5 + 1) * 1e5)
        assert found == pytest.approx({"s": 0.5, "scale": 3e6}, rel=0.15)

    @pytest.mark.parametrize("holds", [[55.0], [5.0, 55.0]])
    def test_one_or_two_intervals_would_fit_any_family_and_fit_none(self, holds: list[float]) -> None:
        assert unlock_families(watched(np.array(holds * 20), np.array([0.0, 50, 60]))).empty

    def test_nothing_let_through_fits_nothing(self) -> None:
        table = unlock_families(watched(np.full(5, 99.0), np.array([0.0, 10])))
        assert table.empty
        assert "delta_aic" in table
