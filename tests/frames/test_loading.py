"""Loading runs into frames: what is written is what is read; what is damaged is left out and named."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from frames_lab import JOURNALS, TRIALS, operation, trial, write_journal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from record_lab import change_manifest, manifest_of, write_lines, write_manifest

from harness.errors import InvalidInputError
from harness.frames import load, loading
from harness.frames.definition import BLOCK, CASE, TABLES, VARIANT, Frames
from harness.frames.observations import counted, group_numbers
from harness.record import journal_reader
from harness.record.check_sum import sealed
from harness.record.draws import Draws
from harness.record.manifest import read_manifest
from harness.record.read import read_run
from harness.record.trial_record import SCHEMA, TrialRecord
from harness.summary.trial_row import left_by, was_held

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario

EXAMPLES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


@pytest.fixture
def folder(make_scenario: MakeScenario, run_scenario: RunScenario) -> Path:
    """A real run of two strategies under a profile, three blocks."""
    path = make_scenario(strategies='["plain", "exponential"]', profiles='["brief"]')
    return run_scenario(path).folder


def with_journal(folder: Path, trials: Sequence[TrialRecord]) -> Frames:
    write_journal(folder, trials)
    return load(folder)


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows in plain Python, what is missing as None."""
    return [
        {str(key): None if pd.isna(value) else value for key, value in row.items()}
        for row in frame.to_dict("records")
    ]


def ms(time_us: int | None) -> float | None:
    return None if time_us is None else time_us / 1000


@EXAMPLES
@given(trials=JOURNALS)
def test_every_value_of_every_record_is_in_its_row(folder: Path, trials: list[TrialRecord]) -> None:
    """Against plain Python, record by record."""
    frames = with_journal(folder, trials)
    draws = Draws(read_manifest(folder))
    expected: dict[str, list[dict[str, Any]]] = {
        "trials": [],
        "operations": [],
        "attempts": [],
        "holds": [],
    }
    for number, record in enumerate(trials):
        waited = 0
        for place, each in enumerate(record.operations):
            key = {"trial": number, "operation": place}
            names = ("op_id", "kind", "primitive", "outcome", "dest_state", "files", "bytes", "calls")
            expected["operations"].append(
                {
                    **key,
                    **{name: getattr(each, name) for name in names},
                    "by": each.by or "",
                    "ready_ms": ms(each.ready_us),
                    "ended_ms": ms(each.ended_us),
                }
            )
            for count, (start, end, code) in enumerate(each.attempts):
                times = {"start_ms": ms(start), "end_ms": ms(end), "winerror": code}
                expected["attempts"].append({**key, "attempt": count + 1, **times})
                waited += start - each.attempts[count - 1][1] if count else 0
            for count, hold in enumerate(each.holds):
                expected["holds"].append(
                    {
                        **key,
                        "hold": count,
                        **{name: getattr(hold, name) for name in ("object", "access", "share", "error")},
                        "planned_ms": ms(hold.planned_us),
                        "duration_ms": ms(hold.duration_us),
                        "opened_ms": ms(hold.opened_us),
                        "released_ms": ms(hold.released_us),
                    }
                )
        own = ("platform", "scenario", "profile", "strategy", "block", "position", "outcome")
        expected["trials"].append(
            {
                "run": folder.name,
                "rules": "",
                "antivirus": "unknown",
                **{name: getattr(record, name) for name in own},
                "freshness": record.freshness or "",
                "draw": draws.of(record),
                "factors": ", ".join(f"{key}={record.factors[key]}" for key in sorted(record.factors)),
                "void": record.void is not None,
                "elapsed_ms": record.elapsed_ms,
                "attempts": sum(len(each.attempts) for each in record.operations),
                "max_attempts": max([1, *(len(each.attempts) for each in record.operations)]),
                "calls": sum(each.calls for each in record.operations),
                "operations": len(record.operations),
                "waited_ms": waited / 1000,
                "leftover_files": record.leftovers.files,
                "leftover_bytes": record.leftovers.bytes,
                "held": was_held(record, ()),
                "left": left_by(record, ()),
                "rerun_outcome": record.rerun.outcome if record.rerun else "",
                "rerun_ms": record.rerun.elapsed_ms if record.rerun else None,
                "stage_cost_ms": ms(record.cost_us.stage),
                "persist_cost_ms": ms(record.cost_us.persist),
                "verify_cost_ms": ms(record.cost_us.verify),
            }
        )
    for table, wanted in expected.items():
        assert rows(getattr(frames, table)) == wanted
    assert list(frames.trials.index) == list(range(len(trials)))


