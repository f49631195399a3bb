"""What `harness strategies` prints: the listing at every width, and details."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from command_lab import harness
from rich.console import Console

from harness.cli.strategies import details, listing, strategies
from harness.errors import InvalidInputError
from harness.strategy import catalogue
from harness.strategy.lookup import listed


def printed(part: Any, width: int) -> str:
    console = Console(width=width)
    with console.capture() as captured:
        console.print(part)
    return captured.get()


@pytest.mark.parametrize("width", [80, 100, 120, 160, 200])
def test_every_line_fits_and_all_notation_is_there_whole(width: int) -> None:
    views = listed()
    text = "".join(printed(part, width) for part in listing(views, width))
    assert max(map(len, text.splitlines())) <= width
    flat = " ".join(text.split())
    for view in views:
        assert view.name in text
        if view.origin == "catalogue" and len(str(view.notation)) < width - 4:
            assert str(view.notation) in flat
    heads = text.splitlines()[0].split()
    assert ("versions" in heads, "operation" in heads) == (width >= 160, True)


@pytest.mark.parametrize("width", [60, 80])
def test_a_description_fills_the_width_that_is_there(width: int) -> None:
    text = printed(details(listed(["exponential"])[0]), width)
    _, rest = text.split("`jitter` multiplies")
    paragraph = [line.strip() for line in rest.split("initial_ms =")[0].splitlines()[1:]]
    assert len(paragraph) > 3
    for line, following in itertools.pairwise(paragraph):
        assert len(f"  {line} {following.split()[0]}") > width, "its first word would fit on the line"


def shown(name: str, width: int = 200) -> str:
    return " ".join(printed(details(listed([name])[0]), width).split())


def test_details_have_source_versions_and_notes() -> None:
    text = shown("graceful-fs-60s")
    entry = catalogue.entries()["graceful-fs-60s"]
    for words in (entry.source, entry.note, entry.differs, entry.links[0], "since 4.2.11"):
        assert words in text
    assert "if the target exists 1 attempt, 0" in text
    assert "applies to renaming files and directories, async" in text
    assert "retries in source EACCES" in text
    assert "607, budget 60 s; at 0, 0, 10, 30" in text
    rustup = "27, budget ~159 s (5th to 95th percentile: 85.7 s to 232 s; at most 318 s)"
    assert rustup in shown("rustup-rename")
    assert "11, budget 10 calls x 0.3 ms (assumed)" in shown("rimraf-v4-sync")
    assert "for example" in shown("rustup-rename")
    assert "reports the error after 10.2 s" in shown("dotnet-sdk-move")


def test_details_of_what_has_parameters_show_them_and_the_notation_at_their_defaults() -> None:
    text = shown("exponential", 100)
    assert "factor = 2.0" in text
    assert "max_time_ms = none" in text
    assert "codes = 5, 32, 33" in text
    assert "notation 10ms x2 cap 60min 10 retries on 5,32,33" in text
    assert "longest_first_ms = 1000.0" in shown("shared-budget")


def test_notation_is_explained_once() -> None:
    assert shown("1ms x2 4 retries").count("doubling each time") == 1


@pytest.mark.parametrize(
    ("names", "plot", "words", "hint"),
    [
        (["plain", "out.bmp"], True, "cannot draw to out.bmp", "Use .svg, .png or .pdf."),
        (
            ["plain", "out.svg"],
            False,
            "out.svg is the name of a file, not of a strategy",
            "Add --plot to draw to it.",
        ),
    ],
)
def test_a_file_that_cannot_be_drawn_to_is_refused(
    names: list[str], plot: bool, words: str, hint: str
) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(words)) as caught:
        strategies(names, plot=plot)
    assert caught.value.hint == hint


def test_of_several_names_the_known_are_shown_and_the_others_refused(tmp_path: Path) -> None:
    command = ("strategies", "cargo", "pip", "npm", "yarnn")
    done = harness(*command, cwd=tmp_path)
    assert done.returncode == 2
    assert "cargo-plain" in done.stdout
    assert "pip-replace" in done.stdout
    assert done.stderr.startswith("error: 2 mistakes:")
    assert "npm uses graceful-fs" in done.stderr
    assert "no strategy is called 'yarnn'. Did you mean yarn" in done.stderr
    done = harness(*command, "--json", cwd=tmp_path)
    assert done.returncode == 2
    known = json.loads(done.stdout)["strategies"]
    assert {each["name"].partition("-")[0] for each in known} == {"cargo", "pip"}
