"""Two runs compared: what is paired, what differs, and what cannot be compared."""

from __future__ import annotations

import json
import math
import random
from statistics import NormalDist
from typing import TYPE_CHECKING

import pytest
from record_lab import change_manifest, manifest_of
from scenario_lab import LAUNCHER

from harness.errors import InvalidInputError
from harness.record.read import read_run
from harness.summary.compare_runs import compare_runs
from harness.summary.manifest_facts import LONGEST, MOST, NOT_RECORDED, differing, facts_of
from harness.summary.paired_estimates import independent_log_ratio, mean_log
from harness.summary.phrase import plain
from harness.summary.run_comparison import RunComparison

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

    from harness.record.read import Run


def said(compared: RunComparison, about: str) -> str:
    return " ".join(plain(each.phrase) for each in compared.sentences if each.about == about)


def cautions(compared: RunComparison) -> str:
    return " ".join(map(plain, compared.cautions))


def renamed(run: Run, **changes: object) -> Run:
    """The run as if it had been another one, with changes of its manifest."""
    change_manifest(run.folder, **changes)
    return read_run(run.folder)


@pytest.fixture
def hard_and_easy(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> tuple[Run, Run]:
    """The same scenario twice; in the second run holds outlast one of the strategies."""
    make_profile("held", 50.0)
    strategies = '["plain", "10ms 3 retries", "10ms 20 retries"]'
    scenario = make_scenario(strategies=strategies, profiles='["held", "none"]')
    first = run_scenario(scenario, blocks=25, seed=1)
    easy = scenario.read_text(encoding="utf-8")
    make_profile("held", 25.0)
    assert scenario.read_text(encoding="utf-8") == easy
    return run_scenario(scenario, blocks=25, seed=2), first


def test_a_strategy_that_fails_more_often_elsewhere_is_named_with_both_rates(
    hard_and_easy: tuple[Run, Run],
) -> None:
    compared = compare_runs(*hard_and_easy)
    assert said(compared, "take") == (
        "The second run is worse: of 6 comparisons, strategies fail more often in 1 and take longer "
        "in 1."
    )
    assert said(compared, "fails") == (
        'More failures in the second: "10ms 3 retries" in made under held '
        "(25 of 25: at least 86.6 %; first 0 of 25: at most 13.4 %)."
    )
    assert '"10ms 20 retries" in made under held (1.66 to 1.67 times as long' in said(compared, "costs")
    (held, control) = compared.cases
    assert [each.name for each in held.strategies] == ["plain", "10ms 3 retries", "10ms 20 retries"]
    assert [each.failures.verdict for each in held.strategies] == [
        "both always fail",
        "worse",
        "neither fails",
    ]
    assert (control.kind, held.kind) == ("control", "injected")
    assert held.common_draws == 0
    assert held.unlike == ["the holds of the profile"]
    assert "made under held is not the same in both: the holds of the profile differ." in cautions(
        compared
    )
    assert "failed 0 of 75, in 25 blocks: at most 13.4 %" in said(compared, "sure")


def test_the_other_way_round_it_is_better(hard_and_easy: tuple[Run, Run]) -> None:
    second, first = hard_and_easy
    there, back = compare_runs(second, first), compare_runs(first, second)
    assert said(back, "take").startswith("The second run is better: of 6 comparisons")
    for case, again in zip(there.cases, back.cases, strict=True):
        for one, other in zip(case.strategies, again.strategies, strict=True):
            assert one.failures.difference == pytest.approx(-other.failures.difference)
            low, high = one.failures.interval
            assert other.failures.interval == pytest.approx((-high, -low))
            assert math.isnan(one.time.ratio) or one.time.ratio == pytest.approx(1 / other.time.ratio)


def test_runs_of_one_seed_are_compared_draw_by_draw(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    scenario = make_scenario(strategies='["plain", "10ms x2 for 1s"]', profiles='["brief"]')
    first, same, other = (run_scenario(scenario, blocks=20, seed=seed) for seed in (1, 1, 2))
    paired = compare_runs(first, same)
    assert [case.common_draws for case in paired.cases] == [20]
    assert all(each.paired for each in paired.cases[0].strategies)
    assert paired.cases[0].strategies[1].time.verdict == "equivalent"
    assert "The same --seed" not in said(paired, "surer")
    apart = compare_runs(first, other)
    assert [case.common_draws for case in apart.cases] == [0]
    assert not any(each.paired for each in apart.cases[0].strategies)
    assert "The same --seed in both, so that they meet the same holds." in said(apart, "surer")
    # as independent samples, twenty alike say less than twenty pairs
    wide, narrow = (found.cases[0].strategies[0].failures.interval for found in (apart, paired))
    assert wide.high - wide.low > narrow.high - narrow.low


def test_rates_are_those_of_the_trials_that_are_compared(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    """Of a run that was cut short, the draws in common: what it lacks is not in the other's rates."""
    scenario = make_scenario(strategies='["plain", "1ms 3 retries"]', profiles='["scanner-mix"]')
    long, short = (run_scenario(scenario, blocks=blocks, seed=1) for blocks in (60, 5))
    compared = compare_runs(long, short)
    (case,) = compared.cases
    assert case.common_draws == 5
    for each in case.strategies:
        assert each.paired
        assert (each.first.trials, each.second.trials) == (5, 5)
        assert each.first.failures == each.second.failures
        assert each.failures.verdict != "both always fail" or each.first.failures == 5


def test_with_other_factors_nothing_is_said_to_be_in_common(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    bodies = ("", "[factors]\npause_ms = [0, 50]\n")
    runs = [run_scenario(make_scenario(LAUNCHER + body, profiles='["brief"]')) for body in bodies]
    (case,) = compare_runs(*runs).cases
    assert (case.common_draws, case.strategies[0].paired) == (0, False)
    assert case.unlike == ["the scenario's factors"]


@pytest.mark.parametrize("which", [0, 1])
def test_a_case_that_a_manifest_lacks_is_no_control(
    make_scenario: MakeScenario, run_scenario: RunScenario, which: int
) -> None:
    scenario = make_scenario(profiles='["brief"]')
    runs = [run_scenario(scenario, seed=seed) for seed in (1, 2)]
    runs[which] = renamed(runs[which], scenarios=[])
    compared = compare_runs(*runs)
    (case,) = compared.cases
    assert (case.kind, case.known, case.unlike) == ("injected", False, [])
    assert "made under brief may not be the same in both: a manifest does not have it." in cautions(
        compared
    )
    assert "Control" not in said(compared, "sure")


def test_what_only_one_run_has_is_named(make_scenario: MakeScenario, run_scenario: RunScenario) -> None:
    first = run_scenario(make_scenario(strategies='["plain", "1ms 2 retries"]', profiles='["brief"]'))
    second = run_scenario(
        make_scenario(strategies='["plain", "5ms 2 retries"]', profiles='["brief", "none"]')
    )
    compared = compare_runs(first, second)
    assert [plain(each) for each in compared.left_out] == [
        "Only in the second run: made under none.",
        'Only in the first run in made under brief: "1ms 2 retries".',
        'Only in the second run in made under brief: "5ms 2 retries".',
    ]
    assert [each.name for case in compared.cases for each in case.strategies] == ["plain"]


def test_a_label_of_another_strategy_is_not_compared(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    runs = [
        run_scenario(
            make_scenario(
                strategies=f'["plain", {{ strategy = "{notation}", label = "ours" }}]',
                profiles='["brief"]',
            )
        )
        for notation in ("1ms 2 retries", "5ms 2 retries")
    ]
    compared = compare_runs(*runs)
    assert [plain(each) for each in compared.left_out] == [
        "Another strategy under the same label in made under brief: ours."
    ]


def test_runs_without_anything_in_common_give_no_answer(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    first = run_scenario(make_scenario(profiles='["none"]'))
    second = run_scenario(make_scenario(profiles='["brief"]'))
    compared = compare_runs(first, second)
    assert said(compared, "take") == "No answer: the runs have no case with a strategy in common."
    assert compared.cases == []


def test_a_run_is_not_compared_with_itself(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario())
    with pytest.raises(InvalidInputError, match="are one run"):
        compare_runs(run, run)


def test_other_platforms_versions_and_states_of_antivirus_are_cautions(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    first, second = (run_scenario(make_scenario(), seed=seed) for seed in (1, 2))
    facts = {"wine": "wine-9.0", "rules": "ntfs", "build": {"number": "26100.1"}}
    packages = {**manifest_of(second.folder)["packages"], "persist-harness": "9.9"}
    change = {"platform": "wine", "platform_facts": facts, "packages": packages}
    compared = compare_runs(first, renamed(second, **change))
    assert "One run is emulated, the other wine" in cautions(compared)
    assert "Made by other versions of the harness: 0.1.0 and 9.9." in cautions(compared)
    found = {each.fact: (each.first, each.second) for each in compared.differences}
    assert found["platform"] == ("emulated", "wine")
    assert found["build: number"] == (NOT_RECORDED, "26100.1")
    state = {"state": "active", "evidence": ["it is"]}
    again = [
        renamed(run, platform="windows", antivirus=antivirus)
        for run, antivirus in ((first, state), (second, {**state, "state": "unknown"}))
    ]
    assert "Antivirus is active in the first run and unknown in the second" in cautions(
        compare_runs(*again)
    )


def test_facts_of_strangers_are_bounded(make_scenario: MakeScenario, run_scenario: RunScenario) -> None:
    run = run_scenario(make_scenario())
    mine = facts_of(run.manifest)
    theirs = {f"fact {number}": "\x1b[2J" + "x" * 10_000 for number in range(10_000)}
    found = differing(mine, theirs)
    assert len(found) == MOST
    assert all(len(text) <= LONGEST for each in found for text in (each.fact, each.first, each.second))
    assert not any("\x1b" in each.second for each in found)


def test_the_json_is_read_back(hard_and_easy: tuple[Run, Run]) -> None:
    compared = compare_runs(*hard_and_easy)
    data = json.loads(compared.model_dump_json(by_alias=True))
    assert data["schema"] == 1
    assert data["first"]["run"] == hard_and_easy[0].manifest.run
    assert data["cases"][0]["strategies"][1]["second"]["failure_rate"] == 1


def test_the_interval_of_independent_times_covers_as_often_as_it_says() -> None:
    """Of lognormal times of 30 and 40 draws, by exact quantiles and a fixed pseudo-random order."""
    normal = NormalDist()
    chance = random.Random(20261129)
    covered = 0
    for _ in range(2_000):
        first = [normal.inv_cdf(chance.random()) + 0.5 for _ in range(30)]
        second = [2 * normal.inv_cdf(chance.random()) for _ in range(40)]
        found = independent_log_ratio(first, second)
        covered += found.low <= 0.5 <= found.high
    assert 0.935 <= covered / 2_000 <= 0.965


def test_the_interval_of_independent_times_is_that_of_one_where_the_other_is_exact() -> None:
    logs = [math.log(each) for each in range(1, 31)]
    found, alone = independent_log_ratio(logs, [1.0] * 20), mean_log(logs)
    assert found == pytest.approx((alone.value - 1, alone.low - 1, alone.high - 1))


def test_too_few_times_give_no_bounds() -> None:
    found = independent_log_ratio([1.0] * 19, [1.0] * 40)
    assert (found.value, found.low, found.high) == (0.0, -math.inf, math.inf)
