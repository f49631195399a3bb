"""PowerShell, or what takes its place, ends in time with all that it has started."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.platform.windows.environment.powershell import output_of


def stand_in(folder: Path, code: str) -> Path:
    """A program that takes PowerShell's arguments and runs `code` in a Python of its own."""
    (folder / "code.py").write_text(code, encoding="utf-8")
    program = folder / "powershell.cmd"
    program.write_text(f'@"{sys.executable}" "%~dp0code.py"\n', encoding="utf-8")
    return program


def test_the_output_is_what_is_written(tmp_path: Path) -> None:
    program = stand_in(tmp_path, "import sys; sys.stdout.buffer.write('ü太\\n'.encode() * 40_000)")
    assert output_of(program, "unused") == "ü太\n" * 40_000


def test_what_it_has_started_ends_with_it_and_is_not_waited_for(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    program = stand_in(
        tmp_path, f"import time; file = open({str(kept)!r}, 'w'); file.flush(); time.sleep(600)"
    )
    with pytest.raises(subprocess.TimeoutExpired):
        output_of(program, "unused", timeout_s=8)  # for a Python to start on a busy machine
    assert kept.exists()
    ends = time.monotonic() + 30
    while kept.exists():
        try:
            kept.unlink()  # not while the child has it open
        except PermissionError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.05)


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        output_of(tmp_path / "powershell.exe", "unused")
