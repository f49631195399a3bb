"""Hold profiles in the scenario file are as those in files, and are checked with the scenario."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from scenario_lab import LAUNCHER

from harness.errors import InvalidFilesError
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

OWN = """
[own_profiles.reader]
title = "A reader has it open"

[[own_profiles.reader.holds]]
handle = { object = "source", share = "none", evidence = "assumed", source = "a test" }
probability = { value = 1.0, evidence = "assumed", source = "a test" }
delay = { of = { distribution = "constant", ms = 0 }, evidence = "assumed", source = "a test" }
duration = { of = { distribution = "constant", ms = 20 }, evidence = "assumed", source = "a test" }
"""


def problems_of(path: Path) -> dict[str, str]:
    with pytest.raises(InvalidFilesError) as caught:
        load_scenario(path)
    return {problem.key: f"{problem.found}; {problem.expected}" for problem in caught.value.problems}


def test_a_profile_in_the_scenario_holds_as_one_in_a_file_does(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("file", 20)
    strategies = '["plain", "30ms 3 retries on 32"]'
    path = make_scenario(LAUNCHER + OWN, strategies=strategies, profiles='["reader", "file"]')
    run = run_scenario(path, blocks=2)
    found = {
        profile: [
            (each.block, each.strategy, each.outcome, each.elapsed_ms)
            for each in run.trials
            if each.profile == profile
        ]
        for profile in ("reader", "file")
    }
    assert sorted(found["reader"]) == sorted(found["file"])
    assert {outcome for _, _, outcome, _ in found["reader"]} == {"ok", "not-retried"}


def test_what_is_wrong_with_it_has_its_key_in_the_scenario(make_scenario: MakeScenario) -> None:
    for wrong, key, words in (
        (
            OWN.replace('"source", share', '"sourc", share'),
            "own_profiles.reader.holds[0].handle.object",
            "'source'",
        ),
        (OWN.replace("title", "titel"), "own_profiles.reader.titel", "Did you mean title"),
        (OWN.replace("share", "shar"), "own_profiles.reader.holds[0].handle.shar", "Did you mean share"),
        (OWN.replace("profiles.reader", 'profiles."a b"'), "own_profiles.a b", ""),
    ):
        found = problems_of(make_scenario(LAUNCHER + wrong, profiles='["reader"]'))
        assert any(where.startswith(key) and words in text for where, text in found.items()), found


def test_a_profile_is_used_and_has_a_name_of_its_own(
    make_scenario: MakeScenario, make_profile: MakeProfile
) -> None:
    path = make_scenario(LAUNCHER + OWN, profiles='["none"]')
    assert "not used" in problems_of(path)["own_profiles.reader"]
    make_profile("reader", 20)
    path = make_scenario(LAUNCHER + OWN, profiles='["reader"]')
    assert "has a file" in problems_of(path)["own_profiles.reader"]


def test_recorded_times_in_a_file_need_a_profile_file(make_scenario: MakeScenario) -> None:
    recorded = OWN.replace('"constant", ms = 20', '"empirical", file = "times.txt"')
    found = problems_of(make_scenario(LAUNCHER + recorded, profiles='["reader"]'))
    assert "profile file" in found["own_profiles.reader.holds[0].duration.of.file"]


@pytest.mark.parametrize("value", ["3", '"x"', "[]", "{ reader = 3 }", "{ reader = [] }"])
def test_any_other_value_is_a_problem(make_scenario: MakeScenario, value: str) -> None:
    assert any(key.startswith("own_profiles") for key in problems_of(make_scenario(own_profiles=value)))
