"""Python's own calls on held files get the answers of the table of sharing rules, on every platform."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from harness.holds.handles import ACCESS_NAMES, SHARE_NAMES, Hold
from harness.holds.sharing_rules import DeleteSemantics
from harness.holds.sharing_rules_table import Case, Held, LabName, cases
from harness.platform.registry import native_platform
from harness.platform.rules_lab import PLACES, Lab, Outcome, try_case
from harness.platform.windows.windows_rules import find_rules
from harness.testing import Holding, holding
from harness.winerror import code_behind

CALLS: Final[dict[str, Callable[[str, str, str], object]]] = {
    "MoveFileExW": lambda _, source, target: os.rename(source, target),
    "MoveFileExW(REPLACE)": lambda _, source, target: os.replace(source, target),
    "DeleteFileW": lambda path, *_: os.remove(path),
    "RemoveDirectoryW": lambda path, *_: os.rmdir(path),
    "CreateDirectoryW": lambda path, *_: os.mkdir(path),
    "CreateHardLinkW": lambda _, source, target: os.link(source, target),
    "CreateFileW(CREATE_NEW)": lambda path, *_: Path(path).open("xb").close(),
    "CreateFileW(CREATE_ALWAYS)": lambda path, *_: Path(path).write_bytes(b""),
    "ReadFile": lambda path, *_: Path(path).read_bytes(),
}
"""The calls that Python makes, each with what makes it (CPython, Modules/posixmodule.c, Modules/_io)."""


def lab_name() -> LabName:
    native = native_platform()
    return "wine-stock" if native == "wine" and find_rules() == "stock" else native


def can_be_made(case: Case) -> bool:
    held = case.held
    plain = held is not None and held.by == "handle" and held.oplock is None
    before = all(each.call in CALLS for each in case.first)
    after = case.then is None or case.then.call in CALLS
    # deletes are those of NTFS since 2019, and attributes are not what holds are about
    of_today = case.semantics in {None, "posix"} and "read-only" not in f"{case.source} {case.target}"
    return plain and before and after and of_today and case.call in CALLS


class PythonLab(Lab):
    """Makes the calls of a case with Python, while `holding` holds its files."""

    def __init__(self, root: Path, held: Holding) -> None:
        self._root = root
        self._holding = held

    def _path(self, place: str) -> str:
        return str(self._root / PLACES[place])

    def hold(self, held: Held) -> None:
        hold = Hold(
            held.object,
            self._path(held.object),
            ACCESS_NAMES[held.access],
            SHARE_NAMES[held.share],
            section=held.section,
            locks_bytes=held.locks_bytes,
        )
        self._holding.take(hold)

    def make_read_only(self, place: str) -> None:
        raise NotImplementedError

    def call(self, name: str, on: str) -> Outcome:
        before = len(self._holding.calls)
        try:
            CALLS[name](self._path(on), self._path("source"), self._path("target"))
        except OSError as error:
            told = [each.code for each in self._holding.calls[before:] if each.code is not None]
            code = code_behind(error) or told[-1]
            return Outcome(code)
        return Outcome(0)

    def close(self) -> None:
        self._holding.close()


CASES: Final = [case for case in cases() if can_be_made(case)]


def test_most_of_the_table_can_be_tried() -> None:
    assert len(CASES) > 60
    assert {case.call for case in CASES} >= set(CALLS) - {"CreateHardLinkW", "CreateDirectoryW"}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_call_gets_the_code_that_windows_gives(case: Case, tmp_path: Path) -> None:
    lab = lab_name()
    if reason := case.reason_to_skip(lab, "posix"):
        pytest.skip(reason)
    with holding() as held:

        def make(root: Path, _semantics: DeleteSemantics) -> Lab:
            return PythonLab(root, held)

        tried = try_case(case, make, tmp_path, lambda: b"MZ")
    answers = [answer for answer in case.answers_on(lab) if tried.code in answer.codes]
    assert answers, f"{case.case}: {tried.code}"
    assert tried.then in {answer.then for answer in answers}
