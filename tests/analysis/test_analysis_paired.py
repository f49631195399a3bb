"""Comparisons within blocks: published values, error rates and coverage by simulation, sentences."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from analysis_lab import trials_of
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis import Margins, compare
from harness.analysis.paired import (
    COLUMNS,
    MIN_TIME_BLOCKS,
    Estimate,
    blocks_needed,
    holm,
    paired_difference,
    paired_ratio,
    pairs_needed,
    sign_change_p,
    verdict,
)
from harness.errors import InvalidInputError


def pairs(both: int, only_variant: int, only_base: int, neither: int) -> pd.DataFrame:
    """Trials of the variants ``variant`` and ``base``, in as many blocks of each kind."""
    failed = [(True, True)] * both + [(True, False)] * only_variant
    failed += [(False, True)] * only_base + [(False, False)] * neither
    return two_variants(
        [math.inf if variant else 1.0 for variant, _ in failed],
        [math.inf if base else 1.0 for _, base in failed],
    )


def two_variants(variant: list[float], base: list[float]) -> pd.DataFrame:
    """Trials with these times, ``inf`` for a failure, block by block."""
    times = np.r_[variant, base]
    return trials_of(
        strategy=["variant"] * len(variant) + ["base"] * len(base),
        block=[*range(len(variant)), *range(len(base))],
        outcome=np.where(np.isinf(times), "exhausted", "ok"),
        elapsed_ms=np.where(np.isinf(times), 1.0, times),
    )


class TestFailures:
    def test_published_example(self) -> None:
        """R package contingencytables 3.1, its own tests on `cavo_2012` (59, 6, 16, 80).

        ``Wald_CI_BonettPrice_paired_2x2`` and ``McNemar_exact_cond_test_paired_2x2``.
        """
        row = compare(pairs(59, 6, 16, 80), "base").loc["variant"]
        assert row["difference"] == pytest.approx(-0.0621, abs=5e-5)
        assert row["difference_low"] == pytest.approx(-0.1195, abs=5e-5)
        assert row["difference_high"] == pytest.approx(-0.0032, abs=5e-5)
        assert row["failures_p"] == pytest.approx(0.052479, abs=5e-7)
        assert (row["blocks"], row["both_failed"]) == (161, 59)
        assert (row["only_arm_failed"], row["only_baseline_failed"]) == (6, 16)

    @given(*[st.integers(0, 30)] * 4)
    def test_swapping_the_variants_mirrors_all(
        self, both: int, only_variant: int, only_base: int, neither: int
    ) -> None:
        blocks = both + only_variant + only_base + neither
        one = paired_difference(only_variant, only_base, blocks)
        other = paired_difference(only_base, only_variant, blocks)
        assert -1 <= one.low < one.high <= 1
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
        if blocks:
            assert one.low <= one.value <= one.high
            assert one.value == pytest.approx(-other.value)

    @pytest.mark.parametrize(("only_variant", "only_base"), [(0.05, 0.05), (0.02, 0.10), (0.0, 0.3)])
    def test_the_interval_covers(self, only_variant: float, only_base: float) -> None:
        """Fagerland, Lydersen and Laake (2014) found it close to nominal, a little conservative."""
        rng = np.random.default_rng(1)
        counts = rng.multinomial(80, [only_variant, only_base, 1 - only_variant - only_base], size=4000)
        inside = 0
        for first, second, _ in counts:
            found = paired_difference(int(first), int(second), 80)
            inside += found.low <= only_variant - only_base <= found.high
        assert 0.94 <= inside / 4000 <= 0.985


class TestTime:
    def test_only_blocks_in_which_both_succeeded_count(self) -> None:
        variant = [2.0] * 30 + [math.inf] * 5 + [2.0] * 5
        base = [1.0] * 35 + [math.inf] * 5
        row = compare(two_variants(variant, base), "base").loc["variant"]
        assert (row["blocks"], row["time_blocks"]) == (40, 30)
        assert row["ratio"] == pytest.approx(2)
        assert (row["share_faster"], row["time_verdict"]) == (0, "worse")

    def test_the_ratio_is_the_geometric_mean_and_unlike_a_median_sees_every_block(self) -> None:
        variant, base = [1.0] * 60 + [8.0] * 40, [1.0] * 100
        row = compare(two_variants(variant, base), "base").loc["variant"]
        assert row["ratio"] == pytest.approx(8**0.4)
        assert row["median_ratio"] == 1
        assert row["share_faster"] == pytest.approx(0.3)
        assert row["time_verdict"] == "worse"

    @pytest.mark.parametrize(("size", "least"), [(MIN_TIME_BLOCKS, 0.91), (80, 0.93)])
    def test_the_bootstrap_covers(self, size: int, least: float) -> None:
        """Skewed ratios: a third of the blocks three times as slow, all with noise."""
        rng = np.random.default_rng(3)
        truth = math.log(3) / 3
        inside = 0
        for _ in range(600):
            logs = rng.normal(0, 0.3, size) + np.where(rng.random(size) < 1 / 3, math.log(3), 0)
            base = rng.exponential(100, size) + 1
            found = paired_ratio(base * np.exp(logs), base, rng=rng, resamples=599)
            inside += math.log(found.low) <= truth <= math.log(found.high)
        assert least <= inside / 600 <= 0.975

    def test_the_test_of_time_keeps_its_level(self) -> None:
        rng = np.random.default_rng(4)
        found = [sign_change_p(rng.normal(0, 1, 30), 399, rng) for _ in range(600)]
        assert 0.025 <= np.mean(np.asarray(found) <= 0.05) <= 0.075
        assert sign_change_p(rng.normal(1, 1, 30), 399, rng) <= 0.01

    def test_few_blocks_are_tested_exactly(self) -> None:
        """All 2**5 changes of sign, of which two are as extreme."""
        p_value = sign_change_p(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), 999, np.random.default_rng(1))
        assert p_value == pytest.approx(2 / 32)

    def test_few_blocks_have_an_estimate_and_no_interval(self) -> None:
        row = compare(two_variants([1.0] * 5, [2.0] * 5), "base").loc["variant"]
        assert row["ratio"] == pytest.approx(0.5)
        assert (row["ratio_low"], row["ratio_high"]) == (0, math.inf)
        assert row["time_verdict"] == "undecided"
        assert row["time_blocks_needed"] == MIN_TIME_BLOCKS

        failing = compare(two_variants([1.0] * 5 + [math.inf] * 5, [2.0] * 10), "base").loc["variant"]
        assert failing["time_blocks_needed"] == 2 * MIN_TIME_BLOCKS

    @pytest.mark.parametrize(
        ("ratio", "said"),
        [(1.102, "worse"), (1.098, "equivalent"), (1 / 1.098, "equivalent"), (1 / 1.102, "better")],
    )
    def test_a_margin_is_a_ratio_the_same_both_ways(self, ratio: float, said: str) -> None:
        rows = compare(two_variants([100 * ratio] * 40, [100.0] * 40), "base")
        assert rows["time_verdict"].item() == said

    def test_times_of_zero_are_no_trouble(self) -> None:
        row = compare(two_variants([0.0] * 30, [0.001] * 30), "base").loc["variant"]
        assert row["ratio"] == 1
        assert row["time_verdict"] == "equivalent"


class TestVerdict:
    @pytest.mark.parametrize(
        ("low", "high", "said"),
        [
            (-0.05, -0.01, "better"),
            (-0.05, -0.009, "undecided"),
            (0.01, 0.05, "worse"),
            (-0.009, 0.009, "equivalent"),
            (-0.01, 0.009, "undecided"),
            (-0.009, 0.01, "undecided"),
            (-1, 1, "undecided"),
        ],
    )
    def test_the_whole_interval_decides(self, low: float, high: float, said: str) -> None:
        assert verdict(Estimate((low + high) / 2, low, high), 0.01) == said

    def test_wrong_verdicts_are_as_rare_as_the_interval_says(self) -> None:
        """At the margin itself, neither ``equivalent`` nor ``better`` may be said too often."""
        rng = np.random.default_rng(5)
        counts = rng.multinomial(400, [0.02, 0.07, 0.91], size=4000)  # 5 points fewer
        said = [verdict(paired_difference(int(a), int(b), 400), 0.05) for a, b, _ in counts]
        assert said.count("equivalent") / 4000 <= 0.03
        assert said.count("better") / 4000 <= 0.03
        assert said.count("worse") == 0

    @pytest.mark.parametrize("rate", [0.0, 0.03])
    def test_the_advised_number_of_pairs_decides_most_times(self, rate: float) -> None:
        advised = pairs_needed(int(50 * rate), int(50 * rate), 50, 0.01)
        assert math.isfinite(advised)
        rng = np.random.default_rng(6)
        share = int(50 * rate) / 50
        counts = rng.multinomial(int(advised), [share, share, 1 - 2 * share], size=500)
        said = [verdict(paired_difference(int(a), int(b), int(advised)), 0.01) for a, b, _ in counts]
        assert said.count("equivalent") / 500 >= 0.7
        assert verdict(paired_difference(0, 0, 100), 0.01) == "undecided"

    def test_the_advised_number_of_blocks_decides_most_times(self) -> None:
        rng = np.random.default_rng(7)
        sigma, effect = 0.5, math.log(1.3)
        half = 1.96 * sigma / math.sqrt(30)
        advised = blocks_needed(Estimate(effect, effect - half, effect + half), math.log(1.1), 30)
        means = rng.normal(effect, sigma / math.sqrt(advised), 2000)
        half = 1.96 * sigma / math.sqrt(advised)
        decided = np.mean(means - half >= math.log(1.1))
        assert 0.75 <= decided <= 0.85

    def test_on_the_margin_no_number_decides(self) -> None:
        assert blocks_needed(Estimate(0.1, 0.0, 0.2), 0.1, 50) == math.inf
        assert pairs_needed(5, 0, 500, 0.01) == math.inf
        assert math.isnan(pairs_needed(0, 0, 0, 0.01))
        assert math.isnan(blocks_needed(Estimate(1.0, -math.inf, math.inf), 0.1, 5))

    def test_margins_can_be_told(self) -> None:
        trials = pairs(10, 1, 2, 387)
        told = compare(trials, "base", margins=Margins(failures=0.05)).loc["variant"]
        assert told["failures_verdict"] == "equivalent"
        assert compare(trials, "base").loc["variant", "failures_verdict"] == "undecided"

    @pytest.mark.parametrize(
        "margin", [{"failures": 0.0}, {"failures": 1.5}, {"time": 0.0}, {"time": -1.0}]
    )
    def test_margins_that_make_no_sense_are_refused(self, margin: dict[str, float]) -> None:
        with pytest.raises(InvalidInputError, match="margins must be above 0"):
            Margins(**margin)


def test_holm_gives_the_published_correction() -> None:
    """R's documentation of p.adjust: by hand, 0.01 * 4, 0.02 * 3, and never falling."""
    corrected = holm([0.01, 0.02, math.nan, 0.03, 0.04])
    assert corrected[[0, 1, 3, 4]] == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert math.isnan(corrected[2])
    assert holm([math.nan]).size == 1


