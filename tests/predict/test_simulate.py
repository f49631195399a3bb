"""What a policy survives: by hand, against emulated trials, and rules that always hold."""

from __future__ import annotations

import math
import tomllib
from dataclasses import replace
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.holds.profile import Profile
from harness.predict.candidates import Contender, catalogued
from harness.predict.rank import differ, is_less, ranking, standing, threats
from harness.predict.simulate import Chance, Survival, Threat, chance, survival, threat
from harness.predict.trace import DIRECTORY, FILE, SITUATIONS, Situation, course
from harness.scenario.load import shipped_profiles
from harness.strategy import catalogue
from harness.strategy.notation import parse

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import MakeScenario, RunScenario

CITED = {"evidence": "assumed", "source": "a test"}
PROFILES = shipped_profiles()


def policy(sentence: str, name: str = "made") -> Contender:
    return Contender(name, parse(sentence))


def hold(duration: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """One hold on a child; `delay` is a distribution, the other parts are keys of the handle."""
    delay = parts.pop("delay", {"distribution": "constant", "ms": 0.0})
    probability = parts.pop("probability", 1.0)
    rest = {key: parts.pop(key) for key in ("ends",) if key in parts}
    return {
        "handle": {"object": "child", "share": "r", **parts, **CITED},
        "probability": {"value": probability, **CITED},
        "delay": {"of": delay, **CITED},
        "duration": {"of": duration, **CITED},
        **rest,
    }


def profile(*holds: dict[str, Any]) -> Profile:
    return Profile.model_validate({"schema": 2, "title": "made", "holds": list(holds)})


def fares(sentence: str, *holds: dict[str, Any], situation: Situation = DIRECTORY) -> Survival:
    found = threat("made", profile(*holds), situation)
    result = survival(policy(sentence), found)
    assert chance(policy(sentence), found) == pytest.approx((result.chance, result.error), abs=1e-12)
    return result


UNIFORM = {"distribution": "uniform", "low_ms": 0.0, "high_ms": 100.0}
FOREVER = {"distribution": "forever"}


# by hand


def test_the_error_of_an_estimate_is_that_of_the_mean_over_its_draws() -> None:
    """One wait, from 0 to 100 ms, against a uniform hold: the chance of a draw is its wait / 100 ms."""
    ours = policy("100ms jitter x0..1 1 retry")
    waits = [listed.budget_ms / 100 for listed in ours.times.schedules]
    found = fares("100ms jitter x0..1 1 retry", hold(UNIFORM))
    assert found.is_estimate
    assert found.chance == pytest.approx(fmean(waits))
    assert found.error == pytest.approx(stdev(waits) / len(waits) ** 0.5)


def test_chances_are_the_same_within_their_errors() -> None:
    assert not differ(Chance(0.7, 0.03), Chance(0.75, 0.0))
    assert differ(Chance(0.7, 0.02), Chance(0.75, 0.0))
    assert not is_less(Chance(0.8, 0.0), Chance(0.7, 0.0))


def test_against_a_uniform_hold_it_is_the_last_attempt_that_counts() -> None:
    """Attempts at 0, 10, 30, 70: 70 % end by then; 10 % wait to 10, 20 % to 30, 40 % to 70."""
    found = fares("10ms x2 3 retries", hold(UNIFORM))
    assert found.chance == pytest.approx(0.7)
    assert found.median_ms == 70
    assert found.mean_ms == pytest.approx((1 + 6 + 28) / 0.7)
    # half of each gap is wasted on average
    assert found.wasted_ms == pytest.approx((0.1 * 5 + 0.2 * 10 + 0.4 * 20) / 0.7)
    assert not found.is_estimate


def test_the_median_is_reached_when_half_of_all_have_succeeded() -> None:
    assert fares("10ms 9 retries", hold(UNIFORM)).median_ms == 50
    assert fares("10ms 4 retries", hold(UNIFORM)).median_ms == math.inf


def test_those_that_meet_nothing_succeed_at_once() -> None:
    found = fares("10ms 2 retries", hold(UNIFORM, probability=0.25))
    assert found.chance == pytest.approx(0.75 + 0.25 * 0.2)
    assert found.median_ms == 0
    assert found.mean_ms == pytest.approx(0.25 * (0.1 * 10 + 0.1 * 20) / 0.8)


@pytest.mark.parametrize("at_ms", [49.9, 50.0, 50.1])
def test_a_hold_is_over_at_the_attempt_of_the_very_same_time(at_ms: float) -> None:
    found = fares("10ms 5 retries", hold({"distribution": "constant", "ms": at_ms}))
    assert found.chance == (at_ms <= 50)


def test_what_lasts_for_ever_is_never_survived_and_half_a_mixture_half() -> None:
    assert fares("1s for 10min", hold(FOREVER)).chance == 0
    assert math.isnan(fares("1s for 10min", hold(FOREVER)).mean_ms)
    parts = [{"weight": 0.5, "of": FOREVER}, {"weight": 0.5, "of": UNIFORM}]
    found = fares("1s 3 retries", hold({"distribution": "mixture", "parts": parts}))
    assert found.chance == pytest.approx(0.5)
    assert found.wasted_ms == pytest.approx(950)


def test_a_hold_until_the_second_failure_ends_with_the_third_attempt() -> None:
    until = {"distribution": "until-failure", "failures": 2}
    found = fares("10ms x2 3 retries", hold(until))
    assert (found.chance, found.median_ms, found.wasted_ms) == (1, 30, 20)
    assert fares("10ms 1 retry", hold(until)).chance == 0


def test_what_is_quarantined_is_gone_however_long_one_waits() -> None:
    assert fares("1s for 10min on any", hold(UNIFORM, ends="vanish")).chance == 0


def test_a_code_that_is_not_retried_makes_every_hold_fatal() -> None:
    """A held child denies a directory with 5; the same handle denies the file itself with 32."""
    assert fares("1s 3 retries on 5", hold(UNIFORM)).chance == 1
    assert fares("1s 3 retries on 32", hold(UNIFORM)).chance == 0
    assert fares("1s 3 retries on 5", hold(UNIFORM), situation=FILE).chance == 0
    assert fares("1s 3 retries on 32", hold(UNIFORM), situation=FILE).chance == 1


def test_a_hot_loop_survives_what_its_time_covers() -> None:
    """A retry each 0.3 ms; the attempt at 49.8 ms ends after 50 ms, so it is the last."""
    found = fares("0 for 50ms", hold(UNIFORM))
    assert found.chance == pytest.approx(0.498)
    assert found.wasted_ms == pytest.approx(0.15, rel=0.01)


def test_several_holds_must_all_be_over() -> None:
    """The longer of two even holds of 0 to 100 ms ends by t with chance (t/100)^2."""
    found = fares("50ms 1 retry", hold(UNIFORM), hold(UNIFORM))
    assert found.chance == pytest.approx(0.25)
    twice = fares("50ms 2 retries", hold(UNIFORM, probability=0.5), hold(UNIFORM))
    assert twice.chance == pytest.approx(1)
    # at 50 ms: of the half with one hold 1/2 have arrived, of the half with two 1/4
    assert twice.mean_ms == pytest.approx(0.375 * 50 + 0.625 * 100)


def test_of_several_holds_each_must_be_retried_as_long_as_it_is_met() -> None:
    """In a file's way: 32 from the reader of the new one, then 5 from that of the old one."""
    new = hold({"distribution": "constant", "ms": 15.0})
    old = hold({"distribution": "constant", "ms": 35.0}, object="target", share="rwd")
    assert fares("10ms 9 retries on 5,32", new, old, situation=FILE).mean_ms == 40
    assert fares("10ms 9 retries on 32", new, old, situation=FILE).chance == 0
    assert fares("10ms 9 retries on 5", new, old, situation=FILE).chance == 0
    assert fares("20ms 9 retries on 32", new, replace_ms(old, 15), situation=FILE).chance == 1


def replace_ms(template: dict[str, Any], ms: float) -> dict[str, Any]:
    return {**template, "duration": {"of": {"distribution": "constant", "ms": ms}, **CITED}}


def test_a_hold_that_excludes_another_keeps_it_from_being_there() -> None:
    first = hold({"distribution": "constant", "ms": 5.0}, share="none")
    second = hold(FOREVER, share="rwd")
    assert fares("10ms 1 retry", first, second).chance == 1


def test_what_cannot_be_followed_exactly_is_refused() -> None:
    late = hold(UNIFORM, delay={"distribution": "uniform", "low_ms": 1.0, "high_ms": 5.0})
    with pytest.raises(NotImplementedError, match="begin later"):
        threat("made", profile(hold(UNIFORM), late), DIRECTORY)
    assert threats({"made": profile(hold(UNIFORM), late)}, DIRECTORY)[0] == []


@pytest.mark.parametrize(
    ("name", "situation", "code", "why_not"),
    [
        ("brief", DIRECTORY, 5, ""),
        ("brief", FILE, 32, ""),
        ("dll-scan", DIRECTORY, 5, ""),
        ("dll-scan", FILE, None, "can be moved all the same"),
        ("delayed", DIRECTORY, None, "begins after the first attempt"),
        ("in-use", FILE, None, "can be moved all the same"),
        ("target-scan", FILE, 5, ""),
        ("target-scan", DIRECTORY, None, "no old file"),
        ("permanent", FILE, 5, ""),
    ],
)
def test_the_sharing_rules_say_what_is_in_the_way(
    name: str, situation: Situation, code: int | None, why_not: str
) -> None:
    found = threat(name, PROFILES[name], situation)
    assert (found.code, bool(found.hindrances)) == (code, code is not None)
    assert why_not in found.why_not


# what policies do around the call


@pytest.mark.parametrize(
    ("sentence", "profile_name", "situation", "survives"),
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
        ("plain else copy", "brief", DIRECTORY, False),  # no file
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
def test_what_a_policy_does_around_its_calls_counts(
    sentence: str, profile_name: str, situation: Situation, survives: bool
) -> None:
    found = threat(profile_name, PROFILES[profile_name], situation)
    assert survival(policy(sentence), found).chance == pytest.approx(float(survives), abs=1e-6)
    assert chance(policy(sentence), found).share == pytest.approx(float(survives), abs=1e-6)


def test_with_a_fresh_temporary_each_attempt_has_the_chance_of_the_first() -> None:
    found = fares("10ms 2 retries fresh temporary", hold(FOREVER, probability=0.4), situation=FILE)
    assert found.chance == pytest.approx(1 - 0.4**3)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
@pytest.mark.parametrize("profile_name", ["brief", "target-scan", "permanent", "cloud-verdict"])
def test_the_course_of_every_policy_is_that_of_its_own_loop(
    situation: Situation, profile_name: str
) -> None:
    """Courses are put together from a probe and the schedule; here the loop runs to its end."""
    found = threat(profile_name, PROFILES[profile_name], situation)
    holds = [hindrance.placed for hindrance in found.hindrances]
    for contender in catalogued(every=True):
        seeds = range(len(contender.times.schedules))[:3]
        whole = [
            course(
                contender.sentence.strategy("whole"),
                situation,
                holds,
                attempt_cost_ms=contender.times.attempt_cost_ms,
                seed=seed,
            )
            for seed in seeds
        ]
        given = contender.courses(situation, holds)
        assert list(given[: len(whole)]) == whole[: len(given)], contender.name


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
LAUNCHER = """
[[payload]]
kind = "launcher"
name = "httpx"
entry_point = "httpx = httpx:main"

[[operations]]
kind = "write-replace"
to = "Scripts/{file}"
existing = true
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
    "5ms 5 retries while target is absent",
    "3ms 2 retries fresh temporary",
    "3ms 4 retries by moving files",
]
BLOCKS = 100


@pytest.mark.parametrize(
    ("situation", "body", "profiles"),
    [
        (DIRECTORY, TREE, ["brief", "cloud-verdict", "minute-hold", "scanner-mix", "delayed", "two"]),
        (FILE, LAUNCHER, ["brief", "cloud-verdict", "target-scan", "quarantine", "permanent", "two"]),
    ],
    ids=["directory", "file"],
)
def test_trials_on_the_emulated_platform_agree(
    tmp_path: Path,
    make_scenario: MakeScenario,
    run_scenario: RunScenario,
    situation: Situation,
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
        found = threat(name, {**PROFILES, "two": two}[name], situation)
        for sentence in TRIED:
            if name == "two" and "fresh" in sentence:
                continue
            mine = [trial for trial in trials if (trial.profile, trial.strategy) == (name, sentence)]
            assert len(mine) == BLOCKS
            expected = survival(policy(sentence), found)
            _agree(mine, expected, f"{sentence} under {name}, {situation.name}")


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


def _agree(trials: list[Any], expected: Survival, where: str) -> None:
    """Counts within 4.5 standard deviations of a binomial (one in 150 000), means within as many."""
    succeeded = [trial.elapsed_ms for trial in trials if trial.outcome == "ok"]
    spread = math.sqrt(len(trials) * expected.chance * (1 - expected.chance))
    assert abs(len(succeeded) - len(trials) * expected.chance) <= 4.5 * spread + 1e-6, where
    if len(succeeded) > 20:
        error = stdev(succeeded) / math.sqrt(len(succeeded))
        assert abs(fmean(succeeded) - expected.mean_ms) <= 4.5 * error + 0.1, where


# rules

times = st.lists(st.integers(1, 50), min_size=1, max_size=8)
durations = st.sampled_from(
    [
        UNIFORM,
        {"distribution": "lognormal", "median_ms": 10.8, "p99_ms": 25.0},
        {"distribution": "exponential", "mean_ms": 20.0},
        {"distribution": "pareto", "min_ms": 5.0, "shape": 0.7, "max_ms": 2000.0},
        {"distribution": "constant", "ms": 30.0},
    ]
)


def listed(waits: list[int]) -> str:
    return ",".join(f"{wait}ms" for wait in [*waits, 1])


@given(times, st.integers(1, 500), durations, st.sampled_from([0.1, 1.0]))
def test_one_more_attempt_never_survives_less(
    waits: list[int], more: int, duration: dict[str, Any], probability: float
) -> None:
    template = hold(duration, probability=probability)
    shorter, longer = fares(listed(waits), template), fares(f"{listed(waits)},{more}ms", template)
    assert longer.chance >= shorter.chance
    assert longer.median_ms <= shorter.median_ms
    assert 1 - probability - 1e-12 <= shorter.chance <= 1


@given(times, durations)
def test_a_longer_hold_is_never_survived_more_often(waits: list[int], duration: dict[str, Any]) -> None:
    parts = [
        {"weight": 0.5, "of": duration},
        {"weight": 0.5, "of": {"distribution": "constant", "ms": 1e6}},
    ]
    mixed = fares(listed(waits), hold({"distribution": "mixture", "parts": parts}))
    assert mixed.chance == pytest.approx(fares(listed(waits), hold(duration)).chance / 2)


@given(times, durations)
def test_the_wasted_wait_is_part_of_the_added_one_and_no_longer_than_the_longest_wait(
    waits: list[int], duration: dict[str, Any]
) -> None:
    found = fares(listed(waits), hold(duration))
    if found.chance > 1e-6:
        assert -1e-6 <= found.wasted_ms <= min(found.mean_ms, max(*waits, 1)) + 1e-6


@settings(max_examples=30)
@given(times, durations, durations)
def test_two_holds_are_survived_as_often_as_both_at_once(
    waits: list[int], one: dict[str, Any], other: dict[str, Any]
) -> None:
    sentence = listed(waits)
    both = fares(sentence, hold(one), hold(other)).chance
    alone = [fares(sentence, hold(duration)).chance for duration in (one, other)]
    assert both == pytest.approx(math.prod(alone))


# the ranking


def test_the_standing_counts_who_survives_less_and_the_same() -> None:
    found = threat("made", profile(hold(UNIFORM)), DIRECTORY)
    others = [policy(f"10ms {count} retries", str(count)) for count in (1, 2, 3, 3, 5)]
    place = standing(policy("30ms 1 retry"), others, found)
    assert (place.less, place.same, place.of) == (2, 2, 5)
    order = [contender.name for contender, _ in ranking(others, found)]
    assert order[0] == "5"
    assert order[-1] == "1"


def test_every_policy_of_the_catalogue_has_its_place_under_every_profile() -> None:
    contenders = catalogued(every=True)
    assert len(contenders) == len(catalogue.policies())
    assert {row.name for row in catalogued()} < {row.name for row in contenders}
    for situation in SITUATIONS:
        met, unmet = threats(PROFILES, situation)
        injecting = {name for name, found in PROFILES.items() if found.holds}
        assert {found.profile for found in met} | set(unmet) == injecting
        for found in met:
            for contender in contenders[:12]:
                result = survival(contender, found)
                assert chance(contender, found).share == pytest.approx(result.chance, abs=1e-9)
                assert 0 <= result.chance <= 1


def test_the_share_that_meets_anything_is_that_of_all_holds_together() -> None:
    first = threat("made", profile(hold(UNIFORM, probability=0.1)), DIRECTORY)
    assert first.is_met_by == pytest.approx(0.1)
    two = replace(first, hindrances=first.hindrances * 2)
    assert isinstance(two, Threat)
    assert two.is_met_by == pytest.approx(0.19)
