"""Make a Wine prefix for each set of rules: the Windows that programs of a lane run on.

Each set has its own prefix because a server serves one prefix: a running server of the prefix ``ntfs``
has the rules of NTFS.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.errors import HarnessError
from harness.wine import tools
from harness.wine.missing_dll import supply_missing_dll
from harness.wine.packages import PACKAGE, checkout
from harness.wine.server import Server
from harness.wine.set_up_step import folder_made, is_made

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


def prefix_server(folder: Path, rules: Rules, announce: Callable[[str], None]) -> Server:
    """The running server of the prefix for `rules`, made below `folder` if need be.

    Raises `NotSupportedError` without Wine or, for the rules ``ntfs``, without a C compiler.
    """
    version = tools.wine_version()
    server = Server(folder / rules / "prefix", rules_library(folder) if rules == "ntfs" else None)
    made_from = f"{version}\n{WINDOWS}\nwithout {REGISTERED}"

    def make(_: Path) -> None:
        announce(f"making a prefix with {version}")
        server.prefix.mkdir()
        server.ensure()
        server.call("winecfg", "-v", WINDOWS)
        for key, value in REGISTERED:
            server.call("reg", "delete", key, "/v", value, "/f")
        supply_missing_dll(server.prefix)

    if not is_made(folder / rules, made_from):
        server.end()  # it would write into the folder that is removed now
    folder_made(folder / rules, made_from, make)
    server.ensure()
    return server


def rules_library(folder: Path) -> Path:
    """The library of ``wine/ntfs_rules.c``, compiled below `folder` if need be.

    Its path says what it was made from, so a server that has mapped it has exactly these rules.
    """
    root = checkout()
    source = root / "wine" / "ntfs_rules.c" if root else PACKAGE / "_wine" / "ntfs_rules.c"
    text = source.read_text(encoding="utf-8")
    key = hashlib.sha256(text.encode()).hexdigest()

    def compile_it(target: Path) -> None:
        options = ("-O2", "-Wall", "-Wextra", "-shared", "-fPIC")
        library = target / "ntfs_rules.so"
        compiled = tools.run([tools.compiler(), *options, "-o", library, source, "-ldl"])
        if compiled.returncode:
            reason = tools.reason(compiled.stderr, "error")
            raise HarnessError(
                f"The C compiler could not compile {source}: {reason}", hint=tools.INSTALL
            )

    return folder_made(folder / f"ntfs-rules-{key[:12]}", key, compile_it) / "ntfs_rules.so"
