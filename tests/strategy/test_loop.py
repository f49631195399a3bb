"""The persist loop: what it returns and raises, when it decides what, and what success costs."""

from __future__ import annotations

import math
import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

import pytest
import tenacity
from tenacity import RetryCallState, retry_never, stop_after_attempt, stop_never, wait_fixed, wait_none
from tenacity.retry import retry_base
from tenacity.stop import stop_base
from tenacity.wait import wait_base

from harness.clock import NS_PER_MS, VirtualClock
from harness.holds.handles import SHARE_ALL, SHARE_NAMES, Hold, Share
from harness.platform.emulated.emulated_files import EmulatedFileSystem
from harness.platform.emulated.lock_table import LockTable
from harness.strategy import (
    Attempt,
    Install,
    Operation,
    Strategy,
    get_strategy,
    retry_if_any_oserror,
    retry_if_winerror,
)
from harness.strategy.attempt import attempt_of
from harness.winerror import winerror_of

if TYPE_CHECKING:
    from harness.strategy.file_calls import RenamePrimitive


class Machine:
    """Real files that can be held, and a clock that waits cost nothing on."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = VirtualClock()
        self.table = LockTable()
        self.files = EmulatedFileSystem(self.clock, self.table)
        self.attempts_ms: list[float] = []

    def file(self, name: str) -> str:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        return str(path)

    def path(self, name: str) -> str:
        return str(self.root / name)

    def hold(
        self,
        path: str,
        *,
        share: Share = Share.NONE,
        start_ms: int = 0,
        for_ms: int | None = None,
    ) -> None:
        duration_ns = None if for_ms is None else for_ms * NS_PER_MS
        hold = Hold("source", path, share=share, starts_ns=start_ms * NS_PER_MS, duration_ns=duration_ns)
        self.table.schedule_hold(hold, 0)

    def rename(self, source: str, target: str, primitive: RenamePrimitive = "move-replace") -> None:
        """The primitive under test, which notes when it was called."""
        self.attempts_ms.append(self.clock.now_ns() / NS_PER_MS)
        self.files.rename(source, target, primitive)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


TEN_MS: Final = Strategy("ten-ms", retry_if_winerror(5, 32), wait_fixed(0.010), stop_after_attempt(4))


# results and errors


def test_persist_returns_what_the_primitive_returns(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_text("content")
    assert get_strategy("plain").persist(shutil.copyfile, source, target) == target


def test_persist_returns_what_the_attempt_that_succeeded_returned(machine: Machine) -> None:
    file = machine.file("file")
    machine.hold(file, for_ms=15)
    content = TEN_MS.persist(machine.files.read_file, file, clock=machine.clock)
    assert content == b"file"
    assert machine.clock.now_ns() == 20 * NS_PER_MS


def test_persist_takes_primitives_with_one_path(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    get_strategy("plain").persist(os.unlink, path)
    assert not path.exists()


def test_persist_waits_on_the_real_clock_unless_it_is_given_another(machine: Machine) -> None:
    """A wait of nothing, so that the test waits for nothing."""
    patient = Strategy("patient", retry_if_any_oserror(), wait_none(), stop_after_attempt(3))
    with pytest.raises(FileNotFoundError):
        patient.persist(os.rename, machine.path("missing"), machine.path("target"))


def test_persist_raises_the_last_error(machine: Machine) -> None:
    """First a file in the directory is open (5), then the directory itself is listed (32)."""
    source = machine.path("tree")
    machine.hold(machine.file("tree/file"), for_ms=15)
    machine.hold(source, share=SHARE_NAMES["rw"], start_ms=15)
    with pytest.raises(PermissionError) as raised:
        TEN_MS.persist(machine.rename, source, machine.path("new"), "move", clock=machine.clock)
    assert winerror_of(raised.value) == 32
    assert machine.attempts_ms == [0, 10, 20, 30]


def test_persist_raises_the_error_of_a_primitive_that_always_fails(machine: Machine) -> None:
    source = machine.file("source")
    machine.hold(source)
    with pytest.raises(PermissionError) as raised:
        TEN_MS.persist(machine.rename, source, machine.path("target"), clock=machine.clock)
    assert winerror_of(raised.value) == 32
    assert machine.attempts_ms == [0, 10, 20, 30]
    assert os.path.exists(source)


def test_an_error_that_no_system_call_made_passes_through_at_once() -> None:
    patient = Strategy("patient", retry_if_any_oserror(), wait_fixed(3600), stop_never)
    with pytest.raises(ValueError, match="invalid literal"):
        patient.persist(int, "file")


@pytest.mark.parametrize("wait_s", [math.inf, -0.001])
def test_a_wait_that_is_endless_or_negative_is_an_error(machine: Machine, wait_s: float) -> None:
    strategy = Strategy("odd", retry_if_winerror(32), wait_fixed(wait_s), stop_after_attempt(3))
    file = machine.file("file")
    machine.hold(file)
    with pytest.raises(ValueError, match=f"odd wants to wait {wait_s} s before attempt 2"):
        strategy.persist(machine.files.read_file, file, clock=machine.clock)


def test_an_error_of_another_kind_in_a_later_attempt_passes_through_too(machine: Machine) -> None:
    file = machine.file("file")
    machine.hold(file, for_ms=5)

    def parse(path: str) -> int:
        return int(machine.files.read_file(path))

    with pytest.raises(ValueError, match="invalid literal"):
        TEN_MS.persist(parse, file, clock=machine.clock)


# decisions


class Decisions:
    """The parts of a strategy, each recording when it is called and with what."""

    def __init__(self, *, gives_up_at: int) -> None:
        self.asked: list[tuple[str, int, float, float]] = []
        asked = self.asked

        def note(name: str, state: RetryCallState) -> None:
            asked.append((name, state.attempt_number, state.idle_for, state.upcoming_sleep))

        class Retry(retry_base):
            def __call__(self, retry_state: RetryCallState) -> bool:
                note("retry", retry_state)
                return True

        class Wait(wait_base):
            def __call__(self, retry_state: RetryCallState) -> float:
                note("wait", retry_state)
                return float(retry_state.attempt_number)

        class Stop(stop_base):
            def __call__(self, retry_state: RetryCallState) -> bool:
                note("stop", retry_state)
                return retry_state.attempt_number >= gives_up_at

        self.retry, self.wait, self.stop = Retry(), Wait(), Stop()


class NotingClock(VirtualClock):
    """Virtual time that notes each sleep."""

    def __init__(self, slept: list[float]) -> None:
        super().__init__()
        self.slept = slept

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        super().sleep(seconds)


def test_a_strategy_is_asked_what_tenacity_would_ask_it_in_the_same_order(tmp_path: Path) -> None:
    """The source is tenacity itself: the same parts, the same failing call."""
    missing = (str(tmp_path / "missing"), str(tmp_path / "target"))
    theirs, their_sleeps = Decisions(gives_up_at=4), list[float]()
    retrying = tenacity.Retrying(
        retry=theirs.retry,
        wait=theirs.wait,
        stop=theirs.stop,
        sleep=their_sleeps.append,
        reraise=True,
    )
    with pytest.raises(FileNotFoundError):
        retrying(os.rename, *missing)

    ours, our_sleeps = Decisions(gives_up_at=4), list[float]()
    strategy = Strategy("ours", ours.retry, ours.wait, ours.stop)
    with pytest.raises(FileNotFoundError):
        strategy.persist(os.rename, *missing, clock=NotingClock(our_sleeps))

    assert ours.asked == theirs.asked
    assert our_sleeps == their_sleeps == [1.0, 2.0, 3.0]
    assert [name for name, *_ in ours.asked] == ["retry", "wait", "stop"] * 4


def attempt_at(machine: Machine, source: str, target: str | None) -> tuple[Attempt, OSError]:
    """Make the first attempt of a rename, which must fail; return it with its error."""
    operation = Operation(
        "rename",
        "move-replace",
        source,
        target,
        lambda: machine.rename(source, target or ""),
    )
    attempt = Attempt(operation, Install(), machine.clock, random.Random(0), machine.clock.now_ns())
    with pytest.raises(OSError, match="being used") as raised:
        operation.call()
    return attempt, raised.value


def go_on(strategy: Strategy, attempt: Attempt, error: OSError) -> None:
    """Go on after the first failure, waiting on the attempt's clock."""
    for wait_s in strategy.retries(attempt, error):
        attempt.clock.sleep(wait_s)


