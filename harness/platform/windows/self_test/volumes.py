"""The volumes of this machine: where POSIX renames can be had, and which ones nobody has described."""

from __future__ import annotations

import os
from collections.abc import Iterator
from string import ascii_uppercase
from typing import Final

from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.report import Finding
from harness.platform.windows.environment.volumes import is_remote, volume, why


def run(site: Site, check: Check) -> Iterator[Finding]:
    """Ask each local volume with a letter; write nothing to them."""
    for letter in ascii_uppercase:
        drive = f"{letter}:"
        if is_remote(drive) or not os.path.isdir(f"{drive}\\"):
            continue
        expected = "NTFS, with POSIX renames"
        try:
            on = volume(f"{drive}\\")
        except OSError as error:
            yield check.not_asked(f"volume {drive}", expected, why(error))
            continue
        posix = "with" if on.posix_unlink_rename is True else "without"
        ordinary = on.file_system == "NTFS" and on.posix_unlink_rename is True
        usual = ordinary and on.dev_drive == "no"
        yield check.finding(
            f"volume {drive}",
            expected,
            f"{on.file_system}, {posix} POSIX renames, Dev Drive: {on.dev_drive}",
            "as expected" if usual else "known" if site.is_wine else "open",
            means="The sharing rules were written down for NTFS. To see those of this volume, repeat "
            "the self-test with --location and a folder on it.",
        )


CHECK: Final = Check(
    order=66,
    title="Which volumes does this machine have?",
    means="Another file system has rules of its own.",
    bearing="context",
    run=run,
)
