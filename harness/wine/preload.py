"""Compile the project's preload libraries: the rules of NTFS for Wine's server, and denials.

A library's path says what it was made from, so a process that has mapped it has exactly these rules.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

from harness.errors import HarnessError
from harness.wine import tools
from harness.wine.packages import PACKAGE, checkout
from harness.wine.set_up_step import folder_made

NTFS_RULES: Final = "ntfs_rules"
DENIALS: Final = "denials"
INCLUDED: Final = re.compile(r'^#include "(\w+\.h)"$', re.MULTILINE)
OPTIONS: Final = ("-O2", "-Wall", "-Wextra", "-shared", "-fPIC")


def sources() -> Path:
    """The folder of the libraries' sources."""
    root = checkout()
    return root / "wine" if root else PACKAGE / "_wine"


def preload_library(folder: Path, name: str) -> Path:
    """The library of ``wine/NAME.c``, compiled below `folder` if need be.

    Raises `NotSupportedError` without a C compiler. Hold a lock: one process at a time may do this.
    """
    source = sources() / f"{name}.c"
    text = source.read_text(encoding="utf-8")
    headers = [(source.parent / each).read_text(encoding="utf-8") for each in INCLUDED.findall(text)]
    key = hashlib.sha256("".join([text, *headers]).encode()).hexdigest()

    def compile_it(target: Path) -> None:
        library = target / f"{name}.so"
        compiled = tools.run([tools.compiler(), *OPTIONS, "-o", library, source, "-ldl", "-lpthread"])
        if compiled.returncode:
            reason = tools.reason(compiled.stderr, "error")
            raise HarnessError(
                f"The C compiler could not compile {source}: {reason}", hint=tools.INSTALL
            )

    return folder_made(folder / f"{name.replace('_', '-')}-{key[:12]}", key, compile_it) / f"{name}.so"
