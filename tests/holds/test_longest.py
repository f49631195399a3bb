"""How long holds are said to last, against many holds that were really drawn.

The draws are the independent source: a run draws from these very distributions.
"""

from __future__ import annotations

import math
from statistics import fmean, median
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.clock import NS_PER_MS
from harness.holds.draw import HeldFile, draw_holds
from harness.holds.length import LARGE_MB, longest_ms, usual_ms
from harness.holds.profile import Profile
from harness.payload.generate import file_sizes
from harness.scenario.load import load_profile, load_scenario, load_scenarios, shipped_names

CITED: Final = {"evidence": "assumed", "source": "this test"}
DRAWS: Final = 20_000
LARGEST: Final = [HeldFile(".", round(LARGE_MB * 1e6), is_pe=True)]
NONE: Final = {"distribution": "constant", "ms": 0}

BOUNDED: Final[dict[str, dict[str, Any]]] = {
    "constant": {"distribution": "constant", "ms": 12.5},
    "uniform": {"distribution": "uniform", "low_ms": 5, "high_ms": 40},
    "pareto": {"distribution": "pareto", "min_ms": 2, "shape": 0.3, "max_ms": 300},
    "steep pareto": {"distribution": "pareto", "min_ms": 10, "shape": 1.5, "max_ms": 60},
    "flat pareto": {"distribution": "pareto", "min_ms": 1, "shape": 0.05, "max_ms": 20},
    "empirical": {"distribution": "empirical", "values_ms": [3, 1, 4, 1, 5, 9, 2, 6]},
    "size": {"distribution": "size-proportional", "base_ms": 5, "mb_per_s": 200},
    "mixture": {
        "distribution": "mixture",
        "parts": [
            {"weight": 0.9, "of": {"distribution": "uniform", "low_ms": 1, "high_ms": 3}},
            {"weight": 0.1, "of": {"distribution": "constant", "ms": 700}},
        ],
    },
}
ENDLESS: Final[dict[str, dict[str, Any]]] = {
    "lognormal": {"distribution": "lognormal", "median_ms": 10.8, "p99_ms": 25},
    "wide lognormal": {"distribution": "lognormal", "median_ms": 50, "p99_ms": 2000},
    "exponential": {"distribution": "exponential", "mean_ms": 30},
}
DELAYS: Final = ("constant", "uniform", "empirical", *ENDLESS)


def profile(duration: dict[str, Any], delay: dict[str, Any] = NONE) -> Profile:
    hold = {
        "handle": {"object": "child", "share": "r", **CITED},
        "probability": {"value": 1, **CITED},
        "delay": {"of": delay, **CITED},
        "duration": {"of": duration, **CITED},
    }
    return Profile.model_validate({"schema": 2, "title": "A test", "holds": [hold]})


def ends_ms(of: Profile, draws: int = DRAWS) -> list[float]:
    """When each of many holds ended after the close; the keys make them the same on every run."""
    found = []
    for number in range(draws):
        (drawn,) = draw_holds(of, LARGEST, f"key/{number}")
        assert drawn.duration_ns is not None
        found.append((drawn.starts_ns + drawn.duration_ns) / NS_PER_MS)
    return found


@pytest.mark.parametrize("name", BOUNDED)
def test_no_hold_outlasts_the_longest_one_and_some_come_near(name: str) -> None:
    of = profile(BOUNDED[name])
    drawn = ends_ms(of)
    assert max(drawn) <= longest_ms(of) + 1e-6
    assert max(drawn) > 0.97 * longest_ms(of)


@pytest.mark.parametrize("name", ENDLESS)
def test_of_an_endless_tail_one_hold_in_a_thousand_lasts_longer(name: str) -> None:
    of = profile(ENDLESS[name])
    longer = sum(drawn > longest_ms(of) for drawn in ends_ms(of, 60_000))
    assert 40 <= longer <= 80  # 60 are expected


@pytest.mark.parametrize("name", DELAYS)
def test_what_passes_before_a_hold_begins_counts_too(name: str) -> None:
    delay = {**BOUNDED, **ENDLESS}[name]
    constant = {"distribution": "constant", "ms": 100}
    assert longest_ms(profile(constant, delay)) == 100 + longest_ms(profile(delay))
    (hold,), (alone,) = profile(constant, delay).holds, profile(delay).holds
    assert usual_ms(hold) == 100 + usual_ms(alone)


@pytest.mark.parametrize("name", ["constant", "uniform", "empirical", "size", "mixture", "exponential"])
def test_the_usual_hold_is_the_mean_of_many(name: str) -> None:
    (hold,) = profile({**BOUNDED, **ENDLESS}[name]).holds
    assert usual_ms(hold) == pytest.approx(
        fmean(ends_ms(profile(hold.duration.of.model_dump()))), rel=0.03
    )


@pytest.mark.parametrize(
    "name", ["pareto", "steep pareto", "flat pareto", "lognormal", "wide lognormal"]
)
def test_the_usual_hold_of_a_skewed_distribution_is_the_median_of_many(name: str) -> None:
    of = profile({**BOUNDED, **ENDLESS}[name])
    assert usual_ms(of.holds[0]) == pytest.approx(median(ends_ms(of)), rel=0.04)


@given(
    least=st.floats(0.01, 1e6),
    times=st.floats(1.001, 1e6),
    shape=st.floats(0.001, 20),
)
def test_the_usual_hold_of_any_tail_lies_within_it(least: float, times: float, shape: float) -> None:
    most = min(least * times, 86_400_000.0)
    of = profile({"distribution": "pareto", "min_ms": least, "shape": shape, "max_ms": most})
    assert least <= usual_ms(of.holds[0]) * (1 + 1e-9)
    assert usual_ms(of.holds[0]) <= longest_ms(of) * (1 + 1e-9)


def test_a_mixture_lasts_as_long_as_the_longest_of_its_parts_however_rare() -> None:
    parts = [{"weight": 0.999, "of": NONE}, {"weight": 0.001, "of": ENDLESS["exponential"]}]
    assert longest_ms(profile({"distribution": "mixture", "parts": parts})) == longest_ms(
        profile(ENDLESS["exponential"])
    )


def test_a_hold_that_is_never_released_lasts_for_ever() -> None:
    for_ever = profile({"distribution": "forever"})
    assert longest_ms(for_ever) == usual_ms(for_ever.holds[0]) == math.inf


def test_a_hold_that_ends_with_failures_keeps_nobody_waiting() -> None:
    until = profile({"distribution": "until-failure", "failures": 3})
    assert longest_ms(until) == usual_ms(until.holds[0]) == 0


def test_the_longest_of_several_holds_counts_and_without_holds_there_is_none() -> None:
    one, other = profile(BOUNDED["constant"]), profile(BOUNDED["uniform"])
    for holds in (one.holds + other.holds, other.holds + one.holds):
        assert longest_ms(one.model_copy(update={"holds": holds})) == 40
    assert longest_ms(load_profile("none", load_scenario("script-install"))) == 0
    assert longest_ms(load_profile("ambient-original", load_scenario("script-install"))) == 0


def test_files_that_are_scanned_by_size_are_no_larger_than_the_largest_that_is_shipped() -> None:
    largest = max(
        size
        for loaded in load_scenarios(shipped_names())
        for payload in loaded.scenario.payload
        if payload.kind in {"wheel", "sdist", "tree"} and payload.shape.pe is not None
        for size in file_sizes(payload.shape.pe)
    )
    assert 0.9 * LARGE_MB <= largest / 1e6 <= LARGE_MB
