"""Each primitive, on files that nobody holds and on a file that is held."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Final, get_args

from harness.holds.handles import SHARE_NAMES, Hold
from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.report import PRIMITIVES, Finding, Primitive
from harness.platform.windows.locker_process import LockerProcess
from harness.platform.windows.win32.library import ERROR_GEN_FAILURE
from harness.platform.windows.windows_files import WindowsFileSystem
from harness.strategy.file_calls import DeletePrimitive, RenamePrimitive
from harness.winerror import SHARING_VIOLATION, winerror_of

NEW: Final = b"new"
TRIES: Final = 3
PAUSE_S: Final = 0.3
WITHOUT_TARGET: Final = frozenset({"move"})


def run(site: Site, check: Check) -> Iterator[Finding]:
    """Persist with every primitive, then let a locker hold the file, then let it go."""
    with closing(LockerProcess()) as locker:
        for primitive in PRIMITIVES:
            folder = site.folder / primitive
            folder.mkdir()
            yield _settled(partial(_works, check, primitive), folder)
            yield _settled(partial(_is_refused, check, primitive, locker), folder)


def _settled(try_it: Callable[[Path], Finding], folder: Path) -> Finding:
    """Try again what comes out otherwise: a scanner may have been in the way."""
    for number in range(TRIES):
        finding = try_it(folder / f"{len(list(folder.iterdir()))}")
        if finding.verdict == "as expected" or number == TRIES - 1:
            break
        time.sleep(PAUSE_S)
    return finding


def _works(check: Check, primitive: Primitive, folder: Path) -> Finding:
    """Try it on a file that nobody holds."""
    code, right = _persist(folder, primitive, lambda _path: nullcontext())
    found = (
        f"error {code}" if code else "done" if right else "done, but the files are not as they should be"
    )
    return check.finding(
        f"{primitive} on files that nobody holds",
        "done",
        found,
        code == 0 and right,
        primitives=[primitive],
        means=f"{primitive} cannot be measured in this folder.",
    )


def _is_refused(check: Check, primitive: Primitive, locker: LockerProcess, folder: Path) -> Finding:
    """Try it on a file that a locker holds and shares with nobody: 32, and nothing changes."""

    @contextmanager
    def held(path: str) -> Iterator[None]:
        locker.schedule_holds([Hold("source", path, share=SHARE_NAMES["none"])])
        try:
            yield
        finally:
            locker.end()

    code, unchanged = _persist(folder, primitive, held)
    changed = "" if unchanged else ", and files changed"
    return check.finding(
        f"{primitive} on a file that the locker holds",
        f"error {SHARING_VIOLATION}, and nothing changes",
        f"error {code}{changed}" if code else "done",
        code == SHARING_VIOLATION and unchanged,
        primitives=[primitive],
        means=f"An injected hold does not hit {primitive}, or its error is reported wrongly.",
    )


def _persist(
    folder: Path, primitive: Primitive, held: Callable[[str], AbstractContextManager[None]]
) -> tuple[int, bool]:
    """Lay down files, have one held, persist; return the code, and whether the files fit it."""
    folder.mkdir()
    source, target = folder / "source", folder / "target"
    source.write_bytes(NEW)
    if primitive not in WITHOUT_TARGET:
        target.write_bytes(b"old")
    before = _content(folder)
    files = WindowsFileSystem(lambda _path, _path2: None)
    try:
        with held(str(source)):
            _call(files, primitive, str(source), str(target))
    except OSError as error:
        return winerror_of(error) or ERROR_GEN_FAILURE, _content(folder) == before
    after = {"target": b"old"} if primitive in get_args(DeletePrimitive) else {"target": NEW}
    return 0, _content(folder) == after


def _call(files: WindowsFileSystem, primitive: Primitive, source: str, target: str) -> None:
    for delete in get_args(DeletePrimitive):
        if primitive == delete:
            files.delete_file(source, delete)
    for rename in get_args(RenamePrimitive):
        if primitive == rename:
            files.rename(source, target, rename)


def _content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


CHECK: Final = Check(
    order=30,
    title="Does each primitive work, and fail with the right code when a file is held?",
    means="Outcomes of this primitive may not be trusted.",
    bearing="outcomes",
    run=run,
    seconds=10,
)
