"""The search for flip points: its own strategies, what an interruption shows, and how it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flip_points
import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STRATEGIES = ["10ms x2 3 retries", "100ms for 500ms on 32"]
ARGUMENTS = ["script-install", "--platform", "emulated"]


def begun() -> list[flip_points.Search]:
    return list(flip_points.searches("script-install", STRATEGIES))


def test_a_search_goes_on_from_the_steps_in_its_file(tmp_path: Path) -> None:
    file, first = tmp_path / "steps.jsonl", begun()
    flip_points.run_step(first, "emulated", file)
    flip_points.run_step(first, "emulated", file)
    with file.open("a", encoding="utf-8") as out:
        out.write('{"search": "script-inst')  # what a kill leaves
    later = begun()
    flip_points.read_steps(file, later)
    assert later == first
    assert [search.trials for search in later] == [2, 2]
    for search in later:  # the attempts at 70 ms and at 500 ms are the last
        assert search.outlasted_ms <= search.budget_ms < search.failed_ms
        assert search.failed_ms - search.outlasted_ms < search.budget_ms
        assert search.differences == []


def test_an_interruption_shows_what_is_known_and_the_same_command_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "steps.jsonl"
    arguments = [*ARGUMENTS, "--steps", "3", "--steps-file", str(file)]
    arguments += [word for name in STRATEGIES for word in ("--strategy", name)]
    once = flip_points.run_step

    def interrupted(going: Sequence[flip_points.Search], platform: str, steps: Path) -> None:
        if steps.exists():
            raise KeyboardInterrupt
        once(going, platform, steps)

    monkeypatch.setattr(flip_points, "run_step", interrupted)
    assert flip_points.main(arguments) == flip_points.INTERRUPTED
    shown = capsys.readouterr()
    assert "| script-install | 10ms x2 3 retries | 70.0 ms |" in shown.out
    assert "The same command goes on from here." in shown.err
    monkeypatch.undo()
    assert flip_points.main(arguments) == 0
    shown = capsys.readouterr()
    assert "step 1 of 3" not in shown.err
    assert "step 2 of 3" in shown.err
    assert not file.exists()


def test_what_cannot_be_searched_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        flip_points.main([*ARGUMENTS, "--strategy", "ten ms"])
    assert "ten ms" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        flip_points.main(["write-atomic"])
    assert "choose script-install or numpy-wheel" in capsys.readouterr().err
    assert not list(flip_points.searches("script-install", ["1s jitter x0..1 3 retries on 32"]))
