"""Success rates: by hand, against emulated trials, and rules that always hold."""

from __future__ import annotations

import math
import random
import tomllib
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from predict_lab import FOREVER, UNIFORM, durations, hold, listed, predicted, profile, times
from scenario_lab import REPLACED

from harness.holds.profile import Profile
from harness.predict.hold_cases import hold_case
from harness.predict.mean_interval import half_width
from harness.predict.shapes import DIRECTORY, FILE, TargetShape
from harness.predict.simulate import Prediction, predict, success_rate
from harness.scenario.load import shipped_profiles
from harness.strategy import catalogue, schedule
from harness.strategy.notation import parse

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario

PROFILES = shipped_profiles()


# by hand


def test_one_uniform_wait_against_a_uniform_hold_is_half_of_it() -> None:
    """W and D up to 100 ms: success at W if D <= W; E[W; D <= W] = 100 / 3, E[D; D <= W] = 100 / 6."""
    found = predicted("100ms jitter x0..1 1 retry", hold(UNIFORM))
    assert not found.is_estimate
    assert found.success_rate == pytest.approx(0.5, abs=1e-6)
    assert found.mean_ms == pytest.approx(100 * 2 / 3, rel=1e-4)
    assert found.overshoot_ms == pytest.approx(100 / 3, rel=1e-3)
    assert found.high - found.low < 1e-4


# failures in 1,000,000 draws of the last attempt, summed from Fibonacci numbers without this package,
# and the standard error; the crates themselves, in 20,000 draws: 0.28 % and 0.16 %
FAILED_UNDER_MINUTE_HOLD = {
    "rustup-rename": (0.003021, 3.4e-5),
    "rustup-rename-1.22": (0.001792, 2.5e-5),
}


@pytest.mark.parametrize("name", list(FAILED_UNDER_MINUTE_HOLD))
def test_rare_failures_are_computed_and_not_missed(name: str) -> None:
    share, error = FAILED_UNDER_MINUTE_HOLD[name]
    spec = catalogue.entries()[name].spec
    found = predict(spec, hold_case("minute-hold", PROFILES["minute-hold"], DIRECTORY))
    assert 1 - found.success_rate == pytest.approx(share, abs=4 * error)
    assert found.low <= found.success_rate <= found.high
    assert found.high - found.low < 0.0003


@pytest.mark.parametrize("duration", ["uniform", "lognormal", "constant", "mixture"])
@pytest.mark.parametrize(
    "notation",
    [
        "20ms x2 jitter x0..1 5 retries",
        "10ms x1.5 jitter x0.5..1.5 within 300ms",
        "30ms jitter +0..40ms for 200ms",
        "700ms x1.5 jitter rust-retry 3 retries",
        "20ms jitter x0..1 4 retries on 32",
        "1ms x1..2 within 500ms",
    ],
)
def test_jitter_is_followed_as_draws_of_loop_and_hold_are(notation: str, duration: str) -> None:
    """Each draw a schedule of the loop and a hold; counts and means within 4.5 standard errors."""
    ends = {
        "uniform": {"distribution": "uniform", "low_ms": 0.0, "high_ms": 400.0},
        "lognormal": {"distribution": "lognormal", "median_ms": 60.0, "p99_ms": 600.0},
        "constant": {"distribution": "constant", "ms": 90.0},
    }
    parts = [{"weight": 0.5, "of": ends["constant"]}, {"weight": 0.5, "of": ends["uniform"]}]
    of = ends.get(duration, {"distribution": "mixture", "parts": parts})
    found = predicted(notation, hold(of))
    (drawn_hold,) = profile(hold(of)).holds
    strategy, rng, draws = parse(notation).strategy("it"), random.Random(3), 1200
    arrived: list[tuple[float, float]] = []
    for seed in range(draws):
        end_ms = drawn_hold.duration.of.sample(rng)
        times_ms = schedule(strategy, seed=seed + 10_000).attempts_ms  # a directory is denied with 5
        arrived += [(ms, ms - end_ms) for ms in times_ms if ms >= end_ms][:1]
    spread = math.sqrt(found.success_rate * (1 - found.success_rate) / draws)
    slack = 4.5 * spread + found.high - found.low + 1e-6
    assert len(arrived) / draws == pytest.approx(found.success_rate, abs=slack)
    if len(arrived) < 50:
        return
    rough = 0.05 * found.is_estimate
    for sample, expected in zip(
        zip(*arrived, strict=True), (found.mean_ms, found.overshoot_ms), strict=True
    ):
        error = 4.5 * stdev(sample) / math.sqrt(len(sample))
        assert fmean(sample) == pytest.approx(expected, abs=error + rough * expected)
    if math.isfinite(found.median_ms):
        early = sum(ms < found.median_ms * (1 - 1e-6) for ms, _ in arrived) / draws
        at_most = sum(ms <= found.median_ms * (1 + 1e-6) for ms, _ in arrived) / draws
        doubt = 4.5 * 0.5 / math.sqrt(draws) + rough
        assert early - doubt <= 0.5 <= at_most + doubt


