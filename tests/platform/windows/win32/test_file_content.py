"""Byte ranges and mappings of open files."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from win32_files_lab import (
    WINE,
    held,
    refusal,
)

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.pe import SMALLEST, library_header
from harness.platform.windows.win32 import file_content, file_handles, file_names
from harness.winerror import (
    ACCESS_DENIED,
    LOCK_VIOLATION,
    SHARING_VIOLATION,
    USER_MAPPED_FILE,
)

if TYPE_CHECKING:
    from harness.platform.windows.windows_files import WindowsFileSystem


FILE_INVALID = 1006
BAD_EXE_FORMAT = 193


def test_bytes_belong_to_one_handle_until_it_is_closed(target: Path) -> None:
    with held(target, file_handles.FILE_SHARE_ALL) as second:
        with held(target, file_handles.FILE_SHARE_ALL) as first:
            file_content.lock_all(first, str(target))
            assert refusal(file_content.lock_all, second, target).winerror == LOCK_VIOLATION
            if not WINE:  # where locks stop nobody who does not ask
                assert refusal(file_content.read_all, second, target).winerror == LOCK_VIOLATION
        file_content.lock_all(second, str(target))


def test_a_mapping_outlives_its_handle_and_keeps_the_file(
    files: WindowsFileSystem, source: Path, target: Path
) -> None:
    with held(target) as handle:
        view = file_content.map_view(handle, str(target), image=False)
    assert ctypes.string_at(view, 3) == b"old"
    assert refusal(file_names.move, source, target, 1).winerror == ACCESS_DENIED
    assert refusal(files.rewrite_file, target, b"").winerror == USER_MAPPED_FILE
    file_content.unmap(view)
    file_names.move(str(source), str(target), 1)
    assert target.read_bytes() == b"new"


def test_an_image_is_laid_out_as_a_loaded_program(files: WindowsFileSystem, folder: Path) -> None:
    program = folder / "Bibliothek 庫.dll"
    program.write_bytes(library_header(SMALLEST).ljust(SMALLEST, b"\xc3"))
    with held(program) as handle:
        view = file_content.map_view(handle, str(program), image=True)
    assert ctypes.string_at(view, 2) == b"MZ"
    assert ctypes.string_at(view + 0x1000, 1) == b"\xc3"  # its code begins on a page of its own
    assert refusal(files.rewrite_file, program, b"").winerror == SHARING_VIOLATION
    file_content.unmap(view)
    files.rewrite_file(str(program), b"")


@pytest.mark.parametrize(
    ("content", "image", "code"), [(b"", False, FILE_INVALID), (b"text", True, BAD_EXE_FORMAT)]
)
def test_what_cannot_be_mapped_is_refused(content: bytes, image: bool, code: int, target: Path) -> None:
    target.write_bytes(content)
    with held(target) as handle:
        error = refusal(file_content.map_view, handle, target, image=image)
    assert (error.winerror, error.filename) == (code, str(target))


pytest_plugins = ("win32_fixtures",)
