"""The page of the retry atlas has a row for each write path, as its files have it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from atlas_page import FOLDER, atlas_page
from reproduction_lab import probed_path

from harness.errors import InvalidInputError
from harness.reproduce.atlas import atlas_rows, make_atlas, read_probe
from harness.reproduce.load_programs import load_programs, program_names
from harness.reproduce.probe import ProbeOptions
from harness.reproduce.probed import Probed

REPORT = """
schema = 1
title = "Made for a test"
reports = ["https://example.org/1"]
lab = "linux"
command = ["{python}", "-I", "-S", "-c", "import os; open('a', 'w'); os.rename('a', 'b')"]
[[denied]]
call = "rename"
path = "a"
effect = 5
[[expect]]
releases = ["1", "2"]
endings = ["failed"]
"""


def test_each_write_path_is_a_row(tmp_path: Path) -> None:
    paths = [probed_path(1, "plain"), probed_path(3, None)]
    found = Probed(
        program="tool", release="1.0", command=[], lab="wine", claim=None, paths=paths, left_out=[]
    )
    (tmp_path / "tool@1.0.json").write_text(found.model_dump_json(by_alias=True))
    lines = list(atlas_page(tmp_path))
    assert lines[0] == "2 write paths of 1 release, under 4 codes each."
    start = "| `tool` 1.0 | renames a\\_\\* to b |"
    assert f"{start} tried once | - | failed (5) |" in lines
    assert f"{start} 3 attempts in 200 ms, after 5: no simple schedule | - | failed (5) |" in lines


def test_what_the_catalogue_has_of_the_release_is_beside_it(tmp_path: Path) -> None:
    for release in ("4.2.10", "4.2.11"):
        found = Probed(
            program="graceful-fs-98",
            release=release,
            command=[],
            lab="wine",
            claim=None,
            paths=[probed_path(1, "plain")],
            left_out=[],
        )
        (tmp_path / f"graceful-fs-98@{release}.json").write_text(found.model_dump_json(by_alias=True))
    old, new = [line for line in atlas_page(tmp_path) if line.startswith("| `graceful-fs-98`")]
    assert "for 60s on 5 renames only" in old
    assert "(graceful-fs-60s-noebusy)" in old
    assert "for 60s on 5,32,33 renames only" in new
    assert "(graceful-fs-60s)" in new


def test_long_hashes_are_cut(tmp_path: Path) -> None:
    path = probed_path(1, "plain").model_copy(update={"words": f"renames {'0123456789abcdef' * 8} to b"})
    found = Probed(
        program="tool", release="1.0", command=[], lab="wine", claim=None, paths=[path], left_out=[]
    )
    (tmp_path / "tool@1.0.json").write_text(found.model_dump_json(by_alias=True))
    assert any("renames 012345… to b" in line for line in atlas_page(tmp_path))


def test_the_shipped_atlas_is_of_shipped_releases() -> None:
    rows = list(atlas_rows(FOLDER))
    known = {
        (each.name, version)
        for each in load_programs(program_names())
        for version in each.scenario.versions
    }
    assert rows
    assert {(row.program, row.release) for row in rows} <= known


def test_a_file_that_is_no_probe_is_said(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(InvalidInputError, match=r"other\.json: this is not the JSON of a probe"):
        list(atlas_rows(tmp_path))


@pytest.mark.skipif(sys.platform != "linux", reason="the lab needs Linux")
@pytest.mark.usefixtures("linux_lab")
def test_an_atlas_is_continued_where_it_ended(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(REPORT)
    (tmp_path / "atlas").mkdir()
    (tmp_path / "atlas" / "mine@1.json").write_text("kept")
    said: list[str] = []
    options = ProbeOptions(codes=(5,), time_limit_s=30)
    assert make_atlas(load_programs([str(file)]), tmp_path / "atlas", options, said.append) == {}
    assert "mine@2" in said
    assert "mine@1" not in said
    assert (tmp_path / "atlas" / "mine@1.json").read_text() == "kept"
    found = read_probe((tmp_path / "atlas" / "mine@2.json").read_text())
    assert (found.program, found.release, len(found.paths)) == ("mine", "2", 1)
