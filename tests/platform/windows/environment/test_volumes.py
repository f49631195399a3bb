"""Where a folder really is, and whether that is on this machine, before anything there is touched."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest

if sys.platform != "win32":
    pytest.skip("asks Windows", allow_module_level=True)

from harness.errors import InvalidInputError
from harness.platform.windows.environment import volumes
from harness.platform.windows.environment.probe import probe
from harness.run.locations import find_location

UNRECOGNIZED_VOLUME = 1005
INVALID_FUNCTION = 1


def dead_end(path: Any, **_: Any) -> NoReturn:
    raise AssertionError(f"{path} was touched")


@pytest.mark.parametrize("code", [INVALID_FUNCTION, UNRECOGNIZED_VOLUME])
def test_a_drive_whose_driver_cannot_tell_where_a_folder_is_is_measured_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(path: Any, **_: Any) -> NoReturn:
        raise OSError(0, "as some RAM disks answer", str(path), code)

    monkeypatch.setattr(os.path, "realpath", refuse)
    assert volumes.real_path(f"{tmp_path}\\x\\..") == str(tmp_path)
    (folder,) = probe([tmp_path]).facts()["folders"]
    assert folder["volume"]["name"] == os.path.splitdrive(tmp_path)[0]
    with pytest.raises(FileNotFoundError):
        volumes.real_path(str(tmp_path / "nothing"))
    monkeypatch.setenv("HERE", str(tmp_path))
    assert find_location("%HERE%") == tmp_path


def test_a_drive_of_another_machine_is_no_location_and_is_not_touched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def remote(root: str) -> int:
        asked.append(root)
        return 4

    monkeypatch.setattr(volumes, "_GetDriveTypeW", remote)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "is_dir", dead_end)
        patched.setattr(os, "stat", dead_end)
        with pytest.raises(InvalidInputError, match="Q: is a drive of another"):
            find_location("Q:\\share\\x")
    assert asked == ["Q:\\"]


def test_a_drive_of_this_machine_is_not_remote() -> None:
    assert not volumes.is_remote("C:")


def test_a_variable_that_leads_to_a_share_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEPATH", "\\")
    monkeypatch.setattr(Path, "is_dir", dead_end)
    with pytest.raises(InvalidInputError, match="no drive with a letter"):
        find_location("%HOMEPATH%\\evil\\share")


@pytest.mark.parametrize("location", ["%TEMP%", "~", "C:\\"])
def test_folders_of_this_machine_are_locations(location: str) -> None:
    assert find_location(location).is_dir()
