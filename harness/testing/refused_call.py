"""One run of a test: the calls that the code under test makes, and the one of them that is refused."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from harness.file_tree import FOLDER
from harness.testing import calls
from harness.testing.answers import error_of
from harness.testing.folders import Folders
from harness.testing.sites import ROOT, call_site, is_of_python
from harness.testing.timeline import short
from harness.winerror import ACCESS_DENIED, SHARING_VIOLATION

if TYPE_CHECKING:
    from harness.file_tree import Tree
    from harness.testing.calls import Call

CallPlace: TypeAlias = tuple[str, str]
"""A kind of call, and where in the code it is made."""

CODES: Final = {
    calls.RENAME: ACCESS_DENIED,
    calls.REPLACE: ACCESS_DENIED,
    calls.REMOVE: SHARING_VIOLATION,
    calls.REMOVE_DIRECTORY: SHARING_VIOLATION,
    calls.OPEN: SHARING_VIOLATION,
}
"""What each call is refused with: a rename because its target is open, the others because their file is
(docs/evidence/windows-sharing.md)."""
_REMOVALS: Final = frozenset({calls.REMOVE, calls.REMOVE_DIRECTORY})
_DEVICES: Final = ("/dev/", "/proc/", "/sys/")


class Watched:
    """A run of a test: its calls, the one that is `refused` if any, and its files.

    Calls that the test makes itself do not count: they are not the code under test.
    """

    def __init__(self, test_file: Path, refused: CallPlace | None = None) -> None:
        self.places: dict[CallPlace, None] = {}
        """The kinds of calls and their places in the code, in order."""
        self.existed: set[str] = set()
        """Files that were there at some time before the call was refused."""
        self.written: set[str] = set()
        """Files that the code under test made."""
        self.error: OSError | None = None
        """The error with which the call was refused."""
        self.arrived = False
        """Whether the test ended with that error, or with one that was raised because of it."""
        self.after: Tree = {}
        """What is there at the end."""
        self._not_removed = ""
        self._folders = Folders({})
        self._test_file = short(str(test_file), ROOT)
        self._refused = refused
        self._changing = threading.Lock()  # threads call at once, and one of them is refused

    def begin(self, folders: Folders) -> None:
        """The test itself begins; these are its folders."""
        self._folders = folders
        self.existed = {path for path, content in folders.tree().items() if content != FOLDER}

    def ended_with(self, error: BaseException) -> None:
        """The test has failed."""
        self.arrived = self.error is not None and _leads_to(error, self.error)
        if self.arrived:  # whoever reports that a file is not removed need not say that it is left
            self.written.discard(self._not_removed)

    def end(self) -> None:
        """The test has ended, and its fixtures have not."""
        self.after = self._folders.tree()

    def hear(self, call: Call) -> OSError | None:
        """Note a call; return the error with which it is refused, if it is the one."""
        if call.name not in CODES or _is_of_no_concern(call):
            return None
        site = call_site()
        is_of_test = site.rpartition(":")[0] == self._test_file
        self._note_files(call, is_of_test=is_of_test)
        if is_of_test:
            return None
        place = (call.name, site)
        with self._changing:
            self.places[place] = None
            if place != self._refused or self.error is not None:
                return None
            self.error = error_of(call, CODES[call.name])
            if call.name in _REMOVALS:
                self._not_removed = self._folders.name_of(call.path) or ""
            return self.error

    def _note_files(self, call: Call, *, is_of_test: bool) -> None:
        there = [path for path in call.paths if os.path.isfile(path)]
        if self.error is None:
            self.existed.update(name for path in there if (name := self._folders.name_of(path)))
        made = call.creates
        if made is not None and not is_of_test and made not in there:
            self.written.update(filter(None, [self._folders.name_of(made)]))


def _is_of_no_concern(call: Call) -> bool:
    """Whether it is on Python's own files or on a device, opens a folder, or finds nothing."""
    if any(is_of_python(path) or path.startswith(_DEVICES) for path in call.paths):
        return True
    if call.name == calls.OPEN and not call.writes and call.path.endswith(".py"):
        return True  # an import
    if call.name != calls.OPEN:
        return not os.path.lexists(call.path)
    return os.path.isdir(call.path) or not (call.creates or os.path.lexists(call.path))


def _leads_to(error: BaseException, refused: OSError) -> bool:
    """Whether an error is the one that a call was refused with, or was raised because of it."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is refused:
            return True
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            waiting += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]
    return False
