"""Make checks one after another, each within its time, and leave nothing behind.

A check runs on a thread of its own: a call that never returns costs its time and no more.
"""

from __future__ import annotations

import os
import shutil
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from harness.errors import HarnessError
from harness.ownership import private_folder
from harness.platform.base import HoldLostError
from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.report import CheckResult, Finding, SeenCase
from harness.winerror import winerror_of

if TYPE_CHECKING:
    from harness.platform.base import Platform

LIMIT_S: Final = 55.0
"""All checks together; cleaning up comes after them."""
PREFIX: Final = "persist-harness-self-test-"
CLEARING_S: Final = 4.0
"""A scanner may still look at what was made."""

OnCheck = Callable[[CheckResult], None]


def run_checks(
    checks: Mapping[str, Check],
    platform: Platform,
    location: Path,
    on_check: OnCheck = lambda _: None,
    limit_s: float = LIMIT_S,
) -> tuple[list[CheckResult], list[SeenCase]]:
    """Make `checks` in folders of their own below `location`; `on_check` is called after each."""
    ends = time.monotonic() + limit_s
    results: list[CheckResult] = []
    seen: list[SeenCase] = []
    with private_folder(location, PREFIX, remove, remove) as folder:
        for name, check in checks.items():
            own = folder / name
            own.mkdir()
            began = time.monotonic()
            found = list(_within(check, Site(own, location, platform), ends - began))
            seen += [each for each in found if isinstance(each, SeenCase)]
            result = CheckResult(
                name=name,
                title=check.title,
                seconds=round(time.monotonic() - began, 2),
                findings=tuple(each for each in found if isinstance(each, Finding)),
                more_as_administrator=check.more_as_administrator,
            )
            results.append(result)
            on_check(result)
    return results, seen


def _within(check: Check, site: Site, left_s: float) -> Iterator[Finding | SeenCase]:
    """Yield what a check finds in its time; then say so, if it is not done."""
    if left_s <= 0:
        yield check.out_of_time(check.title, "the time of the self-test was over")
        return
    found: SimpleQueue[Finding | SeenCase | None] = SimpleQueue()

    def work() -> None:
        try:
            for each in check.run(site, check):
                found.put(each)
        except Exception as error:  # noqa: BLE001 - a check that fails is a finding, and others follow
            found.put(check.not_asked(check.title, "an answer", f"the check failed: {said(error)}"))
        found.put(None)

    limit_s = min(check.seconds, left_s)
    ends = time.monotonic() + limit_s
    threading.Thread(target=work, daemon=True).start()
    while True:
        try:
            each = found.get(timeout=max(ends - time.monotonic(), 0.001))
        except Empty:
            why = f"it was stopped after {limit_s:.0f} s"
            yield check.out_of_time(f"{check.title}, the rest of it", why)
            return
        if each is None:
            return
        yield each


def said(error: Exception) -> str:
    """Describe an error without a path in it."""
    if isinstance(error, HarnessError | HoldLostError):
        return str(error)
    if isinstance(error, OSError):
        code = winerror_of(error)
        number = f"error {code}" if code is not None else f"errno {error.errno}"
        return f"{number}, {error.strerror}"
    return f"{type(error).__name__} in the harness itself"


def remove(folder: Path) -> None:
    """Remove a folder of the self-test, read-only files too; give what still holds it some time."""
    ends = time.monotonic() + CLEARING_S
    while folder.exists():
        for path in folder.rglob("*"):
            if path.is_file():
                with suppress(OSError):
                    os.chmod(path, stat.S_IREAD | stat.S_IWRITE)
        shutil.rmtree(folder, ignore_errors=True)
        if time.monotonic() > ends:
            return
        if folder.exists():
            time.sleep(0.1)
