"""The sharing rules of Windows as pure functions: when a primitive fails, with which code, and why.

Each function stands for one primitive. It returns ``None`` if the call would succeed, else a `Denial`
with the Win32 code and the handles that cause it. Nothing here touches a file.

docs/evidence/windows-sharing.md has the rules in words, with their sources and with how far each is
known. Rules marked *unverified* await a measurement on a real machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.holds.handles import SHARE_ALL, Access, Hold, OwnError, Section, Share
from harness.winerror import (
    ACCESS_DENIED,
    ALREADY_EXISTS,
    DIR_NOT_EMPTY,
    FILE_EXISTS,
    FILE_NOT_FOUND,
    LOCK_VIOLATION,
    NOT_SAME_DEVICE,
    OPEN_FAILED,
    PATH_NOT_FOUND,
    SHARING_VIOLATION,
    USER_MAPPED_FILE,
)

DeleteSemantics = Literal["posix", "classic"]
"""The effect of a delete while another process has the file open and shares it for deletion.

``posix``: the name is gone at once (NTFS since Windows 10 1903). ``classic``: the name stays, and every
open of it is denied, until the last handle is closed (older systems, FAT, many network shares).
"""


@dataclass(eq=False, slots=True)
class OpenHandle:
    """A handle or a section that another process has open now.

    `oplock_ack_ns` marks an opportunistic lock: its holder closes the handle that long after a request.
    With `own_error` it is no handle: opening the file gives that code. `file` identifies the file behind
    the path, where there is one.
    """

    path: str
    access: Access = Access.READ
    share: Share = SHARE_ALL
    section: Section | None = None
    locks_bytes: bool = False
    oplock_ack_ns: int | None = None
    own_error: OwnError | None = None
    file: tuple[int, int] = (0, 0)

    @property
    def is_open(self) -> bool:
        """Whether it is a handle: no section, and no error of the machine's own."""
        return self.section is None and self.own_error is None

    @classmethod
    def of(cls, hold: Hold) -> OpenHandle:
        """The handle of `hold` while it is taken."""
        return cls(
            hold.path,
            hold.access,
            hold.share,
            hold.section,
            hold.locks_bytes,
            own_error=hold.own_error,
        )


@dataclass(frozen=True, slots=True)
class Node:
    """The state of a name at the moment of a call.

    `handles` are those on the file itself (by any of its names), `below` those on files and
    directories beneath it, without sections.
    """

    path: str
    exists: bool = True
    is_directory: bool = False
    is_empty: bool = True
    read_only: bool = False
    delete_pending: bool = False
    handles: Sequence[OpenHandle] = ()
    below: Sequence[OpenHandle] = ()
    pending_below: bool = False

    def sections(self, kind: Section) -> list[OpenHandle]:
        """The sections of this kind on the file."""
        return [handle for handle in self.handles if handle.section == kind]

    @property
    def open_handles(self) -> list[OpenHandle]:
        """The handles on the file, without sections."""
        return [each for each in self.handles if each.is_open]


@dataclass(frozen=True, slots=True)
class Denial:
    """A call that fails: its Win32 code, and the handles whose closing would help (maybe none)."""

    code: int
    blockers: Sequence[OpenHandle] = ()


def compatible(held: Access, held_share: Share, wanted: Access, wanted_share: Share) -> bool:
    """Whether two opens of one file are compatible [windows-sharing.md#share-modes].

    Each must share what the other does. An open for attributes only asks for nothing and shares
    everything.
    """
    return not held or not wanted or (wanted in held_share and held in wanted_share)


def _sharing(
    handles: Iterable[OpenHandle], wanted: Access, wanted_share: Share = SHARE_ALL
) -> Denial | None:
    blockers = [
        handle
        for handle in handles
        if handle.is_open and not compatible(handle.access, handle.share, wanted, wanted_share)
    ]
    return Denial(SHARING_VIOLATION, blockers) if blockers else None


def own_error(node: Node) -> Denial | None:
    """The answer of a machine that lets nobody open a file, whatever is shared [unverified]."""
    refusing = [handle for handle in node.handles if handle.own_error is not None]
    return Denial(refusing[0].own_error or 0, refusing) if refusing else None


def _delete_pending(node: Node) -> Denial | None:
    return Denial(ACCESS_DENIED, node.handles) if node.delete_pending else None


def open_existing(node: Node, access: Access, share: Share = SHARE_ALL) -> Denial | None:
    """``CreateFileW(OPEN_EXISTING)``: 2, 5 (delete pending; read-only, to be written) or 32."""
    if denial := _delete_pending(node):
        return denial
    if not node.exists:
        return Denial(FILE_NOT_FOUND)
    if access and (denial := own_error(node)):
        return denial
    if Access.WRITE in access and node.read_only and not node.is_directory:
        return Denial(ACCESS_DENIED)
    if Access.WRITE in access and (images := node.sections("image")):
        return Denial(SHARING_VIOLATION, images)
    return _sharing(node.handles, access, share)


