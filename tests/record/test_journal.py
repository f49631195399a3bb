"""The journal: whole lines or none, and clear words about anything else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import InvalidInputError
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
