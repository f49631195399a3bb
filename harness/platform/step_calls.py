"""The file calls that install steps make besides those of strategies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from harness.strategy.file_calls import FileCalls

if TYPE_CHECKING:
    from harness.holds.handles import Access, Share

WriteMode = Literal["create-new", "truncate-first", "truncate-last", "append"]
"""How a file is opened and written in place.

``create-new``: ``CREATE_NEW``, which fails where a file is. ``truncate-first``: ``CREATE_ALWAYS``.
``truncate-last``: ``OPEN_ALWAYS``, written over, then cut to its new length by ``SetEndOfFile``.
``append``: ``OPEN_ALWAYS``, written at its end.
"""
LinkKind = Literal["symlink", "junction"]
"""``CreateSymbolicLinkW``, or a folder with a mount point (``FSCTL_SET_REPARSE_POINT``)."""


class StepCalls(FileCalls, Protocol):
    """File calls by path. A call that Windows would refuse raises `OSError` with its ``winerror``."""

    def read_file(self, path: str) -> bytes:
        """Open, read all, close."""
        ...

    def rewrite_file(self, path: str, content: bytes) -> None:
        """Open and truncate an existing file, then write: not atomic."""
        ...

    def write_file(
        self, path: str, content: bytes, mode: WriteMode, share: Share, *, must_cut: bool = True
    ) -> None:
        """Open or create, write, close. Without `must_cut`, ``truncate-last`` may fail to cut."""
        ...

    def open_file(self, path: str, access: Access, share: Share) -> None:
        """Open an existing file, and close it."""
        ...

    def start_program(self, path: str) -> None:
        """Start a program by ``CreateProcessW``, suspended, and end it: none of its code runs."""
        ...

    def create_directory(self, path: str) -> None:
        """``CreateDirectoryW``."""
        ...

    def create_link(self, path: str, to: str, kind: LinkKind, *, is_folder: bool) -> None:
        """Make a link at `path` to what is at the absolute path `to`; a junction leads to a folder."""
        ...

    def add_resource(self, path: str, name: str, data: bytes) -> None:
        """Add a resource to a program: ``BeginUpdateResourceW`` … ``EndUpdateResourceW``."""
        ...

    def read_resource(self, path: str, name: str) -> bytes | None:
        """Return the bytes of a resource of a program; ``None`` if it has none of that name."""
        ...
