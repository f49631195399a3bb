"""Loading runs into frames: what is written is what is read; what is damaged is named and refused."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from frames_lab import JOURNALS, TRIALS, operation, trial, write_journal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.errors import InvalidInputError
from harness.frames import load, loading
from harness.frames.definition import BLOCK, CASE, TABLES, VARIANT, Frames
from harness.frames.observations import counted, group_numbers
from harness.record import journal
from harness.record.draws import Draws
from harness.record.manifest import read_manifest
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
    }


def test_the_evidence_of_each_parameter_of_a_profile_is_there(folder: Path) -> None:
    profiles = load(folder).profiles
    assert profiles["parameter"].tolist() == ["handle", "probability", "delay", "duration"]
    assert profiles["evidence"].tolist() == ["assumed", "assumed", "assumed", "measured"]
    assert set(profiles["profile"]) == {"brief"}
    assert set(profiles["hold"]) == {1}


def change_manifest(folder: Path, **changes: Any) -> None:
    path = folder / "manifest.json"
    data = {**json.loads(path.read_bytes()), **changes}
    path.write_text(json.dumps(data), encoding="utf-8")


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
            trial(1, block=0, void="late"),
            trial(2, block=0, profile="other"),
            trial(3, block=1, outcome="harness-error"),
            trial(4, block=1),
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


def change_line(folder: Path, number: int, line: bytes) -> None:
    path = folder / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number - 1] = line + b"\n"
    path.write_bytes(b"".join(lines))


GOOD = trial(9).to_line().encode()


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"", "expecting value"),
        (b"nonsense", "expecting value"),
        (b"[]", "object"),
        (b"null", "object"),
        (b"\xff" * 9, ""),
        (b"[" * 100_000, ""),
        (GOOD + GOOD, ""),
        (GOOD.replace(b"made/9", b"\xff\xfe"), "utf-8"),
        (GOOD.replace(b'"block":9', b'"block":"x"'), "block"),
        (GOOD.replace(b'"block":9', b'"block":-1'), "block: found -1; expected at least 0"),
        (GOOD.replace(b'"block":9', b'"block":2147483648'), "block: found 2147483648; expected"),
        (GOOD.replace(b'"block":9', b'"block":1e400'), ""),
        (GOOD.replace(b'"outcome":"ok"', b'"outcome":"fine"', 1), "outcome"),
        (GOOD.replace(b'"elapsed_ms":10.6', b'"elapsed_ms":NaN'), ""),
        (GOOD.replace(b'"elapsed_ms":10.6', b'"elapsed_ms":1e999'), ""),
        (GOOD.replace(b'"elapsed_ms":10.6', b'"elapsed_ms":-1'), "elapsed_ms: found -1.0; expected"),
        (GOOD.replace(b'"platform":"emulated"', b'"platform":"windows"'), "manifest says emulated"),
        (GOOD.replace(b"[0,300,32]", b"[300,0,32]"), "ends before it starts"),
        (GOOD.replace(b"[10300,10600,0]", b"[299,10600,0]"), "before the last one has ended"),
        (GOOD.replace(b"[0,300,32]", b"[0,300,-1]"), "winerror: found -1; expected"),
        (GOOD.replace(b"[0,300,32]", b"[0,300]"), "attempts"),
        (GOOD.replace(b'"bytes":10,', b'"bytes":99999999999999999999,'), "bytes"),
        (GOOD.replace(b'"kind":"rename",', b""), "kind"),
        (GOOD.replace(b'"kind":', b'"kind":"x","more":'), "more"),
    ],
)
def test_a_damaged_line_is_named_with_what_is_wrong_and_what_to_do(
    folder: Path, line: bytes, what: str
) -> None:
    assert line != GOOD
    write_journal(folder, [trial(number) for number in range(5)])
    change_line(folder, 3, line)
    with pytest.raises(InvalidInputError, match=r"journal\.jsonl: line 3 is not a record: ") as caught:
        load(folder)
    assert what.lower() in caught.value.message.lower()
    assert "line 1 column" not in caught.value.message, "a second number of a line"
    assert "Delete line 3 (and any other invalid line)" in str(caught.value.hint)
    assert f"`harness run --resume {folder}`; the valid lines are kept" in str(caught.value.hint)


def test_a_line_that_is_found_wrong_in_a_later_batch_has_its_own_number(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH", 4)
    twice = [operation(), operation()]
    trials = [trial(number, operations=twice * (number % 3)) for number in range(11)]
    trials[10].operations[-1].holds[0].duration_us = -1
    write_journal(folder, trials)
    with pytest.raises(InvalidInputError, match="line 11 is not a record: holds: duration_ms"):
        load(folder)


def test_a_trial_that_is_there_twice_is_named(folder: Path) -> None:
    write_journal(folder, [trial(0), trial(1), trial(0)])
    with pytest.raises(InvalidInputError, match="line 3 repeats the trial made/0"):
        load(folder)


def test_a_line_without_an_end_is_not_read_into_memory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "LONGEST", 1000)
    path = write_journal(folder, [])
    path.write_bytes(b" " * 5000)
    with pytest.raises(InvalidInputError, match="line 1 is not a record: longer than 1,000 bytes"):
        load(folder)


def test_another_schema_is_refused_before_anything_else_in_its_line(folder: Path) -> None:
    path = write_journal(folder, [])
    path.write_bytes(b'{"schema":99,"from":"the future"}\n')
    with pytest.raises(
        InvalidInputError, match=f"line 1 has schema 99; this version reads schema {SCHEMA}"
    ):
        load(folder)


def test_older_schemas_are_read_whether_or_not_they_need_a_migration(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = trial(0, outcome="not-retried").to_line().encode()
    head = b'{"schema":%d,' % SCHEMA
    assert line.startswith(head)
    path = write_journal(folder, [])
    old = line.replace(head, b'{"schema":2,').replace(b"not-retried", b"refused")
    old = old.replace(b'"ready_us"', b'"closed_us"').replace(b'"freshness"', b'"identity"')
    path.write_bytes(old + b"\n")
    assert load(folder).trials["outcome"].tolist() == ["not-retried"]
    path.write_bytes(line + b"\n")
    monkeypatch.setattr(journal, "_HEADS", ())
    assert load(folder).trials["outcome"].tolist() == ["not-retried"]


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
def test_what_pydantic_refuses_is_refused_here_and_what_is_taken_is_the_same(
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
    line = json.dumps(changed)
    (folder / "journal.jsonl").write_text(f"{line}\n", encoding="utf-8")
    try:
        frames = load(folder)
    except InvalidInputError:
        return
    try:
        accepted = TrialRecord.model_validate_json(line)
    except ValidationError as error:
        pytest.fail(f"loaded, but it is not a record: {error}")
    assert rows(frames.trials) == rows(with_journal(folder, [accepted]).trials)


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
    assert "persist-harness[lab]" in done.stdout