def test_draws_that_all_agree_leave_the_doubt_that_their_number_leaves() -> None:
    """Of something that no draw in n showed, up to 3 / n may be true at 95 % (the rule of three)."""
    for count in (10, 200, 10_000):
        assert half_width(0.0, count) > 3 / count
    assert half_width(0.25, 10_000) == pytest.approx(0.0158, abs=1e-4)  # 1.48 % and 0.10 %
    assert half_width(0.0, 1) == 1


def test_what_bounds_decide_is_exact_although_waits_are_drawn() -> None:
    found = predicted("1ms x1..2 within 2s", hold(UNIFORM))
    assert (found.success_rate, found.low, found.high) == (1, 1, 1)
    later = hold({"distribution": "uniform", "low_ms": 2500.0, "high_ms": 3000.0})
    assert predicted("1ms x1..2 within 2s", later).high == 0


def test_against_a_uniform_hold_it_is_the_last_attempt_that_counts() -> None:
    """Attempts at 0, 10, 30, 70: 70 % end by then; 10 % wait to 10, 20 % to 30, 40 % to 70."""
    found = predicted("10ms x2 3 retries", hold(UNIFORM))
    assert found.success_rate == pytest.approx(0.7)
    assert found.median_ms == 70
    assert found.mean_ms == pytest.approx((1 + 6 + 28) / 0.7)
    # half of each gap is overshoot on average
    assert found.overshoot_ms == pytest.approx((0.1 * 5 + 0.2 * 10 + 0.4 * 20) / 0.7)
    assert not found.is_estimate


def test_the_median_is_reached_when_half_of_all_have_succeeded() -> None:
    assert predicted("10ms 9 retries", hold(UNIFORM)).median_ms == 50
    assert predicted("10ms 4 retries", hold(UNIFORM)).median_ms == math.inf


def test_operations_that_are_not_hit_succeed_at_once() -> None:
    found = predicted("10ms 2 retries", hold(UNIFORM, probability=0.25))
    assert found.success_rate == pytest.approx(0.75 + 0.25 * 0.2)
    assert found.median_ms == 0
    assert found.mean_ms == pytest.approx(0.25 * (0.1 * 10 + 0.1 * 20) / 0.8)


@pytest.mark.parametrize("at_ms", [49.9, 50.0, 50.1])
def test_a_hold_is_over_at_the_attempt_of_the_very_same_time(at_ms: float) -> None:
    found = predicted("10ms 5 retries", hold({"distribution": "constant", "ms": at_ms}))
    assert found.success_rate == (at_ms <= 50)


