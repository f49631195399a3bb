"""Calls are heard of as what they are, whoever begins and ends to listen, in this process alone."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import pytest

from harness.testing import hold
from harness.testing.calls import Call
from harness.testing.watch import listening


@pytest.fixture
def names(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "a").touch()
    return tmp_path / "a", tmp_path / "b"


def hear(heard: list[str], call: Call) -> None:
    heard.append(call.name)


def test_a_rename_is_told_from_a_replacement_whoever_ends_first(names: tuple[Path, Path]) -> None:
    plain = os.rename
    one, other = listening(lambda call: hear([], call)), listening(lambda call: hear(heard, call))
    heard: list[str] = []
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    os.rename(*names)
    os.replace(*reversed(names))
    other.__exit__(None, None, None)
    assert heard == ["os.rename", "os.replace"]
    assert os.rename is plain


def test_a_test_may_put_back_the_function_that_it_found(
    names: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    with listening(lambda call: hear(heard, call)):
        found = os.rename
    monkeypatch.setattr(os, "rename", found)
    with listening(lambda call: hear(heard, call)):
        os.rename(*names)
    os.rename(*reversed(names))
    assert heard == ["os.rename"]


@pytest.mark.skipif(sys.platform == "win32", reason="there no process is forked")
def test_a_forked_process_is_refused_nothing(names: tuple[Path, Path]) -> None:
    if sys.platform == "win32":
        return
    with hold(names[0], share="none"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Python, that other threads are not there
        child = os.fork()
        if child == 0:
            try:
                os.rename(*names)
            finally:
                os._exit(not names[1].exists())
        _, status = os.waitpid(child, 0)
    assert status == 0
