"""A program runs in a job from its first instruction on, and all of it ends with its context."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.platform.contained_program import contained_program

ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT")}


def test_a_program_is_waited_for_and_its_lines_are_passed_on(tmp_path: Path) -> None:
    lines: list[str] = []
    code = "import sys; print('ä', flush=True); print('error', file=sys.stderr); sys.exit(7)"
    command = [sys.executable, "-X", "utf8", "-c", code]
    with contained_program(
        command, cwd=tmp_path, environment=ENVIRONMENT, on_line=lines.append
    ) as program:
        assert program.wait(30) == 7
        assert program.started_ns < time.perf_counter_ns()
    assert lines == ["ä", "error"]


def test_it_has_ended_with_the_context_though_it_goes_on(tmp_path: Path) -> None:
    code = "open('held', 'w').write('1'); open('seen', 'w'); import time; time.sleep(60)"
    command = [sys.executable, "-c", f"file = open('held'); {code}"]
    (tmp_path / "held").write_bytes(b"")
    with contained_program(
        command, cwd=tmp_path, environment=ENVIRONMENT, on_line=lambda _: None
    ) as program:
        while not (tmp_path / "seen").exists():
            assert program.wait(0.01) is None
        with pytest.raises(PermissionError):
            (tmp_path / "held").unlink()
    (tmp_path / "held").unlink()


def test_what_is_no_program_is_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(FileNotFoundError),
        contained_program(
            [str(tmp_path / "none.exe")], cwd=tmp_path, environment=ENVIRONMENT, on_line=lambda _: None
        ),
    ):
        pass
