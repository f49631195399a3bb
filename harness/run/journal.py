"""The journal: one file, one handle, one line a trial, appended and flushed. Nothing is renamed.

The results folder is scanned too, so nothing here persists by renaming. A line is whole or it is not
there: a torn last line (a killed process, a full disk) is cut off before the next one is written.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from harness.errors import FULL, InvalidInputError, StorageFullError
from harness.run.record import SCHEMA, TrialRecord

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

NAME: Final = "journal.jsonl"


class Journal:
    """The journal of a run, open for appending. A context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise InvalidInputError(f"{path}: {error.strerror}") from error
        self._cut_torn_line()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, record: TrialRecord) -> None:
        """Write one line. On failure the journal is as it was before.

        Raises `StorageFullError` when there is no room.
        """
        line = record.to_line().encode() + b"\n"
        before = os.fstat(self._file.fileno()).st_size
        try:
            written = self._file.write(line)
            while written < len(line):  # the disk took a part: the rest says why
                written += self._file.write(line[written:])
        except OSError as error:
            os.ftruncate(self._file.fileno(), before)
            if error.errno not in FULL:
                raise
            raise StorageFullError(
                f"{self.path}: no room for the next line ({error.strerror}); "
                "all lines before it are intact",
                hint="Free some space; then `harness run --resume RUN` goes on from there.",
            ) from error

    def _cut_torn_line(self) -> None:
        """Remove what stands behind the last line's end."""
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            keep = size
            while keep > 0:
                step = min(keep, 1 << 16)
                file.seek(keep - step)
                found = file.read(step).rfind(b"\n")
                if found >= 0:
                    keep = keep - step + found + 1
                    break
                keep -= step
        if keep < size:
            os.ftruncate(self._file.fileno(), keep)


def read_journal(path: Path) -> Iterator[TrialRecord]:
    """Read the trials of a journal, in the order they ran. A torn last line is passed over.

    Raises `InvalidInputError` with the number of the line for anything else that is not a record.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}") from error
    seen: set[str] = set()
    with file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            try:
                record = TrialRecord.model_validate_json(line)
            except ValidationError as error:
                what = error.errors(include_url=False)[0]
                where = "".join(f"{part}: " for part in what["loc"])
                raise InvalidInputError(
                    f"{path}: line {number} is no record: {where}{what['msg']}",
                    hint=f"The {number - 1} lines before it are good: cut the file there "
                    f"(head -n {number - 1}), then `harness run --resume` goes on.",
                ) from error
            if record.trial_id in seen:
                raise InvalidInputError(
                    f"{path}: line {number} repeats the trial {record.trial_id}",
                    hint="Every trial is there once; remove the line.",
                )
            seen.add(record.trial_id)
            if record.schema_version != SCHEMA:
                raise InvalidInputError(
                    f"{path}: line {number} has schema {record.schema_version}; "
                    f"this version reads schema {SCHEMA}"
                )
            yield record
