"""Structures are laid out as a C compiler lays them out: on x64, on ARM64 and on 32-bit Windows.

``layouts.json`` is what clang makes of the headers of mingw-w64 for the three
(``tests/measured/structure_layouts.py``). This machine lays structures out for itself only; so their
declarations are laid out here by the rule of Windows' compilers: every member at a multiple of its size,
and the whole a multiple of its largest member.
"""

from __future__ import annotations

import ctypes
import json
import re
import struct
from ctypes import wintypes
from pathlib import Path
from typing import Any

import pytest

from harness.platform.windows.environment import probe, services
from harness.platform.windows.holders import processes
from harness.platform.windows.rules_lab import other_calls
from harness.platform.windows.self_test import structures
from harness.platform.windows.win32 import (
    file_content,
    file_names,
    jobs,
    program_start,
    restart_manager,
)

COMPILED: dict[str, dict[str, dict[str, int]]] = json.loads(
    Path(__file__).with_name("layouts.json").read_text("utf-8")
)
POINTERS = {"x64": 8, "ARM64": 8, "x86": 4}
FORMATS = {
    "FILE_RENAME_INFO": file_names.RENAME_INFO,
    "JOBOBJECT_EXTENDED_LIMIT_INFORMATION": jobs.LIMITS,
    "MEMORYSTATUSEX": probe.MEMORY_STATUS,
    "PROCESS_INFORMATION": program_start.PROCESS_INFORMATION,
    "SERVICE_STATUS": services.STATUS,
    "STARTUPINFOW": program_start.STARTUP_INFO,
    "SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX": other_calls._ENTRY,
    "SYSTEM_PROCESS_ID_INFORMATION": processes.ID_INFORMATION,
}
STRUCTURES: dict[str, type[ctypes.Structure]] = {
    "IO_STATUS_BLOCK": other_calls._IoStatusBlock,
    "OVERLAPPED": file_content.Overlapped,
    "PROCESSENTRY32W": processes.ProcessEntry,
    "RM_PROCESS_INFO": restart_manager.ProcessInfo,
}
POINTER_SIZED = {"default_heap_id"}
"""An integer as long as a pointer, whose ctypes type is that of a DWORD here."""
LENGTHS = {"x": 1, "H": 2, "I": 4, "q": 8, "Q": 8}
every_target = pytest.mark.parametrize("target", POINTERS)


def members_of_format(text: str, pointer: int) -> list[int]:
    """The sizes of a format's members; those of what only fills it (``x``) too."""
    found: list[int] = []
    for count, kind in re.findall(r"(\d*)([a-zA-Z])", text):
        found += [pointer if kind == "P" else LENGTHS[kind]] * int(count or 1)
    return found


def members_of_structure(structure: Any, pointer: int) -> list[tuple[int, int]]:
    """The size of each member, or of one of its elements, and their number."""
    found: list[tuple[int, int]] = []
    for name, kind in structure._fields_:
        one, count = (kind._type_, kind._length_) if hasattr(kind, "_length_") else (kind, 1)
        if one is ctypes.c_void_p or name in POINTER_SIZED:
            found.append((pointer, count))
        else:  # a character has two bytes on Windows, and a DWORD or LONG four
            found.append((2 if one is wintypes.WCHAR else 4, count))
    return found


def laid_out(members: list[tuple[int, int]]) -> tuple[int, list[int]]:
    """The length of a structure and where its members are, as Microsoft's compiler lays it out."""
    end, places = 0, []
    for size, count in members:
        places.append(end + -end % size)
        end = places[-1] + size * count
    return end + -end % max(size for size, _ in members), places


def compiled(target: str, name: str) -> tuple[int, list[int]]:
    """The length of a structure and where its members are, as the compiler says it."""
    length, *places = COMPILED[target][name].values()
    return length, places


@every_target
@pytest.mark.parametrize("name", STRUCTURES)
def test_the_members_of_a_structure_are_where_the_compiler_puts_them(name: str, target: str) -> None:
    members = members_of_structure(STRUCTURES[name], POINTERS[target])
    assert laid_out(members) == compiled(target, name)


@every_target
@pytest.mark.parametrize("name", FORMATS)
def test_the_members_of_a_format_are_where_the_compiler_puts_them(name: str, target: str) -> None:
    text = FORMATS[name].format
    members = [(size, 1) for size in members_of_format(text, POINTERS[target])]
    length, places = laid_out(members)
    compiled_length, compiled_places = compiled(target, name)
    if name == "FILE_RENAME_INFO":  # the format ends where its last member, the name, begins
        length, compiled_length = places[-1] + members[-1][0], compiled_places.pop()
    assert length == compiled_length
    assert places[: len(compiled_places)] == compiled_places  # what only fills comes after them


def test_this_machine_lays_formats_out_by_the_same_rule() -> None:
    pointer = struct.calcsize("P")
    for layout in FORMATS.values():
        length, places = laid_out([(size, 1) for size in members_of_format(layout.format, pointer)])
        last = members_of_format(layout.format, pointer)[-1]
        assert layout.size in {length, places[-1] + last}  # `struct` adds nothing at the end


def test_arm64_is_laid_out_as_x64_is() -> None:
    assert COMPILED["ARM64"] == COMPILED["x64"]


def test_the_self_test_compares_with_the_compilers_lengths() -> None:
    lengths = {name: (on_64, on_32) for name, _, on_64, on_32 in structures._layouts()}
    renamed = lengths.pop("FILE_RENAME_INFO up to its name")
    assert lengths.pop("WCHAR") == (2, 2)
    assert renamed == tuple(COMPILED[t]["FILE_RENAME_INFO"]["FileName"] for t in ("x64", "x86"))
    assert lengths == {
        name: tuple(COMPILED[target][name]["sizeof"] for target in ("x64", "x86")) for name in lengths
    }
    assert set(lengths) >= {"OVERLAPPED", "PROCESSENTRY32W", "STARTUPINFOW", "RM_PROCESS_INFO"}
