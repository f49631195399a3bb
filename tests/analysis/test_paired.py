"""Comparisons within blocks: published values, verdicts, text."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from analysis_lab import trials_of

from harness.analysis import compare
from harness.errors import InvalidInputError
from harness.scenario.model import Margin
from harness.summary.paired_estimates import MIN_TIME_DRAWS

COLUMNS = [
    *("strategy", "factors", "baseline"),
    *("paired", "trials", "failures", "baseline_trials", "baseline_failures", "blocks", "draws"),
    *("both_failed", "only_variant_failed", "only_baseline_failed"),
    *("difference", "difference_low", "difference_high"),
    *("failures_p", "failures_p_holm", "failures_verdict", "failures_blocks_needed"),
    *("time_blocks", "time_draws", "ratio", "ratio_low", "ratio_high", "median_ratio", "share_faster"),
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
    assert row["time_blocks_needed"] == MIN_TIME_DRAWS

    failing = compare(two_variants([1.0] * 5 + [math.inf] * 5, [2.0] * 10), "base").loc["variant"]
    assert failing["time_blocks_needed"] == 2 * MIN_TIME_DRAWS


def test_the_advised_number_of_blocks_allows_for_those_in_which_one_fails_and_is_no_higher() -> None:
    rng = np.random.default_rng(12)
    variant = list(rng.lognormal(0.1, 0.3, 60))
    every: Any = compare(two_variants(variant, [1.0] * 60), "base").loc["variant"]
    assert every["time_verdict"] == "undecided"
    failing = [*variant, *[math.inf] * 60]
    half = compare(two_variants(failing, [1.0] * 120), "base").loc["variant"]
    assert half["time_blocks_needed"] == pytest.approx(2 * every["time_blocks_needed"], rel=0.01)
    apart_by = abs(math.log(every["ratio"]) - math.log(1.1))
    exact = ((1.96 + 0.84) * np.std(np.log(variant)) / apart_by) ** 2  # by normal quantiles
    assert every["time_blocks_needed"] == pytest.approx(exact, rel=0.35)


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


def test_a_margin_can_be_given() -> None:
    trials = pairs(10, 1, 2, 387)
    told = compare(trials, "base", margin=Margin(failures=0.05)).loc["variant"]
    assert told["failures_verdict"] == "equivalent"
    assert compare(trials, "base").loc["variant", "failures_verdict"] == "undecided"


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


def apart(
    failures: int, trials: int, base_failures: int, base_trials: int, *, common: int = 0
) -> pd.DataFrame:
    """Trials of two variants with so many blocks in common, those of failures first."""
    failed = np.r_[np.arange(trials) < failures, np.arange(base_trials) < base_failures]
    return trials_of(
        strategy=["variant"] * trials + ["base"] * base_trials,
        block=np.r_[np.arange(trials), np.arange(base_trials) + trials - common],
        outcome=np.where(failed, "exhausted", "ok"),
    )


def test_variants_without_a_block_in_common_are_compared_as_independent_samples() -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10: 56/70 less 48/80."""
    row = compare(apart(56, 70, 48, 80), "base").loc["variant"]
    assert not row["paired"]
    assert row["difference"] == pytest.approx(0.2)
    assert row["difference_low"] == pytest.approx(0.0524, abs=5e-5)
    assert row["difference_high"] == pytest.approx(0.3339, abs=5e-5)
    assert (row["trials"], row["failures"], row["baseline_trials"]) == (70, 56, 80)
    assert (row["blocks"], row["draws"], row["time_verdict"]) == (0, 150, "not compared")


@pytest.mark.parametrize(("common", "paired"), [(0, False), (9, False), (10, True), (20, True)])
def test_who_always_fails_is_worse_than_who_never_does_whatever_blocks_they_share(
    common: int, paired: bool
) -> None:
    row = compare(apart(20, 20, 0, 300, common=common), "base").loc["variant"]
    assert (row["paired"], row["failures_verdict"]) == (paired, "worse")
    assert row["failures_p"] < 0.01
    better = compare(apart(0, 300, 20, 20), "base").loc["variant"]
    assert better["failures_verdict"] == "better"


def test_what_is_undecided_apart_is_told_how_many_blocks_would_decide_it() -> None:
    row = compare(apart(3, 20, 2, 20), "base").loc["variant"]
    assert row["failures_verdict"] == "undecided"
    assert 20 < row["failures_blocks_needed"] < 20_000


@pytest.mark.parametrize("common", [0, 20])
def test_both_failing_every_time_is_the_same_and_not_undecided(common: int) -> None:
    row = compare(apart(20, 20, 20, 20, common=common), "base").loc["variant"]
    assert row["failures_verdict"] == "both always fail"
    assert pd.isna(row["failures_blocks_needed"])
    assert row["time_verdict"] == "not compared"
    neither = compare(apart(0, 20, 0, 20, common=common), "base").loc["variant"]
    assert neither["failures_verdict"] == "neither fails"
    assert neither["failures_blocks_needed"] > 100  # to exclude a difference of a point


def test_times_that_the_platform_cannot_tell_apart_are_the_same() -> None:
    """Calls take an assumed 0.3 ms each: one or two of them are no evidence of who is faster."""
    trials = two_variants([0.3] * 40, [0.5] * 40)
    assert compare(trials, "base")["time_verdict"].item() == "better"
    assert compare(trials, "base", resolution_ms=0.3)["time_verdict"].item() == "equivalent"
    more = two_variants([30.0] * 40, [60.0] * 40).assign(calls=[100] * 40 + [200] * 40)
    assert compare(more, "base", resolution_ms=0.3)["share_faster"].item() == 0.5
    real = more.assign(platform=pd.Categorical(["windows"] * 80))
    assert compare(real, "base", resolution_ms=0.3)["time_verdict"].item() == "better"


def test_blocks_of_several_runs_with_one_draw_are_one_observation_if_emulated() -> None:
    def of(run: str, seed: int, strategies: list[str]) -> pd.DataFrame:
        blocks = np.tile(np.arange(20), len(strategies))
        return trials_of(
            run=run,
            strategy=np.repeat(strategies, 20),
            block=blocks,
            draw=[f"{seed}/{block}" for block in blocks],
            outcome=np.where(np.repeat(strategies, 20) == "variant", "exhausted", "ok"),
        )

    def pooled(*runs: pd.DataFrame, platform: str = "emulated") -> pd.DataFrame:
        both = pd.concat(runs, ignore_index=True).assign(platform=platform)
        return both.astype(dict.fromkeys(both.select_dtypes("object"), "category"))

    both = ["variant", "base"]
    once = compare(of("r", 1, both), "base")
    pd.testing.assert_frame_equal(once, compare(pooled(of("r", 1, both), of("q", 1, both)), "base"))
    across = compare(pooled(of("r", 1, ["variant"]), of("q", 1, ["base"])), "base")
    pd.testing.assert_frame_equal(once, across)

    measured = compare(pooled(of("r", 1, both), of("q", 1, both), platform="wine"), "base").loc[
        "variant"
    ]
    assert (measured["blocks"], measured["draws"]) == (40, 20)
    for name in ("difference", "difference_low", "difference_high", "failures_p"):
        assert measured[name] == pytest.approx(once.loc["variant", name])
    two = compare(pooled(of("r", 1, both), of("q", 2, both)), "base").loc["variant"]
    assert (two["blocks"], two["draws"]) == (40, 40)
    assert two["difference_low"] > once.loc["variant", "difference_low"]


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
