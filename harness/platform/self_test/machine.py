"""Describe the machine of a self-test, spelled so that the description is valid wherever it is read."""

from __future__ import annotations

import platform as python_platform
import re
from importlib.metadata import PackageNotFoundError, version

from harness.holds.sharing_rules_table import LabName
from harness.platform.base import PlatformName
from harness.platform.self_test.report import Machine
from harness.this_system import this_system


def machine(
    platform: PlatformName,
    lab: LabName,
    system: str,
    *,
    file_system: str,
    volume_flags: str,
    dev_drive: str,
    elevated: bool,
) -> Machine:
    """Describe this machine; characters that a description may not have become spaces."""
    return Machine(
        platform=platform,
        lab=lab,
        system=_plain(system, 80),
        architecture=_plain(this_system()[2] or "unknown", 20),
        python=python_platform.python_version()[:20],
        harness=_plain(_version(), 40),
        file_system=_plain(file_system, 40),
        volume_flags=_plain(volume_flags, 40),
        dev_drive=_plain(dev_drive, 40),
        elevated=elevated,
    )


def _plain(text: str, length: int) -> str:
    return re.sub(r"[^\w. -]", " ", text)[:length].strip() or "unknown"


def _version() -> str:
    try:
        return version("persist-harness")
    except PackageNotFoundError:
        return "not installed"
