"""The locker: a real process that takes real handles on real files, and says when."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, get_args

import pytest

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)


from harness.clock import NS_PER_MS, NS_PER_S
from harness.holds.handles import ACCESS_NAMES, SHARE_ALL, SHARE_NAMES, Access, Hold, Section, Share
from harness.pe import SMALLEST, library_header
from harness.platform.base import HoldLostError
from harness.platform.windows import locker as locker_module
from harness.platform.windows import locker_process
from harness.platform.windows.locker import Locker, LockerHold, hold_of, on_a_thread
from harness.platform.windows.locker_process import LockerProcess, encoded
from harness.platform.windows.rules_lab import other_calls
from harness.platform.windows.win32 import file_content, file_handles, file_names, jobs, library, waiting
from harness.platform.windows.windows_rules import find_rules
from harness.winerror import (
    ACCESS_DENIED,
    FILE_NOT_FOUND,
    LOCK_VIOLATION,
    PATH_NOT_FOUND,
    SHARING_VIOLATION,
    USER_MAPPED_FILE,
)

WINE = library.wine_version() is not None
PATIENCE_S = 30.0
"""For what must happen, however slow the machine."""
BAD_EXE_FORMAT = 193
PROCESS_SUSPEND_RESUME = 0x800  # winnt.h

# The access rights behind the generic ones, and those of the sharing check (MS-FSA 2.1.5.1.2.2)
RIGHTS = {Access.READ: 0x1, Access.WRITE: 0x2, Access.DELETE: 0x10000}
FILE_READ_ATTRIBUTES = 0x80


@pytest.fixture(scope="module")
def one_locker() -> Iterator[LockerProcess]:
    """Started once: it takes a while."""
    made = LockerProcess()
    yield made
    made.close()


@pytest.fixture
def locker(one_locker: LockerProcess) -> Iterator[LockerProcess]:
    yield one_locker
    one_locker.end()


@pytest.fixture
def own_locker() -> Iterator[LockerProcess]:
    """One that the test may end."""
    made = LockerProcess()
    yield made
    made.close()


class MakeFiles(Protocol):
    def __call__(self, count: int, content: bytes = b"content") -> list[Path]: ...


@pytest.fixture
def make_files(tmp_path: Path) -> MakeFiles:
    def make(count: int, content: bytes = b"content") -> list[Path]:
        folder = tmp_path / "Jürgen 太郎 🚀"
        folder.mkdir()
        paths = [folder / f"file{number}" for number in range(count)]
        for path in paths:
            path.write_bytes(content)
        return paths

    return make


@pytest.fixture
def file(make_files: MakeFiles) -> Path:
    return make_files(1)[0]


def code_of(call: Callable[..., object], *arguments: Any) -> int:
    """The code that a call gives; 0 if it succeeds."""
    try:
        call(*arguments)
    except OSError as error:
        return error.winerror
    return 0


def open_code(path: Path, access: int = file_handles.GENERIC_READ, share: int = 0) -> int:
    """The code of opening a file, by default without sharing anything: 0 only if nobody has it open."""
    return code_of(lambda: file_handles.close(file_handles.open_handle(str(path), access, share)))


def move_code(path: Path) -> int:
    return code_of(file_names.move, str(path), f"{path}-moved", 0)


def hold(path: Path | str, share: str = "none", access: str = "read", **more: Any) -> Hold:
    return Hold("source", str(path), ACCESS_NAMES[access], SHARE_NAMES[share], **more)


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.002)


def is_free(path: Path) -> bool:
    """Ask by opening it; so never while a hold is about to begin, it would be refused."""
    return open_code(path) == 0


def let_pass(locker: LockerProcess, moment_ns: int) -> None:
    """Return when the locker has done all that was due at `moment_ns`: it does that before an order."""
    while (left_ns := moment_ns - time.perf_counter_ns()) > 0:
        time.sleep(left_ns / NS_PER_S)
    locker.schedule_holds([])


# what a hold does to others


@pytest.mark.parametrize("access_name", ACCESS_NAMES)
def test_a_hold_stops_exactly_what_the_sharing_rules_say(
    access_name: str, locker: LockerProcess, file: Path
) -> None:
    access = ACCESS_NAMES[access_name]
    for share in SHARE_NAMES.values():
        locker.schedule_holds([Hold("source", str(file), access, share)])
        for wanted in ACCESS_NAMES.values():
            rights = sum(RIGHTS[part] for part in wanted) or FILE_READ_ATTRIBUTES
            for sharing in SHARE_NAMES.values():
                # MS-FSA 2.1.5.1.2.2: each must allow what the other does; attributes alone are nothing
                allows = wanted.value & ~share.value == 0 and access.value & ~sharing.value == 0
                expected = 0 if allows or not access or not wanted else SHARING_VIOLATION
                found = open_code(file, rights, sharing.value)
                assert found == expected, (access, share, wanted, sharing)
        locker.end()


def test_share_flags_have_the_values_of_windows() -> None:
    assert [flag.value for flag in (Share.READ, Share.WRITE, Share.DELETE)] == [
        file_handles.FILE_SHARE_READ,
        file_handles.FILE_SHARE_WRITE,
        other_calls.FILE_SHARE_DELETE,
    ]


def test_several_files_are_held_at_once(locker: LockerProcess, make_files: MakeFiles) -> None:
    paths = make_files(20)
    locker.schedule_holds([hold(path) for path in paths])
    assert [open_code(path) for path in paths] == [SHARING_VIOLATION] * 20


def test_a_directory_that_is_held_cannot_be_moved(locker: LockerProcess, file: Path) -> None:
    locker.schedule_holds([hold(file.parent, "rw")])
    assert move_code(file.parent) == SHARING_VIOLATION
    locker.end()
    assert move_code(file.parent) == 0


@pytest.mark.skipif(find_rules() != "ntfs", reason="stock Wine moves a directory with an open child")
@pytest.mark.parametrize("child", [".", "unter 下", "unter 下/Datei 文"])
def test_a_directory_cannot_be_moved_while_something_in_it_is_held(
    child: str, locker: LockerProcess, tmp_path: Path
) -> None:
    directory = tmp_path / "Verzeichnis ü"
    (directory / "unter 下").mkdir(parents=True)
    (directory / "unter 下" / "Datei 文").touch()
    locker.schedule_holds([hold(directory / child, "rw")])
    assert move_code(directory) == (SHARING_VIOLATION if child == "." else ACCESS_DENIED)
    locker.end()
    assert move_code(directory) == 0


@pytest.mark.skipif(WINE, reason="Wine does not open the target's parent")
def test_nothing_moves_into_a_directory_that_is_held(
    locker: LockerProcess, file: Path, tmp_path: Path
) -> None:
    parent = tmp_path / "parent"
    parent.mkdir()
    locker.schedule_holds([hold(parent, "r")])
    assert code_of(file_names.move, str(file), str(parent / "file"), 0) == SHARING_VIOLATION


def test_a_byte_range_lock_covers_the_whole_file(locker: LockerProcess, file: Path) -> None:
    locker.schedule_holds([hold(file, "rwd", locks_bytes=True)])
    with file_handles.opened(
        str(file), file_handles.GENERIC_READ, file_handles.FILE_SHARE_ALL
    ) as handle:
        assert code_of(file_content.lock_all, handle, str(file)) == LOCK_VIOLATION
        if not WINE:
            assert code_of(file_content.read_all, handle, str(file)) == LOCK_VIOLATION
        locker.end()
        assert code_of(file_content.lock_all, handle, str(file)) == 0


def test_a_hold_without_a_lock_locks_no_bytes(locker: LockerProcess, file: Path) -> None:
    locker.schedule_holds([hold(file, "rwd")])
    with file_handles.opened(
        str(file), file_handles.GENERIC_READ, file_handles.FILE_SHARE_ALL
    ) as handle:
        assert code_of(file_content.lock_all, handle, str(file)) == 0


@pytest.mark.parametrize(
    ("section", "refused"), [("data", USER_MAPPED_FILE), ("image", SHARING_VIOLATION)]
)
def test_a_section_stays_when_its_handle_is_closed(
    section: Section, refused: int, locker: LockerProcess, make_files: MakeFiles
) -> None:
    (program,) = make_files(1, library_header(SMALLEST).ljust(SMALLEST, b"\xc3"))
    locker.schedule_holds([hold(program, "r", section=section)])
    wait_until(lambda: is_free(program))  # the handle is closed; a scanner may look at a new program

    def rewrite() -> int:
        access = file_handles.GENERIC_WRITE
        return code_of(
            lambda: file_handles.close(
                file_handles.open_handle(str(program), access, 0, file_handles.CREATE_ALWAYS)
            )
        )

    assert rewrite() == refused
    locker.release(0)
    assert rewrite() == 0


# what could not be taken


def test_a_hold_that_cannot_be_taken_says_why_and_stops_no_other(
    locker: LockerProcess, make_files: MakeFiles
) -> None:
    first, last = make_files(2)
    absent = first.with_name("absent")
    locker.schedule_holds(
        [
            hold(first),
            hold(absent),
            hold(absent / "child"),
            hold(first, "rwd"),
            hold(first, "rwd", section="data"),
            hold(last, locks_bytes=True),
        ]
    )
    assert open_code(last) == SHARING_VIOLATION
    receipts = locker.end()
    assert [receipt.error for receipt in receipts] == [
        None,
        FILE_NOT_FOUND,
        PATH_NOT_FOUND,
        SHARING_VIOLATION,
        SHARING_VIOLATION,
        None,
    ]
    assert [receipt.opened_ns is not None for receipt in receipts] == [
        receipt.error is None for receipt in receipts
    ]
    assert all(receipt.released_ns is None for receipt in receipts)


@pytest.mark.parametrize(
    ("more", "code"),
    [({"section": "image"}, BAD_EXE_FORMAT), ({"locks_bytes": True}, LOCK_VIOLATION)],
)
def test_what_was_opened_for_nothing_is_closed(
    more: dict[str, Any], code: int, locker: LockerProcess, file: Path
) -> None:
    with file_handles.opened(
        str(file), file_handles.GENERIC_READ, file_handles.FILE_SHARE_ALL
    ) as handle:
        file_content.lock_all(handle, str(file))
        locker.schedule_holds([hold(file, "rwd", **more)])
    assert is_free(file)
    locker.release(0)
    (receipt,) = locker.end()
    assert (receipt.opened_ns, receipt.released_ns, receipt.error) == (None, None, code)


# when


def test_times_are_of_the_clock_that_all_processes_share(locker: LockerProcess, file: Path) -> None:
    before = time.perf_counter_ns()
    locker.schedule_holds([hold(file)])
    scheduled = time.perf_counter_ns()
    locker.release(0)
    released = time.perf_counter_ns()
    (receipt,) = locker.end()
    assert receipt.opened_ns is not None
    assert receipt.released_ns is not None
    assert (
        before <= receipt.opened_ns <= receipt.planned_ns <= scheduled <= receipt.released_ns <= released
    )


def test_a_hold_lasts_as_long_as_it_was_ordered_to(locker: LockerProcess, make_files: MakeFiles) -> None:
    short, long, forever = make_files(3)
    locker.schedule_holds(
        [
            hold(long, duration_ns=30 * NS_PER_MS),
            hold(short, duration_ns=5 * NS_PER_MS),
            hold(forever),
        ]
    )
    wait_until(lambda: is_free(long))
    assert is_free(short)
    assert open_code(forever) == SHARING_VIOLATION
    receipts = locker.end()
    lasted = [
        receipt.released_ns - receipt.opened_ns
        for receipt in receipts
        if receipt.released_ns is not None and receipt.opened_ns is not None
    ]
    assert lasted[0] >= 30 * NS_PER_MS
    assert lasted[1] >= 5 * NS_PER_MS
    assert (len(lasted), receipts[2].error) == (2, None)


def test_a_hold_begins_when_its_delay_is_over(locker: LockerProcess, make_files: MakeFiles) -> None:
    soon, never = make_files(2)
    before = time.perf_counter_ns()
    locker.schedule_holds([hold(soon, starts_ns=30 * NS_PER_MS), hold(never, starts_ns=600 * NS_PER_S)])
    scheduled = time.perf_counter_ns()
    let_pass(locker, scheduled + 30 * NS_PER_MS)
    assert not is_free(soon)
    assert is_free(never)
    first, second = locker.end()
    assert before + 30 * NS_PER_MS <= first.planned_ns <= scheduled + 30 * NS_PER_MS
    assert first.opened_ns is not None
    assert first.opened_ns >= first.planned_ns
    assert (second.opened_ns, second.released_ns, second.error) == (None, None, None)
    assert before + 600 * NS_PER_S <= second.planned_ns <= scheduled + 600 * NS_PER_S


def test_a_hold_whose_file_is_gone_when_it_begins_says_so(
    locker: LockerProcess, make_files: MakeFiles
) -> None:
    gone, after = make_files(2)
    gone.unlink()
    locker.schedule_holds([hold(gone, starts_ns=NS_PER_MS), hold(after, starts_ns=2 * NS_PER_MS)])
    let_pass(locker, time.perf_counter_ns() + 2 * NS_PER_MS)
    assert not is_free(after)
    assert [receipt.error for receipt in locker.end()] == [FILE_NOT_FOUND, None]


def test_holds_that_are_scheduled_later_join_the_others(
    locker: LockerProcess, make_files: MakeFiles
) -> None:
    late, first, second = make_files(3)
    holds = [hold(late, starts_ns=600 * NS_PER_S), hold(first), hold(second, duration_ns=0)]
    locker.schedule_holds(holds[:2])
    locker.schedule_holds(holds[2:])
    wait_until(lambda: is_free(second))
    assert not is_free(first)
    locker.release(1)
    assert is_free(first)
    receipts = locker.end()
    assert [receipt.hold for receipt in receipts] == holds
    assert [receipt.released_ns is not None for receipt in receipts] == [False, True, True]


def test_a_release_is_of_one_hold_and_done_when_it_returns(
    locker: LockerProcess, make_files: MakeFiles
) -> None:
    paths = make_files(3)
    locker.schedule_holds([hold(path) for path in paths])
    locker.release(1)
    assert [is_free(path) for path in paths] == [False, True, False]
    locker.release(0)
    locker.release(1)  # once more does nothing
    assert [is_free(path) for path in paths] == [True, True, False]
    first, second, third = (receipt.released_ns for receipt in locker.end())
    assert first is not None
    assert second is not None
    assert second < first
    assert third is None


def test_orders_of_several_threads_are_answered_one_after_the_other(
    locker: LockerProcess, make_files: MakeFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = make_files(80)
    locker.schedule_holds([hold(path) for path in paths])
    waiting: list[float] = []
    most = []
    still_held = []
    real = locker._answer

    def answer(within_s: float) -> dict[str, Any]:
        waiting.append(within_s)
        most.append(len(waiting))
        try:
            return real(within_s)
        finally:
            waiting.pop()

    def release(numbers: range) -> None:
        for number in numbers:
            locker.release(number)
            if not is_free(paths[number]):
                still_held.append(number)

    with monkeypatch.context() as patch:
        patch.setattr(locker, "_answer", answer)
        threads = [threading.Thread(target=release, args=(range(first, 80, 4),)) for first in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (max(most), still_held) == (1, [])
    assert all(receipt.released_ns is not None for receipt in locker.end())


def test_the_end_of_a_trial_lets_go_of_everything(locker: LockerProcess, make_files: MakeFiles) -> None:
    now, later = make_files(2)
    locker.schedule_holds([hold(now), hold(later, starts_ns=50 * NS_PER_MS)])
    assert [receipt.released_ns for receipt in locker.end()] == [None, None]
    assert is_free(now)
    assert locker.end() == []
    let_pass(locker, time.perf_counter_ns() + 50 * NS_PER_MS)
    assert is_free(later)


# quarantine


def test_a_file_in_quarantine_vanishes_when_the_hold_ends(
    locker: LockerProcess, make_files: MakeFiles
) -> None:
    vanishing, staying = make_files(2)
    locker.schedule_holds([hold(vanishing, "rwd", vanish=True), hold(staying, "rwd")])
    assert vanishing.exists()
    locker.release(0)
    locker.release(1)
    assert (vanishing.exists(), staying.exists()) == (False, True)
    assert [receipt.error for receipt in locker.end()] == [None, None]


def test_a_file_in_quarantine_vanishes_when_its_time_is_over(locker: LockerProcess, file: Path) -> None:
    locker.schedule_holds([hold(file, vanish=True, duration_ns=5 * NS_PER_MS)])
    wait_until(lambda: not file.exists())


@pytest.mark.skipif(WINE, reason="Wine does not tell where an open file was moved to")
@pytest.mark.parametrize("by_way_of", ["its name", "its directory"])
def test_a_file_in_quarantine_vanishes_wherever_it_was_moved_to(
    by_way_of: str, locker: LockerProcess, file: Path
) -> None:
    moved = file.with_name("moved")
    locker.schedule_holds([hold(file, "rwd", vanish=True)])
    if by_way_of == "its name":
        file.rename(moved)
    else:
        moved.mkdir()
        moved /= file.name
        file.rename(moved)
    locker.release(0)
    assert not moved.exists()
    assert locker.end()[0].error is None


def test_a_file_that_was_deleted_before_its_quarantine_ended_is_let_go_of(
    locker: LockerProcess, file: Path
) -> None:
    locker.schedule_holds([hold(file, "rwd", vanish=True)])
    file_names.delete_file(str(file))
    locker.release(0)
    file.parent.rmdir()
    assert locker.end()[0].released_ns is not None


# the locker itself, in this process


def bare(path: Path, share: Share = Share.NONE, **more: Any) -> Hold:
    return Hold("source", str(path), share=share, **more)


def order(path: Path, **more: Any) -> dict[str, Any]:
    """A hold as the locker is given it."""
    made: dict[str, Any] = json.loads(encoded(asdict(bare(path, **more))))
    return made


@pytest.mark.parametrize("section", [None, *get_args(Section)])
def test_an_order_says_all_of_a_hold(section: Section | None) -> None:
    ordered = Hold(
        *("child", "C:\\x", Access.READ | Access.DELETE, SHARE_ALL, 5, 7, 2),
        vanish=True,
        locks_bytes=True,
        section=section,
    )
    assert hold_of(json.loads(encoded(asdict(ordered)))) == ordered


class FakeTime:
    """A clock that moves when it is told to."""

    now_ns = 1_000

    def perf_counter_ns(self) -> int:
        return self.now_ns


@pytest.fixture
def fake_time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr(locker_module, "time", fake)
    return fake


def test_all_times_count_from_when_the_last_of_the_first_handles_was_open(
    file: Path, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scanner may stand in every open: no hold must be over before it was announced."""
    really_open = file_handles.open_handle

    def open_slowly(path: str, access: int, share: int) -> int:
        fake_time.now_ns += 500
        return really_open(path, access, share)

    monkeypatch.setattr(file_handles, "open_handle", open_slowly)
    second = file.with_name("second")
    second.touch()
    locker = Locker()
    holds = [order(file, duration_ns=20), order(second, duration_ns=30), order(file, starts_ns=700)]
    assert locker.obey({"order": "schedule", "holds": holds}) == {
        "scheduled_ns": 2_000,
        "errors": [None, None, None],
    }
    assert [held.planned_ns for held in locker.holds] == [2_000, 2_000, 2_700]
    assert [held.opened_ns for held in locker.holds] == [1_500, 2_000, None]
    fake_time.now_ns = 2_020
    locker.advance()
    assert [held.released_ns is not None for held in locker.holds] == [True, False, False]