def test_a_code_that_is_not_retried_is_refused_without_a_wait(machine: Machine) -> None:
    source = machine.file("source")
    machine.hold(source)
    attempt, error = attempt_at(machine, source, machine.path("target"))
    only_5 = Strategy("only-5", retry_if_winerror(5), wait_fixed(1))
    with pytest.raises(PermissionError):
        next(only_5.retries(attempt, error))
    assert attempt.verdict == "not-retried"
    assert machine.attempts_ms == [0]
    assert attempt.install.waited_s == 0


def test_a_strategy_that_may_not_go_on_is_exhausted(machine: Machine) -> None:
    source = machine.file("source")
    machine.hold(source)
    attempt, error = attempt_at(machine, source, machine.path("target"))
    with pytest.raises(PermissionError):
        go_on(TEN_MS, attempt, error)
    assert attempt.verdict == "exhausted"
    assert machine.attempts_ms == [0, 10, 20, 30]
    assert attempt.attempt_number == 4


def test_a_strategy_that_succeeds_passes_no_verdict(machine: Machine) -> None:
    source = machine.file("source")
    machine.hold(source, for_ms=5)
    attempt, error = attempt_at(machine, source, machine.path("target"))
    go_on(TEN_MS, attempt, error)
    assert attempt.verdict is None
    assert os.path.exists(machine.path("target"))


