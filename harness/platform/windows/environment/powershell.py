"""Run a script in the PowerShell that is part of Windows, and give up on one that hangs.

A timeout of `subprocess.run` is none on Windows: it ends the one process, and then waits for the end of
its output, which a program that PowerShell has started may keep open for as long as it likes. Here all
that was started ends with it, and nothing waits for the end of a pipe.
"""

from __future__ import annotations

import os
import subprocess
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any, Final, cast

from harness.platform.windows.win32 import file_handles, jobs

TIMEOUT_S: Final = 60.0
"""PowerShell needs a second or more to start."""
_END_S: Final = 5.0
"""What processes have to end that were told to, and the rest of their output to arrive."""
_OPTIONS: Final = ("-NoLogo", "-NoProfile", "-NonInteractive", "-Command")


def windows_powershell() -> Path:
    """The PowerShell that is part of Windows, whatever ``PATH`` says."""
    system = Path(os.environ.get("SystemRoot", r"C:\Windows"), "System32")  # noqa: SIM112 - its real name
    return system / "WindowsPowerShell" / "v1.0" / "powershell.exe"


def output_of(program: Path, script: str, timeout_s: float = TIMEOUT_S) -> str:
    """What `script` writes to its standard output in the PowerShell `program`.

    It has no input, no window and no profile. Raises `subprocess.TimeoutExpired` if it does not end in
    time, `OSError` if it cannot be started.
    """
    with ExitStack() as ends:
        job = jobs.create_job()
        ends.callback(file_handles.close, job)  # which ends what PowerShell has started
        process = subprocess.Popen(  # noqa: S603 - a program of Windows, or of the caller's choice
            [str(program), *_OPTIONS, script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=jobs.CREATE_NO_WINDOW,
        )
        ends.callback(process.kill)
        with suppress(OSError):  # it has ended already
            jobs.add_to_job(job, int(cast("Any", process)._handle))  # noqa: SLF001
        output = _Output(process)
        try:
            process.wait(timeout_s)
        finally:
            ends.close()
            process.wait(_END_S)
            output.end()
    return output.text


class _Output:
    """What a process writes, read as it comes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._pipe = cast("IO[bytes]", process.stdout)
        self._chunks: list[bytes] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with suppress(OSError):
            while chunk := os.read(self._pipe.fileno(), 1 << 16):
                self._chunks.append(chunk)

    def end(self) -> None:
        """Wait for the rest, if nothing else has the pipe open."""
        self._reader.join(_END_S)
        if not self._reader.is_alive():
            self._pipe.close()

    @property
    def text(self) -> str:
        """What was read so far."""
        return b"".join(self._chunks).decode("utf-8", "replace")
