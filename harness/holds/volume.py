"""Volumes: what becomes of a deleted name, and which calls a file system does not have.

A volume is a property of the platform that a scenario may choose. What each file system does is told
with its source, and with how well that is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from harness.holds.rule import Rule
from harness.holds.sharing_rules import DeleteSemantics
from harness.winerror import INVALID_FUNCTION, INVALID_PARAMETER, NOT_SUPPORTED

FileSystem = Literal["ntfs", "ntfs-1809", "refs", "exfat", "smb"]
"""File systems by name; ``ntfs-1809`` is NTFS under Windows 10 1809 and older."""


@dataclass(frozen=True, slots=True)
class Volume:
    """What the volume of a trial does.

    The errors are what calls answer: `link_error` ``CreateHardLinkW``, `posix_error` calls with POSIX
    semantics, `symlink_error` ``CreateSymbolicLinkW``, `junction_error` the making of a junction; 0
    where the file system has them. With `staged_elsewhere` temporary places are on another volume.
    """

    deletes: DeleteSemantics = "posix"
    link_error: int = 0
    posix_error: int = 0
    symlink_error: int = 0
    junction_error: int = 0
    staged_elsewhere: bool = False


NTFS: Final = Volume()
VOLUMES: Final[Mapping[FileSystem, Volume]] = {
    "ntfs": NTFS,
    "ntfs-1809": Volume(deletes="classic"),
    "refs": Volume(deletes="classic", link_error=NOT_SUPPORTED, posix_error=NOT_SUPPORTED),
    "exfat": Volume(
        deletes="classic",
        link_error=INVALID_FUNCTION,
        posix_error=INVALID_PARAMETER,
        symlink_error=INVALID_FUNCTION,
        junction_error=INVALID_FUNCTION,
    ),
    "smb": Volume(deletes="classic", posix_error=INVALID_PARAMETER),
}

DELETE_RULES: Final[Mapping[DeleteSemantics, Rule]] = {
    "posix": Rule(
        "the name of a deleted file is gone at once, whoever has the file open",
        "documented",
        "FILE_DISPOSITION_INFORMATION_EX, Windows driver reference",
    ),
    "classic": Rule(
        "a deleted file that is open keeps its name: opening or creating it gives 5, removing its "
        "folder 145",
        "documented",
        "DeleteFile page; the 145 was seen under Wine, which answers the name itself otherwise",
    ),
}
FILE_SYSTEM_RULES: Final[Mapping[FileSystem, tuple[Rule, ...]]] = {
    "ntfs": (),
    "ntfs-1809": (
        Rule(
            "NTFS deletes with POSIX semantics since Windows 10 1903, before that classically",
            "documented",
            "a commit of Git on the two kinds of deletes; docs/evidence/windows-sharing.md",
        ),
    ),
    "refs": (
        Rule("ReFS answers hard links with 50", "documented", "github.com/nodejs/node/issues/11663"),
        Rule(
            "ReFS answers POSIX renames with 50, on Windows Server 2022",
            "documented",
            "github.com/rust-lang/rust/pull/138133, github.com/git-for-windows/git/pull/5515",
        ),
        Rule("ReFS deletes classically", "unverified", "docs/evidence/windows-sharing.md"),
    ),
    "exfat": (
        Rule("exFAT answers hard links with 1", "documented", "github.com/treeverse/dvc/issues/8515"),
        Rule(
            "exFAT answers POSIX renames with 87",
            "unverified",
            "github.com/swiftlang/swift-foundation/pull/1926 expects 50, 665 or 87",
        ),
        Rule(
            "exFAT answers symbolic links and junctions with 1",
            "documented",
            "github.com/npm/cli/issues/1232; libuv calls 1 EISDIR",
        ),
        Rule("exFAT deletes classically", "documented", "docs/evidence/windows-sharing.md"),
    ),
    "smb": (
        Rule("a share deletes classically", "documented", "docs/evidence/windows-sharing.md"),
        Rule("a share answers POSIX renames with 87", "unverified", "depends on the server"),
    ),
}
NO_SYMLINKS: Final = Rule(
    "an account without the privilege, and without the developer mode, gets 1314 for symbolic links",
    "documented",
    "CreateSymbolicLink page; System Error Codes (1300-1699)",
)
ELSEWHERE: Final = Rule(
    "a rename, hard link or replacement between volumes gives 17, after the source was opened",
    "documented",
    "MoveFileEx and CreateHardLink pages; that the open comes first is unverified",
)
