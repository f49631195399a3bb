"""The layouts of structures and the functions of DLLs that the harness relies on."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Final

from harness.platform import windows
from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.report import Finding
from harness.platform.windows.environment import probe, services
from harness.platform.windows.holders import processes
from harness.platform.windows.win32 import (
    file_content,
    file_names,
    jobs,
    program_start,
    restart_manager,
)

_IS_64_BIT: Final = struct.calcsize("P") == 8  # noqa: PLR2004 - bytes of a pointer


def _layouts() -> list[tuple[str, int, int, int]]:
    """Each structure with its length here, and that of Microsoft's headers for 64 and 32 bits."""
    return [
        ("OVERLAPPED", ctypes.sizeof(file_content.Overlapped), 32, 20),
        ("PROCESSENTRY32W", ctypes.sizeof(processes.ProcessEntry), 568, 556),
        ("SYSTEM_PROCESS_ID_INFORMATION", processes.ID_INFORMATION.size, 24, 12),
        ("JOBOBJECT_EXTENDED_LIMIT_INFORMATION", jobs.LIMITS.size, 144, 112),
        ("MEMORYSTATUSEX", probe.MEMORY_STATUS.size, 64, 64),
        ("SERVICE_STATUS", services.STATUS.size, 28, 28),
        ("RM_PROCESS_INFO", ctypes.sizeof(restart_manager.ProcessInfo), 668, 668),
        ("STARTUPINFOW", program_start.STARTUP_INFO.size, 104, 68),
        ("PROCESS_INFORMATION", program_start.PROCESS_INFORMATION.size, 24, 16),
        ("FILE_RENAME_INFO up to its name", file_names.RENAME_INFO.size, 20, 12),
        ("WCHAR", ctypes.sizeof(ctypes.c_wchar), 2, 2),
    ]


def run(_site: Site, check: Check) -> Iterator[Finding]:
    """Compare lengths with those of the headers; import all modules, which resolve their functions."""
    wrong = [
        f"{name} has {here} bytes, not {expected}"
        for name, here, on_64, on_32 in _layouts()
        if here != (expected := on_64 if _IS_64_BIT else on_32)
    ]
    count = len(_layouts())
    yield check.finding(
        "lengths of structures",
        f"those of Microsoft's headers, in {count}",
        "; ".join(wrong) or f"all {count} equal",
        not wrong,
    )
    missing = []
    for module in walk_packages(windows.__path__, f"{windows.__name__}."):
        try:
            import_module(module.name)
        except (AttributeError, OSError) as error:
            missing.append(f"{module.name.rpartition('.')[2]}: {error}")
    yield check.finding(
        "functions of Windows that the harness calls",
        "all are there",
        "; ".join(missing) or "all are there",
        not missing,
    )


CHECK: Final = Check(
    order=10,
    title="Are structures and functions of Windows as the harness declares them?",
    means="Calls may do something else than the harness believes: trust no number.",
    bearing="outcomes",
    run=run,
)
