"""The Windows platform: real calls on real files, held by a real process, in real time.

Under Wine the same code runs and says so. Wine is not Windows: what it cannot do is in `cannot`, which
is found by trying, as its rules are.
"""

from __future__ import annotations

import dataclasses
import os
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from harness.clock import NS_PER_US, Clock, sleep_overshoots_ns
from harness.errors import HarnessError
from harness.platform.base import (
    Capability,
    Description,
    Diagnosis,
    Holder,
    HoldLostError,
    PathStyle,
    Platform,
    Rules,
    Task,
)
from harness.platform.self_test.check import Check, checks_in
from harness.platform.self_test.report import Machine
from harness.platform.windows import self_test
from harness.platform.windows.concurrent_installs import drive_in_parallel, drive_one_by_one
from harness.platform.windows.environment.advice import advice
from harness.platform.windows.environment.antivirus_state import antivirus_state
from harness.platform.windows.environment.facts import as_json
from harness.platform.windows.environment.key_facts import key_facts
from harness.platform.windows.environment.probe import probe
from harness.platform.windows.environment.volumes import find_folder, volume
from harness.platform.windows.holders.attribution import attribute
from harness.platform.windows.locker_process import LockerProcess
from harness.platform.windows.tested_machine import tested_machine
from harness.platform.windows.win32 import file_names
from harness.platform.windows.win32.library import wine_version
from harness.platform.windows.windows_files import WindowsFileSystem, plain, verbatim
from harness.platform.windows.windows_rules import find_rules, held_by
from harness.platform.windows.wine_capabilities import wine_cannot

if TYPE_CHECKING:
    from harness.holds.handles import Hold, Receipt
    from harness.holds.volume import Volume

REAL_CANNOT: Final[Mapping[Capability, str]] = {
    "file-systems": "volume.file_system is emulated only: elsewhere factors.location chooses a volume",
    "symlinks-denied": "volume.symlinks is emulated only",
    "own-errors": "a holder cannot make the system answer with own_error; the emulation can",
    "other-volume": "volume.staging is emulated only",
}
WAITS_S: Final = (0.001, 0.005, 0.02)
WAITS_EACH: Final = 15