def test_an_endless_hold_is_never_outlasted_and_half_a_mixture_half() -> None:
    assert predicted("1s for 10min", hold(FOREVER)).success_rate == 0
    assert math.isnan(predicted("1s for 10min", hold(FOREVER)).mean_ms)
    parts = [{"weight": 0.5, "of": FOREVER}, {"weight": 0.5, "of": UNIFORM}]
    found = predicted("1s 3 retries", hold({"distribution": "mixture", "parts": parts}))
    assert found.success_rate == pytest.approx(0.5)
    assert found.overshoot_ms == pytest.approx(950)


def test_a_hold_until_the_second_failure_ends_with_the_third_attempt() -> None:
    until = {"distribution": "until-failure", "failures": 2}
    found = predicted("10ms x2 3 retries", hold(until))
    assert (found.success_rate, found.median_ms, found.overshoot_ms) == (1, 30, 20)
    assert predicted("10ms 1 retry", hold(until)).success_rate == 0


def test_no_strategy_brings_back_a_quarantined_file() -> None:
    assert predicted("1s for 10min on any", hold(UNIFORM, ends="vanish")).success_rate == 0


def test_a_code_that_is_not_retried_makes_every_hold_fatal() -> None:
    """A held child denies a directory with 5; the same handle denies the file itself with 32."""
    assert predicted("1s 3 retries on 5", hold(UNIFORM)).success_rate == 1
    assert predicted("1s 3 retries on 32", hold(UNIFORM)).success_rate == 0
    assert predicted("1s 3 retries on 5", hold(UNIFORM), shape=FILE).success_rate == 0
    assert predicted("1s 3 retries on 32", hold(UNIFORM), shape=FILE).success_rate == 1


def test_a_hot_loop_outlasts_what_its_time_covers() -> None:
    """A retry each 0.3 ms; the attempt at 49.8 ms ends after 50 ms, so it is the last."""
    found = predicted("0 for 50ms", hold(UNIFORM))
    assert found.success_rate == pytest.approx(0.498)
    assert found.overshoot_ms == pytest.approx(0.15, rel=0.01)


# what strategies do around the call


@pytest.mark.parametrize(
    ("notation", "profile_name", "shape", "succeeds"),
    [
        ("1s 99 retries while target is absent", "brief", DIRECTORY, True),
        ("1s 99 retries while target is absent", "brief", FILE, False),
        ("1s 99 retries unless target is a directory", "brief", FILE, True),
        ("plain deleting target first", "target-scan", FILE, True),  # it shares deletion
        ("plain deleting target on failure", "target-scan", FILE, True),
        ("plain moving target aside", "target-scan", FILE, True),
        ("plain moving target aside", "permanent", FILE, True),  # a loaded program can be renamed
        ("plain deleting target first", "permanent", FILE, False),
        ("plain deleting target first", "brief", FILE, False),
        ("plain else copy", "brief", FILE, True),  # a reader lets others read
        ("plain else copy", "cloud-verdict", FILE, False),  # this one does not
        ("plain else copy", "brief", DIRECTORY, True),  # file by file
        ("plain else copy", "cloud-verdict", DIRECTORY, False),
        ("plain else by linking files", "brief", DIRECTORY, True),
        ("plain else by moving files", "brief", DIRECTORY, False),
        ("plain else copy on 17", "brief", FILE, False),
        ("plain else copy on 5", "brief", DIRECTORY, True),
        ("plain else copy on 5", "brief", FILE, False),  # a held file is refused with 32
        ("plain else posix-rename", "target-scan", FILE, True),
        ("plain else replace-file", "target-scan", FILE, True),
        ("plain else deleting target once", "target-scan", FILE, True),
        ("plain else fresh temporary", "brief", FILE, False),  # the new one is held, too
        ("plain moving target aside else put back", "target-scan", FILE, True),
        ("plain moving target aside else put back", "cloud-verdict", FILE, False),
        ("plain by moving files", "dll-scan", DIRECTORY, True),
        ("plain by moving files", "brief", DIRECTORY, False),
        ("plain by linking files", "brief", DIRECTORY, True),
        ("plain in place", "cloud-verdict", DIRECTORY, True),
        ("plain in place", "brief", FILE, False),  # a single file is renamed
        ("1s 9 retries renames only by linking files", "cloud-verdict", DIRECTORY, True),
        ("1ms 1000 retries fresh temporary", "brief", FILE, False),  # the new one is held, too
        ("1s 99 retries fresh temporary", "target-scan", FILE, True),
    ],
)
def test_what_a_strategy_does_around_its_calls_counts(
    notation: str, profile_name: str, shape: TargetShape, succeeds: bool
) -> None:
    found = hold_case(profile_name, PROFILES[profile_name], shape)
    assert predict(parse(notation), found).success_rate == pytest.approx(float(succeeds), abs=1e-6)
    assert success_rate(parse(notation), found).share == pytest.approx(float(succeeds), abs=1e-6)


