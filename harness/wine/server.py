"""Wine's server, one for each prefix: it holds every handle and decides which rename is refused.

With the rules ``ntfs`` the server, and only it, loads the project's preload library. The server of a
prefix stays for a minute after its last program; a program that finds none starts one by itself, and
that one would know Wine's own rules only. So the server is started here beforehand, it is recognised by
the library it has mapped, and `Server.pid` lets a caller prove that it was the same throughout.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from filelock import FileLock

from harness.errors import HarnessError, NotSupportedError
from harness.wine import tools

Rules: TypeAlias = Literal["ntfs", "stock"]
"""Whose rules decide about a rename: those of NTFS as far as the preload goes, or Wine's own."""

LINGER_S: Final = 60
"""How long a server without programs stays; longer than any pause between two runs of a session."""
BOOT_TIMEOUT_S: Final = 180
"""Wine boots in 1 s and makes a prefix in 5 s here; a busy CI machine may take far longer."""
END_TIMEOUT_S: Final = 10
"""How long a server may take to write its registry when it is ended."""
POLL_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Server:
    """The server of one prefix. `preload` is the library of the rules ``ntfs``, None for Wine's own."""

    prefix: Path
    preload: Path | None

    def environment(self) -> dict[str, str]:
        """What every program of this prefix has in its environment, server included."""
        kept = {key: value for key, value in os.environ.items() if key not in LEFT_OUT}
        return {
            **kept,
            "WINEPREFIX": str(self.prefix),
            "WINEDEBUG": "-all",
            "WINEARCH": "win64",
            # no downloads of .NET and of a browser engine, no entries in the user's desktop menus
            "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d",
        }

    def ensure(self) -> int:
        """Start the server and Wine's services, unless they run already; give the server's process id.

        A server of this prefix with other rules is ended, with its programs. Raises `HarnessError` if
        the server does not start, `NotSupportedError` without Wine.
        """
        with FileLock(self.prefix.parent / "server.lock"):
            pid = self.pid()
            booted = self.prefix.parent / "booted-by"
            if pid is not None and booted.is_file() and booted.read_text() == str(pid):
                return pid
            self.end()
            self._start()
            pid = self.pid()
            booted.write_text(str(pid))
        if pid is None:
            raise HarnessError(
                f"Wine's server for {self.prefix} did not start with the rules it was given",
                hint=f"End what uses it with `WINEPREFIX={self.prefix} wineserver -k`, and try again.",
            )
        return pid

    def end(self) -> None:
        """End the server of this prefix, if there is one, and all its programs.

        The server is sent what ``wineserver -k`` sends, and then ends its programs. That command itself
        would not find the server of a folder that was removed and made again, and programs that were
        just starting outlive their server.
        """
        if sys.platform == "win32":
            raise NotSupportedError(tools.ONLY_LINUX)
        deadline = time.monotonic() + END_TIMEOUT_S
        while (servers := self._servers()) and time.monotonic() < deadline:
            _signal(servers, signal.SIGINT)
            time.sleep(POLL_S)
        while programs := self._programs():
            _signal(programs, signal.SIGKILL)
            time.sleep(POLL_S)

    def pid(self) -> int | None:
        """The process id of the running server, or None if none runs with the right rules."""
        for process in self._servers():
            if self.preload is None or str(self.preload) in _read(process / "maps"):
                return int(process.name)
        return None

    def call(self, *arguments: str) -> None:
        """Run one of Wine's own programs to its end. Raises `HarnessError` if it fails."""
        self._call([tools.wine(), *arguments], self.environment())

    def _start(self) -> None:
        environment = self.environment()
        if self.preload is not None:
            environment["LD_PRELOAD"] = str(self.preload)
        self._call([tools.wine_server(), f"-p{LINGER_S}"], environment)
        # Services keep the streams of the program that starts them: let that be one without any.
        self.call("wineboot", "--init")

    def _call(self, command: list[str], environment: dict[str, str]) -> None:
        try:
            subprocess.run(  # noqa: S603
                command,
                check=True,
                env=environment,
                cwd=self.prefix,
                timeout=BOOT_TIMEOUT_S,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # a Ctrl-C ends the set-up, not services that others use
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise HarnessError(
                f"`{' '.join(command)}` went wrong in the prefix {self.prefix}: {error}",
                hint=f"Remove {self.prefix.parent} to have it made anew.",
            ) from error

    def _servers(self) -> list[Path]:
        """The processes that serve this prefix: a server leads a session, a mere caller does not."""
        return [
            process
            for process in self._programs()
            if _read(process / "comm").startswith("wineserver") and _leads_session(process)
        ]

    def _programs(self) -> list[Path]:
        """Wine's processes for this prefix, the server among them."""
        wanted = f"WINEPREFIX={self.prefix}"
        return [
            process
            for process in Path("/proc").iterdir()
            if process.name.isdigit()
            and _executable(process).startswith("wine")
            and wanted in _read(process / "environ").split("\0")
        ]


LEFT_OUT: Final = frozenset({"LD_PRELOAD", "DISPLAY", "WAYLAND_DISPLAY", "WINELOADER", "WINESERVER"})
"""Variables of the user that would change which Wine runs, or make it open windows."""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:  # the process has ended, or belongs to someone else
        return ""


def _executable(process: Path) -> str:
    try:
        return os.path.basename(os.readlink(process / "exe"))
    except OSError:
        return ""


def _signal(processes: list[Path], kind: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(int(process.name), kind)


def _leads_session(process: Path) -> bool:
    if sys.platform == "win32":
        raise NotSupportedError(tools.ONLY_LINUX)
    pid = int(process.name)
    try:
        return os.getsid(pid) == pid
    except OSError:
        return False
