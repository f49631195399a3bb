"""Predictions against trials: right ones are within their intervals, wrong ones are said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

import harness
from harness.analysis.selection import Case, select
from harness.cli.tune import app
from harness.frames import load
from harness.frames.definition import Frames
from harness.predict.overview import read
from harness.record.manifest import read_manifest
from harness.scenario.load import load_profile_file
from harness.strategy.notation import parse
from harness.tune.question import Limits
from harness.tune.releases import Releases
from harness.tune.sources import Source, modelled_source
from harness.tune.tuning import Tuning, tune
from harness.tune.validation import lateness_ms, to_validate, validated

if TYPE_CHECKING:
    import pandas as pd

LIMITS = Limits(0.02, 1000, 8, 1.0, 0.3)


@pytest.fixture(scope="module")
def source() -> Source:
    return modelled_source(*load_profile_file("brief"))


@pytest.fixture(scope="module")
def found(source: Source) -> Tuning:
    return tune(source, LIMITS, read("uv"))


@pytest.fixture(scope="module")
def case(found: Tuning, tmp_path_factory: pytest.TempPathFactory) -> Case:
    run = harness.run_scenarios(
        [harness.load_scenario("script-install")],
        blocks=120,
        platform="emulated",
        profiles=["brief"],
        strategies=list(to_validate(found)),
        results=tmp_path_factory.mktemp("runs"),
        seed=9,
    )
    return select(load(run.folder))


def test_neighbours_make_one_attempt_more_and_less(found: Tuning) -> None:
    roles = {role: strategy for strategy, role in to_validate(found).items()}
    own = len(found.recommended.schedule.attempts_ms)
    for role, attempts in (("recommended", own), ("a retry less", own - 1), ("a retry more", own + 1)):
        spec = parse(roles[role])
        retries = spec.retry_limits[0]
        assert retries + 1 == attempts
    assert "today" in roles


def test_right_predictions_are_within_their_intervals(case: Case, source: Source, found: Tuning) -> None:
    rows = list(validated(case, source, LIMITS, to_validate(found)))
    assert len(rows) == len(to_validate(found))
    assert all(each.agrees for each in rows)
    assert {each.operations for each in rows} == {120}
    missed = next(each for each in rows if each.strategy == "uv-backon-10")
    assert (missed.predicted_failure, missed.failed, missed.p) == (1.0, 120, 1.0)


def test_what_was_first_tried_after_its_hold_is_predicted_so(
    case: Case, source: Source, found: Tuning
) -> None:
    (name,) = (name for name in to_validate(found) if name == "uv-backon-10")
    assert list(lateness_ms(case)) == [0.0] * len(lateness_ms(case))
    attempts = case.attempts.assign(start_ms=case.attempts["start_ms"] + 12)
    late = replace(case, frames=replaced(case.frames, attempts))
    assert list(lateness_ms(late)) == pytest.approx([12.0] * len(lateness_ms(late)))
    (row,) = validated(late, source, LIMITS, {name: "today"})
    over = float(source.releases.share_by(np.array([12.0]))[0])
    assert row.predicted_failure == pytest.approx(1 - over)
    assert 0 < over < 1


def replaced(frames: Frames, attempts: pd.DataFrame) -> Frames:
    """The same runs with other attempts."""
    tables = {"operations": frames.operations, "attempts": attempts, "holds": frames.holds}
    return Frames(frames.trials, frames.runs, frames.profiles, frames.scenarios, tables.__getitem__)


def test_wrong_predictions_are_outside(case: Case, source: Source, found: Tuning) -> None:
    longer = Releases.of_times([200.0])
    wrong = replace(source, releases=longer)
    rows = list(validated(case, wrong, LIMITS, {found.recommended.strategy: "recommended"}))
    assert [each.agrees for each in rows] == [False]
    assert rows[0].p < 1e-9


def test_the_command_runs_what_it_recommends(tmp_path: Path) -> None:
    arguments = ["--profile", "brief", "--max-failure", "2%", "--validate", "--platform", "emulated"]
    shown = CliRunner().invoke(
        app,
        [*arguments, "--blocks", "20", "--seed", "1", "--results", str(tmp_path)],
        env={"COLUMNS": "100"},
        catch_exceptions=False,
    )
    assert "Predictions against trials: all of 3 strategies are within their intervals." in shown.output
    assert "Emulated: this proves the arithmetic" in shown.output
    assert max(map(len, shown.output.splitlines())) <= 100
    (run,) = tmp_path.iterdir()
    assert read_manifest(run).seed == 1
