from __future__ import annotations

from pathlib import Path

import pytest

from harness.wine import Lane, windows_path
from harness.wine.missing_dll import LIBRARY, forwarding_library, supply_missing_dll


def test_wine_loads_it_and_calls_the_function_it_names(ntfs: Lane, tmp_path: Path) -> None:
    library = tmp_path / "other.dll"
    library.write_bytes(forwarding_library("other.dll", "Ticks", "kernel32.GetTickCount"))
    code = (
        "import ctypes, sys; d = ctypes.WinDLL(sys.argv[1]); print(d.Ticks() > 0, hasattr(d, 'Tocks'))"
    )
    lines: list[str] = []
    assert ntfs.run(["-c", code, windows_path(library)], on_line=lines.append) == 0
    assert lines == ["True False"]


def test_random_numbers_are_random(ntfs: Lane) -> None:
    code = """
from ctypes import WinDLL, c_size_t, create_string_buffer
random = WinDLL("bcryptprimitives").ProcessPrng
one, other = create_string_buffer(32), create_string_buffer(32)
print(random(one, c_size_t(32)), random(other, c_size_t(32)), one.raw != other.raw, any(one.raw))
"""
    lines: list[str] = []
    assert ntfs.run(["-c", code], on_line=lines.append) == 0
    assert lines == ["1 1 True True"]


def test_the_library_of_a_newer_wine_is_kept(tmp_path: Path) -> None:
    library = tmp_path / "drive_c" / "windows" / "system32" / LIBRARY
    library.parent.mkdir(parents=True)
    library.write_bytes(b"Wine's own")
    supply_missing_dll(tmp_path)
    assert library.read_bytes() == b"Wine's own"


@pytest.mark.parametrize("name", ["bcryptprimitives.dll", "a.dll"])
def test_it_is_a_library_of_whole_sectors(name: str) -> None:
    library = forwarding_library(name, "F", "kernel32.GetTickCount")
    assert library[:2] == b"MZ"
    assert len(library) % 512 == 0
