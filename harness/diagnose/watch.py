"""Watch paths after the command has ended: until nothing blocks them, or for as long as one wants.

Each look opens the path and closes it again. The waits grow with the time that has passed, so that a
hold's end is known to about a tenth of its length.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from harness.diagnose.messages import NamedPath

if TYPE_CHECKING:
    from harness.diagnose.messages import Message
    from harness.platform.held_files import HeldFiles, Obstacle

State = Literal["free", "held", "denied", "gone"]

FIRST_WAIT_S: Final = 0.01
LONGEST_WAIT_S: Final = 1.0
_SHARE: Final = 0.1
MOST_PATHS: Final = 8


@dataclass(frozen=True, slots=True)
class Watched:
    """What was found out about one path; times in milliseconds from its first message."""

    path: str
    """The path, as the message named it."""
    role: str
    """``source``: it is taken away; ``target``: something is put in its place."""
    state: State
    """At the last look."""
    low_ms: float
    """It was blocked until then at least."""
    high_ms: float | None
    """It was free by then; ``null``: not as long as was watched."""
    looks: int
    """How often was looked."""
    code: int
    """The error of the last look that failed; 0: none did."""
    why: str
    """What blocked it, in words."""


def watch(
    named: NamedPath,
    messages: Sequence[Message],
    files: HeldFiles,
    *,
    began: float,
    until: float,
    on_held: Callable[[Obstacle], None] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Watched:
    """Look again and again until the path is free, gone or denied for good, or `until` has come.

    `began` is when the command was started, `until` when watching ends, both on `clock`.
    """
    times = [each.at_ms for each in messages if named in each.paths]
    first_ms, last_ms = min(times), max(times)
    low_ms, found, looks = last_ms - first_ms, None, 0
    wait_s = FIRST_WAIT_S
    while True:
        looked_ms = (clock() - began) * 1000 - first_ms
        looks += 1
        try:
            obstacle = files.obstacle(named.path, named.role)
        except OSError:
            return _watched(named, "gone", low_ms, None, looks, found)
        if obstacle is None:
            return _watched(named, "free", low_ms, max(looked_ms, low_ms), looks, found)
        low_ms = max(looked_ms, low_ms)
        if found is None:
            on_held(obstacle)
        found = obstacle
        if not obstacle.is_hold:
            return _watched(named, "denied", low_ms, None, looks, found)
        if clock() + wait_s > until:
            return _watched(named, "held", low_ms, None, looks, found)
        sleep(wait_s)
        wait_s = min(max(FIRST_WAIT_S, _SHARE * looked_ms / 1000), LONGEST_WAIT_S)


def to_watch(messages: Iterable[Message]) -> list[NamedPath]:
    """The paths that messages name, those of the last one first."""
    return list(dict.fromkeys(_newest_first(messages)))[:MOST_PATHS]


def _newest_first(messages: Iterable[Message]) -> Iterator[NamedPath]:
    for message in reversed(list(messages)):
        yield from message.paths


def _watched(
    named: NamedPath,
    state: State,
    low_ms: float,
    high_ms: float | None,
    looks: int,
    found: Obstacle | None,
) -> Watched:
    return Watched(
        *(named.path, named.role, state, round(low_ms, 3), high_ms and round(high_ms, 3), looks),
        *((found.code, found.why) if found is not None else (0, "")),
    )
