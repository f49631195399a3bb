"""The kernel's own statuses behind Win32 codes, which tell apart what one code hides."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.report import Finding
from harness.platform.windows.rules_lab.other_calls import ntstatus_of
from harness.platform.windows.win32 import file_handles, file_names
from harness.winerror import code_behind, winerror_of

# ntstatus.h
CANNOT_DELETE: Final = 0xC0000121
ACCESS_DENIED: Final = 0xC0000022
SHARING_VIOLATION: Final = 0xC0000043
SHARED_BY_NOBODY: Final = 32  # winerror.h: ERROR_SHARING_VIOLATION


def run(site: Site, check: Check) -> Iterator[Finding]:
    """Provoke three refusals."""
    yield _refused(check, "deleting a read-only file", CANNOT_DELETE, _read_only, site.folder)
    yield _refused(check, "replacing a file that is open", ACCESS_DENIED, _open_target, site.folder)
    yield _refused(
        check, "deleting a file that is not shared", SHARING_VIOLATION, _not_shared, site.folder
    )
    yield _c_runtime(check, site.folder)


def _c_runtime(check: Check, folder: Path) -> Finding:
    """Open a held file as Python does: the C runtime says 13, and has the code of Windows behind it."""
    path = folder / "held"
    path.write_bytes(b"")
    what, expected = "Python's open of a file that is not shared", f"error {SHARED_BY_NOBODY}"
    with file_handles.opened(str(path), file_handles.GENERIC_READ, 0):
        try:
            path.read_bytes()
        except OSError as error:
            code = code_behind(error)
            return check.finding(what, expected, f"error {code}", code == SHARED_BY_NOBODY)
    return check.finding(what, expected, "it was not refused", verdict=False)


def _refused(
    check: Check, what: str, status: int, provoke: Callable[[Path], None], folder: Path
) -> Finding:
    expected = f"status {status:#010x}"
    try:
        provoke(folder)
    except OSError as error:
        given = ntstatus_of(error)
        return check.finding(
            what, expected, f"error {winerror_of(error)}, status {given or 0:#010x}", given == status
        )
    return check.finding(what, expected, "it was not refused", verdict=False)


def _read_only(folder: Path) -> None:
    path = folder / "read-only"
    path.write_bytes(b"")
    path.chmod(stat.S_IREAD)
    try:
        file_names.delete_file(str(path))
    finally:
        if path.exists():
            path.chmod(stat.S_IREAD | stat.S_IWRITE)


def _open_target(folder: Path) -> None:
    source, target = folder / "source", folder / "target"
    source.write_bytes(b"")
    target.write_bytes(b"")
    with file_handles.opened(str(target), file_handles.GENERIC_READ, file_handles.FILE_SHARE_ALL):
        file_names.move(str(source), str(target), file_names.MOVEFILE_REPLACE_EXISTING)


def _not_shared(folder: Path) -> None:
    path = folder / "not-shared"
    path.write_bytes(b"")
    with file_handles.opened(str(path), file_handles.GENERIC_READ, 0):
        file_names.delete_file(str(path))


CHECK: Final = Check(
    order=60,
    title="Does the kernel say why it refuses?",
    means="Records lack the status, or have a wrong one: two causes of error 5 cannot be told apart.",
    bearing="context",
    run=run,
)
