"""The story of a test's files as text: each hold, and each call that met one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from harness.holds.handles import ACCESS_NAMES, SHARE_NAMES, Hold
from harness.text import counted, milliseconds
from harness.winerror import ALL_MESSAGES


@dataclass(frozen=True, slots=True)
class HoldSeen:
    """A hold as it was: whose times are milliseconds since the first of its test."""

    number: int
    hold: Hold
    taken_ms: float | None
    released_ms: float | None


@dataclass(frozen=True, slots=True)
class Made:
    """A call that met a hold: when, and the Win32 code it failed with, if any.

    `by`: at which place in the code, or by which process.
    """

    at_ms: float
    name: str
    paths: tuple[str, ...]
    code: int | None
    by: str
    holds: tuple[int, ...]


def timeline(
    holds: Sequence[HoldSeen],
    made: Sequence[Made],
    below: str,
    *,
    refused_here: bool,
    reaches_children: bool,
) -> list[str]:
    """Return the story of a test in lines, with paths as seen from the folder `below`.

    `refused_here`: calls were refused by the emulated rules; else their codes are what the rules say,
    and the machine itself has answered. `reaches_children`: child processes are refused calls, too.
    """
    if not holds:
        return ["Nothing was held."]
    lines = [_held(each, below) for each in holds]
    if not made:
        return [*lines, f"No call on a held file was seen: {_unseen(refused_here, reaches_children)}."]
    refused = sum(each.code is not None for each in made)
    said = "" if refused_here else " (by the rules; the machine itself answered)"
    lines.append(f"{counted(len(made), 'call')} met a hold, {refused} of them refused{said}:")
    lines += [_made(each, below) for each in sorted(made, key=lambda each: each.at_ms)]
    return lines


def _unseen(refused_here: bool, reaches_children: bool) -> str:
    """Say which calls are not seen."""
    if not refused_here:
        return "those of C code and of other processes are not, though the machine itself answers them"
    if reaches_children:
        return (
            "those of C code in this process are out of reach, and those of children that have an "
            "environment of their own or do not call through libc"
        )
    return "C code and other processes are out of reach"


def _held(held: HoldSeen, below: str) -> str:
    hold = held.hold
    until = "the end" if held.released_ms is None else milliseconds(held.released_ms)
    when = f"from {milliseconds(held.taken_ms)} to {until}"
    return f"hold {held.number}: {short(hold.path, below)} {_how(hold)}, {when}"


def _how(hold: Hold) -> str:
    if hold.section is not None:
        return "loaded as a program" if hold.section == "image" else "mapped"
    access = next((name for name, flags in ACCESS_NAMES.items() if flags == hold.access), hold.access)
    share = next((name for name, flags in SHARE_NAMES.items() if flags == hold.share), hold.share)
    more = ", its bytes locked" if hold.locks_bytes else ""
    return f"open for {access}, sharing {share}{more}"


def _made(made: Made, below: str) -> str:
    call = f"{made.name} {' -> '.join(short(path, below) for path in made.paths)}"
    by = f" by hold {', '.join(map(str, made.holds))}" if made.holds else ""
    end = "ok" if made.code is None else f"refused with {made.code} ({ALL_MESSAGES[made.code]}){by}"
    return f"{milliseconds(made.at_ms):>10}  {call}: {end}, {made.by}"


def short(path: str, below: str) -> str:
    """Return a path as seen from a folder, if it is below that."""
    inside = path.removeprefix(below.rstrip(os.sep) + os.sep)
    return inside or path
