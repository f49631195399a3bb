"""Blocks side by side in several processes: the same run, and no process or folder left of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError, InvalidInputError
from harness.isolated_python import isolated_python
from harness.platform.emulated.emulated_platform import EmulatedPlatform
from harness.record.read import read_run
from harness.run import workers
from harness.run.events import Event, EventHandler, Planned, TrialFinished, ignore
from harness.run.options import RunOptions
from harness.run.start import resume, start
from harness.run.workers import check_processes, processes_for
from harness.scenario.load import LoadedScenario, load_scenario

if TYPE_CHECKING:
    from conftest import MakeScenario

    from harness.record.trial_record import TrialRecord

BLOCKS = 6
VARIANTS = 3
KILL = 9


@pytest.fixture
def loaded(make_scenario: MakeScenario) -> LoadedScenario:
    path = make_scenario(
        strategies='["plain", "exponential", "fixed-sleep"]',
        profiles='["none", "brief", "permanent"]',
        blocks=str(BLOCKS),
    )
    return load_scenario(path)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where work folders are made."""
    folder = tmp_path / "work"
    folder.mkdir()
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


class Side:
    """Runs a scenario side by side, into a folder of its own."""

    def __init__(self, loaded: LoadedScenario, results: Path) -> None:
        self.loaded = loaded
        self.results = results

    def start(self, jobs: int, on_event: EventHandler = ignore, **options: Any) -> Path:
        given = RunOptions(platform="emulated", seed=5, jobs=jobs, results=self.results, **options)
        return start([self.loaded], given, on_event)

    @property
    def run(self) -> Path:
        (folder,) = self.results.iterdir()
        return folder


@pytest.fixture
def side(loaded: LoadedScenario, tmp_path: Path) -> Side:
    return Side(loaded, tmp_path / "results")


def told(trials: list[TrialRecord]) -> list[dict[str, Any]]:
    """All that trials say, but for costs, and for what names their run."""
    return [trial.model_dump(exclude={"cost_us", "run", "trial_id"}) for trial in trials]


def alone(loaded: LoadedScenario, folder: Path, **options: Any) -> list[dict[str, Any]]:
    """The same run in one process."""
    return told(list(read_run(Side(loaded, folder).start(1, **options)).trials))


@pytest.mark.parametrize(("jobs", "blocks"), [(3, BLOCKS), (50, 1)])
def test_the_lines_are_those_of_one_process_in_the_same_order(
    side: Side, loaded: LoadedScenario, work: Path, tmp_path: Path, jobs: int, blocks: int
) -> None:
    run = read_run(side.start(jobs, blocks=blocks))
    assert told(list(run.trials)) == alone(loaded, tmp_path / "alone", blocks=blocks)
    assert list(work.iterdir()) == []


def test_short_blocks_are_given_out_together(
    side: Side, loaded: LoadedScenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "AT_ONCE_S", 1000.0)
    run = read_run(side.start(2))
    assert told(list(run.trials)) == alone(loaded, tmp_path / "alone")


def stop_after(trials: int) -> EventHandler:
    left = iter(range(trials - 1))

    def on_event(event: Event) -> None:
        if isinstance(event, TrialFinished) and next(left, None) is None:
            raise KeyboardInterrupt

    return on_event


@pytest.mark.parametrize(("trials", "jobs"), [(1, 1), (4, 2), (20, 1)])
def test_an_interrupted_run_leaves_nothing_behind_and_is_completed(
    side: Side, loaded: LoadedScenario, work: Path, tmp_path: Path, trials: int, jobs: int
) -> None:
    with pytest.raises(KeyboardInterrupt):
        side.start(2, stop_after(trials))
    assert list(work.iterdir()) == []
    assert len(read_run(side.run).trials) == trials
    run = read_run(resume(side.run, jobs=jobs))
    assert told(list(run.trials)) == alone(loaded, tmp_path / "alone")


def test_a_run_that_time_limits_has_whole_blocks_each_once(side: Side) -> None:
    run = read_run(side.start(2, max_time_s=1.0))
    found = {trial.place for trial in run.trials}
    blocks = {(trial.profile, trial.block) for trial in run.trials}
    assert len(found) == len(run.trials) == VARIANTS * len(blocks)
    assert {profile for profile, _ in blocks} == {"none", "brief", "permanent"}


def test_an_error_of_a_worker_is_that_of_the_run(side: Side) -> None:
    """The run's manifest is gone when the workers read it."""

    def on_event(event: Event) -> None:
        if isinstance(event, Planned):
            (side.run / "manifest.json").rename(side.run / "elsewhere.json")

    with pytest.raises(InvalidInputError, match=r"manifest\.json"):
        side.start(2, on_event)


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_a_worker_that_is_killed_ends_the_run_which_can_be_completed(side: Side, work: Path) -> None:
    first = True

    def on_event(event: Event) -> None:
        nonlocal first
        if first and isinstance(event, TrialFinished):
            first = False
            for worker in workers_of(os.getpid()):
                os.kill(worker, KILL)

    with pytest.raises(HarnessError, match="ended with code -9"):
        side.start(2, on_event, blocks=2000)
    assert list(work.iterdir()) == []
    assert workers_of(os.getpid()) == []
    done = read_run(side.run).trials
    assert done
    assert len({trial.place for trial in done}) == len(done)


def workers_of(parent: int) -> list[int]:
    """The worker processes that a process started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text().rpartition(") ")[2].split()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if int(status[1]) == parent and b"harness.run.worker" in command and status[0] != "Z":
            found.append(int(folder.name))
    return found


def lines_of(results: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in results.glob("*/journal.jsonl"))


def wait_for(what: Any, within_s: float = 60.0) -> Any:
    until = time.monotonic() + within_s
    while not (found := what()):
        assert time.monotonic() < until, "this did not happen in time"
        time.sleep(0.02)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
@pytest.mark.parametrize("sent", [KILL, signal.SIGINT])
def test_workers_end_with_the_run_however_it_ends(
    loaded: LoadedScenario, work: Path, tmp_path: Path, sent: int
) -> None:
    """As at a terminal, and as by ``kill -9``, from which nobody can clean up but the next run."""
    assert loaded.folder is not None
    results = tmp_path / "results"
    options = ["--blocks", "2000", "-j", "2", "--results", str(results), "--platform", "emulated"]
    command = isolated_python(
        "-m", "harness", "run", str(loaded.folder / f"{loaded.name}.toml"), *options
    )
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for(lambda: lines_of(results) > 5)
        found = workers_of(process.pid)
        assert len(found) == 2
        process.send_signal(sent)
        _, said = process.communicate(timeout=60)
    wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in found))
    (run,) = results.iterdir()
    done = read_run(run).trials
    assert len({trial.place for trial in done}) == len(done)
    if sent == signal.SIGINT:
        assert process.returncode == 130
        assert f"harness run --resume {run}" in said
        assert list(work.iterdir()) == []


def test_real_time_is_measured_by_one_process_alone() -> None:
    platform = EmulatedPlatform()
    check_processes(8, platform)
    platform.is_real_time = True
    check_processes(None, platform)
    check_processes(1, platform)
    with pytest.raises(InvalidInputError, match=r"--jobs 2: .* would slow each other"):
        check_processes(2, platform)


def test_little_work_is_done_by_few_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "cores", lambda: 4)
    assert processes_for(0.1, 100) == 1
    assert processes_for(5.0, 100) == 2
    assert processes_for(1000.0, 100) == 4
    assert processes_for(1000.0, 3) == 3
