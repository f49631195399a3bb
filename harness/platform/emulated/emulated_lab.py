"""The emulated platform as a lab for the table of sharing rules: a lock table, and real files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from typing_extensions import override

from harness.clock import NS_PER_MS, VirtualClock
from harness.holds.handles import ACCESS_NAMES, SHARE_NAMES, Hold
from harness.holds.sharing_rules import DeleteSemantics, OpenHandle
from harness.holds.sharing_rules_table import Held
from harness.platform.emulated.emulated_files import EmulatedFileSystem
from harness.platform.emulated.lock_table import LockTable
from harness.platform.emulated.other_calls import MoreCalls
from harness.platform.rules_lab import PLACES, Lab, Outcome, calls_of
from harness.winerror import winerror_of


class EmulatedLab(Lab):
    """Executes cases below `root`, with deletes by `semantics`."""

    OPLOCK_ACK_NS: Final = 7 * NS_PER_MS
    PENDING: Final = 997  # ERROR_IO_PENDING: what the grant of an opportunistic lock looks like

    def __init__(self, root: Path, semantics: DeleteSemantics) -> None:
        self.root = root
        self.clock = VirtualClock()
        self.table = LockTable()
        self.files = MoreCalls(self.clock, self.table, semantics=semantics)
        posix = EmulatedFileSystem(self.clock, self.table, semantics="posix")
        source, target = self._path("source"), self._path("target")
        files = self.files
        self.calls: dict[str, Callable[[str], object]] = calls_of(files, source, target) | {
            "NtSetInformationFile(FileRenameInformationEx)": lambda _: files.rename(
                source, target, "posix-rename"
            ),
            "FileDispositionInfo": files.dispose_file,
            "FileDispositionInfoEx(DELETE+POSIX)": posix.delete_file,
            "NtSetInformationFile(FileDispositionInformationEx)": posix.delete_file,
            "GetFileAttributesW": files.get_attributes,
            "CreateFileW(OPEN_EXISTING)": files.open_existing,
            "CreateFileW(CREATE_ALWAYS)": files.create_always,
            "WriteFile": lambda path: files.rewrite_file(path, b"new"),
            "LockFileEx(FAIL_IMMEDIATELY)": files.lock_range,
        }

    def _path(self, place: str) -> str:
        return str(self.root / PLACES[place])

    @override
    def hold(self, held: Held) -> None:
        path, access, share = self._path(held.object), ACCESS_NAMES[held.access], SHARE_NAMES[held.share]
        if held.oplock is not None:  # no profile asks for one, so there is no `Hold` with one
            self.table.open(OpenHandle(path, access, share, oplock_ack_ns=self.OPLOCK_ACK_NS))
            return
        hold = Hold(held.object, path, access, share, locks_bytes=held.locks_bytes, section=held.section)
        self._take(hold)
        if self.table.receipts()[-1].opened_ns is None:
            raise RuntimeError(f"{path} could not be held")

    @override
    def make_read_only(self, place: str) -> None:
        self.table.set_read_only(self._path(place), read_only=True)

    def _take(self, hold: Hold) -> None:
        self.table.schedule_hold(hold, self.clock.now_ns())
        self.table.advance(self.clock.now_ns())

    @override
    def call(self, name: str, on: str) -> Outcome:
        path = self._path(on)
        began = self.clock.now_ns()
        code = 0
        try:
            if name == "CreateFileW(DELETE_ON_CLOSE)":
                code = self._delete_on_close(path)
            elif name.startswith("FSCTL_REQUEST"):
                self.files.request_oplock(path)
                code = self.PENDING
            else:
                self.calls[name](path)
        except OSError as error:
            refused = winerror_of(error)
            if refused is None:  # the machine's own error, not the emulator's answer
                raise
            code = refused
        return Outcome(code, waited=self.clock.now_ns() > began)

    def _delete_on_close(self, path: str) -> int:
        """Open for deletion and close at once: a hold that ends by taking the file away."""
        self._take(Hold("target", path, ACCESS_NAMES["delete"], duration_ns=0, vanish=True))
        return self.table.receipts()[-1].error or 0

    @override
    def close(self) -> None:
        self.table.clear()
