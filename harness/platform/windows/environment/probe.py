"""Ask a Windows machine for the facts on which results depend, for the manifest and for ``doctor``.

No administrator is needed. Every question may fail by itself, and the fact then says so; only a folder
that does not exist is an error. What the facts mean is decided elsewhere.

One `probe` takes about as long as its single PowerShell call, the rest is fast: under Wine 8, without a
real PowerShell, 0.1 s in all. On Windows it was not measured; PowerShell alone needs about a second to
start, and is stopped after 60 s. Ask once per run, before the first trial.
"""

from __future__ import annotations

import ctypes
import os
import re
import struct
import sys
import sysconfig
import uuid
from collections.abc import Mapping, Sequence
from ctypes import wintypes
from functools import partial
from pathlib import Path
from typing import Final

from harness.platform.windows.environment import registry_values, wmi
from harness.platform.windows.environment.exclusions import (
    SYSTEM_VARIABLES,
    covers_folder,
    covers_program,
)
from harness.platform.windows.environment.facts import (
    Build,
    Coverage,
    Environment,
    Folder,
    Machine,
    Preferences,
    Unreadable,
)
from harness.platform.windows.environment.powershell import windows_powershell
from harness.platform.windows.environment.services import minifilters, service_state
from harness.platform.windows.environment.volumes import or_unreadable, real_path, volume
from harness.platform.windows.win32.library import check, declare, wine_version

SERVICES: Final = ("WinDefend", "Sense", "WSearch")
"""Defender, Defender for Endpoint, the search indexer."""

CURRENT_VERSION: Final = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_FILE_SYSTEM: Final = r"SYSTEM\CurrentControlSet\Control\FileSystem"
_PROCESSOR: Final = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
_BIOS: Final = r"HARDWARE\DESCRIPTION\System\BIOS"
# Microsoft, "Power Policy Settings": the identities of the plans that come with Windows; powercfg
# prints their names in the user's language.
_PLANS: Final = {
    "381b4222-f694-41f0-9685-ff5bb260df2e": "balanced",
    "8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c": "high performance",
    "a1841308-3541-4fab-bc81-f71556f20b4a": "power saver",
    "e9a42b02-d5df-448d-aa00-03f14749eb61": "ultimate performance",
}


MEMORY_STATUS: Final = struct.Struct("=IIQ48x")
"""``MEMORYSTATUSEX``: its length, the load in percent, all physical memory in bytes, others."""
_GlobalMemoryStatusEx = declare("BOOL kernel32.GlobalMemoryStatusEx(POINTER)")
_GetSystemPowerStatus = declare("BOOL kernel32.GetSystemPowerStatus(BYTES)")
_LocalFree = declare("POINTER kernel32.LocalFree(POINTER)")
_NtQueryTimerResolution = declare("STATUS ntdll.NtQueryTimerResolution(POINTER, POINTER, POINTER)")


def probe(folders: Sequence[Path], *, powershell: Path | None = None) -> Environment:
    """Collect the facts for measuring in `folders`.

    `powershell` replaces the program of Windows. Raises `OSError` if one of the folders does not exist.
    """
    paths = [real_path(str(folder)) for folder in folders]
    answers = wmi.ask(powershell or windows_powershell())
    preferences = wmi.preferences(answers["preference"])
    return Environment(
        wine=wine_version(),
        build=or_unreadable(lambda: build(registry_values.values(CURRENT_VERSION, BUILD_VALUES))),
        long_paths=or_unreadable(_long_paths),
        machine=_machine(answers["computer"]),
        python_for=sysconfig.get_platform(),
        store_python=is_from_store(sys.base_prefix),
        hosted_runner=os.environ.get("RUNNER_ENVIRONMENT") == "github-hosted",
        elevated=or_unreadable(is_elevated),
        services={name: or_unreadable(partial(service_state, name)) for name in SERVICES},
        minifilters=or_unreadable(minifilters),
        antivirus_products=wmi.products(answers["products"]),
        defender=wmi.defender(answers["status"]),
        defender_preferences=preferences,
        program_excluded=_program_excluded(preferences),
        folders=tuple(
            Folder(or_unreadable(partial(volume, path)), _excluded(preferences, path)) for path in paths
        ),
    )


BUILD_VALUES: Final = (
    "CurrentBuildNumber",
    "UBR",
    "DisplayVersion",
    "ReleaseId",
    "EditionID",
    "InstallationType",
)


def build(values: Mapping[str, object]) -> Build | Unreadable:
    r"""The version of Windows, from the values of ``SOFTWARE\Microsoft\Windows NT\CurrentVersion``."""
    texts = {name: str(value).strip() for name, value in values.items() if str(value).strip()}
    number, revision = texts.get("CurrentBuildNumber"), texts.get("UBR")
    if number is None:
        return Unreadable("the registry names no build")
    return Build(
        number=number if revision is None else f"{number}.{revision}",
        version=texts.get("DisplayVersion") or texts.get("ReleaseId"),
        edition=texts.get("EditionID"),
        installation=texts.get("InstallationType"),
    )


