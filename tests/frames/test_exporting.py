"""Exports: what is loaded again is the same, other programs can use them, nothing is overwritten."""

from __future__ import annotations

import contextlib
import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from command_lab import harness
from frames_lab import JOURNALS, operation, trial, write_journal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_benchmark.stats import Stats
from record_lab import manifest_of, write_manifest

from harness.errors import InvalidInputError
from harness.frames import Format, export, exporting, load, parquet
from harness.frames.definition import TABLES, Frames
from harness.frames.observations import counted
from harness.frames.pytest_benchmark import _stats
from harness.frames.variant_summaries import variant_summaries
from harness.record.trial_record import SCHEMA, TrialRecord
from harness.summary.statistics import quantile

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario


EXAMPLES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)


@pytest.fixture
def folder(make_scenario: MakeScenario, run_scenario: RunScenario) -> Path:
    path = make_scenario(strategies='["plain", "exponential"]', profiles='["brief", "none"]')
    return run_scenario(path, blocks=4).folder


def same(one: Frames, other: Frames) -> None:
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(one, table), getattr(other, table))


@EXAMPLES
@given(trials=JOURNALS.filter(bool))
def test_a_parquet_export_loads_as_the_run_does(
    folder: Path, tmp_path: Path, trials: list[TrialRecord]
) -> None:
    write_journal(folder, trials)
    frames = load(folder)
    export(frames, tmp_path / "export", "parquet", overwrite=True)
    again = load(tmp_path / "export")
    same(frames, again)
    pd.testing.assert_frame_equal(counted(frames.trials), counted(again.trials))


def second_run(folder: Path, tmp_path: Path) -> Path:
    other = tmp_path / "other"
    other.mkdir()
    write_manifest(other, {**manifest_of(folder), "run": "other"})
    write_journal(other, [trial(number, operations=[operation()] * number) for number in range(3)])
    return other


def test_runs_and_exports_mix_in_any_order(folder: Path, tmp_path: Path) -> None:
    other = second_run(folder, tmp_path)
    for name, run in (("a", folder), ("b", other)):
        export(load(run), tmp_path / name, "parquet")
    a, b = tmp_path / "a", tmp_path / "b"
    expected = load([folder, other])
    for paths in ([a, b], [folder, b], [a, other]):
        same(expected, load(paths))


def test_an_export_of_several_runs_is_one_of_all_of_them(folder: Path, tmp_path: Path) -> None:
    frames = load([folder, second_run(folder, tmp_path)])
    export(frames, tmp_path / "export", "parquet")
    same(frames, load(tmp_path / "export"))
    with pytest.raises(InvalidInputError, match=r"the run .* is given twice"):
        load([tmp_path / "export", folder])


def test_strategies_are_in_the_order_of_the_scenarios_also_when_loaded_again(
    folder: Path, tmp_path: Path
) -> None:
    """The scenario compares plain with exponential; who is in no manifest comes after it, sorted."""
    labels = ["z", "exponential", "a", "plain"]
    write_journal(folder, [trial(number, strategy=label) for number, label in enumerate(labels)])
    other = second_run(folder, tmp_path)
    write_journal(other, [trial(0, strategy="plain"), trial(1, strategy="b")])
    for name, runs in (("one", [folder]), ("two", [other]), ("both", [other, folder])):
        export(load(runs), tmp_path / name, "parquet")

    def order(*names: str) -> list[str]:
        frames = load([tmp_path / name for name in names])
        assert frames.trials["strategy"].tolist()[-4:] == labels
        return list(frames.trials["strategy"].cat.categories)

    assert list(load(folder).trials["strategy"].cat.categories) == ["plain", "exponential", "a", "z"]
    assert order("one") == ["plain", "exponential", "a", "z"]
    assert order("both") == order("two", "one") == ["plain", "b", "exponential", "a", "z"]
    assert order(other.name, "one") == ["plain", "b", "exponential", "a", "z"]
    (found,) = variant_summaries(load(folder).trials).values()
    assert [each.strategy for each in found] == ["plain", "exponential", "a", "z"]


