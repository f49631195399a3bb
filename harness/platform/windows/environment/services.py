"""The states of services and drivers, and the drivers that filter file systems.

Needs no administrator. ``fltmc`` lists the attached filters, but only for administrators. The service
registry names all that are installed, with their altitudes, to everyone; the service manager says which
of them run.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Final

from harness.platform.windows.environment import registry_values
from harness.platform.windows.environment.facts import Minifilter
from harness.platform.windows.win32.library import check, declare
from harness.winerror import winerror_of

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


STATUS: Final = struct.Struct("=7I")
"""``SERVICE_STATUS``: the type, the present state, others."""

_OpenSCManagerW = declare("HANDLE advapi32.OpenSCManagerW(STR, STR, DWORD)")
_OpenServiceW = declare("HANDLE advapi32.OpenServiceW(HANDLE, STR, DWORD)")
_QueryServiceStatus = declare("BOOL advapi32.QueryServiceStatus(HANDLE, POINTER)")
_CloseServiceHandle = declare("BOOL advapi32.CloseServiceHandle(HANDLE)")


def service_state(name: str) -> str:
    """The state of a service or driver, such as ``not installed``. Raises `OSError`."""
    try:
        _, state = _query(name)
    except OSError as error:
        if winerror_of(error) == _ERROR_SERVICE_DOES_NOT_EXIST:
            return "not installed"
        raise
    return _STATES.get(state, f"state {state}")


def _is_driver(name: str) -> bool:
    """Whether this is a driver, or something whose kind is hidden."""
    try:
        kind, _ = _query(name)
    except OSError as error:
        return winerror_of(error) != _ERROR_SERVICE_DOES_NOT_EXIST
    return bool(kind & _SERVICE_DRIVER)


def _query(name: str) -> tuple[int, int]:
    """The type and the state of a service, from the service manager. Raises `OSError`."""
    with ExitStack() as opened:
        manager = check(_OpenSCManagerW(None, None, _SC_MANAGER_CONNECT))
        opened.callback(_CloseServiceHandle, manager)
        service = check(_OpenServiceW(manager, name, _SERVICE_QUERY_STATUS))
        opened.callback(_CloseServiceHandle, service)
        status = ctypes.create_string_buffer(STATUS.size)
        check(_QueryServiceStatus(service, status))
    kind, state, *_ = STATUS.unpack(status)
    return kind, state


def minifilters() -> tuple[Minifilter, ...]:
    """All installed file system filters, highest altitude first.

    Raises `OSError` if the registry or the service manager cannot be read.
    """
    found = [each for name in registry_values.subkeys(_SERVICES) for each in _instances(name)]
    return tuple(sorted(found, key=lambda driver: driver.height or 0.0, reverse=True))


def _instances(name: str) -> Iterator[Minifilter]:
    service = f"{_SERVICES}\\{name}"
    try:
        # Newer drivers have theirs under Parameters.
        altitudes = _altitudes(f"{service}\\Instances") | _altitudes(f"{service}\\Parameters\\Instances")
        group = registry_values.text(service, "Group")
    except PermissionError:  # a driver with hidden keys may be a filter
        if _is_driver(name):
            yield Minifilter(name, None, None, _runs(name))
        return
    if altitudes or (group or "").startswith("FSFilter"):
        running = _runs(name)
        known: Sequence[str | None] = sorted(altitudes) or [None]
        for altitude in known:
            yield Minifilter(name, altitude, group, running)


def _runs(name: str) -> bool | None:
    """Whether a driver runs; ``None`` if that is not certain."""
    try:
        return {"running": True, "stopped": False, "not installed": False}.get(service_state(name))
    except OSError:
        return None


def _altitudes(path: str) -> set[str]:
    try:
        instances = registry_values.subkeys(path)
    except FileNotFoundError:
        return set()
    found = (registry_values.text(f"{path}\\{instance}", "Altitude") for instance in instances)
    return {altitude for altitude in found if altitude}
