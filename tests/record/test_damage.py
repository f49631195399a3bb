"""Damaged runs: nothing that is not a trial of the run counts, nothing sound is lost, and all is said.

The run is a real one of three blocks of two strategies; it is damaged as disks, editors, transfers and
people damage files. `expected` says in plain Python which lines are sound.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from harness.analysis.run_summary import runs_of
from harness.cli.show import app
from harness.errors import InvalidInputError
from harness.frames import export, load
from harness.record.read import Run, read_run
from harness.report.contents import contents_of
from harness.run.start import resume
from harness.summary.markdown_tables import run_markdown
from harness.summary.phrase import plain
from harness.summary.summarise import summarise
from harness.summary.terminal_tables import run_tables

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario

PLANNED: Final = 6
LF: Final = b"\n"


@pytest.fixture
def runs(make_scenario: MakeScenario, run_scenario: RunScenario) -> tuple[Run, Run]:
    """Two runs of one scenario, with the seeds 1 and 2."""
    path = make_scenario(strategies='["plain", "exponential"]', profiles='["brief"]')
    return run_scenario(path, blocks=3), run_scenario(path, blocks=3, seed=2)


def lines_of(run: Run) -> list[bytes]:
    return (run.folder / "journal.jsonl").read_bytes().splitlines()


def flipped(line: bytes, bit: int) -> bytes:
    place = bit // 8 % len(line)
    return line[:place] + bytes([line[place] ^ 1 << bit % 8]) + line[place + 1 :]


Change = tuple[str, int, int]
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["drop", "repeat", "swap", "flip", "strange", "cut", "empty"]),
        st.integers(0, 9),
        st.integers(0, 100_000),
    ),
    max_size=5,
)


def changed(lines: Sequence[bytes], strange: Sequence[bytes], changes: Sequence[Change]) -> list[bytes]:
    """The lines of a journal after damages of several kinds."""
    found = list(lines)
    for kind, where, number in changes:
        place = where % max(len(found), 1)
        match kind:
            case "strange":
                found.insert(place, strange[number % len(strange)])
            case "empty":
                found.insert(place, b"")
            case _ if not found:
                pass
            case "drop":
                del found[place]
            case "repeat":
                found.insert(number % (len(found) + 1), found[place])
            case "swap":
                other = number % len(found)
                found[place], found[other] = found[other], found[place]
            case "flip" if found[place]:
                found[place : place + 1] = flipped(found[place], number).splitlines() or [b""]
            case "cut":
                found[place] = found[place][: number % (len(found[place]) + 1)]
    return found


def expected(lines: Sequence[bytes], own: Sequence[bytes]) -> list[bytes]:
    """The lines that count: those of the run as they were written, each once."""
    return list(dict.fromkeys(line for line in lines if line in own))


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(changes=CHANGES, end=st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_whatever_happens_to_a_journal_its_sound_trials_count_once_and_the_rest_is_said(
    runs: tuple[Run, Run], changes: list[Change], end: bytes
) -> None:
    run, other = runs
    own = ORIGINAL.setdefault(run.folder, lines_of(run))
    trials = dict(zip(own, run.trials, strict=True))
    found = changed(own, lines_of(other), changes)
    (run.folder / "journal.jsonl").write_bytes(b"".join(line + end for line in found))
    sound = expected(found, own)
    again, frames = read_run(run.folder), load(run.folder)
    assert again.trials == [trials[line] for line in sound]
    assert frames.trials["elapsed_ms"].tolist() == [trial.elapsed_ms for trial in again.trials]
    left_out = len(found) - len(sound)
    assert again.damage.lines == frames.runs["damaged"].tolist()[0] == left_out
    assert frames.runs["damage"].tolist()[0].splitlines() == again.damage.told
    (about,) = runs_of(frames)
    assert (about.damaged, about.damage) == (left_out, again.damage.told)
    assert (f"Left out: {left_out} damaged" in printed(again)) == bool(left_out)
    missing = PLANNED - len(sound)
    assert bool(missing) == (f"{missing} planned trial" in printed(again) or not sound)


ORIGINAL: dict[Path, list[bytes]] = {}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(changes=CHANGES)
def test_a_damaged_run_is_completed_with_the_same_trials(
    runs: tuple[Run, Run], changes: list[Change]
) -> None:
    run, other = runs
    own = ORIGINAL.setdefault(run.folder, lines_of(run))
    found = changed(own, lines_of(other), changes)
    (run.folder / "journal.jsonl").write_bytes(b"".join(line + LF for line in found))
    resume(run.folder)
    assert (run.folder / "journal.jsonl").read_bytes().splitlines()[: len(found)] == found
    again = read_run(run.folder)
    assert by_place(again) == by_place(run)


def by_place(run: Run) -> dict[Any, Any]:
    found = {trial.place: trial.model_dump(exclude={"cost_us"}) for trial in run.trials}
    assert len(found) == len(run.trials)
    return found


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(bit=st.integers(0, 1 << 20))
def test_a_changed_bit_of_a_manifest_is_said_or_refused(runs: tuple[Run, Run], bit: int) -> None:
    run, _ = runs
    path = run.folder / "manifest.json"
    text = MANIFESTS.setdefault(path, path.read_bytes())
    path.write_bytes(flipped(text, bit))
    try:
        again, frames = read_run(run.folder), load(run.folder)
    except InvalidInputError:
        with pytest.raises(InvalidInputError, match=r"manifest\.json"):
            read_run(run.folder)
        return
    assert again.manifest.integrity == "changed"
    assert frames.runs["manifest"].tolist() == ["changed"]
    assert "The manifest is not as it was written" in printed(again)
    with pytest.raises(InvalidInputError, match="is not as it was written"):
        resume(run.folder)


MANIFESTS: dict[Path, bytes] = {}


def printed(run: Run) -> str:
    file = io.StringIO()
    for part in run_tables(summarise(run), 1000, str(run.folder)):
        Console(file=file, width=1000).print(part)
    return file.getvalue()


def test_line_ends_and_a_mark_at_the_beginning_damage_no_manifest(runs: tuple[Run, Run]) -> None:
    run, _ = runs
    path = run.folder / "manifest.json"
    text = path.read_bytes()
    for other in (text.replace(LF, b"\r\n"), text.replace(LF, b"\r"), b"\xef\xbb\xbf" + text, text + LF):
        path.write_bytes(other)
        assert read_run(run.folder).manifest.integrity == "intact"


@pytest.fixture
def mixed(runs: tuple[Run, Run], tmp_path: Path) -> Path:
    """A run of seed 2 whose journal begins with trials of seed 1, and whose plan has fewer blocks."""
    one, two = runs
    folder = tmp_path / "mixed"
    shutil.copytree(two.folder, folder)
    lines = [*lines_of(one)[:3], *lines_of(two)[2:]]
    (folder / "journal.jsonl").write_bytes(b"".join(line + LF for line in lines))
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    (folder / "manifest.json").write_text(text.replace('"blocks": 3,', '"blocks": 1,'), encoding="utf-8")
    return folder


def by_show(run: Path, _: Path) -> str:
    return CliRunner().invoke(app, [str(run)]).output


def by_json(run: Path, _: Path) -> str:
    data = json.loads(CliRunner().invoke(app, ["--json", str(run)]).output)
    assert (data["trials"], data["damaged"], data["manifest"]) == (4, 3, "changed")
    return f"damaged line; manifest is not as it was written; {data['damage']}; has 4 trials"


def by_markdown(run: Path, _: Path) -> str:
    return run_markdown(summarise(read_run(run)), run.name).replace("\\", "")


def by_report(run: Path, _: Path) -> str:
    return "\n".join(plain(note.phrase) for note in contents_of(load(run)).warnings)


def by_export(run: Path, to: Path) -> str:
    said = "; ".join(export(load(run), to / "export", "parquet"))
    (about,) = load(to / "export").runs.to_dict("records")
    assert (about["trials"], about["damaged"], about["manifest"]) == (4, 3, "changed")
    return f"{said}; has 4 trials"


@pytest.mark.parametrize("reader", [by_show, by_json, by_markdown, by_report, by_export])
def test_every_output_says_what_is_left_out_and_what_does_not_fit(
    mixed: Path,
    tmp_path: Path,
    runs: tuple[Run, Run],
    reader: Callable[[Path, Path], str],
) -> None:
    said = " ".join(reader(mixed, tmp_path).split())
    assert "damaged line" in said
    assert f"line 1: it is of another run, {runs[0].manifest.run}" in said
    assert "manifest is not as it was written" in said
    assert "has 4 trials" in said
    assert "-" not in said.partition("planned trial")[0][-4:]
