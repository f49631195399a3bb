"""Run programs for Windows from outside: in a prefix for them, with a clean environment, for a time.

Calls on files are denied, and logged, by the server of that prefix (``wine/denials.c``). One process at
a time uses it, since there is one list of rules.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from harness.errors import HarnessError, InvalidInputError
from harness.payload.cache import cache_folder
from harness.preload.preload_library import FOLDER, LOCK
from harness.wine import tools
from harness.wine.child import run_child
from harness.wine.lane import OF_WINE
from harness.wine.missing_call import without_copy_file_2
from harness.wine.prefix import DENIAL_LOG, DENIED, PROGRAMS, programs_server
from harness.wine.server import Server
from harness.wine.windows_python import asked, windows_python

OF_WINDOWS: Final = "Microsoft"
IN_USE: Final = f"{PROGRAMS}.lock"
OUTPUT: Final = ".harness-output.txt"
BATCH: Final = ".harness-run.bat"


@dataclass(frozen=True, slots=True)
class ProgramsLane:
    """Wine, ready for programs from outside; `programs_lane` makes one."""

    server: Server
    python: Path
    """The ``python.exe`` of a full Windows Python, as a Linux path."""
    python_version: str
    without_copy_file_2: Path | None
    """A folder from which that Python is to import, where this Wine has no ``CopyFile2``."""

    @property
    def denied(self) -> Path:
        """The rules that the server reads."""
        return self.server.prefix.parent / DENIED

    @property
    def denial_log(self) -> Path:
        """The log that the server writes."""
        return self.server.prefix.parent / DENIAL_LOG

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        timeout_s: float,
        on_line: Callable[[str], None],
        to_file: bool = False,
    ) -> int:
        """Run a program with its arguments, spelled for Windows; return its exit code (0 to 255).

        It gets Wine's own environment and `environment`, and finds nothing that an earlier one has left
        in its user's folders. `to_file`: its standard streams are a file and
        the null device, since node.exe cannot open pipes of Linux; otherwise they are pipes, since
        Python cannot write to a file. Raises `TimeoutError` after `timeout_s`, and `HarnessError` if the
        server ended meanwhile; no process of the program remains.
        """
        self._clear_users()
        server = self.server.ensure()
        given = [tools.wine(), *(self._to_file(command, cwd) if to_file else command)]
        try:
            code = run_child(
                given,
                cwd=cwd,
                environment={**self._environment(), **environment},
                on_line=on_line,
                on_error_line=lambda line: None if OF_WINE.match(line) else on_line(line),
                timeout_s=timeout_s,
            )
        finally:
            if to_file:
                _pass_on(cwd, on_line)
        if self.server.pid() != server:
            raise HarnessError(
                "Wine's server ended during the run, and with it the denials",
                hint="Something ended it, such as `wineserver -k`. Try again.",
            )
        return code

    def _clear_users(self) -> None:
        """Remove what programs have kept for their user; Wine itself makes these folders again."""
        for place in (self.server.prefix / "drive_c" / "users").glob("*/AppData/*/*"):
            if place.name != OF_WINDOWS:
                shutil.rmtree(place) if place.is_dir() else place.unlink()

    def _environment(self) -> dict[str, str]:
        """What Wine needs, and nothing else of this user's environment."""
        own = self.server.environment()
        kept = {key: value for key, value in own.items() if key.startswith("WINE")}
        return {
            **kept,
            "PATH": os.defpath,
        }

    def _to_file(self, command: Sequence[str], cwd: Path) -> list[str]:
        """The same command by a batch file that redirects its output."""
        if any('"' in part for part in command):
            raise InvalidInputError(
                "an argument has a quotation mark, which no batch file passes on",
                hint="node.exe is started by one: put what the argument says into a file.",
            )
        spelled = " ".join(f'"{part}"' for part in command).replace("%", "%%")
        lines = ["@echo off", f'{spelled} > "{OUTPUT}" 2>&1 <NUL', "exit /b %errorlevel%", ""]
        (cwd / BATCH).write_bytes("\r\n".join(lines).encode())
        return ["cmd", "/c", BATCH]


def _pass_on(cwd: Path, on_line: Callable[[str], None]) -> None:
    """Pass on the output that went to a file, and remove what only the harness needed."""
    output = cwd / OUTPUT
    if output.is_file():
        for line in output.read_text(encoding="utf-8", errors="replace").splitlines():
            on_line(line)
    for name in (OUTPUT, BATCH):
        (cwd / name).unlink(missing_ok=True)


@contextmanager
def programs_lane(announce: Callable[[str], None] = lambda _: None) -> Iterator[ProgramsLane]:
    """Wine, set up if need be, for the time in which this process alone runs programs in it.

    Raises what `harness.wine.prepare_lane` raises.
    """
    tools.require_linux()
    tools.wine()
    folder = cache_folder().absolute() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    in_use = FileLock(folder / IN_USE)
    try:
        in_use.acquire(timeout=0)
    except Timeout:
        announce("waiting for another process that runs programs under Wine")
        in_use.acquire()
    try:  # the server is not another process's now: it may be replaced
        with FileLock(folder / LOCK):
            python = windows_python(folder, announce)
            server = programs_server(folder, announce)
            version, has_copy_file_2 = asked(python, server, folder)
            amended = None if has_copy_file_2 else without_copy_file_2(folder)
        yield ProgramsLane(server, python, version, amended)
    finally:
        in_use.release()
