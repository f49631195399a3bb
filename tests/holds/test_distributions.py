"""The distribution functions against scipy, and against what is really drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from harness.holds.distributions import at_most, mean_up_to
from harness.holds.draw import HeldFile, draw_holds
from harness.holds.profile import AnyDistribution, Profile

if TYPE_CHECKING:
    from collections.abc import Callable

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
        assert at_most(of, ms, MB38) == pytest.approx(len(kept) / draws, abs=4 * 0.5 / draws**0.5)
        spread = ms / draws**0.5
        assert mean_up_to(of, ms, MB38) == pytest.approx(sum(kept) / draws, abs=4 * spread + 1e-9)


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
        assert at_most(of, ms) == pytest.approx(theirs.cdf(ms), rel=1e-9, abs=1e-12)
        partial_mean = theirs.expect(ub=min(ms, theirs.ppf(1 - 1e-13)), epsabs=1e-10, limit=200)
        assert mean_up_to(of, ms) == pytest.approx(max(partial_mean, 0), rel=1e-6, abs=1e-8)


def test_a_hold_that_ends_at_the_very_moment_of_an_attempt_counts_as_ended() -> None:
    """As the lock table has it: a release comes before an attempt of the same time."""
    constant = made("constant")
    assert at_most(constant, 12.499999) == 0
    assert at_most(constant, 12.5) == 1
    assert at_most(made("size-proportional"), 191.0, MB38) == 1  # 1 ms + 38 MB at 200 MB/s
    assert at_most(made("size-proportional"), 190.9, MB38) == 0


def test_what_never_ends_has_no_share_and_what_waits_for_failures_has_no_time() -> None:
    assert at_most(made("forever"), 1e12) == 0
    assert at_most(made("mixture"), 1e12) == pytest.approx(0.9)
    adapter: TypeAdapter[AnyDistribution] = TypeAdapter(AnyDistribution)
    failures = adapter.validate_python({"distribution": "until-failure", "failures": 2})
    for function in (at_most, mean_up_to):
        with pytest.raises(ValueError, match="no time"):
            function(failures, 5)


@given(st.sampled_from(list(ALL)), st.floats(0, 1e5), st.floats(0, 1e5), st.integers(0, 10**9))
def test_both_ascend_and_the_mean_lies_between_the_bounds_of_its_times(
    name: str, one: float, other: float, size: int
) -> None:
    of, (low, high) = made(name), sorted((one, other))
    share = at_most(of, high, size) - at_most(of, low, size)
    mean = mean_up_to(of, high, size) - mean_up_to(of, low, size)
    assert 0 <= share <= 1
    slack = 1e-9 * (1 + high)
    assert low * share - slack <= mean <= high * share + slack
