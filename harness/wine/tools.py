"""The programs of this machine that the Wine lane needs, and what to install where one is missing."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from harness.errors import NotSupportedError

INSTALL: Final = (
    "On Debian and Ubuntu: `apt-get install wine wine64 maven gcc libc6-dev` installs all it needs."
)

ONLY_LINUX: Final = "This side of the Wine lane is Linux"
"""For what is never reached on Windows; the type checker is told so by a test of the platform."""


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
    """Give the command that runs Windows programs."""
    return _require("Wine", "wine", "wine64")


def wine_server() -> str:
    """Give the command of Wine's server; some packages keep it off the PATH, beside ``wine`` itself."""
    beside = Path(os.path.realpath(wine())).parent / "wineserver"
    found = shutil.which("wineserver") or shutil.which(beside)
    return found or _require("Wine's server", "wineserver")


def wine_version() -> str:
    """Ask Wine for its version, such as ``wine-8.0 (Debian 8.0~repack-4)``."""
    asked = subprocess.run(  # noqa: S603
        [wine(), "--version"], check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    return asked.stdout.strip()


def maven() -> str:
    """Give the command of Maven, which brings the Windows Python from the user's own mirror."""
    command = _require("Maven", "mvn")
    if not os.environ.get("JAVA_HOME"):
        _require("Java", "java")
    return command


def compiler() -> str:
    """Give the command of a C compiler."""
    return _require("a C compiler", "gcc", "cc")


def _require(what: str, *commands: str) -> str:
    for command in commands:
        if found := shutil.which(command):
            return found
    raise NotSupportedError(
        f"The Wine lane needs {what}, and there is no `{commands[0]}` on the PATH", hint=INSTALL
    )
