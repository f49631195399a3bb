"""A void run says why, and a reason may come from a stranger."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import InvalidInputError
from harness.record.void import MAX_BYTES, NAME, declare_void, refuse_void


def test_a_run_is_not_void_unless_that_is_said(tmp_path: Path) -> None:
    refuse_void(tmp_path)


def test_the_first_reason_stays(tmp_path: Path) -> None:
    declare_void(tmp_path, "Wine's server was another one")
    declare_void(tmp_path, "something else")
    with pytest.raises(InvalidInputError, match=r"is void, .*: Wine's server was another one$"):
        refuse_void(tmp_path)


def test_a_long_reason_is_cut_and_can_still_be_read(tmp_path: Path) -> None:
    declare_void(tmp_path, "ü" * MAX_BYTES)
    assert (tmp_path / NAME).stat().st_size == MAX_BYTES
    with pytest.raises(InvalidInputError, match="is void"):
        refuse_void(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"x" * (MAX_BYTES + 1)])
def test_whatever_is_in_the_file_the_run_does_not_count(content: bytes, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(InvalidInputError):
        refuse_void(tmp_path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes as files here")
    os.mkfifo(tmp_path / NAME)
    with pytest.raises(InvalidInputError, match="is a pipe, not a file"):
        refuse_void(tmp_path)
