"""Failure rates of the variants of a case, with the intervals of the summary."""

from __future__ import annotations

import math

import pytest
from analysis_lab import trials_of
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis import failure_rates
from harness.analysis.rates import wilson_arrays
from harness.errors import InvalidInputError
from harness.summary import statistics


@pytest.mark.parametrize(
    ("failures", "trials", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_rates_have_the_published_intervals(failures: int, trials: int, low: float, high: float) -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3."""
    outcomes = ["exhausted"] * failures + ["ok"] * (trials - failures)
    row = failure_rates(trials_of(outcome=outcomes, block=range(trials))).loc["a"]
    assert (row["trials"], row["failures"]) == (trials, failures)
    assert row["rate"] == pytest.approx(failures / trials)
    assert row["low"] == pytest.approx(low, abs=5e-5)
    assert row["high"] == pytest.approx(high, abs=5e-5)


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_the_interval_is_the_one_of_the_tables(failures: int, successes: int) -> None:
    trials = failures + successes
    low, high = wilson_arrays([failures], [trials])
    assert (low[0], high[0]) == statistics.wilson(failures, trials)


def test_each_variant_is_a_row_and_factors_are_part_of_its_name() -> None:
    trials = trials_of(
        strategy=["b", "a", "a", "a"],
        factors=["", "", "link_mode=copy", "link_mode=copy"],
        outcome=["not-retried", "ok", "vanished", "ok"],
        block=[0, 0, 0, 1],
    )
    rows = failure_rates(trials)
    assert list(rows.index) == ["a", "a (link_mode=copy)", "b"]
    assert list(rows["failures"]) == [0, 1, 1]
    assert list(rows["trials"]) == [1, 2, 1]
    assert list(rows["factors"]) == ["", "link_mode=copy", ""]


def test_a_void_trial_takes_its_block_with_it_and_harness_errors_are_left_out() -> None:
    trials = trials_of(
        strategy=["a", "b", "a", "b", "a"],
        block=[0, 0, 1, 1, 2],
        outcome=["exhausted", "ok", "ok", "ok", "harness-error"],
        void=[False, True, False, False, False],
    )
    rows = failure_rates(trials)
    assert dict(rows["trials"]) == {"a": 1, "b": 1}
    assert rows["failures"].sum() == 0


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("platform", ["emulated", "wine"]),
        ("rules", ["ntfs", "stock"]),
        ("freshness", ["unique", "warm"]),
        ("antivirus", ["active", "unknown"]),
        ("profile", ["brief", "delayed"]),
    ],
)
def test_cases_are_never_pooled(column: str, values: list[str]) -> None:
    with pytest.raises(InvalidInputError, match=f"{column}: {values[0]}, {values[1]}") as raised:
        failure_rates(trials_of(**{column: values}))
    assert f"{column}={values[0]!r}" in (raised.value.hint or "")


def test_no_trials_give_no_rows() -> None:
    rows = failure_rates(trials_of()[:0])
    assert rows.empty
    assert list(rows.columns) == [
        "strategy", "factors", "trials", "failures", "effective_trials", "rate", "low", "high",
    ]  # fmt: skip


def test_all_void_is_no_trials() -> None:
    assert failure_rates(trials_of(void=True)).empty


def test_a_rate_of_nothing_is_unbounded() -> None:
    low, high = wilson_arrays([0], [0])
    assert (low[0], high[0]) == (0, 1)
    assert not math.isnan(low[0])
