"""Holds for native programs of Linux that are started with the environment of `NativeRules`."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from harness.errors import NotSupportedError
from harness.holds.handles import Hold
from harness.preload.native_rules import Denied, NativeRules
from harness.winerror import FILE_NOT_FOUND


class NativeHolds:
    """Files that are held for programs with the preloaded `library`; see `FileHolder`."""

    def __init__(self, library: Path) -> None:
        self._rules = NativeRules(library)
        self._holds: list[Hold] = []
        self._taken: set[int] = set()
        self.environment = self._rules.environment

    def take(self, hold: Hold) -> tuple[int, int | None]:
        """Take a hold now; return its number, and the Win32 code of what was in its way, if anything.

        Raises `NotSupportedError` for more holds than the library knows.
        """
        number = len(self._holds)
        self._holds.append(hold)
        if not os.path.lexists(hold.path):
            return number, FILE_NOT_FOUND
        self._taken.add(number)
        try:
            self._deny()
        except NotSupportedError:
            self._taken.discard(number)
            raise
        return number, None

    def release(self, number: int) -> None:
        """Release a hold; a file in quarantine is deleted."""
        if number not in self._taken:
            return
        self._taken.discard(number)
        self._deny()
        if self._holds[number].vanish:
            with suppress(OSError):
                os.unlink(self._holds[number].path)

    def close(self) -> None:
        """Release all."""
        for number in list(self._taken):
            self.release(number)
        self._rules.close()

    def _deny(self) -> None:
        self._rules.deny(Denied(self._holds[number]) for number in sorted(self._taken))
