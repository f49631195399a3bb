"""Repetition is not evidence: what counts as one observation, of real runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from analysis_lab import trials_of

from harness import load_scenario, run_scenarios
from harness.analysis import cases, compare, failure_rates, persist_times, select, time_distributions
from harness.frames import load
from harness.frames.observations import counted, effective_number
from harness.summary.statistics import wilson

if TYPE_CHECKING:
    from conftest import MakeScenario

    from harness.frames.definition import Frames

BLOCKS = 20


@pytest.fixture
def runs(tmp_path: Path, make_scenario: MakeScenario) -> dict[str, Path]:
    """Three emulated runs: two with the seed 1, and one with the seed 2."""
    made = make_scenario(strategies='["plain", "exponential"]', profiles='["brief"]')

    def run(seed: int) -> Path:
        scenarios = [load_scenario(made)]
        where = tmp_path / "results"
        return run_scenarios(
            scenarios, blocks=BLOCKS, seed=seed, platform="emulated", results=where
        ).folder

    return {"one": run(1), "again": run(1), "other": run(2)}


def rates(frames: Frames) -> pd.DataFrame:
    return failure_rates(frames.trials)


def test_the_same_seed_twice_gives_the_same_intervals_as_once(runs: dict[str, Path]) -> None:
    """0 of 20 stays 0 of 20: at most 16.1 %, by Wilson's z^2 / (n + z^2)."""
    once, twice = load(runs["one"]), load([runs["one"], runs["again"]])
    assert len(twice.trials) == 2 * len(once.trials)
    row = rates(twice).loc["exponential"]
    assert (row["failures"], row["trials"]) == (0, BLOCKS)
    assert row["high"] == pytest.approx(0.1611, abs=5e-5)
    for analysis in (failure_rates, persist_times, time_distributions):
        pd.testing.assert_frame_equal(analysis(twice.trials), analysis(once.trials))
    pd.testing.assert_frame_equal(compare(twice.trials, "plain"), compare(once.trials, "plain"))
    case = select(twice)
    assert case.variants == select(once).variants
    assert (case.blocks, case.draws, case.repeated) == (BLOCKS, BLOCKS, 2 * BLOCKS)
    assert "same draws were run before, with the same seed: 40 trials" in case.caption
    (listed,) = cases(twice).to_dict("records")
    assert (listed["runs"], listed["trials"], listed["repeated"]) == (2, 2 * BLOCKS, 2 * BLOCKS)


def test_different_seeds_are_pooled(runs: dict[str, Path]) -> None:
    case = select(load([runs["one"], runs["other"]]))
    row = failure_rates(case.trials).loc["exponential"]
    assert (row["failures"], row["trials"]) == (0, 2 * BLOCKS)
    assert row["high"] == pytest.approx(0.0876, abs=5e-5)
    assert (case.blocks, case.draws, case.repeated) == (2 * BLOCKS, 2 * BLOCKS, 0)


def test_one_of_the_runs_by_itself_counts_as_a_whole(runs: dict[str, Path]) -> None:
    frames = load([runs["one"], runs["again"]])
    case = select(frames, run=runs["again"].name)
    assert (len(case.trials), case.repeated) == (2 * BLOCKS, 0)
    assert "same draws" not in case.caption


def test_in_real_time_a_draw_is_measured_repeatedly(runs: dict[str, Path]) -> None:
    """40 trials of 20 draws: all are shown, and the interval is that of 20."""
    trials = load([runs["one"], runs["again"]]).trials
    trials = trials.assign(platform=pd.Categorical(["windows"] * len(trials)))
    row = failure_rates(trials).loc["exponential"]
    assert (row["trials"], row["effective_trials"]) == (2 * BLOCKS, BLOCKS)
    assert (row["low"], row["high"]) == pytest.approx(tuple(wilson(0, BLOCKS)))


def test_a_repetition_stands_in_for_a_trial_that_does_not_count() -> None:
    trials = trials_of(run=["r", "q"], draw="1/0", outcome=["harness-error", "ok"])
    assert list(counted(trials).index) == [1]


def test_where_nothing_is_injected_every_trial_has_holds_of_its_own() -> None:
    trials = trials_of(
        platform="windows",
        freshness="unique",
        run=["r", "r", "q"],
        block=[0, 1, 0],
        draw=["a", "b", "c"],
    )
    assert failure_rates(trials)["effective_trials"].item() == 3


def test_unequal_repetitions_amount_to_fewer_draws() -> None:
    """Kish: (3 + 1)^2 / (3^2 + 1^2)."""
    assert effective_number(np.array([7, 7, 7, 9])) == pytest.approx(1.6)
    assert effective_number(np.array([], dtype=np.int64)) == 0
