"""A private folder for the runs of one program: archives unpacked, files laid out, new for each run.

The folder of all runs has one path, since programs write it into files. It keeps a program's files
together; it does not lock a hostile one in.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from harness.errors import HarnessError
from harness.ownership import private_folder
from harness.payload.archive import unpack
from harness.preload.denial import Denial
from harness.reproduce.denial_lab import Lab
from harness.reproduce.execution import Execution

PREFIX: Final = "harness-program-"
REMOVE_S: Final = 20.0
TRY_AGAIN_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Runs the commands of one program in `work`, whose content is that of `template` at each start."""

    folder: Path
    lab: Lab
    names: dict[str, str] = field(default_factory=dict)
    """What stands for ``{name}`` in commands."""
    starter: list[str] = field(default_factory=list)
    """The program that starts every command; empty: none does."""

    @property
    def work(self) -> Path:
        """The folder in which commands run."""
        return self.folder / "work"

    @property
    def home(self) -> Path:
        """The folder that programs take for their user's."""
        return self.folder / "home"

    @property
    def template(self) -> Path:
        """What `work` begins with."""
        return self.folder / "template"

    def unpacked(self, archive: Path, name: str) -> Path:
        """Unpack an archive outside of `work`; return the folder, without a lone folder around all."""
        target = self.folder / "parts" / name
        unpack(archive, target)
        inside = list(target.iterdir())
        return inside[0] if len(inside) == 1 and inside[0].is_dir() else target

    def filled(self, text: str) -> str:
        """The text of a scenario, with what its names stand for here."""
        for name, value in self.names.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def keep_as_template(self) -> None:
        """Take what is in `work` now as what every later run begins with."""
        shutil.copytree(self.work, self.template, symlinks=True)

    def run(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        denials: Sequence[Denial] = (),
        undisturbed: Sequence[Execution] = (),
        timeout_s: float,
        fresh: bool = True,
    ) -> Execution:
        """Run a command, by default with a new `work` and `home`."""
        if fresh:
            self._make_anew()
        return self.lab.run(
            [*self.starter, *(self.filled(each) for each in command)],
            self.work,
            home=self.home,
            denials=denials,
            undisturbed=undisturbed,
            environment={name: self.filled(value) for name, value in (environment or {}).items()},
            timeout_s=timeout_s,
        )

    def _make_anew(self) -> None:
        for folder in (self.work, self.home):
            _remove(folder)
        self.home.mkdir()
        if self.template.is_dir():
            shutil.copytree(self.template, self.work, symlinks=True)
        else:
            self.work.mkdir()


@contextmanager
def sandbox(lab: Lab) -> Iterator[Sandbox]:
    """A sandbox, removed at the end; those of killed processes are removed first."""
    parent = Path(tempfile.gettempdir()).resolve()
    with private_folder(parent, PREFIX, _remove, _remove) as folder:
        made = Sandbox(folder, lab)
        made.work.mkdir()
        made.home.mkdir()
        made.names["work"] = lab.spelled(made.work)
        made.names["home"] = lab.spelled(made.home)
        yield made


def _remove(folder: Path) -> None:
    """Remove a folder, whatever permissions a program gave to its files.

    On Windows a scanner may have one open: it is tried again for `REMOVE_S`.
    """
    end = time.monotonic() + REMOVE_S
    while os.path.lexists(folder):
        _make_removable(folder)
        shutil.rmtree(folder, ignore_errors=True)
        if sys.platform != "win32" or time.monotonic() > end:
            break
        time.sleep(TRY_AGAIN_S)
    if folder.exists():
        raise HarnessError(
            f"{folder} could not be removed", hint="Something in it is still in use; remove it later."
        )


def _make_removable(folder: Path) -> None:
    """Let folders be listed, and, on Windows, files that are read-only be removed."""
    if not folder.is_symlink():
        os.chmod(folder, 0o700)
    for place, folders, files in os.walk(folder):
        for each in (os.path.join(place, name) for name in folders):
            if not os.path.islink(each):
                os.chmod(each, 0o700)  # before it is listed
        for each in (os.path.join(place, name) for name in files if sys.platform == "win32"):
            if not os.path.islink(each):
                os.chmod(each, 0o600)
