"""What is said of the strategies of a run: before it, in its manifest and under its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.record.read import read_run
from harness.run.events import Event, Remarked
from harness.run.options import RunOptions
from harness.run.start import start
from harness.scenario.load import load_scenario
from harness.summary.notes import case_notes
from harness.summary.summarise import summarise

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import MakeScenario

NAMES = (
    "uv",
    "uv-persist-backon-10",
    "10ms x2 10 retries on any renames only",
    "plain else copy in place",
)
EXPECTED = [
    "uv and uv-persist-backon-10 are one strategy here, which runs once: uv-persist-backon-10.",
    "plain else copy in place: 'in place' does nothing: no directory is renamed.",
    (
        "uv-persist-backon-10 and 10ms x2 10 retries on any renames only do the same here: "
        "10ms x2 10 retries on any renames only."
    ),
]


def test_they_are_said_recorded_and_shown(make_scenario: MakeScenario, tmp_path: Path) -> None:
    events: list[Event] = []
    options = RunOptions(strategies=NAMES, platform="emulated", blocks=1, results=tmp_path / "results")
    folder = start([load_scenario(make_scenario())], options, events.append)
    said = [event.text for event in events if isinstance(event, Remarked)]
    assert said == EXPECTED
    run = read_run(folder)
    assert run.manifest.scenarios[0].remarks == EXPECTED
    (case,) = summarise(run).cases
    shown = [
        "".join(part if isinstance(part, str) else part.text for part in note.phrase)
        for note in case_notes(case)
    ]
    assert set(EXPECTED) <= set(shown)
    assert len(case.variants) == len(NAMES) - 1


def test_a_run_without_any_says_nothing(make_scenario: MakeScenario, tmp_path: Path) -> None:
    events: list[Event] = []
    options = RunOptions(platform="emulated", blocks=1, results=tmp_path / "results")
    start([load_scenario(make_scenario())], options, events.append)
    assert not [event for event in events if isinstance(event, Remarked)]
