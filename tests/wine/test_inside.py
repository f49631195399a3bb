"""The Windows side of a run carries out its order: here on the platform that is everywhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import ExitCode, HarnessError
from harness.platform.registry import get_platform, native_platform
from harness.record.journal import NAME as JOURNAL
from harness.record.read import read_run
from harness.run.events import Completed, Event, Failed, Planned, TrialFinished, from_line
from harness.run.options import RunOptions
from harness.wine.inside import ResumeOrder, StartOrder, require_rules

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario

    from harness.platform.base import Rules


def carry_out(order: StartOrder | ResumeOrder, folder: Path) -> tuple[int, list[Event]]:
    """The exit code of the Windows side, and what it tells the other side."""
    command = [sys.executable, "-m", "harness.wine.inside", order.model_dump_json()]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.stderr == ""
    return done.returncode, [from_line(line) for line in done.stdout.splitlines()]


@pytest.fixture
def order(make_scenario: MakeScenario, make_profile: MakeProfile, tmp_path: Path) -> StartOrder:
    """To run one of the scenario's two profiles."""
    make_profile("mine", 10.0)
    path = make_scenario(profiles='["none", "mine"]')
    options = RunOptions(blocks=2, seed=1, platform="emulated", results=str(tmp_path / "results"))
    return StartOrder(rules=None, scenarios=[(str(path), ["mine"])], options=options)


def test_an_order_is_run_with_the_profiles_that_it_names(order: StartOrder, tmp_path: Path) -> None:
    code, events = carry_out(order, tmp_path)
    assert code == 0
    assert isinstance(events[-1], Completed)
    run = read_run(tmp_path / "results" / events[-1].run)
    assert [(trial.scenario, trial.profile) for trial in run.trials] == [("made", "mine")] * 2
    told = [event.record for event in events if isinstance(event, TrialFinished)]
    assert told == run.trials
    assert any(isinstance(event, Planned) for event in events)


def test_a_run_that_was_stopped_is_completed(order: StartOrder, tmp_path: Path) -> None:
    _, events = carry_out(order, tmp_path)
    assert isinstance(events[-1], Completed)
    folder = tmp_path / "results" / events[-1].run
    whole = read_run(folder).trials
    first, *_ = (folder / JOURNAL).read_bytes().splitlines(keepends=True)
    (folder / JOURNAL).write_bytes(first)
    code, events = carry_out(ResumeOrder(rules=None, folder=str(folder), allow_code=False), tmp_path)
    assert (code, events[-1]) == (0, Completed(run=folder.name))
    assert [trial.trial_id for trial in read_run(folder).trials] == [each.trial_id for each in whole]


def test_an_error_is_told_as_the_last_event(order: StartOrder, tmp_path: Path) -> None:
    wrong = order.model_copy(update={"scenarios": [("no-such-scenario", ["none"])]})
    code, (event,) = carry_out(wrong, tmp_path)
    assert code == ExitCode.INVALID_INPUT
    assert isinstance(event, Failed)
    assert event.error == "InvalidInputError"
    assert "no-such-scenario" in event.message


def test_other_rules_than_those_of_the_order_are_refused_before_anything_runs(
    order: StartOrder, tmp_path: Path
) -> None:
    found = get_platform(native_platform()).rules
    other: Rules = "stock" if found == "ntfs" else "ntfs"
    require_rules(found)
    with pytest.raises(HarnessError, match=f"under the rules {other}, and this Wine follows"):
        require_rules(other)
    code, (event,) = carry_out(order.model_copy(update={"rules": "ntfs"}), tmp_path)
    assert code == ExitCode.HARNESS_ERROR
    assert isinstance(event, Failed)
    assert event.message.startswith("nothing was run: ")
    assert not (tmp_path / "results").exists()
