"""Symbolic links and junctions."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

import pytest
from win32_files_lab import WINE, refusal

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.platform.windows.win32 import links
from harness.winerror import ALREADY_EXISTS, NOT_SUPPORTED


def test_the_data_of_a_junction_is_that_of_the_documentation() -> None:
    """REPARSE_DATA_BUFFER, of mount points: [MS-FSCC] 2.1.2.5."""
    data = links.mount_point("C:\\ü")
    kernel, shown = "\\??\\C:\\ü".encode("utf-16-le"), "C:\\ü".encode("utf-16-le")
    assert data[:8] == b"\x03\x00\x00\xa0" + (len(data) - 8).to_bytes(2, "little") + b"\0\0"
    offsets = [int.from_bytes(data[at : at + 2], "little") for at in (8, 10, 12, 14)]
    assert offsets == [0, len(kernel), len(kernel) + 2, len(shown)]
    assert data[16:] == kernel + b"\0\0" + shown + b"\0\0"


def test_a_verbatim_path_is_no_other() -> None:
    assert links.mount_point("\\\\?\\C:\\lib") == links.mount_point("C:\\lib")


@pytest.mark.skipif(WINE, reason="Wine has no junctions")
def test_a_junction_leads_to_its_folder(source: Path, tmp_path: Path) -> None:
    junction = tmp_path / "junction"
    links.create_junction(str(junction), str(source.parent))
    assert os.path.samefile(junction / source.name, source)
    os.rmdir(junction)
    assert source.exists()


def test_a_junction_that_cannot_be_made_leaves_nothing(source: Path, tmp_path: Path) -> None:
    make = partial(links.create_junction, to=str(source.parent))
    assert refusal(make, source).winerror == ALREADY_EXISTS
    assert source.read_bytes() == b"new"
    if WINE:
        assert refusal(make, tmp_path / "junction").winerror == NOT_SUPPORTED
        assert not (tmp_path / "junction").exists()


pytest_plugins = ("win32_fixtures",)
