"""Who has it open: what is asked, and who is named. Wine answers only a part of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

if sys.platform != "win32":
    pytest.skip("asks Windows", allow_module_level=True)

from harness.errors import NotSupportedError
from harness.platform.windows.holders import attribution
from harness.platform.windows.holders.attribution import MOST_ASKED, attribute, paths_to_ask
from harness.platform.windows.win32 import library

WINE = library.wine_version() is not None
PYTHON = os.path.basename(getattr(sys, "_base_executable", sys.executable)).lower()
OPEN = (
    "import sys; from harness.platform.windows.win32 import file_handles as files;"
    "files.open_handle(sys.argv[1], files.GENERIC_READ, files.FILE_SHARE_ALL);"
    "print('open', flush=True); sys.stdin.read()"
)


@contextmanager
def another_process_with(path: Path) -> Iterator[int]:
    """A process that has `path` open; gives its id."""
    with subprocess.Popen(
        [sys.executable, "-c", OPEN, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        # The launcher of a venv starts another python, so the process that holds may be a child of it.
        yield process.pid


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "Verzeichnis ü 太郎"
    (path / "unter").mkdir(parents=True)
    (path / "unter" / "Datei é.txt").write_text("content")
    return path


@pytest.fixture
def taken_at_its_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask Wine as if it were Windows."""
    monkeypatch.setattr(attribution, "wine_version", lambda: None)


# what is asked


def test_a_file_is_asked_about_alone(directory: Path) -> None:
    file = str(directory / "unter" / "Datei é.txt")
    assert paths_to_ask(file) == ([file], 0)


def test_programs_are_asked_about_first_and_the_largest_before_all(directory: Path) -> None:
    for name, size in {"a.py": 900, "b.pyd": 10, "unter/c.DLL": 800, "d.exe": 70}.items():
        (directory / name).write_bytes(b"x" * size)
    asked, more = paths_to_ask(str(directory))
    names = [os.path.relpath(path, directory).replace("\\", "/") for path in asked]
    assert names == [".", "unter/c.DLL", "d.exe", "b.pyd", "a.py", "unter/Datei é.txt", "unter"]
    assert more == 0


def test_of_very_many_files_the_largest_programs_are_asked_about(directory: Path) -> None:
    for number in range(100):
        (directory / f"{number:02}.py").write_bytes(b"x" * 500)
        (directory / "unter" / f"{number:02}.pyd").write_bytes(b"x" * number)
    asked, more = paths_to_ask(str(directory))
    assert [os.path.basename(path) for path in asked[1:]] == [
        f"{number:02}.pyd" for number in range(99, 100 - MOST_ASKED, -1)
    ]
    assert more == 203 - MOST_ASKED  # with itself, the folder in it, and the text in that


# what is answered


@pytest.mark.usefixtures("taken_at_its_word")
def test_holders_are_named_once_and_neither_this_process_nor_its_locker_is(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(directory / "unter" / "Datei é.txt")
    answers = {str(directory): {0, 4, os.getpid()}, file: {4, 700, 0xFFFFFFFC}}

    monkeypatch.setattr(attribution, "users_of_file", lambda path: answers.get(path, set()))
    found = attribute(str(directory), besides=700)
    assert [(each.process, each.product, each.found_by) for each in found.holders] == [
        ("System", "a driver", "file process ids"),
        ("process 4294967292, which has ended", None, "file process ids, open in it"),
    ]
    assert found.not_asked == ()


@pytest.mark.usefixtures("taken_at_its_word")
def test_what_cannot_be_asked_is_said_once_and_without_the_path(directory: Path) -> None:
    (directory / "unter" / "Datei é.txt").unlink()
    found = attribute(str(directory / "unter" / "nothing"))
    assert found.holders == ()
    (sentence,) = found.not_asked
    assert sentence.startswith("file process ids: error 2")
    assert str(directory) not in sentence


@pytest.mark.usefixtures("taken_at_its_word")
def test_what_was_not_asked_about_is_counted(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(100):
        (directory / f"{number}.py").touch()
    monkeypatch.setattr(attribution, "users_of_file", lambda _: set())
    assert attribute(str(directory)).not_asked == ("paths in it beyond the first 64: 39",)


@pytest.mark.skipif(not WINE, reason="Windows can tell")
def test_wine_refuses_rather_than_finding_nobody(directory: Path) -> None:
    with pytest.raises(NotSupportedError, match="keeps no list"):
        attribute(str(directory))


@pytest.mark.skipif(WINE, reason="Wine cannot tell")
@pytest.mark.parametrize("held", ["unter/Datei é.txt", "unter", "."])
@pytest.mark.parametrize("asked", ["itself", "the directory"])
def test_windows_names_the_holder(asked: str, directory: Path, held: str) -> None:
    path = directory / held
    with another_process_with(path):
        found = attribute(str(path if asked == "itself" else directory))
    way = "file process ids" if asked == "itself" or held == "." else "file process ids, open in it"
    holders = {each.process.lower(): each for each in found.holders}
    assert holders[PYTHON].found_by == way
    assert holders[PYTHON].company == "Python Software Foundation"
