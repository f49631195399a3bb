"""Events are data: written as a line by one process, and the same when another has read it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from harness.run.events import (
    Completed,
    Damaged,
    Estimated,
    Event,
    Failed,
    Fetching,
    LeftOut,
    Planned,
    Preparing,
    Remarked,
    SettingUp,
    TrialFinished,
    from_line,
    to_line,
)
from harness.run.options import RunOptions
from harness.run.start import start
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeScenario


@pytest.fixture
def events(make_scenario: MakeScenario, tmp_path: Path) -> list[Event]:
    """The events of a run of two trials."""
    loaded = load_scenario(make_scenario(profiles='["brief", "ambient-original"]'))
    found: list[Event] = []
    options = RunOptions(blocks=2, platform="emulated", results=tmp_path / "results", seed=1)
    start([loaded], options, found.append)
    return found


def test_events_come_in_the_order_in_which_things_happen(events: list[Event]) -> None:
    expected = [LeftOut, Preparing, Planned, TrialFinished, TrialFinished]
    assert [type(event) for event in events] == expected


def test_every_event_is_the_same_after_it_was_written_as_a_line(events: list[Event]) -> None:
    others: list[Event] = [
        Estimated(low_s=1.5, high_s=60.0, done=0.25),
        SettingUp(step="fetching its packages with pip"),
        Fetching(file="one-1.0-py3-none-any.whl", done=1, total=None),
        Remarked(scenario="numpy-wheel", text="uv and uv-backon-10 are one strategy here."),
        Damaged(text="Left out: 1 damaged line of the journal"),
        Completed(run="20260101T000000Z-abcd"),
        Failed(error="InvalidInputError", message="a \n line", hint=None),
    ]
    every = [*events, *others]
    assert {type(event) for event in every} == set(get_args(Event))
    for event in every:
        line = to_line(event)
        assert "\n" not in line
        assert from_line(line) == event


@pytest.mark.parametrize("line", ["", "{}", "wine: a message", '{"event": "dancing"}'])
def test_a_line_that_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        from_line(line)
