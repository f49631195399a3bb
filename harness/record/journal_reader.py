"""Read the trials of a journal: the one place that says which lines of it count.

A line counts if it is as it was written, is a record, is of this run, and has a place in the plan that
no earlier line has. Any other is left out and told as `Damage`; nothing else is lost with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from harness.errors import InvalidInputError
from harness.record.check_sum import opened
from harness.record.damage import Damage
from harness.record.journal import LONGEST, NAME, Lines
from harness.record.manifest import Manifest
from harness.record.migrate import TRIALS, migrated, read_as_they_are
from harness.record.trial_record import SCHEMA, Place, TrialRecord, is_checked, place_of

T = TypeVar("T")
AS_THEY_ARE: Final = frozenset(read_as_they_are(TRIALS))
_HEADS: Final = tuple(f'{{"schema":{schema},'.encode() for schema in AS_THEY_ARE)


class NotARecordError(Exception):
    """What is wrong with a line."""


class Decoder(NamedTuple, Generic[T]):
    """Makes a trial, with the fields of `TrialRecord`, of JSON in the current schema.

    `decode` takes text, `convert` data as read from JSON. Both raise `NotARecordError`.
    """

    decode: Callable[[bytes], T]
    convert: Callable[[dict[str, Any]], T]


def _decode(text: bytes | str) -> TrialRecord:
    try:
        return TrialRecord.model_validate_json(text, strict=True)
    except ValidationError as error:
        what = error.errors(include_url=False)[0]
        where = ".".join(map(str, what["loc"]))
        words = what["msg"].removeprefix("Value error, ")
        raise NotARecordError(f"{where}: {words}" if where else words) from error


RECORDS: Final = Decoder(_decode, lambda data: _decode(json.dumps(data)))
"""Decodes into `TrialRecord`."""


class JournalReader(Generic[T]):
    """The trials of the run in `folder` that count, in the order in which they ran, with their lines.

    After reading, `damage` has the lines that were left out, and `torn` says whether the last line is
    cut off. Lines of older schemas are migrated. `unique`: whether repeated trials are looked for,
    which takes memory.

    Raises `InvalidInputError` if the file cannot be read.
    """

    def __init__(
        self, folder: Path, manifest: Manifest, decoder: Decoder[T], *, unique: bool = True
    ) -> None:
        self.lines = Lines(folder / NAME)
        self.damage = Damage()
        self._run = manifest.run
        self._platform = manifest.platform
        self._has_check_sums = manifest.integrity != "unchecked"
        self._decoder = decoder
        self._unique = unique

    @property
    def torn(self) -> bool:
        """Whether the last line is cut off."""
        return self.lines.torn

    def __iter__(self) -> Iterator[tuple[int, T]]:
        seen: dict[Place, int] = {}
        for number, line in self.lines:
            try:
                trial: Any = self._trial(line)
            except NotARecordError as error:
                self.damage.add(number, str(error))
                continue
            if self._unique:
                place = place_of(
                    trial.scenario, trial.profile, trial.block, trial.strategy, trial.factors
                )
                if (first := seen.setdefault(place, number)) != number:
                    self.damage.add(number, f"it repeats the trial of line {first}")
                    continue
            yield number, trial

    def _trial(self, line: bytes | None) -> Any:
        if line is None:
            raise NotARecordError(f"longer than {LONGEST:,} bytes")
        text = opened(line) or self._unsealed(line)
        if text.startswith(_HEADS):
            trial: Any = self._decoder.decode(text)
        else:
            trial = self._decoder.convert(_migrated(text, self._run))
        if trial.schema_version not in AS_THEY_ARE:
            raise NotARecordError("two different schemas")
        if not is_checked(trial.schema_version):
            trial.run = self._run
        trial.schema_version = SCHEMA
        if trial.run != self._run:
            raise NotARecordError(f"it is of another run, {trial.run}")
        if trial.platform != self._platform:
            what = f"platform: found {trial.platform}; the run's manifest says {self._platform}"
            raise NotARecordError(what)
        return trial

    def _unsealed(self, line: bytes) -> bytes:
        """A line without a check sum, which only older versions wrote."""
        if (fault := json_fault(line)) is not None:
            raise NotARecordError(fault)
        if b'"check":' in line:
            raise NotARecordError("its check sum does not match, so it was changed")
        if self._has_check_sums or is_checked(_schema_of(line)):
            raise NotARecordError("it has no check sum")
        return line


def _schema_of(line: bytes) -> object:
    data = json.loads(line)
    return data.get("schema", SCHEMA) if isinstance(data, dict) else None


def _migrated(text: bytes, run: str) -> dict[str, Any]:
    """A line in the current schema; one of an older schema is taken as of the `run`."""
    if (fault := json_fault(text)) is not None:
        raise NotARecordError(fault)
    if not isinstance(data := json.loads(text), dict):
        raise NotARecordError("not a JSON object")
    if not is_checked(data.get("schema", SCHEMA)):
        data["run"] = run
    try:
        return migrated(data, "it", TRIALS)
    except InvalidInputError as error:
        raise NotARecordError(error.message) from error


def json_fault(line: bytes) -> str | None:
    """What makes a line invalid JSON, and where; ``None`` if it is valid."""
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at")
        return f"invalid JSON, {what[0].lower()}{what[1:]} at column {error.colno}"
    except (ValueError, RecursionError) as error:
        return f"invalid JSON, {error}"
    return None