def test_all_variants_are_compared_and_corrected_together() -> None:
    rng = np.random.default_rng(8)
    blocks = 60
    trials = trials_of(
        strategy=np.repeat(["a", "b", "c"], blocks),
        block=np.tile(np.arange(blocks), 3),
        elapsed_ms=np.concatenate([scale * rng.lognormal(0, 0.1, blocks) for scale in (1, 2, 1)]),
    )
    rows = compare(trials, "a")
    assert list(rows.index) == ["b", "c"]
    assert list(rows.columns) == list(COLUMNS)
    assert (rows["time_p_holm"] >= rows["time_p"]).all()
    assert rows["time_verdict"].to_dict() == {"b": "worse", "c": "equivalent"}


def test_the_same_seed_gives_the_same_numbers() -> None:
    rng = np.random.default_rng(9)
    trials = two_variants(list(rng.lognormal(0, 1, 40)), list(rng.lognormal(0, 1, 40)))
    pd.testing.assert_frame_equal(compare(trials, "base", seed=3), compare(trials, "base", seed=3))
    assert not compare(trials, "base", seed=4).equals(compare(trials, "base", seed=3))


def test_blocks_that_one_arm_did_not_run_are_left_out() -> None:
    trials = two_variants([1.0, 1.0, math.inf], [1.0, 1.0])
    row = compare(trials, "base").loc["variant"]
    assert (row["blocks"], row["only_arm_failed"]) == (2, 0)


