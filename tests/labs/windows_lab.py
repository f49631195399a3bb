"""Windows itself (or Wine) as a lab: the calls are made here, the holders are other processes."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final, Protocol

if sys.platform != "win32":
    raise ImportError("this lab needs Windows, or Wine")

import win32_lab
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_fixed

from harness.holds.handles import ACCESS_NAMES, SHARE_NAMES, Hold, Section
from harness.platform.windows.environment.volumes import volume
from harness.platform.windows.holders.attribution import users_of_file
from harness.platform.windows.locker_process import LockerProcess
from harness.platform.windows.win32 import file_content, file_handles, file_names, library, waiting
from harness.platform.windows.windows_files import WindowsFileSystem

ERROR_NOT_FOUND: Final = 1168
ERROR_INTERNAL_ERROR: Final = 1359


def _is_internal(error: BaseException) -> bool:
    """Whether Wine could not start a program for a reason of its own: the next time it can."""
    return isinstance(error, OSError) and error.winerror == ERROR_INTERNAL_ERROR


@retry(
    retry=retry_if_exception(_is_internal),
    stop=stop_after_attempt(5),
    wait=wait_fixed(0.2),
    reraise=True,
)
def _started(command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        text=True,
    )


# Microsoft, winioctl.h
OPLOCK_REQUESTS: Final = {
    "FSCTL_REQUEST_OPLOCK_LEVEL_1": 0x90000,
    "FSCTL_REQUEST_OPLOCK_LEVEL_2": 0x90004,
    "FSCTL_REQUEST_BATCH_OPLOCK": 0x90008,
    "FSCTL_REQUEST_FILTER_OPLOCK": 0x9005C,
    "FSCTL_REQUEST_OPLOCK(READ+WRITE+HANDLE)": 0x90240,
}
OPLOCKS: Final = {
    "batch": ("FSCTL_REQUEST_BATCH_OPLOCK", 0),
    "filter": ("FSCTL_REQUEST_FILTER_OPLOCK", 0),
    "read-handle": ("FSCTL_REQUEST_OPLOCK(READ+WRITE+HANDLE)", 1 | 2),
}
READ_WRITE_HANDLE: Final = 1 | 4 | 2

# A final dot keeps LoadLibraryExW from adding .dll to the name; 1 is DONT_RESOLVE_DLL_REFERENCES.
KEEP: Final = {
    "loaded library": "import ctypes, sys; k = ctypes.WinDLL('kernel32'); "
    "k.LoadLibraryExW.restype = ctypes.c_void_p; assert k.LoadLibraryExW(sys.argv[1] + '.', None, 1)",
    "current directory": "import os, sys; os.chdir(sys.argv[1])",
}
"""What another process does to have something open that is not simply a handle."""


class Held(Protocol):
    """What somebody else has open."""

    @property
    def object(self) -> str: ...

    @property
    def access(self) -> str: ...

    @property
    def share(self) -> str: ...

    @property
    def section(self) -> Section | None: ...

    @property
    def locks_bytes(self) -> bool: ...

    @property
    def oplock(self) -> str | None: ...

    @property
    def by(self) -> str: ...


def oplock_input(levels: int) -> bytes:
    """``REQUEST_OPLOCK_INPUT_BUFFER``: version 1, 12 bytes long, levels, REQUEST."""
    size = 12
    return (
        (1).to_bytes(2, "little")
        + size.to_bytes(2, "little")
        + levels.to_bytes(4, "little")
        + (1).to_bytes(4, "little")
    )


class WindowsLab:
    """Makes each call on real files, while another process has them open."""

    locker: LockerProcess | None = None  # one for all cases: a process start takes long

    def __init__(self, paths: dict[str, Path]) -> None:
        self.paths = {place: str(path) for place, path in paths.items()}
        if WindowsLab.locker is None:
            WindowsLab.locker = LockerProcess()
        self.files = WindowsFileSystem(lambda _path, _path2: None)
        self.processes: list[subprocess.Popen[str]] = []
        self.own: list[library.Handle] = []
        self.broken = threading.Event()
        self.oplock: threading.Thread | None = None
        source, target = self.paths["source"], self.paths["target"]
        self.calls: dict[str, Callable[[str], object]] = {
            "MoveFileExW": lambda _: self.files.rename(source, target, "move"),
            "MoveFileExW(REPLACE)": lambda _: self.files.rename(source, target, "move-replace"),
            "FileRenameInformation(REPLACE)": lambda _: self.files.rename(
                source, target, "move-replace"
            ),
            "FileRenameInfoEx(POSIX+REPLACE)": lambda _: self.files.rename(
                source, target, "posix-rename"
            ),
            "NtSetInformationFile(FileRenameInformationEx)": lambda _: win32_lab.nt_rename(
                source, target
            ),
            "ReplaceFileW": lambda _: self.files.rename(source, target, "replace-file"),
            "CopyFileW": lambda _: self.files.copy_file(source, target),
            "DeleteFileW": self.files.delete_file,
            "FileDispositionInfo": self._mark,
            "FileDispositionInfoEx(DELETE+POSIX)": file_names.posix_delete,
            "NtSetInformationFile(FileDispositionInformationEx)": win32_lab.nt_delete,
            "RemoveDirectoryW": self.files.remove_directory,
            "CreateDirectoryW": win32_lab.create_directory,
            "GetFileAttributesW": win32_lab.get_attributes,
            "CreateFileW(OPEN_EXISTING)": lambda path: _open(path, file_handles.OPEN_EXISTING),
            "CreateFileW(CREATE_NEW)": lambda path: self.files.create_file(path, b"new"),
            "CreateFileW(CREATE_ALWAYS)": lambda path: _open(path, file_handles.CREATE_ALWAYS),
            "CreateFileW(DELETE_ON_CLOSE)": _delete_on_close,
            "ReadFile": self.files.read_file,
            "WriteFile": _write,
            "LockFileEx(FAIL_IMMEDIATELY)": _lock,
            "ReadDirectoryChangesW": lambda path: _watch(source, path),
            "NtQueryInformationFile(FileProcessIdsUsingFileInformation)": lambda path: self._find_locker(
                users_of_file, path
            ),
        }

    def hold(self, held: Held) -> None:
        path = self.paths[held.object]
        if held.oplock is not None:
            self._give_oplock(path, held.oplock)
        elif held.by in KEEP:
            self._keep([sys.executable, "-c", KEEP[held.by] + WAIT, path], {})
        elif held.by == "running program":
            self._keep([path, "-c", WAIT.removeprefix("; ")], _home())
        else:
            hold = Hold(
                held.object,
                path,
                ACCESS_NAMES[held.access],
                SHARE_NAMES[held.share],
                locks_bytes=held.locks_bytes,
                section=held.section,
            )
            assert self.locker is not None
            self.locker.schedule_holds([hold])

    def _keep(self, command: list[str], environment: dict[str, str]) -> None:
        """Start a process that has something open, and wait until it says so."""
        process = _started(command, os.environ | environment)
        self.processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

    def _give_oplock(self, path: str, kind: str) -> None:
        """Take an opportunistic lock that lets go a moment after it is broken."""
        request, levels = OPLOCKS[kind]
        handle = file_handles.open_handle(
            path,
            file_handles.GENERIC_READ,
            file_handles.FILE_SHARE_ALL,
            flags=win32_lab.FILE_FLAG_OVERLAPPED,
        )
        given = oplock_input(levels) if levels else b""
        asked = win32_lab.OplockRequest(handle, OPLOCK_REQUESTS[request], given)
        assert asked.code == win32_lab.ERROR_IO_PENDING

        def let_go() -> None:
            timer = waiting.Timer()
            waiting.wait_for(asked.event)
            self.broken.set()
            time.sleep(0.01)
            file_handles.close(handle)
            timer.close()

        self.oplock = threading.Thread(target=let_go)
        self.oplock.start()

    def make_call(self, name: str, on: str) -> tuple[int, bool]:
        """Make the call; give its code, and whether it had to wait for a holder to let go."""
        path = self.paths[on]
        try:
            if name in OPLOCK_REQUESTS:
                return _ask_for_oplock(path, name), False
            self.calls[name](path)
        except OSError as error:
            return error.winerror, self.broken.is_set()
        return 0, self.broken.is_set()

    def _find_locker(self, ask: Callable[[str], Collection[int]], path: str) -> None:
        """Ask who holds it; the locker must be among them."""
        assert self.locker is not None
        if self.locker.process_id not in ask(path):
            raise OSError(0, "not found", path, ERROR_NOT_FOUND)

    def _mark(self, path: str) -> None:
        handle = file_handles.open_handle(path, file_handles.DELETE, file_handles.FILE_SHARE_ALL)
        self.own.append(handle)
        win32_lab.mark_for_deletion(handle)

    def close(self) -> None:
        for handle in self.own:
            file_handles.close(handle)
        if self.oplock is not None:
            self.oplock.join(10)
        assert self.locker is not None
        held = self.locker.end()
        for process in self.processes:
            process.communicate("")
        assert [receipt.error for receipt in held if receipt.opened_ns is None] == []


WAIT: Final = "; print('ready', flush=True); import sys; sys.stdin.read()"


def _home() -> dict[str, str]:
    """Where a copy of this Python finds the rest of it."""
    base = os.path.dirname(getattr(sys, "_base_executable", sys.executable))
    return {"PYTHONHOME": base, "PATH": base + os.pathsep + os.environ["PATH"]}


def program() -> bytes:
    """A program that can be run from anywhere, with `_home`: Python's own starter."""
    with open(getattr(sys, "_base_executable", sys.executable), "rb") as file:
        return file.read()


