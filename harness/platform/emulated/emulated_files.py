"""The primitives of Windows on real files of any machine, with the lock table deciding first.

Each call asks `share_rules`, fails with the Win32 code or does the real work, and takes a declared
time on the virtual clock. A real error of the machine itself (a full disk, a permission) passes
through without a ``winerror``: no rule of Windows caused it.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from harness.holds import sharing_rules
from harness.holds.handles import Access
from harness.holds.sharing_rules import DeleteSemantics, Denial, Handle, Node
from harness.winerror import ACCESS_DENIED, DIR_NOT_EMPTY, win32_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.clock import VirtualClock
    from harness.platform.emulated.lock_table import LockTable
    from harness.strategy.file_calls import DeletePrimitive, RenamePrimitive

SYSTEM_CALLS: Final[dict[RenamePrimitive, str]] = {
    "move": "MoveFileExW",
    "move-replace": "MoveFileExW",
    "tempfile-persist": "MoveFileExW",
    "replace-file": "ReplaceFileW",
    "posix-rename": "FileRenameInfoEx",
    "rust-rename": "MoveFileExW",
}
"""The call that each primitive ends in; ``rust-rename`` may fall back to the one of ``posix-rename``."""


class EmulatedFileSystem:
    """See `harness.strategy.file_calls.FileCalls`; more primitives than that, for the table of rules."""

    def __init__(
        self,
        clock: VirtualClock,
        table: LockTable,
        *,
        semantics: DeleteSemantics = DeleteSemantics.POSIX,
        call_cost_ns: int = 0,
    ) -> None:
        self.clock = clock
        self.table = table
        self.semantics = semantics
        self.call_cost_ns = call_cost_ns

    @contextmanager
    def _call(self) -> Iterator[None]:
        """One call: the holds due by its start are in force, its cost passes whatever happens."""
        self.table.advance(self.clock.now_ns())
        try:
            yield
        finally:
            self.clock.advance_ns(self.call_cost_ns)

    def _refuse(self, denial: Denial | None, path: str, path2: str | None = None) -> None:
        if denial is not None:
            self.table.blame(denial.because_of, self.clock.now_ns())
            raise win32_error(denial.code, path, path2)

    def rename(self, source: str, target: str, primitive: RenamePrimitive) -> str:
        """Give `source` the name `target`, as the primitive does it; return the call that did."""
        with self._call():
            node = self.table.node
            from_node, to_node, parent = node(source), node(target), node(os.path.dirname(target))
            call = SYSTEM_CALLS[primitive]
            denial = self._rename_rule(from_node, to_node, parent, primitive)
            if primitive == "rust-rename" and denial is not None and denial.code == ACCESS_DENIED:
                second = sharing_rules.posix_rename(from_node, to_node, parent)
                if second is None or second.code == DIR_NOT_EMPTY:
                    denial, call = second, "FileRenameInfoEx"
            self._refuse(denial, source, target)
            for handle in sharing_rules.oplocks_to_break(from_node):
                self.clock.advance_ns(handle.oplock_ack_ns or 0)
                self.table.close(handle)
            if to_node.exists:
                self.table.about_to_delete(target)
                if to_node.is_directory:
                    os.rmdir(target)
                elif from_node.is_directory:
                    os.unlink(target)
            os.replace(source, target)
            self.table.moved(source, target)
        return call

    @staticmethod
    def _rename_rule(
        source: Node, target: Node, parent: Node, primitive: RenamePrimitive
    ) -> Denial | None:
        match primitive:
            case "move":
                return sharing_rules.move(source, target, parent, replace=False)
            case "move-replace" | "tempfile-persist" | "rust-rename":
                return sharing_rules.move(source, target, parent, replace=True)
            case "posix-rename":
                return sharing_rules.posix_rename(source, target, parent)
            case "replace-file":
                return sharing_rules.replace_file(target, source)

    def delete_file(self, path: str, primitive: DeletePrimitive = "delete") -> None:
        """``DeleteFileW``: the name goes at once, or stays pending with classic semantics.

        A POSIX delete is one with POSIX semantics, whatever ``DeleteFileW`` has.
        """
        semantics = self.semantics if primitive == "delete" else DeleteSemantics.POSIX
        with self._call():
            node = self.table.node(path)
            self._refuse(sharing_rules.delete_file(node, semantics), path)
            if sharing_rules.delete_stays_pending(node, semantics):
                self.table.mark_delete_pending(path)
            else:
                self.table.about_to_delete(path)
                os.unlink(path)

    def dispose_file(self, path: str) -> None:
        """``FileDispositionInfo`` through a handle that stays open: the delete is pending."""
        with self._call():
            self._refuse(sharing_rules.delete_file(self.table.node(path), self.semantics), path)
            self.table.open(Handle(path, Access.DELETE))
            self.table.mark_delete_pending(path)

    def remove_directory(self, path: str) -> None:
        """``RemoveDirectoryW``."""
        with self._call():
            self._refuse(sharing_rules.remove_directory(self.table.node(path)), path)
            self.table.about_to_delete(path)
            os.rmdir(path)

    def create_directory(self, path: str) -> None:
        """``CreateDirectoryW``."""
        with self._call():
            self._refuse(sharing_rules.create_directory(self.table.node(path)), path)
            os.mkdir(path)

    def create_hard_link(self, source: str, link: str) -> None:
        """``CreateHardLinkW``."""
        with self._call():
            node = self.table.node
            denial = sharing_rules.create_hard_link(
                node(source), node(link), node(os.path.dirname(link))
            )
            self._refuse(denial, source, link)
            os.link(source, link)

    def copy_file(self, source: str, target: str) -> None:
        """``CopyFileExW``, over what is there."""
        with self._call():
            denial = sharing_rules.copy_file(self.table.node(source), self.table.node(target))
            self._refuse(denial, source, target)
            shutil.copyfile(source, target)

    def open_existing(self, path: str) -> None:
        """``CreateFileW(OPEN_EXISTING)`` for reading, closed at once."""
        with self._call():
            self._refuse(sharing_rules.open_existing(self.table.node(path), Access.READ), path)

    def create_file(self, path: str, content: bytes) -> None:
        """``CreateFileW(CREATE_NEW)``, then write and close."""
        with self._call():
            node = self.table.node
            self._refuse(sharing_rules.create_new(node(path), node(os.path.dirname(path))), path)
            with open(path, "xb") as file:
                file.write(content)

    def create_always(self, path: str) -> None:
        """``CreateFileW(CREATE_ALWAYS)``, closed at once: an empty file."""
        with self._call():
            self._refuse(sharing_rules.create_always(self.table.node(path)), path)
            with open(path, "wb"):
                pass

    def get_attributes(self, path: str) -> None:
        """``GetFileAttributesW``."""
        with self._call():
            self._refuse(sharing_rules.get_attributes(self.table.node(path)), path)

    def lock_range(self, path: str) -> None:
        """``LockFileEx`` over the whole file, failing at once, then unlocked."""
        with self._call():
            self._refuse(sharing_rules.lock_range(self.table.node(path)), path)

    def request_oplock(self, path: str) -> None:
        """``FSCTL_REQUEST_OPLOCK``, given back at once."""
        with self._call():
            self._refuse(sharing_rules.request_oplock(self.table.node(path)), path)

    def read_file(self, path: str) -> bytes:
        """Open, read all, close."""
        with self._call():
            self._refuse(sharing_rules.read(self.table.node(path)), path)
            with open(path, "rb") as file:
                return file.read()

    def rewrite_file(self, path: str, content: bytes) -> None:
        """Open and truncate, then write. The open may succeed and the write fail: an empty file."""
        with self._call():
            node = self.table.node(path)
            self._refuse(
                sharing_rules.open_existing(node, Access.WRITE) or sharing_rules.create_always(node),
                path,
            )
            with open(path, "r+b") as file:
                file.truncate(0)
                self._refuse(sharing_rules.overwrite(node), path)
                file.write(content)

    def add_resource(self, path: str, name: str, data: bytes) -> None:
        """Never called: `EmulatedPlatform.cannot` has ``program-resources``."""
        raise NotImplementedError

    def read_resource(self, path: str, name: str) -> bytes | None:
        """Never called, as `add_resource`."""
        raise NotImplementedError
