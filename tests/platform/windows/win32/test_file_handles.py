"""Handles on files and directories, and the paths that they tell."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import partial
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

from harness.platform.windows.win32 import file_handles, file_names
from harness.winerror import (
    ACCESS_DENIED,
    FILE_EXISTS,
    SHARING_VIOLATION,
)

if TYPE_CHECKING:
    from harness.platform.windows.windows_files import WindowsFileSystem


def test_who_opens_says_whether_the_file_may_be_there(folder: Path, target: Path) -> None:
    make_new = partial(
        file_handles.open_handle, access=file_handles.GENERIC_WRITE, share=0, disposition=1
    )
    assert refusal(make_new, target).winerror == FILE_EXISTS
    file_handles.close(make_new(str(folder / "fresh")))
    assert (folder / "fresh").read_bytes() == b""


def test_a_handle_is_closed_at_the_end_even_after_an_error(
    files: WindowsFileSystem, target: Path
) -> None:
    with suppress(KeyError), file_handles.opened(str(target), file_handles.GENERIC_READ, 0):
        assert refusal(files.read_file, target).winerror == SHARING_VIOLATION
        raise KeyError
    assert files.read_file(str(target)) == b"old"


def test_a_directory_can_be_opened(folder: Path) -> None:
    with file_handles.opened(str(folder), file_handles.GENERIC_READ, file_handles.FILE_SHARE_READ):
        assert (
            refusal(file_names.move, folder, folder.with_name("moved"), 0).winerror == SHARING_VIOLATION
        )


def test_an_open_file_tells_its_verbatim_path(target: Path) -> None:
    with held(target) as handle:
        place = file_handles.final_path(handle)
    assert place.startswith("\\\\?\\")
    assert place.endswith(f"\\{target.parent.name}\\{target.name}")
    assert os.path.samefile(place, target)


@pytest.mark.skipif(WINE, reason="Wine tells where the file was opened")
def test_an_open_file_tells_where_it_is_now(source: Path, tmp_path: Path) -> None:
    with held(source, file_handles.FILE_SHARE_ALL) as handle:
        source.rename(tmp_path / "moved")
        assert os.path.basename(file_handles.final_path(handle)) == "moved"


pytest_plugins = ("win32_fixtures",)


def test_what_opens_only_files_refuses_a_directory_as_the_c_runtime_does(tmp_path: Path) -> None:
    with pytest.raises(PermissionError) as denied:
        file_handles.open_handle(
            str(tmp_path), file_handles.GENERIC_READ, file_handles.FILE_SHARE_ALL, only_files=True
        )
    assert denied.value.winerror == ACCESS_DENIED
    with file_handles.opened(
        str(tmp_path), file_handles.GENERIC_READ, file_handles.FILE_SHARE_ALL
    ) as handle:
        assert handle
