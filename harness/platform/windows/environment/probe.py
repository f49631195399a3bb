"""Asks a Windows machine what the results measured on it depend on, for the manifest and the doctor.

No administrator is needed. Every question may fail by itself, and the fact then says so; only a folder
that does not exist is an error. What the answers mean is decided in `answers` and `verdict`.

One `probe` takes about as long as its single PowerShell call, the rest is quick: under Wine 8, without
a real PowerShell, 0.1 s in all. On Windows it was not measured; PowerShell alone needs about a second
to start, and is given up after 60 s. Ask once a run, before the first trial.
"""

from __future__ import annotations

import ctypes
import os
import struct
import subprocess
import sys
import uuid
from ctypes import wintypes
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

if sys.platform != "win32":
    raise ImportError("the environment of a Windows machine")

import winreg

from harness.platform.windows import win32
from harness.platform.windows.environment import answers
from harness.platform.windows.environment.evidence import Environment
from harness.platform.windows.environment.exclusions import (
    SYSTEM_VARIABLES,
    covers_folder,
    covers_program,
)
from harness.platform.windows.environment.facts import Folder, Machine, Preferences, Unreadable
from harness.platform.windows.environment.services import minifilters, service_manager
from harness.platform.windows.environment.volumes import real_path, volume, why

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.platform.windows.environment.facts import Coverage

T = TypeVar("T")

POWERSHELL_TIMEOUT_S: Final = 60.0
SERVICES: Final = ("WinDefend", "Sense", "WSearch")
"""Defender, Defender for Endpoint, the search indexer."""

_CURRENT_VERSION: Final = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
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


class _MemoryStatus(ctypes.Structure):
    """``MEMORYSTATUSEX``."""

    _fields_ = (
        ("length", wintypes.DWORD),
        ("memory_load", wintypes.DWORD),
        ("total_physical", ctypes.c_uint64),
        ("others", ctypes.c_uint64 * 6),
    )


_GlobalMemoryStatusEx = win32.declare(
    win32.kernel32, "GlobalMemoryStatusEx", wintypes.BOOL, ctypes.c_void_p
)
_GetSystemPowerStatus = win32.declare(
    win32.kernel32, "GetSystemPowerStatus", wintypes.BOOL, ctypes.c_char_p
)
_LocalFree = win32.declare(win32.kernel32, "LocalFree", ctypes.c_void_p, ctypes.c_void_p)
_NtQueryTimerResolution = win32.declare(
    win32.ntdll,
    "NtQueryTimerResolution",
    ctypes.c_uint32,
    *(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p),
)


def probe(folders: Sequence[Path], *, powershell: Path | None = None) -> Environment:
    """Ask everything, once, about measuring in `folders`.

    `powershell` is another program to ask than the one of Windows. Raises ``OSError`` if one of the
    folders does not exist.
    """
    paths = [real_path(str(folder)) for folder in folders]
    told = ask_powershell(powershell or windows_powershell())
    preferences = answers.preferences(told["preference"])
    return Environment(
        wine=win32.wine_version(),
        build=_or_unreadable(lambda: answers.build(_values(_CURRENT_VERSION, _BUILD_VALUES))),
        long_paths=_or_unreadable(_long_paths),
        machine=_machine(told["computer"]),
        hosted_runner=os.environ.get("RUNNER_ENVIRONMENT") == "github-hosted",
        elevated=_or_unreadable(lambda: bool(ctypes.WinDLL("shell32").IsUserAnAdmin())),
        services={name: _or_unreadable(partial(_service, name)) for name in SERVICES},
        minifilters=_or_unreadable(minifilters),
        products=answers.products(told["products"]),
        defender=answers.defender(told["status"]),
        preferences=preferences,
        program_excluded=_program_excluded(preferences),
        folders=tuple(
            Folder(_or_unreadable(partial(volume, path)), _excluded(preferences, path)) for path in paths
        ),
    )


def windows_powershell() -> Path:
    """The PowerShell that is part of Windows, wherever ``PATH`` leads."""
    system = Path(os.environ.get("SystemRoot", r"C:\Windows"), "System32")  # noqa: SIM112 - its real name
    return system / "WindowsPowerShell" / "v1.0" / "powershell.exe"


