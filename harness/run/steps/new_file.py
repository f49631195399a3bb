"""Read, open or start a file just written, or clear its read-only attribute: no byte changes."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from typing_extensions import override

from harness.errors import InvalidInputError
from harness.holds.draw import HeldFile
from harness.holds.handles import ACCESS_NAMES, SHARE_NAMES
from harness.payload.prepare import Item, PayloadFile
from harness.pe import is_library
from harness.record.trial_record import DestState
from harness.run.steps.step import InstallSite, Step, below
from harness.run.verify import Verifier
from harness.scenario.operations.files import ClearReadOnly, Open, Read
from harness.scenario.operations.programs import Start
from harness.strategy.operation import Call

HEAD_BYTES: Final = 4096
"""The headers of a program are at its beginning."""


def file_in(item: Item, pattern: str, *, is_pe: bool = False) -> PayloadFile:
    """Find the file of a payload that an operation means, with `is_pe` among programs and libraries.

    Raises `InvalidInputError` if it has none.
    """
    for file in item.files:
        if fnmatch.fnmatchcase(file.path, pattern) and (file.is_pe or not is_pe):
            return file
    raise InvalidInputError(
        f"{item.file} has no {'program' if is_pe else 'file'} {pattern!r}",
        hint="`file` is a path in the tree; * stands for any characters.",
    )


def _file_of(item: Item, operation: Read | Open | Start | ClearReadOnly) -> PayloadFile:
    """Return the file that an operation is on. Raises `InvalidInputError` if that is not said."""
    if not item.is_tree:
        if operation.file is not None:
            raise InvalidInputError(
                f"{item.file} is a file, and {operation.kind!r} names a file in it",
                hint="Leave out `file`, or use a payload that is a tree.",
            )
        return item.files[0]
    if operation.file is None:
        raise InvalidInputError(
            f"{item.file} is a tree, and {operation.kind!r} does not say which file of it",
            hint='Add `file` to the operation, such as file = "*.exe".',
        )
    return file_in(item, operation.file, is_pe=operation.kind == "start")


class _NewFileStep(Step):
    """Write the payload at its place, unless a step brings it, and make one call on a file of it."""

    effect = "uses"
    target: Path

    def __init__(self, site: InstallSite, operation: Read | Open | Start | ClearReadOnly) -> None:
        super().__init__(site, operation)
        self.file = _file_of(site.item, operation)
        self.laid_at = self.target = site.target(operation.to)
        if site.item.is_tree:
            self.target = Path(below(self.laid_at, self.file.path))
        self.source = self.target
        self.held_files = [HeldFile(".", self.file.size, self.file.is_pe)]

    @staticmethod
    @override
    def check(item: Item, operation: Any) -> None:
        _file_of(item, operation)

    @override
    def stage(self) -> None:
        self.laid_at.parent.mkdir(parents=True, exist_ok=True)

    @override
    def prepare(self) -> None:
        if self.laid_at not in self.site.brought and not os.path.lexists(self.laid_at):
            self.site.lay_down(self.laid_at, mutable=True)

    @override
    def calls(self) -> Iterator[Call]:
        path = self.site.spell(self.source)
        yield Call(path, None, partial(self.call, path))

    def call(self, path: str) -> None:
        """Make the call."""
        raise NotImplementedError

    @override
    def state(self, verifier: Verifier) -> DestState:
        return verifier.state_of_file(self.target, self.file)


class ReadStep(_NewFileStep, kinds=("read",)):
    """Write a file, close it, then read it as any program does."""

    primitive = "read"

    @override
    def call(self, path: str) -> None:
        self.site.files.read_file(path)  # its bytes are not the name of a system call


class OpenStep(_NewFileStep, kinds=("open",)):
    """Write a file, close it, then open it with a share mode of one's own."""

    primitive = "open"

    def __init__(self, site: InstallSite, operation: Open) -> None:
        super().__init__(site, operation)
        self.access, self.share = ACCESS_NAMES[operation.access], SHARE_NAMES[operation.share]

    @override
    def call(self, path: str) -> None:
        self.site.files.open_file(path, self.access, self.share)


class StartStep(_NewFileStep, kinds=("start",)):
    """Write a program, close it, then start it."""

    primitive = "create-process"

    @staticmethod
    @override
    def check(item: Item, operation: Any) -> None:
        if not _file_of(item, operation).is_pe:
            raise InvalidInputError(
                f"{item.file}: the file to start is no Windows program",
                hint="Use a payload of kind launcher, or the `file` of a tree that is a program.",
            )

    @override
    def stage(self) -> None:
        """Refuse libraries, such as generated payloads have, where a process is really made."""
        super().stage()
        item = self.site.item
        pristine = item.pristine / self.file.path if item.is_tree else item.pristine
        with pristine.open("rb") as file:
            cannot_start = is_library(file.read(HEAD_BYTES))
        if self.site.platform.is_real_time and cannot_start:
            raise InvalidInputError(
                f"{item.file}: {self.file.path} is a library, which cannot be started",
                hint="Generated payloads have libraries. A launcher without :generated is a program.",
            )

    @override
    def call(self, path: str) -> None:
        self.site.files.start_program(path)


class ClearReadOnlyStep(_NewFileStep, kinds=("clear-read-only",)):
    """Write a read-only file, then clear that attribute."""

    primitive = "set-attributes"

    @staticmethod
    @override
    def check(item: Item, operation: Any) -> None:
        if _file_of(item, operation).path not in item.read_only_paths:
            raise InvalidInputError(
                f"{item.file} has no such read-only file, so there is nothing to clear",
                hint='Give its payload read_only = "files", or a list of paths.',
            )

    @override
    def call(self, path: str) -> None:
        self.site.files.clear_read_only(path)

    @override
    def state(self, verifier: Verifier) -> DestState:
        """Return ``old`` while it is read-only."""
        state = super().state(verifier)
        return "old" if state == "new" and not self._is_writable() else state

    def _is_writable(self) -> bool:
        return bool(os.stat(self.target).st_mode & stat.S_IWUSR)
