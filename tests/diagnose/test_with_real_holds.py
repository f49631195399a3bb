"""A real command that is denied a file by a real handle of another process: on Windows, or under Wine.

Under Wine nobody can be named, and that is said; all else is the same.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.diagnose.diagnose import Told, diagnose
from harness.diagnose.pack import write_pack
from harness.platform.held_files import held_files
from harness.platform.windows.win32.library import wine_version

WINE = wine_version() is not None
HOLD = (
    "import sys; from harness.platform.windows.win32 import file_handles as files;"
    "files.open_handle(sys.argv[1], files.GENERIC_READ, int(sys.argv[2]));"
    "print('open', flush=True); sys.stdin.read()"
)
MOVE = "import os, sys; os.replace(sys.argv[1], sys.argv[2])"
WAITS = (
    "import os, sys, time\n"
    "while True:\n"
    "    try:\n"
    "        os.replace(sys.argv[1], sys.argv[2]); break\n"
    "    except OSError as error:\n"
    "        print(error, flush=True); time.sleep(0.1)\n"
)


@contextmanager
def held(path: Path, share: int = 0) -> Iterator[Callable[[], None]]:
    """Another process has `path` open, until what is given is called or the context ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), str(share)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process.stdin.close


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "Ordner ü"
    folder.mkdir()
    path = folder / "neu.tmp"
    path.write_bytes(b"new")
    return path


def moving(source: Path, target: Path, program: str = MOVE) -> list[str]:
    return [sys.executable, "-c", program, str(source), str(target)]


def test_a_hold_that_ends_is_told_from_one_that_does_not(source: Path) -> None:
    target = source.with_name("neu.txt")
    began = time.monotonic()
    with held(source) as release:
        told = Told(watching=lambda *_: threading.Timer(1.0, release).start())
        found = diagnose(moving(source, target), held_files(), watch_s=60, told=told)
    took_ms = (time.monotonic() - began) * 1000
    assert found.verdict == "held, now free"
    assert found.messages[0].code == 32
    (watched, *_) = [each for each in found.watched if each.state == "free" and each.looks > 1]
    assert watched.high_ms is not None
    assert 0 < watched.low_ms <= watched.high_ms < took_ms
    assert any(line.startswith("Retrying error 32 for ") for line in found.helps)
    assert found.exit_code == 1
    assert source.read_bytes() == b"new", "nothing that was tried has changed a file"
    assert not target.exists()


def test_a_hold_that_stays(source: Path) -> None:
    with held(source):
        found = diagnose(moving(source, source.with_name("neu.txt")), held_files(), watch_s=0.5)
    assert found.verdict == "still held"
    assert "would not have helped" in found.helps[0]
    who = found.answers[1]
    if WINE:
        assert "Who held it cannot be told: this system keeps no list" in who
    else:
        assert "python" in who.lower()
        assert found.holders[0].found_by == "restart manager"
        assert not found.holders[0].is_scanner


def test_a_folder_in_the_place_is_no_hold(source: Path) -> None:
    target = source.with_name("taken")
    target.mkdir()
    found = diagnose(moving(source, target), held_files(), watch_s=5)
    assert found.verdict == "denied"
    assert "a folder has that name" in found.answers[0]
    assert found.helps == [
        "Retrying would not have helped: what denies it is no hold, and does not pass."
    ]


def test_an_open_file_in_a_folder_that_is_moved(source: Path) -> None:
    """Stock Wine lets it be moved; the rules of the lane, and Windows, do not."""
    with held(source, share=7):
        found = diagnose(
            moving(source.parent, source.parent.with_name("dort")), held_files(), watch_s=0.3
        )
    if found.verdict == "succeeded":
        pytest.skip("stock Wine")
    assert found.verdict == "still held"
    assert found.messages[0].code == 5


def test_a_command_that_waits_by_itself(source: Path) -> None:
    with held(source) as release:
        command = moving(source, source.with_name("neu.txt"), WAITS)
        threading.Timer(15, release).start()  # starting a Python takes a while under Wine
        found = diagnose(command, held_files(), watch_s=5)
    assert found.verdict == "succeeded after waiting"
    assert found.exit_code == 0
    assert found.messages_in_all > 2


def test_a_command_that_has_removed_its_file(source: Path) -> None:
    gone = source.with_name("weg.tmp")
    text = "import sys; print('[WinError 32] in use: ' + repr(sys.argv[1])); sys.exit(5)"
    found = diagnose([sys.executable, "-c", text, str(gone)], held_files(), watch_s=1)
    assert found.verdict == "gone"
    assert found.exit_code == 5


def test_the_control_says_what_questions_do(source: Path) -> None:
    with held(source):
        found = diagnose(moving(source, source.with_name("neu.txt")), held_files(), watch_s=0.1)
    assert found.control is not None
    assert found.control.renamed == 40
    assert (found.control.asked == 0) == WINE
    assert found.platform == ("wine" if WINE else "windows")


def test_the_pack_of_a_real_hold(source: Path, tmp_path: Path) -> None:
    with held(source):
        found = diagnose(moving(source, source.with_name("neu.txt")), held_files(), watch_s=0.1)
    page, as_json = write_pack(found, tmp_path / "pack")
    packed = json.loads(as_json.read_text(encoding="utf-8"))
    assert packed["diagnosis"]["verdict"] == "still held"
    assert "still held" in page.read_text(encoding="utf-8")