def test_columns_and_types_are_those_that_are_documented(folder: Path) -> None:
    for frames in (load(folder), with_journal(folder, []), load([])):
        for table, columns in TABLES.items():
            frame = getattr(frames, table)
            frame = frame.reset_index() if table == "runs" else frame
            assert list(frame.columns) == [column.name for column in columns]
            for column in columns:
                kind = str(frame[column.name].dtype)
                assert kind == {"str": "object"}.get(column.type, column.type)
                if column.one_of:
                    assert tuple(frame[column.name].cat.categories) == column.one_of
        assert frames.trials.index.name == "trial"
        assert frames.trials.index.dtype == np.int64


def test_every_column_is_described_and_every_time_has_its_unit() -> None:
    for columns in TABLES.values():
        for column in columns:
            assert column.about
            assert (column.unit == "ms") == column.name.endswith("_ms")


def test_a_run_says_what_its_manifest_proves(folder: Path) -> None:
    runs = load(folder).runs
    (row,) = rows(runs)
    assert list(runs.index) == [folder.name]
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert row == {
        "id": manifest["run"],
        "platform": "emulated",
        "rules": "",
        "antivirus": "unknown",
        "antivirus_evidence": "; ".join(manifest["antivirus"]["evidence"]),
        "started": manifest["started"].replace("Z", "+00:00"),
        "seed": 1,
        "harness_version": manifest["packages"]["persist-harness"],
        "trials": 6,
        "planned": 6,
        "torn": 0,
        "damaged": 0,
        "damage": "",
        "manifest": "intact",
    }


def test_the_evidence_of_each_parameter_of_a_profile_is_there(folder: Path) -> None:
    profiles = load(folder).profiles
    assert profiles["parameter"].tolist() == ["handle", "probability", "delay", "duration"]
    assert profiles["evidence"].tolist() == ["assumed", "assumed", "assumed", "measured"]
    assert set(profiles["profile"]) == {"brief"}
    assert set(profiles["hold"]) == {1}


@pytest.mark.parametrize("rules", ["ntfs", "stock"])
def test_a_run_under_wine_says_whose_rules(folder: Path, rules: str) -> None:
    change_manifest(folder, platform="wine", platform_facts={"rules": rules})
    frames = with_journal(folder, [trial(platform="wine")])
    assert frames.trials["rules"].tolist() == [rules]
    assert frames.runs["rules"].tolist() == [rules]


def test_a_run_under_unknown_rules_of_wine_is_refused(folder: Path) -> None:
    change_manifest(folder, platform="wine", platform_facts={"rules": "made up"})
    with pytest.raises(InvalidInputError, match=r"found 'made up'; expected one of ntfs, stock"):
        load(folder)


def test_several_runs_are_numbered_on(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "manifest.json").write_bytes((folder / "manifest.json").read_bytes())
    change_manifest(other, run="another")
    write_journal(other, [trial(0), trial(1, operations=[operation(), operation(attempts=[])])])
    frames = load([folder, other])
    assert frames.trials["run"].tolist() == [folder.name] * 6 + ["other"] * 2
    assert frames.trials.index.tolist() == list(range(8))
    assert frames.operations["trial"].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 7]
    assert frames.operations["operation"].tolist() == [0] * 7 + [0, 1]


def test_a_run_given_twice_is_refused_whatever_its_folder_is_called(
    folder: Path, tmp_path: Path
) -> None:
    copy_of_it = tmp_path / "copy"
    copy_of_it.mkdir()
    for name in ("manifest.json", "journal.jsonl"):
        (copy_of_it / name).write_bytes((folder / name).read_bytes())
    for pair in ([folder, folder], [folder, copy_of_it]):
        with pytest.raises(InvalidInputError, match="given twice"):
            load(pair)


def test_a_folder_of_runs_says_to_give_the_runs(folder: Path) -> None:
    with pytest.raises(InvalidInputError, match="is not a run; it contains 1 run") as caught:
        load(folder.parent)
    assert str(folder) in str(caught.value.hint)


