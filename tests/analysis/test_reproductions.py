"""What the notebook of reproductions says: eras of releases, and how write paths are tried again."""

from __future__ import annotations

from pathlib import Path

from reproduction_lab import atlas_row, outcome, probed_path, release

from harness.analysis import notebook
from harness.reproduce.kept_outcomes import KeptOutcomes

BEFORE = release("1.0", "failed", [0.0], [])
SINCE = [release(version, "ok", [0.0, 100.0], [300.0]) for version in ("1.1", "1.2")]


def test_releases_in_a_row_that_do_alike_are_an_era() -> None:
    said = list(notebook.era_sentences(outcome(BEFORE, *SINCE)))
    assert said == [
        "1.0: failed, 1 attempt, denied.",
        "1.1 to 1.2: ok, 3 attempts at 0 ms, 100 ms and 300 ms, 2 of them denied.",
    ]


def test_a_release_that_was_not_run_ends_no_era() -> None:
    unknown = release("1.15", "unknown", [], [])
    assert len(list(notebook.era_sentences(outcome(SINCE[0], unknown, SINCE[1])))) == 1


def test_programs_that_changed_are_told_from_those_that_did_not() -> None:
    changed = outcome(BEFORE, *SINCE, name="changed")
    alike = outcome(*SINCE, name="alike")
    of_wine = outcome(*SINCE, name="of wine", lab="wine")
    nothing = outcome(name="nothing was run")
    every = [changed, alike, of_wine, nothing]
    assert notebook.with_eras(every) == [changed]
    assert notebook.without_eras(every, "linux") == [alike]
    assert notebook.without_eras(every, "wine") == [of_wine]


def test_kept_outcomes_are_opened(tmp_path: Path) -> None:
    kept = outcome(BEFORE)
    KeptOutcomes(tmp_path / "some").put(kept)
    assert notebook.reproductions_in(str(tmp_path / "some")) == [kept]


def test_the_atlas_says_how_many_paths_are_tried_again_and_for_how_long() -> None:
    paths = probed_path(1, ending="claimed"), probed_path(3), probed_path(9)
    rows = list(map(atlas_row, paths))
    assert list(notebook.atlas_sentences(rows)) == [
        "2 of 3 write paths of 1 program are tried again on some code.",
        "Their budgets go from 200 ms to 800 ms.",
        "On 5 alone, so that a sharing violation (32) ends them: 2 of them.",
        "Exit code 0 though not all is there: tool 1.0.",
    ]
    assert list(notebook.atlas_sentences([])) == []


def test_a_write_path_is_a_row_of_the_table() -> None:
    paths = probed_path(1), probed_path(3, "100ms 2 retries")
    table = notebook.atlas_table(list(map(atlas_row, paths)))
    assert list(table["retries"]) == ["nothing", "5"]
    assert list(table["budget"]) == ["-", "200 ms"]
    assert list(table["fits"]) == ["-", "100ms 2 retries"]
