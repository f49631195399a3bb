"""The closed forms of distributions, against scipy and against many times that were really drawn."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from statistics import fmean, median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from typing_extensions import override

from harness.holds.distribution import LARGEST_LIBRARY_BYTES, Distribution
from harness.holds.distributions import AnyDistribution, UntilFailure
from harness.holds.draw import HeldFile, draw_holds
from harness.holds.profile import Profile
from harness.payload.generate import file_sizes
from harness.scenario.load import load_scenarios, shipped_names

MB38 = 38_000_000
ALL: dict[str, dict[str, Any]] = {
    "constant": {"ms": 12.5},
    "uniform": {"low_ms": 5.0, "high_ms": 80.0},
    "uniform of one time": {"distribution": "uniform", "low_ms": 5.0, "high_ms": 5.0},
    "lognormal": {"median_ms": 10.8, "p99_ms": 25.0},
    "exponential": {"mean_ms": 20.0},
    "pareto": {"min_ms": 25.0, "shape": 0.7, "max_ms": 2000.0},
    "pareto of shape 1": {"distribution": "pareto", "min_ms": 2.0, "shape": 1.0, "max_ms": 100.0},
    "empirical": {"values_ms": (3.0, 3.0, 12.0, 40.0)},
    "quantiles": {"quantiles": ((0.0, 2.0), (0.5, 12.0), (0.6, 12.0), (0.99, 40.0), (1.0, 900.0))},
    "counts": {"from_ms": 1.0, "counts": ((6.0, 3), (12.0, 0), (20.0, 5), (700.0, 2))},
    "size-proportional": {"base_ms": 1.0, "mb_per_s": 200.0},
    "mixture": {
        "parts": [
            {"weight": 0.7, "of": {"distribution": "uniform", "low_ms": 1.0, "high_ms": 4.0}},
            {"weight": 0.2, "of": {"distribution": "constant", "ms": 6.0}},
            {"weight": 0.1, "of": {"distribution": "forever"}},
        ]
    },
    "forever": {},
}


def made(name: str) -> AnyDistribution:
    adapter: TypeAdapter[AnyDistribution] = TypeAdapter(AnyDistribution)
    return adapter.validate_python({"distribution": name, **ALL[name]})


def drawn_ms(of: AnyDistribution, draws: int) -> list[float]:
    """Durations as a trial would get them."""
    cited = {"evidence": "assumed", "source": "a test"}
    profile = Profile.model_validate(
        {
            "schema": 2,
            "title": "one hold",
            "holds": [
                {
                    "handle": {"object": "source", "share": "r", **cited},
                    "probability": {"value": 1.0, **cited},
                    "delay": {"of": {"distribution": "constant", "ms": 0.0}, **cited},
                    "duration": {"of": of.model_dump(), **cited},
                }
            ],
        }
    )
    file = HeldFile(".", MB38, is_pe=True)
    holds = [draw_holds(profile, [file], f"{number}")[0] for number in range(draws)]
    return [math.inf if hold.duration_ns is None else hold.duration_ns / 1e6 for hold in holds]


@pytest.mark.parametrize("name", ALL)
def test_the_share_and_the_mean_are_those_of_what_is_drawn(name: str) -> None:
    of, draws = made(name), 4000
    times = drawn_ms(of, draws)
    for ms in (0, 1, 2.5, 5, 6, 12, 12.5, 20, 40, 191, 700, 3000):
        kept = [time for time in times if time <= ms]
        assert of.cdf(ms, MB38) == pytest.approx(len(kept) / draws, abs=4 * 0.5 / draws**0.5)
        spread = ms / draws**0.5
        assert of.partial_mean(ms, MB38) == pytest.approx(sum(kept) / draws, abs=4 * spread + 1e-9)


@pytest.mark.parametrize(
    ("name", "judge"),
    [
        ("lognormal", lambda stats: stats.lognorm(math.log(25 / 10.8) / 2.3263478740408408, scale=10.8)),
        ("exponential", lambda stats: stats.expon(scale=20)),
        ("uniform", lambda stats: stats.uniform(5, 75)),
        ("pareto", lambda stats: stats.truncpareto(0.7, 2000 / 25, scale=25)),
        ("pareto of shape 1", lambda stats: stats.truncpareto(1.0, 50, scale=2)),
    ],
)
def test_continuous_distributions_are_those_of_scipy(name: str, judge: Callable[[Any], Any]) -> None:
    stats = pytest.importorskip("scipy.stats")
    of, theirs = made(name), judge(stats)
    for ms in (0.5, 2.5, 6, 11, 26, 79, 99, 500, 1999, 5000):
        assert of.cdf(ms) == pytest.approx(theirs.cdf(ms), rel=1e-9, abs=1e-12)
        partial_mean = theirs.expect(ub=min(ms, theirs.ppf(1 - 1e-13)), epsabs=1e-10, limit=200)
        assert of.partial_mean(ms) == pytest.approx(max(partial_mean, 0), rel=1e-6, abs=1e-8)


def test_a_hold_that_ends_at_the_very_moment_of_an_attempt_counts_as_ended() -> None:
    """As the lock table has it: a release comes before an attempt of the same time."""
    constant, by_size = made("constant"), made("size-proportional")
    assert constant.cdf(12.499999) == 0
    assert constant.cdf(12.5) == 1
    assert by_size.cdf(191.0, MB38) == 1  # 1 ms + 38 MB at 200 MB/s
    assert by_size.cdf(190.9, MB38) == 0


def test_what_never_ends_has_no_share_and_what_waits_for_failures_has_no_time() -> None:
    assert made("forever").cdf(1e12) == 0
    assert made("mixture").cdf(1e12) == pytest.approx(0.9)
    failures = UntilFailure(distribution="until-failure", failures=2)
    for function in (failures.cdf, failures.partial_mean):
        with pytest.raises(ValueError, match="no time"):
            function(5)


@pytest.mark.parametrize("name", sorted(set(ALL) - {"mixture", "forever"}))
def test_without_a_bound_the_partial_mean_is_the_mean(name: str) -> None:
    of = made(name)
    assert of.partial_mean(math.inf, MB38) == pytest.approx(of.partial_mean(1e7, MB38))


@given(st.sampled_from(list(ALL)), st.floats(0, 1e5), st.floats(0, 1e5), st.integers(0, 10**9))
def test_both_ascend_and_the_mean_lies_between_the_bounds_of_its_times(
    name: str, one: float, other: float, size: int
) -> None:
    of, (low, high) = made(name), sorted((one, other))
    share = of.cdf(high, size) - of.cdf(low, size)
    mean = of.partial_mean(high, size) - of.partial_mean(low, size)
    assert 0 <= share <= 1
    slack = 1e-9 * (1 + high)
    assert low * share - slack <= mean <= high * share + slack


BOUNDED: dict[str, dict[str, Any]] = {
    "constant": {"distribution": "constant", "ms": 12.5},
    "uniform": {"distribution": "uniform", "low_ms": 5.0, "high_ms": 40.0},
    "pareto": {"distribution": "pareto", "min_ms": 2.0, "shape": 0.3, "max_ms": 300.0},
    "steep pareto": {"distribution": "pareto", "min_ms": 10.0, "shape": 1.5, "max_ms": 60.0},
    "flat pareto": {"distribution": "pareto", "min_ms": 1.0, "shape": 0.05, "max_ms": 20.0},
    "empirical": {
        "distribution": "empirical",
        "values_ms": [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0],
    },
    "quantiles": {"distribution": "quantiles", "quantiles": [[0, 0], [0.5, 31], [0.9, 78], [1, 90]]},
    "counts": {"distribution": "counts", "counts": [[10, 2], [20, 40], [50, 15]]},
    "size": {"distribution": "size-proportional", "base_ms": 5.0, "mb_per_s": 200.0},
    "mixture": {
        "distribution": "mixture",
        "parts": [
            {"weight": 0.9, "of": {"distribution": "uniform", "low_ms": 1.0, "high_ms": 3.0}},
            {"weight": 0.1, "of": {"distribution": "constant", "ms": 700.0}},
        ],
    },
}
ENDLESS: dict[str, dict[str, Any]] = {
    "lognormal": {"distribution": "lognormal", "median_ms": 10.8, "p99_ms": 25.0},
    "wide lognormal": {"distribution": "lognormal", "median_ms": 50.0, "p99_ms": 2000.0},
    "exponential": {"distribution": "exponential", "mean_ms": 30.0},
}


def read(of: dict[str, Any]) -> Distribution:
    adapter: TypeAdapter[AnyDistribution] = TypeAdapter(AnyDistribution)
    return adapter.validate_python(of)


def many_ms(of: Distribution, draws: int = 20_000) -> list[float]:
    """Times for a large file; the seed makes them the same on every run."""
    rng = random.Random(1)
    return [of.sample(rng, LARGEST_LIBRARY_BYTES) for _ in range(draws)]


@pytest.mark.parametrize("name", BOUNDED)
def test_no_time_is_longer_than_the_longest_one_and_some_come_near(name: str) -> None:
    of = read(BOUNDED[name])
    longest_ms = max(many_ms(of))
    assert 0.97 * of.longest_ms() < longest_ms <= of.longest_ms() + 1e-6


@pytest.mark.parametrize("name", ENDLESS)
def test_of_an_endless_tail_one_time_in_a_thousand_is_longer(name: str) -> None:
    of = read(ENDLESS[name])
    longer = sum(ms > of.longest_ms() for ms in many_ms(of, 60_000))
    assert 40 <= longer <= 80  # 60 are expected


@pytest.mark.parametrize("name", ["constant", "uniform", "empirical", "size", "mixture", "exponential"])
def test_the_usual_time_is_the_mean_of_many(name: str) -> None:
    of = read({**BOUNDED, **ENDLESS}[name])
    assert of.usual_ms() == pytest.approx(fmean(many_ms(of)), rel=0.03)


@pytest.mark.parametrize(
    "name",
    [
        *("pareto", "steep pareto", "flat pareto", "lognormal", "wide lognormal"),
        *("quantiles", "counts"),
    ],
)
def test_the_usual_time_of_a_skewed_distribution_is_the_median_of_many(name: str) -> None:
    of = read({**BOUNDED, **ENDLESS}[name])
    assert of.usual_ms() == pytest.approx(median(many_ms(of)), rel=0.04)


@given(
    least=st.floats(0.01, 1e6),
    times=st.floats(1.001, 1e6),
    shape=st.floats(0.001, 20),
)
def test_the_usual_time_of_any_tail_lies_within_it(least: float, times: float, shape: float) -> None:
    most = min(least * times, 86_400_000.0)
    of = read({"distribution": "pareto", "min_ms": least, "shape": shape, "max_ms": most})
    assert least <= of.usual_ms() * (1 + 1e-9)
    assert of.usual_ms() <= of.longest_ms() * (1 + 1e-9)


def test_a_mixture_lasts_as_long_as_the_longest_of_its_parts_however_rare() -> None:
    none = {"distribution": "constant", "ms": 0.0}
    parts = [{"weight": 0.999, "of": none}, {"weight": 0.001, "of": ENDLESS["exponential"]}]
    mixture = read({"distribution": "mixture", "parts": parts})
    assert mixture.longest_ms() == read(ENDLESS["exponential"]).longest_ms()


def test_what_is_never_released_lasts_forever_and_so_does_a_mixture_with_it() -> None:
    for name in ("forever", "mixture"):
        assert made(name).longest_ms() == made(name).usual_ms() == math.inf


def test_a_hold_that_ends_with_failures_adds_no_time() -> None:
    until = UntilFailure(distribution="until-failure", failures=3)
    assert until.longest_ms() == until.usual_ms() == 0


def test_files_that_are_scanned_by_size_are_as_large_as_the_largest_that_is_shipped() -> None:
    largest = max(
        size
        for loaded in load_scenarios(shipped_names())
        for payload in loaded.scenario.payload
        if payload.kind in {"wheel", "sdist", "tree"} and payload.shape.pe is not None
        for size in file_sizes(payload.shape.pe)
    )
    assert pytest.approx(largest, rel=0.01) == LARGEST_LIBRARY_BYTES


class Observed(Distribution):
    """An estimate that no profile can name, as a measurement could give it."""

    @override
    def sample(self, rng: random.Random, size: int = 0) -> float:
        return rng.choice([4.0, 6.0])

    @override
    def cdf(self, ms: float, size: int = 0) -> float:
        return 0.5 * (ms >= 4) + 0.5 * (ms >= 6)

    @override
    def partial_mean(self, ms: float, size: int = 0) -> float:
        return 2.0 * (ms >= 4) + 3.0 * (ms >= 6)

    @override
    def longest_ms(self) -> float:
        return 6.0


def test_an_estimate_of_another_kind_is_a_distribution_too() -> None:
    of: Distribution = Observed()
    assert (of.usual_ms(), of.longest_ms(), of.cdf(5)) == (5, 6, 0.5)
    assert set(many_ms(of, 20)) == {4, 6}
