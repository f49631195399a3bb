"""The file calls that strategies, tree methods and install steps make: the one protocol of them.

What only install steps call is in `harness.platform.step_calls`.
"""

from __future__ import annotations

import os
import shutil
import stat
from typing import Final, Literal, Protocol

from typing_extensions import override

from harness.errors import NotSupportedError

RenamePrimitive = Literal[
    "move", "move-replace", "tempfile-persist", "replace-file", "posix-rename", "rust-rename"
]
"""How a rename is made.

``move`` and ``move-replace``: ``MoveFileExW`` without and with ``MOVEFILE_REPLACE_EXISTING``.
``tempfile-persist``: what Rust's tempfile crate does, attributes first, then ``move-replace``.
``replace-file``: ``ReplaceFileW``. ``posix-rename``: ``FileRenameInfoEx`` with POSIX semantics.
``rust-rename``: what Rust's ``std::fs::rename`` does, ``move-replace`` and on 5 ``posix-rename``.
"""
DeletePrimitive = Literal["delete", "posix-delete"]
"""``DeleteFileW``, or ``FileDispositionInfoEx`` with POSIX semantics: the name goes at once."""
SYSTEM_CALLS: Final[dict[RenamePrimitive, str]] = {
    "move": "MoveFileExW",
    "move-replace": "MoveFileExW",
    "tempfile-persist": "MoveFileExW",
    "replace-file": "ReplaceFileW",
    "posix-rename": "FileRenameInfoEx",
    "rust-rename": "MoveFileExW",
}
"""The call that each primitive ends in; ``rust-rename`` may fall back to that of ``posix-rename``."""


class FileCalls(Protocol):
    """File calls by path. A call that Windows would refuse raises `OSError` with its ``winerror``.

    A subclass that leaves out `clear_read_only` raises `NotSupportedError` when it is called.
    """

    def rename(self, source: str, target: str, primitive: RenamePrimitive) -> str:
        """Give `source` (a file or a directory) the name `target`; return the system call that did."""
        ...

    def delete_file(self, path: str, primitive: DeletePrimitive = "delete") -> None:
        """Delete a file."""
        ...

    def remove_directory(self, path: str) -> None:
        """Remove an empty directory: ``RemoveDirectoryW``."""
        ...

    def create_hard_link(self, source: str, link: str) -> None:
        """Give a file one more name: ``CreateHardLinkW``."""
        ...

    def copy_file(self, source: str, target: str) -> None:
        """Copy a file over what is there: ``CopyFileExW``."""
        ...

    def create_file(self, path: str, content: bytes) -> None:
        """Create a file that must not exist, and write it: ``CreateFileW(CREATE_NEW)``."""
        ...

    def clear_read_only(self, path: str) -> None:
        """Clear the read-only attribute: ``SetFileAttributesW``."""
        raise NotSupportedError(f"changing attributes of {path} is not offered here")

    def is_held_for_good(self, path: str) -> bool:
        """Whether a program has `path`, or something in it, open that will not let go by itself.

        False where that cannot be told.
        """
        del path
        return False


class OsFiles(FileCalls):
    """Python's own calls, for a strategy that is used outside of the harness."""

    @override
    def rename(self, source: str, target: str, primitive: RenamePrimitive) -> str:
        """``os.rename``, whichever primitive is asked for."""
        os.rename(source, target)
        return "os.rename"

    @override
    def delete_file(self, path: str, primitive: DeletePrimitive = "delete") -> None:
        os.unlink(path)

    @override
    def remove_directory(self, path: str) -> None:
        os.rmdir(path)

    @override
    def create_hard_link(self, source: str, link: str) -> None:
        os.link(source, link)

    @override
    def copy_file(self, source: str, target: str) -> None:
        """Copy content and permissions."""
        shutil.copy(source, target)

    @override
    def create_file(self, path: str, content: bytes) -> None:
        with open(path, "xb") as file:
            file.write(content)

    @override
    def clear_read_only(self, path: str) -> None:
        os.chmod(path, os.stat(path).st_mode | stat.S_IWUSR)


OS_FILES: Final = OsFiles()
