"""Windows itself (or Wine) as a lab: the calls are made here, the holders are other processes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tenacity import retry, retry_if_exception, stop_after_attempt, wait_fixed
from typing_extensions import override

from harness.holds.handles import ACCESS_NAMES, SHARE_NAMES, Hold
from harness.platform.rules_lab import PLACES, Lab, Outcome, calls_of
from harness.platform.windows.environment.volumes import volume
from harness.platform.windows.holders.attribution import users_of_file
from harness.platform.windows.rules_lab import other_calls
from harness.platform.windows.rules_lab.directory_watch import watch
from harness.platform.windows.rules_lab.oplocks import REQUESTS, PoliteHolder, ask_for_oplock
from harness.platform.windows.win32 import file_content, file_handles, file_names
from harness.platform.windows.win32.jobs import CREATE_NO_WINDOW
from harness.platform.windows.windows_files import WindowsFileSystem
from harness.winerror import winerror_of

if TYPE_CHECKING:
    from harness.holds.sharing_rules import DeleteSemantics
    from harness.holds.sharing_rules_table import Held
    from harness.platform.windows.locker_process import LockerProcess
    from harness.platform.windows.rules_lab.keeper import Keeper
    from harness.platform.windows.win32.library import Handle

ERROR_NOT_FOUND: Final = 1168
ERROR_INTERNAL_ERROR: Final = 1359

_WAIT: Final = "print('ready', flush=True); import sys; sys.stdin.read()"


def program() -> bytes:
    """A program that can be run from anywhere, with `_home`: Python's own starter."""
    with open(_base_python(), "rb") as file:
        return file.read()


@cache
def native_semantics(folder: str | None = None) -> DeleteSemantics:
    """How the volume of a folder, by default the temporary one, deletes."""
    posix = volume(folder or tempfile.gettempdir()).posix_unlink_rename is True
    return "posix" if posix else "classic"


