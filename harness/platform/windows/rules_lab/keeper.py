"""A process that has something open which is not simply a handle: a loaded library, or its folder.

It obeys one order a line (``load PATH``, ``enter PATH``, ``leave``), and answers each with ``done`` or
with what went wrong. It ends when its input does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

from harness.isolated_python import isolated_python, python_environment
from harness.platform.windows.win32.jobs import CREATE_NO_WINDOW
from harness.platform.windows.win32.library import Handle, check, declare

DONE: Final = "done"
_DONT_RESOLVE_DLL_REFERENCES: Final = 0x1
_LoadLibraryExW = declare("HANDLE kernel32.LoadLibraryExW(STR, HANDLE, DWORD)")
_FreeLibrary = declare("BOOL kernel32.FreeLibrary(HANDLE)")


class Keeper:
    """The process, as its starter sees it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this Python
            isolated_python("-X", "utf8", "-m", __name__),
            env=python_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            creationflags=CREATE_NO_WINDOW,
        )

    def load(self, path: str) -> None:
        """Load a library and keep it. Raises `OSError`."""
        self._order(f"load {path}")

    def enter(self, path: str) -> None:
        """Make a folder the current one. Raises `OSError`."""
        self._order(f"enter {path}")

    def leave(self) -> None:
        """Let go of everything. Raises `OSError`."""
        self._order("leave")

    def close(self) -> None:
        """End the process."""
        self._process.communicate("")

    def _order(self, line: str) -> None:
        if self._process.stdin is None or self._process.stdout is None:
            return
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        if answer != DONE:
            raise OSError(0, answer or "the process that was to hold something has ended")


def main() -> None:
    """Obey orders until the input ends."""
    home = os.getcwd()
    loaded: list[Handle] = []
    for line in sys.stdin:
        order, _, path = line.rstrip("\n").partition(" ")
        try:
            if order == "load":
                # a final dot keeps LoadLibraryExW from adding .dll to the name
                loaded.append(check(_LoadLibraryExW(f"{path}.", None, _DONT_RESOLVE_DLL_REFERENCES)))
            elif order == "enter":
                os.chdir(path)
            else:
                os.chdir(home)
                while loaded:
                    check(_FreeLibrary(loaded.pop()))
            answer = DONE
        except OSError as error:
            answer = str(error.strerror)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
