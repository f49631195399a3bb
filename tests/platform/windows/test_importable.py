"""The modules for Windows can be imported everywhere; only their calls need Windows."""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import walk_packages

import pytest

from harness.errors import NotSupportedError
from harness.platform import windows
from harness.platform.windows.win32 import file_names, library

MODULES = [found.name for found in walk_packages(windows.__path__, f"{windows.__name__}.")]


@pytest.mark.parametrize("name", MODULES)
def test_every_module_can_be_imported(name: str) -> None:
    assert import_module(name).__doc__


def test_there_are_modules_in_all_folders() -> None:
    folders = {name.rpartition(".")[0].rpartition(".")[2] for name in MODULES}
    assert folders == {"windows", "environment", "holders", "rules_lab", "self_test", "win32"}


@pytest.mark.skipif(sys.platform == "win32", reason="there they work")
def test_a_call_says_that_it_needs_windows() -> None:
    with pytest.raises(NotSupportedError, match="MoveFileExW is a call of Windows"):
        file_names.move("one", "other", 0)
    with pytest.raises(NotSupportedError, match="is a call of Windows"):
        raise library.failure("path")


def test_a_prototype_of_an_unknown_type_is_a_defect_that_shows_at_once() -> None:
    with pytest.raises(KeyError, match="CHAR"):
        library.declare("BOOL kernel32.SetEvent(CHAR)")
    with pytest.raises(AssertionError):
        library.declare("SetEvent(HANDLE)")