def _long_paths() -> bool:
    """Whether programs may use paths of more than 260 characters if they ask for it."""
    return registry_values.values(_FILE_SYSTEM, ("LongPathsEnabled",)).get("LongPathsEnabled") == 1


def _machine(computer: wmi.Section) -> Machine:
    return Machine(
        processor=or_unreadable(lambda: _texts(_PROCESSOR, ("ProcessorNameString",))),
        logical_processors=os.cpu_count(),
        memory_bytes=or_unreadable(_memory_bytes),
        model=or_unreadable(lambda: _texts(_BIOS, ("SystemManufacturer", "SystemProductName"))),
        hypervisor=wmi.hypervisor(computer),
        timer_ms=or_unreadable(_timer_ms),
        power_plan=or_unreadable(_power_plan),
        on_battery=or_unreadable(_on_battery),
        native=or_unreadable(_native_machine),
    )


def _texts(path: str, names: Sequence[str]) -> str | Unreadable:
    found = registry_values.values(path, names)
    texts = [text for name in names if (text := str(found.get(name, "")).strip())]
    return " ".join(texts) if texts else Unreadable("the registry does not say")


def _memory_bytes() -> int:
    status = ctypes.create_string_buffer(MEMORY_STATUS.pack(MEMORY_STATUS.size, 0, 0))
    check(_GlobalMemoryStatusEx(status))
    return int(MEMORY_STATUS.unpack_from(status)[2])


def _timer_ms() -> float:
    """``NtQueryTimerResolution``: the longest, the shortest and the present interval, in 100 ns."""
    longest, shortest, now = wintypes.ULONG(), wintypes.ULONG(), wintypes.ULONG()
    status = _NtQueryTimerResolution(*map(ctypes.byref, (longest, shortest, now)))
    if status:
        raise OSError(0, f"status {status:#x}")
    return now.value / 10_000


def _power_plan() -> str | Unreadable:
    """``PowerGetActiveScheme``; the plans of vendors have other identities."""
    get_active = declare("DWORD powrprof.PowerGetActiveScheme(POINTER, POINTER)")
    scheme = ctypes.c_void_p()
    error = int(get_active(None, ctypes.byref(scheme)))
    if error or not scheme.value:
        return Unreadable(f"error {error}")
    try:
        identity = str(uuid.UUID(bytes_le=ctypes.string_at(scheme.value, 16)))
    finally:
        _LocalFree(scheme)
    return _PLANS.get(identity, f"another plan ({identity})")


def _on_battery() -> bool | Unreadable:
    """``GetSystemPowerStatus``: the first byte of the answer is 0 on battery, 255 if unknown."""
    status = ctypes.create_string_buffer(12)
    check(_GetSystemPowerStatus(status))
    (line,) = struct.unpack_from("=B", status.raw)
    return line == 0 if line in {0, 1} else Unreadable("Windows does not know")


def is_elevated() -> bool:
    """Whether this process may do what an administrator may."""
    return bool(declare("BOOL shell32.IsUserAnAdmin()")())


def is_from_store(prefix: str) -> bool:
    r"""Whether a Python lies where the Microsoft Store installs programs.

    >>> is_from_store(r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.12_3.12.2_x64__q")
    True
    """
    return "windowsapps" in re.split(r"[\\/]", prefix.lower())


# winnt.h: IMAGE_FILE_MACHINE_*
_MACHINES: Final = {0x14C: "x86", 0x1C4: "ARM", 0x8664: "x64", 0xAA64: "ARM64"}


def _native_machine() -> str:
    """``IsWow64Process2``: the processor's own kind; x64 programs are emulated on ARM64 unawares."""
    of_process, native = wintypes.WORD(), wintypes.WORD()
    ask = declare("BOOL kernel32.IsWow64Process2(HANDLE, POINTER, POINTER)")
    this_process = ctypes.c_void_p(-1).value  # GetCurrentProcess
    check(ask(this_process, ctypes.byref(of_process), ctypes.byref(native)))
    return _MACHINES.get(native.value, f"machine {native.value:#06x}")


def _excluded(preferences: Preferences | Unreadable, path: str) -> Coverage | Unreadable:
    if isinstance(preferences, Unreadable):
        return preferences
    variables = {name: os.environ[name] for name in SYSTEM_VARIABLES if name in os.environ}
    return covers_folder(preferences.exclusions.paths, path, variables)


def _program_excluded(preferences: Preferences | Unreadable) -> Coverage | Unreadable:
    """Check this Python, and the one that opens the files in a virtual environment."""
    if isinstance(preferences, Unreadable):
        return preferences
    base = getattr(sys, "_base_executable", sys.executable)
    return covers_program(preferences.exclusions.processes, [sys.executable, base])
