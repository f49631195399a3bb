"""Native programs of Linux, each with the library preloaded that denies its calls."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.preload.denial import Denial, rules_text, write_whole
from harness.preload.native_library import preloaded
from harness.reproduce.denial_lab import redaction_of
from harness.reproduce.execution import Execution
from harness.reproduce.lab_names import LabName
from harness.reproduce.logged_run import logged_run
from harness.wine.child import run_child
from harness.wine.orphans import orphans_ended

NATIVE_SHOWS: Final = (
    "Natively a denial is an errno only: what a program does by Win32 code is not shown, nor what it "
    "does on Windows alone. Only calls through libc are seen: not those of Go programs or of fopen(3)."
)


@dataclass(frozen=True, slots=True)
class LinuxLab:
    """Native programs, with the library preloaded into each."""

    library: Path

    @property
    def name(self) -> LabName:
        """See `Lab`."""
        return "linux"

    @property
    def python(self) -> Path:
        """See `Lab`: this one."""
        return Path(sys.executable)

    @property
    def windows_python(self) -> str | None:
        """See `Lab`."""
        return None

    @property
    def sees_calls(self) -> bool:
        """See `Lab`."""
        return True

    def spelled(self, path: Path) -> str:
        """See `Lab`."""
        return str(path)

    def run(
        self,
        command: Sequence[str],
        folder: Path,
        *,
        home: Path,
        denials: Sequence[Denial] = (),
        undisturbed: Sequence[Execution] = (),
        environment: Mapping[str, str] | None = None,
        timeout_s: float,
    ) -> Execution:
        """See `Lab`."""
        del undisturbed  # calls are seen
        rules, log = home / "denied", home / "denials.log"
        write_whole(rules, rules_text(denials, folder, "linux"))
        log.write_bytes(b"")
        given = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(home),
            "TMPDIR": str(home),
            "LANG": "C.UTF-8",
            **preloaded(self.library, rules, log),
            **(environment or {}),
        }

        def run(on_line: Callable[[str], None]) -> int:
            with orphans_ended():
                return run_child(
                    command,
                    cwd=folder,
                    environment=given,
                    on_line=on_line,
                    on_error_line=on_line,
                    timeout_s=timeout_s,
                )

        return logged_run(run, log, folder, redaction_of(self, folder, home), len(denials))
