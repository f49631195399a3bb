"""The Windows platform: real calls on real files, held by a real process, in real time.

Under Wine the same code runs and says so. Wine is not Windows: what it does not do is in `cannot`, and
its rules are found out by trying, never taken from what somebody intended.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

if sys.platform != "win32":
    raise ImportError("the windows platform needs Windows, or Wine")

from harness.clock import NS_PER_US, sleep_overshoots_ns
from harness.errors import HarnessError
from harness.platform.base import Description, HoldLostError
from harness.platform.windows import win32
from harness.platform.windows.concurrent_installs import drive_in_parallel, drive_one_by_one
from harness.platform.windows.environment import probe
from harness.platform.windows.environment.volumes import volume
from harness.platform.windows.holders.attribution import holders
from harness.platform.windows.locker_process import LockerProcess
from harness.platform.windows.windows_files import WindowsFileSystem, plain, verbatim

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.holds.handles import Hold, Receipt
    from harness.platform.base import Capability, Holder, PathStyle, PlatformName, Task

# Measured for windows-locks.md, section 1, with Wine 8 and 10.
WINE_CANNOT: Final[Mapping[Capability, str]] = {
    "ambient": "no antivirus watches files under Wine",
    "deletes-while-open": "Wine keeps the name of a file that is deleted while somebody has it open",
    "posix-delete": "Wine 8 has no POSIX delete (error 87)",
    "posix-rename": "Wine has no POSIX rename (error 87)",
    "quarantine-after-moves": "Wine does not tell where an open file was moved, to take it away there",
    "range-locks": "byte-range locks do not stop reads and writes under Wine",
    "resources-of-held-programs": "Wine answers the update of a held program with 32, Windows with 110",
    "sections-in-directories": "Wine cannot tell a mapped file from an open one when its directory is "
    "renamed",
    "target-parent-holds": "Wine does not open the target's parent, so a hold on it stops nothing",
}
NOT_POSIX: Final = "the volume of the temporary folder has no POSIX renames and deletes"
STOCK_CANNOT: Final = (
    "stock Wine renames a directory while a file in it is open; the lane's rules (ntfs) do not"
)
WAITS_S: Final = (0.001, 0.005, 0.02)
WAITS_EACH: Final = 15


class TrialClock:
    """``QueryPerformanceCounter``, from the start of the trial."""

    def __init__(self) -> None:
        self.origin_ns = 0

    def begin(self) -> None:
        """Make this moment zero."""
        self.origin_ns = time.perf_counter_ns()

    def now_ns(self) -> int:
        """Nanoseconds since the trial began."""
        return time.perf_counter_ns() - self.origin_ns

    @staticmethod
    def sleep(seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class WindowsPlatform:
    """See `harness.platform.base.Platform`."""

    is_real_time = True

    def __init__(self) -> None:
        self.wine = win32.wine_version()
        self.name: PlatformName = "windows" if self.wine is None else "wine"
        self.clock = TrialClock()
        self.files = WindowsFileSystem(self._count_failure)
        self._locker: LockerProcess | None = None
        self._limited: dict[int, tuple[Hold, int]] = {}  # holds that end with failures: how many so far
        self._counting = threading.Lock()
        self._armed = 0
        self.rules = None if self.wine is None else find_rules()
        self.cannot: dict[Capability, str] = {}
        if self.wine is None and volume(tempfile.gettempdir()).posix_unlink_rename is False:
            self.cannot = {"posix-delete": NOT_POSIX, "posix-rename": NOT_POSIX}
        if self.wine is not None:
            self.cannot = dict(WINE_CANNOT)
            if self.rules == "stock":
                self.cannot["open-child-blocks-rename"] = STOCK_CANNOT

    def work_parent(self, needed_bytes: int) -> Path | None:
        """The usual temporary folder: where installers unpack is what is measured."""
        del needed_bytes
        return None

    @staticmethod
    def spell(path: str, style: PathStyle) -> str:
        """Give `path` its style."""
        return verbatim(path) if style == "verbatim" else path

    def get_ready(self) -> None:
        """Start the locker, unless it runs."""
        if self._locker is None:
            self._locker = LockerProcess()

    def begin_trial(self, attempt_cost_ms: float) -> None:
        """Set the clock to zero; calls take the time they take."""
        del attempt_cost_ms
        self._limited.clear()
        self._armed = 0
        self.clock.begin()

    def schedule_holds(self, holds: Sequence[Hold]) -> None:
        """Order `holds` from the locker and wait for its word; nothing to hold needs no order."""
        if not holds:
            return
        for which, hold in enumerate(holds, self._armed):
            if hold.release_after_failures is not None:
                self._limited[which] = (hold, 0)
        self._armed += len(holds)
        self._ask().schedule_holds(holds)

    def end_trial(self) -> list[Receipt]:
        """The receipts, in times of the trial's clock."""
        self._limited.clear()
        if not self._armed:
            return []
        self._armed = 0
        try:
            receipts = self._ask().end()
        except HoldLostError:
            self.close()  # the next trial starts another locker
            raise
        zero = self.clock.origin_ns
        for receipt in receipts:
            receipt.planned_ns -= zero
            if receipt.opened_ns is not None:
                receipt.opened_ns -= zero
            if receipt.released_ns is not None:
                receipt.released_ns -= zero
        return receipts

    def _ask(self) -> LockerProcess:
        if self._locker is None:
            raise HoldLostError("the locker has ended")
        return self._locker

    def _count_failure(self, path: str, path2: str | None) -> None:
        """Let go of holds that end after so many failed attempts."""
        ended = []
        with self._counting:  # tasks run on threads
            for which, (hold, failures) in list(self._limited.items()):
                if any(_concerns(hold.path, name) for name in (path, path2) if name):
                    self._limited[which] = (hold, failures + 1)
                    if failures + 1 == hold.release_after_failures:
                        del self._limited[which]
                        ended.append(which)
        for which in ended:
            self._ask().release(which)

    def drive(self, tasks: Sequence[Task], concurrency: int) -> None:
        """Run the tasks, on threads where several are to run at a time."""
        try:
            if concurrency == 1:
                drive_one_by_one(tasks)
            else:
                drive_in_parallel(tasks, concurrency)
        finally:
            for task in tasks:
                task.close()

    def holders(self, path: str) -> Sequence[Holder]:
        """Ask Windows who has it open. Wine cannot tell."""
        if self.wine is not None:
            return ()
        return holders(path, besides=self._locker.process_id if self._locker else None)

    def describe(self, measured: Mapping[str, Path], beside: Mapping[str, Path]) -> Description:
        """The machine, its volumes, its scanners, the precision of waiting."""
        try:
            self.get_ready()
        except HoldLostError as lost:
            raise HarnessError(
                str(lost),
                hint="It is a Python of its own: something may stop programs from starting Python.",
            ) from lost
        assert self._locker is not None  # noqa: S101 - it was just started
        facts: dict[str, Any] = {
            "clock": "QueryPerformanceCounter",
            "sleep_overshoot_us": sleep_overshoot_us(),
            "locker_timer": "high resolution" if self._locker.precise_timer else "ordinary",
        }
        found = probe.probe([*measured.values(), *beside.values()])
        if self.wine is not None:
            return Description(facts | {"wine": self.wine, "rules": self.rules}, found.antivirus())
        facts |= found.facts()
        facts["folders"] = dict(zip([*measured, *beside], facts["folders"], strict=True))
        watched = dataclasses.replace(found, folders=found.folders[: len(measured)])
        return Description(facts, watched.antivirus())

    def close(self) -> None:
        """End the locker."""
        if self._locker is not None:
            self._locker.close()
            self._locker = None


def _concerns(held: str, path: str) -> bool:
    """Whether a hold on `held` can be why a call on `path` failed: it, in it, or its parent."""
    held, path = os.path.normcase(held), os.path.normcase(plain(path))
    return held == path or held.startswith(path + os.sep) or held == os.path.dirname(path)


def find_rules() -> str:
    """Try which rules this Wine goes by: ``ntfs`` if an open child stops a directory's rename."""
    with tempfile.TemporaryDirectory() as folder:
        directory = os.path.join(folder, "directory")
        os.mkdir(directory)
        with open(os.path.join(directory, "child"), "xb"):
            try:
                win32.move(directory, f"{directory}-moved", 0)
            except OSError:
                return "ntfs"
    return "stock"


def sleep_overshoot_us() -> dict[str, dict[str, int]]:
    """By how much waits are too long here: median and worst of a few, in microseconds."""
    found = {}
    for wait_s in WAITS_S:
        over = sleep_overshoots_ns(wait_s, WAITS_EACH)
        found[f"{wait_s * 1000:g} ms"] = {
            "median": round(median(over) / NS_PER_US),
            "worst": max(over) // NS_PER_US,
        }
    return found
