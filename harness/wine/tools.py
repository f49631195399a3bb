"""The programs of this machine that the Wine lane needs, and what to install if one is missing."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from harness.errors import NotSupportedError

INSTALL: Final = (
    "On Debian and Ubuntu: `apt-get install wine wine64 maven gcc libc6-dev` installs all of them."
)

MINGW: Final = "x86_64-w64-mingw32-gcc"
"""A C compiler and linker for Windows, as Debian and Ubuntu call it."""


def run(
    command: Sequence[str | Path],
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, without input, in this environment or another; its output is text."""
    return subprocess.run(  # noqa: S603
        command,
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
    )


def reason(output: str, word: str = "") -> str:
    """The first line of an output with `word` in it, for a message."""
    return next((line for line in output.splitlines() if word in line), "no reason given")


def require_linux() -> None:
    """Check that this machine can run 64-bit Windows programs under Wine.

    Raises `NotSupportedError` where it cannot.
    """
    system, machine = sys.platform, platform.machine()
    if system != "linux" or machine not in {"x86_64", "amd64"}:
        raise NotSupportedError(
            f"The Wine lane needs Linux on an x86-64 processor; this is {system} on {machine}",
            hint="On Windows, run the same command without the lane.",
        )


def wine() -> str:
    """The command that runs Windows programs."""
    return _require("Wine", "wine", "wine64")


def wine_server() -> str:
    """The command of Wine's server; some packages put it not on the PATH but beside ``wine``."""
    beside = Path(os.path.realpath(wine())).parent / "wineserver"
    found = shutil.which("wineserver") or shutil.which(beside)
    return found or _require("Wine's server", "wineserver")


def wine_version() -> str:
    """The version of Wine, such as ``wine-8.0 (Debian 8.0~repack-4)``."""
    return run([wine(), "--version"]).stdout.strip()


def maven() -> str:
    """The command of Maven, which fetches the Windows Python from the user's own mirror."""
    command = _require("Maven", "mvn")
    if not os.environ.get("JAVA_HOME"):
        _require("Java", "java")
    return command


def _require(what: str, *commands: str) -> str:
    for command in commands:
        if found := shutil.which(command):
            return found
    raise NotSupportedError(
        f"The Wine lane needs {what}, and there is no `{commands[0]}` on the PATH", hint=INSTALL
    )
