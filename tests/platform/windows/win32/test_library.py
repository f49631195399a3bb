"""A call that fails raises the error that Python would raise, with the status of the kernel."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from win32_files_lab import (
    WINE,
    held,
    refusal,
)

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.platform.windows.rules_lab import other_calls
from harness.platform.windows.win32 import file_handles, file_names, jobs, library, waiting
from harness.winerror import (
    ACCESS_DENIED,
    ALREADY_EXISTS,
    FILE_NOT_FOUND,
    PATH_NOT_FOUND,
    SHARING_VIOLATION,
)

INVALID_HANDLE = 6
STATUS_OBJECT_NAME_COLLISION = 0xC0000035
STATUS_ACCESS_DENIED = 0xC0000022
STATUS_SHARING_VIOLATION = 0xC0000043
STATUS_CANNOT_DELETE = 0xC0000121


# Microsoft, MS-ERREF, section 2.3.1
STATUS_OBJECT_NAME_NOT_FOUND = 0xC0000034


@pytest.fixture
def set_attributes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Which attributes were set, in order; they are really set, too."""
    calls: list[tuple[str, int]] = []
    real = file_names.set_attributes

    def note(path: str, attributes: int) -> None:
        calls.append((os.path.basename(path), attributes))
        real(path, attributes)

    monkeypatch.setattr(file_names, "set_attributes", note)
    return calls


@pytest.mark.parametrize(
    ("call", "python"),
    [
        (file_names.delete_file, os.remove),
        (file_names.remove_directory, os.rmdir),
        (other_calls.get_attributes, os.stat),
        (partial(file_names.move, flags=0), os.rename),
        (file_names.create_hard_link, os.link),
    ],
)
def test_a_refusal_is_the_error_that_python_would_raise(
    call: Callable[..., object], python: Callable[..., object], folder: Path
) -> None:
    paths = [folder / "absent", folder / "other"]
    if python not in {os.rename, os.link}:
        paths.pop()
    ours, theirs = refusal(call, *paths), refusal(python, *paths)
    assert type(ours) is type(theirs)
    assert (ours.errno, ours.winerror) == (theirs.errno, theirs.winerror)
    assert (ours.filename, ours.filename2) == (theirs.filename, theirs.filename2)
    assert ours.strerror == theirs.strerror


def test_the_kernels_own_status_is_told_with_the_code(source: Path, target: Path, folder: Path) -> None:
    with held(source):
        told = [
            refusal(file_names.delete_file, folder / "absent"),
            refusal(file_names.move, source, folder / "free", 0),
            refusal(file_names.create_hard_link, target, source),
        ]
    assert [(error.winerror, other_calls.ntstatus_of(error)) for error in told] == [
        (FILE_NOT_FOUND, STATUS_OBJECT_NAME_NOT_FOUND),
        (SHARING_VIOLATION, STATUS_SHARING_VIOLATION),
        (ALREADY_EXISTS, STATUS_OBJECT_NAME_COLLISION),
    ]


def test_the_status_tells_two_refusals_of_the_same_code_apart(source: Path, target: Path) -> None:
    file_names.set_attributes(str(source), 1)  # read-only
    try:
        deleted = refusal(file_names.delete_file, source)
    finally:
        file_names.set_attributes(str(source), file_names.FILE_ATTRIBUTE_NORMAL)
    with held(target):
        replaced = refusal(file_names.move, source, target, 1)
    assert (deleted.winerror, replaced.winerror) == (ACCESS_DENIED, ACCESS_DENIED)
    assert other_calls.ntstatus_of(deleted) == STATUS_CANNOT_DELETE
    assert other_calls.ntstatus_of(replaced) == STATUS_ACCESS_DENIED


def test_the_status_of_an_earlier_call_is_not_told(target: Path) -> None:
    with held(target):
        refused = refusal(file_names.delete_file, target)
    assert other_calls.ntstatus_of(refused) == STATUS_SHARING_VIOLATION
    ctypes.set_last_error(PATH_NOT_FOUND)  # as a call does that never gets to the kernel
    later = library.failure(str(target))
    assert (later.winerror, other_calls.ntstatus_of(later)) == (PATH_NOT_FOUND, None)


def test_other_errors_have_no_status() -> None:
    assert other_calls.ntstatus_of(OSError(2, "absent")) is None


def test_a_handle_that_does_not_exist_is_an_error() -> None:
    for call in (
        file_handles.close,
        waiting.set_event,
        file_handles.final_path,
        file_names.mark_for_deletion,
    ):
        assert refusal(call, 0x7FFFFFF0).winerror == INVALID_HANDLE


def test_timers_events_and_jobs_are_given_back() -> None:
    before = other_calls.handles_of_this_process()
    for _ in range(100):
        file_handles.close(waiting.create_event())
        file_handles.close(jobs.create_job())
        waiting.Timer().close()
    assert other_calls.handles_of_this_process() - before < 50


def test_wine_says_which_it_is_and_windows_says_nothing() -> None:
    assert hasattr(ctypes.WinDLL("ntdll"), "wine_get_version") == WINE
    assert library.wine_version() is None or str(library.wine_version())[0].isdigit()


pytest_plugins = ("win32_fixtures",)
