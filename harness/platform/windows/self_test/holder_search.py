"""The question who has a file open: whether the locker is found, and whether asking does harm."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from harness.holds.handles import SHARE_NAMES, Hold
from harness.pe import SMALLEST, library_header
from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.report import Finding
from harness.platform.windows.holders.attribution import attribute
from harness.platform.windows.holders.processes import program_names
from harness.platform.windows.locker_process import LockerProcess
from harness.platform.windows.rules_lab.other_calls import handles_of_this_process
from harness.text import figures

FILES: Final = 808
"""As many as the numpy wheel has."""
PROGRAMS: Final = 20
MOST_S: Final = 0.5
PENDING: Final = "asking while a read of a pipe is pending"


def run(site: Site, check: Check) -> Iterator[Finding]:
    """Hold a file, a folder, and the largest program of many; ask who has each open."""
    if site.is_wine:
        yield check.not_asked("who has a file open", "the locker", "Wine keeps no such list")
        return
    tree = site.folder / "tree"
    held = {
        "a file": (_file(site.folder / "file"), None),
        "a folder": (_folder(site.folder / "folder"), None),
        f"the largest program of {FILES} files": (_tree(tree), tree),
    }
    with closing(LockerProcess()) as locker:
        for what, (path, asked) in held.items():
            locker.schedule_holds([Hold("source", str(path), share=SHARE_NAMES["rwd"])])
            try:
                yield _found(check, what, str(asked or path), locker.process_id)
            finally:
                locker.end()
        yield _with_a_pending_read(check, str(held["a file"][0]))


def _found(check: Check, what: str, path: str, locker_id: int) -> Finding:
    began = time.perf_counter()
    answer = attribute(path)
    took_s = time.perf_counter() - began
    name = program_names().get(locker_id, "")
    named = [holder.process for holder in answer.holders]
    told = "; ".join([f"named: {', '.join(named) or 'nobody'}", *answer.not_asked])
    return check.finding(
        f"who has {what} open",
        f"{name}, the locker, in less than {MOST_S:g} s",
        f"{told}, in {figures(took_s)} s",
        name in named and took_s < MOST_S,
    )


def _with_a_pending_read(check: Check, path: str) -> Finding:
    """Ask while a thread reads from a pipe that stays empty, which has made such searches hang."""
    reader, writer = os.pipe()
    waiting = threading.Thread(target=os.read, args=(reader, 1), daemon=True)
    waiting.start()
    try:
        before = threading.active_count(), handles_of_this_process()
        began = time.perf_counter()
        attribute(path)
        took_s = time.perf_counter() - began
        after = threading.active_count(), handles_of_this_process()
    finally:
        os.write(writer, b"x")
        waiting.join(1)
        os.close(reader)
        os.close(writer)
    return check.finding(
        PENDING,
        f"an answer in less than {MOST_S:g} s, no thread and no handle more",
        f"{figures(took_s)} s, {after[0] - before[0]} threads and {after[1] - before[1]} handles more",
        took_s < MOST_S and after[0] <= before[0] and after[1] <= before[1],
    )


def _file(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _tree(folder: Path) -> Path:
    """Make many files; return the largest program among them, the last by name."""
    folder.mkdir()
    for number in range(FILES - PROGRAMS):
        (folder / f"file-{number:04}.py").write_bytes(b"pass\n")
    largest = folder
    for number in range(PROGRAMS):
        largest = folder / f"program-{number:02}.dll"
        length = SMALLEST * (number + 2)
        largest.write_bytes(library_header(length).ljust(length, b"\xc3"))
    return largest


CHECK: Final = Check(
    order=70,
    title="Is the process that holds a file found, quickly and without harm?",
    means="Records name no holder, or the wrong one, or asking disturbs what is measured.",
    bearing="context",
    run=run,
    seconds=10,
)
