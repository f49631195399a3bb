"""The line that a run begins with: what will run, or that nothing is left."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from harness.cli.progress import RunProgress
from harness.run.events import Planned


@pytest.mark.parametrize(
    ("trials", "done", "expected"),
    [
        (70, 0, "70 trials in 2 cases on the emulated platform, about 10 s"),
        (70, 30, "40 trials (30 were done before) in 2 cases on the emulated platform, about 10 s"),
        (70, 70, "Nothing left to run: all 70 trials are done"),
        (None, 0, "Running 2 cases (a scenario under a profile) on the emulated platform for 10 s"),
    ],
)
def test_a_plan_is_one_line(trials: int | None, done: int, expected: str) -> None:
    file = io.StringIO()
    plan = Planned(
        run="made",
        platform="emulated",
        seed=7,
        cases=2,
        trials=trials,
        done=done,
        trial_s={},
        done_s=0.0,
        total_s=10.0,
    )
    RunProgress(Console(file=file, width=200))(plan)
    assert file.getvalue() == f"{expected} (seed 7)\n"
