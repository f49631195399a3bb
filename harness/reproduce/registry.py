"""Fetch archives of programs through the user's own clients, and keep them in the cache by their hash.

Only files are fetched: no client runs code of what it fetches.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.errors import PayloadUnavailableError
from harness.payload.cache import Archive, path_of, sha256_of, verified
from harness.payload.fetch import fetch
from harness.reproduce.registry_clients import CLIENTS, Fetched
from harness.wine import tools

Registry = Literal["pypi"] | Fetched


@dataclass(frozen=True, slots=True)
class PinnedArchive:
    """An archive of a registry by name, version and hash; `file` is its name on the package index."""

    registry: Registry
    project: str
    version: str
    sha256: str
    file: str | None = None

    @property
    def archive(self) -> Archive:
        """The archive as the cache has it."""
        if self.registry == "pypi":
            return Archive(self.project, self.file or "", self.sha256)
        plain = self.project.removeprefix("@").replace("/", "-").replace(":", "-")
        file = f"{plain}-{self.version}{CLIENTS[self.registry].ending}"
        return Archive(self.project, file, self.sha256)

    @property
    def command(self) -> str:
        """A command that shows whether the user's client gets it."""
        if self.registry == "pypi":
            return (
                "pip download --no-deps --only-binary=:all: --platform win_amd64 "
                f"{self.project}=={self.version}"
            )
        return CLIENTS[self.registry].shows(self.project, self.version)

    def obtained(self) -> Path:
        """The archive in the cache, fetched if need be.

        Raises `PayloadUnavailableError`, with the command that brings it, if it cannot be had.
        """
        if self.registry == "pypi":
            try:
                return fetch(self.archive)
            except PayloadUnavailableError as error:
                hint = f"{error.hint or ''} `{self.command}` shows whether pip gets it.".strip()
                raise PayloadUnavailableError(error.message, hint=hint) from error
        return verified(self.archive) or self._fetched_by_client(self.registry)

    def _fetched_by_client(self, registry: Fetched) -> Path:
        client = CLIENTS[registry]
        spec = f"{self.project}@{self.version}"
        program = shutil.which(client.program)
        if program is None:
            raise PayloadUnavailableError(
                f"{spec} is fetched by {client.program}, and there is no {client.program}",
                hint=client.install,
            )
        with tempfile.TemporaryDirectory(prefix="harness-fetch-") as made:
            folder = Path(made)
            done = tools.run(
                [program, *client.arguments(self.project, self.version, folder)], cwd=folder
            )
            found = next(folder.glob(f"*{client.ending}"), None)
            if done.returncode or found is None:
                said = tools.reason(done.stderr + done.stdout, client.reason_in)
                raise PayloadUnavailableError(
                    f"{client.program} could not fetch {spec}: {said}",
                    hint=f"`{self.command}` shows why.",
                )
            return self._kept(found, folder.name)

    def _kept(self, found: Path, unique: str) -> Path:
        """Put an archive into the cache, if it is the pinned one."""
        if (digest := sha256_of(found)) != self.sha256:
            raise PayloadUnavailableError(
                f"{self.project}@{self.version}: the registry sent other bytes than the scenario pins "
                f"(sha256 {digest}, pinned {self.sha256})",
                hint="Nothing was kept. If you trust the new file, change the pin in the scenario.",
            )
        path = path_of(self.archive)
        path.parent.mkdir(parents=True, exist_ok=True)
        arrived = path.with_name(f"{unique}.part")
        shutil.copyfile(found, arrived)
        os.replace(arrived, path)
        return path
