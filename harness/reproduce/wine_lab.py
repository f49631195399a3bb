"""Programs for Windows on Linux: Wine's server makes their calls, and denies them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.preload.denial import Denial, rules_text, write_whole
from harness.reproduce.denial_lab import redaction_of
from harness.reproduce.execution import Execution
from harness.reproduce.lab_names import LabName
from harness.reproduce.logged_run import logged_run
from harness.wine.programs import ProgramsLane
from harness.wine.windows_path import windows_path

NODE: Final = "node.exe"


@dataclass(frozen=True, slots=True)
class WineLab:
    """Programs for Windows, under Wine."""

    lane: ProgramsLane

    @property
    def name(self) -> LabName:
        """See `Lab`."""
        return "wine"

    @property
    def python(self) -> Path:
        """See `Lab`."""
        return self.lane.python

    @property
    def windows_python(self) -> str | None:
        """See `Lab`."""
        return self.lane.python_version

    @property
    def sees_calls(self) -> bool:
        """See `Lab`."""
        return True

    def spelled(self, path: Path) -> str:
        """See `Lab`."""
        return windows_path(path)

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
        temporary = {f"WINE{name}": windows_path(home) for name in ("TEMP", "TMP")}
        amended = self.lane.without_copy_file_2
        paths = {"PYTHONPATH": windows_path(amended)} if amended is not None else {}
        given = {**temporary, **paths, "PYTHONUTF8": "1", **(environment or {})}
        write_whole(self.lane.denied, rules_text(denials, folder, "wine"))
        self.lane.denial_log.write_bytes(b"")
        to_file = os.path.basename(command[0].replace("\\", "/")).lower() == NODE

        def run(on_line: Callable[[str], None]) -> int:
            return self.lane.run(
                command,
                cwd=folder,
                environment=given,
                timeout_s=timeout_s,
                on_line=on_line,
                to_file=to_file,
            )

        try:
            return logged_run(
                run, self.lane.denial_log, folder, redaction_of(self, folder, home), len(denials)
            )
        finally:
            write_whole(self.lane.denied, "")
