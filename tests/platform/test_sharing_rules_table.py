"""What Windows answers when something is held: one table, run on every lab that can run it.

The emulated platform is one lab, and runs anywhere; Windows is another, and so is Wine, under a Windows
Python. A row that a lab cannot run says why, and is skipped with that reason; a row that Wine is known
to answer otherwise says so and why, and every other difference fails.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest

from harness.holds.sharing_rules import DeleteSemantics
from harness.holds.sharing_rules_table import RENAMES, Case, LabName, cases, rows
from harness.platform.emulated.emulated_lab import EmulatedLab
from harness.platform.registry import native_platform
from harness.platform.rules_lab import MakeLab, try_case
from harness.platform.windows.locker_process import LockerProcess
from harness.platform.windows.rules_lab.keeper import Keeper
from harness.platform.windows.rules_lab.windows_lab import WindowsLab, native_semantics, program
from harness.platform.windows.windows_rules import find_rules

TABLE_LINES = 58


def labs() -> list[LabName]:
    native = native_platform()
    if native == "wine" and find_rules() == "stock":
        return ["emulated", "wine-stock"]
    return ["emulated"] if native == "emulated" else ["emulated", native]


def semantics() -> DeleteSemantics:
    return native_semantics() if sys.platform == "win32" else "posix"


@pytest.fixture(scope="module")
def native_lab() -> Iterator[MakeLab | None]:
    """The same holders for all cases: a process start takes long."""
    if sys.platform != "win32":
        yield None
        return
    with closing(LockerProcess()) as locker, closing(Keeper()) as keeper:
        yield lambda root, _semantics: WindowsLab(root, locker, keeper)


@pytest.mark.parametrize("lab", labs())
@pytest.mark.parametrize("case", cases(), ids=str)
def test_the_call_gets_the_code_that_windows_gives(
    case: Case, lab: LabName, tmp_path: Path, native_lab: MakeLab | None
) -> None:
    if reason := case.reason_to_skip(lab, semantics()):
        pytest.skip(f"{lab}: {reason}")
    make_lab = EmulatedLab if lab == "emulated" else native_lab
    assert make_lab is not None

    tried = try_case(case, make_lab, tmp_path, program if lab != "emulated" else lambda: b"MZ")

    assert tried.first == tuple(before.code for before in case.first)
    answers = [answer for answer in case.answers_on(lab) if tried.code in answer.codes]
    assert answers, case.case
    assert tried.then in {answer.then for answer in answers}
    assert tried.waited == case.waits
    if tried.code != 0 and not case.litters_on(lab):
        assert not tried.names_changed, "a refused call leaves all names as they were"
    assert tried.content_moved == (True if tried.code == 0 and case.call in RENAMES else None)


def test_wine_may_answer_as_windows_does_or_as_it_is_known_to() -> None:
    (case, *_) = [each for each in cases() if each.line == 39 and each.wine is not None]
    windows, *_ = [each for each in cases() if each.wine is None]
    assert case.answers_on("windows") == case.answers_on("emulated") == [case.documented]
    assert case.answers_on("wine")[0] == case.documented
    assert case.answers_on("wine")[1].codes == {87}
    assert windows.answers_on("wine") == [windows.documented]


def test_every_line_of_the_table_is_there() -> None:
    assert sorted({case.line for case in cases()}) == list(range(1, TABLE_LINES + 1))


def test_the_groups_are_those_of_the_table_in_its_order() -> None:
    assert [row["line"] for row in rows()] == sorted(row["line"] for row in rows())
    assert list(dict.fromkeys(row["group"] for row in rows())) == list("abcdefghijk")


def test_no_case_is_there_twice() -> None:
    assert len(set(map(str, cases()))) == len(cases())


def test_a_case_has_one_code_or_says_why_not() -> None:
    for case in cases():
        assert (len(case.codes) > 1) == bool(case.unsettled), str(case)
        assert (not case.codes) == bool(case.impossible), str(case)
        assert case.semantics in {None, *get_args(DeleteSemantics)}


def test_only_these_lines_are_beyond_the_emulation() -> None:
    # no impossible renames, change notifications, or attribution to processes
    beyond = {case.line for case in cases() if case.reason_to_skip("emulated", "posix")}
    assert beyond == {28, 44, 45, 46}