def create_new(node: Node, parent: Node) -> Denial | None:
    """``CreateFileW(CREATE_NEW)``: 3, 80, or 5 while a delete is pending.

    Source: windows-sharing.md#deleting-what-is-open.

    The name is added through the new file's own open, so handles on the folder do not matter.
    """
    if not parent.exists:
        return Denial(PATH_NOT_FOUND)
    return _delete_pending(node) or (Denial(FILE_EXISTS) if node.exists else None)


def create_directory(node: Node, parent: Node) -> Denial | None:
    """``CreateDirectoryW``, and the making of a link: 3, 183, or 5 while a delete is pending.

    Like a new file, it is added without a handle on the folder that could be in the way.
    """
    if not parent.exists:
        return Denial(PATH_NOT_FOUND)
    return _delete_pending(node) or (Denial(ALREADY_EXISTS) if node.exists else None)


def open_always(node: Node, parent: Node, share: Share = SHARE_ALL) -> Denial | None:
    """``CreateFileW(OPEN_ALWAYS)`` for writing: 3, 5 or 32."""
    if not (node.exists or parent.exists):
        return Denial(PATH_NOT_FOUND)
    if node.delete_pending or not node.exists:
        return _delete_pending(node)
    return Denial(ACCESS_DENIED) if node.is_directory else open_existing(node, Access.WRITE, share)


def cut(node: Node) -> Denial | None:
    """``SetEndOfFile`` before the old end: 1224 while data is mapped.

    Source: windows-sharing.md#loaded-programs-and-mapped-files.
    """
    mapped = node.sections("data")
    return Denial(USER_MAPPED_FILE, mapped) if mapped else None


def start(node: Node) -> Denial | None:
    """``CreateProcessW``: 2, 5 or 32. It opens the program to read, sharing reading and deletion.

    So whoever has it open for writing is in the way, whatever they share. Source:
    windows-sharing.md#starting-a-program.
    """
    return open_existing(node, Access.READ, Share.READ | Share.DELETE)


def update_resources(node: Node) -> Denial | None:
    """``BeginUpdateResourceW`` … ``EndUpdateResourceW``: 2, 5, or 110 under any handle [unverified].

    Source: windows-sharing.md#resources-of-programs.
    """
    if node.delete_pending or not node.exists or node.read_only:
        return open_existing(node, Access.READ | Access.WRITE)
    if denial := own_error(node):
        return denial
    denial = _sharing(node.handles, Access.READ | Access.WRITE, Share.NONE)
    if denial is not None:
        return Denial(OPEN_FAILED, denial.blockers)
    images = node.sections("image")
    return Denial(ACCESS_DENIED, images) if images else None


def create_always(node: Node, share: Share = SHARE_ALL) -> Denial | None:
    """``CreateFileW(CREATE_ALWAYS)`` for writing: 5, 32, then 1224 on mapped data.

    The open is checked before the truncation: a holder that shares nothing gives 32, mapped or not.
    Source: windows-sharing.md#loaded-programs-and-mapped-files.
    """
    if node.delete_pending or not node.exists:
        return _delete_pending(node)
    if node.is_directory or node.read_only:
        return Denial(ACCESS_DENIED)
    return open_existing(node, Access.WRITE, share) or cut(node)


def read(node: Node) -> Denial | None:
    """Open for reading and read everything: 32 at the open, 33 at the read."""
    return open_existing(node, Access.READ) or overwrite(node)


def overwrite(node: Node) -> Denial | None:
    """Write to an open file: 33. (Truncating it ignores byte-range locks.)

    Source: windows-sharing.md#locked-bytes.
    """
    lockers = [handle for handle in node.handles if handle.locks_bytes]
    return Denial(LOCK_VIOLATION, lockers) if lockers else None


def _enter_parent(parent: Node) -> Denial | None:
    """Open the target's parent to add a name, sharing read and write [unverified].

    A handle on that directory that does not share writing, or that has delete access, blocks this.
    Source: windows-sharing.md#the-folder-of-the-target.
    """
    if not parent.exists:
        return Denial(PATH_NOT_FOUND)
    return _sharing(parent.handles, Access.WRITE, Share.READ | Share.WRITE)


def leave(source: Node) -> Denial | None:
    """Open `source` for a rename, then check what is open below it.

    A directory cannot be renamed while anything beneath it is open, whatever its share mode; handles
    count, sections do not. Opportunistic locks are broken first (see `oplocks_to_break`), so they do
    not block the rename. Source: windows-sharing.md#something-open-inside-a-directory.
    """
    if denial := open_existing(source, Access.DELETE):
        return denial
    blockers = [handle for handle in source.below if handle.oplock_ack_ns is None]
    return Denial(ACCESS_DENIED, blockers) if source.is_directory and blockers else None


