"""The sharing rules of Windows as pure functions: which primitive fails with which code, and why.

Each function answers for one primitive: ``None`` if the call would go through, else a `Denial` with
the Win32 code and the handles to blame. Nothing here touches a file.

Sources, as cited at each rule: MS-FSA (Microsoft, "File System Algorithms") 2.1.5.1.2.2 for sharing
and 2.1.4.2 for directories with open children; the FILE_RENAME_INFORMATION page of the driver
documentation; Microsoft's fastfat sample; the ReplaceFileW and DeleteFileW pages; the conformance
tests of Wine. Rules marked *unverified* await a measurement on a real machine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from harness.holds.handles import SHARE_ALL, Access, Section, Share
from harness.winerror import (
    ACCESS_DENIED,
    ALREADY_EXISTS,
    DIR_NOT_EMPTY,
    FILE_EXISTS,
    FILE_NOT_FOUND,
    LOCK_VIOLATION,
    PATH_NOT_FOUND,
    SHARING_VIOLATION,
    USER_MAPPED_FILE,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class DeleteSemantics(Enum):
    """What a delete does while somebody shares the file for deletion.

    `POSIX`: the name is gone at once (NTFS since Windows 10 1903). `CLASSIC`: the name stays, denied
    to everybody, until the last handle is closed (older systems, FAT, many network shares).
    """

    POSIX = "posix"
    CLASSIC = "classic"


@dataclass(eq=False, slots=True)
class Handle:
    """A handle or a section somebody else has open now.

    `oplock_ack_ns` marks an opportunistic lock: the holder lets go when asked, after that time.
    """

    path: str
    access: Access = Access.READ
    share: Share = SHARE_ALL
    section: Section | None = None
    locks_bytes: bool = False
    oplock_ack_ns: int | None = None
    file: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Node:
    """What is known about a name at the moment of a call.

    `handles` are those on the file itself (by any of its names), `below` those on files and
    directories beneath it, sections not counted.
    """

    path: str
    exists: bool = True
    is_directory: bool = False
    is_empty: bool = True
    read_only: bool = False
    delete_pending: bool = False
    handles: Sequence[Handle] = ()
    below: Sequence[Handle] = ()
    pending_below: bool = False

    def sections(self, kind: Section) -> list[Handle]:
        """The sections of this kind on the file."""
        return [handle for handle in self.handles if handle.section is kind]

    @property
    def open_handles(self) -> list[Handle]:
        """The real handles: a section alone is none."""
        return [handle for handle in self.handles if handle.section is None]


@dataclass(frozen=True, slots=True)
class Denial:
    """A refused call: the Win32 code, and the handles whose closing would help (maybe none)."""

    code: int
    because_of: Sequence[Handle] = field(default=())


_PAIRS: Final = (
    (Access.READ, Share.READ),
    (Access.WRITE, Share.WRITE),
    (Access.DELETE, Share.DELETE),
)


def compatible(held: Access, held_share: Share, wanted: Access, wanted_share: Share) -> bool:
    """Tell whether two opens of one file can stand beside each other [MS-FSA 2.1.5.1.2.2].

    Each must share what the other does. An open for attributes only asks for nothing and grants
    everything.
    """
    if not held or not wanted:
        return True
    return all(
        (access not in wanted or share in held_share) and (access not in held or share in wanted_share)
        for access, share in _PAIRS
    )


def _sharing(
    handles: Iterable[Handle], wanted: Access, wanted_share: Share = SHARE_ALL
) -> Denial | None:
    blockers = [
        handle
        for handle in handles
        if handle.section is None and not compatible(handle.access, handle.share, wanted, wanted_share)
    ]
    return Denial(SHARING_VIOLATION, blockers) if blockers else None


def _byte_range(node: Node) -> Denial | None:
    lockers = [handle for handle in node.handles if handle.locks_bytes]
    return Denial(LOCK_VIOLATION, lockers) if lockers else None


def open_existing(node: Node, access: Access, share: Share = SHARE_ALL) -> Denial | None:
    """``CreateFileW(OPEN_EXISTING)``: 2, 5 (delete pending) or 32."""
    if node.delete_pending:
        return Denial(ACCESS_DENIED, node.handles)
    if not node.exists:
        return Denial(FILE_NOT_FOUND)
    if Access.WRITE in access and (images := node.sections(Section.IMAGE)):
        return Denial(SHARING_VIOLATION, images)
    return _sharing(node.handles, access, share)


def create_new(node: Node, parent: Node) -> Denial | None:
    """``CreateFileW(CREATE_NEW)``: 3, 80, or 5 while a delete is pending [DeleteFileW page].

    The name is added through the new file's own open: whoever has the folder open is not asked.
    """
    if not parent.exists:
        return Denial(PATH_NOT_FOUND)
    if node.delete_pending:
        return Denial(ACCESS_DENIED, node.handles)
    return Denial(FILE_EXISTS) if node.exists else None


def create_always(node: Node) -> Denial | None:
    """``CreateFileW(CREATE_ALWAYS)`` for writing: 5, 32, or 1224 on mapped data [Wine tests]."""
    if node.delete_pending:
        return Denial(ACCESS_DENIED, node.handles)
    if not node.exists:
        return None
    if node.is_directory or node.read_only:
        return Denial(ACCESS_DENIED)
    if mapped := node.sections(Section.DATA):
        return Denial(USER_MAPPED_FILE, mapped)
    return open_existing(node, Access.WRITE)


def create_directory(node: Node) -> Denial | None:
    """``CreateDirectoryW``: 183, or 5 while a delete is pending."""
    if node.delete_pending:
        return Denial(ACCESS_DENIED, node.handles)
    return Denial(ALREADY_EXISTS) if node.exists else None


def get_attributes(node: Node) -> Denial | None:
    """``GetFileAttributesW``: 2, or 5 while a delete is pending."""
    if node.delete_pending:
        return Denial(ACCESS_DENIED, node.handles)
    return None if node.exists else Denial(FILE_NOT_FOUND)


def read(node: Node) -> Denial | None:
    """Open for reading and read all: 32 at the open, 33 at the read."""
    return open_existing(node, Access.READ) or _byte_range(node)


def overwrite(node: Node) -> Denial | None:
    """Write into a file that is open already: 33. (Truncating it ignores byte-range locks.)"""
    return _byte_range(node)


def lock_range(node: Node) -> Denial | None:
    """``LockFileEx`` over a range that somebody has locked: 33."""
    return open_existing(node, Access.READ) or _byte_range(node)


def _enter_parent(parent: Node) -> Denial | None:
    """The target's parent is opened to add a name, sharing read and write [unverified].

    So a holder of that directory who does not share writing, or who has delete access, is in the
    way. Source: "Set File Information Processing", Microsoft driver documentation.
    """
    if not parent.exists:
        return Denial(PATH_NOT_FOUND)
    return _sharing(parent.handles, Access.WRITE, Share.READ | Share.WRITE)


def _leave(source: Node) -> Denial | None:
    """Open `source` for a rename, then look below it.

    MS-FSA 2.1.4.2: a directory cannot be renamed while anything beneath it is open, whatever its
    share mode; handles count, sections do not. Opportunistic locks are broken first (see
    `oplocks_to_break`), so those holders are not in the way.
    """
    if denial := open_existing(source, Access.DELETE):
        return denial
    blockers = [handle for handle in source.below if handle.oplock_ack_ns is None]
    return Denial(ACCESS_DENIED, blockers) if source.is_directory and blockers else None


def oplocks_to_break(source: Node) -> list[Handle]:
    """The handles below a directory whose holders let go when a rename asks them to."""
    return [handle for handle in source.below if handle.oplock_ack_ns is not None]


def move(source: Node, target: Node, parent: Node, *, replace: bool) -> Denial | None:
    """``MoveFileExW``, with or without ``MOVEFILE_REPLACE_EXISTING``.

    A target that is open at all, even for attributes only and sharing everything, or mapped, cannot
    be replaced: 5 [FILE_RENAME_INFORMATION, fastfat]. A directory can replace a file, nothing can
    replace a directory.
    """
    if denial := _leave(source) or _enter_parent(parent):
        return denial
    if target.delete_pending:
        return Denial(ACCESS_DENIED, target.handles)
    if not target.exists:
        return None
    if not replace:
        return Denial(ALREADY_EXISTS)
    if target.is_directory or target.read_only:
        return Denial(ACCESS_DENIED)
    return Denial(ACCESS_DENIED, target.handles) if target.handles else None


def posix_rename(source: Node, target: Node, parent: Node) -> Denial | None:
    """``FileRenameInfoEx`` with POSIX semantics and replace, on NTFS since 1607.

    A target held by somebody who shares deletion is replaced. For other holders the page promises a
    refusal but not its code; 5 here is *unverified*, it may be 32.
    """
    if denial := _leave(source) or _enter_parent(parent):
        return denial
    if target.delete_pending:
        return Denial(ACCESS_DENIED, target.handles)
    if not target.exists:
        return None
    if target.is_directory:
        if not source.is_directory:
            return Denial(ACCESS_DENIED)
        return None if target.is_empty else Denial(DIR_NOT_EMPTY)
    if target.read_only:
        return Denial(ACCESS_DENIED)
    if images := target.sections(Section.IMAGE):
        return Denial(ACCESS_DENIED, images)
    refused = _sharing(target.handles, Access.DELETE)
    return Denial(ACCESS_DENIED, refused.because_of) if refused else None


def replace_file(target: Node, source: Node) -> Denial | None:
    """``ReplaceFileW(target, source)`` [ReplaceFileW page, Wine tests].

    The replacement is opened with no sharing, the replaced file sharing all: 32 for either. A loaded
    program can be replaced.
    """
    if denial := open_existing(source, Access.READ | Access.DELETE, Share.NONE):
        return denial
    if target.delete_pending:
        return Denial(ACCESS_DENIED, target.handles)
    if not target.exists:
        return Denial(FILE_NOT_FOUND)
    if target.is_directory or target.read_only:
        return Denial(ACCESS_DENIED)
    return _sharing(target.handles, Access.READ | Access.DELETE)


def delete_file(node: Node, semantics: DeleteSemantics) -> Denial | None:
    """``DeleteFileW``, or a POSIX delete where `semantics` says so: 2, 5 or 32."""
    if denial := open_existing(node, Access.DELETE):
        return denial
    if node.is_directory or node.read_only:
        return Denial(ACCESS_DENIED)
    if images := node.sections(Section.IMAGE):
        return Denial(ACCESS_DENIED, images)
    mapped = node.sections(Section.DATA)
    if mapped and semantics is DeleteSemantics.CLASSIC:
        return Denial(ACCESS_DENIED, mapped)
    return None


def delete_stays_pending(node: Node, semantics: DeleteSemantics) -> bool:
    """Tell whether an allowed delete leaves the name behind until the last handle is closed."""
    return semantics is DeleteSemantics.CLASSIC and bool(node.open_handles)


def remove_directory(node: Node) -> Denial | None:
    """``RemoveDirectoryW``: 2, 32, or 145 - also while a child's delete is pending."""
    if denial := open_existing(node, Access.DELETE):
        return denial
    return None if node.is_empty and not node.pending_below else Denial(DIR_NOT_EMPTY)


def create_hard_link(source: Node, link: Node, parent: Node) -> Denial | None:
    """``CreateHardLinkW``: 2, 183, or 32 from the parent.

    The existing file is opened for attributes only, so its holders are not in the way.
    """
    if denial := open_existing(source, Access.NONE) or _enter_parent(parent):
        return denial
    if link.delete_pending:
        return Denial(ACCESS_DENIED, link.handles)
    return Denial(ALREADY_EXISTS) if link.exists else None


def copy_file(source: Node, target: Node) -> Denial | None:
    """``CopyFileExW`` over whatever is there: 2, 32 or 33 at the source, then as `create_always`."""
    return read(source) or create_always(target)


def request_oplock(node: Node) -> Denial | None:
    """``FSCTL_REQUEST_OPLOCK``: granted (``None``) while nobody else has the file open."""
    return Denial(SHARING_VIOLATION, node.open_handles) if node.open_handles else None
