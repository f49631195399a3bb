"""Runs that time limits: every case has a block, all have equal time, and they go on."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.read import read_run
from harness.run import runner
from harness.run.plan import Case, cases_of, evenly
from harness.run.runner import Request, Silent, resume, start
from harness.scenario.load import load_scenario
from harness.strategy import get_strategy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from conftest import MakeScenario

    from harness.record.read import Run
    from harness.record.trial_record import TrialRecord

PROFILES = ("none", "brief", "permanent")
ARMS = 2


def cases(count: int) -> list[Case]:
    loaded = load_scenario("script-install")
    strategies = {name: get_strategy(name) for name in ("plain", "exponential")}
    (case, *_) = cases_of(loaded, strategies, seed=1)
    return [
        Case(loaded, f"profile-{number}", case.profile, case.variants, seed=1) for number in range(count)
    ]


TRIAL_S = st.lists(st.floats(0.001, 100), min_size=1, max_size=5)


@given(trial_s=TRIAL_S, count=st.integers(1, 60))
def test_no_case_is_ever_ahead_by_more_than_a_block(trial_s: list[float], count: int) -> None:
    planned = cases(len(trial_s))
    costs = {case.name: cost for case, cost in zip(planned, trial_s, strict=True)}
    spent_s = dict.fromkeys(costs, 0.0)
    blocks: dict[str, list[int]] = {name: [] for name in costs}
    trials = evenly(planned, spent_s, 1_000_000)
    for _ in range(count):
        block = [next(trials) for _ in range(ARMS)]
        ((name, number),) = {(trial.case.name, trial.block) for trial in block}
        assert [trial.position for trial in block] == [0, 1]
        spent_s[name] += ARMS * costs[name]
        blocks[name].append(number)
        ahead = spent_s[name] - min(spent_s.values())
        assert ahead <= ARMS * costs[name] + 1e-9
    assert all(numbers == list(range(len(numbers))) for numbers in blocks.values())
    if count >= len(planned):
        assert all(blocks.values())


def test_short_trials_get_as_many_more_blocks_as_they_are_shorter() -> None:
    short, long = cases(2)
    spent_s = {short.name: 0.0, long.name: 0.0}
    trials = evenly([short, long], spent_s, 1_000_000)
    counts: Counter[str] = Counter()
    for _ in range(ARMS * 110):
        trial = next(trials)
        counts[trial.case.name] += 1
        spent_s[trial.case.name] += 1.0 if trial.case is short else 10.0
    assert counts == {short.name: 200, long.name: 20}


@given(trial_s=TRIAL_S, started=st.data())
def test_a_case_that_had_its_time_before_waits_for_the_others(
    trial_s: list[float], started: st.DataObject
) -> None:
    planned = cases(len(trial_s))
    spent_s = {case.name: started.draw(st.floats(0, 50)) for case in planned}
    least = min(spent_s, key=lambda name: spent_s[name])
    assert next(evenly(planned, spent_s, 1_000_000)).case.name == least


# whole runs


@pytest.fixture
def made(make_scenario: MakeScenario, tmp_path: Path) -> Made:
    return Made(make_scenario, tmp_path)


class Made:
    """A scenario of several cases, run for some time."""

    def __init__(self, make_scenario: MakeScenario, folder: Path) -> None:
        path = make_scenario(strategies='["plain", "exponential"]', profiles=json.dumps(list(PROFILES)))
        self.loaded = load_scenario(path)
        self.results = folder / "results"

    def request(self, max_time_s: float) -> Request:
        return Request([self.loaded], platform="emulated", max_time_s=max_time_s, results=self.results)


def blocks_of(trials: Sequence[TrialRecord]) -> dict[tuple[str, int], int]:
    """How many trials each block has."""
    return Counter((trial.profile, trial.block) for trial in trials)


def test_however_short_the_time_every_case_has_one_block(made: Made) -> None:
    run = read_run(start(made.request(1e-9)))
    assert blocks_of(run.trials) == {(name, 0): ARMS for name in PROFILES}


def test_every_case_gets_whole_blocks_until_the_time_is_over(made: Made) -> None:
    run = read_run(start(made.request(0.4)))
    assert set(blocks_of(run.trials).values()) == {ARMS}
    assert {trial.profile for trial in run.trials} == set(PROFILES)


class Stopper(Silent):
    """Stops a run after so many trials, as Ctrl-C does."""

    def __init__(self, trials: int) -> None:
        self.left = trials

    def finished(self, record: TrialRecord) -> None:
        del record
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def stopped(made: Made, max_time_s: float, trials: int) -> Run:
    with pytest.raises(KeyboardInterrupt):
        start(made.request(max_time_s), Stopper(trials))
    (folder,) = made.results.iterdir()
    return read_run(folder)


@pytest.mark.parametrize("trials", range(1, 8))
def test_a_run_that_was_stopped_in_a_block_completes_it_although_its_time_is_over(
    made: Made, monkeypatch: pytest.MonkeyPatch, trials: int
) -> None:
    before = stopped(made, 1000, trials)
    monkeypatch.setattr(runner, "_time_is_up", lambda _, spent_s: all(spent_s.values()))
    run = read_run(resume(before.folder))
    assert run.trials[:trials] == before.trials
    assert set(blocks_of(run.trials).values()) == {ARMS}
    assert {profile for profile, _ in blocks_of(run.trials)} == set(PROFILES)
    assert len(run.trials) <= max(2 * len(PROFILES), trials + 1)


def test_a_resumed_run_goes_on_with_the_next_blocks_and_repeats_none(made: Made) -> None:
    before = stopped(made, 0.6, 21)
    run = read_run(resume(before.folder))
    assert run.trials[:21] == before.trials
    assert len(run.trials) > 30
    found = blocks_of(run.trials)
    assert set(found.values()) == {ARMS}
    for name in PROFILES:
        numbers = sorted(block for profile, block in found if profile == name)
        assert numbers == list(range(len(numbers)))
    again = read_run(resume(run.folder))
    assert blocks_of(again.trials).items() >= found.items()


def test_quiet_times_before_the_stop_count_when_a_run_goes_on(
    make_scenario: MakeScenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quiet time is not in the record of a trial, but it is in its profile."""
    from harness.platform.emulated.emulated_platform import EmulatedPlatform  # noqa: PLC0415

    platform = EmulatedPlatform()
    platform.cannot = {}
    monkeypatch.setattr(runner, "get_platform", lambda _: platform)
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "mine.toml").write_text(
        'schema = 2\ntitle = "Quiet"\nambient = { freshness = "original", quiet_ms = 100 }\n'
    )
    loaded = load_scenario(make_scenario(profiles='["mine"]'))
    with pytest.raises(KeyboardInterrupt):
        start(
            Request([loaded], max_time_s=0.3, platform="emulated", results=tmp_path / "results"),
            Stopper(3),
        )
    (folder,) = (tmp_path / "results").iterdir()
    assert len(read_run(resume(folder)).trials) <= 4


def test_a_journal_with_trials_of_another_run_is_no_traceback(made: Made) -> None:
    run = read_run(start(made.request(1e-9)))
    stranger = run.trials[0].model_copy(update={"profile": "another", "trial_id": "another/0/plain"})
    with (run.folder / "journal.jsonl").open("a") as journal:
        journal.write(stranger.to_line() + "\n")
    assert read_run(resume(run.folder)).trials[-1].profile == "another"
