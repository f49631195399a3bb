"""The primitives on Windows: what real tools call, in the order in which they call it."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if sys.platform != "win32":
    raise ImportError("these primitives are Windows' own")

from harness.platform.windows import win32
from harness.winerror import ACCESS_DENIED, DIR_NOT_EMPTY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.strategy.file_calls import DeletePrimitive, RenamePrimitive


VERBATIM: Final = "\\\\?\\"
SHARED_LIKE_C: Final = win32.FILE_SHARE_READ | win32.FILE_SHARE_WRITE
"""How the C runtime opens files, and so Python's ``open`` and pip (``_SH_DENYNO``)."""


def verbatim(path: str) -> str:
    r"""Spell an absolute path as ``\\?\``…, which Windows takes as it is: no length limit, no ``/``."""
    if path.startswith(VERBATIM):
        return path
    path = os.path.abspath(path)
    return f"{VERBATIM}UNC{path[1:]}" if path.startswith("\\\\") else VERBATIM + path


def plain(path: str) -> str:
    """Undo `verbatim`."""
    if path.startswith(f"{VERBATIM}UNC\\"):
        return "\\" + path.removeprefix(f"{VERBATIM}UNC")
    return path.removeprefix(VERBATIM)


class WindowsFileSystem:
    """See `harness.strategy.file_calls.FileCalls`. `on_failure` is told the paths of a refused call."""

    def __init__(self, on_failure: Callable[[str, str | None], None]) -> None:
        self._on_failure = on_failure

    def rename(self, source: str, target: str, primitive: RenamePrimitive) -> str:
        """Give `source` the name `target`; return the system call that did it."""
        with self._telling(source, target):
            return _RENAMES[primitive](source, target)

    def delete_file(self, path: str, primitive: DeletePrimitive = "delete") -> None:
        """``DeleteFileW``, or a POSIX delete."""
        with self._telling(path):
            (win32.delete_file if primitive == "delete" else win32.posix_delete)(path)

    def remove_directory(self, path: str) -> None:
        """``RemoveDirectoryW``."""
        with self._telling(path):
            win32.remove_directory(path)

    def create_hard_link(self, source: str, link: str) -> None:
        """``CreateHardLinkW``."""
        with self._telling(source, link):
            win32.create_hard_link(source, link)

    def copy_file(self, source: str, target: str) -> None:
        """``CopyFileExW``, over what is there."""
        with self._telling(source, target):
            win32.copy_file(source, target)

    def create_file(self, path: str, content: bytes) -> None:
        """Create as the C runtime does (``CREATE_NEW``), write, close."""
        new = win32.CREATE_NEW
        with self._telling(path), win32.opened(path, win32.GENERIC_WRITE, SHARED_LIKE_C, new) as handle:
            win32.write_all(handle, content, path)

    def read_file(self, path: str) -> bytes:
        """Open as the C runtime does, read all, close."""
        with self._telling(path), win32.opened(path, win32.GENERIC_READ, SHARED_LIKE_C) as handle:
            return win32.read_all(handle, path)

    def rewrite_file(self, path: str, content: bytes) -> None:
        """Open and truncate as the C runtime does (``CREATE_ALWAYS``), write, close."""
        new = win32.CREATE_ALWAYS
        with self._telling(path), win32.opened(path, win32.GENERIC_WRITE, SHARED_LIKE_C, new) as handle:
            win32.write_all(handle, content, path)

    def add_resource(self, path: str, name: str, data: bytes) -> None:
        """``BeginUpdateResourceW`` … ``EndUpdateResourceW`` on a program."""
        with self._telling(path):
            win32.update_resource(path, name, data)

    def read_resource(self, path: str, name: str) -> bytes | None:
        """The bytes of a resource of a program; ``None`` if it has none of that name."""
        return win32.read_resource(path, name)

    @contextmanager
    def _telling(self, path: str, path2: str | None = None) -> Iterator[None]:
        """Tell of a call on these paths that is refused."""
        try:
            yield
        except OSError:
            self._on_failure(path, path2)
            raise


def _move(source: str, target: str) -> str:
    win32.move(source, target, 0)
    return "MoveFileExW"


def _move_replace(source: str, target: str) -> str:
    win32.move(source, target, win32.MOVEFILE_REPLACE_EXISTING)
    return "MoveFileExW"


def _persist_like_tempfile(source: str, target: str) -> str:
    """``persist`` of the tempfile crate (src/file/imp/windows.rs): it must not stay temporary."""
    win32.set_attributes(source, win32.FILE_ATTRIBUTE_NORMAL)
    try:
        win32.move(source, target, win32.MOVEFILE_REPLACE_EXISTING)
    except OSError:
        with suppress(OSError):  # as the crate does: the file is still there, and that counts
            win32.set_attributes(source, win32.FILE_ATTRIBUTE_TEMPORARY)
        raise
    return "MoveFileExW"


def _replace_file(source: str, target: str) -> str:
    win32.replace_file(target, source)
    return "ReplaceFileW"


def _posix_rename(source: str, target: str) -> str:
    win32.rename_by_handle(source, target)
    return "FileRenameInfoEx"


def _rename_like_rust(source: str, target: str) -> str:
    """``std::fs::rename`` of Rust (library/std/src/sys/fs/windows.rs at rust-lang/rust@00753590).

    ``MoveFileExW`` first; after an access denied, POSIX semantics. If those do not help either the
    first error stands, unless the target turned out to be a directory with something in it.
    """
    try:
        return _move_replace(source, target)
    except OSError as error:
        if error.winerror != ACCESS_DENIED:
            raise
        try:
            return _posix_rename(source, target)
        except OSError as second:
            raise (second if second.winerror == DIR_NOT_EMPTY else error) from None


_RENAMES: Final[dict[str, Callable[[str, str], str]]] = {
    "move": _move,
    "move-replace": _move_replace,
    "tempfile-persist": _persist_like_tempfile,
    "replace-file": _replace_file,
    "posix-rename": _posix_rename,
    "rust-rename": _rename_like_rust,
}
