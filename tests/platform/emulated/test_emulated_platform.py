"""The event queue of the emulated platform: tasks in virtual time, in an order that never varies."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.clock import NS_PER_MS, NS_PER_S
from harness.errors import InvalidInputError, NotSupportedError
from harness.holds.handles import Hold, Share
from harness.platform.emulated.emulated_platform import MEMORY, EmulatedPlatform
from harness.platform.registry import get_platform
from harness.strategy import Attempt, Install, Operation, get_strategy
from harness.winerror import winerror_of

if TYPE_CHECKING:
    from harness.platform.base import Task


class Log:
    """What tasks did, in the order in which they did it: (name, milliseconds)."""

    def __init__(self, platform: EmulatedPlatform) -> None:
        self.platform = platform
        self.steps: list[tuple[str, float]] = []
        self.closed: list[str] = []

    def note(self, name: str) -> None:
        self.steps.append((name, self.platform.clock.now_ns() / NS_PER_MS))

    def task(self, name: str, waits_ms: Sequence[float], *, succeeds: bool = True) -> Task:
        """Note one step before each wait and one after the last."""
        try:
            for wait_ms in waits_ms:
                self.note(name)
                yield wait_ms / 1000
            self.note(name)
        except GeneratorExit:
            self.closed.append(name)
            raise
        return succeeds

    @property
    def names(self) -> str:
        return "".join(name for name, _ in self.steps)


@pytest.fixture
def platform() -> EmulatedPlatform:
    made = EmulatedPlatform()
    made.begin_trial(attempt_cost_ms=0)
    return made


@pytest.fixture
def log(platform: EmulatedPlatform) -> Log:
    return Log(platform)


# the order of tasks


def test_tasks_take_turns_by_time_and_not_by_order(platform: EmulatedPlatform, log: Log) -> None:
    platform.drive([log.task("a", [30, 30]), log.task("b", [10, 10, 25])], concurrency=2)
    assert log.steps == [
        ("a", 0),
        ("b", 0),
        ("b", 10),
        ("b", 20),
        ("a", 30),
        ("b", 45),
        ("a", 60),
    ]


def test_of_two_tasks_whose_time_has_come_the_earlier_one_goes_first(
    platform: EmulatedPlatform, log: Log
) -> None:
    platform.drive([log.task("a", [20]), log.task("b", [10, 10]), log.task("c", [20])], concurrency=3)
    assert log.steps[-3:] == [("a", 20), ("b", 20), ("c", 20)]


def test_a_task_has_the_time_that_its_own_calls_took(tmp_path: Path) -> None:
    platform = EmulatedPlatform()
    platform.begin_trial(attempt_cost_ms=0.3)
    log = Log(platform)
    file = tmp_path / "file"
    file.touch()

    def reading(name: str) -> Task:
        for _ in range(2):
            platform.files.read_file(str(file))
            log.note(name)
            yield 0.001
        return True

    platform.drive([reading("a"), reading("b")], concurrency=2)

    assert log.steps == [("a", 0.3), ("b", 0.3), ("a", 1.6), ("b", 1.6)]


def test_no_more_tasks_are_under_way_than_allowed(platform: EmulatedPlatform, log: Log) -> None:
    tasks = [log.task("a", [50]), log.task("b", [20]), log.task("c", [20]), log.task("d", [5])]
    platform.drive(tasks, concurrency=2)
    assert log.steps == [
        ("a", 0),
        ("b", 0),
        ("b", 20),
        ("c", 20),  # begins when b has ended
        ("c", 40),
        ("d", 40),
        ("d", 45),
        ("a", 50),
    ]


def test_one_at_a_time_is_one_after_the_other(platform: EmulatedPlatform, log: Log) -> None:
    platform.drive([log.task("a", [10, 10]), log.task("b", [5]), log.task("c", [])], concurrency=1)
    assert log.names == "aaabbc"
    assert platform.clock.now_ns() == 25 * NS_PER_MS


def test_the_clock_ends_with_the_task_that_ends_last(platform: EmulatedPlatform, log: Log) -> None:
    platform.drive([log.task("a", [70]), log.task("b", [10])], concurrency=2)
    assert platform.clock.now_ns() == 70 * NS_PER_MS


def test_the_clock_ends_with_a_call_that_outlasts_the_other_tasks(
    platform: EmulatedPlatform, log: Log
) -> None:
    def slow() -> Task:
        yield 0.010
        platform.clock.sleep(0.040)  # as a call does that waits for a holder
        return True

    platform.drive([slow(), log.task("a", [20])], concurrency=2)
    assert log.steps == [("a", 0), ("a", 20)]
    assert platform.clock.now_ns() == 50 * NS_PER_MS


def test_tasks_start_at_the_time_it_is(platform: EmulatedPlatform, log: Log) -> None:
    platform.clock.sleep(1)
    platform.drive([log.task("a", [5]), log.task("b", [])], concurrency=2)
    assert log.steps == [("a", 1000), ("b", 1000), ("a", 1005)]


def test_a_location_changes_nothing_here_so_none_is_found(platform: EmulatedPlatform) -> None:
    with pytest.raises(NotSupportedError, match="has no effect on the emulated platform"):
        platform.find_folder("%TEMP%")


def test_without_tasks_no_time_passes(platform: EmulatedPlatform) -> None:
    platform.drive([], concurrency=4)
    assert platform.clock.now_ns() == 0


waits_ms = st.lists(st.integers(0, 30), max_size=6)


@settings(deadline=None)
@given(waits=st.lists(waits_ms, max_size=6), concurrency=st.integers(1, 7))
def test_any_tasks_keep_their_own_times_within_the_limit(
    waits: list[list[int]], concurrency: int
) -> None:
    platform = EmulatedPlatform()
    log = Log(platform)
    names = [chr(ord("a") + number) for number in range(len(waits))]
    platform.drive([log.task(*one) for one in zip(names, waits, strict=True)], concurrency)

    times = [when for _, when in log.steps]
    assert times == sorted(times)
    spans = {}
    for name, own in zip(names, waits, strict=True):
        steps = [when for who, when in log.steps if who == name]
        assert [later - earlier for earlier, later in pairwise(steps)] == own
        spans[name] = (steps[0], steps[-1])
    for moment in times:
        assert sum(begin <= moment < end for begin, end in spans.values()) <= concurrency
    assert platform.clock.now_ns() / NS_PER_MS == max(times, default=0)


@settings(deadline=None)
@given(waits=st.lists(waits_ms, max_size=6), concurrency=st.integers(1, 7))
def test_the_same_tasks_go_in_the_same_order_again(waits: list[list[int]], concurrency: int) -> None:
    logs = [Log(EmulatedPlatform()) for _ in range(2)]
    for log in logs:
        tasks = [log.task(str(number), own) for number, own in enumerate(waits)]
        log.platform.drive(tasks, concurrency)
    assert logs[0].steps == logs[1].steps


# failing


def test_after_a_task_fails_no_other_goes_on(platform: EmulatedPlatform, log: Log) -> None:
    tasks = [
        log.task("a", [100]),
        log.task("b", [30], succeeds=False),
        log.task("c", [10, 10, 10]),
        log.task("d", [10]),
    ]
    platform.drive(tasks, concurrency=3)
    assert log.names == "abcccb"
    assert log.closed == ["a", "c"]  # and d never began
    assert platform.clock.now_ns() == 30 * NS_PER_MS, "the clock stays where the failure was"


def test_a_task_that_was_closed_has_let_go_of_what_it_had(platform: EmulatedPlatform) -> None:
    let_go = []

    def holding() -> Task:
        try:
            yield 10
        finally:
            let_go.append("file")
        return True

    platform.drive([holding(), Log(platform).task("fails", [], succeeds=False)], concurrency=2)
    assert let_go == ["file"]


def test_what_a_task_raises_comes_through(platform: EmulatedPlatform, log: Log) -> None:
    def broken() -> Task:
        yield 0.005
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        platform.drive([log.task("a", [10]), broken()], concurrency=2)
    assert log.names == "a"


# virtual time


def test_a_minute_of_waiting_is_a_minute_on_the_clock_and_no_more(
    platform: EmulatedPlatform, log: Log
) -> None:
    platform.drive([log.task("a", [60_000])], concurrency=1)
    assert platform.clock.now_ns() == 60 * NS_PER_S


def test_a_hundred_waits_of_a_tenth_of_a_second_end_at_ten_seconds_sharp(
    platform: EmulatedPlatform, log: Log
) -> None:
    platform.drive([log.task("a", [100] * 100)], concurrency=1)
    assert platform.clock.now_ns() == 10 * NS_PER_S


# holds and strategies


def test_every_task_meets_the_holds_that_are_in_force_at_its_own_time(tmp_path: Path) -> None:
    """Two installs persist one file each; the file of the second is held for 25 ms."""
    platform = EmulatedPlatform()
    platform.begin_trial(attempt_cost_ms=0.5)
    strategy = get_strategy("exponential", initial_ms=10, factor=2)
    attempts: dict[str, list[tuple[float, int]]] = {"free": [], "held": []}

    def install(name: str) -> Task:
        source, target = tmp_path / name, tmp_path / f"{name}.new"
        source.touch()

        def call() -> None:
            began = platform.clock.now_ns() / NS_PER_MS
            try:
                platform.files.rename(str(source), str(target), "move")
            except OSError as error:
                attempts[name].append((began, winerror_of(error) or -1))
                raise
            attempts[name].append((began, 0))

        yield 0.0
        try:
            call()
        except OSError as error:
            operation = Operation("rename", "move", str(source), str(target), call)
            attempt = Attempt(operation, Install(), platform.clock, random.Random(0), 0)
            yield from strategy.retries(attempt, error)
        return True

    held = Hold("source", str(tmp_path / "held"), share=Share.READ, duration_ns=25 * NS_PER_MS)
    (tmp_path / "held").touch()
    platform.schedule_holds([held])
    platform.drive([install("held"), install("free")], concurrency=2)

    assert attempts == {"held": [(0, 32), (10.5, 32), (31, 0)], "free": [(0, 0)]}
    assert platform.clock.now_ns() == 31.5 * NS_PER_MS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["free.new", "held.new"]
    (receipt,) = platform.end_trial()
    assert (receipt.opened_ns, receipt.released_ns) == (0, 25 * NS_PER_MS)


def test_a_trial_begins_at_zero_with_nothing_held(platform: EmulatedPlatform, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    platform.schedule_holds([Hold("source", str(file), share=Share.NONE)])
    platform.clock.sleep(5)
    with pytest.raises(PermissionError):
        platform.files.read_file(str(file))

    platform.begin_trial(attempt_cost_ms=0.3)

    assert platform.clock.now_ns() == 0
    platform.files.read_file(str(file))
    assert platform.clock.now_ns() == 0.3 * NS_PER_MS
    assert platform.end_trial() == []


def test_a_refused_call_takes_as_long_as_one_that_goes_through(tmp_path: Path) -> None:
    platform = EmulatedPlatform()
    platform.begin_trial(attempt_cost_ms=0.3)
    with pytest.raises(FileNotFoundError):
        platform.files.read_file(str(tmp_path / "missing"))
    assert platform.clock.now_ns() == 0.3 * NS_PER_MS


def test_holds_count_from_when_they_are_scheduled_and_end_with_the_trial(
    platform: EmulatedPlatform, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    platform.clock.sleep(2)
    short = Hold("source", str(file), starts_ns=NS_PER_S, duration_ns=NS_PER_S)
    late = Hold("source", str(file), starts_ns=60 * NS_PER_S)
    platform.schedule_holds([late, short])
    platform.clock.sleep(10)

    receipts = platform.end_trial()

    assert [receipt.hold for receipt in receipts] == [late, short]
    assert [receipt.opened_ns for receipt in receipts] == [None, 3 * NS_PER_S]
    assert [receipt.released_ns for receipt in receipts] == [None, 4 * NS_PER_S]
    platform.files.delete_file(str(file))


def test_classic_delete_semantics_can_be_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    platform = EmulatedPlatform("classic")
    platform.begin_trial(attempt_cost_ms=0)
    platform.schedule_holds([Hold("source", str(file))])
    platform.files.delete_file(str(file))
    assert file.exists()
    platform.end_trial()
    assert not file.exists()


# what it says of itself


def test_it_is_found_by_its_name_and_says_that_its_clock_is_virtual() -> None:
    platform = get_platform("emulated")
    assert platform.name == "emulated"
    assert not platform.is_real_time
    assert "virtual" in platform.describe({}, {}).facts["clock"]
    assert "not measured" in platform.describe({}, {}).facts["sharing_rules"]


def test_an_unknown_platform_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InvalidInputError, match="'amiga'") as refused:
        get_platform("amiga")
    assert "emulated" in (refused.value.hint or "")


def test_it_does_not_work_in_memory_that_is_not_there(
    platform: EmulatedPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.delenv(name, raising=False)
    assert platform.work_parent(1 << 60) is None
    assert platform.work_parent(1) in {None, MEMORY}


def test_it_works_where_the_user_wants_temporary_files(
    platform: EmulatedPlatform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert platform.work_parent(1) is None


def test_a_task_that_looks_at_files_finds_what_was_due_by_then(tmp_path: Path) -> None:
    """A deleted file has its name until it is closed, whether or not a call is made after that."""
    platform = EmulatedPlatform("classic")
    platform.begin_trial(attempt_cost_ms=0)
    path = tmp_path / "open.txt"
    path.touch()
    platform.schedule_holds([Hold("source", str(path), share=Share.DELETE, duration_ns=10 * NS_PER_MS)])
    seen = []

    def deleting() -> Task:
        yield 0.0
        platform.files.delete_file(str(path))
        for _ in range(3):
            seen.append(path.exists())
            yield 0.009
        return True

    platform.drive([deleting()], 1)
    assert seen == [True, True, False]
