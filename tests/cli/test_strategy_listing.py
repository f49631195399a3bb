"""What `harness strategies` lists: names of every kind, filters, widths, details."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rich.console import Console

from harness.cli.strategy_listing import StrategyRow, details, listing, strategy_rows, text_plot
from harness.errors import InvalidInputError
from harness.strategy import catalogue, lookup


def names(*given: str, **filters: Any) -> list[str]:
    return [row.name for row in strategy_rows(given, **filters)]


def printed(part: Any, width: int) -> str:
    console = Console(width=width)
    with console.capture() as captured:
        console.print(part)
    return captured.get()


def test_without_names_there_are_those_with_parameters_and_then_the_whole_catalogue() -> None:
    found = names()
    assert found[: len(lookup.shipped())] == list(lookup.shipped())
    assert found[-len(catalogue.policies()) :] == list(catalogue.policies())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("uv-backon-9", ["uv-backon-9"]),
        ("exponential", ["exponential"]),
        ("rustup", [policy.id for policy in catalogue.systems()["rustup"].policies]),
        ("uv-0.5.17", ["uv-backon-9", "uv-persist-backon-9", "uv-async-persist-loststate"]),
        ("1ms x2 4 retries", ["1ms x2 4 retries"]),
    ],
)
def test_a_name_may_be_of_any_kind(name: str, expected: list[str]) -> None:
    assert names(name) == expected
    assert names(name, name) == expected


def test_filters_leave_what_fits_all_of_them() -> None:
    assert set(names(systems=["uv", "rustup"])) == {
        policy.id for system in ("uv", "rustup") for policy in catalogue.systems()[system].policies
    }
    assert "git-lfs-rename" not in names(codes=[5], operations=["rename"])
    assert "go-robustio" in names(operations=["rename"])  # it is for any
    for row in strategy_rows(codes=[32, 145], operations=["delete", "delete-tree"]):
        assert row.does_retry(32)
        assert row.does_retry(145)
        assert row.operation in {"delete", "delete-tree", "any"}
    assert "sqlite-winioerr" in names(codes=[121])  # a code that has no name here


@pytest.mark.parametrize(
    ("given", "filters", "words"),
    [
        (["wat"], {}, "no strategy is called 'wat'"),
        ([], {"systems": ["wat"]}, "no system is called 'wat'"),
        ([], {"operations": ["wat"]}, "no operation is called 'wat'"),
        (["10ms x2"], {}, "expected when it gives up"),
    ],
)
def test_what_does_not_exist_is_refused(given: list[str], filters: Any, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        strategy_rows(given, **filters)


@pytest.mark.parametrize("width", [80, 100, 120, 160, 200])
def test_every_line_fits_and_every_sentence_is_there_whole(width: int) -> None:
    rows = strategy_rows()
    text = "".join(printed(part, width) for part in listing(rows, width))
    assert max(map(len, text.splitlines())) <= width
    flat = " ".join(text.split())
    for row in rows:
        assert row.name in text
        if row.sentence is not None and len(str(row.sentence)) < width - 4:
            assert " ".join(str(row.sentence).split()) in flat
    heads = text.splitlines()[0].split()
    assert ("versions" in heads, "operation" in heads) == (width >= 120, width > 80) or width == 120


def row(name: str) -> StrategyRow:
    return strategy_rows([name])[0]


def test_details_tell_source_versions_and_what_to_know() -> None:
    text = " ".join(printed(details(row("graceful-fs-60s")), 200).split())
    policy = catalogue.policies()["graceful-fs-60s"]
    for words in (policy.source, policy.note, policy.differs, policy.links[0], "since 4.2.11"):
        assert words in text
    assert "if the target exists 1 attempt, 0" in text
    assert "607, budget 60 s; at 0, 0, 10, 30" in text
    jittered = " ".join(printed(details(row("rustup-rename")), 200).split())
    assert "27, budget ~16" in jittered
    assert "for example" in jittered
    trailing = " ".join(printed(details(row("dotnet-sdk-move")), 200).split())
    assert "says that it failed after 10.2 s" in trailing
    assert "factor = 2.0" in " ".join(printed(details(row("exponential")), 100).split())
    assert "100s" in text_plot(row("graceful-fs-60s"))


def test_json_is_complete_and_plain() -> None:
    data = {found.name: found.as_json() for found in strategy_rows()}
    json.dumps(data, allow_nan=False)
    graceful = data["graceful-fs-60s"]
    assert graceful["policy"] == str(catalogue.policies()["graceful-fs-60s"].sentence)
    assert graceful["if_target_exists"] == {"attempts": 1, "budget_ms": 0}
    assert graceful["catalogue"]["system"] == "graceful-fs"
    assert graceful["catalogue"]["source"]
    assert (graceful["codes"], graceful["retries"]) == ([5, 32, 33], "5, 32, 33")
    assert (data["exponential"]["budget_ms"], data["exponential"]["catalogue"]) == (10_230, None)
    rustup = data["rustup-rename"]
    assert rustup["jitter"]
    assert rustup["budget"]["least"] < rustup["budget_ms"] < rustup["budget"]["most"]
    assert data["graceful-fs-1s"]["attempt_cost_ms"] == 0.3
    assert data["llvm-rename-source"]["retries"] == "any but 2"
