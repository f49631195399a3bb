"""`harness hold` and `harness watch` as children of a test: their lines, and when they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ExitCode
from harness.isolated_python import isolated_python, python_environment

Start = Callable[..., subprocess.Popen[str]]

pytestmark = pytest.mark.skipif(
    sys.platform == "darwin", reason="there no program can be kept from a file"
)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a command of the harness as a child, with a pipe as its standard input."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            isolated_python("-m", "harness", *arguments),
            cwd=tmp_path,
            env=python_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(child)
        return child

    yield run
    for child in started:
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream is not None:
                stream.close()


def told(child: subprocess.Popen[str]) -> tuple[str, dict[str, Any]]:
    """The next line of a child: its word, and its facts."""
    assert child.stdout is not None
    word, _, facts = child.stdout.readline().partition(" ")
    return word, json.loads(facts)


def test_files_are_held_for_their_time(start: Start, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "b").touch()
    child = start("hold", "a", "b", "--for", "60ms", "--share", "none")
    word, facts = told(child)
    assert word == "READY"
    assert facts["refused_by"] in {"preload", "windows", "wine"}
    assert ("environment" in facts) == (facts["refused_by"] == "preload")
    held = [told(child) for _ in range(2)]
    assert [word for word, _ in held] == ["HELD", "HELD"]
    assert [Path(facts["path"]).name for _, facts in held] == ["a", "b"]
    released = [told(child) for _ in range(2)]
    assert [(word, facts["hold"]) for word, facts in released] == [("RELEASED", 0), ("RELEASED", 1)]
    assert min(facts["held_ms"] for _, facts in released) >= 60
    assert child.wait() == 0


@pytest.mark.parametrize("way", ["it is told to", "its input ends"])
def test_it_ends_when_the_test_wants(start: Start, tmp_path: Path, way: str) -> None:
    (tmp_path / "a").touch()
    child = start("hold", "a")
    assert [told(child)[0] for _ in range(2)] == ["READY", "HELD"]
    assert child.stdin is not None
    if way == "it is told to":
        child.stdin.write("release\n")
        child.stdin.flush()
    else:
        os.write(child.stdin.fileno(), b"\xff is no text\n")
        child.stdin.close()
    assert told(child)[0] == "RELEASED"
    assert child.wait() == 0


def test_what_cannot_be_held_is_one_line_and_an_exit_code(start: Start) -> None:
    for arguments, code, line in [
        (("hold", "absent"), ExitCode.INVALID_INPUT, "error: absent is not there"),
        (("hold", ".", "--for", "soon"), ExitCode.INVALID_INPUT, "error: --for: found 'soon'"),
        (("watch", "none", "--profile", "brief"), ExitCode.INVALID_INPUT, "error: none is not a folder"),
        (("watch", ".", "--profile", "bref"), ExitCode.INVALID_INPUT, "error: "),
    ]:
        child = start(*arguments)
        out, said = child.communicate()
        assert child.returncode == code, said
        assert said.startswith(line)
        assert not out
        assert "Traceback" not in said


PARENT = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
print(child.pid, flush=True)
while "HELD" not in child.stdout.readline():
    pass
print("held", flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals; benchmarks/kill_holds.py tries it there")
def test_it_does_not_outlive_its_parent(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    command = isolated_python("-m", "harness", "hold", str(tmp_path / "a"))
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *command],
        env=python_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    process_id = int(parent.stdout.readline())
    assert parent.stdout.readline() == "held\n"
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 60
    while _is_there(process_id) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _is_there(process_id)


def _is_there(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_signal_ends_it(start: Start, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    child = start("hold", "a")
    assert [told(child)[0] for _ in range(2)] == ["READY", "HELD"]
    child.send_signal(signal.SIGTERM)
    child.communicate()
    assert child.returncode


def test_what_comes_into_a_folder_is_held_as_drawn(start: Start, tmp_path: Path) -> None:
    (tmp_path / "watched").mkdir()
    (tmp_path / "watched" / "there.dll").write_bytes(b"MZ")
    child = start("watch", "watched", "--profile", "minute-hold", "--seed", "1", "--pattern", "*.dll")
    word, facts = told(child)
    assert (word, facts["seed"], facts["profile"]) == ("READY", 1, "minute-hold")
    (tmp_path / "watched" / "other.txt").write_bytes(b"MZ")
    (tmp_path / "watched" / "new.dll").write_bytes(b"MZ")
    word, facts = told(child)
    assert (word, Path(facts["path"]).name) == ("HELD", "new.dll")
    assert child.stdin is not None
    child.stdin.close()
    assert told(child)[0] == "RELEASED"
    assert child.wait() == 0