class TrialClock(Clock):
    """``QueryPerformanceCounter``, from the start of the trial."""

    def __init__(self) -> None:
        self.origin_ns = 0

    def begin(self) -> None:
        """Make this moment zero."""
        self.origin_ns = time.perf_counter_ns()

    @override
    def now_ns(self) -> int:
        return time.perf_counter_ns() - self.origin_ns

    @override
    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class WindowsPlatform(Platform):
    """Windows, or Wine: where it runs decides which of the two."""

    is_real_time = True

    def __init__(self) -> None:
        self.wine = wine_version()
        self.name = "windows" if self.wine is None else "wine"
        self.rules: Rules | None = None if self.wine is None else find_rules()
        self.cannot = self._what_it_cannot()
        self.clock: TrialClock = TrialClock()
        self.files = WindowsFileSystem(self._count_failure)
        self._locker: LockerProcess | None = None
        self._limited: dict[int, tuple[Hold, int]] = {}  # holds that end with failures: how many so far
        self._counting = threading.Lock()
        self._alone = threading.Lock()  # tasks run on threads
        self._scheduled = 0

    def _what_it_cannot(self) -> dict[Capability, str]:
        if self.rules is None:
            return {**REAL_CANNOT, **_not_posix({"the temporary folder": tempfile.gettempdir()})}
        return {**REAL_CANNOT, **wine_cannot(self.rules)}

    @override
    def cannot_in(self, locations: Sequence[str]) -> Mapping[Capability, str]:
        folders = {location: str(self.find_folder(location)) for location in locations}
        if self.wine is not None or not folders:
            return self.cannot
        return {**REAL_CANNOT, **_not_posix(folders)}

    @override
    def work_parent(self, needed_bytes: int) -> Path | None:
        return None  # where installers unpack is what is measured

    @override
    def find_folder(self, location: str) -> Path:
        return find_folder(location)

    @override
    def spell(self, path: str, style: PathStyle) -> str:
        return verbatim(path) if style == "verbatim" else path

    @override
    def get_ready(self) -> None:
        if self._locker is None:
            self._locker = LockerProcess()

    @override
    def make_read_only(self, path: Path) -> None:
        file_names.set_attributes(str(path), file_names.FILE_ATTRIBUTE_READONLY)

    @override
    def choose_volume(self, volume: Volume | None, elsewhere: Sequence[Path]) -> None:
        self.files.deletes_classically = volume is not None and volume.deletes == "classic"

    @override
    def begin_trial(self, attempt_cost_ms: float) -> None:
        self._limited.clear()
        self._scheduled = 0
        self.clock.begin()

    @override
    def schedule_holds(self, holds: Sequence[Hold]) -> None:
        if not holds:
            return
        for which, hold in enumerate(holds, self._scheduled):
            if hold.release_after_failures is not None:
                self._limited[which] = (hold, 0)
        self._scheduled += len(holds)
        self._running_locker().schedule_holds(holds)

    @override
    def end_trial(self) -> list[Receipt]:
        self._limited.clear()
        if not self._scheduled:
            return []
        self._scheduled = 0
        try:
            receipts = self._running_locker().end()
        except HoldLostError:
            self.close()  # the next trial starts another locker
            raise
        zero = self.clock.origin_ns
        for receipt in receipts:
            receipt.planned_ns -= zero
            if receipt.asked_ns is not None:
                receipt.asked_ns -= zero
            if receipt.opened_ns is not None:
                receipt.opened_ns -= zero
            if receipt.released_ns is not None:
                receipt.released_ns -= zero
        return receipts

    def _running_locker(self) -> LockerProcess:
        if self._locker is None:
            raise HoldLostError("the locker has ended")
        return self._locker

    def _count_failure(self, path: str, path2: str | None) -> None:
        """Release holds that end after so many failed attempts."""
        ended = []
        with self._counting:  # tasks run on threads
            for which, (hold, failures) in list(self._limited.items()):
                if any(_concerns(hold.path, name) for name in (path, path2) if name):
                    self._limited[which] = (hold, failures + 1)
                    if failures + 1 == hold.release_after_failures:
                        del self._limited[which]
                        ended.append(which)
        for which in ended:
            self._running_locker().release(which)

    @override
    def what_changed(self) -> str | None:
        if self.rules is None:
            return None
        try:
            found = self._rules_now()
        except (HarnessError, HoldLostError) as error:
            return str(error)
        if found == self.rules:
            return None
        return f"Wine followed the rules {self.rules} at first, and now it follows {found}"

    def _rules_now(self) -> Rules:
        try:
            return find_rules(held_by(self._running_locker()))
        except HoldLostError:  # a trial may have lost the locker, and be void for that
            self.close()
            self.get_ready()
            return find_rules(held_by(self._running_locker()))

    @override
    def drive(self, tasks: Sequence[Task], concurrency: int, *, contend: bool = False) -> None:
        del contend  # calls are really under way
        try:
            if concurrency == 1:
                drive_one_by_one(tasks)
            else:
                drive_in_parallel(tasks, concurrency)
        finally:
            for task in tasks:
                task.close()

    @override
    def alone(self) -> threading.Lock:
        return self._alone

    @override
    def holders(self, path: str) -> Sequence[Holder]:
        if self.wine is not None:  # which cannot tell
            return ()
        return attribute(path, besides=self._locker.process_id if self._locker else None).holders

    @override
    def describe(self, measured: Mapping[str, Path], beside: Mapping[str, Path]) -> Description:
        try:
            self.get_ready()
        except HoldLostError as lost:
            raise HarnessError(
                str(lost),
                hint="The locker is a Python process: something may stop programs from starting Python.",
            ) from lost
        facts: dict[str, Any] = {
            "clock": "QueryPerformanceCounter",
            "sleep_overshoot_us": sleep_overshoot_us(),
            "locker_timer": "high resolution" if self._running_locker().precise_timer else "ordinary",
        }
        found = probe([*measured.values(), *beside.values()])
        watched = dataclasses.replace(found, folders=found.folders[: len(measured)])
        if self.wine is not None:
            facts |= {"wine": self.wine, "rules": self.rules}
        else:
            facts |= as_json(found)
            facts["folders"] = dict(zip([*measured, *beside], facts["folders"], strict=True))
        return Description(facts, antivirus_state(watched))

    @override
    def diagnose(self, folder: Path) -> Diagnosis:
        found = probe([folder])
        facts, antivirus = as_json(found), antivirus_state(found)
        return Diagnosis(facts, antivirus, key_facts(facts), advice(found, antivirus))

    @override
    def checks(self) -> Mapping[str, Check]:
        return checks_in(self_test)

    @override
    def machine(self, folder: Path) -> Machine:
        return tested_machine(folder, self.rules)

    @override
    def close(self) -> None:
        if self._locker is not None:
            self._locker.close()
            self._locker = None


def _not_posix(folders: Mapping[str, str]) -> dict[Capability, str]:
    """What cannot be measured where one of the `folders`, given by name, is on an old file system."""
    for name, folder in folders.items():
        if volume(folder).posix_unlink_rename is False:
            reason = f"the volume of {name} has no POSIX renames and deletes"
            return {"posix-delete": reason, "posix-rename": reason}
    return {}


def _concerns(held: str, path: str) -> bool:
    """Whether a hold on `held` can make a call on `path` fail: on it, in it, or on its parent."""
    held, path = os.path.normcase(held), os.path.normcase(plain(path))
    return held == path or held.startswith(path + os.sep) or held == os.path.dirname(path)


def sleep_overshoot_us() -> dict[str, dict[str, int]]:
    """The median and maximum, in microseconds, by which a few waits of each length are too long."""
    found = {}
    for wait_s in WAITS_S:
        over = sleep_overshoots_ns(wait_s, WAITS_EACH)
        found[f"{wait_s * 1000:g} ms"] = {
            "median": round(median(over) / NS_PER_US),
            "worst": max(over) // NS_PER_US,
        }
    return found
