"""Compile the project's preload libraries: the rules of NTFS for Wine's server, and denials.

A library's path says what it was made from, so a process that has mapped it has exactly these rules.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from harness.errors import HarnessError, NotSupportedError
from harness.set_up_step import folder_made

NTFS_RULES: Final = "ntfs_rules"
DENIALS: Final = "denials"
FOLDER: Final = "wine"
"""The folder of the cache for what is compiled and for the Wine lane."""
LOCK: Final = "lock"
"""In that folder: the lock of whoever adds to it."""
INSTALL: Final = "On Debian and Ubuntu: `apt-get install gcc libc6-dev` installs one."
_PACKAGE: Final = Path(__file__).parents[1]
_INCLUDED: Final = re.compile(r'^#include "(\w+\.h)"$', re.MULTILINE)
_OPTIONS: Final = ("-O2", "-Wall", "-Wextra", "-shared", "-fPIC")


def sources() -> Path:
    """Return the folder of the libraries' sources."""
    installed = _PACKAGE / "_wine"
    return installed if installed.is_dir() else _PACKAGE.parent / "wine"


def compiler() -> str:
    """Return the command of a C compiler. Raises `NotSupportedError` if there is none."""
    for command in ("gcc", "cc"):
        if found := shutil.which(command):
            return found
    raise NotSupportedError("This needs a C compiler, and there is no `gcc` on the PATH", hint=INSTALL)


def preload_library(folder: Path, name: str) -> Path:
    """Return the library of ``wine/NAME.c``, compiled below `folder` if need be.

    Raises `NotSupportedError` without a C compiler. Hold a lock: one process at a time may do this.
    """
    source = sources() / f"{name}.c"
    text = source.read_text(encoding="utf-8")
    headers = [(source.parent / each).read_text(encoding="utf-8") for each in _INCLUDED.findall(text)]
    key = hashlib.sha256("".join([text, *headers]).encode()).hexdigest()

    def compile_it(target: Path) -> None:
        library = target / f"{name}.so"
        compiled = subprocess.run(  # noqa: S603
            [compiler(), *_OPTIONS, "-o", library, source, "-ldl", "-lpthread"],
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        if compiled.returncode:
            lines = compiled.stderr.splitlines()
            reason = next((line for line in lines if "error" in line), "no reason given")
            raise HarnessError(f"The C compiler could not compile {source}: {reason}", hint=INSTALL)

    return folder_made(folder / f"{name.replace('_', '-')}-{key[:12]}", key, compile_it) / f"{name}.so"