def test_an_empty_journal_has_no_trials_and_a_missing_one_is_an_error(folder: Path) -> None:
    (folder / "journal.jsonl").write_bytes(b"")
    frames = load(str(folder))
    assert (len(frames.trials), frames.runs["trials"].tolist()) == (0, [0])
    (folder / "journal.jsonl").unlink()
    with pytest.raises(InvalidInputError, match=r"has no journal\.jsonl, so its trials are missing"):
        load(folder)


def test_void_blocks_and_harness_errors_stay_and_do_not_count(folder: Path) -> None:
    frames = with_journal(
        folder,
        [
            trial(0, block=0),
            trial(1, block=0, strategy="exponential", void="late"),
            trial(2, block=0, profile="other"),
            trial(3, block=1, outcome="harness-error"),
            trial(4, block=1, strategy="exponential"),
        ],
    )
    assert len(frames.trials) == 5
    assert counted(frames.trials).index.tolist() == [2, 4]


@EXAMPLES
@given(trials=JOURNALS)
def test_group_numbers_are_the_same_where_all_keys_are(folder: Path, trials: list[TrialRecord]) -> None:
    frames = with_journal(folder, trials)
    for keys in (BLOCK, (*CASE, *VARIANT)):
        numbers = group_numbers(frames.trials, keys)
        seen = [tuple(row) for row in frames.trials[list(keys)].astype(str).to_numpy()]
        for one in range(len(seen)):
            for other in range(len(seen)):
                assert (seen[one] == seen[other]) == (numbers[one] == numbers[other])


def test_group_numbers_stay_apart_where_their_product_is_beyond_any_integer() -> None:
    count = 3000
    codes = np.arange(count)
    frame = pd.DataFrame({name: np.roll(codes, shift) * 10**6 for shift, name in enumerate("abcdefg")})
    numbers = group_numbers(frame, list("abcdefg"))
    assert len(np.unique(numbers)) == count
    assert (np.argsort(numbers) == np.argsort(frame["a"].to_numpy())).all()


@EXAMPLES
@given(data=st.data())
def test_a_journal_cut_anywhere_gives_its_whole_lines_and_counts_the_torn_one(
    folder: Path, data: st.DataObject
) -> None:
    path = write_journal(folder, [trial(number) for number in range(4)])
    content = path.read_bytes()
    cut = data.draw(st.integers(0, len(content)))
    path.write_bytes(content[:cut])
    frames = load(folder)
    assert len(frames.trials) == content[:cut].count(b"\n")
    assert frames.runs["torn"].tolist() == [int(cut > 0 and content[cut - 1 : cut] != b"\n")]


