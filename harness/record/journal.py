"""The journal: one file, one handle, one line per trial, appended and flushed. Nothing is renamed.

The results folder is scanned too, so nothing here persists by renaming. A line is whole or it is not
there: a torn last line (a killed process, a full disk) is cut off before the next one is written.
`harness.record.journal_reader` says which lines are trials of the run.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, Self

from harness.errors import FULL, InvalidInputError, StorageFullError
from harness.outside_files import open_regular
from harness.record.check_sum import sealed
from harness.record.trial_record import TrialRecord
from harness.text import quoted, size

NAME: Final = "journal.jsonl"
LONGEST: Final = 1 << 26
"""More bytes than any trial fills; no more are read into memory to find the end of a line."""
_ENDS: Final = (b"\n", b"\r")
"""Of lines: an editor or a transfer may have changed them, and JSON in a line has neither."""


class Journal:
    """The journal of a run, open for appending. A context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("a+b", buffering=0)
        except OSError as error:
            raise InvalidInputError(f"{path}: {error.strerror}") from error
        self._cut_torn_line()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, record: TrialRecord) -> None:
        """Append one line. On failure the journal is as it was before.

        Raises `StorageFullError` when there is no room, `InvalidInputError` for a record that is longer
        than any reader takes.
        """
        line = sealed(record.to_line().encode()) + b"\n"
        if len(line) > LONGEST:
            raise InvalidInputError(
                f"{self.path}: the record of one trial, of {record.scenario} with {record.strategy}, "
                f"would have {size(len(line))}, and no reader takes more than {size(LONGEST)}",
                hint="Use fewer items or operations, or a strategy with fewer attempts.",
            )
        written = 0
        try:
            while written < len(line):  # the disk may take a part: the rest says why
                written += self._file.write(line[written:])
        except OSError as error:
            number = self._file.fileno()
            os.ftruncate(number, os.fstat(number).st_size - written)
            if error.errno not in FULL:
                raise
            raise StorageFullError(
                f"{self.path}: no room for the next line ({error.strerror}); "
                "all lines before it are intact",
                hint="Free some space; then `harness run --resume RUN` continues from there.",
            ) from error

    def _cut_torn_line(self) -> None:
        """Remove what follows the end of the last line."""
        number = self._file.fileno()
        if not os.fstat(number).st_size:  # an empty file cannot be mapped
            return
        with mmap.mmap(number, 0, access=mmap.ACCESS_READ) as content:
            size, keep = len(content), max(map(content.rfind, _ENDS)) + 1
        if keep < size:
            os.ftruncate(number, keep)


class Lines:
    """The whole lines of a journal with their numbers; after reading, `torn` says if one is cut off.

    Lines come without their ends, be they LF, CR LF or CR, and ``None`` for one that is too long for
    any trial. Raises `InvalidInputError` if the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.torn = False
        self._file: BinaryIO | None = None

    @property
    def share(self) -> float:
        """The share of the file that is read."""
        if self._file is None or self._file.closed:
            return 0.0
        return self._file.tell() / max(os.fstat(self._file.fileno()).st_size, 1)

    def __iter__(self) -> Iterator[tuple[int, bytes | None]]:
        number = 0
        try:
            with open_regular(self.path) as file:
                self._file = file
                while raw := file.readline(LONGEST):
                    if raw.endswith(b"\n") and b"\r" not in raw:
                        number += 1
                        yield number, raw[:-1]
                    elif len(raw) == LONGEST and raw[-1:] not in _ENDS:
                        while raw and not raw.endswith(b"\n"):
                            raw = file.readline(LONGEST)
                        number += 1
                        yield number, None
                    else:
                        for line in raw.splitlines(keepends=True):
                            if line[-1:] in _ENDS:
                                number += 1
                                yield number, line.rstrip(b"\r\n")
                            else:
                                self.torn = True
        except FileNotFoundError as error:
            raise InvalidInputError(
                f"{self.path.parent} has no {self.path.name}, so its trials are missing",
                hint="If the run was stopped before its first trial, complete it with "
                f"`harness run --resume {quoted(str(self.path.parent))}`.",
            ) from error
        except OSError as error:
            raise InvalidInputError(f"{self.path}: {error.strerror}") from error
