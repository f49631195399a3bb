"""Tasks that pause after each call: in order, with their errors, and without a thread left behind."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from harness.platform.emulated.emulated_platform import EmulatedPlatform

if TYPE_CHECKING:
    from pathlib import Path

    from harness.platform.base import Task


@pytest.fixture
def platform() -> EmulatedPlatform:
    made = EmulatedPlatform()
    made.begin_trial(attempt_cost_ms=1)
    return made


def making(platform: EmulatedPlatform, folder: Path, names: str, seen: list[str], at_s: float) -> Task:
    """Make a folder for each letter, all in one step."""
    yield at_s
    for name in names:
        seen.append(f"{name} at {platform.clock.now_ns() / 1e6:g} ms")
        platform.files.create_directory(str(folder / name))
    return True


def threads() -> int:
    return threading.active_count()


def test_calls_of_all_tasks_are_made_in_the_order_of_their_times(
    platform: EmulatedPlatform, tmp_path: Path
) -> None:
    seen: list[str] = []
    tasks = [
        making(platform, tmp_path, "abc", seen, 0.0),
        making(platform, tmp_path, "xyz", seen, 0.0015),
    ]
    before = threads()
    platform.drive(tasks, 2, contend=True)
    assert seen == ["a at 0 ms", "b at 1 ms", "x at 1.5 ms", "c at 2 ms", "y at 2.5 ms", "z at 3.5 ms"]
    assert platform.clock.now_ns() == 4_500_000
    assert threads() == before


def test_tasks_apart_make_all_calls_at_once(platform: EmulatedPlatform, tmp_path: Path) -> None:
    seen: list[str] = []
    tasks = [
        making(platform, tmp_path, "ab", seen, 0.0),
        making(platform, tmp_path, "xy", seen, 0.0005),
    ]
    platform.drive(tasks, 2)
    assert [each[0] for each in seen] == list("abxy")


def test_nobody_comes_between_what_is_done_alone(platform: EmulatedPlatform, tmp_path: Path) -> None:
    seen: list[str] = []

    def alone() -> Task:
        yield 0.0
        with platform.alone():
            for name in "ab":
                seen.append(name)
                platform.files.create_directory(str(tmp_path / name))
        return True

    platform.drive([alone(), making(platform, tmp_path, "x", seen, 0.0005)], 2, contend=True)
    assert [each[0] for each in seen] == list("abx")


def test_an_error_of_a_task_is_raised_and_the_others_end(
    platform: EmulatedPlatform, tmp_path: Path
) -> None:
    seen: list[str] = []

    def failing() -> Task:
        yield 0.0
        platform.files.create_directory(str(tmp_path / "f"))
        raise RuntimeError("of the task")

    before = threads()
    tasks = [failing(), making(platform, tmp_path, "abc", seen, 0.0005)]
    with pytest.raises(RuntimeError, match="of the task"):
        platform.drive(tasks, 2, contend=True)
    assert threads() == before
    assert [each[0] for each in seen] == list("abc")[: len(seen)]


def test_a_failed_task_ends_the_others(platform: EmulatedPlatform, tmp_path: Path) -> None:
    seen: list[str] = []

    def giving_up() -> Task:
        yield 0.0015
        return False

    before = threads()
    tasks = [giving_up(), *(making(platform, tmp_path, name, seen, 0.002) for name in "ab")]
    platform.drive(tasks, 3, contend=True)
    assert (seen, threads(), platform.clock.now_ns()) == ([], before, 1_500_000)
