"""Collecting the study: part by part, and on from there after an interruption."""

from __future__ import annotations

import re
from pathlib import Path

from harness.study.case_trials import Part
from harness.study.collect import collect, parts_of
from harness.study.definition import CASES


def small(folder: Path) -> list[Part]:
    """The parts of a case of one strategy under three profiles."""
    text = (CASES / "read-file.toml").read_text(encoding="utf-8")
    for key, value in {"strategies": '"plain"', "profiles": '"brief", "permanent", "poller"'}.items():
        text = re.sub(rf"{key} = \[.*?\]", f"{key} = [{value}]", text, flags=re.DOTALL)
    file = folder / "few.toml"
    file.write_text(text, encoding="utf-8")
    return parts_of([file], range(3))


def test_a_part_that_is_done_is_not_run_again(tmp_path: Path) -> None:
    parts = small(tmp_path)
    told: list[tuple[int, int]] = []
    first = collect(parts[:2], tmp_path / "kept", jobs=1, tell=lambda *_: None)
    again = collect(parts, tmp_path / "kept", jobs=1, tell=lambda *done: told.append(done))
    assert told == [(3, 3)]
    assert len(again) == len(first) + 3


def test_another_scenario_or_other_blocks_are_other_parts(tmp_path: Path) -> None:
    (part, *_) = small(tmp_path)
    work = tmp_path / "kept"
    collect([part], work, jobs=1, tell=lambda *_: None)
    told: list[tuple[int, int]] = []
    collect([part._replace(blocks=range(2))], work, jobs=1, tell=lambda *done: told.append(done))
    part.file.write_text(part.file.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    collect([part], work, jobs=1, tell=lambda *done: told.append(done))
    assert told == [(1, 1), (1, 1)]