def test_with_a_fresh_temporary_each_attempt_has_the_chance_of_the_first() -> None:
    found = predicted("10ms 2 retries fresh temporary", hold(FOREVER, probability=0.4), shape=FILE)
    assert found.success_rate == pytest.approx(1 - 0.4**3)
    assert found.median_ms == 0
    assert found.mean_ms == pytest.approx((10 * 0.4 * 0.6 + 20 * 0.4**2 * 0.6) / (1 - 0.4**3))


def test_what_is_copied_in_the_end_is_there_at_the_time_of_the_last_attempt() -> None:
    """Attempts at 0, 10, 20: 10 % end by 10 ms, 10 % by 20 ms, and 80 % are copied then."""
    found = predicted("10ms 2 retries else copy", hold(UNIFORM), shape=FILE)
    assert (found.success_rate, found.median_ms) == (1, 20)
    assert found.mean_ms == pytest.approx(10 * 0.1 + 20 * 0.9)


@pytest.mark.parametrize(
    ("share", "succeeded", "at_ms"),
    [("rwd", 1, 0), ("rw", 0, math.inf)],  # who shares no deletion keeps the target where it is
)
def test_a_target_goes_aside_only_if_its_holder_lets_it(
    share: str, succeeded: float, at_ms: float
) -> None:
    on_target = hold(FOREVER, object="target", share=share)
    found = predicted("10ms 2 retries moving target aside", on_target, shape=FILE)
    assert (found.success_rate, found.median_ms) == (succeeded, at_ms)


# against trials

TREE = """
[[payload]]
kind = "tree"
name = "package"
[payload.shape]
folders = 1
other = { files = 2, sizes = [9, 9, 9, 9, 9, 9, 9, 9] }
pe = { files = 1, sizes = [9000, 9000, 9000, 9000, 9000, 9000, 9000, 9000] }

[[operations]]
kind = "rename"
to = "store/{name}"
"""
TRIED = [
    "plain",
    "10ms x2 5 retries",
    "1ms x2 cap 20ms for 40ms on 5",
    "5ms 4 retries on 32",
    "2s 2 retries jitter x0..1",
    "1ms x1..2 within 5s on any",
    "5s for 40s",
    "3ms 3 retries moving target aside",
    "3ms 3 retries deleting target first",
    "3ms 3 retries else copy",
    "3ms 3 retries on 5 else copy on 5 else by linking files once on 32",
    "3ms 3 retries else posix-rename",
    "3ms 1 retry else fresh temporary",
    "plain moving target aside else put back",
    "5ms 5 retries while target is absent",
    "3ms 2 retries fresh temporary",
    "3ms 4 retries by moving files",
]
BLOCKS = 100


