"""Holds for a test: who is refused, until when, and with what; the same on every platform."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from os import replace as replace_bound_early
from pathlib import Path

import pytest

from harness.errors import InvalidInputError, NotSupportedError
from harness.holds.handles import ACCESS_NAMES, SHARE_NAMES, Hold
from harness.testing import Holding, hold, holding, virtual_time

on_emulated_rules = pytest.mark.skipif(
    sys.platform == "win32", reason="there a second process holds the file, and the system decides"
)


@pytest.fixture
def held() -> Iterator[Holding]:
    with holding(seed=1) as one:
        yield one


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    return path


@pytest.fixture
def new(tmp_path: Path) -> Path:
    path = tmp_path / "new"
    path.write_bytes(b"new")
    return path


def of_error(work: Callable[[], object]) -> int | None:
    """Return the Win32 code with which some work fails; ``None`` for an error without one."""
    with pytest.raises(OSError) as raised:  # noqa: PT011 - which one is asked
        work()
    code: int | None = getattr(raised.value, "winerror", None)
    return code


def test_within_the_hold_a_replacement_fails_and_after_it_not(file: Path, new: Path) -> None:
    with hold(file) as one:
        assert of_error(lambda: os.replace(new, file)) == 5
        assert of_error(lambda: new.replace(file)) == 5
        assert of_error(lambda: replace_bound_early(new, file)) == 5
        assert of_error(lambda: file.rename(file.with_name("away"))) == 32
        assert one.refused == 4
        assert not one.is_over
    assert one.is_over
    os.replace(new, file)
    assert file.read_bytes() == b"new"


def test_what_comes_in_other_ways_is_refused_too(file: Path, tmp_path: Path) -> None:
    with hold(file, share="none"):
        with pytest.raises(PermissionError):  # of the copy that it tries then
            shutil.move(file, tmp_path / "away")
        assert of_error(lambda: asyncio.run(asyncio.to_thread(os.remove, file))) == 32
        with pytest.raises(PermissionError):
            shutil.copy(file, tmp_path / "copy")
        with pytest.raises(PermissionError):
            shutil.rmtree(tmp_path)


def test_an_open_that_is_refused_has_an_errno_and_no_code_as_on_windows(file: Path) -> None:
    with hold(file, share="none"), pytest.raises(PermissionError) as raised:
        file.read_bytes()
    assert raised.value.errno == 13
    assert raised.value.winerror is None  # type: ignore[attr-defined, unused-ignore]
    with hold(file, share="r"):
        assert file.read_bytes() == b"old"


def test_a_folder_with_something_open_in_it_is_not_renamed(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.dll").write_bytes(b"MZ")
    with hold(tmp_path / "tree" / "a.dll", share="rwd"):
        assert of_error(lambda: os.replace(tmp_path / "tree", tmp_path / "final")) == 5
    os.replace(tmp_path / "tree", tmp_path / "final")


def test_a_hold_ends_by_itself(held: Holding, file: Path, new: Path) -> None:
    one = held(file, for_ms=40)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            os.replace(new, file)
            break
        except PermissionError:
            time.sleep(0.005)
    assert one.refused > 0
    assert one.is_over
    assert file.read_bytes() == b"new"


def test_the_third_attempt_succeeds(held: Holding, file: Path, new: Path) -> None:
    held.until_attempt(3, file)
    assert [of_error(lambda: os.replace(new, file)) for _ in range(2)] == [5, 5]
    os.replace(new, file)


def test_the_next_file_that_is_replaced_or_removed_is_held_whatever_its_name(
    held: Holding, file: Path, new: Path, tmp_path: Path
) -> None:
    one = held.until_attempt(3)
    new.read_bytes()
    assert [of_error(lambda: os.replace(new, file)) for _ in range(2)] == [5, 5]
    os.replace(new, file)
    file.rename(tmp_path / "other")
    assert (one.refused, one.is_over) == (2, True)
    held.until_attempt(2)
    assert of_error((tmp_path / "other").unlink) == 32
    (tmp_path / "other").unlink()


def test_a_file_in_quarantine_is_gone_without_a_call(held: Holding, file: Path) -> None:
    held.vanish(file, after_ms=50)
    with pytest.raises((PermissionError, FileNotFoundError)):  # the latter on a slow machine
        file.read_bytes()
    deadline = time.monotonic() + 30
    while file.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not file.exists()


def test_what_is_written_is_held_once_it_is_closed(held: Holding, tmp_path: Path) -> None:
    held.when_created("*.exe", until_attempt=2)
    (tmp_path / "a.txt").write_text("other")
    (tmp_path / "a.txt").rename(tmp_path / "b.txt")
    with (tmp_path / "tool.exe").open("wb") as file:
        file.write(b"MZ")
        file.write(b"..")
    assert of_error(lambda: (tmp_path / "tool.exe").rename(tmp_path / "final.exe")) == 32
    (tmp_path / "tool.exe").rename(tmp_path / "final.exe")
    assert [call.code for call in held.calls] == [32, None] or [call.code for call in held.calls] == [32]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes have no names there")
def test_a_profile_draws_for_files_and_not_for_pipes(held: Holding, tmp_path: Path) -> None:
    if sys.platform == "win32":
        return
    os.mkfifo(tmp_path / "pipe")
    os.symlink("nowhere", tmp_path / "broken")
    assert held.profile("brief", tmp_path).refused == 0


def test_a_profile_draws_the_same_from_the_same_seed(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    for number in range(30):
        (tmp_path / "tree" / f"{number}.dll").write_bytes(b"MZ" + bytes(number))

    def drawn() -> list[str]:
        with holding(seed=7) as held:
            for _ in range(12):
                held.profile("brief", tmp_path / "tree")
            return [line.split(" open ")[0] for line in held.timeline() if line.startswith("hold")]

    first = drawn()
    assert first
    assert first == drawn()


@on_emulated_rules
def test_a_code_of_ones_own_is_emulated(held: Holding, file: Path) -> None:
    with held(file, code=225):
        assert of_error(lambda: os.remove(file)) == 225
    with held(file, code=145):
        assert of_error(lambda: file.rename(file.with_name("x"))) == 145
    os.remove(file)


@pytest.mark.skipif(sys.platform != "win32", reason="only there the system decides")
def test_windows_gives_its_own_codes(held: Holding, file: Path) -> None:
    with pytest.raises(NotSupportedError, match="Windows itself decides"):
        held(file, code=225)


def test_wrong_values_are_said(held: Holding, file: Path) -> None:
    with pytest.raises(InvalidInputError, match="share mode"):
        held(file, share="rx")  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="access"):
        held.when_created("*", access="all")  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="-1 ms"):
        held(file, for_ms=-1)
    with pytest.raises(InvalidInputError, match="attempt 1 cannot"):
        held.until_attempt(1, file)
    with pytest.raises(InvalidInputError, match="share mode"):
        held.until_attempt(2, share="rx")  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="no Win32 code"):
        held(file, code=4711)
    with pytest.raises(InvalidInputError, match=r"cannot be held.*error 2\)"):
        held(file.with_name("absent"))
    with held(file, share="none"), pytest.raises(InvalidInputError, match=r"error 32\)"):
        held(file)
    assert [line for line in held.timeline() if line.startswith("hold")] == [
        line for line in held.timeline() if "sharing none" in line
    ]


@pytest.mark.usefixtures("new")
def test_the_timeline_tells_what_was_held_and_who_met_it(
    held: Holding, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    with held(file, share="rw"):
        assert held.timeline()[-1].startswith("No call on a held file was seen")
        of_error(lambda: os.replace("new", "file"))
    lines = held.timeline()
    assert lines[0].startswith("hold 0: file open for read, sharing rw, from ")
    assert lines[1].startswith("1 call met a hold, 1 of them refused")
    assert "os.replace new -> file: refused with 5 (Access is denied) by hold 0, at " in lines[2]
    assert "test_holder.py:" in lines[2]


def test_a_hold_of_any_kind_can_be_taken(held: Holding, file: Path, new: Path) -> None:
    mapped = Hold("file", str(file), ACCESS_NAMES["read"], SHARE_NAMES["rwd"], section="data")
    with held.take(mapped):
        assert of_error(lambda: os.replace(new, file)) == 5
    os.replace(new, file)


def test_files_that_nobody_holds_are_left_alone(held: Holding, file: Path, tmp_path: Path) -> None:
    with held(file):
        other = tmp_path / "other"
        other.write_text("x")
        other.replace(tmp_path / "moved")
        os.remove(tmp_path / "moved")
        assert not held.calls


@on_emulated_rules
def test_time_passes_by_waiting_alone(file: Path, new: Path) -> None:
    began = time.perf_counter()
    with virtual_time() as clock, hold(file, for_ms=60_000):
        waits = 0
        while waits < 100:
            try:
                os.replace(new, file)
                break
            except PermissionError:
                time.sleep(7)
                waits += 1
        assert waits == 9
        assert clock.now_ns() > 0
    assert file.read_bytes() == b"new"
    assert time.perf_counter() - began < 60  # the time that it stands for


def test_an_error_that_ends_a_hold_has_its_timeline(file: Path, new: Path) -> None:
    with pytest.raises(OSError) as raised, hold(file):  # noqa: PT011 - any
        os.replace(new, file)
    (note,) = raised.value.__notes__
    assert "1 call met a hold, 1 of them refused" in note


def test_a_path_may_be_bytes(file: Path) -> None:
    with hold(os.fsencode(file), share="none"):
        assert of_error(lambda: os.remove(os.fsencode(file))) == 32