def deletes_like_posix(path: str) -> bool:
    """Whether the volume of `path` has POSIX semantics for deletes."""
    return volume(path).posix_unlink_rename is True


def _open(path: str, disposition: int) -> None:
    access = (
        file_handles.GENERIC_READ
        if disposition == file_handles.OPEN_EXISTING
        else file_handles.GENERIC_WRITE
    )
    file_handles.close(file_handles.open_handle(path, access, file_handles.FILE_SHARE_ALL, disposition))


def _delete_on_close(path: str) -> None:
    flags = win32_lab.FILE_FLAG_DELETE_ON_CLOSE
    file_handles.close(
        file_handles.open_handle(path, file_handles.DELETE, file_handles.FILE_SHARE_ALL, flags=flags)
    )


def _write(path: str) -> None:
    with file_handles.opened(path, file_handles.GENERIC_WRITE, file_handles.FILE_SHARE_ALL) as handle:
        file_content.write_all(handle, b"new", path)


def _lock(path: str) -> None:
    with file_handles.opened(path, file_handles.GENERIC_READ, file_handles.FILE_SHARE_ALL) as handle:
        file_content.lock_all(handle, path)


def _ask_for_oplock(path: str, request: str) -> int:
    given = oplock_input(READ_WRITE_HANDLE) if "READ+WRITE" in request else b""
    flags = win32_lab.FILE_FLAG_OVERLAPPED
    with file_handles.opened(
        path, file_handles.GENERIC_READ, file_handles.FILE_SHARE_ALL, flags=flags
    ) as handle:
        asked = win32_lab.OplockRequest(handle, OPLOCK_REQUESTS[request], given)
        asked.close()
        return asked.code


