"""Expectations name what the scenario has, and say nothing twice; all mistakes are reported at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from scenario_lab import LAUNCHER

from harness.errors import InvalidFilesError
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeScenario


def problems_of(path: Path) -> dict[str, str]:
    with pytest.raises(InvalidFilesError) as caught:
        load_scenario(path)
    return {problem.key: f"{problem.found}; {problem.expected}" for problem in caught.value.problems}


def expecting(make: MakeScenario, *entries: str, **keys: str) -> Path:
    return make(LAUNCHER + "".join(f"\n[[expect]]\n{entry}\n" for entry in entries), **keys)


def test_times_and_runs_of_a_recovery_fit_each_other_and_the_scenario(
    make_scenario: MakeScenario,
) -> None:
    entries = [
        'fails = "always"\ntakes_at_least_ms = 2\ntakes_at_most_ms = 1',
        'fails = "never"\nrecovers = "always"',
        'fails = "always"\nrecovers_by_run = 2',
        'fails = "always"\nrecovers = "always"\nrecovers_from_run = 3\nrecovers_by_run = 2',
        'fails = "always"\nrecovers = "always"\nrecovers_by_run = 4',
        'fails = "always"\nrecovers = "often"\nrecovers_by_run = 1\ntakes_at_most_ms = -1',
    ]
    asked = [f'strategies = ["plain"]\n{entry}' for entry in entries]
    reruns = {"run_again_after_ms": "10", "run_again_times": "2"}
    found = problems_of(expecting(make_scenario, *asked, **reruns))
    for key, words in {
        "expect[0]": "takes_at_least_ms is above takes_at_most_ms",
        "expect[1]": "what never fails is not run again",
        "expect[2]": 'go with recovers = "always"',
        "expect[3]": "recovers_from_run is above recovers_by_run",
        "expect[4].recovers_by_run": "4, of 3 runs; a higher run_again_times, or a lower number",
        "expect[5].recovers": "'always' or 'never'",
        "expect[5].recovers_by_run": "at least 2",
        "expect[5].takes_at_most_ms": "at least 0",
    }.items():
        assert words in found[key], key
    found = problems_of(expecting(make_scenario, asked[1].replace("never", "always")))
    assert found["expect[0].recovers"] == "'always'; run_again_after_ms in the scenario"


def test_all_mistakes_are_reported_at_once(make_scenario: MakeScenario) -> None:
    path = expecting(
        make_scenario,
        'strategies = ["plan"]\nfails = "neve"\ncodes = ["EACCES"]',
        'strategies = ["plain"]\nfails = "never"\ncodes = [5]',
        'strategies = ["plain"]\nfails = "sometimes"\nprofiles = ["nun"]\ncodes = [7]\nat_least = 2',
        'strategies = ["plain"]\nfails = "sometimes"\nplatforms = ["linux"]',
        'strategies = ["plain"]\nfails = "always"\nat_least = 0.5\nleft = ["gone"]\noutcomes = ["ok"]',
        'strategies = ["plain"]\nfails = "sometimes"\nat_least = 0.5\nat_most = 0.4',
        'strategies = ["plain"]\nfails = "always"\nfactors = { primitive = "move" }\nsure = true',
    )
    found = problems_of(path)
    for key, words in {
        "expect[0].strategies": "Did you mean plain",
        "expect[0].fails": "'always', 'never' or 'sometimes'",
        "expect[0].codes": "EACCES is 5, 32 and 33",
        "expect[1]": "what never fails has no codes",
        "expect[2].profiles": "no profile 'nun'",
        "expect[2].codes[0]": "a Win32 code that calls on files give",
        "expect[2].at_least": "at most 1",
        "expect[3].platforms[0]": "'emulated', 'windows' or 'wine'",
        "expect[4].left[0]": "'lost'",
        "expect[4].outcomes[0]": "'damaged'",
        "expect[5]": "at_least is above at_most",
        "expect[6].factors.primitive": "a factor of this scenario",
        "expect[6].sure": "unknown key",
    }.items():
        assert words in found[key], key


@pytest.mark.parametrize("entry", ["fails = 1", "strategies = 3", 'factors = "x"', "codes = 5"])
def test_any_value_of_a_wrong_type_is_a_problem_of_its_key(
    make_scenario: MakeScenario, entry: str
) -> None:
    key = entry.split(" ", maxsplit=1)[0]
    found = problems_of(expecting(make_scenario, entry))
    assert any(each.startswith(f"expect[0].{key}") for each in found)


def test_a_list_is_wanted(make_scenario: MakeScenario) -> None:
    assert "expect" in problems_of(make_scenario(expect='"plain fails"'))


@pytest.mark.parametrize(
    ("one", "other", "is_said_twice"),
    [
        ("", "", True),
        ('profiles = ["none"]', "", True),
        ('profiles = ["none"]', 'profiles = ["brief"]', False),
        ('platforms = ["wine"]', 'platforms = ["emulated"]', False),
        ('platforms = ["wine"]', 'platforms = ["wine", "emulated"]', True),
        ('factors = { primitive = "move" }', 'factors = { primitive = "posix-rename" }', False),
        ('factors = { primitive = "move" }', "", True),
    ],
)
def test_of_each_trial_something_is_expected_once(
    make_scenario: MakeScenario, one: str, other: str, is_said_twice: bool
) -> None:
    given = 'strategies = ["plain"]\nfails = "never"\n'
    varied = '\n[factors]\nprimitive = ["move", "posix-rename"]\n'
    path = expecting(make_scenario, given + one, given + other + varied, profiles='["none", "brief"]')
    if is_said_twice:
        assert "expect[0] already says" in problems_of(path)["expect[1].strategies"]
    else:
        assert len(load_scenario(path).scenario.expect) == 2


def test_a_strategy_is_named_as_it_is_listed_or_as_tables_have_it(make_scenario: MakeScenario) -> None:
    listed = '["graceful-fs", { strategy = "10ms x2 for 1s", label = "ours" }]'
    entry = 'strategies = ["{}", "ours"]\nfails = "never"'
    for name in ("graceful-fs", "graceful-fs-60s"):
        loaded = load_scenario(expecting(make_scenario, entry.format(name), strategies=listed))
        assert loaded.scenario.expect[0].strategies == ["graceful-fs-60s", "ours"]
        assert {choice.display for choice in loaded.scenario.strategies} == {"graceful-fs-60s", "ours"}


def test_expectations_change_no_draw(make_scenario: MakeScenario) -> None:
    entry = 'strategies = ["plain"]\nfails = "never"'
    without, with_one = (load_scenario(expecting(make_scenario, *entries)) for entries in ([], [entry]))
    assert without.draw_key == with_one.draw_key
