"""Driving tasks in real time, on real threads."""

from __future__ import annotations

import inspect
import sys
import threading
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NoReturn

import pytest

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.platform.windows import concurrent_installs
from harness.platform.windows.concurrent_installs import drive_in_parallel, drive_one_by_one
from harness.platform.windows.rules_lab.other_calls import handles_of_this_process

if TYPE_CHECKING:
    from harness.platform.base import Task

LONG_S = 600.0
"""A wait that no test sits out: something ends it, or the test hangs."""
PATIENCE_S = 30.0
TICK_S = 0.016
"""A plain timer of Windows may end one tick of its clock early (learn.microsoft.com, "Sleep")."""


class Log:
    """What tasks did, in the order in which they did it."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.times: list[float] = []
        self.threads: set[int] = set()

    def note(self, name: str) -> None:
        self.steps.append(name)
        self.times.append(time.perf_counter())
        self.threads.add(threading.get_ident())

    def task(self, name: str, waits_s: Sequence[float] = (), *, succeeds: bool = True) -> Task:
        """Note one step before each wait and one after the last."""
        for wait_s in waits_s:
            self.note(name)
            yield wait_s
        self.note(name)
        return succeeds

    def waits_long_once(self, name: str, everybody: threading.Barrier) -> Task:
        """Wait for `everybody` to have begun, then for ages."""
        self.note(name)
        everybody.wait(PATIENCE_S)
        yield LONG_S
        self.note(f"{name} went on")
        return True


@pytest.fixture
def log() -> Log:
    return Log()


def fails_with(error: BaseException, everybody: threading.Barrier | None = None) -> Task:
    if everybody is not None:
        everybody.wait(PATIENCE_S)
    yield 0
    raise error


def one_by_one(tasks: Sequence[Task], concurrency: int) -> None:
    assert concurrency == 1
    drive_one_by_one(tasks)


if TYPE_CHECKING:
    Drive = Callable[[Sequence[Task], int], None]

WAYS: list[tuple[Drive, int]] = [
    (one_by_one, 1),
    (drive_in_parallel, 1),
    (drive_in_parallel, 3),
]


@pytest.mark.parametrize(("drive", "concurrency"), WAYS)
@pytest.mark.parametrize("count", [0, 1, 7])
def test_every_task_is_run_to_its_end(drive: Drive, concurrency: int, count: int, log: Log) -> None:
    drive([log.task(f"{number}", [0, 0.001]) for number in range(count)], concurrency)
    assert sorted(log.steps) == sorted(f"{number}" for number in range(count) for _ in range(3))


@pytest.mark.parametrize(("drive", "concurrency"), WAYS)
def test_waits_take_at_least_as_long_as_they_say(drive: Drive, concurrency: int, log: Log) -> None:
    drive([log.task("a", [0.04, 0.05])], concurrency)
    first, second = (end - begin for begin, end in pairwise(log.times))
    assert first >= 0.04 - TICK_S
    assert second >= 0.05 - TICK_S


@pytest.mark.parametrize(("drive", "concurrency"), WAYS[:2])
def test_one_at_a_time_means_in_order(drive: Drive, concurrency: int, log: Log) -> None:
    drive([log.task("a", [0.001, 0]), log.task("b", [0]), log.task("c")], concurrency)
    assert "".join(log.steps) == "aaabbc"


@pytest.mark.parametrize(("drive", "concurrency"), WAYS[:2])
def test_after_a_task_that_fails_no_other_begins(drive: Drive, concurrency: int, log: Log) -> None:
    drive([log.task("a"), log.task("b", [0], succeeds=False), log.task("c")], concurrency)
    assert "".join(log.steps) == "abb"


@pytest.mark.parametrize(("drive", "concurrency"), WAYS)
@pytest.mark.parametrize("error", [OSError("refused"), KeyboardInterrupt()])
def test_an_error_in_a_task_is_the_callers(
    drive: Drive,
    concurrency: int,
    error: BaseException,
    log: Log,
) -> None:
    with pytest.raises(type(error)) as raised:
        drive([fails_with(error), *(log.task("a", [LONG_S]) for _ in range(2))], concurrency)
    assert raised.value is error


def test_one_by_one_stays_on_the_callers_thread(log: Log) -> None:
    drive_one_by_one([log.task("a", [0]), log.task("b")])
    assert log.threads == {threading.get_ident()}


class Crowd:
    """Tasks that count how many of them are under way."""

    def __init__(self, expected: int) -> None:
        self.meeting = threading.Barrier(expected)
        self.counting = threading.Lock()
        self.now = self.most = 0

    def task(self) -> Task:
        with self.counting:
            self.now += 1
            self.most = max(self.most, self.now)
        self.meeting.wait(PATIENCE_S)
        yield 0.001
        with self.counting:
            self.now -= 1
        return True


@pytest.mark.parametrize(("tasks", "concurrency", "at_once"), [(6, 3, 3), (2, 5, 2), (4, 1, 1)])
def test_as_many_tasks_are_under_way_as_allowed_and_no_more(
    tasks: int, concurrency: int, at_once: int
) -> None:
    crowd = Crowd(at_once)
    drive_in_parallel([crowd.task() for _ in range(tasks)], concurrency)
    assert crowd.most == at_once
    assert crowd.now == 0


def test_a_task_that_fails_ends_the_waits_of_the_others(log: Log) -> None:
    everybody = threading.Barrier(3)

    def fails() -> Task:
        everybody.wait(PATIENCE_S)
        yield 0.01
        return False

    waiting = [log.waits_long_once(name, everybody) for name in "ab"]
    drive_in_parallel([*waiting, fails(), log.task("never begun")], concurrency=3)
    assert sorted(log.steps) == ["a", "b"]
    assert [inspect.getgeneratorstate(task) for task in waiting] == [inspect.GEN_SUSPENDED] * 2


def test_an_error_ends_the_waits_of_the_others_before_it_is_raised(log: Log) -> None:
    everybody = threading.Barrier(3)
    error = OSError("refused")
    waiting = [log.waits_long_once(name, everybody) for name in "ab"]
    with pytest.raises(OSError, match="refused"):
        drive_in_parallel([*waiting, fails_with(error, everybody), log.task("never begun")], 3)
    assert sorted(log.steps) == ["a", "b"]


def test_no_task_begins_in_the_place_of_one_that_ends_after_a_failure(log: Log) -> None:
    failing: list[threading.Thread] = []
    both = threading.Barrier(2)

    def fails() -> Task:
        failing.append(threading.current_thread())
        both.wait(PATIENCE_S)
        yield 0
        return False

    def succeeds_later() -> Task:
        both.wait(PATIENCE_S)
        failing[0].join(PATIENCE_S)  # a call that takes its time
        return True
        yield 0

    drive_in_parallel([fails(), succeeds_later(), log.task("never begun")], concurrency=2)
    assert log.steps == []


def test_a_task_that_never_waits_stops_too_when_another_fails() -> None:
    def fails() -> Task:
        yield 0
        return False

    def never_waits() -> Task:
        while True:
            yield 0

    drive_in_parallel([never_waits(), fails()], concurrency=2)  # which would never end


def test_nothing_runs_any_more_when_driving_ends(log: Log) -> None:
    before = threading.active_count()
    drive_in_parallel([log.task("a", [0.001]) for _ in range(4)], concurrency=2)
    assert threading.active_count() == before
    assert threading.get_ident() not in log.threads


def test_an_interrupt_of_the_caller_stops_the_tasks(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = threading.Barrier(3)

    def interrupted(_: float) -> None:
        everybody.wait(PATIENCE_S)
        raise KeyboardInterrupt  # as a Ctrl-C does while the caller sleeps

    monkeypatch.setattr(time, "sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        drive_in_parallel([log.waits_long_once(name, everybody) for name in "ab"], concurrency=2)
    assert sorted(log.steps) == ["a", "b"]


def test_a_thread_that_cannot_begin_is_an_error_of_the_caller(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_timer() -> NoReturn:
        raise OSError(0, "no system resources", None, 1450)

    monkeypatch.setattr(concurrent_installs, "Timer", no_timer)
    with pytest.raises(OSError, match="no system resources"):
        drive_in_parallel([log.task("a"), log.task("b")], concurrency=2)
    assert log.steps == []


def test_driving_leaves_no_handle_open(log: Log) -> None:
    drive_in_parallel([log.task("a")] * 2, concurrency=2)
    before = handles_of_this_process()
    for number in range(40):
        drive_in_parallel([log.task("a", succeeds=number % 2 == 0) for _ in range(2)], concurrency=2)
    assert handles_of_this_process() - before < 20