def _watch(root: str, folder: str) -> None:
    """Watch the tree at `root`, then make a file in `folder` (and the folder, if it is not there)."""
    read_changes = library.declare(
        "BOOL kernel32.ReadDirectoryChangesW"
        "(HANDLE, POINTER, DWORD, BOOL, DWORD, POINTER, POINTER, POINTER)"
    )
    names = 0x1 | 0x2  # FILE_NOTIFY_CHANGE_FILE_NAME | _DIR_NAME
    room = ctypes.create_string_buffer(4096)
    timer = waiting.Timer()
    flags = win32_lab.FILE_FLAG_OVERLAPPED
    is_new = not os.path.isdir(folder)  # asked now: Wine would watch a folder that is looked at later
    with file_handles.opened(
        root, file_handles.GENERIC_READ, file_handles.FILE_SHARE_ALL, flags=flags
    ) as handle:
        for change in ["folder", "file"] if is_new else ["file"]:
            told = waiting.create_event()
            overlapped = file_content.Overlapped(event=told)
            assert read_changes(*(handle, room, 4096, True, names, None, ctypes.byref(overlapped), None))
            if change == "folder":
                os.mkdir(folder)
            else:
                file_handles.close(
                    file_handles.open_handle(
                        os.path.join(folder, "new"),
                        file_handles.GENERIC_WRITE,
                        0,
                        file_handles.CREATE_NEW,
                    )
                )
            if timer.wait(2.0, told) is None:
                win32_lab.cancel_io(handle)
                raise OSError(0, "no event", root, win32_lab.WAIT_TIMEOUT)
            file_handles.close(told)
    assert os.path.basename(folder).encode("utf-16-le") + "\\new".encode("utf-16-le") in room.raw