def oplocks_to_break(source: Node) -> list[OpenHandle]:
    """The handles below a directory that are closed when a rename asks for it."""
    return [handle for handle in source.below if handle.oplock_ack_ns is not None]


def move(source: Node, target: Node, parent: Node, *, replace: bool) -> Denial | None:
    """``MoveFileExW``, with or without ``MOVEFILE_REPLACE_EXISTING``.

    A target that is open at all, even for attributes only and sharing everything, or mapped, cannot
    be replaced: 5 [windows-sharing.md#a-target-that-is-open]. A directory can replace a file, nothing
    can replace a directory.
    """
    if denial := leave(source) or _enter_parent(parent):
        return denial
    if target.delete_pending or not target.exists:
        return _delete_pending(target)
    if not replace:
        return Denial(ALREADY_EXISTS)
    if denial := own_error(target):
        return denial
    if target.is_directory or target.read_only:
        return Denial(ACCESS_DENIED)
    return Denial(ACCESS_DENIED, target.handles) if target.handles else None


def posix_rename(source: Node, target: Node, parent: Node) -> Denial | None:
    """``FileRenameInfoEx`` with POSIX semantics and replace, on NTFS since 1607.

    A target whose handles all share deletion is replaced. For others the page promises a failure but
    not its code; 5 here is *unverified*, it may be 32 [windows-sharing.md#a-target-that-is-open].
    """
    if denial := leave(source) or _enter_parent(parent):
        return denial
    if target.delete_pending or not target.exists:
        return _delete_pending(target)
    if denial := own_error(target):
        return denial
    if target.read_only or (target.is_directory and not source.is_directory):
        return Denial(ACCESS_DENIED)
    if target.is_directory:
        return None if target.is_empty else Denial(DIR_NOT_EMPTY)
    if images := target.sections("image"):
        return Denial(ACCESS_DENIED, images)
    denial = _sharing(target.handles, Access.DELETE)
    return Denial(ACCESS_DENIED, denial.blockers) if denial else None


def replace_file(target: Node, source: Node) -> Denial | None:
    """``ReplaceFileW(target, source)`` [windows-sharing.md#replacefilew].

    The replacement is opened without sharing, the replaced file sharing everything: 32 for either. A
    loaded program can be replaced. Unlike `move`, this asks nothing of handles on the target's parent,
    which is *unverified*.
    """
    if denial := open_existing(source, Access.READ | Access.DELETE, Share.NONE):
        return denial
    if denial := _delete_pending(target):
        return denial
    if not target.exists:
        return Denial(FILE_NOT_FOUND)
    if target.is_directory or target.read_only:
        return Denial(ACCESS_DENIED)
    return _sharing(target.handles, Access.READ | Access.DELETE)


def delete_file(node: Node, semantics: DeleteSemantics) -> Denial | None:
    """``DeleteFileW``, or a POSIX delete where `semantics` says so: 2, 5 or 32.

    Source: windows-sharing.md#deleting-what-is-open.
    """
    if denial := open_existing(node, Access.DELETE):
        return denial
    if node.is_directory or node.read_only:
        return Denial(ACCESS_DENIED)
    if images := node.sections("image"):
        return Denial(ACCESS_DENIED, images)
    mapped = node.sections("data")
    if mapped and semantics == "classic":
        return Denial(ACCESS_DENIED, mapped)
    return None


def delete_stays_pending(node: Node, semantics: DeleteSemantics) -> bool:
    """Whether a delete that succeeds leaves the name behind until the last handle is closed."""
    return semantics == "classic" and bool(node.open_handles)


def remove_directory(node: Node) -> Denial | None:
    """``RemoveDirectoryW``: 2, 5 (read-only), 32, or 145 - also while a child's delete is pending.

    Source: windows-sharing.md#the-directory-itself.
    """
    if denial := open_existing(node, Access.DELETE):
        return denial
    if node.read_only:
        return Denial(ACCESS_DENIED)
    if node.pending_below:
        return Denial(DIR_NOT_EMPTY, node.below)
    return None if node.is_empty else Denial(DIR_NOT_EMPTY)


def between_volumes(source: Node) -> Denial:
    """A rename, link or replacement whose target is on another volume: 17, once `source` was opened.

    Source: the pages of MoveFileEx and CreateHardLink.
    """
    return open_existing(source, Access.DELETE) or Denial(NOT_SAME_DEVICE)


def create_hard_link(source: Node, link: Node, parent: Node) -> Denial | None:
    """``CreateHardLinkW``: 2, 183, or 32 from the parent.

    The existing file is opened for attributes only, so handles on it do not block this.
    """
    if denial := open_existing(source, Access.NONE) or _enter_parent(parent) or _delete_pending(link):
        return denial
    return Denial(ALREADY_EXISTS) if link.exists else None


def copy_file(source: Node, target: Node) -> Denial | None:
    """``CopyFileExW``, replacing the target: 2, 32 or 33 at the source, then as `create_always`."""
    return read(source) or create_always(target)
