"""Fetch archives of programs through the user's own clients, and keep them in the cache by their hash.

Only files are fetched: npm runs no script of a package that it packs.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from harness.errors import PayloadUnavailableError
from harness.payload.cache import Archive, path_of, sha256_of, verified
from harness.payload.fetch import fetch
from harness.wine import tools

Registry = Literal["pypi", "npm"]
NPM_INSTALL: Final = "On Debian and Ubuntu: `apt-get install npm`."


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
        plain = self.project.removeprefix("@").replace("/", "-")
        return Archive(self.project, self.file or f"{plain}-{self.version}.tgz", self.sha256)

    @property
    def command(self) -> str:
        """A command that shows whether the user's client gets it."""
        if self.registry == "npm":
            return f"npm pack {self.project}@{self.version}"
        return (
            "pip download --no-deps --only-binary=:all: --platform win_amd64 "
            f"{self.project}=={self.version}"
        )

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
        return verified(self.archive) or self._packed_by_npm()

    def _packed_by_npm(self) -> Path:
        npm = shutil.which("npm")
        if npm is None:
            raise PayloadUnavailableError(
                f"{self.project} {self.version} is on the registry of npm, and there is no npm",
                hint=NPM_INSTALL,
            )
        path = path_of(self.archive)
        with tempfile.TemporaryDirectory(prefix="harness-npm-") as folder:
            spec = f"{self.project}@{self.version}"
            done = tools.run(
                [npm, "pack", spec, "--ignore-scripts", "--silent", "--pack-destination", folder],
                cwd=Path(folder),
            )
            found = list(Path(folder).glob("*.tgz"))
            if done.returncode or not found:
                raise PayloadUnavailableError(
                    f"npm could not fetch {spec}: {tools.reason(done.stderr, 'npm')}",
                    hint=f"`{self.command}` shows why.",
                )
            if (digest := sha256_of(found[0])) != self.sha256:
                raise PayloadUnavailableError(
                    f"{spec}: the registry sent other bytes than the scenario pins (sha256 {digest}, "
                    f"pinned {self.sha256})",
                    hint="Nothing was kept. If you trust the new file, change the pin in the scenario.",
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            arrived = path.with_name(f"{os.path.basename(folder)}.part")
            shutil.copyfile(found[0], arrived)
            os.replace(arrived, path)
        return path
