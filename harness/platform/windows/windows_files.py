"""The primitives on Windows: what real tools call, in the order in which they call it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from harness.holds.handles import Access, Share
from harness.platform.step_calls import LinkKind, StepCalls, WriteMode
from harness.platform.windows.win32 import (
    file_content,
    file_handles,
    file_names,
    links,
    program_start,
    resources,
)
from harness.strategy.file_calls import SYSTEM_CALLS, DeletePrimitive, RenamePrimitive
from harness.winerror import ACCESS_DENIED, DIR_NOT_EMPTY, winerror_of

if TYPE_CHECKING:
    from harness.platform.windows.win32.library import Handle

VERBATIM: Final = "\\\\?\\"
SHARED_LIKE_C: Final = Share.READ | Share.WRITE
"""The share mode of the C runtime, and so of Python's ``open`` and pip (``_SH_DENYNO``)."""
_DISPOSITIONS: Final[Mapping[WriteMode, int]] = {
    "create-new": file_handles.CREATE_NEW,
    "truncate-first": file_handles.CREATE_ALWAYS,
    "truncate-last": file_handles.OPEN_ALWAYS,
    "append": file_handles.OPEN_ALWAYS,
}


def verbatim(path: str) -> str:
    r"""Spell an absolute path as ``\\?\``…, which Windows does not change: no length limit, no ``/``."""
    if path.startswith(VERBATIM):
        return path
    path = os.path.abspath(path)
    return f"{VERBATIM}UNC{path[1:]}" if path.startswith("\\\\") else VERBATIM + path


def plain(path: str) -> str:
    """Undo `verbatim`."""
    if path.startswith(f"{VERBATIM}UNC\\"):
        return "\\" + path.removeprefix(f"{VERBATIM}UNC")
    return path.removeprefix(VERBATIM)


class WindowsFileSystem(StepCalls):
    """The real calls; `on_failure` is called with the paths of each call that fails.

    With `deletes_classically` they delete as Windows did until 10 1809.
    """

    def __init__(self, on_failure: Callable[[str, str | None], None]) -> None:
        self._on_failure = on_failure
        self.deletes_classically = False

    @contextmanager
    def _reporting(self, path: str, path2: str | None = None) -> Iterator[None]:
        """Report the failure of a call on these paths."""
        try:
            yield
        except OSError:
            self._on_failure(path, path2)
            raise

    @override
    def rename(self, source: str, target: str, primitive: RenamePrimitive) -> str:
        with self._reporting(source, target):
            return _rename(source, target, primitive)

    @override
    def clear_read_only(self, path: str) -> None:
        with self._reporting(path):
            file_names.set_attributes(path, file_names.FILE_ATTRIBUTE_NORMAL)

    @override
    def delete_file(self, path: str, primitive: DeletePrimitive = "delete") -> None:
        with self._reporting(path):
            if primitive == "posix-delete":
                file_names.posix_delete(path)
            elif self.deletes_classically:
                file_names.classic_delete(path)
            else:
                file_names.delete_file(path)

    @override
    def remove_directory(self, path: str) -> None:
        with self._reporting(path):
            if self.deletes_classically:
                file_names.classic_delete(path)
            else:
                file_names.remove_directory(path)

    @override
    def create_hard_link(self, source: str, link: str) -> None:
        with self._reporting(source, link):
            file_names.create_hard_link(source, link)

    @override
    def copy_file(self, source: str, target: str) -> None:
        with self._reporting(source, target):
            file_names.copy_file(source, target)

    @override
    def create_file(self, path: str, content: bytes) -> None:
        self.write_file(path, content, "create-new", SHARED_LIKE_C)

    @override
    def read_file(self, path: str) -> bytes:
        with (
            self._reporting(path),
            file_handles.opened(
                path, file_handles.GENERIC_READ, SHARED_LIKE_C.value, only_files=True
            ) as handle,
        ):
            return file_content.read_all(handle, path)

    @override
    def rewrite_file(self, path: str, content: bytes) -> None:
        self.write_file(path, content, "truncate-first", SHARED_LIKE_C)

    @override
    def write_file(
        self, path: str, content: bytes, mode: WriteMode, share: Share, *, must_cut: bool = True
    ) -> None:
        access, disposition = file_handles.GENERIC_WRITE, _DISPOSITIONS[mode]
        with (
            self._reporting(path),
            file_handles.opened(path, access, share.value, disposition, only_files=True) as handle,
        ):
            if mode == "append":
                file_content.go_to_end(handle, path)
            file_content.write_all(handle, content, path)
            if mode == "truncate-last":
                _cut(handle, path, must=must_cut)

    @override
    def open_file(self, path: str, access: Access, share: Share) -> None:
        with self._reporting(path):
            wanted = file_handles.desired_access(access)
            with file_handles.opened(path, wanted, share.value, only_files=True):
                pass

    @override
    def start_program(self, path: str) -> None:
        with self._reporting(path):
            program_start.start_and_end(path)

    @override
    def create_directory(self, path: str) -> None:
        with self._reporting(path):
            file_names.create_directory(path)

    @override
    def create_link(self, path: str, to: str, kind: LinkKind, *, is_folder: bool) -> None:
        with self._reporting(path):
            if kind == "junction":
                links.create_junction(path, to)
            else:
                links.create_symbolic_link(path, to, is_folder=is_folder)

    @override
    def add_resource(self, path: str, name: str, data: bytes) -> None:
        with self._reporting(path):
            resources.update_resource(path, name, data)

    @override
    def read_resource(self, path: str, name: str) -> bytes | None:
        return resources.read_resource(path, name)


def _cut(handle: Handle, path: str, *, must: bool) -> None:
    """Cut a file at the handle's place; it may fail unless it `must` not."""
    try:
        file_content.cut_here(handle, path)
    except OSError:
        if must:
            raise


def _rename(source: str, target: str, primitive: RenamePrimitive) -> str:
    match primitive:
        case "move":
            file_names.move(source, target, 0)
        case "move-replace":
            file_names.move(source, target, file_names.MOVEFILE_REPLACE_EXISTING)
        case "tempfile-persist":
            _persist_like_tempfile(source, target)
        case "replace-file":
            file_names.replace_file(target, source)
        case "posix-rename":
            file_names.rename_by_handle(source, target)
        case "rust-rename":
            return _rename_like_rust(source, target)
    return SYSTEM_CALLS[primitive]


def _persist_like_tempfile(source: str, target: str) -> None:
    """``persist`` of the tempfile crate (src/file/imp/windows.rs): the file must not stay temporary."""
    file_names.set_attributes(source, file_names.FILE_ATTRIBUTE_NORMAL)
    try:
        file_names.move(source, target, file_names.MOVEFILE_REPLACE_EXISTING)
    except OSError:
        with suppress(OSError):  # as the crate does: the first error is the one that counts
            file_names.set_attributes(source, file_names.FILE_ATTRIBUTE_TEMPORARY)
        raise


def _rename_like_rust(source: str, target: str) -> str:
    """``std::fs::rename`` of Rust (library/std/src/sys/fs/windows.rs at rust-lang/rust@00753590).

    ``MoveFileExW`` first; after an access denied, POSIX semantics. If that fails too, the first error
    is raised, unless the target turned out to be a directory that is not empty.
    """
    try:
        return _rename(source, target, "move-replace")
    except OSError as error:
        if winerror_of(error) != ACCESS_DENIED:
            raise
        try:
            return _rename(source, target, "posix-rename")
        except OSError as second:
            raise (second if winerror_of(second) == DIR_NOT_EMPTY else error) from None
