"""The primitives of Windows on real files of any machine, with the lock table deciding first.

Each call asks `sharing_rules`, fails with the Win32 code or does the real work, and takes a declared
time on the virtual clock. A real error of the machine itself (a full disk, a permission) passes
through without a ``winerror``: no rule of Windows caused it.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from harness.holds import sharing_rules
from harness.holds.handles import Access, Share
from harness.holds.sharing_rules import Denial, OpenHandle
from harness.holds.volume import Volume
from harness.platform.step_calls import LinkKind, StepCalls, WriteMode
from harness.strategy.file_calls import SYSTEM_CALLS, DeletePrimitive, RenamePrimitive
from harness.winerror import ACCESS_DENIED, DIR_NOT_EMPTY, win32_error

if TYPE_CHECKING:
    from harness.clock import VirtualClock
    from harness.holds.sharing_rules import DeleteSemantics, Node
    from harness.platform.emulated.lock_table import LockTable


class EmulatedFileSystem(StepCalls):
    """The primitives as a lock table allows them; each takes `call_cost_ns` on the clock.

    Where several installs `contend`, a write has its file open until it ends, and a rename what it
    renamed, so that another one finds its target open
    [windows-sharing.md#a-target-that-is-open]. `volume` says which calls there are and what deletes do;
    paths below `elsewhere` are on another one. `pause` is called after each call, where others are to
    act before the next one.
    Resources of programs are kept behind their last section.
    """

    def __init__(
        self,
        clock: VirtualClock,
        table: LockTable,
        *,
        semantics: DeleteSemantics = "posix",
        call_cost_ns: int = 0,
    ) -> None:
        self.clock = clock
        self.table = table
        self.volume = Volume(deletes=semantics)
        self.elsewhere: tuple[str, ...] = ()
        self.call_cost_ns = call_cost_ns
        self.contend = False
        self.pause: Callable[[], None] | None = None

    @property
    def semantics(self) -> DeleteSemantics:
        """What becomes of the name of a deleted file that is open."""
        return self.volume.deletes

    def _is_elsewhere(self, path: str) -> bool:
        return path.startswith(self.elsewhere)

    def _between_volumes(self, source: str, target: str) -> Denial | None:
        """The denial of a call that needs both paths on one volume."""
        if self._is_elsewhere(source) == self._is_elsewhere(target):
            return None
        return sharing_rules.between_volumes(self.table.node(source))

    def _call(self) -> _OneCall:
        """Make one call: holds due by its start are in force, and its cost passes in any case."""
        return _OneCall(self)

    @override
    def is_held_for_good(self, path: str) -> bool:
        """Ask the schedule: the strategy declares what it takes a program to find that out."""
        return self.table.holds_for_good(path)

    def _check(self, denial: Denial | None, path: str, path2: str | None = None) -> None:
        if denial is not None:
            self.table.count_failure(denial.blockers, self.clock.now_ns())
            raise win32_error(denial.code, path, path2)

    @override
    def rename(self, source: str, target: str, primitive: RenamePrimitive) -> str:
        with self._call():
            node = self.table.node
            call, from_node = SYSTEM_CALLS[primitive], node(source)
            if primitive in _MOVES and not self.elsewhere:  # most denials: nothing else is looked at
                self._check(sharing_rules.leave(from_node), source, target)
            to_node, parent = node(target), node(os.path.dirname(target))
            denial = self._between_volumes(source, target) or self._rename_rule(
                from_node, to_node, parent, primitive
            )
            if primitive == "rust-rename" and denial is not None and denial.code == ACCESS_DENIED:
                second = self._rename_rule(from_node, to_node, parent, "posix-rename")
                if second is None or second.code == DIR_NOT_EMPTY:
                    denial, call = second, "FileRenameInfoEx"
            self._check(denial, source, target)
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
            if self.contend:
                now_ns = self.clock.now_ns()
                self.table.keep_open(OpenHandle(target, Access.DELETE), now_ns + self.call_cost_ns)
        return call

    @override
    def delete_file(self, path: str, primitive: DeletePrimitive = "delete") -> None:
        semantics = self.semantics if primitive == "delete" else "posix"
        with self._call():
            if primitive == "posix-delete" and self.volume.posix_error:
                raise win32_error(self.volume.posix_error, path)
            node = self.table.node(path)
            self._check(sharing_rules.delete_file(node, semantics), path)
            if sharing_rules.delete_stays_pending(node, semantics):
                self.table.mark_delete_pending(path)
            else:
                self.table.about_to_delete(path)
                os.unlink(path)

    @override
    def remove_directory(self, path: str) -> None:
        with self._call():
            node = self.table.node(path)
            self._check(sharing_rules.remove_directory(node), path)
            if sharing_rules.delete_stays_pending(node, self.semantics):
                self.table.mark_delete_pending(path)
            else:
                self.table.about_to_delete(path)
                os.rmdir(path)

    @override
    def create_hard_link(self, source: str, link: str) -> None:
        with self._call():
            is_plain = not (self.volume.link_error or self.elsewhere)
            if is_plain and self.table.lets_add_to(link.rpartition(os.sep)[0]):
                with suppress(OSError):  # the rules say which error it is
                    os.link(source, link)
                    return
            node = self.table.node
            denial = self._between_volumes(source, link) or sharing_rules.create_hard_link(
                node(source), node(link), node(os.path.dirname(link))
            )
            if denial is None and self.volume.link_error:
                denial = Denial(self.volume.link_error)
            self._check(denial, source, link)
            os.link(source, link)

    @override
    def copy_file(self, source: str, target: str) -> None:
        with self._call():
            denial = sharing_rules.copy_file(self.table.node(source), self.table.node(target))
            self._check(denial, source, target)
            shutil.copyfile(source, target)
            if not os.stat(source).st_mode & stat.S_IWUSR:  # attributes are copied, too
                self.table.set_read_only(target, read_only=True)

    @override
    def create_file(self, path: str, content: bytes) -> None:
        with self._call():
            node = self.table.node
            self._check(sharing_rules.create_new(node(path), node(os.path.dirname(path))), path)
            with open(path, "xb") as file:
                file.write(content)

    @override
    def clear_read_only(self, path: str) -> None:
        """Holders do not matter: attributes take no part in the sharing check."""
        with self._call():
            node = self.table.node(path)
            self._check(sharing_rules.open_existing(node, Access.NONE), path)
            self.table.set_read_only(path, read_only=False)

    @override
    def read_file(self, path: str) -> bytes:
        with self._call():
            self._check(sharing_rules.read(self.table.node(path)), path)
            with open(path, "rb") as file:
                return file.read()

    @override
    def rewrite_file(self, path: str, content: bytes) -> None:
        with self._call():
            node = self.table.node(path)
            self._check(
                sharing_rules.open_existing(node, Access.WRITE) or sharing_rules.create_always(node),
                path,
            )
            with open(path, "r+b") as file:
                file.truncate(0)
                self._check(sharing_rules.overwrite(node), path)  # the file stays, empty
                file.write(content)

    @override
    def write_file(
        self, path: str, content: bytes, mode: WriteMode, share: Share, *, must_cut: bool = True
    ) -> None:
        with self._call():
            node, parent = self.table.node(path), self.table.node(os.path.dirname(path))
            match mode:
                case "create-new":
                    denial = sharing_rules.create_new(node, parent)
                case "truncate-first" if node.exists:
                    denial = sharing_rules.create_always(node, share)
                case _:
                    denial = sharing_rules.open_always(node, parent, share)
            self._check(denial, path)
            with open(path, "r+b" if node.exists else "xb") as file:
                if mode == "truncate-first":
                    file.truncate(0)
                self._check(sharing_rules.overwrite(node), path)  # the file stays, truncated or not
                file.seek(0, os.SEEK_END if mode == "append" else os.SEEK_SET)
                file.write(content)
                file.flush()
                if self.contend:
                    until_ns = self.clock.now_ns() + self.call_cost_ns
                    self.table.keep_open(OpenHandle(path, Access.WRITE, share), until_ns)
                if mode == "truncate-last" and os.fstat(file.fileno()).st_size > len(content):
                    denial = sharing_rules.cut(node)
                    if denial is None:
                        file.truncate()
                    elif must_cut:
                        self._check(denial, path)

    @override
    def open_file(self, path: str, access: Access, share: Share) -> None:
        with self._call():
            node = self.table.node(path)
            denial = Denial(ACCESS_DENIED) if node.is_directory else None
            self._check(denial or sharing_rules.open_existing(node, access, share), path)

    @override
    def start_program(self, path: str) -> None:
        with self._call():
            self._check(sharing_rules.start(self.table.node(path)), path)

    @override
    def create_directory(self, path: str) -> None:
        with self._call():
            self._check_new_name(path)
            os.mkdir(path)

    @override
    def create_link(self, path: str, to: str, kind: LinkKind, *, is_folder: bool) -> None:
        with self._call():
            self._check_new_name(path)
            volume = self.volume
            if code := volume.symlink_error if kind == "symlink" else volume.junction_error:
                raise win32_error(code, path)
            os.symlink(to, path, target_is_directory=is_folder)

    def _check_new_name(self, path: str) -> None:
        node = self.table.node
        self._check(sharing_rules.create_directory(node(path), node(os.path.dirname(path))), path)

    @override
    def add_resource(self, path: str, name: str, data: bytes) -> None:
        with self._call():
            self._check(sharing_rules.update_resources(self.table.node(path)), path)
            with open(path, "ab") as file:
                file.write(_resource_mark(name) + data)

    @override
    def read_resource(self, path: str, name: str) -> bytes | None:
        with open(path, "rb") as file:
            _, mark, data = file.read().rpartition(_resource_mark(name))
        return data if mark else None

    def _rename_rule(
        self, source: Node, target: Node, parent: Node, primitive: RenamePrimitive
    ) -> Denial | None:
        match primitive:
            case "move":
                return sharing_rules.move(source, target, parent, replace=False)
            case "move-replace" | "tempfile-persist" | "rust-rename":
                return sharing_rules.move(source, target, parent, replace=True)
            case "posix-rename":
                if self.volume.posix_error:
                    opened = sharing_rules.open_existing(source, Access.DELETE)
                    return opened or Denial(self.volume.posix_error)
                return sharing_rules.posix_rename(source, target, parent)
            case "replace-file":
                return sharing_rules.replace_file(target, source)


_MOVES: Final = frozenset({"move", "move-replace", "tempfile-persist"})
"""The primitives that `sharing_rules.move` decides, by what it asks first: may the source leave?"""


def _resource_mark(name: str) -> bytes:
    """What stands before the bytes of a resource."""
    return b"\0emulated resource " + name.encode() + b"\0"


class _OneCall:
    """The context of one call. A class, for a generator takes as long as the rest of a quick call."""

    __slots__ = ("files",)

    def __init__(self, files: EmulatedFileSystem) -> None:
        self.files = files

    def __enter__(self) -> None:
        self.files.table.advance(self.files.clock.now_ns())

    def __exit__(self, *_: object) -> None:
        self.files.clock.advance_ns(self.files.call_cost_ns)
        if self.files.pause is not None:
            self.files.pause()
