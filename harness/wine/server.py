"""Wine's server, one for each prefix: it holds every handle and decides which rename fails.

With rules beyond Wine's own the server, and only it, loads the project's preload libraries. The server
of a prefix stays for a minute after its last program; a program that finds none starts one by itself,
and that one would follow Wine's own rules only. So the server is started here first, it is recognised
by the libraries that it has mapped, and `Server.pid` lets a caller prove that it stayed the same.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from filelock import FileLock
from tenacity import retry, retry_if_exception_type, stop_after_attempt

from harness.errors import HarnessError
from harness.wine import tools
from harness.wine.linux_processes import (
    POLL_S,
    end_all,
    leads_session,
    processes_with,
    read,
    send,
)

LINGER_S: Final = 60
"""The time that a server without programs stays; longer than any pause between two runs of a session."""
BOOT_TIMEOUT_S: Final = 180
"""Wine boots in 1 s and makes a prefix in 5 s here; a busy CI machine may take far longer."""
STARTS: Final = 3
"""On a busy machine (load 13 on two cores) ``wineboot --init`` was seen to end with 1, for no reason of
the prefix."""
END_TIMEOUT_S: Final = 10
"""The time that a server may take to write its registry when it is ended."""
LEFT_OUT: Final = frozenset(
    {"LD_PRELOAD", "DISPLAY", "WAYLAND_DISPLAY", "WINELOADER", "WINESERVER", "TMPDIR"}
)
"""Variables of the user that would change which Wine runs, or make it open windows. ``TMPDIR`` has the
server's socket: a program that is told another one would start a server by itself, without our rules."""


@dataclass(frozen=True, slots=True)
class Server:
    """The server of one prefix."""

    prefix: Path
    preload: tuple[Path, ...] = ()
    """The libraries that it loads, the one that is asked first in front; none for stock."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Variables of its environment for these libraries, which no program gets."""

    def environment(self) -> dict[str, str]:
        """The environment of every program of this prefix, server included."""
        kept = {key: value for key, value in os.environ.items() if key not in LEFT_OUT}
        return {
            **kept,
            "WINEPREFIX": str(self.prefix),
            "WINEDEBUG": "-all",
            "WINEARCH": "win64",
            # no downloads of .NET and of a browser engine, no entries in the user's desktop menus, no
            # debugger, whose report of a program that crashed fills two screens
            "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe,winedbg.exe=d",
        }

    def ensure(self) -> int:
        """Start the server and Wine's services unless they run; return the server's process id.

        A server of this prefix with other rules is ended, with its programs. Raises `HarnessError` if
        the server does not start, `NotSupportedError` without Wine.
        """
        with FileLock(self.prefix.parent / "server.lock"):
            pid = self.pid()
            booted = self.prefix.parent / "booted-by"
            if pid is not None and booted.is_file() and booted.read_text() == str(pid):
                return pid
            pid = self._started()
            booted.write_text(str(pid))
        return pid

    def end(self) -> None:
        """End the server of this prefix, if there is one, and all its programs.

        The server gets the signal that ``wineserver -k`` sends, and then ends its programs. That command
        itself would not find the server of a folder that was removed and made again, and programs that
        were just starting outlive their server.
        """
        deadline = time.monotonic() + END_TIMEOUT_S
        while (servers := self._servers()) and time.monotonic() < deadline:
            send(signal.SIGINT, servers)
            time.sleep(POLL_S)
        end_all(self._programs)

    def pid(self) -> int | None:
        """The process id of the running server; ``None`` if none runs with the right rules."""
        for process in self._servers():
            mapped = read(process / "maps")
            if all(str(library) in mapped for library in self.preload):
                return int(process.name)
        return None

    def call(self, *arguments: str) -> None:
        """Run one of Wine's own programs to its end. Raises `HarnessError` if it fails."""
        self._call([tools.wine(), *arguments], self.environment())

    @retry(stop=stop_after_attempt(STARTS), retry=retry_if_exception_type(HarnessError), reraise=True)
    def _started(self) -> int:
        """Start the server anew; return its process id. Raises as `ensure`."""
        self.end()
        self._start()
        pid = self.pid()
        if pid is None:
            raise HarnessError(
                f"Wine's server for {self.prefix} did not start with the given rules",
                hint=f"End it with `WINEPREFIX={self.prefix} wineserver -k`, and try again.",
            )
        return pid

    def _start(self) -> None:
        environment = self.environment()
        environment |= self.settings
        if self.preload:
            environment["LD_PRELOAD"] = ":".join(map(str, self.preload))
        self._call([tools.wine_server(), f"-p{LINGER_S}"], environment)
        # Services keep the streams of the program that starts them: this one has none.
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
                f"`{' '.join(command)}` failed in the prefix {self.prefix}: {error}",
                hint=f"Remove {self.prefix.parent}, and try again.",
            ) from error

    def _servers(self) -> list[Path]:
        """The processes that serve this prefix: a server leads a session, a mere caller does not."""
        return [
            process
            for process in self._programs()
            if read(process / "comm").startswith("wineserver") and leads_session(process)
        ]

    def _programs(self) -> list[Path]:
        """Wine's processes for this prefix, the server among them."""
        found = processes_with(f"WINEPREFIX={self.prefix}")
        return [process for process in found if _executable(process).startswith("wine")]


def _executable(process: Path) -> str:
    try:
        return os.path.basename(os.readlink(process / "exe"))
    except OSError:
        return ""