def test_blocks_of_different_runs_are_different_blocks() -> None:
    trials = trials_of(
        run=["r", "r", "q", "q"],
        strategy=["variant", "base"] * 2,
        outcome=["not-retried", "ok", "ok", "ok"],
    )
    row = compare(trials, "base").loc["variant"]
    assert (row["blocks"], row["only_arm_failed"]) == (2, 1)


def test_variants_that_never_met_have_no_numbers() -> None:
    trials = trials_of(strategy=["variant", "base"], block=[0, 1])
    row = compare(trials, "base").loc["variant"]
    assert row["blocks"] == 0
    assert pd.isna(row["difference"])
    assert row["words"] == "no block in which both ran"


def test_where_all_failed_time_is_unknown() -> None:
    row = compare(pairs(30, 0, 0, 0), "base").loc["variant"]
    assert (row["time_blocks"], row["time_verdict"]) == (0, "undecided")
    assert "no block in which both succeeded" in row["words"]


def test_a_comparison_in_words() -> None:
    row = compare(two_variants([1.0] * 100, [2.0] * 90 + [math.inf] * 10), "base").loc["variant"]
    assert row["words"] == (
        "failures -10.0 points (-16.2 to -3.4 over 100 blocks): better; "
        "time x0.5 (0.5 to 0.5 over 90 blocks in which both succeeded): better"
    )
    few = compare(pairs(0, 0, 0, 5), "base").loc["variant", "words"]
    assert few == (
        "failures +0.0 points (-39.6 to +39.6 over 5 blocks): undecided, about 457 blocks would decide "
        "it; time x1 (over 5 blocks in which both succeeded): "
        "undecided, an interval takes about 20 blocks"
    )


def test_many_blocks_are_no_trouble() -> None:
    rng = np.random.default_rng(10)
    times = rng.lognormal(3, 1, 5000)
    found = paired_ratio(times * 0.9, times * rng.lognormal(0, 0.1, 5000), rng=rng, resamples=299)
    assert found.value == pytest.approx(0.9, abs=0.01)
    assert found.low < found.value < found.high


def test_an_unknown_baseline_is_refused_and_the_variants_are_named() -> None:
    with pytest.raises(InvalidInputError, match="no variant is named 'x'") as raised:
        compare(pairs(1, 1, 1, 1), "x")
    assert raised.value.hint == "The variants of these trials: base, variant."


def test_a_run_that_was_loaded_twice_is_refused() -> None:
    once = pairs(1, 1, 1, 1)
    with pytest.raises(InvalidInputError, match="more than once in the same block"):
        compare(pd.concat([once, once]), "base")


def test_no_trials_give_no_rows_but_all_columns() -> None:
    rows = compare(trials_of()[:0], "base")
    assert rows.empty
    assert list(rows.columns) == list(COLUMNS)
    assert compare(trials_of(strategy="base"), "base").empty
