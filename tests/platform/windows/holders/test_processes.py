"""What a process is: read without opening it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

if sys.platform != "win32":
    pytest.skip("asks Windows", allow_module_level=True)

from harness.platform.windows.holders import processes
from harness.platform.windows.win32 import library

WINE = library.wine_version() is not None
PYTHON = os.path.basename(getattr(sys, "_base_executable", sys.executable)).lower()


def test_running_programs_are_known_by_name() -> None:
    assert processes.program_names()[os.getpid()].lower() == PYTHON


def test_a_program_is_named_by_its_version_resource() -> None:
    program = getattr(sys, "_base_executable", sys.executable)
    assert processes.version_text(program, "ProductName") == "Python"
    assert processes.version_text(program, "CompanyName") == "Python Software Foundation"


def test_a_program_without_a_version_resource_has_no_maker(tmp_path: Path) -> None:
    program = tmp_path / "bare.exe"
    program.write_bytes(b"MZ")
    with pytest.raises(OSError, match=r"bare\.exe"):
        processes.version_text(str(program), "ProductName")


def test_a_path_of_the_kernel_is_spelled_with_its_drive(monkeypatch: pytest.MonkeyPatch) -> None:
    def device_of(name: str, room: Any, _: int) -> int:
        device = {"C:": r"\Device\HarddiskVolume1", "D:": r"\Device\HarddiskVolume11"}.get(name, "")
        room.value = device
        return len(device)

    monkeypatch.setattr(processes, "_QueryDosDeviceW", device_of)
    assert processes.with_drive(r"\Device\HarddiskVolume11\x\y.exe") == r"D:\x\y.exe"
    with pytest.raises(OSError, match="without a letter"):
        processes.with_drive(r"\Device\HarddiskVolume2\x.exe")


@pytest.mark.skipif(WINE, reason="Wine cannot tell where a process's program is")
def test_the_kernel_tells_where_a_program_is() -> None:
    found = processes.holder(os.getpid(), processes.program_names(), "a test")
    assert (found.process.lower(), found.company) == (PYTHON, "Python Software Foundation")


def test_what_is_not_known_of_a_process_is_left_out() -> None:
    found = processes.holder(0xFFFFFFFC, {0xFFFFFFFC: "gone.exe"}, "a test")
    assert (found.process, found.product, found.company) == ("gone.exe", None, None)
