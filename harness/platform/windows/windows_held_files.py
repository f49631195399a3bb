r"""Tell what keeps a file or folder from being moved or replaced, without moving it.

To move a file takes an open with the right to delete, which fails with 32 while another handle does not
share that; to replace one, that nobody has it open at all; to move a folder, also that nothing in it is
open (docs/evidence/windows-sharing.md#something-open-inside-a-directory). So paths are opened in these
ways, for as long as it takes to close them again. In that moment another program that wants the file may
itself be refused: ask only when the command has ended.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final

from harness.platform.held_files import Asked, Obstacle, Role
from harness.platform.windows.environment.volumes import why
from harness.platform.windows.holders.attribution import described, paths_to_ask, users_of_file
from harness.platform.windows.holders.processes import parents
from harness.platform.windows.win32.file_handles import (
    DELETE,
    FILE_FLAG_OPEN_REPARSE_POINT,
    FILE_SHARE_ALL,
    GENERIC_READ,
    opened,
)
from harness.platform.windows.win32.file_names import FILE_ATTRIBUTE_READONLY
from harness.platform.windows.win32.restart_manager import users_of_files
from harness.winerror import ACCESS_DENIED, GONE, HOLD_CODES, winerror_of

_DELETE_PENDING: Final = 0xC0000056  # ntstatus.h
_OF_HOLDS: Final = frozenset(HOLD_CODES) - {ACCESS_DENIED}
"""The codes that nothing but a hold gives."""
MOST_PROBED: Final = 2000
"""Entries of a folder that are looked at."""


class WindowsHeldFiles:
    """The answers of Windows, or of Wine."""

    def cannot_probe(self) -> str | None:
        """Windows and Wine both can."""
        return None

    def cannot_name(self) -> str | None:
        """Whether the Restart Manager names this very process for a file that it has open."""
        return self._cannot_name

    @cached_property
    def _cannot_name(self) -> str | None:
        with tempfile.NamedTemporaryFile(prefix="persist-harness-") as file:
            try:
                named = os.getpid() in users_of_files([file.name])
            except (OSError, AttributeError) as error:
                return f"this system does not answer who has a file open: {error}"
        return None if named else "this system keeps no list of who has a file open (Wine keeps none)"

    def obstacle(self, path: str, role: Role) -> Obstacle | None:
        """Open the path as moving or replacing it would; see `HeldFiles`."""
        is_folder = os.path.isdir(path) and not os.path.islink(path)
        if role == "target":
            if is_folder:
                why_not = "a folder has that name, which nothing replaces"
                return Obstacle(ACCESS_DENIED, path, is_hold=False, why=why_not)
            if getattr(os.stat(path), "st_file_attributes", 0) & FILE_ATTRIBUTE_READONLY:
                return Obstacle(ACCESS_DENIED, path, is_hold=False, why="it is read-only")
            return _refusal(path, GENERIC_READ, 0)
        found = _refusal(path, DELETE, FILE_SHARE_ALL)
        if found is None and is_folder:
            for entry in _inside(path):
                found = _refusal(entry, GENERIC_READ, 0)
                if found is not None and found.is_hold:
                    return Obstacle(ACCESS_DENIED, found.path, is_hold=True, why=found.why)
            return None
        return found

    def ask(self, paths: Sequence[str]) -> Asked:
        """Ask the Restart Manager about files, and the file system about folders."""
        ways: dict[int, str] = {}
        not_asked: dict[str, None] = {}
        for path in paths:
            asked, more = paths_to_ask(path)
            files = [each for each in asked if os.path.isfile(each)]
            try:
                found = users_of_files(files) if files else set()
                ways |= dict.fromkeys(found - ways.keys(), "restart manager")
                for folder in (each for each in asked if os.path.isdir(each)):
                    users = users_of_file(folder) - ways.keys()
                    ways |= dict.fromkeys(users, "file process ids")
            except OSError as error:
                not_asked[f"who has it open: {why(error)}"] = None
            if more:
                not_asked[f"paths in it beyond the first {len(asked)}: {more}"] = None
        for process_id in (0, os.getpid()):
            ways.pop(process_id, None)
        return Asked(described(ways), tuple(sorted(ways)), tuple(not_asked))

    def descendants(self, process_id: int) -> set[int]:
        """By the parents in a snapshot: what a process that has ended had started is lost."""
        found, all_parents = {process_id}, parents()
        while more := {each for each, parent in all_parents.items() if parent in found} - found:
            found |= more
        return found


def _refusal(path: str, access: int, share: int) -> Obstacle | None:
    try:
        with opened(path, access, share, flags=FILE_FLAG_OPEN_REPARSE_POINT):
            return None
    except OSError as error:
        code = winerror_of(error) or 0
        if code in GONE:
            raise FileNotFoundError(path) from error
        pending = getattr(error, "ntstatus", None) == _DELETE_PENDING
        is_hold = pending or code in _OF_HOLDS
        reason = "it was deleted, and somebody still has it open" if pending else error.strerror
        return Obstacle(code, path, is_hold=is_hold, why=reason or "no reason given")


def _inside(folder: str) -> Iterator[str]:
    """What is in a folder, at most `MOST_PROBED` entries."""
    left = MOST_PROBED
    for parent, folders, files in os.walk(folder):
        for name in (*files, *folders):
            if not left:
                return
            left -= 1
            yield os.path.join(parent, name)
