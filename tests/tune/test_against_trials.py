"""What is computed of schedules, against trials of the same strategies under the same holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import harness
from harness.analysis.selection import Case, select
from harness.frames import load
from harness.strategy.notation import parse
from harness.strategy.timetable import drawn_schedules
from harness.tune.evaluate import evaluate
from harness.tune.recorded_holds import recorded_call, recorded_holds

STRATEGIES = ("2ms 9 retries", "1ms x2 cap 8ms 6 retries", "5ms,1ms,1ms,9ms", "0ms 5 retries")
SCENARIO = f"""
schema = 2
title = "A file that is replaced, with calls of 1.7 ms"
about = "Calls take time here, which counts."
reports = ["https://github.com/astral-sh/uv/issues/1491"]
blocks = 60
attempt_cost_ms = 1.7
profiles = ["brief", "scanner-mix"]
strategies = {list(STRATEGIES)}

[[payload]]
kind = "files"
name = "entry"
sizes = [16]

[[operations]]
kind = "write-replace"
to = "cache/{{file}}"
existing = true
"""


@pytest.fixture(scope="module", params=["brief", "scanner-mix"])
def case(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Case:
    folder = tmp_path_factory.mktemp("calls")
    path = Path(folder, "own.toml")
    path.write_text(SCENARIO, encoding="utf-8")
    run = harness.run_scenarios(
        [harness.load_scenario(path)],
        platform="emulated",
        profiles=[request.param],
        results=folder,
        seed=11,
    )
    return select(load(run.folder))


def test_a_call_takes_what_the_scenario_declares(case: Case) -> None:
    assert recorded_call(case).ms == 1.7


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_failures_waits_attempts_and_denials_are_those_of_the_trials(case: Case, strategy: str) -> None:
    releases = recorded_holds(case).releases()
    call_ms = recorded_call(case).ms
    (listed,) = drawn_schedules(parse(strategy), attempt_cost_ms=call_ms)
    found = evaluate(np.array(listed.attempts_ms), releases, call_ms)

    own = case.variant(next(each.strategy for each in case.variants if each.strategy == strategy))
    trials = own.trials
    failed = trials["outcome"] != "ok"
    assert found.failure == pytest.approx(failed.mean(), abs=1e-12)
    assert found.attempts == pytest.approx(trials["attempts"].mean())
    if failed.any():
        assert trials.loc[failed, "elapsed_ms"].to_numpy() == pytest.approx(found.denied_ms)
    ok = trials[~failed]
    released = own.holds.groupby("trial")["released_ms"].max().reindex(ok.index).fillna(0.0)
    waits = ok["elapsed_ms"] - call_ms - released
    assert found.wait_ms == pytest.approx(waits.sum() / len(trials), abs=2e-3)
