"""The best schedule against brute force, and against every shipped strategy."""

from __future__ import annotations

import math
import re
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import InvalidInputError
from harness.holds.distribution import LARGEST_LIBRARY_BYTES
from harness.holds.distributions import Exponential, Mixture, MixturePart, UntilFailure
from harness.scenario.load import shipped_profiles
from harness.strategy import catalogue
from harness.strategy.timetable import times_of
from harness.tune.evaluate import Outcome, evaluate
from harness.tune.optimum import Optima, lower_bound, optimum
from harness.tune.question import Limits, Prices
from harness.tune.releases import Releases

ANY = Limits(1.0, math.inf, None, 0.0)
"""No limits at all."""
MASSES = st.lists(
    st.tuples(st.integers(1, 40), st.integers(1, 9)), min_size=1, max_size=12, unique_by=lambda at: at[0]
)


def _releases(masses: list[tuple[int, int]], never: int) -> Releases:
    total = sum(mass for _, mass in masses) + never
    return Releases.of_times([ms for ms, _ in masses], [mass / total for _, mass in masses])


def _outcomes(points: list[float], most: int, releases: Releases) -> list[Outcome]:
    return [
        evaluate(np.array([0.0, *chosen]), releases)
        for count in range(most + 1)
        for chosen in combinations(points, count)
    ]


@given(MASSES, st.integers(0, 5), st.integers(1, 13), st.floats(0, 0.5), st.integers(1, 45))
@settings(max_examples=150, deadline=None)
def test_within_limits_nothing_on_the_masses_is_better(
    masses: list[tuple[int, int]], never: int, most: int, max_failure: float, budget_ms: int
) -> None:
    releases = _releases(masses, never)
    limits = Limits(max_failure, budget_ms, most, 0.0)
    points = sorted(float(ms) for ms, _ in masses if ms <= budget_ms)
    allowed = [
        each.wait_ms
        for each in _outcomes(points, min(most - 1, len(points)), releases)
        if each.failure <= max_failure + 1e-12
    ]
    if not allowed:
        with pytest.raises(InvalidInputError):
            optimum(releases, limits)
        return
    found = optimum(releases, limits)
    assert found.outcome.wait_ms == pytest.approx(min(allowed), abs=1e-9)
    assert found.least_cost_ms == found.outcome.wait_ms
    assert len(found.attempts_ms) <= most
    assert found.outcome.failure <= max_failure + 1e-9


@given(MASSES, st.integers(0, 3), st.floats(0, 3), st.floats(0, 200), st.floats(0, 0.5))
@settings(max_examples=150, deadline=None)
def test_at_prices_nothing_on_the_masses_is_cheaper(
    masses: list[tuple[int, int]], never: int, attempt: float, failure: float, denied: float
) -> None:
    releases = _releases(masses, never)
    prices = Prices(attempt, failure, denied)

    def cost(each: Outcome) -> float:
        tried = attempt * each.attempts + failure * each.failure
        return each.wait_ms + tried + denied * each.denied_ms

    points = sorted(float(ms) for ms, _ in masses)
    least = min(map(cost, _outcomes(points, len(points), releases)))
    found = optimum(releases, ANY, prices=prices)
    assert cost(found.outcome) == pytest.approx(least, abs=1e-9)
    assert found.least_cost_ms == found.outcome.cost_ms(prices)


QUESTIONS = st.tuples(
    st.builds(
        Limits,
        max_failure=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
        max_denied_ms=st.sampled_from([15.0, 60.0]),
        max_attempts=st.sampled_from([None, 1, 2, 5]),
        least_wait_ms=st.sampled_from([0.0, 2.0]),
        call_ms=st.sampled_from([0.0, 1.0]),
    ),
    st.builds(Prices, *[st.sampled_from([0.0, 2.0, 90.0])] * 3),
)


