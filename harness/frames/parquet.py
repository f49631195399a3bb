"""Write frames to a folder of Parquet files, one per frame, and load them again.

An export may come from a stranger, so its schema, its values and the relations of its tables are checked
as strictly as a journal is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from harness.errors import InvalidInputError
from harness.frames.building import Array, Builder, Coded, Fault, refuse
from harness.frames.decoding import places_in
from harness.frames.definition import PLACE, TABLES, FrameColumn, Frames, Type
from harness.outside_files import check_regular
from harness.record.migrate import EXPORTS, VALUES, migrated, unchanged
from harness.record.trial_record import SCHEMA
from harness.scenario.model import Margin
from harness.strategy.timetable import ATTEMPT_COST_MS
from harness.summary.trial_row import NOT_COUNTED, WORST_LAST

Columns = dict[str, Any]

_SCHEMA_KEY: Final = b"persist-harness.schema"
_STRATEGIES_KEY: Final = b"persist-harness.strategies"
"""In the file of trials: the strategies in their order, a JSON array. Exports without it are sorted."""
MOST_ROWS: Final = 1 << 27
MOST_BYTES: Final = 1 << 32
"""Of one file: a few bytes of Parquet may expand to any number of rows, and memory is finite."""
_ROW_GROUP: Final = 1 << 20
_OF_RUN: Final = ("platform", "rules", "antivirus")
_TYPES: Final = {
    kind: pa.type_for_alias("string" if kind in {"category", "str"} else kind.lower())
    for kind in get_args(Type)
}


def file_of(folder: Path, table: str) -> Path:
    """The file of a frame in an export."""
    return folder / f"{table}.parquet"


def is_export(folder: Path) -> bool:
    """Whether a folder is an export rather than a run."""
    return file_of(folder, "trials").exists()


def columns_in_files(table: str) -> tuple[FrameColumn, ...]:
    """The columns of a frame as files have them; the number of the trial is one of them."""
    number = tuple(column for column in TABLES["operations"] if column.name == "trial")
    return number + TABLES[table] if table == "trials" else TABLES[table]


def arrow_slices(frames: Frames, table: str) -> Iterator[Any]:
    """A frame as Arrow tables of at most `_ROW_GROUP` rows; at least one."""
    frame = getattr(frames, table)
    schema = schema_of(table)
    for start in range(0, max(len(frame), 1), _ROW_GROUP):
        part = frame.iloc[start : start + _ROW_GROUP]
        if part.index.name is not None:
            part = part.reset_index()
        arrays = [pa.array(part[field.name], from_pandas=True).cast(field.type) for field in schema]
        yield pa.table(arrays, schema=schema)


def schema_of(table: str) -> Any:
    """The Arrow schema of a frame in an export."""
    fields = [
        pa.field(column.name, _TYPES[column.type], nullable=bool(column.missing))
        for column in columns_in_files(table)
    ]
    return pa.schema(fields)


def write_parquet(frames: Frames, table: str, path: Path) -> None:
    """Write the frame `table` to the file `path`."""
    texts = [column.name for column in TABLES[table] if column.type in {"category", "str"}]
    with pq.ParquetWriter(
        path,
        schema_of(table),
        use_dictionary=texts,
        compression="zstd",
        store_schema=False,
        write_page_checksum=True,
    ) as writer:
        writer.add_key_value_metadata({_SCHEMA_KEY: str(SCHEMA)})
        if table == "trials":
            strategies = list(frames.trials["strategy"].cat.categories)
            writer.add_key_value_metadata({_STRATEGIES_KEY: msgspec.json.encode(strategies)})
        for part in arrow_slices(frames, table):
            writer.write_table(part, row_group_size=_ROW_GROUP)


@dataclass(frozen=True)
class Export:
    """An export whose trials are loaded, the first as number `first`; the rest is read on demand.

    `operations` and `attempts` say how many of them each trial has.
    """

    folder: Path
    first: int
    operations: Array
    attempts: Array

    def load(self, table: str, builder: Builder) -> None:
        """Load operations, attempts or holds. Raises `InvalidInputError` as `load_export`."""
        with _naming(file_of(self.folder, table)) as path:
            columns = _read_details(path, table, self.operations)
            if table == "attempts":
                _check_attempts(columns["trial"], self.attempts)
            columns["trial"] += self.first
            builder.add(table, columns)


def load_export(folder: Path, builder: Builder) -> tuple[Export, set[str]]:
    """Load the trials, runs and profiles of an export; return the rest of it, and the names of its runs.

    Raises `InvalidInputError` for files that are damaged, unknown, or do not belong together.
    """
    first = builder.trials
    with _naming(file_of(folder, "trials")) as path:
        trials = _read(path, "trials")
        wrong = trials["trial"] != np.arange(len(trials["trial"]))
        refuse("trials", "trial", wrong, "trials are numbered from 0")
        _check_places(trials)
    with _naming(file_of(folder, "runs")) as path:
        runs = _read(path, "runs")
        if "manifest" not in runs:
            count = len(runs["run"])
            runs |= {"damaged": [0] * count, "damage": [""] * count, "manifest": ["unchecked"] * count}
        _check_runs(runs, trials)
        builder.add("runs", runs)
    if is_older := "calls" not in trials:
        trials |= _calls_and_attempts(folder, trials["operations"])
        trials |= _held_and_left(folder, trials)
    if "draw" not in trials:
        trials["draw"] = _draws(trials, runs)
    with _naming(file_of(folder, "trials")) as path:
        builder.add("trials", trials)
        builder.order_strategies(_strategies(path))
    with _naming(file_of(folder, "profiles")) as path:
        builder.add("profiles", _read(path, "profiles"))
    if is_older:
        builder.add("scenarios", _scenarios(trials))
    else:
        with _naming(file_of(folder, "scenarios")) as path:
            builder.add("scenarios", _read(path, "scenarios"))
    export = Export(folder, first, trials["operations"], trials["attempts"])
    return export, {*runs["run"], *runs["id"]}


def _calls_and_attempts(folder: Path, counts: Array) -> Columns:
    """The columns of trials that exports before schema 3 lack; `counts` are operations per trial."""
    with _naming(file_of(folder, "operations")) as path:
        operations = _read_details(path, "operations", counts)
    with _naming(file_of(folder, "attempts")) as path:
        attempts = _read_details(path, "attempts", counts)
    trial = operations["trial"]
    first = np.cumsum(counts, dtype=np.int64) - counts
    listed = np.bincount(first[attempts["trial"]] + attempts["operation"], minlength=len(trial))
    calls, most = np.zeros(len(counts), np.int64), np.ones(len(counts), np.int64)
    np.add.at(calls, trial, operations["calls"])
    np.maximum.at(most, trial, listed)
    return {"calls": calls, "max_attempts": most}


def _draws(trials: Columns, runs: Columns) -> list[str]:
    """The draws of trials in exports before schema 3, as far as they tell.

    They lack the content of scenarios and profiles, so the same names with the same seed are the same.
    """
    names = {
        name: (seed, own) for name, seed, own in zip(runs["run"], runs["seed"], runs["id"], strict=True)
    }
    columns = [_texts(trials[name]) for name in ("run", "scenario", "profile", "freshness")]
    rows = enumerate(zip(*columns, trials["block"], strict=True))
    return [
        f"{names[run][1]}/{row}" if freshness else f"{names[run][0]}/{scenario}/{profile}/{block}"
        for row, (run, scenario, profile, freshness, block) in rows
    ]


def _held_and_left(folder: Path, trials: Columns) -> Columns:
    """The same, as far as such exports tell: they do not know whether there was an older file."""
    counts = trials["operations"]
    with _naming(file_of(folder, "holds")) as path:
        holds = _read_details(path, "holds", counts)
    with _naming(file_of(folder, "operations")) as path:
        operations = _read_details(path, "operations", counts)
    held = np.zeros(len(counts), bool)
    held[holds["trial"][~np.isnan(holds["opened_ms"])]] = True
    worst = np.zeros(len(counts), np.int64)
    states = ["nothing" if text == "missing" else text for text in operations["dest_state"].texts]
    places = np.array([WORST_LAST.index(state) for state in states], np.int64)
    np.maximum.at(worst, operations["trial"], places[operations["dest_state"].codes])
    outcomes = _texts(trials["outcome"])
    worst[(outcomes == "ok") | (outcomes == NOT_COUNTED)] = 0
    return {"held": held, "left": Coded(worst, list(WORST_LAST))}


def _scenarios(trials: Columns) -> Columns:
    """What differences mean where an export does not say: as in scenarios that do not say."""
    names = list(dict.fromkeys(zip(_texts(trials["run"]), _texts(trials["scenario"]), strict=True)))
    margin = Margin()
    return {
        "run": [run for run, _ in names],
        "scenario": [scenario for _, scenario in names],
        "strategies": [""] * len(names),
        "resolution_ms": [ATTEMPT_COST_MS] * len(names),
        "margin_failures": [margin.failures] * len(names),
        "margin_time": [margin.time] * len(names),
    }


def _strategies(path: Path) -> list[str]:
    found = (pq.read_metadata(path).metadata or {}).get(_STRATEGIES_KEY, b"[]")
    return msgspec.json.decode(found, type=list[str])


@contextmanager
def _naming(path: Path) -> Iterator[Path]:
    """Name the file in whatever error it causes; anything but a file is one."""
    try:
        check_regular(path)
        yield path
    except Fault as fault:
        raise _damaged(path, f"row {fault.row + 1}: {fault.what}") from fault
    except (pa.ArrowException, OSError, ValueError, OverflowError, LookupError) as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, what: str) -> InvalidInputError:
    return InvalidInputError(
        f"{path}: {what}",
        hint="The export is damaged, or of another program; `harness export` makes it from the runs.",
    )


def _read(path: Path, table: str) -> Columns:
    """The columns of one file: numbers as arrays, text that repeats as codes."""
    metadata = pq.read_metadata(path).metadata or {}
    version = metadata.get(_SCHEMA_KEY)
    if version is None or not version.isdigit():
        raise ValueError("it does not say which schema it has")
    migrated({"schema": int(version)}, str(path), dict.fromkeys(EXPORTS, unchanged))
    before = EXPORTS.get(int(version), {})
    stored = {
        column: name
        for column in columns_in_files(table)
        if (name := before.get(table, {}).get(column.name, column.name)) is not None
    }
    coded = [name for column, name in stored.items() if column.type == "category"]
    with pq.ParquetFile(path, read_dictionary=coded, page_checksum_verification=True) as file:
        _check_shape(file.metadata, file.schema_arrow, stored)
        rows = file.metadata.num_rows
        data: Columns = {}
        for column, name in stored.items():
            values = file.read([name])[name]
            if len(values) != rows:
                raise ValueError(f"{column.name} has {len(values):,} rows of {rows:,}")
            data[column.name] = _column(values, table, column, VALUES.get(int(version), {}))
    return data


def _check_shape(metadata: Any, found: Any, stored: Mapping[FrameColumn, str]) -> None:
    """Refuse columns other than those that are expected, and files too large for memory."""
    expected = {name: _TYPES[column.type] for column, name in stored.items()}
    if found.names != list(expected):
        raise ValueError(f"its columns are {', '.join(found.names)}; expected {', '.join(expected)}")
    for field in found:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if kind != expected[field.name]:
            raise ValueError(f"{field.name}: found {kind}; expected {expected[field.name]}")
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    rows, size = (
        sum(getattr(group, name) for group in groups) for name in ("num_rows", "total_byte_size")
    )
    if rows > MOST_ROWS or size > MOST_BYTES:
        raise ValueError(f"{rows:,} rows, {size:,} bytes: more than is read of one export")


def _column(data: Any, table: str, column: FrameColumn, renamed: Mapping[str, str]) -> Any:
    if data.null_count and not column.missing:
        row = int(data.is_null().to_numpy().argmax())
        raise Fault(table, column.name, row, "it is missing")
    match column.type:
        case "category":
            whole = data.unify_dictionaries().combine_chunks()
            texts = [renamed.get(text, text) for text in whole.dictionary.to_pylist()]
            return Coded(whole.indices.to_numpy(), texts)
        case "str":
            return data.to_pylist()
        case "Int32" | "Int64":
            data = data.cast(pa.float64())
    array = data.to_numpy()
    return array if array.flags.writeable else array.copy()


def _read_details(path: Path, table: str, operations: Array) -> Columns:
    """Operations, attempts or holds, checked against the number of operations of each trial."""
    columns = _read(path, table)
    if table == "operations":
        _check_operations(columns, operations)
    else:
        _check_parts(table, columns, operations)
    return columns


def _check_operations(columns: Columns, counts: Array) -> None:
    """Check that every trial has its number of operations, in order."""
    trial, operation = columns["trial"], columns["operation"]
    if counts.min(initial=0) < 0 or counts.sum() != len(trial):
        raise ValueError(f"{len(trial):,} rows; the trials have {counts.sum():,} operations")
    wrong = (trial != np.repeat(np.arange(len(counts)), counts)) | (operation != places_in(counts))
    refuse("operations", "operation", wrong, "not the next one of a trial")


def _check_parts(table: str, columns: Columns, operations: Array) -> None:
    """Check that attempts or holds belong to operations of the export, numbered and in order."""
    trial, operation = columns["trial"], columns["operation"]
    first, place = (1, columns["attempt"]) if table == "attempts" else (0, columns["hold"])
    wrong = (trial < 0) | (trial >= len(operations)) | (operation < 0)
    if not wrong.any():
        wrong = operation >= operations[trial]
        same = (trial[1:] == trial[:-1]) & (operation[1:] == operation[:-1])
        later = (trial[1:] > trial[:-1]) | ((trial[1:] == trial[:-1]) & (operation[1:] > operation[:-1]))
        wrong[1:] |= ~np.where(same, place[1:] - place[:-1] == 1, later & (place[1:] == first))
        wrong[:1] |= place[:1] != first
    refuse(table, "operation", wrong, "not the next one of an operation")


def _check_attempts(trial: Array, counts: Array) -> None:
    differs = np.bincount(trial, minlength=len(counts)) != counts
    if differs.any():
        raise ValueError(f"trial {int(differs.argmax())} has another number of attempts")


def _check_places(trials: Columns) -> None:
    """Check that no two trials of a run have one place in its plan."""
    columns = {name: trials[name] for name in ("run", *PLACE)}
    numbers = {
        name: pd.factorize(np.array(found.texts, object))[0][found.codes]
        for name, found in columns.items()
        if isinstance(found, Coded)
    }
    repeated = pd.DataFrame({**columns, **numbers}, copy=False).duplicated().to_numpy()
    refuse("trials", "block", repeated, "the run has this trial twice")


def _check_runs(runs: Columns, trials: Columns) -> None:
    """Check that every trial belongs to a run of the export, and has that run's values."""
    places = {name: place for place, name in enumerate(runs["run"])}
    run = trials["run"]
    unknown = [name for name in run.texts if name not in places]
    if unknown or len(places) < len(runs["run"]):
        raise ValueError(f"no run {unknown[0]!r}" if unknown else "a run is there twice")
    of_trial = np.array([places[name] for name in run.texts], np.int64)[run.codes]
    if (np.bincount(of_trial, minlength=len(places)) != runs["trials"]).any():
        raise ValueError("a run has another number of trials")
    for name in _OF_RUN:
        if (_texts(runs[name])[of_trial] != _texts(trials[name])).any():
            raise ValueError(f"trials of another {name} than their run")


def _texts(column: Coded) -> Array:
    return np.array(column.texts, object)[column.codes]
