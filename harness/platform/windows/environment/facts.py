"""The facts about a Windows machine on which results depend, and their form as plain data.

An ordinary user may be unable to read any of them, and then the fact says so: one that is left out looks
like one that does not matter. Nothing here names a user, a host or a folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final, Literal


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A fact that could not be read, and why."""

    why: str

    def __str__(self) -> str:
        return f"not readable: {self.why}"


@dataclass(frozen=True, slots=True)
class Missing(Unreadable):
    """Something that this Windows does not have at all."""

    def __str__(self) -> str:
        return f"not there: {self.why}"


@dataclass(frozen=True, slots=True)
class Build:
    """The version of Windows: `number` with its update build revision, such as ``26100.4061``."""

    number: str | None
    version: str | None
    edition: str | None
    installation: str | None


@dataclass(frozen=True, slots=True)
class Machine:
    """What the timing of calls depends on.

    `timer_ms` is the present interval of the clock tick, `native` the kind of processor, such as
    ``ARM64``, whatever programs are emulated on it.
    """

    processor: str | Unreadable
    logical_processors: int | None
    memory_bytes: int | Unreadable
    model: str | Unreadable
    hypervisor: bool | Unreadable
    timer_ms: float | Unreadable
    power_plan: str | Unreadable
    on_battery: bool | Unreadable
    native: str | Unreadable


DevDrive = Literal["no", "not trusted", "trusted"]


@dataclass(frozen=True, slots=True)
class Volume:
    """The volume of a folder; `name` is its drive letter or a description, never a server's name."""

    name: str
    drive_type: str
    file_system: str | Unreadable
    flags: str | Unreadable
    posix_unlink_rename: bool | Unreadable
    cluster_bytes: int | Unreadable
    seek_penalty: bool | Unreadable
    dev_drive: DevDrive | Unreadable


Coverage = Literal["no", "yes", "hidden", "undecided"]
"""Whether an exclusion covers something; ``undecided`` if an entry has a variable whose value for the
antivirus is unknown."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder to measure in: its volume, and whether exclusions of Defender cover it."""

    volume: Volume | Unreadable
    excluded: Coverage | Unreadable


# Microsoft, "Load order groups and altitudes for minifilter drivers" and "Allocated filter altitudes"
# (windows-driver-docs, ifs/): the groups whose drivers may open or hold other programs' files.
_GROUPS: Final = (
    (392000, 394999, "security monitor"),
    (360000, 389999, "activity monitor"),
    (340000, 349999, "undelete"),
    (320000, 329999, "anti-virus"),
    (300000, 309999, "replication"),
    (280000, 289999, "continuous backup"),
    (272000, 274999, "security content screener"),
    (260000, 269999, "content screener"),
    (180000, 189999, "hierarchical storage"),
    (140000, 149999, "encryption"),
    (130000, 139999, "virtualization"),
    (100000, 109999, "open file"),
)


@dataclass(frozen=True, slots=True)
class Minifilter:
    """A file system filter driver of the service registry.

    `altitude` is its decimal place in the stack of filters (as text, for it has no fixed precision),
    `group` its own load order group; `running` is ``None`` if that is unknown.
    """

    name: str
    altitude: str | None
    group: str | None
    running: bool | None

    @property
    def height(self) -> float | None:
        """The altitude as a number."""
        try:
            return float(self.altitude or "")
        except ValueError:
            return None

    @property
    def kind(self) -> str:
        """Its purpose: by its altitude, which decides, or by its group without one."""
        height = self.height
        if height is None:
            return (self.group or "").removeprefix("FSFilter ").lower() or "unknown"
        return next((kind for low, high, kind in _GROUPS if low <= height < high + 1), "other")


ProductState = Literal["on", "off", "snoozed", "expired"]


@dataclass(frozen=True, slots=True)
class Product:
    """An antivirus that is registered with the Security Center."""

    name: str
    state: ProductState
    up_to_date: bool
    by_microsoft: bool


@dataclass(frozen=True, slots=True)
class Defender:
    """``MSFT_MpComputerStatus``, as ``Get-MpComputerStatus`` shows it; ``None``: not given."""

    mode: str | None
    real_time: bool | None
    on_access: bool | None
    behaviour_monitor: bool | None
    product_version: str | None
    engine_version: str | None
    signature_version: str | None


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What Defender does not scan; ``None`` for a list that is hidden from this user.

    The entries may name people, so `as_json` gives only their number.
    """

    paths: tuple[str, ...] | None
    processes: tuple[str, ...] | None
    extensions: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Preferences:
    """``MSFT_MpPreference``, as ``Get-MpPreference`` shows it, as far as holds can depend on it.

    `performance_mode_status` is the raw number: sources differ about which one means on.
    """

    exclusions: Exclusions
    cloud_protection: str | None
    sample_submission: str | None
    cloud_block_level: int | None
    cloud_extended_timeout_s: int | None
    block_at_first_sight: bool | None
    scan_direction: int | None
    scans_archives: bool | None
    scans_network_files: bool | None
    controlled_folder_access: int | None
    performance_mode_status: int | None


@dataclass(frozen=True)
class Environment:
    """A Windows machine, as one user sees it at one moment.

    `wine` is the version of Wine, on Wine; `python_for` what this Python is built for, such as
    ``win-amd64``; `store_python` whether the Microsoft Store packaged it; `services` gives the states of
    the services that matter; `hosted_runner`: whether GitHub lends the machine for one job.
    """

    wine: str | None
    build: Build | Unreadable
    long_paths: bool | Unreadable
    machine: Machine
    python_for: str
    store_python: bool
    hosted_runner: bool
    elevated: bool | Unreadable
    services: Mapping[str, str | Unreadable]
    minifilters: tuple[Minifilter, ...] | Unreadable
    antivirus_products: tuple[Product, ...] | Unreadable
    defender: Defender | Unreadable
    defender_preferences: Preferences | Unreadable
    program_excluded: Coverage | Unreadable
    folders: tuple[Folder, ...]

    def service(self, name: str) -> str | None:
        """The state of a service; ``None`` if it could not be read."""
        state = self.services.get(name)
        return None if isinstance(state, Unreadable) else state

    @property
    def volumes(self) -> list[Volume]:
        """The volumes of the folders, as far as they could be read."""
        return [folder.volume for folder in self.folders if isinstance(folder.volume, Volume)]


def as_json(value: Any) -> Any:
    """Convert facts to plain data; a fact that could not be read becomes the sentence that says so."""
    if isinstance(value, Unreadable):
        return str(value)
    if isinstance(value, Exclusions):
        lists = {field.name: getattr(value, field.name) for field in fields(value)}
        return {name: "hidden" if entries is None else len(entries) for name, entries in lists.items()}
    if isinstance(value, Minifilter):
        return {
            "name": value.name,
            "altitude": value.altitude,
            "kind": value.kind,
            "running": "unknown" if value.running is None else value.running,
        }
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [as_json(part) for part in value]
    return value
