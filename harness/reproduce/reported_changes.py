"""Read the changes that Windows reports of a folder as the calls that made them.

Only calls that succeeded change anything, and reads change nothing. Windows reports a rename into
another folder of the tree as a removal and an addition, and a rename onto a file as its removal before
it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from harness.platform.watched_tree import Change
from harness.preload.denial import Call
from harness.preload.denial_log import LoggedCall

NS_PER_MS: Final = 1_000_000
OF_NO_RULE: Final = 1_000_000
"""The number of the rule of what is about no denial."""
UNKNOWN_PROCESS: Final = 0
"""Windows does not report who made a change."""


def calls_of(changes: Sequence[Change], files: Collection[str], started_ns: int = 0) -> list[LoggedCall]:
    """Return the calls behind changes; `files` are those that were there before.

    Times are from `started_ns` to when the change was read, so a little late. Of several writes to a
    file the first counts; a file that the program made itself is created, not written.
    """
    made: list[LoggedCall] = []
    written: set[str] = set()
    for change in _with_moves(changes):
        call = _call(change)
        if call == "write" and (change.path not in files or change.path in written):
            continue
        if call == "write":
            written.add(change.path)
        made.append(
            LoggedCall(
                at_ms=(change.at_ns - started_ns) / NS_PER_MS,
                call=call,
                done="passed",
                rule=OF_NO_RULE,
                attempt=1,
                since_ms=0.0,
                error=0,
                source=change.path,
                target=change.target,
                process=UNKNOWN_PROCESS,
            )
        )
    return list(_without_replaced(made))


def _call(change: Change) -> Call:
    calls: dict[str, Call] = {
        "added": "create",
        "removed": "delete",
        "modified": "write",
        "renamed": "rename",
    }
    return calls[change.kind]


def _with_moves(changes: Sequence[Change]) -> Iterator[Change]:
    """Make one change of a removal and the addition that follows it, where that is a rename.

    It is none in the same folder, for which Windows has a record of its own; nor where the next change
    is about what was added: it is new, and is filled.
    """
    left = list(reversed(changes))
    while left:
        change = left.pop()
        if change.kind == "removed" and left and _is_moved_to(change, left[-1]):
            added = left.pop()
            if left and _is_within(left[-1].path, added.path):
                yield from (change, added)
            else:
                yield Change(added.at_ns, "renamed", change.path, added.path)
        else:
            yield change


def _is_moved_to(removed: Change, added: Change) -> bool:
    return added.kind == "added" and _folder(added.path) != _folder(removed.path)


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _without_replaced(calls: Sequence[LoggedCall]) -> Iterator[LoggedCall]:
    """Leave out removals of what the next call renames something onto."""
    for place, each in enumerate(calls):
        later = calls[place + 1] if place + 1 < len(calls) else None
        if each.call == "delete" and later is not None and later.target == each.source:
            continue
        yield each
