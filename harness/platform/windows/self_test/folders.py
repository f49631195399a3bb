"""The tested folder: one real path however it is spelled, and what redirects or filters it."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from typing import Final

from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.report import Finding
from harness.platform.windows.environment.facts import Unreadable
from harness.platform.windows.environment.volumes import real_path, volume
from harness.platform.windows.win32.file_handles import LONGEST_PATH
from harness.platform.windows.win32.library import declare

_GetShortPathNameW = declare("DWORD kernel32.GetShortPathNameW(STR, POINTER, DWORD)")
_QueryDosDeviceW = declare("DWORD kernel32.QueryDosDeviceW(STR, POINTER, DWORD)")


def run(site: Site, check: Check) -> Iterator[Finding]:
    """Spell the folder in other ways; ask its volume."""
    long_name = site.folder / "a folder with a long name"
    long_name.mkdir()
    buffer = ctypes.create_unicode_buffer(LONGEST_PATH)
    short = buffer.value if _GetShortPathNameW(str(long_name), buffer, LONGEST_PATH) else ""
    if not short or os.path.normcase(short) == os.path.normcase(str(long_name)):
        yield check.not_asked("a short (8.3) name", "the same real path", "the volume has none")
    else:
        same = os.path.normcase(real_path(short)) == os.path.normcase(real_path(str(long_name)))
        found = "the same" if same else "another"
        yield check.finding("a short (8.3) name", "the same real path", found, same)
    drive = os.path.splitdrive(str(site.location))[0]
    target = buffer.value if _QueryDosDeviceW(drive, buffer, LONGEST_PATH) else ""
    substituted = target.startswith("\\??\\")
    yield check.finding(
        "the drive of the tested folder",
        "a volume",
        "a name for a folder of another drive (subst)" if substituted else "a volume",
        not substituted,
        means="Exclusions of an antivirus may name the other drive.",
    )
    redirected = "WindowsApps" in f"{sys.executable}{sys.base_prefix}"
    yield check.finding(
        "this Python",
        "sees the folders of the user",
        "is that of the Store, for which Windows redirects folders" if redirected else "sees them",
        not redirected,
        means="Files are written elsewhere than their paths say; install Python from python.org.",
    )
    on = volume(str(site.folder))
    unread = [name for name in ("file_system", "flags") if isinstance(getattr(on, name), Unreadable)]
    yield check.finding(
        "facts of the volume",
        "file system and flags",
        f"not readable: {', '.join(unread)}"
        if unread
        else f"{on.file_system}, {on.flags}, Dev Drive: {on.dev_drive}",
        not unread,
    )


CHECK: Final = Check(
    order=65,
    title="Is the tested folder what its path says?",
    means="The record describes another folder than the measured one.",
    bearing="context",
    run=run,
    more_as_administrator="which filters are attached to a Dev Drive (fsutil devdrv query).",
)