def ask_powershell(program: Path, timeout_s: float = POWERSHELL_TIMEOUT_S) -> dict[str, answers.Section]:
    """Put `answers.SCRIPT` to a PowerShell. Whatever goes wrong becomes the answer to every question."""
    command = [str(program), "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", answers.SCRIPT]
    try:
        done = subprocess.run(  # noqa: S603 - a program of Windows, or of the caller's choice
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
            creationflags=subprocess.CREATE_NO_WINDOW,
        )
        return answers.sections(done.stdout.decode("utf-8", "replace"))
    except FileNotFoundError:
        reason = "there is no PowerShell"
    except subprocess.TimeoutExpired:
        reason = f"PowerShell gave no answer within {timeout_s:g} s"
    except OSError as error:
        reason = f"PowerShell cannot be started: {why(error)}"
    except ValueError as error:
        reason = str(error)
    return dict.fromkeys(("products", "status", "preference", "computer"), Unreadable(reason))


_BUILD_VALUES: Final = (
    "CurrentBuildNumber",
    "UBR",
    "DisplayVersion",
    "ReleaseId",
    "EditionID",
    "InstallationType",
)


def _or_unreadable(ask: Callable[[], T]) -> T | Unreadable:
    try:
        return ask()
    except OSError as error:
        return Unreadable(why(error))
    except (AttributeError, ValueError) as error:  # an entry point or a value that is not as documented
        return Unreadable(type(error).__name__)


def _values(path: str, names: Sequence[str]) -> dict[str, object]:
    """Those of the named values that a key of the local machine has."""
    found: dict[str, object] = {}
    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
        for name in names:
            try:
                found[name] = winreg.QueryValueEx(key, name)[0]
            except FileNotFoundError:
                continue
    return found


def _long_paths() -> bool:
    """Whether Windows lets programs that ask for it use paths of more than 260 characters."""
    return _values(_FILE_SYSTEM, ("LongPathsEnabled",)).get("LongPathsEnabled") == 1


def _service(name: str) -> str:
    with service_manager() as manager:
        return manager.state(name)


def _machine(computer: answers.Section) -> Machine:
    return Machine(
        processor=_or_unreadable(lambda: _texts(_PROCESSOR, ("ProcessorNameString",))),
        logical_processors=os.cpu_count(),
        memory_bytes=_or_unreadable(_memory_bytes),
        model=_or_unreadable(lambda: _texts(_BIOS, ("SystemManufacturer", "SystemProductName"))),
        hypervisor=answers.hypervisor(computer),
        timer_ms=_or_unreadable(_timer_ms),
        power_plan=_or_unreadable(_power_plan),
        on_battery=_or_unreadable(_on_battery),
    )


def _texts(path: str, names: Sequence[str]) -> str | Unreadable:
    found = _values(path, names)
    texts = [text for name in names if (text := str(found.get(name, "")).strip())]
    return " ".join(texts) if texts else Unreadable("the registry does not say")


def _memory_bytes() -> int:
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    if not _GlobalMemoryStatusEx(ctypes.byref(status)):
        raise win32.failure()
    return int(status.total_physical)


def _timer_ms() -> float:
    """``NtQueryTimerResolution``: the longest, the shortest and the present interval, in 100 ns."""
    longest, shortest, now = wintypes.ULONG(), wintypes.ULONG(), wintypes.ULONG()
    status = _NtQueryTimerResolution(*map(ctypes.byref, (longest, shortest, now)))
    if status:
        raise OSError(0, f"status {status:#x}")
    return now.value / 10_000


def _power_plan() -> str | Unreadable:
    """``PowerGetActiveScheme``; the plans of vendors have identities of their own."""
    get_active = win32.declare(
        ctypes.WinDLL("powrprof"), "PowerGetActiveScheme", wintypes.DWORD, *[ctypes.c_void_p] * 2
    )
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
    """``GetSystemPowerStatus``: the first byte of the answer is 0 on battery, 255 if nobody knows."""
    status = ctypes.create_string_buffer(12)
    if not _GetSystemPowerStatus(status):
        raise win32.failure()
    (line,) = struct.unpack_from("=B", status.raw)
    return line == 0 if line in {0, 1} else Unreadable("Windows does not know")


def _excluded(preferences: Preferences | Unreadable, path: str) -> Coverage | Unreadable:
    if isinstance(preferences, Unreadable):
        return preferences
    variables = {name: os.environ[name] for name in SYSTEM_VARIABLES if name in os.environ}
    return covers_folder(preferences.exclusions.paths, path, variables)


def _program_excluded(preferences: Preferences | Unreadable) -> Coverage | Unreadable:
    """A venv's python.exe starts another one: files are opened by the one that it starts."""
    if isinstance(preferences, Unreadable):
        return preferences
    base = getattr(sys, "_base_executable", sys.executable)
    return covers_program(preferences.exclusions.processes, [sys.executable, base])
