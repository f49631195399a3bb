"""Performance profiles: Dolan and More's definition, with failures as never."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from analysis_lab import trials_of
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis import performance_profiles
from harness.errors import InvalidInputError

Times = dict[str, list[float]]


def of(cases: dict[str, Times]) -> pd.DataFrame:
    """Trials: for each scenario, the times of each variant block by block, ``inf`` for a failure."""
    rows = [
        {"scenario": scenario, "strategy": variant, "block": block, "elapsed_ms": time}
        for scenario, variants in cases.items()
        for variant, times in variants.items()
        for block, time in enumerate(times)
    ]
    table = pd.DataFrame(rows)
    failed = np.isinf(table["elapsed_ms"])
    columns = {str(name): table[name].tolist() for name in table}
    columns["elapsed_ms"] = table["elapsed_ms"].where(~failed, 1.0).tolist()
    return trials_of(**columns, outcome=np.where(failed, "exhausted", "ok"))


def share(profiles: pd.DataFrame, variant: str, ratio: float) -> float:
    """The share of blocks that a variant does within `ratio` times the best."""
    steps = profiles[(profiles["variant"] == variant) & (profiles["ratio"] <= ratio)]
    return float(steps["share"].iloc[-1])


NEVER = float("inf")


def test_by_hand() -> None:
    profiles = performance_profiles(
        of({"s": {"a": [1, 2, 4, NEVER], "b": [2, 2, 1, 5], "c": [NEVER, NEVER, NEVER, NEVER]}})
    )
    assert [share(profiles, "a", ratio) for ratio in (1, 3.9, 4, 1e9)] == [0.5, 0.5, 0.75, 0.75]
    assert [share(profiles, "b", ratio) for ratio in (1, 2)] == [0.75, 1]
    assert share(profiles, "c", 1e9) == 0
    assert set(profiles["blocks"]) == {4}


def test_each_case_weighs_the_same() -> None:
    profiles = performance_profiles(of({"s": {"a": [1] * 9, "b": [2] * 9}, "t": {"a": [3], "b": [1]}}))
    assert (share(profiles, "a", 1), share(profiles, "b", 1)) == pytest.approx((0.5, 0.5))
    assert set(profiles["cases"]) == {2}
    assert set(profiles["blocks"]) == {10}


def test_who_ties_with_the_fastest_is_as_fast() -> None:
    """On a virtual clock a call takes an assumed 0.3 ms: one call more, or 0.3 ms, is no difference."""
    times = of({"s": {"a": [10.0], "b": [10.3], "c": [10.4], "d": [10.9]}})
    times["calls"] = [1, 1, 2, 4]
    steps = performance_profiles(times, resolution_ms=0.3)
    assert {name: share(steps, name, 1) for name in "abd"} == {"a": 1, "b": 1, "d": 1}
    assert share(steps[steps["ratio"] > 1], "c", 2) == 1
    assert share(performance_profiles(times), "a", 1) == 1
    assert share(performance_profiles(times), "b", 1) == 0


def test_blocks_that_all_fail_stay_blocks() -> None:
    profiles = performance_profiles(of({"s": {"a": [1, NEVER], "b": [1, NEVER]}}))
    assert share(profiles, "a", 1e9) == 0.5


def test_blocks_and_variants_that_are_not_there_for_all_are_left_out() -> None:
    profiles = performance_profiles(
        of({"s": {"a": [1, 1], "b": [2], "c": [1, 1]}, "t": {"a": [1], "b": [2]}})
    )
    assert set(profiles["variant"]) == {"a", "b"}
    assert set(profiles["blocks"]) == {2}


@given(st.lists(st.tuples(*[st.floats(0, 1e6) | st.just(NEVER)] * 3), min_size=1, max_size=12))
def test_shares_rise_from_the_fastest_to_all_successes(
    times: list[tuple[float, float, float]],
) -> None:
    variants = dict(zip("abc", map(list, zip(*times, strict=True)), strict=True))
    profiles = performance_profiles(of({"s": variants}))
    for variant, own in variants.items():
        steps = profiles[profiles["variant"] == variant]
        assert steps["ratio"].iloc[0] == 1
        assert steps["ratio"].is_unique
        assert steps["ratio"].is_monotonic_increasing
        assert steps["share"].is_monotonic_increasing
        assert steps["share"].iloc[-1] == pytest.approx(np.isfinite(own).mean())


def test_platforms_are_never_mixed() -> None:
    with pytest.raises(InvalidInputError, match="platform: emulated, wine"):
        performance_profiles(trials_of(strategy=["a", "b"], platform=["emulated", "wine"]))


def test_a_performance_profile_takes_two_variants_of_every_case() -> None:
    with pytest.raises(InvalidInputError, match="0 variants ran in all of these 2 cases"):
        performance_profiles(of({"s": {"a": [1]}, "t": {"b": [1]}}))


def test_no_trials_give_no_rows_but_all_columns() -> None:
    none = performance_profiles(trials_of()[:0])
    some = performance_profiles(of({"s": {"a": [1], "b": [1]}}))
    assert none.empty
    assert list(none.columns) == list(some.columns)


def test_variants_that_share_no_block_are_in_no_profile() -> None:
    profiles = performance_profiles(trials_of(strategy=["a", "b"], block=[0, 1]))
    assert set(profiles["blocks"]) == {0}
    assert set(profiles["share"]) == {0}
