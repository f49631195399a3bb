"""The journal: one file, one handle, one line per trial, appended and flushed. Nothing is renamed.

The results folder is scanned too, so nothing here persists by renaming. A line is whole or it is not
there: a torn last line (a killed process, a full disk) is cut off before the next one is written.
"""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self

from pydantic import ValidationError

from harness.errors import FULL, InvalidInputError, StorageFullError
from harness.outside_files import open_regular
from harness.record.migrate import TRIALS, migrated, read_as_they_are
from harness.record.trial_record import SCHEMA, TrialRecord
from harness.text import quoted

NAME: Final = "journal.jsonl"
LONGEST: Final = 1 << 26
"""More bytes than any trial fills; no more are read into memory to find the end of a line."""
TWO_SCHEMAS: Final = "it has two different schemas"
AS_THEY_ARE: Final = frozenset(read_as_they_are(TRIALS))
_HEADS: Final = tuple(f'{{"schema":{schema},'.encode() for schema in AS_THEY_ARE)


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
                hint="Free some space; then `harness run --resume RUN` continues from there.",
            ) from error

    def _cut_torn_line(self) -> None:
        """Remove what follows the end of the last line."""
        number = self._file.fileno()
        if not os.fstat(number).st_size:  # an empty file cannot be mapped
            return
        with mmap.mmap(number, 0, access=mmap.ACCESS_READ) as content:
            size, keep = len(content), content.rfind(b"\n") + 1
        if keep < size:
            os.ftruncate(number, keep)


class Lines:
    """The whole lines of a journal with their numbers; after reading, `torn` says if one is cut off.

    Raises `InvalidInputError` if the file cannot be read, or has a line that no trial fills.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.torn = False

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        try:
            with open_regular(self.path) as file:
                for number, line in enumerate(iter(lambda: file.readline(LONGEST), b""), 1):
                    if line.endswith(b"\n"):
                        yield number, line
                    elif len(line) == LONGEST:
                        raise no_record(self.path, number, f"longer than {LONGEST:,} bytes")
                    else:
                        self.torn = True
        except FileNotFoundError as error:
            raise InvalidInputError(
                f"{self.path.parent} has no {self.path.name}, so its trials are missing",
                hint="If the run was stopped before its first trial, complete it with "
                f"`{_resume(self.path)}`.",
            ) from error
        except OSError as error:
            raise InvalidInputError(f"{self.path}: {error.strerror}") from error


def _resume(path: Path) -> str:
    return f"harness run --resume {quoted(str(path.parent))}"


def no_record(path: Path, number: int, what: str) -> InvalidInputError:
    """Return the error for a line that cannot be used, with what to do about it."""
    return InvalidInputError(
        f"{path}: line {number} is not a record: {what}",
        hint=f"Delete line {number} (and any other invalid line), then complete the run with "
        f"`{_resume(path)}`; the valid lines are kept.",
    )


def json_fault(line: bytes) -> str | None:
    """Return what makes a line invalid JSON, and where; ``None`` if it is valid."""
    try:
        json.loads(line.strip())
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at")
        return f"invalid JSON, {what[0].lower()}{what[1:]} at column {error.colno}"
    except (ValueError, RecursionError) as error:
        return f"invalid JSON, {error}"
    return None


def repeated(path: Path, number: int, trial_id: str) -> InvalidInputError:
    """Return the error for a line with a trial of an earlier line."""
    return InvalidInputError(
        f"{path}: line {number} repeats the trial {trial_id}",
        hint=f"Each trial has one line; delete line {number}.",
    )


def needs_no_migration(line: bytes) -> bool:
    """Whether a line begins with a schema of `AS_THEY_ARE`.

    The last key counts if it repeats the schema, so check the result, too.
    """
    return line.startswith(_HEADS)


def migrated_line(path: Path, number: int, line: bytes) -> Any:
    """Return a line of any known schema in the current one, as read from JSON.

    Raises `InvalidInputError` for an unknown schema, and for anything but a JSON object.
    """
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise no_record(path, number, json_fault(line) or str(error)) from error
    if not isinstance(data, dict):
        raise no_record(path, number, "not a JSON object")
    return migrated(data, f"{path}: line {number}", TRIALS)


def read_journal(lines: Lines) -> Iterator[TrialRecord]:
    """Read the trials of a journal, in the order in which they ran. A torn last line is skipped.

    Lines of older schemas are migrated. Raises `InvalidInputError` with the number of the line for
    anything else.
    """
    seen: set[str] = set()
    path = lines.path
    for number, line in lines:
        try:
            record = TrialRecord.model_validate_json(
                line if needs_no_migration(line) else json.dumps(migrated_line(path, number, line))
            )
        except ValidationError as error:
            what = error.errors(include_url=False)[0]
            where = "".join(f"{part}: " for part in what["loc"])
            raise no_record(path, number, json_fault(line) or f"{where}{what['msg']}") from error
        if record.schema_version not in AS_THEY_ARE:
            raise no_record(path, number, TWO_SCHEMAS)
        record.schema_version = SCHEMA
        if record.trial_id in seen:
            raise repeated(path, number, record.trial_id)
        seen.add(record.trial_id)
        yield record
