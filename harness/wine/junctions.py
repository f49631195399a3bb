"""Compile what lets programs make junctions under a Wine that has none (``wine/junctions.c``)."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import sys
from pathlib import Path
from typing import Final

from filelock import FileLock

from harness.errors import HarnessError, NotSupportedError
from harness.payload.cache import cache_folder
from harness.preload.preload_library import FOLDER, LOCK, sources
from harness.set_up_step import folder_made
from harness.wine import tools

LIBRARY: Final = "junctions"
STARTER: Final = "with_junctions"
ZIG_OPTIONS: Final = ("cc", "-target", "x86_64-windows-gnu")
OPTIONS: Final = ("-O2", "-Wall", "-Wextra")
INSTALL: Final = (
    "On Debian and Ubuntu: `apt-get install gcc-mingw-w64-x86-64`; or `pip install ziglang`, which "
    "takes minutes at first."
)


def compiler() -> list[str]:
    """Return the command of a C compiler for Windows. Raises `NotSupportedError` if there is none."""
    if mingw := shutil.which(tools.MINGW):
        return [mingw]
    if zig := shutil.which("zig"):
        return [zig, *ZIG_OPTIONS]
    if importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", *ZIG_OPTIONS]
    raise NotSupportedError(
        f"junctions take a C compiler for Windows, and there is no `{tools.MINGW}` on the PATH",
        hint=INSTALL,
    )


def with_junctions() -> Path:
    """Return the program that starts another one with junctions, compiled into the cache if need be.

    Raises `NotSupportedError` without a C compiler for Windows.
    """
    folder = cache_folder().absolute() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    texts = [(sources() / f"{name}.c").read_text(encoding="utf-8") for name in (LIBRARY, STARTER)]
    key = hashlib.sha256("".join(texts).encode()).hexdigest()
    with FileLock(folder / LOCK):
        made = folder_made(folder / f"{LIBRARY}-{key[:12]}", key, _compile)
    return made / f"{STARTER}.exe"


def _compile(target: Path) -> None:
    command = [*compiler(), *OPTIONS]
    for name, options in ((f"{LIBRARY}.dll", ("-shared",)), (f"{STARTER}.exe", ())):
        source = (sources() / name).with_suffix(".c")
        done = tools.run([*command, *options, "-o", target / name, source])
        if done.returncode:
            reason = tools.reason(done.stderr, "error")
            raise HarnessError(f"{command[0]} could not compile {source}: {reason}", hint=INSTALL)