GOOD = trial(9).to_line().encode()


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"", "invalid JSON, expecting value at column 1"),
        (b"nonsense", "invalid JSON, expecting value at column 1"),
        (b"[]", "it has no check sum"),
        (b"\xff" * 9, "invalid JSON, "),
        (b"[" * 100_000, "invalid JSON, "),
        (GOOD, "it has no check sum"),
        (GOOD + GOOD, "invalid JSON, extra data"),
        (sealed(GOOD).replace(b'"block":9', b'"block":8'), "its check sum does not match"),
    ],
)
def test_a_line_that_is_not_as_it_was_written_is_left_out_and_said(
    folder: Path, line: bytes, what: str
) -> None:
    path = write_journal(folder, [trial(number) for number in range(5)])
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([*lines[:2], line, *lines[3:]]) + b"\n")
    for damaged, told, blocks in read_by_all(folder):
        assert blocks == [0, 1, 3, 4]
        assert damaged == 1
        assert told[0].startswith(f"line 3: {what}")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('"block":9', '"block":"x"', "block: Input should be a valid integer"),
        ('"block":9', '"block":-1', "block: Input should be greater than or equal to 0"),
        ('"block":9', '"block":2147483648', "block: Input should be less than or equal to 2147483647"),
        ('"block":9', '"block":9.0', "block: "),
        ('"block":9', '"block":1e400', "block: "),
        ('"block":9', '"block":true', "block: "),
        ('"outcome":"ok"', '"outcome":"fine"', "outcome: Input should be 'ok', 'exhausted'"),
        ('"elapsed_ms":10.6', '"elapsed_ms":NaN', "elapsed_ms: Input should be a finite number"),
        ('"elapsed_ms":10.6', '"elapsed_ms":1e999', "elapsed_ms: "),
        ('"elapsed_ms":10.6', '"elapsed_ms":1e300', "elapsed_ms: Input should be less than"),
        (
            '"elapsed_ms":10.6',
            '"elapsed_ms":-5',
            "elapsed_ms: Input should be greater than or equal to 0",
        ),
        ('"elapsed_ms":10.6', '"elapsed_ms":"10.6"', "elapsed_ms: Input should be a valid number"),
        ('"elapsed_ms":10.6', '"elapsed_ms":[[10.6]]', "elapsed_ms: Input should be a valid number"),
        ('"elapsed_ms":10.6', '"elapsed_ms":null', "elapsed_ms: Input should be a valid number"),
        ('"platform":"emulated"', '"platform":"windows"', "the run's manifest says emulated"),
        ("[0,300,32]", "[300,0,32]", "an attempt ends before it starts"),
        ("[10300,10600,0]", "[299,10600,0]", "an attempt starts before the last one has ended"),
        ("[0,300,32]", "[0,300,-1]", "operations.0.attempts.0.2: Input should be greater"),
        ("[0,300,32]", "[0,300]", "operations.0.attempts.0"),
        ('"bytes":10,', '"bytes":99999999999999999999,', "operations.0.bytes"),
        ('"duration_us":7000', '"duration_us":-1', "operations.0.holds.0.duration_us"),
        ('"kind":"rename",', "", "operations.0.kind: Field required"),
        ('"kind":', '"kind":"x","more":', "operations.0.more: Extra inputs are not permitted"),
        ('"run":"', '"run":"not-', "it is of another run, not-"),
    ],
)
def test_a_value_that_no_trial_has_is_left_out_and_said_whoever_made_the_check_sum(
    folder: Path, old: str, new: str, what: str
) -> None:
    """The numbers of damaged lines are those of the file, in whichever batch they are."""
    lines = [trial(number).to_line() for number in (0, 1, 9, 3, 4)]
    lines = [line.replace('"run":""', f'"run":"{manifest_of(folder)["run"]}"') for line in lines]
    assert old in lines[2]
    lines[2] = lines[2].replace(old, new, 1)
    path = write_journal(folder, [])
    path.write_bytes(b"".join(sealed(line.encode()) + b"\n" for line in lines))
    for damaged, told, blocks in read_by_all(folder):
        assert blocks == [0, 1, 3, 4]
        assert damaged == 1
        assert told[0].startswith("line 3: ")
        assert what in told[0]


def read_by_all(folder: Path) -> Iterator[tuple[int, list[str], list[int]]]:
    """For each reader: how many lines it left out, why, and the blocks of the trials that it read."""
    run = read_run(folder)
    yield run.damage.lines, run.damage.told, [trial.block for trial in run.trials]
    frames = load(folder)
    (about,) = frames.runs.to_dict("records")
    yield about["damaged"], about["damage"].splitlines(), frames.trials["block"].tolist()


