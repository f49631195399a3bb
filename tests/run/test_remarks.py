"""What is said of the strategies of a run: before it, in its manifest and under its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typer.testing import CliRunner

from harness.cli.run import app as run
from harness.cli.show import app as show
from harness.record.read import read_run
from harness.run.candidates import resolve
from harness.run.events import Event, Remarked
from harness.run.options import RunOptions
from harness.run.remarks import remarks
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
    "uv and uv-persist-backon-10 are one strategy here, which runs once, as uv-persist-backon-10.",
    ('"10ms x2 10 retries on any renames only": "renames only" does nothing: every call is a rename.'),
    '"plain else copy in place": "in place" does nothing: no directory is renamed.',
    (
        'uv-persist-backon-10 and "10ms x2 10 retries on any renames only" do the same here, '
        'in notation "10ms x2 10 retries on any".'
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


def test_what_is_the_same_is_written_in_full_where_no_label_says_it(make_scenario: MakeScenario) -> None:
    strategies = '["exponential", { strategy = "10ms x2 cap 60min 11 attempts", label = "ours" }]'
    loaded = load_scenario(make_scenario(strategies=strategies))
    assert list(remarks(loaded, resolve(loaded, allow_code=False))) == [
        'exponential and ours do the same here, in notation "10ms x2 cap 60min 10 retries on 5,32,33".'
    ]


def test_a_run_prints_each_remark_once(make_scenario: MakeScenario, tmp_path: Path) -> None:
    scenario = make_scenario(
        profiles='["brief", "none"]', strategies='["plain in place", "exponential"]'
    )
    results = ["--results", str(tmp_path / "results"), "--platform", "emulated"]
    printed = CliRunner().invoke(run, [str(scenario), "--blocks", "1", *results]).output
    remark = '"in place" does nothing'
    assert printed.count(remark) == 1
    assert printed.index(remark) < printed.index("2 cases")
    (folder,) = (tmp_path / "results").iterdir()
    again = CliRunner().invoke(show, [str(folder)]).output
    assert again.count(remark) == 1


def test_a_strategy_that_outruns_a_trial_is_named(make_scenario: MakeScenario) -> None:
    """At 0.3 ms for an attempt, 100,000 of them take 30 s."""
    loaded = load_scenario(make_scenario(strategies='["0 for 29s", "0 for 60min", "10ms for 1min"]'))
    (said,) = remarks(loaded, resolve(loaded, allow_code=False))
    assert said == (
        '"0 for 60min" makes more than 100,001 attempts while a hold stays; there its trial ends as '
        "harness-error."
    )


def test_a_time_limit_ends_what_would_go_on_unless_that_comes_later_still(
    make_scenario: MakeScenario,
) -> None:
    """At 0.3 ms for an attempt, a million of them take 300 s."""
    for limit_ms, named in (("60_000", 0), ("300_000", 0), ("400_000", 1)):
        loaded = load_scenario(make_scenario(strategies='["0 for 60min"]', time_limit_ms=limit_ms))
        said = list(remarks(loaded, resolve(loaded, allow_code=False)))
        assert len(said) == named
        assert all(each.startswith('"0 for 60min" makes more than 1,000,000 attempts') for each in said)
