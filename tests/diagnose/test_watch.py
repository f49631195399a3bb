"""Watching a path: the hold's end lies between the last look that failed and the one that did not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.diagnose.messages import Message, NamedPath
from harness.diagnose.watch import to_watch, watch
from harness.platform.held_files import Asked, NoHolds, Obstacle, Role

PATH = NamedPath("C:\\a", "source")


class Held(NoHolds):
    """A file that is held until a time on its own clock, which only sleeping advances."""

    def __init__(self, until_s: float, *, is_hold: bool = True, gone: bool = False) -> None:
        self.until_s, self.is_hold, self.gone = until_s, is_hold, gone
        self.now_s = 0.0

    def clock(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def obstacle(self, path: str, role: Role) -> Obstacle | None:
        del role
        if self.gone:
            raise FileNotFoundError(path)
        if self.now_s < self.until_s:
            return Obstacle(32 if self.is_hold else 5, path, is_hold=self.is_hold, why="in use")
        return None

    def ask(self, paths: Sequence[str]) -> Asked:
        del paths
        return Asked((), (), ())


def message(at_ms: float, *paths: NamedPath) -> Message:
    return Message(at_ms, 32, "rename", paths or (PATH,), "line")


@given(st.floats(0.001, 50), st.lists(st.floats(0, 900), min_size=1, max_size=5))
def test_the_end_of_a_hold_is_within_what_is_said(until_s: float, said: list[float]) -> None:
    files = Held(until_s)
    files.now_s = max(said) / 1000
    found = watch(
        *(PATH, [message(each) for each in said], files),
        began=0.0,
        until=1000.0,
        clock=files.clock,
        sleep=files.sleep,
    )
    assert found.state == "free"
    assert found.high_ms is not None
    end_ms = max(until_s * 1000, *said) - min(said)
    assert found.low_ms <= end_ms + 0.01
    assert found.high_ms >= end_ms - 0.01
    assert found.high_ms - found.low_ms <= max(11, 0.11 * found.high_ms)


def test_watching_ends() -> None:
    files = Held(1e9)
    found = watch(PATH, [message(0)], files, began=0, until=60, clock=files.clock, sleep=files.sleep)
    assert (found.state, found.high_ms) == ("held", None)
    assert 58_000 < found.low_ms <= 60_000
    assert found.looks < 120


@pytest.mark.parametrize(
    ("files", "state"), [(Held(9, is_hold=False), "denied"), (Held(9, gone=True), "gone")]
)
def test_what_does_not_pass_is_looked_at_once(files: Held, state: str) -> None:
    found = watch(PATH, [message(0)], files, began=0, until=60, clock=files.clock, sleep=files.sleep)
    assert (found.state, found.looks) == (state, 1)


def test_the_newest_message_is_looked_at_first_and_each_path_once() -> None:
    other = NamedPath("C:\\b", "target")
    assert to_watch([message(0, PATH), message(1, other, PATH)]) == [other, PATH]
