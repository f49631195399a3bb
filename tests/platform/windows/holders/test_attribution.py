"""Who has it open: found in real processes that hold real handles."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if sys.platform != "win32":
    pytest.skip("asks Windows", allow_module_level=True)

from harness.errors import NotSupportedError
from harness.platform.windows.holders import attribution, handle_scan, processes
from harness.platform.windows.holders.attribution import attribute, search, users_of_files_in
from harness.platform.windows.win32 import file_handles, library

if TYPE_CHECKING:
    from harness.platform.base import Holder

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


def names(found: tuple[Holder, ...]) -> list[str]:
    return [holder.process.lower() for holder in found]


def ways(found: tuple[Holder, ...]) -> set[str]:
    """How the other Python was found; the machine's own scanners may be among the holders too."""
    return {holder.found_by for holder in found if holder.process.lower() == PYTHON}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "Verzeichnis ü 太郎"
    (path / "unter").mkdir(parents=True)
    (path / "unter" / "Datei é.txt").write_text("content")
    return path


@pytest.mark.parametrize("held", ["unter/Datei é.txt", "unter", "."])
def test_the_search_finds_who_has_a_path_open(directory: Path, held: str) -> None:
    path = directory / held
    with another_process_with(path):
        found = search(str(path)).holders
    assert ways(found) == {"handle search"}
    assert PYTHON not in names(search(str(path)).holders)


@pytest.mark.parametrize("held", ["unter/Datei é.txt", "unter"])
def test_the_search_finds_what_is_open_in_a_directory(directory: Path, held: str) -> None:
    with another_process_with(directory / held):
        found = search(str(directory)).holders
    assert ways(found) == {"handle search, open in it"}


def test_a_sibling_with_a_longer_name_is_not_in_the_directory(directory: Path) -> None:
    sibling = directory.with_name(f"{directory.name}-2")
    sibling.mkdir()
    with another_process_with(sibling):
        assert PYTHON not in names(search(str(directory)).holders)


def test_the_harness_itself_and_its_locker_are_left_out(directory: Path) -> None:
    with open(directory / "unter" / "Datei é.txt", "rb"), another_process_with(directory) as other:
        everyone = handle_scan.scan(str(directory), frozenset()).found
        assert os.getpid() not in everyone
        assert handle_scan.scan(str(directory), frozenset(everyone)).found == {}
        if other in everyone:  # no launcher in between
            assert PYTHON not in names(search(str(directory), besides=other).holders)


def test_pipes_that_wait_do_not_stop_the_search(directory: Path) -> None:
    read, write = os.pipe()
    waiting = threading.Thread(target=os.read, args=(read, 1), daemon=True)
    waiting.start()
    with another_process_with(directory):  # which waits on a pipe as well
        found = search(str(directory), timeout_s=60)
    assert PYTHON in names(found.holders)
    assert found.not_asked == ()
    os.write(write, b"x")
    waiting.join()
    os.close(read)
    os.close(write)


def test_a_search_without_time_says_that_it_did_not_end(directory: Path) -> None:
    with another_process_with(directory):
        found = search(str(directory), timeout_s=0)
    assert "handle search: it was stopped before its end" in found.not_asked


def test_a_handle_that_never_answers_is_passed_over(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = threading.Event()
    real = file_handles.final_path
    asked = []

    def slow(handle: int) -> str:
        asked.append(handle)
        if len(asked) == 2:  # the first was our own, to learn the type
            stuck.wait()
        return real(handle)

    with another_process_with(directory), another_process_with(directory):
        monkeypatch.setattr(handle_scan, "final_path", slow)
        found = search(str(directory), timeout_s=10)
    stuck.set()
    assert PYTHON in names(found.holders)
    assert "handle search: handles whose file cannot be determined: 1" in found.not_asked


def test_what_does_not_exist_has_no_holders(tmp_path: Path) -> None:
    found = search(str(tmp_path / "nothing"))
    assert found.holders == ()
    assert found.not_asked[0].startswith("handle search: error 2")
    assert str(tmp_path) not in found.not_asked[0]


def test_a_program_is_named_by_its_version_resource(directory: Path) -> None:
    with another_process_with(directory):
        (found,) = (each for each in search(str(directory)).holders if each.process.lower() == PYTHON)
    assert (found.product, found.company) == ("Python", "Python Software Foundation")


def test_a_program_without_a_version_resource_has_no_maker(tmp_path: Path) -> None:
    program = tmp_path / "bare.exe"
    program.write_bytes(b"MZ")
    with pytest.raises(OSError, match=r"bare\.exe"):
        processes.version_text(str(program), "ProductName")


def test_running_programs_are_known_by_name() -> None:
    assert processes.program_names()[os.getpid()].lower() == PYTHON


@pytest.mark.skipif(not WINE, reason="Windows can tell")
def test_wine_refuses_rather_than_finding_nobody(directory: Path) -> None:
    for ask in (attribute, users_of_files_in):
        with pytest.raises(NotSupportedError, match="stub"):
            ask(str(directory))


@pytest.mark.skipif(not WINE, reason="Windows can tell")
@pytest.mark.parametrize(
    ("held", "way"),
    [("unter/Datei é.txt", "handle search, open in it"), (".", "handle search")],
)
def test_where_the_system_names_nobody_all_handles_are_searched(
    directory: Path, monkeypatch: pytest.MonkeyPatch, held: str, way: str
) -> None:
    """Wine's own calls, taken at their word: an empty list, and no list at all."""
    monkeypatch.setattr(attribution, "wine_version", lambda: None)
    with another_process_with(directory / held):
        found = attribute(str(directory))
    assert ways(found.holders) == {way}
    assert any(line.startswith("file process ids: error ") for line in found.not_asked)
    assert not any(line.startswith("Restart Manager") for line in found.not_asked)


@pytest.mark.skipif(WINE, reason="Wine cannot tell")
@pytest.mark.parametrize("held", ["unter/Datei é.txt", "unter", "."])
def test_windows_names_the_holder(directory: Path, held: str) -> None:
    path = directory / held
    with another_process_with(path):
        found = attribute(str(path))
    assert PYTHON in names(found.holders)
    assert any("file process ids" in holder.found_by for holder in found.holders)


@pytest.mark.skipif(WINE, reason="Wine cannot tell")
@pytest.mark.parametrize("held", ["unter/Datei é.txt", "unter"])
def test_windows_names_who_has_something_in_a_directory_open(directory: Path, held: str) -> None:
    with another_process_with(directory / held):
        assert PYTHON in names(attribute(str(directory)).holders)
