"""Running from Python: the options of a run are keyword arguments, and a run can be resumed."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness import api
from harness.errors import InvalidInputError
from harness.record.read import read_run
from harness.run.events import Event, Planned, TrialFinished
from harness.run.options import DECLARED, RunOptions
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeScenario


def test_every_option_is_a_keyword_argument_with_its_default() -> None:
    scenarios, *keywords = inspect.signature(api.run_scenarios).parameters.values()
    assert scenarios.name == "scenarios"
    assert [keyword.name for keyword in keywords] == [option.name for option in DECLARED]
    assert {keyword.kind for keyword in keywords} == {inspect.Parameter.KEYWORD_ONLY}
    assert inspect.signature(RunOptions).parameters["seed"].default is None


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [({"colour": "red"}, TypeError, "colour"), ({"blocks": 0}, InvalidInputError, "--blocks")],
)
def test_options_that_cannot_be_are_refused_before_anything_runs(
    make_scenario: MakeScenario,
    tmp_path: Path,
    options: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    loaded = load_scenario(make_scenario())
    with pytest.raises(error, match=words):
        api.run_scenarios([loaded], results=tmp_path / "results", **options)
    assert not (tmp_path / "results").exists()


def test_a_run_is_launched_and_resumed_with_its_events(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    events: list[Event] = []
    options = RunOptions(blocks=2, platform="emulated", results=str(tmp_path / "results"), seed=1)
    folder = api.launch([load_scenario(make_scenario())], options, events.append)
    assert [event.record for event in events if isinstance(event, TrialFinished)] == read_run(
        folder
    ).trials
    journal = folder / "journal.jsonl"
    journal.write_text(journal.read_text().splitlines(keepends=True)[0])
    events.clear()
    assert api.resume(folder, on_event=events.append) == folder
    (plan,) = [event for event in events if isinstance(event, Planned)]
    assert (plan.run, plan.done, plan.trials) == (folder.name, 1, 2)
    assert len(read_run(folder).trials) == 2
