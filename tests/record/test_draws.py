"""The identity of draws: the same name where the holds are the same, another one anywhere else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.record.draws import Draws

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

    from harness.record.read import Run


def drawn(run: Run) -> dict[tuple[str, int], str]:
    """The draw of each trial, by strategy and block."""
    draws = Draws(run.manifest)
    return {(trial.strategy, trial.block): draws.of(trial) for trial in run.trials}


@pytest.fixture
def scenario(make_scenario: MakeScenario, make_profile: MakeProfile) -> Path:
    make_profile("own", 0, duration='distribution = "uniform", low_ms = 10, high_ms = 500')
    return make_scenario(strategies='["plain", "exponential"]', profiles='["own"]')


def planned(run: Run) -> dict[str, set[tuple[int, int | None]]]:
    """The holds of each draw: when they were to begin, and for how long."""
    draws = Draws(run.manifest)
    found: dict[str, set[tuple[int, int | None]]] = {}
    for trial in run.trials:
        for operation in trial.operations:
            for hold in operation.holds:
                found.setdefault(draws.of(trial), set()).add((hold.planned_us, hold.duration_us))
    return found


def test_a_repeated_run_has_the_same_draws_and_a_longer_one_more(
    scenario: Path, run_scenario: RunScenario
) -> None:
    once, again = (run_scenario(scenario, blocks=3, seed=7) for _ in range(2))
    longer = run_scenario(scenario, blocks=5, seed=7)
    assert drawn(once) == drawn(again)
    assert drawn(once).items() < drawn(longer).items()
    assert len(set(drawn(longer).values())) == 5


def test_draws_with_the_same_name_are_the_same_holds(scenario: Path, run_scenario: RunScenario) -> None:
    once, again, other = (run_scenario(scenario, blocks=3, seed=seed) for seed in (7, 7, 8))
    assert planned(once) == planned(again)
    assert all(len(holds) == 1 for holds in planned(once).values())
    assert not planned(once).keys() & planned(other).keys()
    assert not set().union(*planned(once).values()) & set().union(*planned(other).values())


def test_who_is_compared_and_what_a_profile_cites_change_no_draw(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("one", 50)
    make_profile("other", 50)
    short = run_scenario(make_scenario(profiles='["one"]'), blocks=2, seed=1)
    wide = run_scenario(
        make_scenario(profiles='["other"]', strategies='["exponential", "10ms x2 for 1s", "plain"]'),
        blocks=2,
        seed=1,
    )
    assert set(drawn(short).values()) == set(drawn(wide).values())


def test_another_cost_of_an_attempt_or_profile_is_another_draw(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("one", 50)
    make_profile("other", 50, probability="0.5")
    names = [
        set(drawn(run_scenario(path, blocks=2, seed=1)).values())
        for path in (
            make_scenario(profiles='["one"]'),
            make_scenario(profiles='["other"]', name="second"),
            make_scenario(profiles='["one"]', attempt_cost_ms="2.5", name="third"),
        )
    ]
    assert len(set().union(*names)) == 6


def test_where_nothing_is_injected_each_trial_is_one_of_its_own(
    scenario: Path, run_scenario: RunScenario
) -> None:
    run = run_scenario(scenario, blocks=2)
    ambient = [trial.model_copy(update={"freshness": "original"}) for trial in run.trials]
    names = [Draws(run.manifest).of(trial) for trial in ambient]
    assert len(set(names)) == len(ambient)
    renamed = run.manifest.model_copy(update={"run": "another"})
    assert not set(names) & {Draws(renamed).of(trial) for trial in ambient}


def test_a_case_that_the_manifest_does_not_know_shares_no_draw_with_another_run(
    scenario: Path, run_scenario: RunScenario
) -> None:
    run = run_scenario(scenario, blocks=2, seed=1)
    unknown = [trial.model_copy(update={"profile": "unknown"}) for trial in run.trials]
    names = {Draws(run.manifest).of(trial) for trial in unknown}
    assert len(names) == 2
    renamed = run.manifest.model_copy(update={"run": "another"})
    assert not names & {Draws(renamed).of(trial) for trial in unknown}
