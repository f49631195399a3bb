"""Commands of all kinds: they run as if alone, and end with what they have started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.diagnose.command import CommandRun, find_program, run_command
from harness.errors import InvalidInputError


def run(program: str, **options: float) -> tuple[CommandRun, list[str]]:
    lines: list[str] = []
    command = [sys.executable, "-c", program]
    return run_command(command, lambda line, _: lines.append(line), **options), lines  # type: ignore[arg-type]


def test_output_goes_through_unchanged_and_is_seen_in_lines(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    text = (
        "import sys; sys.stdout.buffer.write(b'\\xff\\r\\nzwei'); sys.stderr.write('err\\n')\n"
        "sys.exit(7)"
    )
    found, lines = run(text)
    assert (found.ended, found.exit_code, found.question) == ("exited", 7, "")
    assert sorted(lines) == ["err", "zwei", "\ufffd"]
    out, err = capfdbinary.readouterr()
    assert out == b"\xff\r\nzwei"
    assert err.replace(b"\r", b"") == b"err\n"


def test_an_endless_command_ends_with_the_limit_and_what_it_started(tmp_path: Path) -> None:
    child = tmp_path / "child"
    text = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(child)!r}, 'w').write(str(p.pid))\n"
        "while True: print('still here', flush=True); time.sleep(0.01)\n"
    )
    began = time.monotonic()
    found, lines = run(text, time_limit_s=4)
    assert found.ended == "time limit"
    assert "still here" in lines
    assert time.monotonic() - began < 60
    if sys.platform != "win32":
        process = int(child.read_text())
        for _ in range(100):
            try:
                os.kill(process, 0)
            except ProcessLookupError:
                return
            status = Path(f"/proc/{process}/stat")
            if status.exists() and ") Z " in status.read_text():
                return
            time.sleep(0.05)
        pytest.fail("its child still runs")


def test_a_question_is_known_by_its_end() -> None:
    found, _ = run(
        "import time; print('Overwrite? [y/N] ', end='', flush=True); time.sleep(600)", time_limit_s=2
    )
    assert found.question == "Overwrite? [y/N]"


def test_a_command_that_reads_gets_an_end_of_file_where_there_is_no_terminal() -> None:
    found, _ = run("input('Name: ')")
    assert (found.exit_code, found.ended) == (1, "exited")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_ctrl_c_ends_it(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    inner = f"import time; open({str(ready)!r}, 'w').close(); time.sleep(600)"
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", "diagnose", "--", sys.executable, "-c", inner],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(1200):
        if ready.exists():
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "You ended the command, so nothing was looked at." in err
    assert "Traceback" not in err


def test_a_program_that_is_not_there_is_said() -> None:
    with pytest.raises(InvalidInputError, match="no program is called 'nosuchprogram'"):
        find_program(["nosuchprogram"])