@given(MASSES, st.lists(QUESTIONS, min_size=2, max_size=6))
@settings(max_examples=50, deadline=None)
def test_questions_in_turn_are_answered_as_each_alone(
    masses: list[tuple[int, int]], questions: list[tuple[Limits, Prices]]
) -> None:
    releases = _releases(masses, 0)
    optima = Optima(releases)
    for limits, prices in questions:
        try:
            alone = optimum(releases, limits, prices=prices)
        except InvalidInputError as refused:
            with pytest.raises(InvalidInputError, match=re.escape(refused.message)):
                optima.best(limits, prices=prices)
        else:
            assert optima.best(limits, prices=prices) == alone


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=4),
    st.integers(2, 4),
    st.sampled_from([0.5, 1.0, 1.5, 2.5]),
    st.sampled_from([0.0, 0.2]),
)
@settings(max_examples=100, deadline=None)
def test_with_a_least_gap_no_schedule_on_a_fine_grid_is_better(
    masses: list[tuple[int, int]], most: int, gap_ms: float, max_failure: float
) -> None:
    releases = _releases(masses, 0)
    limits = Limits(max_failure, 12.0, most, gap_ms)
    grid = [each / 2 for each in range(1, 25)]
    allowed = [
        each.wait_ms
        for count in range(most)
        for chosen in combinations(grid, count)
        if all(later - sooner >= gap_ms for sooner, later in zip((0.0, *chosen), chosen, strict=False))
        and (each := evaluate(np.array([0.0, *chosen]), releases)).failure <= max_failure + 1e-12
    ]
    found = optimum(releases, limits)
    assert found.outcome.wait_ms == pytest.approx(min(allowed), abs=1e-9)
    assert min(np.diff(found.attempts_ms), default=gap_ms) >= gap_ms - 1e-9


def test_with_a_least_gap_the_best_attempts_may_be_off_the_masses() -> None:
    """The example of a mass just after another, which an attempt at the first one would miss."""
    releases = Releases.of_times([1, 1.5], [0.9, 0.1])
    found = optimum(releases, Limits(0, 10, 3, 1.0))
    assert found.attempts_ms == (0, 1, 2)


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=4),
    st.integers(2, 4),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([0.5, 1.0]),
    st.sampled_from([0.0, 0.2]),
    st.sampled_from([Prices(), Prices(0.5, 3, 0.1)]),
)
@settings(max_examples=100, deadline=None)
def test_with_calls_that_take_time_no_schedule_on_a_fine_grid_is_better(
    masses: list[tuple[int, int]],
    most: int,
    wait_ms: float,
    call_ms: float,
    max_failure: float,
    prices: Prices,
) -> None:
    releases = _releases(masses, 0)
    limits = Limits(max_failure, 12.0, most, wait_ms, call_ms)
    gap_ms = wait_ms + call_ms
    grid = [each / 2 for each in range(1, 25) if each / 2 + call_ms <= 12]
    allowed = [
        each.cost_ms(prices)
        for count in range(most)
        for chosen in combinations(grid, count)
        if all(later - sooner >= gap_ms for sooner, later in zip((0.0, *chosen), chosen, strict=False))
        and (each := evaluate(np.array([0.0, *chosen]), releases, call_ms)).failure
        <= max_failure + 1e-12
    ]
    found = optimum(releases, limits, prices=prices)
    assert found.outcome.cost_ms(prices) == pytest.approx(min(allowed), abs=1e-9)
    assert found.outcome.denied_ms == pytest.approx(found.attempts_ms[-1] + call_ms)
    assert found.outcome.denied_ms <= 12


