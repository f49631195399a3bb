"""One name with two meanings, in runs that are loaded together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from scenario_lab import LAUNCHER

from harness.errors import InvalidInputError
from harness.frames import load

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario


def test_a_label_of_two_strategies_is_refused(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    folders: list[Path] = []
    for notation in ("100ms 5 retries", "100 ms, 5 retries", "1ms 2 retries"):
        ours = f'{{ use = "notation", strategy = "{notation}", label = "ours" }}'
        path = make_scenario(strategies=f'["plain", {ours}]', profiles='["brief"]')
        folders.append(run_scenario(path, blocks=2, seed=len(folders) + 1).folder)
    assert len(load(folders[:2]).trials) == 8  # one strategy, spelled in two ways
    with pytest.raises(InvalidInputError) as refused:
        load(folders)
    said = '"1ms 2 retries on 5,32,33" in {}, and "100ms 5 retries on 5,32,33" in {}'
    assert said.format(folders[2], folders[0]) in refused.value.message
    assert refused.value.message.startswith("ours in made is ")


def test_a_profile_whose_holds_were_changed_is_refused(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    path = make_scenario(profiles='["ours"]')
    folders: list[Path] = []
    for duration_ms, source in ((5.0, "a test"), (5.0, "a better source"), (50.0, "a test")):
        profile = make_profile("ours", duration_ms)
        cited = profile.read_text(encoding="utf-8").replace("a test", source)
        profile.write_text(cited, encoding="utf-8")
        folders.append(run_scenario(path, blocks=2, seed=len(folders) + 1).folder)
    assert len(load(folders[:2]).trials) == 4  # a citation was changed, and no hold
    with pytest.raises(InvalidInputError) as refused:
        load(folders)
    assert refused.value.message == (
        f"the profile ours of made has other holds in {folders[2]} than in {folders[0]}"
    )
    assert "Load the runs apart" in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("key", "keys", "body"),
    [
        ("attempt_cost_ms", {"attempt_cost_ms": "2"}, LAUNCHER),
        ("payload", {}, LAUNCHER.replace('name = "', 'name = "other-', 1)),
    ],
)
def test_a_scenario_whose_trials_are_others_is_refused(
    make_scenario: MakeScenario,
    run_scenario: RunScenario,
    key: str,
    keys: dict[str, str],
    body: str,
) -> None:
    before = run_scenario(make_scenario(), blocks=1).folder
    longer = run_scenario(make_scenario(strategies='["plain", "exponential"]'), blocks=2, seed=2).folder
    assert len(load([before, longer]).trials) == 5  # more of the same
    changed = run_scenario(make_scenario(body, **keys), blocks=1, seed=3).folder
    with pytest.raises(InvalidInputError, match=f"the scenario made has another {key} in "):
        load([before, changed])
