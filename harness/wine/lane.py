"""A lane that is set up: a Windows Python under a set of rules."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.errors import HarnessError
from harness.payload.cache import cache_folder
from harness.wine import tools
from harness.wine.child import run_child
from harness.wine.windows_path import windows_path

if TYPE_CHECKING:
    from harness.platform.base import Rules
    from harness.wine.server import Server

OF_THIS_SIDE: Final = ("PYTHON", "VIRTUAL_ENV", "CONDA", "PYTEST", "COVERAGE", "TMPDIR")
"""The first letters of variables that are for a Python on Linux, or contain its paths."""
OF_BOTH_SIDES: Final = frozenset({"HOME", "PATH", "TEMP", "TMP"})
"""Wine keeps these to itself; of ``WINETEMP`` and so on it makes those of the Windows side (Wine,
dlls/ntdll/unix/env.c, is_special_env_var)."""
OF_WINE: Final = re.compile(
    r"wine: (Read access denied for device|configuration in .* has been updated)"
)
"""Lines that Wine writes whatever ``WINEDEBUG`` says, and that concern nobody here: that a user may not
read the disk of drive Z:, the root folder (dlls/mountmgr.sys), and that a prefix is up to date."""
TEMPORARY: Final = r"C:\windows\temp"
"""It exists in every prefix and contains no name of a user."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A Windows Python under Wine; `harness.wine.prepare_lane` makes one."""

    rules: Rules
    python: Path
    """The ``python.exe``, as a Linux path."""
    version: str
    """Its version, such as ``3.13.5``."""
    server: Server
    import_paths: tuple[Path, ...]
    """Folders that the Windows Python imports from: its packages, and the harness itself."""
    folder: Path
    """The folder of this user's lanes."""

    def run(
        self,
        arguments: Sequence[str],
        *,
        cwd: str | os.PathLike[str] | None = None,
        environment: Mapping[str, str] | None = None,
        on_line: Callable[[str], None] | None = None,
        on_error_line: Callable[[str], None] | None = None,
    ) -> int:
        """Run the Windows Python with `arguments`; return its exit code, the last 8 bits of it.

        `cwd` is a Linux path, this process's folder by default. `environment` is added to the usual
        environment of the Windows side, and wins; paths in it are Windows ones, and ``PATH`` comes
        before Wine's own. Each line of standard output goes to `on_line`, each of standard error to
        `on_error_line`, when it is written and without its line end; by default they go to this
        process's own streams. Standard input is empty. What Wine itself says of its drives is left out.

        A Ctrl-C reaches the program as one, and `KeyboardInterrupt` is raised when it has ended; no
        process that it started remains, however it ends. Raises `HarnessError` if Wine's server ended
        meanwhile (then it is unknown which rules applied).
        """
        server = self.server.ensure()
        code = run_child(
            [tools.wine(), str(self.python), *arguments],
            cwd=os.getcwd() if cwd is None else cwd,
            environment={**self._environment(), **_for_windows(environment or {})},
            on_line=on_line or partial(print, flush=True),
            on_error_line=_without_wines_own(
                on_error_line or partial(print, file=sys.stderr, flush=True)
            ),
        )
        if self.server.pid() != server:
            raise HarnessError(
                f"Wine's server ended during the run, and with it the rules {self.rules!r}",
                hint="Something ended it, such as `wineserver -k`. Try again.",
            )
        return code

    def _environment(self) -> dict[str, str]:
        """The usual environment of the Windows side."""
        inherited = self.server.environment()
        kept = {key: value for key, value in inherited.items() if not key.startswith(OF_THIS_SIDE)}
        return {
            **kept,
            **_for_windows({"TEMP": TEMPORARY, "TMP": TEMPORARY}),
            "HARNESS_CACHE": windows_path(cache_folder()),  # one cache of archives for both sides
            "PYTHONPATH": ";".join(map(windows_path, self.import_paths)),
            "PYTHONPYCACHEPREFIX": windows_path(self.folder / "bytecode"),  # none in the checkout
            "PYTHONUTF8": "1",
            "PYTHONUNBUFFERED": "1",  # a line is there when it is printed, not when a buffer is full
        }


def _without_wines_own(pass_on: Callable[[str], None]) -> Callable[[str], None]:
    def on_line(line: str) -> None:
        if not OF_WINE.match(line):
            pass_on(line)

    return on_line


def _for_windows(environment: Mapping[str, str]) -> dict[str, str]:
    return {f"WINE{key}" if key in OF_BOTH_SIDES else key: value for key, value in environment.items()}
