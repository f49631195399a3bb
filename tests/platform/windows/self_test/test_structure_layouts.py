"""Structures have the lengths of the headers: on x64, on ARM64 and on 32-bit Windows.

This machine lays them out for itself only. So their declarations are laid out here by the rule of
Windows' compilers, which is the same for all three: every member at a multiple of its size, and the
whole a multiple of its largest member.
"""

from __future__ import annotations

import ctypes
import re
import struct
from ctypes import wintypes
from typing import Any

import pytest

from harness.platform.windows.environment import probe, services
from harness.platform.windows.holders import processes
from harness.platform.windows.rules_lab import other_calls
from harness.platform.windows.self_test import structures
from harness.platform.windows.win32 import file_content, jobs

# sizeof() of each in the headers: for x64 and ARM64, and for 32-bit Windows
SIZES = {
    "OVERLAPPED": (32, 20),
    "PROCESSENTRY32W": (568, 556),
    "SYSTEM_PROCESS_ID_INFORMATION": (24, 12),
    "JOBOBJECT_EXTENDED_LIMIT_INFORMATION": (144, 112),
    "MEMORYSTATUSEX": (64, 64),
    "SERVICE_STATUS": (28, 28),
    "IO_STATUS_BLOCK": (16, 8),
    "SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX": (40, 28),
}
FORMATS = {
    "SYSTEM_PROCESS_ID_INFORMATION": processes.ID_INFORMATION,
    "JOBOBJECT_EXTENDED_LIMIT_INFORMATION": jobs.LIMITS,
    "MEMORYSTATUSEX": probe.MEMORY_STATUS,
    "SERVICE_STATUS": services.STATUS,
    "SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX": other_calls._ENTRY,
}
STRUCTURES: dict[str, type[ctypes.Structure]] = {
    "OVERLAPPED": file_content.Overlapped,
    "PROCESSENTRY32W": processes.ProcessEntry,
    "IO_STATUS_BLOCK": other_calls._IoStatusBlock,
}
POINTER_SIZED = {"default_heap_id"}
"""An integer as long as a pointer, whose ctypes type is that of a DWORD here."""
LENGTHS = {"x": 1, "H": 2, "I": 4, "q": 8, "Q": 8}


def members_of_format(text: str, pointer: int) -> list[int]:
    """The sizes of a format's members; what aligns them by hand (``x``) is a member, too."""
    found: list[int] = []
    for count, kind in re.findall(r"(\d*)([a-zA-Z])", text):
        found += [pointer if kind == "P" else LENGTHS[kind]] * int(count or 1)
    return found


def members_of_structure(structure: Any, pointer: int) -> list[int]:
    found: list[int] = []
    for name, kind in structure._fields_:
        one, count = (kind._type_, kind._length_) if hasattr(kind, "_length_") else (kind, 1)
        if one is ctypes.c_void_p or name in POINTER_SIZED:
            found += [pointer] * count
        else:  # a character has two bytes on Windows, and a DWORD or LONG four
            found += [2 if one is wintypes.WCHAR else 4] * count
    return found


def laid_out(members: list[int]) -> int:
    """The length of a structure, as Microsoft's compiler lays it out."""
    end = 0
    for size in members:
        end += -end % size + size
    return end + -end % max(members)


@pytest.mark.parametrize(("which", "pointer"), [(0, 8), (1, 4)], ids=["x64 and ARM64", "x86"])
@pytest.mark.parametrize("name", SIZES)
def test_a_structure_has_the_length_of_the_headers(name: str, which: int, pointer: int) -> None:
    if name in FORMATS:
        text = FORMATS[name].format
        members = members_of_format(text, pointer)
        length = sum(members) if text.startswith("=") else laid_out(members)
    else:
        length = laid_out(members_of_structure(STRUCTURES[name], pointer))
    assert length == SIZES[name][which]


def test_this_machine_lays_formats_out_by_the_same_rule() -> None:
    for layout in FORMATS.values():
        if layout.format.startswith("@"):
            assert layout.size == laid_out(members_of_format(layout.format, struct.calcsize("P")))


def test_the_self_test_compares_with_the_same_lengths() -> None:
    compared = {name: (on_64, on_32) for name, _, on_64, on_32 in structures._layouts()}
    for name in SIZES.keys() & compared.keys():
        assert compared[name] == SIZES[name]
    assert len(SIZES.keys() & compared.keys()) == 6
