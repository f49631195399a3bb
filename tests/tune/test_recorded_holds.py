"""Holds from runs, against the draws that their receipts show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import harness
from harness.analysis.selection import select
from harness.errors import InvalidInputError
from harness.frames import load
from harness.frames.definition import Frames
from harness.tune.recorded_holds import one_case_of, recorded_holds


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Frames:
    scenario = harness.load_scenario("script-install")
    run = harness.run_scenarios(
        [scenario],
        blocks=30,
        platform="emulated",
        profiles=["brief", "scanner-mix"],
        results=tmp_path_factory.mktemp("runs"),
        seed=4,
    )
    return load(run.folder)


def test_each_draw_of_an_operation_is_one_hold_with_its_true_end(frames: Frames) -> None:
    case = select(frames, profile="brief")
    observed = recorded_holds(case)
    assert observed.operations == observed.independent == 30
    assert observed.held.all()
    assert set(observed.code_shares) == {32}
    planned = case.holds.assign(end=case.holds["planned_ms"] + case.holds["duration_ms"])
    expected = np.sort(planned["end"].round(3).unique())
    assert np.sort(observed.high_ms) == pytest.approx(expected, abs=0.01)
    assert observed.low_ms.tolist() == observed.high_ms.tolist()


def test_operations_that_were_not_held_count(frames: Frames) -> None:
    observed = recorded_holds(select(frames, profile="scanner-mix"))
    assert observed.operations == 30
    assert 0 < observed.held.sum() < 15
    assert observed.releases().free == pytest.approx(1 - observed.held.mean())


def test_several_cases_are_refused_with_the_choice(frames: Frames) -> None:
    with pytest.raises(InvalidInputError, match="several cases") as refused:
        one_case_of(frames, None, None)
    assert refused.value.hint == "Choose one, such as --profile brief."
    assert one_case_of(frames, "script-install", "brief").key["profile"] == "brief"


def test_holds_that_begin_on_operations_already_held_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "scenarios"
    (folder / "profiles").mkdir(parents=True)
    text = Path("scenarios/profiles/brief.toml").read_text(encoding="utf-8")
    hold = text[text.index("[[holds]]") :]
    later = hold.replace('"constant", ms = 0', '"constant", ms = 5')
    (folder / "profiles" / "twice.toml").write_text(f"{text}\n{later}", encoding="utf-8")
    scenario = Path("scenarios/script-install.toml").read_text(encoding="utf-8")
    (folder / "own.toml").write_text(scenario, encoding="utf-8")
    run = harness.run_scenarios(
        [harness.load_scenario(folder / "own.toml")],
        blocks=8,
        platform="emulated",
        profiles=["twice"],
        results=tmp_path / "results",
        seed=1,
    )
    with pytest.raises(InvalidInputError, match="began after the first attempt"):
        recorded_holds(select(load(run.folder)))
