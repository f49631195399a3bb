"""A lane that is set up: a Windows Python, a set of rules, and how to run the one under the other."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.errors import HarnessError
from harness.payload.cache import cache_folder
from harness.wine import tools
from harness.wine.child import run_child
from harness.wine.windows_path import windows_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.wine.server import Rules, Server

OF_THIS_SIDE: Final = ("PYTHON", "VIRTUAL_ENV", "CONDA", "PYTEST", "COVERAGE", "TMPDIR")
"""How the names of variables begin that speak to a Python, of paths on Linux or of what it runs."""
OF_BOTH_SIDES: Final = frozenset({"HOME", "PATH", "TEMP", "TMP"})
"""Wine keeps these to itself; of ``WINETEMP`` and so on it makes those of the Windows side (Wine,
dlls/ntdll/unix/env.c, is_special_env_var)."""
TEMPORARY: Final = r"C:\windows\temp"
"""There in every prefix, and no user's name in it."""


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
    """Where the lanes of this user are kept."""

    def windows_path(self, path: str | os.PathLike[str]) -> str:
        r"""Translate a Linux path (``/home/me`` is ``Z:\home\me``). Raises `InvalidInputError`."""
        return windows_path(path)

    def run(
        self,
        arguments: Sequence[str],
        *,
        cwd: str | os.PathLike[str] | None = None,
        environment: Mapping[str, str] | None = None,
        on_line: Callable[[str], None] | None = None,
        on_error_line: Callable[[str], None] | None = None,
    ) -> int:
        """Run the Windows Python with `arguments` and give its exit code, the last 8 bits of it.

        `cwd` is a Linux path, this process's folder by default. `environment` is added to what the
        Windows side is given anyway, and wins; paths in it are Windows ones, and ``PATH`` comes before
        Wine's own. Each line of standard output goes to `on_line`, each of standard error to
        `on_error_line`, when it is written and without its line end; by default they go to this
        process's own streams. Standard input is empty.

        A Ctrl-C reaches the program as one, and `KeyboardInterrupt` is raised when it has ended; no
        process that it started remains, however it ends. Raises `HarnessError` if Wine's server went
        away meanwhile (then nobody knows which rules applied).
        """
        server = self.server.ensure()
        code = run_child(
            [tools.wine(), str(self.python), *arguments],
            cwd=os.getcwd() if cwd is None else cwd,
            environment={**self._environment(), **_for_windows(environment or {})},
            on_line=on_line or _to_stdout,
            on_error_line=on_error_line or _to_stderr,
        )
        if self.server.pid() != server:
            raise HarnessError(
                f"Wine's server ended during the run, and with it the rules {self.rules!r}",
                hint="Something ended it, such as `wineserver -k`. Run it again.",
            )
        return code

    def _environment(self) -> dict[str, str]:
        """Give what the Windows side sees unless the caller says otherwise."""
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


def _for_windows(environment: Mapping[str, str]) -> dict[str, str]:
    return {f"WINE{key}" if key in OF_BOTH_SIDES else key: value for key, value in environment.items()}


def _to_stdout(line: str) -> None:
    print(line, flush=True)  # noqa: T201


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
