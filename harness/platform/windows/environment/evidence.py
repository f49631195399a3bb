"""The proof of a run's environment: all facts together, and the verdict that follows from them.

`harness.platform.windows.environment.probe` collects it on Windows; what is here can be made anywhere,
from values that were captured on another machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.platform.windows.environment.facts import Unreadable, as_json
from harness.platform.windows.environment.verdict import verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.platform.antivirus import Antivirus
    from harness.platform.windows.environment.facts import (
        Build,
        Coverage,
        Defender,
        Folder,
        Machine,
        Minifilter,
        Preferences,
        Product,
    )


@dataclass(frozen=True)
class Environment:
    """A Windows machine, as one user sees it at one moment.

    `wine` is the version of Wine where this is no Windows; `services` gives a state for each service
    that matters; `hosted_runner` says that it is a machine which GitHub lends for one job.
    """

    wine: str | None
    build: Build | Unreadable
    long_paths: bool | Unreadable
    machine: Machine
    hosted_runner: bool
    elevated: bool | Unreadable
    services: Mapping[str, str | Unreadable]
    minifilters: tuple[Minifilter, ...] | Unreadable
    products: tuple[Product, ...] | Unreadable
    defender: Defender | Unreadable
    preferences: Preferences | Unreadable
    program_excluded: Coverage | Unreadable
    folders: tuple[Folder, ...]

    def facts(self) -> dict[str, Any]:
        """All of it as plain data, without any name of a user, a host or a folder."""
        return {
            "wine": self.wine,
            "build": as_json(self.build),
            "long_paths": as_json(self.long_paths),
            "machine": as_json(self.machine),
            "hosted_runner": self.hosted_runner,
            "elevated": as_json(self.elevated),
            "services": as_json(self.services),
            "minifilters": as_json(self.minifilters),
            "antivirus_products": as_json(self.products),
            "defender": as_json(self.defender),
            "defender_preferences": as_json(self.preferences),
            "program_excluded": as_json(self.program_excluded),
            "folders": as_json(self.folders),
        }

    def antivirus(self) -> Antivirus:
        """What these facts prove; see `harness.platform.windows.environment.verdict`."""
        return verdict(self)

    def service(self, name: str) -> str | None:
        """The state of a service; ``None`` if it could not be had."""
        state = self.services.get(name)
        return None if isinstance(state, Unreadable) else state
