"""Rules by which native programs of Linux refuse their own calls on held files, and the log of those.

An open file blocks no call there. So a program that is started with `NativeRules.environment` asks
the rules of ``wine/denials.c`` before each rename, removal and open, and fails as if the file were held.
It gets an errno, for there is no Win32 code. Programs that do not call through libc (those of Go) are
not refused anything.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.errors import NotSupportedError
from harness.holds import sharing_rules
from harness.holds.handles import Access, Hold
from harness.holds.sharing_rules import Denial as Refusal
from harness.holds.sharing_rules import Node, OpenHandle
from harness.ownership import private_folder
from harness.preload.denial import ERRNO, Call, Side, exact_line, write_whole
from harness.preload.denial_log import LoggedCall, read_more
from harness.preload.native_library import preloaded

_PRELOAD: Final = "LD_PRELOAD"
_PREFIX: Final = "persist-harness-holds-"
MOST_RULES: Final = 4096
LONGEST_RULES: Final = (1 << 21) - 1
"""Bytes. What is more, the library (``wine/denial_rules.h``) leaves out without a word."""
_EVERY_CALL: Final[tuple[tuple[Call, Side], ...]] = (
    ("rename", "source"),
    ("rename", "target"),
    ("delete", "source"),
    ("open", "source"),
)


AS_PYTHON: Final[Mapping[int, int]] = {}
"""Python on Windows has EACCES for all of 5, 32 and 33 (PC/errmap.h)."""
AS_LIBUV: Final = ERRNO["linux"]


@dataclass(frozen=True, slots=True)
class Denied:
    """A file that programs are kept from: as the hold does it, or with one code for every call."""

    hold: Hold
    code: int | None = None


class NativeRules:
    """The rules of one user for programs with the preloaded `library`, in a private folder.

    `errors` has the errno of each Win32 code as a language shows it; of others it is EACCES.
    """

    def __init__(self, library: Path, errors: Mapping[int, int] = AS_LIBUV) -> None:
        self._errors = errors
        self._resources = ExitStack()
        parent = Path(tempfile.gettempdir()).resolve()
        folder = self._resources.enter_context(
            private_folder(parent, _PREFIX, shutil.rmtree, shutil.rmtree)
        )
        self._rules, self._log = folder / "rules", folder / "log"
        self._lines: dict[Denied, list[str]] = {}
        self._written: str | None = None
        self.environment = preloaded(library, self._rules, self._log)
        if own := os.environ.get(_PRELOAD):
            self.environment[_PRELOAD] += f":{own}"
        self.deny([])

    def deny(self, denied: Iterable[Denied]) -> None:
        """Keep programs from these files, and from no others.

        Raises `NotSupportedError` for more than the library knows; then the rules stay as they were.
        """
        files = list(denied)
        known = self._lines
        self._lines = {
            each: known[each] if each in known else list(rules_of(each.hold, each.code, self._errors))
            for each in files
        }
        lines = dict.fromkeys(line for each in self._lines.values() for line in each)
        text = "".join(f"{line}\n" for line in lines)
        if text == self._written:
            return
        if len(lines) > MOST_RULES or len(os.fsencode(text)) > LONGEST_RULES:
            raise NotSupportedError(
                f"{len(files):,} files cannot be held at once: that takes {len(lines):,} rules, "
                f"and native programs know {MOST_RULES:,} of {LONGEST_RULES:,} bytes in all",
                hint="Hold fewer at once; on Windows there is no such limit.",
            )
        write_whole(self._rules, text)
        self._written = text

    def calls(self, offset: int) -> tuple[list[LoggedCall], int]:
        """Return what programs called from a position of the log on, and the position after it."""
        try:
            is_longer = os.stat(self._log).st_size > offset
        except FileNotFoundError:
            return [], offset
        return read_more(self._log, offset) if is_longer else ([], offset)

    def close(self) -> None:
        """Keep no program from anything."""
        self._resources.close()


@dataclass(frozen=True, slots=True)
class _Refused:
    """Calls on a path that are refused with a Win32 code."""

    call: Call
    side: Side
    code: int
    path: str


def rules_of(hold: Hold, code: int | None = None, errors: Mapping[int, int] = AS_LIBUV) -> Iterator[str]:
    """Yield the rules by which calls on a held file fail, as the sharing rules of Windows say.

    With `code` every call does.
    """
    for each in _refused(hold, code):
        number = errors.get(each.code, errno.EACCES)
        yield exact_line(each.call, each.side, number, each.path, hold.release_after_failures)


def code_of(denied: Denied, call: LoggedCall) -> int | None:
    """Return the Win32 code with which a file refuses a call; ``None`` if it does not."""
    kinds = {call.call, "open"} if call.call == "write" else {call.call}
    for each in _refused(denied.hold, denied.code):
        path = call.target if each.side == "target" else call.source
        if each.call in kinds and path == each.path:
            return each.code
    return None


def _refused(hold: Hold, code: int | None) -> Iterator[_Refused]:
    """Yield what a held file refuses.

    The first rule that matches a call decides: so opens that write come before other opens. The library
    looks at paths whose folders are no links.
    """
    folder_path, name = os.path.split(hold.path)
    path = os.path.join(os.path.realpath(folder_path), name)
    held = Node(path, handles=[OpenHandle.of(hold)], is_directory=os.path.isdir(path))
    other, folder = Node("other"), Node("folder", is_directory=True)
    absent = Node("absent", exists=False)
    answers: list[tuple[Call, Side, Refusal | None]] = [
        ("rename", "source", sharing_rules.move(held, absent, folder, replace=True)),
        ("rename", "target", sharing_rules.move(other, held, folder, replace=True)),
        ("delete", "source", sharing_rules.delete_file(held, "posix")),
        ("write", "source", sharing_rules.open_existing(held, Access.WRITE)),
        ("open", "source", sharing_rules.open_existing(held, Access.READ)),
    ]
    if code is not None:
        answers = [(call, side, Refusal(code, [])) for call, side in _EVERY_CALL]
    for call, side, refusal in answers:
        if refusal is not None:
            yield _Refused(call, side, refusal.code, path)
    if hold.section is None and hold.own_error is None:
        for parent in Path(path).parents:
            beneath = Node(str(parent), is_directory=True, below=[OpenHandle.of(hold)])
            refused = sharing_rules.move(beneath, absent, folder, replace=True)
            if refused is not None:
                yield _Refused("rename", "source", refused.code, str(parent))
