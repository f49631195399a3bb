"""Checking scenarios: they are run, and what cannot be run is unknown with its reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from scenario_lab import REPLACED

from harness.check.check import Trials, check, check_run, check_scenarios
from harness.check.observation import Observation
from harness.errors import CodeNotAllowedError, ExitCode
from harness.record.read import read_run
from harness.run.options import RunOptions
from harness.scenario.load import LoadedScenario, load_scenario

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario


def expect(strategy: str, fails: str, more: str = "") -> str:
    return f"[[expect]]\nstrategies = [{strategy!r}]\nfails = {fails!r}\n{more}\n"


@pytest.fixture
def options(tmp_path: Path) -> RunOptions:
    return RunOptions(platform="emulated", seed=1, results=tmp_path / "results")


def made(make: MakeScenario, *expectations: str, name: str = "made", **keys: str) -> LoadedScenario:
    keys = {"strategies": '["plain", "10ms 5 retries on 5,32"]', "profiles": '["held"]', **keys}
    return load_scenario(make(REPLACED + "\n".join(expectations), name=name, **keys))


def test_each_strategy_of_an_expectation_is_checked_under_each_profile(
    make_scenario: MakeScenario, make_profile: MakeProfile, options: RunOptions
) -> None:
    make_profile("held", 20)
    make_profile("longer", 200)
    loaded = made(
        make_scenario,
        expect("plain", "always", "codes = [32]\nleft = ['old']"),
        expect("10ms 5 retries on 5,32", "never", "profiles = ['held']"),
        expect("10ms 5 retries on 5,32", "never", "profiles = ['longer']"),
        profiles='["held", "longer"]',
    )
    report = check_scenarios([loaded], options)
    (one,) = report.scenarios
    assert [(each.strategy, each.profile, each.verdict) for each in one.checks] == [
        ("plain", "held", "as expected"),
        ("plain", "longer", "as expected"),
        ("10ms 5 retries on 5,32", "held", "as expected"),
        ("10ms 5 retries on 5,32", "longer", "not as expected"),
    ]
    assert report.answer == "1 not as expected, of 4 expectations of 1 scenario (emulated)."
    assert report.exit_code == ExitCode.NOT_AS_EXPECTED
    assert one.run is not None
    again = check_run(read_run(one.run))
    assert again == report


def test_what_a_platform_cannot_do_is_unknown_with_its_reason_and_the_rest_is_checked(
    make_scenario: MakeScenario, make_profile: MakeProfile, options: RunOptions
) -> None:
    make_profile("held", 20)
    ambient = made(
        make_scenario,
        expect("plain", "always", "profiles = ['ambient-original']"),
        expect("plain", "always", "profiles = ['held']"),
        profiles='["held", "ambient-original"]',
    )
    report = check_scenarios([ambient], options)
    left_out, checked = report.scenarios[0].checks
    assert (left_out.verdict, left_out.reason) == ("unknown", "no antivirus takes part in an emulation")
    assert checked.verdict == "as expected"
    assert report.exit_code == ExitCode.UNKNOWN


def test_a_scenario_that_stops_a_run_does_not_keep_others_from_being_checked(
    make_scenario: MakeScenario,
    make_profile: MakeProfile,
    options: RunOptions,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    make_profile("held", 20)
    works = made(make_scenario, expect("plain", "always"))
    wheel = """
[[payload]]
kind = "wheel"
name = "nowhere"
version = "1"
file = "nowhere-1-py3-none-any.whl"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
shape = { folders = 1, other = { files = 1, sizes = [1, 1, 1, 1, 1, 1, 1, 1] } }
[[operations]]
kind = "rename"
to = "x/{name}"
"""
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    path = make_scenario(wheel + expect("plain", "never"), name="offline")
    report = check_scenarios([works, load_scenario(path)], options)
    assert [one.worst for one in report.scenarios] == ["as expected", "unknown"]
    (unknown,) = report.scenarios[1].checks
    assert "nowhere-1-py3-none-any.whl" in unknown.reason


def test_foreign_code_is_not_run_to_check_something(
    make_scenario: MakeScenario, options: RunOptions, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text("raise SystemExit", encoding="utf-8")
    strategies = '[{ use = "mine", file = "mine.py" }]'
    loaded = made(make_scenario, expect("mine", "never"), strategies=strategies, profiles='["none"]')
    with pytest.raises(CodeNotAllowedError):
        check_scenarios([loaded], options)


def test_what_is_for_another_platform_is_not_checked_here(
    make_scenario: MakeScenario, make_profile: MakeProfile, options: RunOptions
) -> None:
    make_profile("held", 20)
    loaded = made(make_scenario, expect("plain", "never", "platforms = ['windows']"))
    report = check_scenarios([loaded], options)
    assert (report.scenarios, report.without) == ([], ["made"])
    assert report.answer.startswith("Nothing was checked")
    assert report.exit_code == ExitCode.UNKNOWN, "a check of nothing has found nothing"


def test_trials_that_were_made_otherwise_are_checked_the_same_way(
    make_scenario: MakeScenario, make_profile: MakeProfile
) -> None:
    make_profile("held", 20)
    loaded = made(make_scenario, expect("plain", "always", "codes = [5]"))
    failed = Observation("plain", {}, 0, "not-retried", held=True, codes=frozenset({5}))
    for observed, verdict in (
        ([failed], "as expected"),
        ([replace(failed, codes=frozenset({32}))], "not as expected"),
        ([], "unknown"),
    ):
        trials = Trials({"held": observed})
        found = check(loaded.name, loaded.scenario, loaded.profiles, trials, "windows")
        assert found.worst == verdict
