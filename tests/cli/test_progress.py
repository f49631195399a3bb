"""The lines of a run: what will run, how long it may take, and what is left."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from harness.cli.progress import RunProgress
from harness.run.events import Estimated, Fetching, Planned, Preparing


def planned(trials: int | None = 70, done: int = 0, *, low_s: float = 3, high_s: float = 10) -> Planned:
    left = Estimated(low_s=low_s, high_s=high_s, done=0.0)
    return Planned(run="made", platform="emulated", seed=7, cases=2, trials=trials, done=done, left=left)


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (planned(), "70 trials in 2 cases on the emulated platform, 3 to 10 s"),
        (
            planned(done=30),
            "40 trials (30 were done before) in 2 cases on the emulated platform, 3 to 10 s",
        ),
        (planned(done=70), "Nothing left to run: all 70 trials are done"),
        (
            planned(None, low_s=10),
            "Running 2 cases (a scenario under a profile) on the emulated platform for 10 s",
        ),
    ],
)
def test_a_plan_is_one_line(plan: Planned, expected: str) -> None:
    file = io.StringIO()
    RunProgress(Console(file=file, width=200))(plan)
    assert file.getvalue() == f"{expected} (seed 7)\n"


def test_what_is_left_is_a_range_in_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("harness.cli.progress.time.monotonic", lambda: now)
    file = io.StringIO()
    show = RunProgress(Console(file=file, width=200))
    show(planned())
    for now, low_s in ((101.0, 6), (102.5, 130), (104.0, 125), (112.6, 60)):  # noqa: B007 - read above
        show(Estimated(low_s=low_s, high_s=170, done=0.5))
    assert file.getvalue().splitlines()[1:] == [
        "0 of 70 trials, 2 to 3 min left",
        "0 of 70 trials, 1 to 3 min left",
    ]


def test_on_a_terminal_the_bar_has_the_range() -> None:
    file = io.StringIO()
    show = RunProgress(Console(file=file, width=120, force_terminal=True))
    with show.bar:
        show(planned())
        show(Estimated(low_s=130, high_s=170, done=0.5))
        show.bar.refresh()
        (task,) = show.bar.tasks
        assert task.percentage == 50
    assert "2 to 3 min left" in file.getvalue()


def test_a_run_whose_time_is_up_says_what_it_still_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.cli.progress.FIRST_PLAIN_LINE_S", 0.0)
    file = io.StringIO()
    show = RunProgress(Console(file=file, width=200))
    show(planned(None))
    show(Estimated(low_s=0, high_s=0, done=1.0))
    assert file.getvalue().endswith("trials, time is up; finishing one block of every scenario\n")


def test_on_a_terminal_the_bar_shows_how_much_of_an_archive_is_there() -> None:
    file = io.StringIO()
    show = RunProgress(Console(file=file, width=120, force_terminal=True, color_system=None))
    with show.bar:
        show(Preparing(what="numpy-wheel"))
        show(Fetching(file="numpy.whl", done=500, total=1000))
        file.truncate(0)
        show.bar.refresh()
    assert "numpy.whl" in file.getvalue()
    assert "50%" in file.getvalue()