@given(
    st.lists(st.floats(0.5, 40), min_size=1, max_size=6),
    st.lists(st.floats(0.1, 12), max_size=5),
    st.sampled_from([0.0, 0.3, 2.0]),
)
@settings(max_examples=60, deadline=None)
def test_no_schedule_is_below_the_bound(
    means_ms: list[float], waits_ms: list[float], call_ms: float
) -> None:
    """Any schedule against a mixture of exponential holds."""
    parts = [Exponential(distribution="exponential", mean_ms=mean) for mean in means_ms]
    share = 1 / len(parts)
    weighed = [MixturePart(weight=share, of=part) for part in parts]
    lengths = Mixture(distribution="mixture", parts=weighed) if len(parts) > 1 else parts[0]
    releases = Releases.of_distribution(lengths, 0.9)
    times = np.cumsum(np.array([0.0, *(max(each, 0.5) + call_ms for each in waits_ms)]))
    own = evaluate(times, releases, call_ms)
    limits = Limits(own.failure, own.denied_ms, len(times), 0.5, call_ms)
    assert lower_bound(releases, limits) <= own.wait_ms + 1e-9


def _in_200_masses(name: str) -> Releases:
    """A profile's holds as masses: its atoms as they are, the rest by 200 quantiles."""
    hold = shipped_profiles()[name].holds[0]
    exact = Releases.of_distribution(hold.duration.of, hold.probability.value)
    part = sum(share for share, _ in exact.smooth)
    grid = np.geomspace(0.1, hold.duration.of.longest_ms() if part else 1.0, 4000)
    smooth = Releases(np.empty(0), np.zeros(1), np.zeros(1), exact.smooth, LARGEST_LIBRARY_BYTES)
    levels = (np.arange(200) + 0.5) / 200 * part
    quantiles = np.interp(levels, smooth.share_by(grid), grid)
    masses = np.diff(exact.below)
    return Releases.of_times(np.r_[exact.times_ms, quantiles], np.r_[masses, np.full(200, part / 200)])


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, profile in shipped_profiles().items()
        if profile.holds and not isinstance(profile.holds[0].duration.of, UntilFailure)
    ],
)
def test_no_shipped_strategy_has_a_better_schedule(name: str) -> None:
    releases = _in_200_masses(name)
    compared = 0
    for listed in {times_of(entry.spec).typical.attempts_ms for entry in catalogue.entries().values()}:
        own = evaluate(np.array(listed), releases)
        few = len(listed) if len(listed) <= 30 else None  # more attempts than it has can only help
        limits = Limits(own.failure, own.denied_ms, few, 0.0)
        found = optimum(releases, limits)
        assert found.outcome.wait_ms <= own.wait_ms + 1e-9, listed
        compared += 1
    assert compared > 40


@pytest.mark.parametrize("name", ["brief", "scanner-mix", "cloud-verdict"])
def test_the_grid_finds_what_a_finer_grid_finds(name: str) -> None:
    hold = shipped_profiles()[name].holds[0]
    releases = Releases.of_distribution(hold.duration.of, hold.probability.value)
    limits = Limits(1e-3, 60_000, 6)
    found = optimum(releases, limits)
    finer = optimum(releases, limits, np.linspace(0.001, 60_000, 5000))
    also = optimum(releases, limits, np.geomspace(0.1, 60_000, 20_000))
    best = min(finer.outcome.wait_ms, also.outcome.wait_ms)
    assert found.outcome.wait_ms <= best * 1.001
    assert found.least_cost_ms <= best
    assert found.least_cost_ms >= 0.99 * found.outcome.wait_ms


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(0.1, 100, 5), "are never released"),
        (Limits(0.5, 10, 5), "contradict each other: within 10 ms at least 75"),
        (Limits(0.5, 100, 1), "one attempt alone fails in 100 %"),
        (Limits(0.5, 100, 9, 200), "a budget of at least the least wait"),
    ],
)
def test_limits_that_no_schedule_fits_are_refused(limits: Limits, words: str) -> None:
    with pytest.raises(InvalidInputError, match=r"fail|never") as refused:
        optimum(Releases.of_times([5, 20, 30, math.inf]), limits)
    assert re.search(words, f"{refused.value.message} {refused.value.hint}")
