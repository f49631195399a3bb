"""States of services and drivers, and which drivers filter file systems. Needs no administrator.

``fltmc`` lists the filters that are attached, but only to administrators. The service registry names
all that are installed, with their altitudes, to everyone; the service manager says which of them run.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import contextmanager
from ctypes import wintypes
from typing import TYPE_CHECKING, Final

if sys.platform != "win32":
    raise ImportError("services of Windows")

import winreg

from harness.platform.windows import win32
from harness.platform.windows.environment.facts import Minifilter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SERVICES: Final = r"SYSTEM\CurrentControlSet\Services"
# winsvc.h
_SC_MANAGER_CONNECT: Final = 0x0001
_SERVICE_QUERY_STATUS: Final = 0x0004
_SERVICE_DRIVER: Final = 0x0B  # winnt.h: kernel driver, file system driver, recognizer
_STATES: Final = {
    1: "stopped",
    2: "starting",
    3: "stopping",
    4: "running",
    5: "resuming",
    6: "pausing",
    7: "paused",
}
_ERROR_SERVICE_DOES_NOT_EXIST: Final = 1060  # winerror.h


class _ServiceStatus(ctypes.Structure):
    """``SERVICE_STATUS``."""

    _fields_ = (
        ("service_type", wintypes.DWORD),
        ("current_state", wintypes.DWORD),
        ("controls_accepted", wintypes.DWORD),
        ("win32_exit_code", wintypes.DWORD),
        ("service_specific_exit_code", wintypes.DWORD),
        ("check_point", wintypes.DWORD),
        ("wait_hint", wintypes.DWORD),
    )


_advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)
_OpenSCManagerW = win32.declare(
    _advapi32,
    "OpenSCManagerW",
    wintypes.HANDLE,
    *(wintypes.LPCWSTR, wintypes.LPCWSTR, wintypes.DWORD),
)
_OpenServiceW = win32.declare(
    _advapi32,
    "OpenServiceW",
    wintypes.HANDLE,
    *(wintypes.HANDLE, wintypes.LPCWSTR, wintypes.DWORD),
)
_QueryServiceStatus = win32.declare(
    _advapi32, "QueryServiceStatus", wintypes.BOOL, wintypes.HANDLE, ctypes.c_void_p
)
_CloseServiceHandle = win32.declare(_advapi32, "CloseServiceHandle", wintypes.BOOL, wintypes.HANDLE)


class ServiceManager:
    """An open connection to the service manager; use `service_manager`."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def state(self, name: str) -> str:
        """The state of a service or driver, ``not installed`` included. Raises ``OSError``."""
        try:
            state = self._query(name).current_state
        except OSError as error:
            if error.winerror == _ERROR_SERVICE_DOES_NOT_EXIST:
                return "not installed"
            raise
        return _STATES.get(state, f"state {state}")

    def is_driver(self, name: str) -> bool:
        """Whether this is a driver, or something that does not even say so."""
        try:
            return bool(self._query(name).service_type & _SERVICE_DRIVER)
        except OSError as error:
            return error.winerror != _ERROR_SERVICE_DOES_NOT_EXIST

    def _query(self, name: str) -> _ServiceStatus:
        service = _OpenServiceW(self._handle, name, _SERVICE_QUERY_STATUS)
        if not service:
            raise win32.failure()
        try:
            status = _ServiceStatus()
            if not _QueryServiceStatus(service, ctypes.byref(status)):
                raise win32.failure()
            return status
        finally:
            _CloseServiceHandle(service)


@contextmanager
def service_manager() -> Iterator[ServiceManager]:
    """Connect to the service manager of this machine. Raises ``OSError``."""
    handle = _OpenSCManagerW(None, None, _SC_MANAGER_CONNECT)
    if not handle:
        raise win32.failure()
    try:
        yield ServiceManager(handle)
    finally:
        _CloseServiceHandle(handle)


def minifilters() -> tuple[Minifilter, ...]:
    """All file system filters that are installed, highest altitude first.

    Raises ``OSError`` if the registry or the service manager cannot be read.
    """
    with service_manager() as manager:
        found = [each for name in _subkeys(_SERVICES) for each in _instances(name, manager)]
    return tuple(sorted(found, key=_height, reverse=True))


def _instances(name: str, manager: ServiceManager) -> Iterator[Minifilter]:
    service = f"{_SERVICES}\\{name}"
    try:
        # Newer drivers have theirs under Parameters.
        altitudes = _altitudes(f"{service}\\Instances") | _altitudes(f"{service}\\Parameters\\Instances")
        group = _value(service, "Group")
    except PermissionError:  # what hides its keys may be a filter: it is kept if it is a driver
        if manager.is_driver(name):
            yield Minifilter(name, None, None, _runs(name, manager))
        return
    if altitudes or (group or "").startswith("FSFilter"):
        running = _runs(name, manager)
        known: Sequence[str | None] = sorted(altitudes) or [None]
        for altitude in known:
            yield Minifilter(name, altitude, group, running)


def _runs(name: str, manager: ServiceManager) -> bool | None:
    """Whether a driver runs; ``None`` where that is not certain."""
    try:
        return {"running": True, "stopped": False, "not installed": False}.get(manager.state(name))
    except OSError:
        return None


def _altitudes(path: str) -> set[str]:
    try:
        instances = _subkeys(path)
    except FileNotFoundError:
        return set()
    found = (_value(f"{path}\\{instance}", "Altitude") for instance in instances)
    return {altitude for altitude in found if altitude}


def _subkeys(path: str) -> list[str]:
    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
        return [winreg.EnumKey(key, place) for place in range(winreg.QueryInfoKey(key)[0])]


def _value(path: str, name: str) -> str | None:
    """A text of the registry, if it has it."""
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
            value, _ = winreg.QueryValueEx(key, name)
    except FileNotFoundError:
        return None
    return value.strip() if isinstance(value, str) else None


def _height(minifilter: Minifilter) -> float:
    try:
        return float(minifilter.altitude or "")
    except ValueError:
        return 0.0
