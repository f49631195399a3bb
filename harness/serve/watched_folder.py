"""The files that come into a folder, each held as a profile draws it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from harness.clock import NS_PER_S
from harness.errors import HoldNotTakenError
from harness.holds.seed import fresh_seed
from harness.scenario.load import load_profile_file
from harness.testing.created import matches
from harness.testing.drawn_holds import drawn_on

if TYPE_CHECKING:
    from harness.holds.handles import Hold
    from harness.holds.profile import Profile
    from harness.serve.served_holds import ServedHolds


@dataclass
class WatchedFolder:
    """A folder, what was in it, and the holds that are still to come."""

    folder: Path
    profile: Profile
    pattern: str
    seed: int
    _known: set[str] = field(default_factory=set)
    _later: list[tuple[float, Hold]] = field(default_factory=list)  # (when, hold), of time.monotonic

    @classmethod
    def of(cls, folder: Path, profile: str, pattern: str, seed: int | None) -> Self:
        """Begin to watch. Raises the errors of a profile that cannot be loaded."""
        loaded = load_profile_file(profile).profile
        made = cls(folder, loaded, pattern, fresh_seed() if seed is None else seed)
        made._known = set(made._files())
        return made

    def hold_new(self, served: ServedHolds) -> bool:
        """Hold what came since; try again later where its writer has it open. Returns ``True``."""
        now = time.monotonic()
        files = self._files()
        self._known.intersection_update(files)  # what is gone may come again
        for path in files:
            if path not in self._known:
                self._known.add(path)
                self._later += [(now + hold.starts_ns / NS_PER_S, hold) for hold in self._drawn(path)]
        due = [hold for when, hold in self._later if when <= now]
        self._later = [each for each in self._later if each[0] > now]
        for hold in due:
            try:
                served.take(hold)
            except HoldNotTakenError:
                if os.path.lexists(hold.path):
                    self._later.append((now, hold))
        return True

    def _files(self) -> list[str]:
        return [
            os.path.join(folder, name)
            for folder, _, names in os.walk(self.folder)
            for name in sorted(names)
            if matches(os.path.join(folder, name), self.pattern)
        ]

    def _drawn(self, path: str) -> list[Hold]:
        if not os.path.isfile(path):  # a pipe would keep its reader waiting
            return []
        inside = os.path.relpath(path, self.folder).replace(os.sep, "/")
        try:
            return drawn_on(self.profile, path, f"{self.seed}/{inside}")
        except OSError:  # it is gone, or its writer does not share it
            self._known.discard(path)
            return []
