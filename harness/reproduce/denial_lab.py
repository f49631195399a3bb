"""The places where programs run under denials: in Wine, or as native programs of Linux.

A lab runs one command in a folder and returns what happened. Both labs deny by the same library; what
differs is who makes the calls (Wine's server for all Windows programs, or the program itself), what a
denial looks like to the program (a Win32 code, or an errno only), and how paths are spelled.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from harness.preload.denial import Denial, LabName, rules_text, write_whole
from harness.preload.denial_log import below, read_calls
from harness.preload.native_library import native_library, preloaded
from harness.record.redaction import Redaction
from harness.reproduce.execution import Execution
from harness.reproduce.tree import tree_of
from harness.wine.child import run_child
from harness.wine.orphans import orphans_ended
from harness.wine.programs import ProgramsLane, programs_lane
from harness.wine.windows_path import windows_path

MOST_LINES: Final = 2_000
"""Of a program's output, so many of the last lines are kept."""
NODE: Final = "node.exe"
NATIVE_SHOWS: Final = (
    "Natively a denial is an errno only: what a program does by Win32 code is not shown, nor what it "
    "does on Windows alone. Only calls through libc are seen: not those of Go programs or of fopen(3)."
)


class Lab(Protocol):
    """Runs commands under denials."""

    @property
    def name(self) -> LabName:
        """Its name."""
        ...

    @property
    def python(self) -> Path:
        """A Python that runs in it, as this system spells its path."""
        ...

    def spelled(self, path: Path) -> str:
        """The path as its programs get it."""
        ...

    def run(
        self,
        command: Sequence[str],
        folder: Path,
        *,
        home: Path,
        denials: Sequence[Denial] = (),
        environment: Mapping[str, str] | None = None,
        timeout_s: float,
    ) -> Execution:
        """Run a command in `folder`, under denials, for at most `timeout_s`.

        Nothing of it outlives the call. `home` is a folder that the program may take for its user's.
        """
        ...


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
        environment: Mapping[str, str] | None = None,
        timeout_s: float,
    ) -> Execution:
        """See `Lab`."""
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
            return _executed(
                run, self.lane.denial_log, folder, _redaction(self, folder, home), len(denials)
            )
        finally:
            write_whole(self.lane.denied, "")


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
        environment: Mapping[str, str] | None = None,
        timeout_s: float,
    ) -> Execution:
        """See `Lab`."""
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

        return _executed(run, log, folder, _redaction(self, folder, home), len(denials))


def _executed(
    run: Callable[[Callable[[str], None]], int],
    log: Path,
    folder: Path,
    redaction: Redaction,
    denials: int,
) -> Execution:
    lines: list[str] = []

    def keep(line: str) -> None:
        lines.append(redaction.text(line))
        del lines[:-MOST_LINES]

    begun = time.monotonic()
    exit_code: int | None = None
    with suppress(TimeoutError):
        exit_code = run(keep)
    return Execution(
        exit_code=exit_code,
        elapsed_s=time.monotonic() - begun,
        output=lines,
        calls=below(read_calls(log), folder),
        tree=tree_of(folder),
        denials=denials,
    )


def _redaction(lab: Lab, folder: Path, home: Path) -> Redaction:
    """Hide where a program ran: its folder is ``.``, that of its user ``~``."""
    shown = [
        (spelled, instead)
        for path, instead in ((folder, "."), (home, "~"))
        for own in (lab.spelled(path),)
        for spelled in (own.replace("\\", "\\\\"), own, own.replace("\\", "/"), str(path))
    ]
    return Redaction(folders=list(dict.fromkeys(shown)))


@contextmanager
def lab_named(name: LabName, announce: Callable[[str], None] = lambda _: None) -> Iterator[Lab]:
    """A lab, set up if need be. Raises `NotSupportedError` if this machine lacks something for it."""
    if name == "wine":
        with programs_lane(announce) as lane:
            yield WineLab(lane)
        return
    yield LinuxLab(native_library())
