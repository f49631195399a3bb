"""Programs on Windows itself: real holds on their files deny their calls, and calls are not seen.

The Windows sharing rules decide what a hold denies, so a denial is exact only as far as they can do what
it says; the rest is refused with the reason. What the program did is read from the changes that Windows
reports. Under Wine the same code runs with Wine's rules, and is named so.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.clock import NS_PER_S
from harness.errors import HarnessError, InvalidInputError
from harness.platform.base import HoldLostError
from harness.platform.contained_program import ContainedProgram, contained_program
from harness.platform.file_holder import FileHolder
from harness.platform.watched_tree import Change, watched_tree
from harness.preload.denial import Denial
from harness.reproduce.denial_lab import MOST_LINES, redaction_of
from harness.reproduce.execution import Execution
from harness.reproduce.lab_names import LabName, lab_here
from harness.reproduce.reported_changes import calls_of
from harness.reproduce.run_holds import RunHolds
from harness.reproduce.tree import tree_of

OF_WINDOWS: Final = (
    "COMSPEC",
    "NUMBER_OF_PROCESSORS",
    "OS",
    "PATH",
    "PATHEXT",
    "PROCESSOR_ARCHITECTURE",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "WINDIR",
)
"""What programs expect of any machine; nothing of the user."""
OF_THE_USER: Final = ("APPDATA", "HOME", "LOCALAPPDATA", "TEMP", "TMP", "USERPROFILE")
HOLDS_SHOW: Final = (
    "Files were really held. The calls of a program are not seen on Windows, so how often it tried is "
    "unknown; times are since its start."
)
UNDER_WINE: Final = f"{HOLDS_SHOW} This was Wine, by whose rules holds deny calls, and not Windows."


@dataclass(frozen=True, slots=True)
class WindowsLab:
    """Programs for Windows, on Windows."""

    holder: FileHolder

    @property
    def name(self) -> LabName:
        """See `Lab`."""
        return lab_here("wine")

    @property
    def python(self) -> Path:
        """See `Lab`: the installation of this one."""
        return Path(getattr(sys, "_base_executable", sys.executable))

    @property
    def windows_python(self) -> str | None:
        """See `Lab`."""
        return platform.python_version()

    @property
    def sees_calls(self) -> bool:
        """See `Lab`."""
        return False

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
        """See `Lab`. Raises `NotSupportedError` for a denial that no hold can make.

        Raises `HarnessError` if the process that holds is gone, or changes were lost.
        """
        try:
            return self._run(command, folder, home, denials, undisturbed, environment or {}, timeout_s)
        except HoldLostError as error:
            raise HarnessError(f"nothing is held any more: {error}", hint="Try again.") from error

    def _run(
        self,
        command: Sequence[str],
        folder: Path,
        home: Path,
        denials: Sequence[Denial],
        undisturbed: Sequence[Execution],
        environment: Mapping[str, str],
        timeout_s: float,
    ) -> Execution:
        lines: list[str] = []
        changes: list[Change] = []
        redaction = redaction_of(self, folder, home)
        holds = RunHolds(self.holder, folder, denials, [each.calls for each in undisturbed])
        files = set(tree_of(folder))

        def keep(line: str) -> None:
            lines.append(redaction.text(line))
            del lines[:-MOST_LINES]

        def on_change(change: Change) -> None:
            holds.on_change(change)
            changes.append(change)

        with watched_tree(folder, on_change) as watch:
            try:
                holds.take_known()
                given = {**_environment(home), **environment}
                with _started(command, folder, given, keep) as program:
                    started_ns = program.started_ns
                    holds.begin(started_ns)
                    exit_code = _ended(program, holds, timeout_s)
                    elapsed_s = (time.perf_counter_ns() - started_ns) / NS_PER_S
            finally:
                holds.release_all()
            watch.stop()
        calls = calls_of(changes, files, started_ns)
        return Execution(
            exit_code=exit_code,
            elapsed_s=elapsed_s,
            output=lines,
            calls=calls,
            tree=tree_of(folder),
            denials=len(denials),
            holds=holds.evidence(calls, started_ns) if denials else None,
        )


@contextmanager
def _started(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    on_line: Callable[[str], None],
) -> Iterator[ContainedProgram]:
    with ExitStack() as stack:
        try:
            program = stack.enter_context(
                contained_program(command, cwd=folder, environment=environment, on_line=on_line)
            )
        except OSError as error:
            raise InvalidInputError(
                f"{command[0]} cannot be started: {error.strerror}", hint="Is it a program for Windows?"
            ) from error
        yield program


def _ended(program: ContainedProgram, holds: RunHolds, timeout_s: float) -> int | None:
    """Wait for the program's end, and release holds meanwhile; return its exit code, if it ended."""
    end = time.monotonic() + timeout_s
    while (left_s := end - time.monotonic()) > 0:
        due_s = holds.release_due()
        code = program.wait(left_s if due_s is None else min(left_s, due_s))
        if code is not None:
            return code
    return None


def _environment(home: Path) -> dict[str, str]:
    """What programs need of Windows, and the folder of the run for all that is the user's."""
    kept = {name: os.environ[name] for name in OF_WINDOWS if name in os.environ}
    return {**kept, **dict.fromkeys(OF_THE_USER, str(home)), "PYTHONUTF8": "1"}
