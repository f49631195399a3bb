"""Make the launcher that installers write for a console script on Windows, with distlib.

It is a real program: distlib's ``t64.exe`` (the simple launcher that pip installs too), then the
shebang line, then a zip with the script.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

INTERPRETER = r"C:\venv\Scripts\python.exe"
"""The interpreter in the shebang; the launcher is written and renamed, never started."""


def launcher(entry_point: str) -> bytes:
    """Make the 64-bit console launcher of an entry point such as ``httpx = httpx:main``."""
    from distlib.scripts import ScriptMaker  # noqa: PLC0415 - 100 ms, for launchers only

    with TemporaryDirectory(prefix="harness-launcher-") as folder:
        maker = ScriptMaker(None, folder, add_launchers=False)
        maker.executable = INTERPRETER
        maker.variants = {""}
        (path,) = maker.make(entry_point)
        shebang, _, script = Path(path).read_bytes().partition(b"\n")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        # a fixed date and system, so that the same entry point gives the same bytes
        member = zipfile.ZipInfo("__main__.py", (1980, 1, 1, 0, 0, 0))
        member.create_system = 0
        zipped.writestr(member, script)
    stub = files("distlib").joinpath("t64.exe").read_bytes()
    return stub + shebang + b"\r\n" + archive.getvalue()


def for_another_interpreter(content: bytes, token: str) -> bytes:
    """The launcher for an interpreter of another place, made from `token`.

    So real launchers differ from each other: in the line between the program and the zip.
    """
    name = hashlib.blake2b(token.encode(errors="surrogatepass"), digest_size=8).hexdigest()
    there = INTERPRETER.replace("venv", f"venv-{name}")
    return content.replace(INTERPRETER.encode(), there.encode(), 1)