def test_a_line_that_is_found_wrong_in_a_later_batch_has_its_own_number(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH", 4)
    twice = [operation(), operation()]
    trials = [trial(number, operations=twice * (number % 3)) for number in range(11)]
    trials[10].operations[-1].holds[0].duration_us = -1
    write_journal(folder, trials)
    runs = load(folder).runs
    assert runs["trials"].tolist() == [10]
    assert runs["damage"].tolist()[0].startswith("line 11: operations.1.holds.0.duration_us: ")


@pytest.mark.parametrize("batch", [1, 2, 1024])
def test_a_trial_counts_once_whatever_its_copy_is_called(
    folder: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """The first counts, and one that is not in order is none: it takes no other's place."""
    monkeypatch.setattr(loading, "BATCH", batch)
    early = trial(2, operations=[operation(attempts=[])])
    early.operations[0].attempts = [(300, 0, 32)]
    copied = trial(0, trial_id="another", elapsed_ms=99)
    other = trial(0, factors={"link_mode": "copy"})
    write_journal(folder, [early, trial(0), trial(1), copied, other, trial(2)])
    for damaged, told, blocks in read_by_all(folder):
        assert blocks == [0, 1, 0, 2]
        assert damaged == 2
        assert told == [
            "line 1: operations.0.attempts: an attempt ends before it starts",
            "line 4: it repeats the trial of line 2",
        ]
    assert 99 not in load(folder).trials["elapsed_ms"].tolist()


def test_repeated_trials_of_one_run_change_nothing_of_another(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write_manifest(other, {**manifest_of(folder), "run": "other"})
    write_journal(other, [trial(0), trial(1), trial(0)])
    frames = load([folder, other])
    assert frames.runs["trials"].tolist() == [6, 2]
    assert frames.runs["damaged"].tolist() == [0, 1]
    assert frames.operations["trial"].tolist() == list(range(8))
    (other / "journal.jsonl").write_bytes(b"")
    pd.testing.assert_frame_equal(load([folder, other]).trials, load(folder).trials)


def test_another_schema_is_said_before_anything_else_of_its_line(folder: Path) -> None:
    path = write_journal(folder, [])
    path.write_bytes(sealed(b'{"schema":99,"from":"the future"}') + b"\n")
    for _, told, _ in read_by_all(folder):
        assert told == [f"line 1: it has schema 99; this version reads schema {SCHEMA}"]


def test_older_schemas_are_read_whether_or_not_they_need_a_migration(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = trial(0, outcome="not-retried").to_line().encode().replace(b'"run":"",', b"")
    head = b'{"schema":%d,' % SCHEMA
    assert line.startswith(head)
    path = write_journal(folder, [])
    change_manifest(folder, schema=2)
    old = line.replace(head, b'{"schema":2,').replace(b"not-retried", b"refused")
    old = old.replace(b'"ready_us"', b'"closed_us"').replace(b'"freshness"', b'"identity"')
    heads = journal_reader._HEADS
    for content in (old, line.replace(head, b'{"schema":3,')):
        for known in (heads, ()):
            monkeypatch.setattr(journal_reader, "_HEADS", known)
            path.write_bytes(content + b"\n")
            assert load(folder).trials["outcome"].tolist() == ["not-retried"]
            assert [trial.run for trial in read_run(folder).trials] == [manifest_of(folder)["run"]]


ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 0, 1.5, "1", "", [], {}, [[]], "ok", 2**63, 10**30, math.pi]
)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(data, dict):
        for key, value in data.items():
            found += places(value, (*path, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            found += places(value, (*path, number))
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(record=TRIALS, data=st.data())
def test_both_decoders_take_and_refuse_the_same(
    folder: Path, record: TrialRecord, data: st.DataObject
) -> None:
    """One value of a record is another, is missing, or is one too many."""
    changed = json.loads(record.to_line())
    *to, last = data.draw(st.sampled_from(places(changed)))
    parent = changed
    for key in to:
        parent = parent[key]
    match data.draw(st.sampled_from(["other", "missing", "more"])):
        case "missing":
            del parent[last]
        case "more" if isinstance(parent, dict):
            parent["more"] = data.draw(ODD)
        case _:
            parent[last] = data.draw(ODD)
    if "run" in changed and not changed["run"]:
        changed["run"] = manifest_of(folder)["run"]
    write_lines(folder, [changed])
    records, frames = read_run(folder), load(folder)
    assert frames.runs["damage"].tolist() == ["\n".join(records.damage.told)]
    again = [each.model_copy(deep=True) for each in records.trials]
    assert rows(frames.trials) == rows(with_journal(folder, again).trials)


def fresh(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_importing_load_brings_no_numeric_library() -> None:
    done = fresh("from harness.frames import export, load; import sys; print(*sys.modules)")
    assert not {"numpy", "pandas", "pyarrow", "msgspec"} & set(done.stdout.split())
    assert "harness.frames" in done.stdout.split()


@pytest.mark.parametrize("missing", ["pandas", "pyarrow", "msgspec"])
def test_without_the_extra_it_says_what_to_install(missing: str) -> None:
    done = fresh(
        f"import sys; sys.modules['{missing}'] = None\n"
        "from harness.errors import NotSupportedError\n"
        "from harness.frames import load\n"
        "try:\n    load([])\n"
        "except NotSupportedError as error:\n    print(error.message, error.hint)"
    )
    assert f"need {missing}" in done.stdout, done.stderr
    assert 'pip install ".[lab]"' in done.stdout
