"""The range for the time that is left: learnt from the run, and wide enough to hold what comes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.platform.emulated.emulated_platform import EmulatedPlatform
from harness.run.estimate import ROUGHLY, ExpectedTrials
from harness.run.pace import Pace
from harness.run.plan import cases_of
from harness.scenario.load import load_scenario
from harness.strategy import get_strategy

VARIANTS = ("plain", "exponential")
CASES = ("short", "long")
BLOCKS = 40


@cache
def expected() -> ExpectedTrials:
    """Each trial about as long as any other."""
    loaded = load_scenario("script-install")
    strategies = {name: get_strategy(name) for name in VARIANTS}
    case = next(case for case in cases_of(loaded, strategies, seed=1) if case.profile_name == "brief")
    return ExpectedTrials(case, [], EmulatedPlatform(), BLOCKS)


def pace() -> Pace:
    return Pace(dict.fromkeys(CASES, expected()), dict.fromkeys(CASES, BLOCKS))


TRIALS = [(case, variant, block) for block in range(BLOCKS) for case in CASES for variant in VARIANTS]
"""All trials in the order in which they run."""
Costs = dict[tuple[str, str], float]
COSTS = st.fixed_dictionaries(
    {(case, variant): st.floats(0.001, 100) for case in CASES for variant in VARIANTS}
)


def after(trials: int, costs: Costs, found: Pace | None = None) -> tuple[Pace, float]:
    """The pace after so many trials, and how long the others take."""
    found = found or pace()
    for case, variant, block in TRIALS[:trials]:
        found.count(case, variant, block, costs[case, variant])
    return found, sum(costs[case, variant] for case, variant, _ in TRIALS[trials:])


@given(costs=COSTS, blocks=st.integers(5, BLOCKS - 1))
def test_where_each_variant_takes_always_the_same_the_range_holds_what_is_left(
    costs: Costs, blocks: int
) -> None:
    """However much longer one variant, or one case, takes than another."""
    found, left_s = after(blocks * len(CASES) * len(VARIANTS), costs)
    assert found.left().low_s <= left_s <= found.left().high_s


@given(costs=COSTS)
def test_the_range_gets_narrower_and_ends_at_nothing(costs: Costs) -> None:
    ratios = []
    for trials in (0, 20, 80, len(TRIALS) - 1):
        left = after(trials, costs)[0].left()
        assert 0 < left.low_s < left.high_s
        ratios.append(left.high_s / left.low_s)
    assert ratios[0] == pytest.approx(ROUGHLY**2)
    assert ratios[1] >= ratios[2]
    end = after(len(TRIALS), costs)[0]
    assert end.left() == (0.0, 0.0)
    assert end.share_done() == 1.0


def test_a_case_without_trials_is_expected_to_be_as_slow_as_the_others() -> None:
    costs = dict.fromkeys(((case, variant) for case in CASES for variant in VARIANTS), 2.0)
    found = pace()
    for block in range(10):
        for variant in VARIANTS:
            found.count("short", variant, block, 2.0)
    left_s = sum(costs.values()) * BLOCKS - 40
    left = found.left()
    assert left.low_s <= left_s <= left.high_s
    assert left.high_s > 1.5 * left_s  # it is not known to be


@given(costs=COSTS, slower=st.floats(0.8, 1.25))
def test_a_run_that_goes_on_begins_with_what_it_had_learnt(costs: Costs, slower: float) -> None:
    found, left_s = after(80, costs)
    found.start_again()
    left = found.left()
    assert left.low_s <= slower * left_s <= left.high_s
    assert left.high_s / left.low_s < ROUGHLY
    assert 0 < found.share_done() < 1


def test_a_run_that_goes_on_on_a_slower_machine_learns_it() -> None:
    costs = dict.fromkeys(((case, variant) for case in CASES for variant in VARIANTS), 1.0)
    found, _ = after(40, costs)
    found.start_again()
    for case, variant, block in TRIALS[40:80]:
        found.count(case, variant, block, 5.0)
    left_s = 5.0 * len(TRIALS[80:])
    assert found.left().low_s <= left_s <= found.left().high_s


@pytest.mark.parametrize(
    ("sigma", "share"), [(0.3, 0.1), (0.3, 0.5), (0.6, 0.1), (0.6, 0.5), (1.0, 0.25), (1.0, 0.5)]
)
def test_nine_of_ten_ranges_hold_what_comes_also_of_skewed_times(sigma: float, share: float) -> None:
    """Lognormal times: with a deviation of 1, one trial in 34 takes four times the mean."""
    rng, held, runs = random.Random(1), 0, 200
    for _ in range(runs):
        took = [rng.lognormvariate(0, sigma) for _ in TRIALS]
        held += holds(took, round(share * len(TRIALS)))
    assert held >= 0.9 * runs


def holds(took: Sequence[float], done: int) -> bool:
    found = pace()
    for (case, variant, block), took_s in zip(TRIALS[:done], took, strict=False):
        found.count(case, variant, block, took_s)
    left = found.left()
    return left.low_s <= sum(took[done:]) <= left.high_s


def test_a_trial_that_is_not_planned_changes_nothing_but_the_time_that_is_spent() -> None:
    found = pace()
    before = found.left()
    found.count("another", "plain", 0, 5.0)
    found.count("short", "another", 0, 5.0)
    assert found.left() == before
    assert found.share_done() > 0
