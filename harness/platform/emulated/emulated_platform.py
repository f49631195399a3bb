"""The emulated platform: real files, Windows sharing rules, a virtual clock, an event queue.

Its times are waits plus a declared cost per call, so a minute of back-off costs nothing and the same
seed gives the same times. They show what a strategy does against a hold; they show nothing about the
speed of Windows.
"""

from __future__ import annotations

import heapq
import math
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from typing_extensions import override

from harness.clock import NS_PER_MS, VirtualClock, to_ns
from harness.errors import NotSupportedError
from harness.holds.volume import Volume
from harness.platform.antivirus import Antivirus
from harness.platform.base import Capability, Description, Diagnosis, Holder, PathStyle, Platform, Task
from harness.platform.emulated import self_test
from harness.platform.emulated.emulated_files import EmulatedFileSystem
from harness.platform.emulated.lock_table import LockTable
from harness.platform.emulated.paused_calls import pausing_after_calls
from harness.platform.self_test.check import Check, checks_in
from harness.platform.self_test.machine import machine
from harness.platform.self_test.report import Machine
from harness.this_system import this_system

if TYPE_CHECKING:
    from harness.holds.handles import Hold, Receipt
    from harness.holds.sharing_rules import DeleteSemantics

NO_PROBE: Final = Antivirus(state="unknown", evidence=["no probe for antivirus software ran"])
ADVICE: Final = (
    "Holds by a real antivirus can only be measured on Windows; here, strategies run against its "
    "documented sharing rules."
)
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - used through mkdtemp only
MEMORY_SPARE: Final = 4
"""The multiple of the needed room that must be free, for it is the machine's memory."""


class EmulatedPlatform(Platform):
    """The sharing rules of Windows, with deletes by `semantics`."""

    name: Literal["emulated"] = "emulated"
    is_real_time = False
    cannot: Mapping[Capability, str] = {
        "ambient": "no antivirus takes part in an emulation",
        "location": "location has no effect on the emulated platform",
        "path-style": "path_style has no effect on the emulated platform",
    }

    def __init__(self, semantics: DeleteSemantics = "posix") -> None:
        self.clock: VirtualClock = VirtualClock()
        self.table = LockTable()
        self.files: EmulatedFileSystem = EmulatedFileSystem(self.clock, self.table, semantics=semantics)
        self._own = self.files.volume

    @override
    def work_parent(self, needed_bytes: int) -> Path | None:
        """Choose a file system in memory, if one has room to spare and the user chose no folder.

        The disk cannot affect an outcome here; it can only make a run slow.
        """
        if {"TMPDIR", "TEMP", "TMP"} & set(os.environ) or not MEMORY.is_dir():
            return None
        roomy = shutil.disk_usage(MEMORY).free > MEMORY_SPARE * needed_bytes
        return MEMORY if roomy and os.access(MEMORY, os.W_OK) else None

    @override
    def find_folder(self, location: str) -> Path:
        raise NotSupportedError(self.cannot["location"])

    @override
    def spell(self, path: str, style: PathStyle) -> str:
        return path

    @override
    def get_ready(self) -> None:
        self.table.forget_attributes()

    @override
    def make_read_only(self, path: Path) -> None:
        self.table.set_read_only(str(path), read_only=True)

    @override
    def choose_volume(self, volume: Volume | None, elsewhere: Sequence[Path]) -> None:
        self.files.volume = self._own if volume is None else volume
        self.files.elsewhere = tuple(str(path) for path in elsewhere)

    @override
    def begin_trial(self, attempt_cost_ms: float) -> None:
        self.clock.set_ns(0)
        self.table.clear()
        self.files.call_cost_ns = round(attempt_cost_ms * NS_PER_MS)

    @override
    def schedule_holds(self, holds: Sequence[Hold]) -> None:
        for hold in holds:
            self.table.schedule_hold(hold, self.clock.now_ns())

    @override
    def end_trial(self) -> list[Receipt]:
        self.table.advance(self.clock.now_ns())
        receipts = self.table.receipts()
        self.table.clear()
        return receipts

    @override
    @contextmanager
    def alone(self) -> Iterator[None]:
        """Do not pause after calls meanwhile."""
        pause, self.files.pause = self.files.pause, None
        try:
            yield
        finally:
            self.files.pause = pause

    @override
    def drive(self, tasks: Sequence[Task], concurrency: int, *, contend: bool = False) -> None:
        """Run the tasks as a deterministic event queue: always the one whose time is earliest.

        Each task has its own time, and the clock is set to it while the task runs; ties go to the task
        that comes first in `tasks`. At the end the clock is at the end of the last task, or of the first
        that failed: the others still do what they were to do before that moment. Tasks that contend
        pause after each call, so that others act between the calls of one attempt.
        """
        self.files.contend = contend
        if contend:
            tasks = [pausing_after_calls(task, self.files) for task in tasks]
        try:
            self._drive(tasks, concurrency)
        finally:
            for task in tasks:
                task.close()

    def _drive(self, tasks: Sequence[Task], concurrency: int) -> None:
        waiting = enumerate(tasks)
        start = self.clock.now_ns()
        queue = [(start, number, task) for number, task in islice(waiting, concurrency)]
        finished_ns = start
        stop_ns: float = math.inf
        while queue and queue[0][0] < stop_ns:
            when, number, task = heapq.heappop(queue)
            self.clock.set_ns(when)
            try:
                wait_s = self._next(task)
                while not (wait_s or queue) and self.clock.now_ns() < stop_ns:  # no other's turn
                    wait_s = self._next(task)
            except StopIteration as end:
                finished_ns = max(finished_ns, self.clock.now_ns())
                if not end.value:
                    stop_ns = min(stop_ns, self.clock.now_ns())
                    continue
                if (following := next(waiting, None)) is not None:
                    heapq.heappush(queue, (self.clock.now_ns(), *following))
            else:
                heapq.heappush(queue, (self.clock.now_ns() + to_ns(wait_s), number, task))
        self.clock.set_ns(finished_ns if stop_ns == math.inf else int(stop_ns))

    def _next(self, task: Task) -> float:
        """Continue `task`, which may look at files: what was due by now has happened to them."""
        self.table.advance(self.clock.now_ns())
        return next(task)

    @override
    def holders(self, path: str) -> Sequence[Holder]:
        return ()  # an emulated hold belongs to no process

    @override
    def describe(self, measured: Mapping[str, Path], beside: Mapping[str, Path]) -> Description:
        facts = {
            "sharing_rules": "Windows, from documentation and public sources; not measured",
            "delete_semantics": self._own.deletes,
            "clock": "virtual: waits plus a declared cost per call",
        }
        return Description(facts, NO_PROBE)

    @override
    def diagnose(self, folder: Path) -> Diagnosis:
        return Diagnosis({}, NO_PROBE, key_facts={}, advice=[ADVICE])

    @override
    def checks(self) -> Mapping[str, Check]:
        return checks_in(self_test)

    @override
    def machine(self, folder: Path) -> Machine:
        return machine(
            *(self.name, self.name, " ".join(this_system()[:2])),
            file_system="not asked",
            volume_flags="not asked",
            dev_drive="not asked",
            elevated=False,
        )
