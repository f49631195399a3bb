"""What this Wine cannot show, found by trying it.

Wine learns: 8.0 has no POSIX delete, 10.0 has. So no version is asked for: what can be tried in a few
milliseconds is tried, and the rest is said of every Wine.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from harness.platform.windows.win32 import file_content, file_names, links
from harness.platform.windows.win32.file_handles import (
    FILE_SHARE_ALL,
    FILE_SHARE_READ,
    GENERIC_READ,
    opened,
)
from harness.platform.windows.windows_rules import refuses_read_only_target

if TYPE_CHECKING:
    from harness.platform.base import Capability, Rules

# Seen with Wine 8 and 10: docs/evidence/windows-sharing.md.
UNTRIED: Final[dict[Capability, str]] = {
    "ambient": "no antivirus watches files under Wine",
    "quarantine-after-moves": "Wine does not tell where an open file was moved, to delete it there",
    "resources-of-held-programs": "Wine answers the update of a held program with 32, Windows with 110",
    "sections-in-directories": "Wine cannot tell a mapped file from an open one when its directory is "
    "renamed",
}
STOCK_CANNOT: Final = (
    "stock Wine renames a directory while a file in it is open; the lane's rules (ntfs) do not"
)


def wine_cannot(rules: Rules) -> dict[Capability, str]:
    """What this Wine cannot show, each with the reason as a sentence."""
    cannot = dict(UNTRIED)
    if rules == "stock":
        cannot["open-child-blocks-rename"] = STOCK_CANNOT
    with tempfile.TemporaryDirectory() as folder:
        for name, (works, reason) in TRIED.items():
            place = Path(folder, name)
            place.mkdir()
            if not _succeeds(works, place):
                cannot[name] = reason
    return cannot


def _succeeds(works: Callable[[Path], bool], place: Path) -> bool:
    try:
        return works(place)
    except OSError:
        return False


def _is_error(call: Callable[[], object]) -> bool:
    try:
        call()
    except OSError:
        return True
    return False


def _file(place: Path, name: str) -> str:
    path = place / name
    path.write_text(name, encoding="utf-8")
    return str(path)


def _deletes_by_posix(place: Path) -> bool:
    path = _file(place, "held")
    with opened(path, GENERIC_READ, FILE_SHARE_ALL):
        file_names.posix_delete(path)
        return not os.path.lexists(path)


def _renames_by_posix(place: Path) -> bool:
    source, target = _file(place, "new"), _file(place, "old")
    with opened(target, GENERIC_READ, FILE_SHARE_ALL):
        file_names.rename_by_handle(source, target)
    return Path(target).read_text(encoding="utf-8") == "new"


def _deletes_while_open(place: Path) -> bool:
    path = _file(place, "held")
    with opened(path, GENERIC_READ, FILE_SHARE_ALL):
        file_names.delete_file(path)
        return not os.path.lexists(path)


def _keeps_names_of_deleted_files_to_itself(place: Path) -> bool:
    path = _file(place, "held")
    with opened(path, GENERIC_READ, FILE_SHARE_ALL):
        file_names.classic_delete(path)
        return _is_error(lambda: Path(path).read_bytes())


def _locks_ranges(place: Path) -> bool:
    path = _file(place, "locked")
    with opened(path, GENERIC_READ, FILE_SHARE_ALL) as handle:
        file_content.lock_all(handle, path)
        return _is_error(lambda: Path(path).read_bytes())


def _opens_parent_of_target(place: Path) -> bool:
    source = _file(place, "new")
    with opened(str(place), GENERIC_READ, FILE_SHARE_READ):
        return _is_error(lambda: file_names.move(source, f"{source}-moved", 0))


def _writes_to_no_read_only_file(place: Path) -> bool:
    path = _file(place, "old")
    file_names.set_attributes(path, file_names.FILE_ATTRIBUTE_READONLY)
    try:
        return _is_error(lambda: Path(path).write_bytes(b""))
    finally:
        file_names.set_attributes(path, file_names.FILE_ATTRIBUTE_NORMAL)


def _keeps_read_only_folders(place: Path) -> bool:
    folder = place / "folder"
    folder.mkdir()
    file_names.set_attributes(str(folder), file_names.FILE_ATTRIBUTE_READONLY)
    try:
        return _is_error(lambda: file_names.remove_directory(str(folder)))
    finally:
        if folder.exists():
            file_names.set_attributes(str(folder), file_names.FILE_ATTRIBUTE_NORMAL)


def _links(place: Path) -> bool:
    link = place / "link"
    links.create_symbolic_link(str(link), _file(place, "file"), is_folder=False)
    return link.read_bytes() == b"file"


def _joins(place: Path) -> bool:
    folder = place / "folder"
    folder.mkdir()
    _file(folder, "file")
    links.create_junction(str(place / "junction"), str(folder))
    return (place / "junction" / "file").read_bytes() == b"file"


class _Trial(NamedTuple):
    works: Callable[[Path], bool]
    """Whether it works in an empty folder; an `OSError` says no, too."""
    reason: str
    """What is the case if it does not."""


TRIED: Final[dict[Capability, _Trial]] = {
    "deletes-while-open": _Trial(
        _deletes_while_open, "this Wine keeps the name of a file that is deleted while it is open"
    ),
    "names-of-deleted-files": _Trial(
        _keeps_names_of_deleted_files_to_itself,
        "this Wine opens a deleted file that is held by its name, where classic deletes give 5",
    ),
    "posix-delete": _Trial(_deletes_by_posix, "this Wine has no POSIX delete"),
    "posix-rename": _Trial(_renames_by_posix, "this Wine has no POSIX rename"),
    "junctions": _Trial(_joins, "this Wine has no junctions"),
    "range-locks": _Trial(
        _locks_ranges, "byte-range locks do not stop reads and writes under this Wine"
    ),
    "read-only-files": _Trial(
        refuses_read_only_target,
        "this Wine replaces read-only files; with the lane's rules (ntfs) it does not",
    ),
    "read-only-folders": _Trial(
        _keeps_read_only_folders, "this Wine does not keep the read-only attribute of a folder"
    ),
    "symlinks": _Trial(_links, "this Wine makes no symbolic links"),
    "write-read-only": _Trial(
        _writes_to_no_read_only_file, "this Wine writes to read-only files, as it does when root runs it"
    ),
    "target-parent-holds": _Trial(
        _opens_parent_of_target,
        "this Wine does not open the target's parent, so a hold on it blocks nothing",
    ),
}
