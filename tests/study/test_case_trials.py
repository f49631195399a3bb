"""A part of the study: what is the same trial is run once, and no trial is another one by that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from harness.run.execution import Done, Executor
from harness.run.plan import Trial
from harness.study.case_trials import Part, run_part
from harness.study.definition import CASES

BLOCKS = range(8)


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A case with strategies of one notation, one with jitter, and one that writes its file again."""
    text = (CASES / "replace-file.toml").read_text(encoding="utf-8")
    names = ["plain", "cargo-plain", "git-mingw-rename", "rustup-rename", "text-to-cad-replace"]
    listed = ", ".join(f'"{name}"' for name in names)
    made = re.sub(r"strategies = \[.*?\]", f"strategies = [{listed}]", text, flags=re.DOTALL)
    file = tmp_path / "few.toml"
    file.write_text(made, encoding="utf-8")
    return file


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The strategies of the trials that are really run."""
    found: list[str] = []
    run = Executor.run

    def noted(executor: Executor, trials: Iterable[Trial]) -> Iterator[Done]:
        for done in run(executor, trials):
            found.append(done.trial.variant.label)
            yield done

    monkeypatch.setattr(Executor, "run", noted)
    return found


@pytest.mark.parametrize("profile", ["brief", "permanent", "smb-close"])
def test_sharing_changes_no_trial(scenario: Path, profile: str, ran: list[str]) -> None:
    shared = run_part(Part(scenario, profile, BLOCKS, shares=True))
    run_for_shared = len(ran)
    alone = run_part(Part(scenario, profile, BLOCKS, shares=False))
    assert shared == alone
    assert len(ran) - run_for_shared == len(alone) == 5 * len(BLOCKS)
    assert run_for_shared < len(alone)


def test_strategies_of_one_notation_share_a_trial(scenario: Path, ran: list[str]) -> None:
    run_part(Part(scenario, "brief", (0,), shares=True))
    assert len({"plain", "cargo-plain"} & set(ran)) == 1


def test_blocks_with_the_same_holds_share_what_the_strategy_does_not_draw_itself(
    scenario: Path, ran: list[str]
) -> None:
    run_part(Part(scenario, "permanent", BLOCKS, shares=True))
    assert ran.count("git-mingw-rename") == 1
    assert ran.count("rustup-rename") == len(BLOCKS)
    assert ran.count("text-to-cad-replace") == len(BLOCKS)


def test_a_part_that_is_over_ends_before_its_next_block(scenario: Path) -> None:
    asked: list[None] = []

    def is_over() -> bool:
        asked.append(None)
        return len(asked) > 2

    rows = run_part(Part(scenario, "permanent", BLOCKS, shares=True), is_over)
    assert {row.block for row in rows} == {0, 1}
