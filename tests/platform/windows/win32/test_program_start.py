"""Programs that are started and ended."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from win32_files_lab import held, refusal

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.platform.windows.rules_lab.other_calls import handles_of_this_process
from harness.platform.windows.win32 import file_handles, program_start
from harness.winerror import FILE_NOT_FOUND, SHARING_VIOLATION

BAD_EXE_FORMAT = 193


def test_the_structures_have_the_sizes_of_64_bit_windows() -> None:
    """STARTUPINFOW and PROCESS_INFORMATION: processthreadsapi.h."""
    assert (program_start.STARTUP_INFO.size, program_start.PROCESS_INFORMATION.size) == (104, 24)


def test_a_program_has_ended_and_is_not_open_any_more(program: Path) -> None:
    program_start.start_and_end(str(program))  # the first start loads what later ones have
    before = handles_of_this_process()
    for _ in range(3):
        program_start.start_and_end(str(program))
    assert handles_of_this_process() == before
    program.unlink()


def test_whoever_writes_a_program_is_in_the_way(program: Path) -> None:
    with file_handles.opened(str(program), file_handles.GENERIC_WRITE, file_handles.FILE_SHARE_ALL):
        assert refusal(program_start.start_and_end, program).winerror == SHARING_VIOLATION
    with held(program, file_handles.FILE_SHARE_READ):
        program_start.start_and_end(str(program))


def test_what_is_no_program_is_not_started(source: Path) -> None:
    assert refusal(program_start.start_and_end, source).winerror == BAD_EXE_FORMAT
    assert refusal(program_start.start_and_end, source.parent / "none").winerror == FILE_NOT_FOUND


pytest_plugins = ("win32_fixtures",)
