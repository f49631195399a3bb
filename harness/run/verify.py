"""Checks of what is at a destination, by content.

Only after the last attempt of a trial: on a real machine, reading triggers scans too.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from harness.payload.cache import sha256_of
from harness.payload.prepare import Item, PayloadFile
from harness.record.trial_record import DestState, Leftovers

_LEFT_BY_REPLACE_FILE: Final = re.compile(r"~RF[0-9a-f]+\.TMP$", re.IGNORECASE)
"""The name under which ``ReplaceFileW`` leaves the old file when it fails with 1177."""


class Verifier:
    """Compares files by hash; each file is read once per trial, however many names it has.

    With `links`, where trials link the pristine files: another name of a pristine file that nobody has
    touched since it was hashed is not read again.
    """

    def __init__(self, *, links: bool = False) -> None:
        self._links = links
        self._hashes: dict[tuple[int, int], str] = {}
        self._untouched: dict[Path, Mapping[str, tuple[int, int]]] = {}

    def state(
        self, destination: Path, item: Item, old: bytes | None = None, *, marker: str | None = None
    ) -> DestState:
        """Compare `destination` with `item`, and with the `old` content that was there before.

        Of a tree, `old` is the content of the first file, as `InstallSite.lay_old` lays it down. Where
        the file `marker` in it commits a tree, a tree without that file is ``incomplete``, unless it is
        the old one.
        """
        if item.is_tree:
            return self._tree_state(destination, item, old, marker)
        if not os.path.lexists(destination):
            return "missing"
        if destination.is_dir():
            return "mixed"
        if self._is(str(destination), item.files[0]):
            return "new"
        return "old" if old is not None and content_is(destination, old) else "mixed"

    def _tree_state(
        self, destination: Path, item: Item, old: bytes | None, marker: str | None
    ) -> DestState:
        root = str(destination)
        found = files_below(root)
        if not found:
            return "missing"
        is_committed = marker is None or found.pop(marker, None) is not None
        version = self._version(root, item, old, found)
        return version if is_committed or version == "old" else "incomplete"

    def _version(
        self, root: str, item: Item, old: bytes | None, found: Mapping[str, os.DirEntry[str]]
    ) -> Literal["old", "new", "mixed"]:
        """Return whose files are `found`: all of the payload's, of the older version's, or neither."""
        if found.keys() != {file.path for file in item.files}:
            return "mixed"
        linked = self._linked(root, item, found.items())
        first, *others = (
            file for file in item.files if file.path not in linked or file is item.files[0]
        )
        if not all(self._is(f"{root}/{file.path}", file) for file in others):
            return "mixed"
        if first.path in linked or self._is(f"{root}/{first.path}", first):
            return "new"
        return "old" if old is not None and content_is(Path(root, first.path), old) else "mixed"

    def state_of_file(self, path: Path, file: PayloadFile) -> DestState:
        """Compare one file of a payload."""
        if not os.path.lexists(path):
            return "missing"
        return "new" if self._is(str(path), file) else "mixed"

    def state_of_part(self, destination: Path, item: Item) -> DestState:
        """Compare only the files of `item` in `destination`, whatever else is there."""
        root = str(destination)
        paths = [(f"{root}/{file.path}", file) for file in item.files]
        linked = self._linked(root, item, _entries_in(root, item.folders_of_files))
        there = [(path, file) for path, file in paths if file.path in linked or os.path.lexists(path)]
        if not there:
            return "missing"
        whole = len(there) == len(paths) and all(
            file.path in linked or self._is(path, file) for path, file in there
        )
        return "new" if whole else "mixed"

    def _linked(self, root: str, item: Item, found: Iterable[tuple[str, os.DirEntry[str]]]) -> set[str]:
        """Return the paths among `found`, below `root`, of pristine files that are as when hashed."""
        if not self._links or not os.path.lexists(root):
            return set()
        if item.pristine not in self._untouched:
            self._untouched[item.pristine] = item.untouched()
        untouched, device = self._untouched[item.pristine], os.lstat(root).st_dev
        return {path for path, entry in found if untouched.get(path) == (device, entry.inode())}

    def _is(self, path: str, file: PayloadFile) -> bool:
        status = os.lstat(path)
        if status.st_size != file.size:
            return False
        identity = _identity(status)
        if identity is None:
            return sha256_of(path) == file.sha256
        if identity not in self._hashes:
            self._hashes[identity] = sha256_of(path)
        return self._hashes[identity] == file.sha256


def is_held(error: OSError) -> bool:
    """Whether a file could not be read because it is held, which happens on Windows only.

    ``open`` there gives the C runtime's errno alone, which folds 5, 32 and 33 into one.
    """
    return sys.platform == "win32" and error.errno == errno.EACCES


def content_is(path: Path, content: bytes) -> bool:
    """Whether the file at `path` has exactly this content."""
    return path.is_file() and path.read_bytes() == content


def files_below(root: str) -> dict[str, os.DirEntry[str]]:
    """Return all files below `root` by their paths relative to it, with ``/``, unordered."""
    found: dict[str, os.DirEntry[str]] = {}
    pending = [""]
    for folder in pending:
        for path, entry in _entries_in(root, [folder]):
            if entry.is_dir(follow_symlinks=False):
                pending.append(path)
            else:
                found[path] = entry
    return found


def _entries_in(root: str, folders: Iterable[str]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield what is in `folders` below `root`, each with its path; nothing for one that is not there."""
    for folder in folders:
        before = f"{folder}/" if folder else ""
        try:
            entries = os.scandir(f"{root}/{folder}")
        except (FileNotFoundError, NotADirectoryError):
            continue
        with entries:
            for entry in entries:
                yield before + entry.name, entry


def leftovers(root: str, temporary_prefix: str, staged: Sequence[str]) -> Leftovers:
    """Count the temporary files below `root`: what is still `staged`, and files with a temporary name.

    `staged` are the files and folders that operations were to move; what was laid down for items that
    never began is the harness's own and does not count. A file that also has a final name takes no room
    under its temporary one.
    """
    left: dict[str, os.stat_result] = {}
    others: list[str] = []
    within = tuple(f"{place}/" for place in staged)
    for path, entry in files_below(root).items():
        waits = path.startswith(within) or path in staged
        name = entry.name
        if waits or name.startswith(temporary_prefix) or _LEFT_BY_REPLACE_FILE.search(name):
            left[path] = os.lstat(f"{root}/{path}")
        else:
            others.append(path)
    linked = {_identity(os.lstat(f"{root}/{path}")) for path in others} if left else set()
    linked.discard(None)
    size = sum(status.st_size for status in left.values() if _identity(status) not in linked)
    return Leftovers(files=len(left), bytes=size)


def _identity(status: os.stat_result) -> tuple[int, int] | None:
    """Return a key of the file, whatever its name; ``None`` where file systems do not number files."""
    return (status.st_dev, status.st_ino) if status.st_ino else None
