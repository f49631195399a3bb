"""Swaps, writers and other processes on the machine itself: the rules are those of the emulation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.api import run_scenarios
from harness.platform.registry import native_platform
from harness.platform.windows.windows_rules import find_rules
from harness.scenario.load import load_scenario
from harness.summary.trial_row import left_by, steps_of

if TYPE_CHECKING:
    from conftest import MakeScenario

    from harness.record.trial_record import TrialRecord

DIRECTORIES = pytest.mark.skipif(
    native_platform() == "wine" and find_rules() == "stock",
    reason="stock Wine renames a directory while a file in it is open",
)


def trials(path: Path, folder: Path) -> dict[str, tuple[TrialRecord, str]]:
    """One block: each strategy's trial, and what it left."""
    loaded = load_scenario(path)
    found = run_scenarios([loaded], blocks=1, results=folder / "results", long_holds=True)
    steps = steps_of(loaded.scenario)
    return {trial.strategy: (trial, left_by(trial, steps)) for trial in found.trials}


@DIRECTORIES
@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("herdr-2530", {"Move-Item": "mixed-aside", "rename": "in-place", "wait": ""}),
        ("scoop-2248", {"plain": "lost", "wait": ""}),
        ("scoop-4949", {"plain": "in-place", "wait": ""}),
    ],
)
def test_what_a_swap_leaves_is_what_the_emulation_says(
    tmp_path: Path, name: str, left: dict[str, str]
) -> None:
    found = {strategy: trial[1] for strategy, trial in trials(Path(name), tmp_path).items()}
    if found.get("Move-Item") == "aside":  # the first file was the one that was held
        found["Move-Item"] = "mixed-aside"
    assert found == left


def test_all_but_one_writer_find_the_tree_there(tmp_path: Path) -> None:
    found = trials(Path("gradle-27844"), tmp_path)
    plain, left = found["plain"]
    codes = sorted(code for each in plain.operations for *_, code in each.attempts)
    assert (codes, left) == ([0, 183, 183, 183], "same")
    assert found["take what is there"][0].outcome == "ok"


def test_a_program_that_runs_is_moved_aside_but_not_replaced(
    tmp_path: Path, make_scenario: MakeScenario
) -> None:
    path = make_scenario(
        '[[payload]]\nkind = "launcher"\nname = "tool"\nentry_point = "tool = tool:main"\n'
        '[[processes]]\nname = "tool"\ndoes = "runs"\nat = "bin/{file}"\n'
        '[[operations]]\nkind = "write-replace"\nto = "bin/{file}"\nexisting = true\n',
        strategies='["plain", "plain moving target aside"]',
    )
    found = trials(path, tmp_path)
    assert [code for *_, code in found["plain"][0].operations[0].attempts] == [5]
    assert found["plain moving target aside"][0].outcome == "ok"
    (process,) = found["plain"][0].processes
    assert process.holds[0].opened_us is not None


def test_a_shell_in_a_folder_keeps_it_from_being_renamed(
    tmp_path: Path, make_scenario: MakeScenario
) -> None:
    path = make_scenario(
        '[[payload]]\nkind = "tree"\nname = "app"\n'
        "shape = { folders = 2, other = { files = 3, sizes = [1, 1, 1, 1, 1, 1, 1, 1] } }\n"
        '[[processes]]\nname = "shell"\ndoes = "works in"\nat = "app"\n'
        'lasts = { distribution = "constant", ms = 300 }\n'
        '[[operations]]\nkind = "rename"\nfrom = "app"\nto = "app.old"\n',
        strategies='["plain", "20ms for 5s on 32"]',
    )
    found = trials(path, tmp_path)
    assert [code for *_, code in found["plain"][0].operations[0].attempts] == [32]
    assert found["20ms for 5s on 32"][0].outcome == "ok"
