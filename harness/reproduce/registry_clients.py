"""The clients of registries: the command that fetches an archive, and where it leaves it.

Each is the user's own client with the user's own settings. None runs code of what it fetches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Fetched = Literal["npm", "maven"]
"""The registries whose archives a client fetches."""


@dataclass(frozen=True, slots=True)
class Client:
    """How `program` fetches an archive, whose name ends with `ending`, into a folder.

    `arguments` get the project, the release and the folder. `shows` is a command that shows whether
    it gets a release, `reason_in` a word of the lines that say why it does not.
    """

    program: str
    install: str
    ending: str
    arguments: Callable[[str, str, Path], list[str]]
    shows: Callable[[str, str], str]
    reason_in: str


def _npm_pack(project: str, version: str, folder: Path) -> list[str]:
    options = ["--ignore-scripts", "--silent", "--pack-destination", str(folder)]
    return ["pack", f"{project}@{version}", *options]


def _maven_copy(project: str, version: str, folder: Path) -> list[str]:
    options = [_artifact(project, version), f"-DoutputDirectory={folder}"]
    return ["--batch-mode", "--quiet", "dependency:copy", *options]


def _artifact(project: str, version: str) -> str:
    group, artifact, classifier = project.split(":")
    return f"-Dartifact={group}:{artifact}:{version}:jar:{classifier}"


CLIENTS: Final[Mapping[Fetched, Client]] = {
    "npm": Client(
        "npm",
        "On Debian and Ubuntu: `apt-get install npm`; on Windows it comes with Node.js.",
        ".tgz",
        _npm_pack,
        lambda project, version: f"npm pack {project}@{version}",
        "npm",
    ),
    "maven": Client(
        "mvn",
        "On Debian and Ubuntu: `apt-get install maven`.",
        ".jar",
        _maven_copy,
        lambda project, version: f"mvn dependency:get {_artifact(project, version)}",
        "ERROR",
    ),
}
