"""Holds for native programs of Linux: they refuse their own calls, by the library that is preloaded.

An open file blocks no call there. So a program that is started with `NativeHolds.environment` asks
the rules of ``wine/denials.c`` before each rename, removal and open, and fails as if the file were held.
It gets an errno, for there is no Win32 code. Programs that do not call through libc (those of Go) are
not refused anything.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from harness.errors import NotSupportedError
from harness.holds import sharing_rules
from harness.holds.handles import Access, Hold
from harness.holds.sharing_rules import Denial as Refusal
from harness.holds.sharing_rules import Node, OpenHandle
from harness.ownership import private_folder
from harness.preload.denial import Call, Side, exact_line, write_whole
from harness.preload.native_library import preloaded
from harness.winerror import FILE_NOT_FOUND

_PREFIX: Final = "persist-harness-holds-"
MOST_RULES: Final = 256
LONGEST_PATTERN: Final = 2047
"""Bytes. What is more, the library (``wine/denial_rules.h``) leaves out without a word."""


class NativeHolds:
    """Files that are held for programs with the preloaded `library`; see `FileHolder`."""

    def __init__(self, library: Path) -> None:
        self._resources = ExitStack()
        parent = Path(tempfile.gettempdir()).resolve()
        folder = self._resources.enter_context(
            private_folder(parent, _PREFIX, shutil.rmtree, shutil.rmtree)
        )
        self._rules = folder / "rules"
        self._holds: list[Hold] = []
        self._taken: set[int] = set()
        self.environment = preloaded(library, self._rules, folder / "log")
        self._write()

    def take(self, hold: Hold) -> tuple[int, int | None]:
        """Take a hold now; return its number, and the Win32 code of what was in its way, if anything.

        Raises `NotSupportedError` for more holds, or a longer path, than the library knows.
        """
        number = len(self._holds)
        self._holds.append(hold)
        if not os.path.lexists(hold.path):
            return number, FILE_NOT_FOUND
        self._taken.add(number)
        try:
            self._write()
        except NotSupportedError:
            self._taken.discard(number)
            raise
        return number, None

    def release(self, number: int) -> None:
        """Release a hold; a file in quarantine is deleted."""
        if number not in self._taken:
            return
        self._taken.discard(number)
        self._write()
        if self._holds[number].vanish:
            with suppress(OSError):
                os.unlink(self._holds[number].path)

    def close(self) -> None:
        """Release all."""
        for number in list(self._taken):
            self.release(number)
        self._resources.close()

    def _write(self) -> None:
        lines = dict.fromkeys(
            line for number in sorted(self._taken) for line in rules_of(self._holds[number])
        )
        if len(lines) > MOST_RULES:
            raise NotSupportedError(
                f"{len(self._taken):,} files cannot be held at once: that takes {len(lines):,} rules, "
                f"and native programs know {MOST_RULES}",
                hint="Hold fewer at once; on Windows there is no such limit.",
            )
        for line in lines:
            if len(os.fsencode(line.rpartition("\t")[2])) > LONGEST_PATTERN:
                raise NotSupportedError(f"a path is too long to be held: {line.rpartition('/')[2]}")
        write_whole(self._rules, "".join(f"{line}\n" for line in lines))


def rules_of(hold: Hold) -> Iterator[str]:
    """Yield the rules by which calls on a held file fail, as the sharing rules of Windows say.

    The first rule that matches a call decides: so opens that write come before other opens.
    """
    held = Node(hold.path, handles=[OpenHandle.of(hold)], is_directory=os.path.isdir(hold.path))
    other, folder = Node("other"), Node("folder", is_directory=True)
    absent = Node("absent", exists=False)
    answers: list[tuple[Call, Side, Refusal | None]] = [
        ("rename", "source", sharing_rules.move(held, absent, folder, replace=True)),
        ("rename", "target", sharing_rules.move(other, held, folder, replace=True)),
        ("delete", "source", sharing_rules.delete_file(held, "posix")),
        ("write", "source", sharing_rules.open_existing(held, Access.WRITE)),
        ("open", "source", sharing_rules.open_existing(held, Access.READ)),
    ]
    for call, side, refusal in answers:
        if refusal is not None:
            yield exact_line(call, side, refusal.code, hold.path)
    if hold.section is None and hold.own_error is None:
        for parent in Path(hold.path).parents:
            beneath = Node(str(parent), is_directory=True, below=[OpenHandle.of(hold)])
            refused = sharing_rules.move(beneath, absent, folder, replace=True)
            if refused is not None:
                yield exact_line("rename", "source", refused.code, str(parent))
