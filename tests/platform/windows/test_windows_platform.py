"""The platform: trials in real time, holds that end with failures, and what Wine cannot do."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.platform.base import Task

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.clock import NS_PER_MS
from harness.holds.handles import SHARE_NAMES, Hold
from harness.holds.volume import Volume
from harness.platform.base import HoldLostError
from harness.platform.windows.win32 import file_handles, file_names, library
from harness.platform.windows.windows_platform import WindowsPlatform
from harness.platform.windows.windows_rules import find_rules
from harness.winerror import ACCESS_DENIED, ALREADY_EXISTS, FILE_NOT_FOUND, SHARING_VIOLATION

if TYPE_CHECKING:
    from harness.strategy.file_calls import RenamePrimitive

WINE = library.wine_version() is not None
on_wine = pytest.mark.skipif(not WINE, reason="what Wine lacks")
children_block = pytest.mark.skipif(find_rules() != "ntfs", reason="stock Wine lets the directory go")


@pytest.fixture(scope="module")
def one_platform() -> Iterator[WindowsPlatform]:
    """Its locker is started once: it takes a while."""
    made = WindowsPlatform()
    yield made
    made.close()


@pytest.fixture
def platform(one_platform: WindowsPlatform) -> Iterator[WindowsPlatform]:
    """In a trial that has begun."""
    one_platform.get_ready()
    one_platform.begin_trial(attempt_cost_ms=0)
    yield one_platform
    one_platform.end_trial()


@pytest.fixture
def own_platform() -> Iterator[WindowsPlatform]:
    """One whose locker the test may end."""
    made = WindowsPlatform()
    made.get_ready()
    made.begin_trial(attempt_cost_ms=0)
    yield made
    made.close()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "Jürgen 太郎 🚀"
    folder.mkdir()
    path = folder / "source"
    path.write_bytes(b"new")
    return path


@pytest.fixture
def target(source: Path) -> Path:
    path = source.with_name("target")
    path.write_bytes(b"old")
    return path


def code_of(call: Callable[..., object], *arguments: Any) -> int:
    """The code that a call gives; 0 if it succeeds."""
    try:
        call(*(str(each) if isinstance(each, Path) else each for each in arguments))
    except OSError as error:
        return error.winerror
    return 0


def rename_code(
    platform: WindowsPlatform, source: Path | str, target: Path, how: RenamePrimitive = "move-replace"
) -> int:
    return code_of(platform.files.rename, source, target, how)


def hold(path: Path, share: str = "none", **more: Any) -> Hold:
    return Hold("source", str(path), share=SHARE_NAMES[share], **more)


# time


def test_a_trial_begins_at_zero_and_goes_on_in_real_time(platform: WindowsPlatform) -> None:
    for _ in range(2):
        before = time.perf_counter_ns()
        platform.get_ready()
        platform.begin_trial(attempt_cost_ms=0)
        now = platform.clock.now_ns()
        platform.clock.sleep(0.001)
        later = platform.clock.now_ns()
        assert 0 <= now < later <= time.perf_counter_ns() - before


def test_receipts_are_in_the_time_of_the_trial(
    platform: WindowsPlatform, source: Path, target: Path
) -> None:
    before = platform.clock.now_ns()
    platform.schedule_holds([hold(source, release_after_failures=1), hold(target)])
    scheduled = platform.clock.now_ns()
    rename_code(platform, source, source.with_name("moved"))
    released = platform.clock.now_ns()
    first, second = platform.end_trial()
    assert first.opened_ns is not None
    assert first.released_ns is not None
    assert before <= first.opened_ns <= first.planned_ns <= scheduled <= first.released_ns <= released
    assert second.opened_ns is not None
    assert (first.opened_ns <= second.opened_ns <= scheduled, second.released_ns) == (True, None)


def test_a_hold_that_was_never_taken_has_only_the_time_it_was_planned_for(
    platform: WindowsPlatform, source: Path
) -> None:
    platform.schedule_holds(
        [hold(source.with_name("absent"), starts_ns=0), hold(source, starts_ns=10**12)]
    )
    absent, late = platform.end_trial()
    assert (absent.opened_ns, absent.released_ns, absent.error) == (None, None, FILE_NOT_FOUND)
    assert (late.opened_ns, late.released_ns, late.error) == (None, None, None)
    assert late.planned_ns == absent.planned_ns + 10**12


def test_receipts_come_in_the_order_of_scheduling_and_only_once(
    platform: WindowsPlatform, source: Path, target: Path
) -> None:
    holds = [hold(target), hold(source)]
    for each in holds:
        platform.schedule_holds([each])
    assert [receipt.hold for receipt in platform.end_trial()] == holds
    assert platform.end_trial() == []


def test_the_end_of_a_trial_lets_go(platform: WindowsPlatform, source: Path) -> None:
    platform.schedule_holds([hold(source)])
    platform.end_trial()
    assert rename_code(platform, source, source.with_name("moved")) == 0


# holds that end with failures


@pytest.mark.parametrize("failures", [1, 2, 5])
def test_a_hold_ends_with_the_failure_it_was_told_to_end_with(
    failures: int, platform: WindowsPlatform, source: Path
) -> None:
    platform.schedule_holds([hold(source, release_after_failures=failures)])
    codes = [rename_code(platform, source, source.with_name("moved")) for _ in range(failures + 1)]
    assert codes == [SHARING_VIOLATION] * failures + [0]


def test_each_trial_counts_anew(platform: WindowsPlatform, source: Path) -> None:
    moved = source.with_name("moved")
    platform.schedule_holds([hold(source, release_after_failures=2)])
    rename_code(platform, source, moved)
    platform.end_trial()
    platform.get_ready()
    platform.begin_trial(attempt_cost_ms=0)
    platform.schedule_holds([hold(source, release_after_failures=2)])
    assert [rename_code(platform, source, moved) for _ in range(3)] == [SHARING_VIOLATION] * 2 + [0]


def test_each_hold_counts_by_itself(platform: WindowsPlatform, source: Path, target: Path) -> None:
    platform.schedule_holds([hold(source), hold(target, release_after_failures=3)])
    platform.schedule_holds(
        [hold(source.parent / "absent"), hold(target, "rwd", release_after_failures=1)]
    )
    codes = [code_of(platform.files.read_file, target) for _ in range(4)]
    assert codes == [SHARING_VIOLATION] * 3 + [0]
    assert code_of(platform.files.read_file, source) == SHARING_VIOLATION


def test_a_call_onto_a_held_file_counts(platform: WindowsPlatform, source: Path, target: Path) -> None:
    platform.schedule_holds([hold(target, release_after_failures=2)])
    codes = [rename_code(platform, source, target) for _ in range(3)]
    assert codes == [ACCESS_DENIED, ACCESS_DENIED, 0]


def test_every_kind_of_call_counts(platform: WindowsPlatform, source: Path, target: Path) -> None:
    files, path = platform.files, str(target)
    calls: list[Callable[[], object]] = [
        lambda: files.rename(str(source), path, "replace-file"),
        lambda: files.delete_file(path),
        lambda: files.delete_file(path, "posix-delete"),
        lambda: files.copy_file(str(source), path),
        lambda: files.copy_file(path, str(source)),
        lambda: files.create_hard_link(str(source), path),
        lambda: files.read_file(path),
        lambda: files.rewrite_file(path, b""),
        lambda: files.add_resource(path, "NAME", b""),
        lambda: files.remove_directory(path),
    ]
    for call in calls:
        platform.schedule_holds([hold(target, release_after_failures=1)])
        assert code_of(call) != 0
        assert code_of(files.read_file, target) == 0, "it was let go of"
        platform.end_trial()


@children_block
def test_a_call_on_a_directory_counts_for_what_is_held_in_it(
    platform: WindowsPlatform, source: Path
) -> None:
    platform.schedule_holds([hold(source, "rwd", release_after_failures=2)])
    moved = source.parent.with_name("moved")
    codes = [rename_code(platform, source.parent, moved, "move") for _ in range(3)]
    assert codes == [ACCESS_DENIED, ACCESS_DENIED, 0]


def test_a_call_counts_for_a_hold_on_the_parent(
    platform: WindowsPlatform, source: Path, target: Path
) -> None:
    platform.schedule_holds([hold(source.parent, "rw", release_after_failures=2)])
    codes = [rename_code(platform, source, target, "move") for _ in range(2)]
    assert codes == [ALREADY_EXISTS] * 2
    assert rename_code(platform, source.parent, source.parent.with_name("moved")) == 0


@pytest.mark.parametrize("spelling", [lambda path: f"\\\\?\\{path}", str.upper])
def test_a_call_counts_however_it_spells_the_path(
    spelling: Callable[[str], str], platform: WindowsPlatform, source: Path
) -> None:
    platform.schedule_holds([hold(source, release_after_failures=1)])
    spelled = spelling(str(source))
    moved = source.with_name("moved")
    assert [rename_code(platform, spelled, moved) for _ in range(2)] == [SHARING_VIOLATION, 0]


def test_calls_that_concern_other_files_do_not_count(platform: WindowsPlatform, source: Path) -> None:
    similar = source.with_name(f"{source.name}-2")
    platform.schedule_holds([hold(source, release_after_failures=1)])
    for other in (similar, source.with_name("sour"), source.parent.with_name("absent")):
        assert rename_code(platform, other, similar) != 0
        assert code_of(platform.files.remove_directory, other) != 0
    assert code_of(platform.files.read_file, source) == SHARING_VIOLATION


def test_calls_that_succeed_do_not_count(platform: WindowsPlatform, source: Path, target: Path) -> None:
    platform.schedule_holds([hold(source, "r", release_after_failures=1)])
    assert platform.files.read_file(str(source)) == b"new"
    platform.files.copy_file(str(source), str(target))
    assert rename_code(platform, source, target) == SHARING_VIOLATION


# driving


def steps(log: list[str], name: str, *, succeeds: bool = True) -> Task:
    try:
        for _ in range(3):
            log.append(name)
            yield 0.001
    finally:
        log.append(f"{name} closed")
    return succeeds


@pytest.mark.parametrize(
    ("concurrency", "order"), [(1, ["a", "a", "a", "a closed", "b", "b", "b", "b closed"]), (2, None)]
)
def test_tasks_are_driven_one_by_one_or_at_the_same_time(
    concurrency: int, order: list[str] | None, platform: WindowsPlatform
) -> None:
    log: list[str] = []
    platform.drive([steps(log, "a"), steps(log, "b")], concurrency)
    assert sorted(log) == ["a"] * 3 + ["a closed"] + ["b"] * 3 + ["b closed"]
    if order is not None:
        assert log == order


@pytest.mark.parametrize("concurrency", [1, 2])
@pytest.mark.parametrize("how", ["fails", "raises"])
def test_all_tasks_are_closed_however_driving_ends(
    how: str, concurrency: int, platform: WindowsPlatform
) -> None:
    closed: list[str] = []

    def begun(name: str) -> Task:
        """A task that has begun, and waits for ages."""

        def task() -> Task:
            try:
                yield 0
                yield 600
            finally:
                closed.append(name)
            return True

        made = task()
        next(made)
        return made

    def ends() -> Task:
        yield 0
        if how == "raises":
            raise OSError("refused")
        return False

    tasks = [ends(), begun("a"), begun("b")]
    if how == "raises":
        with pytest.raises(OSError, match="refused"):
            platform.drive(tasks, concurrency)
    else:
        platform.drive(tasks, concurrency)
    assert sorted(closed) == ["a", "b"]


def test_a_strategy_that_waits_meets_the_end_of_a_hold(platform: WindowsPlatform, source: Path) -> None:
    codes = []

    def retries() -> Task:
        while True:
            codes.append(rename_code(platform, source, source.with_name("moved")))
            if codes[-1] == 0:
                return True
            yield 0.005

    platform.schedule_holds([hold(source, duration_ns=30 * NS_PER_MS)])
    platform.drive([retries()], concurrency=1)
    (receipt,) = platform.end_trial()
    assert codes[0] == SHARING_VIOLATION
    assert receipt.released_ns is not None
    assert receipt.released_ns <= platform.clock.now_ns()


# the locker


@pytest.mark.parametrize("when", ["before scheduling", "while it holds"])
def test_a_lost_locker_costs_one_trial(when: str, own_platform: WindowsPlatform, source: Path) -> None:
    assert own_platform._locker is not None
    lost = own_platform._locker
    if when == "while it holds":
        own_platform.schedule_holds([hold(source)])
    os.kill(lost.process_id, signal.SIGTERM)
    lost._process.wait(30)
    if when == "before scheduling":
        with pytest.raises(HoldLostError, match="the locker has ended"):
            own_platform.schedule_holds([hold(source)])
    with pytest.raises(HoldLostError, match="the locker has ended"):
        own_platform.end_trial()

    own_platform.get_ready()
    own_platform.begin_trial(attempt_cost_ms=0)
    own_platform.schedule_holds([hold(source)])
    assert rename_code(own_platform, source, source.with_name("moved")) == SHARING_VIOLATION
    (receipt,) = own_platform.end_trial()
    assert (receipt.opened_ns is not None, receipt.error) == (True, None)
    assert own_platform._locker is not lost


def test_a_trial_without_holds_asks_nothing_of_the_locker(own_platform: WindowsPlatform) -> None:
    assert own_platform._locker is not None
    own_platform._locker.close()
    own_platform._locker = None
    own_platform.schedule_holds([])
    assert own_platform.end_trial() == []


def test_without_a_locker_nothing_can_be_held(source: Path) -> None:
    platform = WindowsPlatform()
    with pytest.raises(HoldLostError, match="the locker has ended"):
        platform.schedule_holds([hold(source)])


def test_closing_ends_the_locker_and_may_be_repeated(
    own_platform: WindowsPlatform, source: Path
) -> None:
    own_platform.schedule_holds([hold(source)])
    own_platform.close()
    own_platform.close()
    assert rename_code(own_platform, source, source.with_name("moved")) == 0


# what this machine is


def test_it_says_what_it_is(platform: WindowsPlatform) -> None:
    assert platform.name == ("wine" if WINE else "windows")
    assert platform.is_real_time
    assert platform.rules in ({"ntfs", "stock"} if WINE else {None})
    assert platform.work_parent(1 << 40) is None


def test_windows_emulates_no_volume_and_wine_says_what_else_it_cannot(platform: WindowsPlatform) -> None:
    emulated_only = {"file-systems", "other-volume", "own-errors"}
    assert emulated_only <= platform.cannot.keys()
    assert (platform.cannot.keys() > emulated_only) == WINE
    assert ("open-child-blocks-rename" in platform.cannot) == (platform.rules == "stock")
    assert all(reason and not reason.endswith(".") for reason in platform.cannot.values())


@on_wine
def test_what_wine_cannot_is_so(platform: WindowsPlatform, source: Path, target: Path) -> None:
    """With the calls and holds of trials; the platform itself tried it with handles of its own."""
    files = platform.files

    def laid_down() -> None:
        source.write_bytes(b"new")
        target.write_bytes(b"old")

    def deletes_while_open() -> bool:
        files.delete_file(str(target))
        return not target.exists()

    def posix_delete() -> bool:
        return code_of(files.delete_file, target, "posix-delete") == 0 and not target.exists()

    def range_locks() -> bool:
        return code_of(files.read_file, source) != 0

    def target_parent() -> bool:
        return rename_code(platform, source, source.with_name("moved")) != 0

    tries: dict[str, tuple[Hold, Callable[[], bool]]] = {
        "posix-rename": (
            hold(target, "rwd"),
            lambda: rename_code(platform, source, target, "posix-rename") == 0,
        ),
        "posix-delete": (hold(target, "rwd"), posix_delete),
        "range-locks": (hold(source, "rwd", locks_bytes=True), range_locks),
        "deletes-while-open": (hold(target, "rwd"), deletes_while_open),
        "target-parent-holds": (hold(source.parent, "r"), target_parent),
    }
    found = {}
    for name, (held, works) in tries.items():
        laid_down()
        platform.schedule_holds([held])
        found[name] = works()
        platform.end_trial()
    assert found == {name: name not in platform.cannot for name in tries}


@on_wine
def test_wine_is_asked_again_whether_its_rules_are_what_it_said(
    own_platform: WindowsPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_platform.end_trial()
    assert own_platform.what_changed() is None
    own_platform.close()  # a lost locker is no change of the rules
    assert own_platform.what_changed() is None
    found = own_platform.rules
    other = "stock" if found == "ntfs" else "ntfs"
    monkeypatch.setattr(own_platform, "rules", other)
    assert own_platform.what_changed() == (
        f"Wine followed the rules {other} at first, and now it follows {found}"
    )


@pytest.mark.skipif(WINE, reason="Wine follows rules of its own")
def test_windows_follows_no_rules_but_its_own(platform: WindowsPlatform) -> None:
    assert platform.rules is None
    assert platform.what_changed() is None


def test_the_rules_are_found_by_trying_and_nothing_of_it_stays(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rules = find_rules()
    assert os.listdir(tmp_path) == [source.parent.name]
    with file_handles.opened(str(source), file_handles.GENERIC_READ, file_handles.FILE_SHARE_ALL):
        code = code_of(file_names.move, source.parent, source.parent.with_name("moved"), 0)
    assert (rules, code) in {("ntfs", ACCESS_DENIED), ("stock", 0)}
    assert WINE or rules == "ntfs"


def test_paths_are_spelled_as_asked(platform: WindowsPlatform, source: Path) -> None:
    plain = str(source)
    assert platform.spell(plain, "plain") == plain
    assert platform.spell(plain, "verbatim") == f"\\\\?\\{plain}"
    assert os.path.samefile(platform.spell(plain, "verbatim"), plain)


def test_classic_deletes_keep_a_folder_from_being_removed_while_a_child_is_open(
    platform: WindowsPlatform, source: Path
) -> None:
    folder = source.parent / "old"
    folder.mkdir()
    child = folder / "child"
    child.write_bytes(b"old")
    platform.choose_volume(Volume(deletes="classic"), [])
    platform.schedule_holds([hold(child, "rwd")])
    platform.files.delete_file(str(child))
    held = code_of(platform.files.remove_directory, folder)
    platform.end_trial()
    platform.files.remove_directory(str(folder))
    platform.choose_volume(None, [])
    assert (held, folder.exists()) == (145, False)


@on_wine
def test_wine_cannot_tell_who_holds_a_file(platform: WindowsPlatform, source: Path) -> None:
    platform.schedule_holds([hold(source)])
    assert list(platform.holders(str(source))) == []
