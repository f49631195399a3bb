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
from harness.record import journal as journal_module
from harness.record.check_sum import opened
from harness.record.journal import Journal, Lines
from harness.record.trial_record import Cost, Leftovers, TrialRecord


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


def read(path: Path) -> list[TrialRecord]:
    texts = [opened(line or b"") for _, line in Lines(path)]
    return [TrialRecord.model_validate_json(text or b"") for text in texts]


def test_what_was_written_is_read_back_in_order(tmp_path: Path) -> None:
    written(tmp_path / "j", 5)
    assert read(tmp_path / "j") == [record(number) for number in range(5)]


@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
def test_lines_may_have_other_ends(tmp_path: Path, end: bytes) -> None:
    """As after a transfer or an editor; nothing of them is cut off."""
    content = written(tmp_path / "j", 3).replace(b"\n", end)
    (tmp_path / "j").write_bytes(content + b'{"torn')
    lines = Lines(tmp_path / "j")
    assert [number for number, _ in lines] == [1, 2, 3]
    assert lines.torn
    with Journal(tmp_path / "j") as journal:
        journal.append(record(3))
    assert (tmp_path / "j").read_bytes().startswith(content)
    assert read(tmp_path / "j") == [record(number) for number in range(4)]


def test_a_line_that_is_too_long_is_not_kept_in_memory_and_no_other_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = written(tmp_path / "j", 2).splitlines()
    monkeypatch.setattr(journal_module, "LONGEST", 1000)
    for end in (b"\n", b""):
        (tmp_path / "j").write_bytes(one + b"\n" + b" " * 5000 + b"\n" + two + b"\n" + b" " * 2000 + end)
        assert list(Lines(tmp_path / "j")) == [(1, one), (2, None), (3, two), (4, None)]


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
    assert read(path) == [record(number) for number in range(whole)]
    with Journal(path) as journal:
        journal.append(record(9))
    assert read(path) == [*(record(number) for number in range(whole)), record(9)]


def test_a_missing_journal_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="has no nothing, so its trials are missing") as caught:
        list(Lines(tmp_path / "nothing"))
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
    assert read(tmp_path / "j") == [record(number) for number in range(3)]


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


def test_a_record_that_no_reader_takes_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "j"
    before = written(path, 2)
    longest = max(map(len, before.splitlines()))
    monkeypatch.setattr(journal_module, "LONGEST", longest)
    words = r"j: the record of one trial, of made with plain, would have \d+ B, and no reader"
    with Journal(path) as file, pytest.raises(InvalidInputError, match=words):
        file.append(record(3))
    assert path.read_bytes() == before