@pytest.mark.parametrize(
    ("shape", "body", "profiles"),
    [
        (DIRECTORY, TREE, ["brief", "cloud-verdict", "minute-hold", "scanner-mix", "delayed", "two"]),
        (FILE, REPLACED, ["brief", "cloud-verdict", "target-scan", "quarantine", "permanent", "two"]),
    ],
    ids=["directory", "file"],
)
def test_trials_on_the_emulated_platform_agree(
    tmp_path: Path,
    make_scenario: MakeScenario,
    run_scenario: RunScenario,
    shape: TargetShape,
    body: str,
    profiles: list[str],
) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "two.toml").write_text(TWO)
    path = make_scenario(
        body,
        strategies=str(TRIED),
        profiles=str(profiles),
        blocks=str(BLOCKS),
        attempt_cost_ms="0",
    )
    two = Profile.model_validate(tomllib.loads(TWO))
    trials = run_scenario(path).trials
    for name in profiles:
        found = hold_case(name, {**PROFILES, "two": two}[name], shape)
        for notation in TRIED:
            if name == "two" and "fresh" in notation:
                continue
            mine = [trial for trial in trials if (trial.profile, trial.strategy) == (name, notation)]
            assert len(mine) == BLOCKS
            expected = predict(parse(notation), found)
            _agree(mine, expected, f"{notation} under {name}, {shape.name}")


CITATION = 'evidence = "assumed", source = "a test"'
TWO = f"""
schema = 2
title = "Two at once, of which each is there at times"

[[holds]]
handle = {{ object = "child", share = "r", {CITATION} }}
probability = {{ value = 0.7, {CITATION} }}
delay = {{ of = {{ distribution = "constant", ms = 0 }}, {CITATION} }}
duration = {{ of = {{ distribution = "uniform", low_ms = 0, high_ms = 60 }}, {CITATION} }}

[[holds]]
handle = {{ object = "target-parent", access = "delete", share = "rwd", {CITATION} }}
probability = {{ value = 0.5, {CITATION} }}
delay = {{ of = {{ distribution = "constant", ms = 0 }}, {CITATION} }}
duration = {{ of = {{ distribution = "exponential", mean_ms = 20 }}, {CITATION} }}
"""


def _agree(trials: list[Any], expected: Prediction, where: str) -> None:
    """Counts within 4.5 standard deviations of a binomial (one in 150 000), means within as many."""
    succeeded = [trial.elapsed_ms for trial in trials if trial.outcome == "ok"]
    spread = math.sqrt(len(trials) * expected.success_rate * (1 - expected.success_rate))
    assert abs(len(succeeded) - len(trials) * expected.success_rate) <= 4.5 * spread + 1e-6, where
    if len(succeeded) > 20:
        error = stdev(succeeded) / math.sqrt(len(succeeded))
        assert abs(fmean(succeeded) - expected.mean_ms) <= 4.5 * error + 0.1, where


# rules


@given(times, st.integers(1, 500), durations, st.sampled_from([0.1, 1.0]))
def test_one_more_attempt_never_lowers_the_success_rate(
    waits: list[int], more: int, duration: dict[str, Any], probability: float
) -> None:
    template = hold(duration, probability=probability)
    shorter, longer = (
        predicted(listed(waits), template),
        predicted(f"{listed(waits)},{more}ms", template),
    )
    assert longer.success_rate >= shorter.success_rate
    assert longer.median_ms <= shorter.median_ms
    assert 1 - probability - 1e-12 <= shorter.success_rate <= 1


@given(times, durations)
def test_a_longer_hold_never_raises_the_success_rate(waits: list[int], duration: dict[str, Any]) -> None:
    parts = [
        {"weight": 0.5, "of": duration},
        {"weight": 0.5, "of": {"distribution": "constant", "ms": 1e6}},
    ]
    mixed = predicted(listed(waits), hold({"distribution": "mixture", "parts": parts}))
    assert mixed.success_rate == pytest.approx(predicted(listed(waits), hold(duration)).success_rate / 2)


@given(times, durations)
def test_the_overshoot_is_no_longer_than_the_mean_time_and_the_longest_wait(
    waits: list[int], duration: dict[str, Any]
) -> None:
    found = predicted(listed(waits), hold(duration))
    if found.success_rate > 1e-6:
        assert -1e-6 <= found.overshoot_ms <= min(found.mean_ms, max(*waits, 1)) + 1e-6
