"""The emulated platform: real files, Windows sharing rules, a virtual clock, an event queue.

Its times are waits plus a declared cost per call, so a minute of back-off costs nothing and the same
seed gives the same times. They say what a policy does against a hold; they say nothing about the
speed of Windows.
"""

from __future__ import annotations

import heapq
import math
import os
import shutil
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from harness.clock import NS_PER_MS, VirtualClock, to_ns
from harness.holds.sharing_rules import DeleteSemantics
from harness.platform.antivirus import Antivirus
from harness.platform.base import Description
from harness.platform.emulated.emulated_files import EmulatedFileSystem
from harness.platform.emulated.lock_table import LockTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.holds.handles import Hold, Receipt
    from harness.platform.base import Capability, Holder, PathStyle, Task

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - used through mkdtemp only
MEMORY_SPARE: Final = 4
"""How many times the needed room must be free, for it is the machine's memory."""


class EmulatedPlatform:
    """See `harness.platform.base.Platform`."""

    name: Literal["emulated"] = "emulated"
    is_real_time = False
    cannot: Mapping[Capability, str] = {
        "ambient": "no antivirus takes part in an emulation",
        "location": "where the files are changes nothing in an emulation",
        "path-style": "how paths are spelled changes nothing in an emulation",
        "program-resources": "the emulation cannot write the resources of a program",
    }

    def __init__(self, semantics: DeleteSemantics = DeleteSemantics.POSIX) -> None:
        self.clock = VirtualClock()
        self.table = LockTable()
        self.files = EmulatedFileSystem(self.clock, self.table, semantics=semantics)

    def work_parent(self, needed_bytes: int) -> Path | None:
        """A file system in memory, where there is one with room to spare and nobody chose otherwise.

        What the disk does cannot enter an outcome here; it can only make a run slow.
        """
        if {"TMPDIR", "TEMP", "TMP"} & set(os.environ) or not MEMORY.is_dir():
            return None
        roomy = shutil.disk_usage(MEMORY).free > MEMORY_SPARE * needed_bytes
        return MEMORY if roomy and os.access(MEMORY, os.W_OK) else None

    @staticmethod
    def spell(path: str, style: PathStyle) -> str:
        """Leave `path` as it is."""
        del style
        return path

    def get_ready(self) -> None:
        """Nothing is needed."""

    def begin_trial(self, attempt_cost_ms: float) -> None:
        """Set the clock to zero, forget all holds."""
        self.clock.set_ns(0)
        self.table.clear()
        self.files.call_cost_ns = round(attempt_cost_ms * NS_PER_MS)

    def schedule_holds(self, holds: Sequence[Hold]) -> None:
        """Schedule `holds`, counted from the clock's now."""
        for hold in holds:
            self.table.schedule_hold(hold, self.clock.now_ns())

    def end_trial(self) -> list[Receipt]:
        """Hand in the receipts up to now and let go of everything."""
        self.table.advance(self.clock.now_ns())
        receipts = self.table.receipts()
        self.table.clear()
        return receipts

    def drive(self, tasks: Sequence[Task], concurrency: int) -> None:
        """Run the tasks as a deterministic event queue: always the one whose time is earliest.

        Each task has a time of its own, and the clock is set to it while the task runs; ties go to
        the task that comes first in `tasks`. Ends with the clock at the end of the last task, or of
        the first that failed: what others were to do before that moment, they still do.
        """
        waiting = enumerate(tasks)
        start = self.clock.now_ns()
        queue = [(start, number, task) for number, task in islice(waiting, concurrency)]
        finished_ns = start
        stop_ns: float = math.inf
        while queue and queue[0][0] < stop_ns:
            when, number, task = heapq.heappop(queue)
            self.clock.set_ns(when)
            try:
                wait_s = next(task)
            except StopIteration as end:
                finished_ns = max(finished_ns, self.clock.now_ns())
                if not end.value:
                    stop_ns = min(stop_ns, self.clock.now_ns())
                    continue
                if (following := next(waiting, None)) is not None:
                    heapq.heappush(queue, (self.clock.now_ns(), *following))
            else:
                heapq.heappush(queue, (self.clock.now_ns() + to_ns(wait_s), number, task))
        for task in tasks:
            task.close()
        self.clock.set_ns(finished_ns if stop_ns == math.inf else int(stop_ns))

    @staticmethod
    def holders(path: str) -> Sequence[Holder]:
        """Nobody: an emulated hold belongs to no process."""
        del path
        return ()

    def close(self) -> None:
        """Nothing is kept."""

    def describe(self, measured: Mapping[str, Path], beside: Mapping[str, Path]) -> Description:
        """The rules and the clock; folders and an antivirus change nothing."""
        del measured, beside
        facts = {
            "sharing_rules": "Windows, from documentation and public sources; not measured",
            "delete_semantics": self.files.semantics.value,
            "clock": "virtual: waits plus a declared cost per call",
        }
        unknown = Antivirus(state="unknown", evidence=["no probe for antivirus software ran"])
        return Description(facts, unknown)
