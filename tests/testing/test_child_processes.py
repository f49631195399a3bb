"""Child processes are kept from held files as Python's own calls are, where that can be preloaded."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import NotSupportedError
from harness.preload.native_library import native_library
from harness.testing import Holding, child_processes, hold, holding

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only there a library is preloaded")

CAT = "/bin/cat"
MOVE = "import os, sys; os.replace(sys.argv[1], sys.argv[2])"
MOVE_PATIENTLY = """
import os, sys, time
for attempt in range(1, 3000):
    try:
        os.replace(sys.argv[1], sys.argv[2])
        break
    except PermissionError:
        time.sleep(0.01)
print(attempt)
"""


@pytest.fixture(scope="module", autouse=True)
def _library() -> None:
    try:
        native_library()
    except NotSupportedError as error:
        pytest.skip(error.message)


@pytest.fixture
def held() -> Iterator[Holding]:
    with holding() as one:
        yield one


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "new").write_text("new")
    (tmp_path / "file").write_text("old")
    return tmp_path / "file"


def move(file: Path, code: str = MOVE) -> subprocess.CompletedProcess[str]:
    """Replace the file in a child, which is a program that knows nothing of this."""
    command = [sys.executable, "-S", "-c", code, str(file.with_name("new")), str(file)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


def reads(path: Path) -> bool:
    return subprocess.run([CAT, str(path)], check=False, capture_output=True).returncode == 0


def test_a_child_is_refused_while_the_file_is_held_and_is_in_the_timeline(file: Path) -> None:
    before = dict(os.environ)
    with hold(file) as one:
        done = move(file)
        assert "PermissionError: [Errno 13]" in done.stderr
        assert one.refused == 1
    assert move(file).returncode == 0
    assert os.environ == before


def test_the_timeline_has_the_process(held: Holding, file: Path) -> None:
    with held(file):
        move(file)
    (call,) = held.calls
    assert call.code == 5
    assert call.by.startswith("by process ")
    assert (
        "os.replace new -> file: refused with 5 (Access is denied) by hold 0, by process"
        in (held.timeline(file.parent)[-1])
    )


def test_a_hold_ends_while_the_test_waits_for_the_child(held: Holding, file: Path) -> None:
    one = held(file, for_ms=300)
    done = move(file, MOVE_PATIENTLY)
    assert done.returncode == 0
    assert int(done.stdout) == one.refused + 1
    assert one.refused > 0


def test_the_third_attempt_of_a_child_succeeds(held: Holding, file: Path) -> None:
    held.until_attempt(3, file)
    assert move(file, MOVE_PATIENTLY).stdout == "3\n"


def test_attempts_of_several_children_count_together(held: Holding, file: Path) -> None:
    one = held.until_attempt(3, file)
    assert [move(file).returncode for _ in range(3)] == [1, 1, 0]
    assert one.is_over


def test_a_code_of_ones_own_is_every_calls(held: Holding, file: Path) -> None:
    held(file, code=225)
    assert not reads(file)
    assert [call.code for call in held.calls] == [225]


def test_a_child_is_shown_the_error_of_python_and_the_timeline_has_the_code(
    held: Holding, file: Path
) -> None:
    held(file)
    remove = "import os, sys; os.remove(sys.argv[2])"
    assert "PermissionError" in move(file, remove).stderr
    assert [call.code for call in held.calls] == [32]


def test_two_users_keep_children_from_the_files_of_both(file: Path) -> None:
    with hold(file):
        with hold(file.with_name("new"), share="none"):
            assert not reads(file.with_name("new"))
        assert reads(file.with_name("new"))
        assert move(file).returncode == 1


def test_a_file_is_held_behind_a_link_to_its_folder(held: Holding, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    file = tmp_path / "link" / "file"
    file.write_text("old")
    file.with_name("new").write_text("new")
    held(file)
    assert move(file).returncode == 1
    assert move(tmp_path / "real" / "file").returncode == 1


def test_a_file_that_was_renamed_is_held_where_it_is(held: Holding, file: Path) -> None:
    held(file, share="rwd")
    other = file.rename(file.with_name("other"))
    assert move(other).returncode == 1
    assert move(file).returncode == 0


def test_a_library_that_is_preloaded_already_stays(
    held: Holding, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = str(native_library())
    monkeypatch.setenv("LD_PRELOAD", own)
    with held(file):
        first, _, second = os.environ["LD_PRELOAD"].partition(":")
        assert (first, second) == (own, own)
        assert move(file).returncode == 1
    held.close()
    assert os.environ["LD_PRELOAD"] == own


def test_without_a_compiler_the_timeline_says_that_children_are_out_of_reach(
    held: Holding, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    child_processes._compiled.cache_clear()
    try:
        held(file)
        assert move(file).returncode == 0
        assert "C code and other processes are out of reach" in held.timeline()[-1]
        assert "LD_PRELOAD" not in os.environ
    finally:
        child_processes._compiled.cache_clear()