def test_nothing_is_imported_from_the_folder_one_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    for module in ("heapq", "json", "queue"):
        (tmp_path / f"{module}.py").write_text("raise SystemExit('code of a stranger')")
    monkeypatch.chdir(tmp_path)
    started = LockerProcess()
    try:
        started.schedule_holds([hold(file)])
        assert not is_free(file)
    finally:
        started.close()


def test_the_duration_counts_from_the_moment_the_handle_was_open(
    file: Path, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_open = file_handles.open_handle

    def open_slowly(path: str, access: int, share: int) -> int:
        fake_time.now_ns += 500  # a scanner looks at it first
        return really_open(path, access, share)

    monkeypatch.setattr(file_handles, "open_handle", open_slowly)
    locker = Locker()
    locker.obey({"order": "schedule", "holds": [order(file, duration_ns=20)]})
    assert locker.next_due_ns() == 1_000 + 500 + 20
    fake_time.now_ns = 1_519
    locker.advance()
    assert not is_free(file)
    fake_time.now_ns = 1_520
    locker.advance()
    assert locker.obey({"order": "end"}) == {"receipts": [(1_500, 1_500, 1_520, None, 1_000)]}


def go_on(locker: Locker, until: Callable[[], bool]) -> None:
    """Let it do what is due."""

    def is_so() -> bool:
        locker.advance()
        return until()

    wait_until(is_so)


class SlowOpens:
    """Keeps the opens of one file waiting until it is told to let them go, as a scanner does."""

    def __init__(self, slow: Path) -> None:
        self.slow = str(slow)
        self.asked = threading.Event()
        self.let_go = threading.Event()
        self.really_open = file_handles.open_handle

    def open_handle(self, path: str, access: int, share: int) -> int:
        if path == self.slow:
            self.asked.set()
            assert self.let_go.wait(PATIENCE_S)
        return self.really_open(path, access, share)


@pytest.fixture
def slow_opens(make_files: MakeFiles, monkeypatch: pytest.MonkeyPatch) -> SlowOpens:
    slow = SlowOpens(make_files(2)[0])
    monkeypatch.setattr(file_handles, "open_handle", slow.open_handle)
    return slow


def test_an_open_that_is_kept_waiting_makes_no_other_hold_late(slow_opens: SlowOpens) -> None:
    other = Path(slow_opens.slow).with_name("file1")
    woken = threading.Event()
    locker = Locker(on_a_thread, woken.set)
    holds = [
        order(Path(slow_opens.slow), starts_ns=1),
        order(other, duration_ns=1),
        order(other, starts_ns=2, duration_ns=NS_PER_S * 60),
    ]
    locker.obey({"order": "schedule", "holds": holds})
    go_on(locker, lambda: locker.holds[2].opened_ns is not None)
    kept_waiting, first, _ = locker.holds
    assert slow_opens.asked.wait(PATIENCE_S)
    assert first.released_ns is not None
    assert (kept_waiting.asked_ns is not None, kept_waiting.opened_ns) == (True, None)
    woken.clear()
    slow_opens.let_go.set()
    assert woken.wait(PATIENCE_S)
    assert kept_waiting.opened_ns is not None
    locker.obey({"order": "end"})


def test_what_is_open_only_when_the_trial_is_over_is_closed_again(slow_opens: SlowOpens) -> None:
    woken = threading.Event()
    locker = Locker(on_a_thread, woken.set)
    path = Path(slow_opens.slow)
    locker.obey({"order": "schedule", "holds": [order(path, starts_ns=1)]})
    go_on(locker, slow_opens.asked.is_set)
    ((planned_ns, opened_ns, released_ns, error, asked_ns),) = locker.obey({"order": "end"})["receipts"]
    assert (opened_ns, released_ns, error) == (None, None, None)
    assert asked_ns >= planned_ns
    slow_opens.let_go.set()
    assert woken.wait(PATIENCE_S)
    slow_opens.slow = ""
    assert is_free(path)


def test_holds_on_one_path_are_taken_in_their_order(file: Path) -> None:
    locker = Locker(on_a_thread)
    locker.obey(
        {
            "order": "schedule",
            "holds": [order(file, starts_ns=1), order(file, share=SHARE_ALL, starts_ns=1)],
        }
    )
    go_on(locker, lambda: locker.holds[1].error is not None)
    assert locker.holds[0].opened_ns is not None
    assert locker.holds[1].error == SHARING_VIOLATION
    locker.obey({"order": "end"})


def test_a_hold_that_ends_makes_room_for_one_that_begins_at_the_same_moment(
    file: Path, fake_time: FakeTime
) -> None:
    locker = Locker()
    holds = [order(file, starts_ns=50), order(file, duration_ns=50)]
    assert locker.obey({"order": "schedule", "holds": holds}) == {
        "scheduled_ns": 1_000,
        "errors": [None, None],
    }
    fake_time.now_ns += 50
    locker.advance()
    assert locker.obey({"order": "end"}) == {
        "receipts": [(1_050, 1_050, None, None, 1_050), (1_000, 1_000, 1_050, None, 1_000)]
    }


def test_what_is_due_is_done_before_an_order_is_obeyed(file: Path, fake_time: FakeTime) -> None:
    locker = Locker()
    locker.obey({"order": "schedule", "holds": [order(file, duration_ns=20)]})
    fake_time.now_ns += 25
    assert locker.obey({"order": "end"}) == {"receipts": [(1_000, 1_000, 1_025, None, 1_000)]}


def test_a_locker_with_nothing_to_do_has_no_next_moment(file: Path, fake_time: FakeTime) -> None:
    locker = Locker()
    assert locker.next_due_ns() is None
    locker.obey({"order": "schedule", "holds": [order(file), order(file, starts_ns=70)]})
    assert locker.next_due_ns() == fake_time.now_ns + 70
    locker.obey({"order": "end"})
    assert locker.next_due_ns() is None


def test_quarantine_deletes_where_the_open_file_says_it_is(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = file.with_name("elsewhere")
    elsewhere.touch()
    monkeypatch.setattr(file_handles, "final_path", lambda _: str(elsewhere))
    held = LockerHold(bare(file, SHARE_ALL, vanish=True))
    held.take()
    held.release()
    assert (file.exists(), elsewhere.exists()) == (True, False)


def test_a_quarantined_file_that_cannot_be_found_is_let_go_of_all_the_same(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody_knows(_: int) -> str:
        raise OSError(0, "gone", None, FILE_NOT_FOUND)

    monkeypatch.setattr(file_handles, "final_path", nobody_knows)
    held = LockerHold(bare(file, vanish=True))
    held.take()
    held.release()
    assert is_free(file)
    assert held.error == FILE_NOT_FOUND
    assert held.released_ns is not None


# the process


def test_it_says_whether_its_timer_is_precise(locker: LockerProcess) -> None:
    timer = waiting.Timer()
    assert locker.precise_timer == timer.is_precise
    timer.close()


def test_closing_it_ends_the_process_and_its_holds(file: Path) -> None:
    locker = LockerProcess()
    locker.schedule_holds([hold(file)])
    locker.close()
    assert locker._process.poll() == 0
    assert is_free(file)


def test_it_ends_when_its_input_does(own_locker: LockerProcess, file: Path) -> None:
    own_locker.schedule_holds([hold(file)])
    assert own_locker._process.stdin is not None
    own_locker._process.stdin.close()
    assert own_locker._process.wait(PATIENCE_S) == 0
    assert is_free(file)


def test_it_ends_with_the_job_even_if_its_input_goes_on(own_locker: LockerProcess, file: Path) -> None:
    own_locker.schedule_holds([hold(file)])
    assert own_locker._job is not None
    file_handles.close(own_locker._job)
    own_locker._job = jobs.create_job()  # for the fixture to close
    own_locker._process.wait(PATIENCE_S)
    wait_until(lambda: is_free(file))


HARNESS = """
import os, sys
from harness.holds.handles import Hold, SHARE_NAMES
from harness.platform.windows.locker_process import LockerProcess
locker = LockerProcess()
locker.schedule_holds([Hold("source", sys.argv[1], share=SHARE_NAMES["none"])])
print(os.getpid(), locker.process_id, flush=True)
sys.stdin.read()
"""


def test_it_ends_with_a_harness_that_is_killed(file: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-X", "utf8", "-c", HARNESS, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as harness:
        assert harness.stdout is not None
        process, locker = map(int, harness.stdout.readline().split())
        assert open_code(file) == SHARING_VIOLATION
        assert locker != process
        os.kill(process, signal.SIGTERM)  # which is TerminateProcess
        wait_until(lambda: is_free(file))


def test_when_it_was_killed_the_holds_are_lost_and_the_next_one_works(
    own_locker: LockerProcess, file: Path
) -> None:
    own_locker.schedule_holds([hold(file)])
    os.kill(own_locker.process_id, signal.SIGTERM)
    with pytest.raises(HoldLostError, match=r"^the locker has ended: no reason given$"):
        own_locker.end()
    wait_until(lambda: is_free(file))
    following = LockerProcess()
    following.schedule_holds([hold(file)])
    assert open_code(file) == SHARING_VIOLATION
    following.close()


def test_what_a_locker_said_last_is_told(own_locker: LockerProcess) -> None:
    with pytest.raises(HoldLostError, match=r"^the locker has ended: IndexError: list index"):
        own_locker.release(7)


def test_what_a_locker_said_last_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    really_note = LockerProcess._note_errors

    def note_late(self: LockerProcess) -> None:
        time.sleep(0.3)
        really_note(self)

    monkeypatch.setenv("PYTHONHOME", "nowhere")  # so that it ends at once
    monkeypatch.setattr(LockerProcess, "_note_errors", note_late)
    with pytest.raises(HoldLostError, match=r"^the locker has ended: (?!no reason given)"):
        LockerProcess()


class Suspended:
    """A process that stands still meanwhile."""

    def __init__(self, process_id: int) -> None:
        open_process = library.declare("HANDLE kernel32.OpenProcess(DWORD, BOOL, DWORD)")
        self.process = open_process(PROCESS_SUSPEND_RESUME, False, process_id)

    def __enter__(self) -> None:
        assert library.declare("STATUS ntdll.NtSuspendProcess(HANDLE)")(self.process) == 0

    def __exit__(self, *_: object) -> None:
        assert library.declare("STATUS ntdll.NtResumeProcess(HANDLE)")(self.process) == 0
        file_handles.close(self.process)


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next(
    own_locker: LockerProcess, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Suspended(own_locker.process_id), monkeypatch.context() as patch:
        patch.setattr(locker_process, "ANSWER_S", 0.05)
        with pytest.raises(HoldLostError, match=r"^the locker does not answer: no reason given$"):
            own_locker.schedule_holds([hold(file)])
    wait_until(lambda: not own_locker._answers.empty())  # now it is there
    with pytest.raises(HoldLostError, match=r"^the locker does not answer"):
        own_locker.end()


def test_a_locker_that_does_not_answer_is_ended(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locker = LockerProcess()
    locker.schedule_holds([hold(file)])
    with Suspended(locker.process_id), monkeypatch.context() as patch:
        patch.setattr(locker_process, "END_S", 0.05)
        locker.close()
        wait_until(lambda: is_free(file))
    locker._process.wait(PATIENCE_S)


def test_a_locker_that_does_not_start_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "nowhere")
    with pytest.raises(HoldLostError, match=r"^the locker has ended: "):
        LockerProcess()


def test_it_is_given_longer_than_a_scanner_keeps_an_open_waiting() -> None:
    """Microsoft, "Configure extended cloud block timeout": at most 10 s by default and 50 s more."""
    assert locker_process.ANSWER_S > 10 + 50
