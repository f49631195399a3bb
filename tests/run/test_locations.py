"""Locations are folders of this machine, and nothing else is touched to find that out."""

from __future__ import annotations

import ntpath
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.errors import InvalidInputError
from harness.run.locations import find_location


@pytest.mark.parametrize(
    ("location", "variable"),
    [
        (r"%HOMEPATH%\evil\share", "\\"),
        (r"%HOMEPATH%\x", r"\\server\share"),
        (r"%HOMEPATH%\x", "//server/share"),
        (r"%HOMEPATH%\x", r"\\?\UNC\server\share"),
        (r"%HOMEPATH%\x", r"\\.\pipe"),
        (r"%HOMEPATH%\x", r"\Users\me"),
        (r"%HOMEPATH%\x", "1:"),
        (r"%NOT_THERE%\x", ""),
    ],
)
def test_a_location_without_a_drive_is_refused_before_it_is_touched(
    monkeypatch: pytest.MonkeyPatch, location: str, variable: str
) -> None:
    touched: list[str] = []

    def touch(path: Any, **_: Any) -> bool:
        touched.append(str(path))
        return False

    monkeypatch.delenv("NOT_THERE", raising=False)
    monkeypatch.setenv("HOMEPATH", variable)
    with monkeypatch.context() as patched:
        patched.setattr(os.path, "expandvars", ntpath.expandvars)
        patched.setattr(Path, "is_dir", touch)
        patched.setattr(Path, "resolve", touch)
        with pytest.raises(InvalidInputError, match="no drive with a letter"):
            find_location(location, needs_drive=True)
    assert touched == []


@pytest.mark.skipif(sys.platform == "win32", reason="every path has a drive there")
def test_a_location_needs_no_drive_where_there_are_none(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert find_location(str(tmp_path / "link")) == tmp_path.resolve()
