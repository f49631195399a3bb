"""The calls on files that Python announces: which call it is, and of which paths.

CPython raises an *audit event* before each of them (PEP 578), whoever calls it and however the function
was imported; https://docs.python.org/3/library/audit_events.html lists the events. Calls by the name of
an event are those of the module `os`, which `pathlib`, `shutil` and `tempfile` end in.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

OPEN: Final = "open"
RENAME: Final = "os.rename"
REPLACE: Final = "os.replace"
REMOVE: Final = "os.remove"
REMOVE_DIRECTORY: Final = "os.rmdir"
MAKE_DIRECTORY: Final = "os.mkdir"
LINK: Final = "os.link"
TRUNCATE: Final = "os.truncate"
START: Final = "start a process"
"""A call of no path."""
TAKING_AWAY: Final = frozenset({RENAME, REPLACE, REMOVE, REMOVE_DIRECTORY})
"""The calls after which a path has another file, or none."""

_NO_FOLDER: Final = -1
"""What the events say of a path that is relative to no descriptor of a folder."""
_F_GETPATH: Final = 50
"""<sys/fcntl.h> of macOS."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is about to be made: its name, its paths (absolute), and for ``open`` its flags."""

    name: str
    paths: tuple[str, ...]
    flags: int = 0

    @property
    def path(self) -> str:
        """The path that it takes away or opens."""
        return self.paths[0]

    @property
    def writes(self) -> bool:
        """Whether it opens a file to write."""
        return self.name == OPEN and bool(self.flags & (os.O_WRONLY | os.O_RDWR))

    @property
    def creates(self) -> str | None:
        """The path at which a file may be new after it; ``None`` if it makes none."""
        if self.name in {RENAME, REPLACE, LINK}:
            return self.paths[1]
        return self.path if self.name == OPEN and self.flags & os.O_CREAT else None

    def __str__(self) -> str:
        return self.name


def call_of(event: str, arguments: tuple[Any, ...]) -> Call | None:
    """Return the call that an audit event announces; ``None`` if it is of no path.

    The event of ``os.replace`` is that of ``os.rename``: who knows better says so.
    """
    reader = _READERS.get(event)
    return reader(arguments) if reader is not None else None


def _opening(arguments: tuple[Any, ...]) -> Call | None:
    path, _, flags = arguments
    absolute = _absolute(path)
    return Call(OPEN, (absolute,), flags) if absolute is not None else None


def _one(name: str, folder_at: int | None) -> Callable[[tuple[Any, ...]], Call | None]:
    def read(arguments: tuple[Any, ...]) -> Call | None:
        folder = _NO_FOLDER if folder_at is None else arguments[folder_at]
        path = _absolute(arguments[0], folder)
        return Call(name, (path,)) if path is not None else None

    return read


def _two(name: str, folders_at: int) -> Callable[[tuple[Any, ...]], Call | None]:
    def read(arguments: tuple[Any, ...]) -> Call | None:
        folders = arguments[folders_at : folders_at + 2]
        source, target = map(_absolute, arguments[:2], folders)
        return Call(name, (source, target)) if source is not None and target is not None else None

    return read


_READERS: Final[Mapping[str, Callable[[tuple[Any, ...]], Call | None]]] = {
    "open": _opening,
    "os.rename": _two(REPLACE, 2),
    "os.remove": _one(REMOVE, 1),
    "os.rmdir": _one(REMOVE_DIRECTORY, 1),
    "os.mkdir": _one(MAKE_DIRECTORY, 2),
    "os.link": _two(LINK, 2),
    "os.truncate": _one(TRUNCATE, None),
    "subprocess.Popen": lambda _: Call(START, ()),
    "os.posix_spawn": lambda _: Call(START, ()),
    "os.system": lambda _: Call(START, ()),
}


def _absolute(path: Any, folder: int = _NO_FOLDER) -> str | None:
    """Make a path of an event absolute; ``None`` for a descriptor."""
    if not isinstance(path, str | bytes | os.PathLike):
        return None
    name = os.fsdecode(path)
    if folder != _NO_FOLDER and not os.path.isabs(name):
        name = os.path.join(_path_of(folder), name)
    return os.path.abspath(name)


def _path_of(descriptor: int) -> str:
    if sys.platform == "darwin":
        import fcntl  # noqa: PLC0415 - there is none on Windows

        return os.fsdecode(fcntl.fcntl(descriptor, _F_GETPATH, b"\0" * 1024).rstrip(b"\0"))
    return os.readlink(f"/proc/self/fd/{descriptor}")
