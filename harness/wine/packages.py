"""Install what the harness needs on the Windows side, as wheels from the user's own package index.

pip fetches wheels for another system, but it still asks the *running* system about environment markers:
``colorama; sys_platform == "win32"`` is left out. So after each round the metadata of the installed
packages is read with the markers of Windows, and what is missing is fetched too, until nothing is.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import distributions, requires, version
from pathlib import Path
from typing import Any, Final

from distlib.markers import interpret

from harness.errors import HarnessError, NotSupportedError, PayloadUnavailableError
from harness.isolated_python import isolated_python
from harness.set_up_step import folder_made
from harness.wine import tools

DISTRIBUTION: Final = "persist-harness"
PACKAGE: Final = Path(__file__).resolve().parent.parent
NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
KEY_LENGTH: Final = 12
ROUNDS: Final = 10
"""The longest chain of packages that only Windows needs, each for the one before; usual is one."""


def checkout() -> Path | None:
    """The folder of the checkout that this code runs from, or ``None`` if the harness is installed."""
    root = PACKAGE.parent
    return root if (root / "pyproject.toml").is_file() else None


def requirements(*, tests: bool) -> list[str]:
    """The requirements of the harness and, if asked, of its tests of the Windows code.

    Raises `NotSupportedError` if tests are asked for and there is no checkout.
    """
    root = checkout()
    if root is None:
        if tests:
            raise NotSupportedError(
                "An installed harness has no tests", hint="Run this in a checkout of the project."
            )
        return [text for text in requires(DISTRIBUTION) or [] if "extra ==" not in text]
    project = _pyproject(root)
    group = _group(project["dependency-groups"], "under-wine") if tests else ()
    return [*project["project"]["dependencies"], *group]


def packages(
    folder: Path, python: Path, python_version: str, wanted: list[str], announce: Callable[[str], None]
) -> Path:
    """A folder with the packages `wanted` for the Windows Python, below `folder`.

    Raises `PayloadUnavailableError` if the package index cannot deliver them.
    """
    made_from = "\n".join([python_version, *wanted])
    key = hashlib.sha256(made_from.encode()).hexdigest()[:KEY_LENGTH]

    def install(target: Path) -> None:
        announce("fetching its packages with pip")
        context = _windows(python_version)
        missing = _applicable(wanted, context)
        for _ in range(ROUNDS):
            if not missing:
                return
            _pip_install(python, python_version, missing, target)
            missing = _missing(target, context)
        raise HarnessError(f"No Windows build of these packages was found: {', '.join(missing)}")

    return folder_made(folder / f"packages-{key}", made_from, install)


def harness_itself(folder: Path) -> tuple[Path, ...]:
    """The folders from which the Windows Python imports this very harness, with its metadata.

    In a checkout that is the checkout. Installed, it is a link to the package alone: what lies beside
    it belongs to Linux.
    """
    root = checkout()
    release = _pyproject(root)["project"]["version"] if root else version(DISTRIBUTION)

    def describe(target: Path) -> None:
        metadata = target / f"{DISTRIBUTION.replace('-', '_')}-{release}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {DISTRIBUTION}\nVersion: {release}\n", encoding="utf-8"
        )
        if root is None:
            (target / PACKAGE.name).symlink_to(PACKAGE)

    key = hashlib.sha256(os.fsencode(PACKAGE)).hexdigest()[:KEY_LENGTH]
    described = folder_made(folder / f"source-{key}", f"{PACKAGE}\n{release}", describe)
    return (described, root) if root else (described,)


def _pyproject(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def _group(groups: dict[str, list[str | dict[str, str]]], name: str) -> Iterator[str]:
    """The requirements of a dependency group (PEP 735), with those of the groups it includes."""
    for entry in groups[name]:
        if isinstance(entry, str):
            yield entry
        else:
            yield from _group(groups, entry["include-group"])


def _windows(python_version: str) -> dict[str, str]:
    """The environment markers (PEP 508) of CPython on 64-bit Windows."""
    return {
        "extra": "",
        "implementation_name": "cpython",
        "implementation_version": python_version,
        "os_name": "nt",
        "platform_machine": "AMD64",
        "platform_python_implementation": "CPython",
        "platform_release": "10",
        "platform_system": "Windows",
        "platform_version": "10.0.19043",
        "python_full_version": python_version,
        "python_version": ".".join(python_version.split(".")[:2]),
        "sys_platform": "win32",
    }


def _applicable(texts: Iterable[str], context: dict[str, str]) -> list[str]:
    """The requirements that hold in `context`, without their markers, which pip would judge again."""
    parts = [text.partition(";") for text in texts]
    return [
        requirement.strip()
        for requirement, _, marker in parts
        if not marker or interpret(marker.strip(), context)
    ]


def _missing(target: Path, context: dict[str, str]) -> list[str]:
    """The requirements of the packages in `target` that hold in `context` and are not there."""
    installed = list(distributions(path=[str(target)]))
    there = {_normal(distribution.name) for distribution in installed}
    required = {text for distribution in installed for text in distribution.requires or []}
    return sorted(
        requirement
        for requirement in _applicable(required, context)
        if _normal(NAME.match(requirement)[0]) not in there  # type: ignore[index]  # names come first
    )


def _normal(name: str) -> str:
    """The name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _pip_install(python: Path, python_version: str, wanted: list[str], target: Path) -> None:
    installed = target / "constraints.txt"  # a later round changes nothing of an earlier one
    installed.write_text(
        "".join(f"{d.name}=={d.version}\n" for d in distributions(path=[str(target)])), encoding="utf-8"
    )
    done = tools.run(
        [
            *_pip(python),
            "install",
            "--quiet",
            "--no-input",
            "--no-compile",  # bytecode of this Python is of no use to the other
            "--disable-pip-version-check",
            "--only-binary=:all:",
            "--platform=win_amd64",
            "--implementation=cp",
            f"--python-version={python_version}",
            f"--constraint={installed}",
            f"--target={target}",
            *wanted,
        ]
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise PayloadUnavailableError(
            f"pip could not install the Windows packages: {lines[-1]}",
            hint="Check the network and pip's settings; only wheels for Windows can be used.",
        )


def _pip(python: Path) -> list[str]:
    """The command of pip: the wheel that every full Windows Python contains, run by this Python.

    So this environment needs no pip; those that uv makes have none.
    """
    wheels = sorted(python.parent.glob("[Ll]ib/ensurepip/_bundled/pip-*.whl"))
    return isolated_python(f"{wheels[-1]}/pip") if wheels else isolated_python("-m", "pip")
