"""The journal: whole lines or none, and clear words about anything else."""

from __future__ import annotations

import errno
import io
import mmap
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import InvalidInputError, StorageFullError
from harness.record.journal import Journal, Lines, read_journal
from harness.record.trial_record import SCHEMA, Cost, Leftovers, TrialRecord


def record(number: int) -> TrialRecord:
    return TrialRecord(
        trial_id=f"made/none/{number}/plain",
        scenario="made",
        profile="none",
        block=number,
        position=0,
        strategy="plain",
        factors={},
        platform="emulated",
        outcome="ok",
        elapsed_ms=0.3,
        operations=[],
        leftovers=Leftovers(files=0, bytes=0),
        cost_us=Cost(stage=1, persist=2, verify=3),
    )


def written(path: Path, count: int) -> bytes:
    with Journal(path) as journal:
        for number in range(count):
            journal.append(record(number))
    return path.read_bytes()


def test_what_was_written_is_read_back_in_order(tmp_path: Path) -> None:
    written(tmp_path / "j", 5)
    assert list(read_journal(Lines(tmp_path / "j"))) == [record(number) for number in range(5)]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_journal_cut_anywhere_keeps_its_whole_lines_and_goes_on(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("journal") / "j"
    content = written(path, 4)
    cut = data.draw(st.integers(0, len(content)))
    path.write_bytes(content[:cut])
    whole = content[:cut].count(b"\n")
    assert list(read_journal(Lines(path))) == [record(number) for number in range(whole)]
    with Journal(path) as journal:
        journal.append(record(9))
    assert list(read_journal(Lines(path))) == [*(record(number) for number in range(whole)), record(9)]


def test_a_damaged_line_is_named_with_what_to_do(tmp_path: Path) -> None:
    content = written(tmp_path / "j", 3).replace(b'"block":1', b'"block":"x"')
    (tmp_path / "j").write_bytes(content)
    with pytest.raises(InvalidInputError, match=r"line 2 is not a record: block") as caught:
        list(read_journal(Lines(tmp_path / "j")))
    assert str(caught.value.hint) == (
        "Delete line 2 (and any other invalid line), then complete the run with "
        f"`harness run --resume {tmp_path}`; the valid lines are kept."
    )


def test_a_line_that_is_cut_off_is_named_once_with_the_place(tmp_path: Path) -> None:
    first, second = written(tmp_path / "j", 2).splitlines(keepends=True)
    (tmp_path / "j").write_bytes(first + second[:20] + b"\n")
    expected = "line 2 is not a record: invalid JSON, unterminated string starting at column 13$"
    with pytest.raises(InvalidInputError, match=expected):
        list(read_journal(Lines(tmp_path / "j")))


def test_another_schema_is_refused_with_both_versions_named(tmp_path: Path) -> None:
    content = written(tmp_path / "j", 1).replace(b'"schema":%d' % SCHEMA, b'"schema":77')
    (tmp_path / "j").write_bytes(content)
    with pytest.raises(InvalidInputError, match=rf"schema 77; this version reads schema {SCHEMA}"):
        list(read_journal(Lines(tmp_path / "j")))


def test_a_missing_journal_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="has no nothing, so its trials are missing") as caught:
        list(read_journal(Lines(tmp_path / "nothing")))
    assert f"harness run --resume {tmp_path}" in str(caught.value.hint)


def test_a_journal_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "j").mkdir()
    with pytest.raises(InvalidInputError) as caught:
        Journal(tmp_path / "j")
    assert str(tmp_path / "j") in caught.value.message
    with pytest.raises(InvalidInputError, match="none"):
        Journal(tmp_path / "none" / "j")
    with pytest.raises(InvalidInputError) as caught:
        list(Lines(tmp_path / "j"))
    assert caught.value.message.startswith(f"{tmp_path / 'j'}: ")


class Refusing(io.RawIOBase):
    """A disk that takes `room` more bytes, at most seven at a time, and then fails with `code`."""

    def __init__(self, path: Path, room: int, code: int) -> None:
        self._file = path.open("a+b", buffering=0)
        self._room = room
        self._code = code

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()

    def write(self, data: Any) -> int:
        if not self._room:
            raise OSError(self._code, os.strerror(self._code))
        taken = self._file.write(bytes(data[: min(self._room, 7)]))
        self._room -= taken
        return taken


@pytest.mark.parametrize("room", [0, 1, 100])
@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        (errno.ENOSPC, StorageFullError, "all lines before it are intact"),
        (errno.EDQUOT, StorageFullError, "no room for the next line"),
        (errno.EIO, OSError, os.strerror(errno.EIO)),
    ],
)
def test_a_line_that_does_not_fit_leaves_the_journal_as_it_was(
    tmp_path: Path, room: int, code: int, error: type[Exception], words: str
) -> None:
    """What a full disk is told apart from is raised as it is."""
    before = written(tmp_path / "j", 2)
    with Journal(tmp_path / "j") as journal:
        journal._file.close()
        journal._file = Refusing(tmp_path / "j", room, code)  # type: ignore[assignment]
        with pytest.raises(error, match=words):
            journal.append(record(2))
        assert (tmp_path / "j").read_bytes() == before


def test_a_disk_that_takes_a_line_in_parts_gets_all_of_it(tmp_path: Path) -> None:
    written(tmp_path / "j", 2)
    with Journal(tmp_path / "j") as journal:
        journal._file.close()
        journal._file = Refusing(tmp_path / "j", 1 << 20, errno.EIO)  # type: ignore[assignment]
        journal.append(record(2))
    assert list(read_journal(Lines(tmp_path / "j"))) == [record(number) for number in range(3)]


@pytest.mark.parametrize("torn", [b"", b"x", b"x" * (mmap.ALLOCATIONGRANULARITY - 1)])
def test_what_follows_the_last_line_end_is_cut_off_wherever_that_is(tmp_path: Path, torn: bytes) -> None:
    """Also where the line end is the last or the first byte of a page."""
    line = written(tmp_path / "j", 1)
    for content in (line, b"x" * (mmap.ALLOCATIONGRANULARITY - 1) + b"\n", b"\n"):
        (tmp_path / "j").write_bytes(content + torn)
        Journal(tmp_path / "j").__exit__()
        assert (tmp_path / "j").read_bytes() == content
    (tmp_path / "j").write_bytes(torn)
    Journal(tmp_path / "j").__exit__()
    assert (tmp_path / "j").read_bytes() == b""


def test_a_trial_that_is_there_twice_is_named_with_its_line(tmp_path: Path) -> None:
    content = written(tmp_path / "j", 2)
    (tmp_path / "j").write_bytes(content + content.splitlines(keepends=True)[0])
    with pytest.raises(InvalidInputError, match=r"line 3 repeats the trial made/none/0/plain"):
        list(read_journal(Lines(tmp_path / "j")))
