"""The states of services and drivers, and the drivers that filter file systems.

Needs no administrator. ``fltmc`` lists the attached filters, but only for administrators. The service
registry names all that are installed, with their altitudes, to everyone; the service manager says which
of them run.
"""

from __future__ import annotations

import ctypes
from contextlib import contextmanager
from ctypes import wintypes
from typing import TYPE_CHECKING, Final

from harness.platform.windows.environment import registry_values
from harness.platform.windows.environment.facts import Minifilter
from harness.platform.windows.win32.library import check, declare
from harness.winerror import winerror_of

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


_OpenSCManagerW = declare("HANDLE advapi32.OpenSCManagerW(STR, STR, DWORD)")
_OpenServiceW = declare("HANDLE advapi32.OpenServiceW(HANDLE, STR, DWORD)")
_QueryServiceStatus = declare("BOOL advapi32.QueryServiceStatus(HANDLE, POINTER)")
_CloseServiceHandle = declare("BOOL advapi32.CloseServiceHandle(HANDLE)")


class ServiceManager:
    """An open connection to the service manager; use `service_manager`."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def state(self, name: str) -> str:
        """The state of a service or driver, such as ``not installed``. Raises `OSError`."""
        try:
            state = self._query(name).current_state
        except OSError as error:
            if winerror_of(error) == _ERROR_SERVICE_DOES_NOT_EXIST:
                return "not installed"
            raise
        return _STATES.get(state, f"state {state}")

    def is_driver(self, name: str) -> bool:
        """Whether this is a driver, or something whose kind is hidden."""
        try:
            return bool(self._query(name).service_type & _SERVICE_DRIVER)
        except OSError as error:
            return winerror_of(error) != _ERROR_SERVICE_DOES_NOT_EXIST

    def _query(self, name: str) -> _ServiceStatus:
        service = check(_OpenServiceW(self._handle, name, _SERVICE_QUERY_STATUS))
        try:
            status = _ServiceStatus()
            check(_QueryServiceStatus(service, ctypes.byref(status)))
            return status
        finally:
            _CloseServiceHandle(service)


@contextmanager
def service_manager() -> Iterator[ServiceManager]:
    """Connect to the service manager of this machine. Raises `OSError`."""
    handle = check(_OpenSCManagerW(None, None, _SC_MANAGER_CONNECT))
    try:
        yield ServiceManager(handle)
    finally:
        _CloseServiceHandle(handle)


def minifilters() -> tuple[Minifilter, ...]:
    """All installed file system filters, highest altitude first.

    Raises `OSError` if the registry or the service manager cannot be read.
    """
    with service_manager() as manager:
        names = registry_values.subkeys(_SERVICES)
        found = [each for name in names for each in _instances(name, manager)]
    return tuple(sorted(found, key=_height, reverse=True))


def _instances(name: str, manager: ServiceManager) -> Iterator[Minifilter]:
    service = f"{_SERVICES}\\{name}"
    try:
        # Newer drivers have theirs under Parameters.
        altitudes = _altitudes(f"{service}\\Instances") | _altitudes(f"{service}\\Parameters\\Instances")
        group = registry_values.text(service, "Group")
    except PermissionError:  # a driver with hidden keys may be a filter
        if manager.is_driver(name):
            yield Minifilter(name, None, None, _runs(name, manager))
        return
    if altitudes or (group or "").startswith("FSFilter"):
        running = _runs(name, manager)
        known: Sequence[str | None] = sorted(altitudes) or [None]
        for altitude in known:
            yield Minifilter(name, altitude, group, running)


def _runs(name: str, manager: ServiceManager) -> bool | None:
    """Whether a driver runs; ``None`` if that is not certain."""
    try:
        return {"running": True, "stopped": False, "not installed": False}.get(manager.state(name))
    except OSError:
        return None


def _altitudes(path: str) -> set[str]:
    try:
        instances = registry_values.subkeys(path)
    except FileNotFoundError:
        return set()
    found = (registry_values.text(f"{path}\\{instance}", "Altitude") for instance in instances)
    return {altitude for altitude in found if altitude}


def _height(minifilter: Minifilter) -> float:
    try:
        return float(minifilter.altitude or "")
    except ValueError:
        return 0.0
