"""A step is done once, and again when it was interrupted or its source changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.set_up_step import folder_made


def test_a_step_is_done_once_and_again_when_its_source_changes(tmp_path: Path) -> None:
    made: list[str] = []

    def make(folder: Path) -> None:
        assert list(folder.iterdir()) == []
        (folder / "file").touch()
        made.append("made")

    for made_from in ("one", "one", "two", "two"):
        folder_made(tmp_path / "step", made_from, make)
    assert len(made) == 2


def test_an_interrupted_step_is_done_from_the_start(tmp_path: Path) -> None:
    def interrupted(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        folder_made(tmp_path / "step", "one", interrupted)
    folder_made(tmp_path / "step", "one", lambda folder: (folder / "whole").touch())
    assert sorted(os.listdir(tmp_path / "step")) == [".complete", "whole"]
