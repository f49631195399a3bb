"""Make a Wine prefix for each set of rules: the Windows that programs of a lane run on.

Each set has its own prefix because a server serves one prefix: a running server of the prefix ``ntfs``
has the rules of NTFS. Programs from outside have a prefix of their own, whose server denies calls, too.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.preload.preload_library import DENIALS, NTFS_RULES, preload_library
from harness.set_up_step import folder_made, is_made
from harness.wine import tools
from harness.wine.missing_dll import supply_missing_dll
from harness.wine.server import Server

if TYPE_CHECKING:
    from harness.platform.base import Rules

WINDOWS: Final = "win10"
"""Wine 8 says Windows 7 by itself, which no current Python supports."""

REGISTERED: Final = tuple(
    (key, value)
    for key in (
        r"HKCU\Environment",
        r"HKLM\System\CurrentControlSet\Control\Session Manager\Environment",
    )
    for value in ("TEMP", "TMP")
)
"""The temporary folders in Wine's registry: removed, since they win over the environment."""


PROGRAMS: Final = "programs"
"""The prefix of programs from outside."""
DENIED: Final = "denied"
DENIAL_LOG: Final = "denials.log"


def prefix_server(folder: Path, rules: Rules, announce: Callable[[str], None]) -> Server:
    """The running server of the prefix for `rules`, made below `folder` if need be.

    Raises `NotSupportedError` without Wine or, for the rules ``ntfs``, without a C compiler.
    """
    preload = (preload_library(folder, NTFS_RULES),) if rules == "ntfs" else ()
    return _running(Server(folder / rules / "prefix", preload), announce)


def programs_server(folder: Path, announce: Callable[[str], None]) -> Server:
    """The running server for programs from outside: with the rules of NTFS, and with denials.

    Beside its prefix are `DENIED`, the rules that ``wine/denials.c`` reads, and `DENIAL_LOG`. Raises
    `NotSupportedError` without Wine or a C compiler.
    """
    home = folder / PROGRAMS
    preload = (preload_library(folder, DENIALS), preload_library(folder, NTFS_RULES))
    settings = {
        "HARNESS_DENIALS": str(home / DENIED),
        "HARNESS_DENIALS_LOG": str(home / DENIAL_LOG),
    }
    server = _running(Server(home / "prefix", preload, settings), announce)
    _keep_from_home(server.prefix)
    return server


def _keep_from_home(prefix: Path) -> None:
    """Make folders of Wine's links into the user's home, such as ``Documents``."""
    for place in (prefix / "drive_c" / "users").glob("*/*"):
        if place.is_symlink():
            place.unlink()
            place.mkdir()


def _running(server: Server, announce: Callable[[str], None]) -> Server:
    """The server, running, its prefix made if need be."""
    version = tools.wine_version()
    home = server.prefix.parent
    made_from = f"{version}\n{WINDOWS}\nwithout {REGISTERED}"

    def make(_: Path) -> None:
        announce(f"making a prefix with {version}")
        server.prefix.mkdir()
        server.ensure()
        server.call("winecfg", "-v", WINDOWS)
        for key, value in REGISTERED:
            server.call("reg", "delete", key, "/v", value, "/f")
        supply_missing_dll(server.prefix)

    if not is_made(home, made_from):
        server.end()  # it would write into the folder that is removed now
    folder_made(home, made_from, make)
    server.ensure()
    return server