def test_refusal_comes_before_exhaustion(machine: Machine) -> None:
    source = machine.file("source")
    machine.hold(source)
    attempt, error = attempt_at(machine, source, machine.path("target"))
    with pytest.raises(PermissionError):
        next(Strategy("once", retry_never, stop=stop_after_attempt(1)).retries(attempt, error))
    assert attempt.verdict == "not-retried"


def test_a_recheck_is_made_after_the_wait_and_before_the_attempt(machine: Machine) -> None:
    """graceful-fs looks for the target after each wait, and gives up when it has come."""
    source, target = machine.file("source"), machine.path("target")
    machine.hold(source)
    attempt, error = attempt_at(machine, source, target)
    waits = get_strategy("graceful-fs").retries(attempt, error)
    for _ in range(3):
        machine.clock.sleep(next(waits))
    assert machine.attempts_ms == [0, 0, 10]

    machine.file("target")
    with pytest.raises(PermissionError) as raised:
        next(waits)

    assert raised.value.args == error.args, "it hands back the error of the rename"
    assert attempt.verdict == "not-retried"
    assert machine.attempts_ms == [0, 0, 10], "and makes no further attempt"


def test_all_operations_of_an_install_add_to_what_it_has_cost(machine: Machine) -> None:
    install = Install()
    for name in ("first", "second"):
        source = machine.file(name)
        machine.hold(source)
        alone, error = attempt_at(machine, source, machine.path("target"))
        attempt = Attempt(alone.operation, install, machine.clock, alone.rng, 0)
        with pytest.raises(PermissionError):
            go_on(TEN_MS, attempt, error)
    assert install.failed_attempts == 8
    assert install.waited_s == pytest.approx(0.060)


def test_a_part_finds_the_operation_in_the_attempt(machine: Machine) -> None:
    source, target = machine.file("source"), machine.file("target")
    machine.hold(source)
    seen: list[tuple[str, str, str, str | None, bool]] = []

    class Looks(retry_base):
        def __call__(self, retry_state: RetryCallState) -> bool:
            found = attempt_of(retry_state).operation
            facts = (found.kind, found.primitive, found.source, found.target)
            seen.append((*facts, found.target_exists()))
            return False

    with pytest.raises(PermissionError):
        Strategy("looks", Looks()).persist(machine.rename, source, target, clock=machine.clock)
    assert seen == [("call", "rename", source, target, True)]


def test_a_part_that_needs_an_operation_says_so_in_plain_tenacity() -> None:
    state = tenacity.RetryCallState(tenacity.Retrying(), None, (), {})
    with pytest.raises(TypeError, match=r"harness\.strategy\.Strategy"):
        attempt_of(state)


# the first attempt is free


def modules_entered(call: Callable[[], object]) -> set[str]:
    """The modules whose functions run during `call`."""
    entered: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            entered.add(frame.f_globals.get("__name__", ""))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(before)
    return entered


@pytest.mark.parametrize("name", ["plain", "fixed-sleep", "exponential", "graceful-fs"])
def test_a_first_attempt_that_succeeds_builds_no_attempt_and_enters_no_tenacity(
    name: str, tmp_path: Path
) -> None:
    strategy = get_strategy(name)
    source, target = tmp_path / "source", tmp_path / "target"
    source.touch()
    entered = modules_entered(lambda: strategy.persist(os.replace, source, target))
    assert target.exists()
    assert "harness.strategy.loop" in entered
    assert not {module for module in entered if module.startswith("tenacity")}
    assert "harness.strategy.attempt" not in entered
    assert "random" not in entered


def test_a_first_attempt_that_succeeds_never_sleeps(machine: Machine) -> None:
    slept: list[float] = []
    source = machine.file("source")
    get_strategy("exponential").persist(
        os.replace, source, machine.path("target"), clock=NotingClock(slept)
    )
    assert slept == []


def test_a_failure_is_what_enters_tenacity(tmp_path: Path) -> None:
    """So that the test above would notice it."""

    def fails() -> None:
        with pytest.raises(FileNotFoundError):
            get_strategy("plain").persist(os.replace, tmp_path / "missing", tmp_path / "target")

    assert "harness.strategy.attempt" in modules_entered(fails)


def test_a_holder_that_shares_all_costs_no_retry(machine: Machine) -> None:
    source = machine.file("source")
    machine.hold(source, share=SHARE_ALL)
    TEN_MS.persist(machine.rename, source, machine.path("target"), clock=machine.clock)
    assert machine.attempts_ms == [0]
