"""What `harness predict` prints, and its help."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable

import pytest
from rich.console import Console, RenderableType
from typer.testing import CliRunner

from harness.cli.notation_help import EXAMPLES, notation_help
from harness.cli.predict import app, command, overview_tables, ranking_tables, remarks
from harness.predict.overview import overview, permanent_denial, rankings, read
from harness.strategy.notation import parse
from harness.strategy.notation_words import WORDS
from harness.text import quoted

OURS = "10ms x2 cap 250ms for 30s on 5,32"


def shown(text: str, width: int = 100) -> str:
    return printed(
        (part for each in read(text) for part in overview_tables(each.view, overview(each))), width
    )


def printed(parts: Iterable[RenderableType], width: int = 100) -> str:
    console = Console(width=width)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return captured.get()


def test_it_shows_what_the_strategy_does_and_its_ranks() -> None:
    text = shown(OURS)
    assert text.startswith(OURS)
    assert "125 attempts: it outlasts holds of up to 30.1 s." in text
    assert "A permanent denial costs 30.1 s and 125 attempts" in text
    row = r"cloud-verdict +5 +94.0 % +3.31 s +4.33 s +125 ms +(\d+\w\w of \d+|tied for \d+\w\w with \d+)"
    assert re.search(row, text)
    assert "Not ranked: permanent, poller, target-scan, writers-8 (there is no old" in text
    assert "Most similar strategies" in text
    assert str(command(OURS, read(OURS))) == (
        f"To measure it: harness run numpy-wheel script-install --strategy {quoted(OURS)}"
    )


@pytest.mark.parametrize("width", [80, 100, 160])
@pytest.mark.parametrize("notation", [OURS, "plain", "rustup", "0 for 1s on 5", "1s 2 retries on any"])
def test_every_line_fits(notation: str, width: int) -> None:
    text = shown(notation, width)
    (asked,) = read(notation)
    text += printed(ranking_tables(asked.view, rankings(asked, "brief")), width)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    assert "…" not in text.replace("8 …", "")


def test_columns_are_left_out_where_there_is_no_room_and_that_is_said() -> None:
    def predicted(*arguments: str, width: int) -> str:
        return CliRunner().invoke(app, [OURS, *arguments], env={"COLUMNS": str(width)}).output

    left_out = "Some columns are left out: a wider terminal shows all, and so does --json."
    for arguments in ((), ("--profile", "cloud-verdict")):
        assert left_out in predicted(*arguments, width=80)
        assert left_out not in predicted(*arguments, width=160)


def test_the_answer_comes_first() -> None:
    overview_lines = shown(OURS, 400).splitlines()
    assert overview_lines[1].startswith(
        "Renaming a directory: always succeeds under brief, dll-scan and smb-close;"
    )
    assert overview_lines[2].startswith("Replacing a file: ")
    (ours,) = read(OURS)
    text = printed(ranking_tables(ours.view, rankings(ours, "cloud-verdict")), 400)
    assert text.splitlines()[1].startswith("Renaming a directory: succeeds in 94.0 % of operations, ")


def test_what_never_retries_is_said_once() -> None:
    text = shown("10ms x2 0 retries", 160)
    assert "Makes one attempt and never retries." in text
    assert "Waits" not in text
    assert "not retried" not in text


def test_it_says_first_which_strategy_of_a_system_it_is_and_that_it_is_not_for_renames() -> None:
    def remarked(name: str) -> str:
        return " ".join(printed(remarks(name, read(name)), 200).split())

    assert remarked("uv") == (
        "uv stands for uv-backon-10 for renaming a directory and uv-persist-backon-10 for replacing a "
        "file; `harness strategies uv` lists all it has."
    )
    assert "pip stands for pip-replace for replacing a file;" in remarked("pip")
    assert remarked("pip").endswith("It has none for renaming a directory.")
    words = "bazel-rmdir is for delete operations; these predictions are for renames."
    assert remarked("bazel-rmdir") == words
    assert not remarked("uv-backon-10") + remarked(OURS) + remarked("exponential")


def test_jitter_is_marked_and_a_code_that_is_not_retried_is_named() -> None:
    text = shown("rustup", 160)
    assert "~159 s (5th to 95th percentile: 85.7 s to 232 s; at most 318 s)" in " ".join(text.split())
    assert re.search(r"minute-hold +5 +99.7 % ", text)
    assert "Error 32 is not retried" in text
    assert "all are means over its distribution" in " ".join(text.split())
    assert "over its distribution" not in " ".join(shown(OURS, 160).split())


@pytest.mark.parametrize(
    ("notation", "attempts", "cost_ms"),
    [
        ("1s 3 retries on 5,32 else copy", 8, 6000),  # the rename, then the copy: 4 each
        ("1s 3 retries on 5 else copy", 8, 6000),  # each call is denied with 5
        ("1s 3 retries on 32 else copy", 8, 6000),  # a reader of the new file
        ("1s 0 retries trailing wait on 5", 1, 1000),
        ("1s 3 retries on 5", 4, 3000),
        ("1s 3 retries on 183", 4, 3000),
        ("plain", 1, 0),
        ("1s 3 retries on any but 5; 10ms 5 retries on 5", 6, 50),
        ("1s 3 retries on 5; 10ms 5 retries on 145", 4, 3000),
    ],
)
def test_a_permanent_denial_costs_what_the_worst_case_takes(
    notation: str, attempts: int, cost_ms: float
) -> None:
    found = permanent_denial(read(notation)[0].view)
    assert (found.attempts.median, found.ms.median) == (attempts, cost_ms)
    text = " ".join(shown(notation).split())
    assert ("A permanent denial costs nothing" in text) == (cost_ms == 0)


def test_what_a_strategy_gets_around_is_not_decided_by_the_first_attempt() -> None:
    text = shown("10ms 3 retries on 32 moving target aside", 160)
    file = text.split("Replacing one file")[1]
    assert re.search(r"target-scan +5 +100 %", file)
    assert "Error 5 is not retried" not in file


def test_a_clause_that_can_do_nothing_is_said_where_it_does_nothing() -> None:
    directory, file = shown("10ms 3 retries else copy in place moving target aside", 160).split(
        "Replacing one file"
    )
    idle = 'Here "moving target aside" does nothing: nothing has the target\'s name before.'
    assert idle in " ".join(directory.split())
    assert '"in place" does' not in directory
    assert 'Here "in place" does nothing: no directory is renamed.' in file
    assert '"else copy" does nothing' not in file


def test_estimates_have_an_interval() -> None:
    text = shown("1ms x1..2 within 2s", 160)
    assert re.search(r"cloud-verdict +5 +~15\.\d ± 0\.\d % ", text)


def test_what_rests_on_the_assumed_length_of_calls_is_shown_as_calls() -> None:
    text = " ".join(shown("0 896 retries", 200).split())
    assert "897 attempts: it outlasts holds of up to 896 calls x 0.3 ms (assumed)." in text
    assert "A permanent denial costs 897 calls x 0.3 ms (assumed) before" in text
    assert "0.3 ms, which was not measured" in text
    (hot,) = read("0 for 1s on 5")
    table = printed(ranking_tables(hot.view, rankings(hot, "brief")), 200)
    assert re.search(r"\ngraceful-fs-1s \*", table)
    assert "* never waits: its times are calls, each assumed (not measured) to take 0.3 ms." in table
    assert "assumed" not in shown(OURS, 200).split("Computed, not measured")[0]


def test_a_name_of_the_catalogue_shows_its_title() -> None:
    assert "uv-backon-10: rename since 0.9.29" in shown("uv-0.9.29")


def test_the_full_ranking_has_all_strategies_in_order_and_marks_the_predicted_one() -> None:
    (ours,) = read(OURS)
    text = printed(ranking_tables(ours.view, rankings(ours, "cloud-verdict")), 160)
    assert re.search(r"\n> this strategy +94.0 % .* 1\dth of \d+ *\n", text)
    assert re.search(r"\ngraceful-fs-60s +100 % .* tied for first with \d+ of \d+ *\n", text)
    (named,) = read("rustup")
    text = printed(ranking_tables(named.view, rankings(named, "cloud-verdict")), 160)
    assert re.search(r"\n> rustup-rename +", text)


def test_help_explains_every_word_and_its_examples_are_notation() -> None:
    text = " ".join(printed([notation_help()], 160).split())
    for words in WORDS.values():
        for word in words:
            assert word in text
    for notation in EXAMPLES:
        assert str(parse(notation))


def test_a_run_loads_nothing_of_this() -> None:
    code = "import sys, harness.api, harness.cli.run; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "harness.run.trial" in loaded
    ours = {"harness.predict.overview", "harness.strategy.strategy_facts", "harness.predict.simulate"}
    assert not loaded & {*ours, "harness.predict.trace", "jinja2", "matplotlib", "numpy"}
