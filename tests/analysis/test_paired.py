"""Comparisons within blocks: published values, verdicts, text."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from analysis_lab import trials_of

from harness.analysis import Margins, compare
from harness.analysis.paired_estimates import MIN_TIME_BLOCKS
from harness.errors import InvalidInputError

COLUMNS = [
    *("strategy", "factors", "baseline"),
    *("blocks", "both_failed", "only_variant_failed", "only_baseline_failed"),
    *("difference", "difference_low", "difference_high"),
    *("failures_p", "failures_p_holm", "failures_verdict", "failures_blocks_needed"),
    *("time_blocks", "ratio", "ratio_low", "ratio_high", "median_ratio", "share_faster"),
    *("time_p", "time_p_holm", "time_verdict", "time_blocks_needed"),
]


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


def test_published_example() -> None:
    """R package contingencytables 3.1, its own tests on `cavo_2012` (59, 6, 16, 80).

    ``Wald_CI_BonettPrice_paired_2x2`` and ``McNemar_exact_cond_test_paired_2x2``.
    """
    row = compare(pairs(59, 6, 16, 80), "base").loc["variant"]
    assert row["difference"] == pytest.approx(-0.0621, abs=5e-5)
    assert row["difference_low"] == pytest.approx(-0.1195, abs=5e-5)
    assert row["difference_high"] == pytest.approx(-0.0032, abs=5e-5)
    assert row["failures_p"] == pytest.approx(0.052479, abs=5e-7)
    assert (row["blocks"], row["both_failed"]) == (161, 59)
    assert (row["only_variant_failed"], row["only_baseline_failed"]) == (6, 16)


def test_only_blocks_in_which_both_succeeded_count() -> None:
    variant = [2.0] * 30 + [math.inf] * 5 + [2.0] * 5
    base = [1.0] * 35 + [math.inf] * 5
    row = compare(two_variants(variant, base), "base").loc["variant"]
    assert (row["blocks"], row["time_blocks"]) == (40, 30)
    assert row["ratio"] == pytest.approx(2)
    assert (row["share_faster"], row["time_verdict"]) == (0, "worse")


def test_the_ratio_is_the_geometric_mean_and_unlike_a_median_sees_every_block() -> None:
    variant, base = [1.0] * 60 + [8.0] * 40, [1.0] * 100
    row = compare(two_variants(variant, base), "base").loc["variant"]
    assert row["ratio"] == pytest.approx(8**0.4)
    assert row["median_ratio"] == 1
    assert row["share_faster"] == pytest.approx(0.3)
    assert row["time_verdict"] == "worse"


def test_few_blocks_have_an_estimate_and_no_interval() -> None:
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
def test_a_margin_is_a_ratio_the_same_both_ways(ratio: float, said: str) -> None:
    rows = compare(two_variants([100 * ratio] * 40, [100.0] * 40), "base")
    assert rows["time_verdict"].item() == said


def test_times_of_zero_are_no_trouble() -> None:
    row = compare(two_variants([0.0] * 30, [0.001] * 30), "base").loc["variant"]
    assert row["ratio"] == 1
    assert row["time_verdict"] == "equivalent"


def test_margins_can_be_given() -> None:
    trials = pairs(10, 1, 2, 387)
    told = compare(trials, "base", margins=Margins(failures=0.05)).loc["variant"]
    assert told["failures_verdict"] == "equivalent"
    assert compare(trials, "base").loc["variant", "failures_verdict"] == "undecided"


@pytest.mark.parametrize("margin", [{"failures": 0.0}, {"failures": 1.5}, {"time": 0.0}, {"time": -1.0}])
def test_margins_that_make_no_sense_are_refused(margin: dict[str, float]) -> None:
    with pytest.raises(InvalidInputError, match="margins must be above 0"):
        Margins(**margin)


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
    assert list(rows.columns) == COLUMNS
    assert (rows["time_p_holm"] >= rows["time_p"]).all()
    assert rows["time_verdict"].to_dict() == {"b": "worse", "c": "equivalent"}


def test_the_same_seed_gives_the_same_numbers() -> None:
    rng = np.random.default_rng(9)
    trials = two_variants(list(rng.lognormal(0, 1, 40)), list(rng.lognormal(0, 1, 40)))
    pd.testing.assert_frame_equal(compare(trials, "base", seed=3), compare(trials, "base", seed=3))
    assert not compare(trials, "base", seed=4).equals(compare(trials, "base", seed=3))


def test_blocks_that_one_variant_did_not_run_are_left_out() -> None:
    trials = two_variants([1.0, 1.0, math.inf], [1.0, 1.0])
    row = compare(trials, "base").loc["variant"]
    assert (row["blocks"], row["only_variant_failed"]) == (2, 0)


def test_blocks_of_different_runs_are_different_blocks() -> None:
    trials = trials_of(
        run=["r", "r", "q", "q"],
        strategy=["variant", "base"] * 2,
        outcome=["not-retried", "ok", "ok", "ok"],
    )
    row = compare(trials, "base").loc["variant"]
    assert (row["blocks"], row["only_variant_failed"]) == (2, 1)


def test_variants_without_a_block_in_common_have_no_numbers() -> None:
    trials = trials_of(strategy=["variant", "base"], block=[0, 1])
    row = compare(trials, "base").loc["variant"]
    assert row["blocks"] == 0
    assert pd.isna(row["difference"])


def test_where_all_failed_time_is_unknown() -> None:
    row = compare(pairs(30, 0, 0, 0), "base").loc["variant"]
    assert (row["time_blocks"], row["time_verdict"]) == (0, "undecided")


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
    assert list(rows.columns) == COLUMNS
    assert compare(trials_of(strategy="base"), "base").empty
