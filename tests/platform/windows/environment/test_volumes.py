"""Where a folder really is, and whether that is on this machine, before anything there is touched."""

from __future__ import annotations

import ntpath
import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NoReturn

import pytest

from harness.errors import InvalidInputError
from harness.platform.windows.environment import volumes
from harness.platform.windows.environment.facts import as_json
from harness.platform.windows.environment.probe import probe
from harness.platform.windows.environment.volumes import find_folder

on_windows = pytest.mark.skipif(sys.platform != "win32", reason="asks Windows")
UNRECOGNIZED_VOLUME = 1005
INVALID_FUNCTION = 1


def dead_end(path: Any, **_: Any) -> NoReturn:
    raise AssertionError(f"{path} was touched")


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Fail if anything looks at a folder."""
    monkeypatch.setattr(os, "stat", dead_end)
    for name in ("isdir", "realpath"):
        monkeypatch.setattr(os.path, name, dead_end)
    return monkeypatch


@on_windows
@pytest.mark.parametrize("code", [INVALID_FUNCTION, UNRECOGNIZED_VOLUME])
def test_a_drive_whose_driver_cannot_tell_where_a_folder_is_is_measured_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(path: Any, **_: Any) -> NoReturn:
        raise OSError(0, "as some RAM disks answer", str(path), code)

    monkeypatch.setattr(os.path, "realpath", refuse)
    assert volumes.real_path(f"{tmp_path}\\x\\..") == str(tmp_path)
    (folder,) = as_json(probe([tmp_path]))["folders"]
    assert folder["volume"]["name"] == os.path.splitdrive(tmp_path)[0]
    with pytest.raises(FileNotFoundError):
        volumes.real_path(str(tmp_path / "nothing"))
    monkeypatch.setenv("HERE", str(tmp_path))
    assert find_folder("%HERE%") == tmp_path


def test_a_drive_of_another_machine_is_no_location_and_is_not_touched(
    untouched: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def remote(root: str) -> int:
        asked.append(root)
        return 4

    untouched.setattr(volumes, "_GetDriveTypeW", remote)
    with pytest.raises(InvalidInputError, match="Q: is a drive of another"):
        find_folder("Q:\\share\\x")
    assert asked == ["Q:\\"]


@on_windows
def test_a_drive_of_this_machine_is_not_remote() -> None:
    assert not volumes.is_remote("C:")


@on_windows
@pytest.mark.parametrize("location", ["%TEMP%", "~", "C:\\"])
def test_folders_of_this_machine_are_locations(location: str) -> None:
    assert find_folder(location).is_dir()


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
    untouched: pytest.MonkeyPatch, location: str, variable: str
) -> None:
    untouched.delenv("NOT_THERE", raising=False)
    untouched.setenv("HOMEPATH", variable)
    untouched.setattr(os.path, "expandvars", ntpath.expandvars)
    with pytest.raises(InvalidInputError, match="no drive with a letter"):
        find_folder(location)


def test_a_location_that_is_not_there_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(volumes, "_GetDriveTypeW", lambda _: 3)
    with pytest.raises(InvalidInputError, match=r"is not a folder of this machine$") as refused:
        find_folder("C:\\no\\such\\folder")
    assert refused.value.hint == "Create it first, or choose another with --factor location=…"


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (bytes(16), "no"),
        ((0x2000).to_bytes(16, "little"), "not trusted"),
        ((0x6000).to_bytes(16, "little"), "trusted"),
        ((0x4000).to_bytes(16, "little"), "no"),  # trusted is said of Dev Drives only
        (b"", "not readable: the answer is too short"),
    ],
)
def test_a_dev_drive_is_known_by_its_flags(
    monkeypatch: pytest.MonkeyPatch, answer: bytes, found: str
) -> None:
    """PERSISTENT_VOLUME_STATE_DEV_VOLUME and _TRUSTED_VOLUME (Microsoft, ntifs.h)."""
    monkeypatch.setattr(volumes, "opened", lambda *_: nullcontext(1))
    monkeypatch.setattr(volumes, "device_control", lambda *_: answer)
    assert str(volumes._dev_drive("D:\\")) == found