@pytest.mark.parametrize("strategies", [b"[1]", b"[", b"{}", b"[" * 10_000, b'["\xff"]'])
def test_a_damaged_order_of_strategies_is_refused(
    folder: Path, tmp_path: Path, strategies: bytes
) -> None:
    export(load(folder), tmp_path / "export", "parquet")
    path = tmp_path / "export" / "trials.parquet"
    table = pq.read_table(path)
    metadata = {**table.schema.metadata, b"persist-harness.strategies": strategies}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    with pytest.raises(InvalidInputError, match=r"trials\.parquet: "):
        load(tmp_path / "export")


def test_an_export_that_knows_no_order_of_strategies_is_sorted(folder: Path, tmp_path: Path) -> None:
    export(load(folder), tmp_path / "export", "parquet")
    path = tmp_path / "export" / "trials.parquet"
    table = pq.read_table(path)
    schema = {b"persist-harness.schema": table.schema.metadata[b"persist-harness.schema"]}
    pq.write_table(table.replace_schema_metadata(schema), path)
    assert list(load(tmp_path / "export").trials["strategy"].cat.categories) == ["exponential", "plain"]


def test_many_rows_are_written_and_read_in_groups(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_ROW_GROUP", 3)
    frames = load(folder)
    export(frames, tmp_path / "export", "parquet")
    assert pq.ParquetFile(tmp_path / "export" / "trials.parquet").num_row_groups > 3
    same(frames, load(tmp_path / "export"))


def test_parts_are_read_when_they_are_asked_for(folder: Path, tmp_path: Path) -> None:
    export(load(folder), tmp_path / "export", "parquet")
    attempts = tmp_path / "export" / "attempts.parquet"
    content = attempts.read_bytes()
    attempts.write_bytes(b"nothing")
    frames = load(tmp_path / "export")
    assert len(frames.operations) == len(frames.trials) == 16
    with pytest.raises(InvalidInputError, match=r"attempts\.parquet: "):
        _ = frames.attempts
    with pytest.raises(AttributeError):
        _ = frames.nonsense  # type: ignore[attr-defined]
    attempts.write_bytes(content)
    same(load(folder), frames)
    assert frames.attempts is frames.attempts


Change = Callable[[pa.Table], pa.Table]


def put(column: str, row: int, value: Any) -> Change:
    def change(table: pa.Table) -> pa.Table:
        values = table[column].to_pylist()
        values[row] = value
        place = table.schema.get_field_index(column)
        field = table.schema.field(column).with_nullable(True)
        return table.set_column(place, field, pa.array(values, field.type))

    return change


def cast(column: str, kind: pa.DataType) -> Change:
    def change(table: pa.Table) -> pa.Table:
        place = table.schema.get_field_index(column)
        return table.set_column(place, column, pc.cast(table[column], kind, safe=False))

    return change


def backwards(within: str) -> Change:
    """Trials in another order, each with its parts in theirs."""
    return lambda table: table.sort_by([("trial", "descending"), (within, "ascending")])


def without_last(table: pa.Table) -> pa.Table:
    return table.slice(0, len(table) - 1)


@pytest.mark.parametrize(
    ("table", "change", "what"),
    [
        ("trials", put("block", 2, -1), "row 3: block: found -1; expected at least 0"),
        ("trials", put("outcome", 2, "fine"), "row 3: outcome: found 'fine'; expected one of"),
        ("trials", put("outcome", 2, None), "row 3: outcome: it is missing"),
        ("trials", put("elapsed_ms", 0, float("nan")), "row 1: elapsed_ms: found nan"),
        ("trials", put("rerun_ms", 0, float("inf")), "row 1: rerun_ms: found inf"),
        ("trials", put("trial", 5, 4), "row 6: trial: trials are numbered from 0"),
        ("trials", put("run", 5, "another"), "no run 'another'"),
        ("trials", put("platform", 5, "windows"), "trials of another platform than their run"),
        ("trials", put("operations", 5, 2), "the trials have 17 operations"),
        ("trials", put("operations", 5, -1), "row 6: operations: found -1"),
        ("trials", put("attempts", 5, 9), "trial 5 has another number of attempts"),
        ("trials", cast("elapsed_ms", pa.float32()), "elapsed_ms: found float; expected double"),
        ("trials", cast("block", pa.string()), "block: found string; expected int32"),
        ("trials", cast("strategy", pa.binary()), "strategy: found binary; expected string"),
        ("trials", lambda table: table.drop_columns(["block"]), "its columns are"),
        ("trials", lambda table: table.append_column("x", table["block"]), "its columns are"),
        ("trials", without_last, "a run has another number of trials"),
        ("operations", put("trial", 3, 2), "row 4: operation: not the next one of a trial"),
        ("operations", put("operation", 3, 1), "row 4: operation: not the next one of a trial"),
        ("operations", without_last, "15 rows; the trials have 16 operations"),
        ("attempts", put("trial", 3, 99), "row 4: operation: not the next one of an operation"),
        ("attempts", put("trial", 0, -1), "row 1: operation: not the next one of an operation"),
        ("attempts", put("operation", 3, 1), "row 4: operation: not the next one of an operation"),
        ("attempts", put("attempt", 0, 2), "row 1: operation: not the next one of an operation"),
        ("attempts", put("attempt", 3, 7), "row 4: operation: not the next one of an operation"),
        ("attempts", put("end_ms", 0, -1.0), "row 1: end_ms: an attempt ends before it starts"),
        ("attempts", backwards("attempt"), "not the next one of an operation"),
        ("holds", backwards("hold"), "not the next one of an operation"),
        ("attempts", without_last, "trial 15 has another number of attempts"),
        ("holds", put("hold", 0, 1), "row 1: operation: not the next one of an operation"),
        ("holds", put("duration_ms", 0, -1.0), "row 1: duration_ms: found -1.0; expected at least 0"),
        ("holds", put("error", 0, -1), "row 1: error: found -1.0; expected at least 0"),
        ("runs", put("trials", 0, 15), "a run has another number of trials"),
        ("runs", lambda table: pa.concat_tables([table, table]), "a run is there twice"),
        ("profiles", put("evidence", 0, "proved"), "row 1: evidence: found 'proved'"),
    ],
)
def test_a_changed_export_is_refused_with_file_row_and_what_is_wrong(
    folder: Path, tmp_path: Path, table: str, change: Change, what: str
) -> None:
    export(load(folder), tmp_path / "export", "parquet")
    path = tmp_path / "export" / f"{table}.parquet"
    with pq.ParquetFile(path) as file:
        metadata, found = file.metadata.metadata, change(file.read())
    pq.write_table(found.replace_schema_metadata(metadata), path)
    with pytest.raises(InvalidInputError) as caught:
        everything(load(tmp_path / "export"))
    assert what in caught.value.message
    assert ".parquet: " in caught.value.message
    assert "harness export" in str(caught.value.hint)


def everything(frames: Frames) -> None:
    for table in TABLES:
        getattr(frames, table)


@EXAMPLES
@given(data=st.data())
def test_damaged_bytes_never_end_in_a_traceback(
    folder: Path, tmp_path: Path, data: st.DataObject
) -> None:
    export(load(folder), tmp_path / "export", "parquet", overwrite=True)
    path = tmp_path / "export" / f"{data.draw(st.sampled_from(list(TABLES)))}.parquet"
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    with contextlib.suppress(InvalidInputError):
        everything(load(tmp_path / "export"))


def test_an_export_without_a_file_says_which(folder: Path, tmp_path: Path) -> None:
    export(load(folder), tmp_path / "export", "parquet")
    (tmp_path / "export" / "runs.parquet").unlink()
    with pytest.raises(InvalidInputError, match=r"runs\.parquet: "):
        load(tmp_path / "export")


@pytest.mark.parametrize("limit", ["MOST_ROWS", "MOST_BYTES"])
def test_more_than_fits_into_memory_is_refused_by_what_the_file_says_of_itself(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    export(load(folder), tmp_path / "export", "parquet")
    monkeypatch.setattr(parquet, limit, 10)
    with pytest.raises(InvalidInputError, match="more than is read of one export"):
        load(tmp_path / "export")


def with_schema(path: Path, schema: bytes | None) -> None:
    table = pq.read_table(path)
    table = table.drop_columns(["position"]) if schema == b"99" else table
    metadata = {} if schema is None else {b"persist-harness.schema": schema}
    pq.write_table(table.replace_schema_metadata(metadata), path)


OLD_NAMES = {
    "trials": {"freshness": "identity", "stage_cost_ms": "stage_ms", "persist_cost_ms": "persist_ms"},
    "operations": {"ready_ms": "closed_ms"},
    "holds": {"released_ms": "closed_ms"},
}


def test_an_export_of_schema_3_knows_no_damage(folder: Path, tmp_path: Path) -> None:
    write_journal(folder, [trial(0, strategy="refused")])
    export(load(folder), tmp_path / "export", "parquet")
    for path in (tmp_path / "export").glob("*.parquet"):
        table = pq.read_table(path)
        if path.stem == "runs":
            table = table.drop_columns(["damaged", "damage", "manifest"])
        metadata = {**pq.read_table(path).schema.metadata, b"persist-harness.schema": b"3"}
        pq.write_table(table.replace_schema_metadata(metadata), path)
    frames = load(tmp_path / "export")
    pd.testing.assert_frame_equal(frames.trials, load(folder).trials)
    assert frames.runs[["damaged", "damage", "manifest"]].to_numpy().tolist() == [[0, "", "unchecked"]]


@pytest.mark.parametrize("schema", [b"1", b"2"])
def test_exports_of_older_schemas_are_read_by_their_own_names(
    folder: Path, tmp_path: Path, schema: bytes
) -> None:
    export(load(folder), tmp_path / "export", "parquet")
    now = load(tmp_path / "export")
    for path in (tmp_path / "export").glob("*.parquet"):
        names = OLD_NAMES.get(path.stem, {})
        names = {**names, "verify_cost_ms": "verify_ms"} if path.stem == "trials" else names
        table = pq.read_table(path)
        if path.stem == "trials":
            table = table.drop_columns(["draw", "max_attempts", "calls", "held", "left"])
        if path.stem == "runs":
            table = table.drop_columns(["damaged", "damage", "manifest"])
        outcomes = [name for name in ("outcome", "rerun_outcome") if name in table.column_names]
        for name in outcomes:
            old = ["refused" if each == "not-retried" else each for each in table[name].to_pylist()]
            coded = pa.array(old).dictionary_encode()
            table = table.set_column(table.column_names.index(name), name, coded)
        table = table.rename_columns([names.get(name, name) for name in table.column_names])
        metadata = {**pq.read_table(path).schema.metadata, b"persist-harness.schema": schema}
        pq.write_table(table.replace_schema_metadata(metadata), path)
    (tmp_path / "export" / "scenarios.parquet").unlink()
    before = load(tmp_path / "export")
    assert "not-retried" in set(now.trials["outcome"])
    for name in ("trials", "operations", "attempts", "holds", "scenarios"):
        columns = getattr(now, name).columns.drop(["draw", "strategies"], errors="ignore")
        pd.testing.assert_frame_equal(getattr(before, name)[columns], getattr(now, name)[columns])
    by_draw = [
        frames.trials.groupby("draw", observed=True, sort=False).ngroup().tolist()
        for frames in (before, now)
    ]
    assert by_draw[0] == by_draw[1]


def test_exports_of_unknown_schemas_are_refused(folder: Path, tmp_path: Path) -> None:
    export(load(folder), tmp_path / "export", "parquet")
    trials = tmp_path / "export" / "trials.parquet"
    for schema, what in ((b"99", f"schema 99; this version reads schema {SCHEMA}"), (None, "not say")):
        with_schema(trials, schema)
        with pytest.raises(InvalidInputError, match=what):
            load(tmp_path / "export")


def test_csv_has_every_value_and_no_formula(folder: Path, tmp_path: Path) -> None:
    odd = ["=1+1", "+1", "-1", "@a", "\tx", "\rx", "\nx", "＝1", 'a"b', "a,b", "fine =1", ""]  # noqa: RUF001
    trials = [trial(number, strategy=name, elapsed_ms=1.5) for number, name in enumerate(odd)]
    write_journal(folder, trials)
    export(load(folder), tmp_path / "csv", "csv")
    with (tmp_path / "csv" / "trials.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["strategy"] for row in rows] == [f"'{name}" for name in odd[:8]] + odd[8:]
    assert [row["trial"] for row in rows] == [str(number) for number in range(len(odd))]
    assert {row["elapsed_ms"] for row in rows} == {"1.5"}
    assert {row["rerun_ms"] for row in rows} == {""}
    assert list(rows[0]) == ["trial", *(column.name for column in TABLES["trials"])]
    for table in TABLES:
        with (tmp_path / "csv" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            assert len(list(csv.DictReader(file))) == len(getattr(load(folder), table))


def test_pytest_benchmark_compares_the_export(folder: Path, tmp_path: Path) -> None:
    """Its own command: each variant that succeeded is a row, its failures beside it."""
    write_journal(
        folder,
        [
            *(trial(n, block=n, strategy="good", elapsed_ms=10.0 + n) for n in range(5)),
            *(
                trial(
                    10 + n,
                    block=n,
                    strategy="mixed",
                    outcome="ok" if n else "not-retried",
                    elapsed_ms=20.0,
                )
                for n in range(5)
            ),
            *(trial(20 + n, block=n, strategy="never", outcome="exhausted") for n in range(5)),
            trial(30, block=9, strategy="good", elapsed_ms=1e6, void="late"),
            trial(31, block=8, strategy="good", elapsed_ms=1e6, outcome="harness-error"),
            trial(32, block=0, strategy="good", factors={"link_mode": "copy"}),
        ],
    )
    path = tmp_path / "runs.json"
    said = export(load(folder), path, "pytest-benchmark")
    never = "No times to compare, because it never succeeded: made under brief (emulated)::never"
    assert said == [never]
    command = [Path(sys.executable).with_name("pytest-benchmark"), "compare", path, "--csv", "out.csv"]
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert "'made under brief (emulated)': 3 tests" in done.stdout, done.stdout + done.stderr
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["name"].partition("::")[2]: row for row in csv.DictReader(file)}
    assert set(rows) == {"good", "mixed", "good (link_mode=copy)"}
    assert float(rows["good"]["median"]) == pytest.approx(0.012)
    assert [rows[name]["rounds"] for name in ("good", "mixed")] == ["5", "4"]
    data = json.loads(path.read_bytes())
    info = {each["name"]: each["extra_info"] for each in data["benchmarks"] + data["never_succeeded"]}
    assert {name: (each["failures"], each["trials"]) for name, each in info.items()} == {
        "good": (0, 5),
        "good (link_mode=copy)": (0, 1),
        "mixed": (1, 5),
        "never": (5, 5),
    }
    assert info["mixed"]["outcomes"] == {"ok": 4, "not-retried": 1}
    assert info["never"]["median_ms"] is None
    assert info["good"]["platform"] == "emulated"
    stats = {each["name"]: each["stats"] for each in data["benchmarks"]}
    assert stats["good"]["median"] * 1000 == info["good"]["median_ms"]


@given(st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=30))
def test_statistics_are_those_of_pytest_benchmark(times: list[float]) -> None:
    stats = Stats()
    for time in times:
        stats.update(time)
    ours = _stats(np.array(times))
    for name in ("min", "max", "mean", "stddev", "rounds", "total", "ops"):
        assert ours[name] == pytest.approx(getattr(stats, name), rel=1e-9, abs=1e-12), name
    for name, share in (("q1", 0.25), ("median", 0.5), ("q3", 0.75)):
        assert ours[name] == quantile(times, share), "as in every other output"
    assert ours["iqr"] == ours["q3"] - ours["q1"]
    assert set(ours) == {*Stats.fields, "iterations"}


@pytest.mark.parametrize(
    ("kind", "to", "what"),
    [
        ("parquet", "export.parquet", "one file per table"),
        ("csv", "export.csv", "one file per table"),
        ("csv", "taken", "one file per table"),
        ("pytest-benchmark", ".", "is a folder"),
        ("pytest-benchmark", "taken", "taken exists"),
    ],
)
def test_places_that_cannot_be_used_are_refused_before_anything_is_loaded(
    tmp_path: Path, kind: Format, to: str, what: str
) -> None:
    (tmp_path / "taken").write_text("mine", encoding="utf-8")

    def loads() -> Frames:
        pytest.fail("it was loaded")

    with pytest.raises(InvalidInputError, match=what):
        export(loads, tmp_path / to, kind)
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("kind", ["parquet", "csv", "pytest-benchmark"])
def test_without_trials_there_is_nothing_to_export(folder: Path, tmp_path: Path, kind: Format) -> None:
    write_journal(folder, [])
    with pytest.raises(InvalidInputError, match="no trials, so there is nothing to export"):
        export(load(folder), tmp_path / "made", kind)
    assert not (tmp_path / "made").exists()


def test_nothing_is_overwritten_without_the_option(folder: Path, tmp_path: Path) -> None:
    kinds: list[tuple[Format, str]] = [("parquet", "p"), ("csv", "c"), ("pytest-benchmark", "b.json")]
    for kind, to in kinds:
        export(load(folder), tmp_path / to, kind)
        with pytest.raises(InvalidInputError, match="exists"):
            export(load(folder), tmp_path / to, kind)
        export(load(folder), tmp_path / to, kind, overwrite=True)
    with pytest.raises(InvalidInputError, match="is a run"):
        export(load(folder), folder, "parquet")


@pytest.mark.parametrize("run", ["run", "."])
def test_nothing_is_written_into_the_folder_of_a_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, run: str
) -> None:
    monkeypatch.chdir(folder if run == "." else folder.parent)
    inside = Path("journal.jsonl") if run == "." else Path(folder.name, "journal.jsonl")
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    with pytest.raises(InvalidInputError, match="is a run") as caught:
        export(load(folder), inside, "pytest-benchmark", overwrite=True)
    assert "another place" in str(caught.value.hint)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_an_export_may_go_where_it_came_from(folder: Path, tmp_path: Path) -> None:
    export(load(folder), tmp_path / "export", "parquet")
    export(load(tmp_path / "export"), tmp_path / "export", "parquet", overwrite=True)
    same(load(folder), load(tmp_path / "export"))
    assert set(contents(tmp_path / "export")) == {f"{table}.parquet" for table in TABLES}


KINDS: list[Format] = ["parquet", "csv"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_export_that_fails_leaves_no_file_and_an_old_one_whole(
    folder: Path, tmp_path: Path, kind: Format, error: BaseException
) -> None:
    def fail(table: str) -> None:
        if table == "attempts":
            raise error

    with pytest.raises(type(error)):
        export(load(folder), tmp_path / "export", kind, on_written=fail)
    assert contents(tmp_path / "export") == {}
    export(load(folder), tmp_path / "export", kind)
    before = contents(tmp_path / "export")
    write_journal(folder, [trial()])
    with pytest.raises(type(error)):
        export(load(folder), tmp_path / "export", kind, overwrite=True, on_written=fail)
    assert contents(tmp_path / "export") == before


def test_a_benchmark_that_fails_leaves_an_old_one_whole(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Frames, path: Path) -> list[str]:
        path.write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")

    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "b.json").write_text("old", encoding="utf-8")
    monkeypatch.setattr(exporting, "write_pytest_benchmark", fail)
    with pytest.raises(OSError, match="No space"):
        export(load(folder), tmp_path / "out" / "b.json", "pytest-benchmark", overwrite=True)
    assert contents(tmp_path / "out") == {"b.json": b"old"}


def test_the_command_exports_loads_again_and_teaches(folder: Path, tmp_path: Path) -> None:
    def exported(*arguments: object) -> subprocess.CompletedProcess[str]:
        return harness("export", *arguments, cwd=tmp_path)

    done = exported(folder, "--to", "export")
    assert (done.returncode, done.stdout) == (0, "16 trials, one file per table\nWritten: export\n")
    same(load(folder), load(tmp_path / "export"))
    again = exported(folder, "--to", "export")
    assert again.returncode == 2
    assert "exists" in again.stderr
    assert "--overwrite" in again.stderr
    assert exported(folder, "--to", "export", "--overwrite").returncode == 0
    assert "there is no folder" in exported(tmp_path / "nothing", "--to", "x").stderr
    assert all(word in exported("--help").stdout for word in ("csv", "--overwrite", "[lab]"))
