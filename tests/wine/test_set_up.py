"""A lane is set up once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.errors import NotSupportedError
from harness.wine import Lane, prepare_lane
from harness.wine.__main__ import main
from harness.wine.set_up import cost_of_set_up

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the Wine lane needs Linux")


@ON_LINUX
def test_what_is_set_up_is_not_set_up_again(ntfs: Lane) -> None:
    lines: list[str] = []
    assert prepare_lane("ntfs", announce=lines.append) == ntfs
    assert lines == []


def test_the_second_set_of_rules_downloads_nothing_that_the_first_has(tmp_path: Path) -> None:
    assert cost_of_set_up(tmp_path) == (
        "set up once: downloads 33 MB, keeps about 900 MB (`harness cache`)"
    )
    (tmp_path / "packages-0123456789ab").mkdir()
    assert cost_of_set_up(tmp_path) == "set up once: keeps about 900 MB (`harness cache`)"


@ON_LINUX
def test_without_wine_one_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    assert main(["-c", "print(1)"]) == NotSupportedError.exit_code
    error, hint = capsys.readouterr().err.splitlines()
    assert error == "error: The Wine lane needs Wine, and there is no `wine` on the PATH"
    assert "apt-get install wine" in hint
    assert not (tmp_path / "cache").exists()