class WindowsLab(Lab):
    """Makes each call on real files below `root`, while another process has them open.

    That is `locker` for handles, `keeper` for loaded libraries and current folders.
    """

    def __init__(self, root: Path, locker: LockerProcess, keeper: Keeper) -> None:
        self._paths = {place: str(root / path) for place, path in PLACES.items()}
        self._locker = locker
        self._keeper = keeper
        self._files = files = WindowsFileSystem(lambda _path, _path2: None)
        self._processes: list[subprocess.Popen[str]] = []
        self._own: list[Handle] = []
        self._polite: PoliteHolder | None = None
        source, target = self._paths["source"], self._paths["target"]
        self._calls: dict[str, Callable[[str], object]] = calls_of(files, source, target) | {
            "NtSetInformationFile(FileRenameInformationEx)": lambda _: other_calls.nt_rename(
                source, target
            ),
            "FileDispositionInfo": self._mark,
            "FileDispositionInfoEx(DELETE+POSIX)": file_names.posix_delete,
            "NtSetInformationFile(FileDispositionInformationEx)": other_calls.nt_delete,
            "GetFileAttributesW": other_calls.get_attributes,
            "CreateFileW(OPEN_EXISTING)": partial(_open, disposition=file_handles.OPEN_EXISTING),
            "CreateFileW(CREATE_ALWAYS)": partial(_open, disposition=file_handles.CREATE_ALWAYS),
            "CreateFileW(DELETE_ON_CLOSE)": _delete_on_close,
            "WriteFile": _write,
            "LockFileEx(FAIL_IMMEDIATELY)": _lock,
            "ReadDirectoryChangesW": lambda path: watch(source, path),
            "NtQueryInformationFile(FileProcessIdsUsingFileInformation)": self._find_locker,
        }

    @override
    def hold(self, held: Held) -> None:
        path = self._paths[held.object]
        if held.oplock is not None:
            self._polite = PoliteHolder(path, held.oplock)
        elif held.by == "loaded library":
            self._keeper.load(path)
        elif held.by == "current directory":
            self._keeper.enter(path)
        elif held.by == "running program":
            self._run([path, "-c", _WAIT])
        else:
            access, share = ACCESS_NAMES[held.access], SHARE_NAMES[held.share]
            hold = Hold(
                *(held.object, path, access, share), locks_bytes=held.locks_bytes, section=held.section
            )
            self._locker.schedule_holds([hold])

    @override
    def make_read_only(self, place: str) -> None:
        file_names.set_attributes(self._paths[place], file_names.FILE_ATTRIBUTE_READONLY)

    def _run(self, command: list[str]) -> None:
        """Run a copy of this Python, and wait until it says that it runs."""
        process = _started(command, os.environ | _home())
        self._processes.append(process)
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise OSError(0, "a program that was to run did not start", command[0])

    @override
    def call(self, name: str, on: str) -> Outcome:
        path = self._paths[on]
        code = 0
        try:
            if name in REQUESTS:
                code = ask_for_oplock(path, name)
            else:
                self._calls[name](path)
        except OSError as error:
            refused = winerror_of(error)
            if refused is None:
                raise
            code = refused
        return Outcome(code, self._polite is not None and self._polite.was_asked.is_set())

    def _find_locker(self, path: str) -> None:
        """Ask who holds it; the locker must be among them."""
        if self._locker.process_id not in users_of_file(path):
            raise OSError(0, "not found", path, ERROR_NOT_FOUND)

    def _mark(self, path: str) -> None:
        handle = file_handles.open_handle(path, file_handles.DELETE, file_handles.FILE_SHARE_ALL)
        self._own.append(handle)
        file_names.mark_for_deletion(handle)

    @override
    def close(self) -> None:
        for handle in self._own:
            file_handles.close(handle)
        if self._polite is not None:
            self._polite.close()
        self._keeper.leave()
        held = self._locker.end()
        for process in self._processes:
            process.communicate("")
        for receipt in held:
            if receipt.opened_ns is None:
                raise OSError(0, "the locker could not hold it", receipt.hold.object, receipt.error)


def _is_internal(error: BaseException) -> bool:
    """Whether Wine could not start a program for a reason of its own: the next time it can."""
    return winerror_of(error) == ERROR_INTERNAL_ERROR


@retry(
    retry=retry_if_exception(_is_internal),
    stop=stop_after_attempt(5),
    wait=wait_fixed(0.2),
    reraise=True,
)
def _started(command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - this Python, or a copy of it
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        text=True,
        creationflags=CREATE_NO_WINDOW,
    )


def _base_python() -> str:
    return str(getattr(sys, "_base_executable", sys.executable))


def _home() -> dict[str, str]:
    """Where a copy of this Python finds the rest of it."""
    base = os.path.dirname(_base_python())
    return {"PYTHONHOME": base, "PATH": base + os.pathsep + os.environ["PATH"]}


def _open(path: str, disposition: int) -> None:
    reads = disposition == file_handles.OPEN_EXISTING
    access = file_handles.GENERIC_READ if reads else file_handles.GENERIC_WRITE
    file_handles.close(file_handles.open_handle(path, access, file_handles.FILE_SHARE_ALL, disposition))


def _delete_on_close(path: str) -> None:
    flags = other_calls.FILE_FLAG_DELETE_ON_CLOSE
    handle = file_handles.open_handle(
        path, file_handles.DELETE, file_handles.FILE_SHARE_ALL, flags=flags
    )
    file_handles.close(handle)


def _write(path: str) -> None:
    with file_handles.opened(path, file_handles.GENERIC_WRITE, file_handles.FILE_SHARE_ALL) as handle:
        file_content.write_all(handle, b"new", path)


def _lock(path: str) -> None:
    with file_handles.opened(path, file_handles.GENERIC_READ, file_handles.FILE_SHARE_ALL) as handle:
        file_content.lock_all(handle, path)
