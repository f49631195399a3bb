"""The real hold by which a call fails on Windows exactly as a denial has it, if there is one.

The sharing rules decide: of all share modes, the one that shares most and under which they answer the
call with the wanted code. So other calls on the file are disturbed as little as can be.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.errors import NotSupportedError
from harness.holds import sharing_rules
from harness.holds.handles import SHARE_ALL, SHARE_NAMES, Access, Hold, ShareName
from harness.holds.sharing_rules import Node, OpenHandle
from harness.preload.denial import Call, Denial, Side

SHARES: Final[tuple[ShareName, ...]] = ("rwd", "rd", "rw", "r", "none")
"""What a hold shares, the most first."""
WORDS: Final[dict[ShareName, str]] = {
    "rwd": "shared for all",
    "rd": "not shared for writing",
    "rw": "not shared for deletion",
    "r": "shared for reading only",
    "none": "not shared",
}

OPENS: Final = (Access.READ, Access.WRITE, Access.DELETE)


@dataclass(frozen=True, slots=True)
class FittingHold:
    """A hold, and what it is in words."""

    hold: Hold
    words: str


def require_possible(denial: Denial) -> None:
    """Raise `NotSupportedError` if no hold on anything can do what a denial says, with the reason."""
    if denial.effect == "quarantine":
        raise NotSupportedError("a hold takes no file away: a quarantine is not made on Windows")
    if denial.first:
        raise NotSupportedError("a hold cannot tell attempts apart: `first` is not made on Windows")
    if denial.call == "create":
        raise NotSupportedError("what is not there cannot be held: the making of a file is not denied")
    if not any(
        _code(denial.call, side, share, is_folder=is_folder) == denial.effect
        or _code_beneath(denial.call, side, is_folder=is_folder) == denial.effect
        for side in (denial.side, _other(denial))
        for share in SHARES
        for is_folder in (False, True)
    ):
        raise NotSupportedError(f"no hold makes a {denial.call} fail with exactly {denial.effect}")


def _other(denial: Denial) -> Side:
    if denial.call != "rename":
        return denial.side
    return "target" if denial.side == "source" else "source"


def fitting_hold(call: Call, side: Side, code: int, path: Path) -> FittingHold | None:
    """Return the hold on what is at `path`, or in it, by which `call` fails with `code`."""
    is_folder = path.is_dir()
    for share in SHARES:
        if _code(call, side, share, is_folder=is_folder) == code:
            return FittingHold(Hold(side, str(path), Access.READ, SHARE_NAMES[share]), WORDS[share])
    if _code_beneath(call, side, is_folder=is_folder) == code:
        inside = next(
            (os.path.join(place, files[0]) for place, _, files in os.walk(path) if files), None
        )
        if inside is not None:
            words = f"a file in it, {WORDS['rwd']}"
            return FittingHold(Hold("child", inside, Access.READ, SHARE_ALL), words)
    return None


def _code(call: Call, side: Side, share: ShareName, *, is_folder: bool) -> int | None:
    """The code of a call on what is held with that share mode, where it would succeed otherwise."""
    handle = OpenHandle("held", Access.READ, SHARE_NAMES[share])
    held = Node("held", handles=[handle], is_directory=is_folder)
    free = Node("held", is_directory=is_folder)
    return None if _answer(call, side, free) is not None else _answer(call, side, held)


def _code_beneath(call: Call, side: Side, *, is_folder: bool) -> int | None:
    """The code of a call on a folder in which a file is held that is shared for all."""
    if not is_folder or _answer(call, side, Node("held", is_directory=True)) is not None:
        return None
    inside = OpenHandle("held/child", Access.READ, SHARE_ALL)
    return _answer(call, side, Node("held", is_directory=True, below=[inside]))


def _answer(call: Call, side: Side, node: Node) -> int | None:
    other, folder = Node("other"), Node("folder", is_directory=True)
    absent = Node("absent", exists=False)
    if call == "rename" and side == "source":
        refused = sharing_rules.move(node, absent, folder, replace=True)
    elif call == "rename":
        refused = sharing_rules.move(other, node, folder, replace=True)
    elif call == "delete" and node.is_directory:
        refused = sharing_rules.remove_directory(node)
    elif call == "delete":
        refused = sharing_rules.delete_file(node, "posix")
    elif call == "write":
        refused = sharing_rules.open_existing(node, Access.WRITE)
    else:  # any open, also those to write and to remove
        opens = [sharing_rules.open_existing(node, access) for access in OPENS]
        refused = opens[0] if all(opens) else None
    return None if refused is None else refused.code
