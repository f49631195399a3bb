"""Resources of real programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from win32_files_lab import (
    IN_THE_WAY,
    add_resource,
    held,
    refusal,
)

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.platform.windows.win32 import file_handles, resources
from harness.winerror import (
    FILE_NOT_FOUND,
)

if TYPE_CHECKING:
    from harness.platform.windows.windows_files import WindowsFileSystem


BAD_EXE_FORMAT = 193


def test_a_launcher_gets_a_resource(files: WindowsFileSystem, program: Path) -> None:
    assert files.read_resource(str(program), "PERSIST") is None
    add_resource(files, program, "PERSIST", b"installed\0by a test")
    assert files.read_resource(str(program), "PERSIST") == b"installed\0by a test"
    assert files.read_resource(str(program), "OTHER") is None
    assert program.read_bytes()[:2] == b"MZ"


def test_a_program_that_somebody_reads_is_not_changed(files: WindowsFileSystem, program: Path) -> None:
    before = program.read_bytes()
    with held(program, file_handles.FILE_SHARE_READ):
        error = refusal(files.add_resource, program, "PERSIST", b"installed")
        assert error.winerror in IN_THE_WAY
        assert program.read_bytes() == before
    add_resource(files, program, "PERSIST", b"installed")
    assert files.read_resource(str(program), "PERSIST") == b"installed"


def test_a_program_that_is_not_there_gets_no_resource(folder: Path) -> None:
    error = refusal(resources.update_resource, folder / "absent.exe", "PERSIST", b"")
    assert (error.winerror, error.filename) == (FILE_NOT_FOUND, str(folder / "absent.exe"))
    assert refusal(resources.read_resource, folder / "absent.exe", "PERSIST").winerror == FILE_NOT_FOUND


def test_what_is_no_program_gets_no_resource_and_a_code_that_is_no_success(target: Path) -> None:
    assert refusal(resources.update_resource, target, "PERSIST", b"installed").winerror != 0
    assert refusal(resources.read_resource, target, "PERSIST").winerror == BAD_EXE_FORMAT
    assert target.read_bytes() == b"old"


pytest_plugins = ("win32_fixtures",)
