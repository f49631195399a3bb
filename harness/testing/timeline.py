"""What happened to the files of a test: each hold, and each call that met one, as text."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
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
    """A call that met a hold: when, where in the code, and the Win32 code it failed with, if any."""

    at_ms: float
    name: str
    paths: tuple[str, ...]
    code: int | None
    site: str
    holds: tuple[int, ...]


def timeline(holds: Sequence[HoldSeen], made: Sequence[Made], *, refused_here: bool) -> list[str]:
    """Return the story of a test in lines.

    `refused_here`: calls were refused by the emulated rules; else their codes are what the rules say,
    and the machine itself has answered.
    """
    lines = [_held(each) for each in holds]
    if not made:
        return [
            *lines,
            "No call on a held file was seen: C code and other processes are out of reach.",
        ]
    refused = sum(each.code is not None for each in made)
    said = "" if refused_here else " (by the rules; the machine itself answered)"
    lines.append(f"{counted(len(made), 'call')} met a hold, {refused} of them refused{said}:")
    lines += [_made(each) for each in made]
    return lines


def _held(held: HoldSeen) -> str:
    hold = held.hold
    until = "the end" if held.released_ms is None else milliseconds(held.released_ms)
    when = f"from {milliseconds(held.taken_ms)} to {until}"
    return f"hold {held.number}: {short(hold.path)} {_how(hold)}, {when}"


def _how(hold: Hold) -> str:
    if hold.section is not None:
        return "loaded as a program" if hold.section == "image" else "mapped"
    access = next(name for name, flags in ACCESS_NAMES.items() if flags == hold.access)
    share = next(name for name, flags in SHARE_NAMES.items() if flags == hold.share)
    more = ", its bytes locked" if hold.locks_bytes else ""
    return f"open for {access}, sharing {share}{more}"


def _made(made: Made) -> str:
    paths = " -> ".join(map(short, made.paths))
    end = "ok" if made.code is None else f"refused with {made.code} ({ALL_MESSAGES.get(made.code, '')})"
    by = f" by hold {', '.join(map(str, made.holds))}" if made.code is not None and made.holds else ""
    return f"{milliseconds(made.at_ms):>10}  {made.name} {paths}: {end}{by}, at {made.site}"


def short(path: str) -> str:
    """Return a path as seen from the current folder, if it is below."""
    relative = (
        os.path.relpath(path)
        if os.path.splitdrive(path)[0] == os.path.splitdrive(os.getcwd())[0]
        else path
    )
    return path if relative.startswith("..") else relative


def as_text(lines: Iterable[str]) -> str:
    """Return the lines as one text."""
    return "\n".join(lines)
