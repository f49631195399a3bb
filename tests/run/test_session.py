"""One process at work on a run: locked, resumable, and as long as it was given."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from harness.errors import InvalidInputError
from harness.platform.emulated.emulated_platform import EmulatedPlatform
from harness.record.journal import Journal
from harness.record.read import Run, read_run
from harness.run import start as start_module
from harness.run.events import Event, EventHandler, TrialFinished, ignore
from harness.run.options import RunOptions
from harness.run.session import Session
from harness.run.start import resume, start
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario

    from harness.record.trial_record import TrialRecord

PROFILES = ("none", "brief", "permanent")
VARIANTS = 2


def test_two_processes_cannot_work_on_one_run(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(), blocks=1)
    with FileLock(run.folder / "run.lock"), pytest.raises(InvalidInputError, match="another process"):
        resume(run.folder)


def test_a_brief_hold_on_the_lock_is_waited_for(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    """As by a scanner, to which the lock is one more file that was just written."""
    run = run_scenario(make_scenario(), blocks=1)
    held = threading.Event()

    def hold_for_a_moment() -> None:
        with FileLock(run.folder / "run.lock"):
            held.set()
            time.sleep(0.3)

    holder = threading.Thread(target=hold_for_a_moment)
    holder.start()
    assert held.wait(10)
    assert resume(run.folder) == run.folder
    holder.join()


@pytest.fixture
def made(make_scenario: MakeScenario, tmp_path: Path) -> Made:
    return Made(make_scenario, tmp_path)


class Made:
    """A scenario of several cases, run for some time."""

    def __init__(self, make_scenario: MakeScenario, folder: Path) -> None:
        path = make_scenario(strategies='["plain", "exponential"]', profiles=json.dumps(list(PROFILES)))
        self.loaded = load_scenario(path)
        self.results = folder / "results"

    def start(self, max_time_s: float, on_event: EventHandler = ignore, jobs: int = 1) -> Run:
        options = RunOptions(
            platform="emulated", max_time_s=max_time_s, results=self.results, seed=1, jobs=jobs
        )
        return read_run(start([self.loaded], options, on_event))


def blocks_of(trials: Sequence[TrialRecord]) -> dict[tuple[str, int], int]:
    """How many trials each block has."""
    return Counter((trial.profile, trial.block) for trial in trials)


def test_however_short_the_time_every_case_has_one_block(made: Made) -> None:
    run = made.start(1e-9)
    assert blocks_of(run.trials) == {(name, 0): VARIANTS for name in PROFILES}


def test_every_case_gets_whole_blocks_until_the_time_is_over(made: Made) -> None:
    run = made.start(0.4)
    assert set(blocks_of(run.trials).values()) == {VARIANTS}
    assert {trial.profile for trial in run.trials} == set(PROFILES)


def stop_after(trials: int) -> EventHandler:
    """Stop a run after so many trials, as Ctrl-C does."""
    left = iter(range(trials - 1))

    def on_event(event: Event) -> None:
        if isinstance(event, TrialFinished) and next(left, None) is None:
            raise KeyboardInterrupt

    return on_event


def stopped(made: Made, max_time_s: float, trials: int, jobs: int = 1) -> Run:
    with pytest.raises(KeyboardInterrupt):
        made.start(max_time_s, stop_after(trials), jobs)
    (folder,) = made.results.iterdir()
    return read_run(folder)


@pytest.mark.parametrize(("trials", "jobs"), [*((trials, 1) for trials in range(1, 8)), (3, 2)])
def test_a_run_that_was_stopped_in_a_block_completes_it_although_its_time_is_over(
    made: Made, monkeypatch: pytest.MonkeyPatch, trials: int, jobs: int
) -> None:
    before = stopped(made, 1000, trials, jobs)
    monkeypatch.setattr(Session, "_time_is_up", lambda self: all(self.spent_s.values()))
    run = read_run(resume(before.folder, jobs=jobs))
    assert run.trials[:trials] == before.trials
    assert set(blocks_of(run.trials).values()) == {VARIANTS}
    assert {profile for profile, _ in blocks_of(run.trials)} == set(PROFILES)
    assert len(run.trials) <= max(2 * len(PROFILES), trials + 1)


def test_a_resumed_run_goes_on_with_the_next_blocks_and_repeats_none(made: Made) -> None:
    before = stopped(made, 0.6, 21)
    run = read_run(resume(before.folder))
    assert run.trials[:21] == before.trials
    assert len(run.trials) > 30
    found = blocks_of(run.trials)
    assert set(found.values()) == {VARIANTS}
    for name in PROFILES:
        numbers = sorted(block for profile, block in found if profile == name)
        assert numbers == list(range(len(numbers)))
    again = read_run(resume(run.folder))
    assert blocks_of(again.trials).items() >= found.items()


def test_quiet_times_before_the_stop_count_when_a_run_goes_on(
    make_scenario: MakeScenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quiet time is not in the record of a trial, but it is in its profile."""
    platform = EmulatedPlatform()
    platform.cannot = {}
    monkeypatch.setattr(start_module, "get_platform", lambda _: platform)
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "mine.toml").write_text(
        'schema = 2\ntitle = "Quiet"\nambient = { freshness = "original", quiet_ms = 100 }\n'
    )
    loaded = load_scenario(make_scenario(profiles='["mine"]'))
    with pytest.raises(KeyboardInterrupt):
        start(
            [loaded],
            RunOptions(max_time_s=0.3, platform="emulated", results=tmp_path / "results", seed=1),
            stop_after(3),
        )
    (folder,) = (tmp_path / "results").iterdir()
    assert len(read_run(resume(folder)).trials) <= 4


def test_what_starts_once_starts_before_the_first_trial_and_its_estimate(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The locker takes seconds to start under Wine: they are not the pace of trials."""
    happened: list[str] = []

    class Platform(EmulatedPlatform):
        def get_ready(self) -> None:
            happened.append("ready")

    monkeypatch.setattr(start_module, "get_platform", lambda _: Platform())
    made.start(1e-9, lambda event: happened.append(type(event).__name__))
    assert happened.index("ready") < happened.index("Planned") < happened.index("TrialFinished")


def test_a_journal_with_a_trial_that_is_not_planned_is_no_traceback(made: Made) -> None:
    run = made.start(1e-9)
    with Journal(run.folder / "journal.jsonl") as journal:
        journal.append(run.trials[0].model_copy(update={"profile": "another"}))
    assert read_run(resume(run.folder)).trials[-1].profile == "another"


def test_a_time_limit_ends_a_run_between_blocks(make_scenario: MakeScenario, tmp_path: Path) -> None:
    loaded = load_scenario(
        make_scenario(strategies='["plain", "exponential", "graceful-fs-60s"]', profiles='["brief"]')
    )
    run = read_run(
        start(
            [loaded],
            RunOptions(max_time_s=0.2, platform="emulated", results=tmp_path / "results", seed=1),
        )
    )
    assert run.trials
    assert len(run.trials) % 3 == 0
    again = read_run(resume(run.folder))
    assert len(again.trials) <= len(run.trials) + 3 * 2000
