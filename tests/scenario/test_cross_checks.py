"""Checks between the parts of a scenario: operations, payloads, profiles, strategies and factors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidFilesError
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario


def problems_of(path: Path | str) -> dict[str, tuple[str, str]]:
    """Key -> (found, expected) of everything that is wrong with a scenario."""
    with pytest.raises(InvalidFilesError) as caught:
        load_scenario(path)
    return {problem.key: (problem.found, problem.expected) for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("operations", "key"),
    [
        ('[[operations]]\nkind = "rewrite"\nat = "x"\nfile = "RECORD"', "operations[0].kind"),
        ('[[operations]]\nkind = "remove"\nat = "x"', "operations[0].kind"),
        (
            (
                '[[operations]]\nkind = "rename"\nto = "x/{file}"\n'
                '[[operations]]\nkind = "add-resource"\nto = "y/{file}"'
            ),
            "operations[1].kind",
        ),
        ('[[operations]]\nkind = "rename"\nto = "x/{wat}"', "operations[0].to"),
        ('[[operations]]\nkind = "rename"\nto = "C:/x"', "operations[0].to"),
        ('[[operations]]\nkind = "rename"\nto = "/x"', "operations[0].to"),
        ('[[operations]]\nkind = "rename"\nto = "x"\nprimitive = "mv"', "operations[0].primitive"),
        ('[[operations]]\nkind = "teleport"', "operations[0].kind"),
        (
            '[[operations]]\nkind = "rename"\nto = "x"\n[factors]\nlink_mode = ["copy"]',
            "factors.link_mode",
        ),
    ],
)
def test_operations_that_do_not_fit_are_refused(
    make_scenario: MakeScenario, operations: str, key: str
) -> None:
    body = '[[payload]]\nkind = "launcher"\nname = "a"\nentry_point = "a = a:b"\n' + operations
    assert key in problems_of(make_scenario(body=body))


def test_items_may_not_share_a_place_unless_they_are_placed_in_it(make_scenario: MakeScenario) -> None:
    body = """
[[payload]]
kind = "files"
name = "entry"
sizes = [1, 2]
[[operations]]
kind = "write-replace"
to = "cache/entry"
"""
    assert "{name}" in problems_of(make_scenario(body=body))["operations[0].to"][1]


def test_the_same_strategy_twice_needs_labels(make_scenario: MakeScenario) -> None:
    assert (
        "more than once" in problems_of(make_scenario(strategies='["plain", "plain"]'))["strategies"][0]
    )
    twice = '["plain", { use = "plain", label = "again" }]'
    labels = [
        choice.display for choice in load_scenario(make_scenario(strategies=twice)).scenario.strategies
    ]
    assert labels == ["plain", "again"]


@pytest.mark.parametrize(
    "strategy",
    [
        '{ use = "pip", label = "uv" }',
        '{ use = "pip", label = " UV" }',
        '{ use = "pip", label = "Plain in place" }',
        '{ use = "uv-persist-backon-10", label = "uv-backon-10" }',
        '{ use = "plain", label = "uv-0.5.17" }',
        '{ use = "plain", label = "exponential" }',
        '{ use = "exponential", cap_ms = 50, label = "exponential" }',
        '{ use = "plain", label = "10ms x2 for 10s" }',
        '{ strategy = "10ms x2 for 10s on 5", label = "10ms x2 for 10s" }',
        '{ use = "plain", label = "plain in place" }',
        '{ use = "mine", file = "mine.py", label = "plain" }',
        '{ use = "uv", file = "mine.py" }',
    ],
)
def test_a_label_that_is_the_name_of_another_strategy_is_refused(
    make_scenario: MakeScenario, strategy: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").touch()
    ((key, (found, expected)),) = problems_of(make_scenario(strategies=f"[{strategy}]")).items()
    assert key.startswith("strategies[0].")
    what = "notation" if "10ms" in strategy or " in place" in strategy else "name"
    assert f"the {what} of another strategy" in found
    assert expected == f"a label that is the {what} of no other strategy"


def test_a_label_in_words_may_look_like_notation(make_scenario: MakeScenario) -> None:
    words = '[{ strategy = "50ms x2 9 retries on 5", label = "10 attempts, 50 ms" }]'
    assert load_scenario(make_scenario(strategies=words)).scenario.strategies[0].display == (
        "10 attempts, 50 ms"
    )


@pytest.mark.parametrize(
    "strategy",
    [
        '{ use = "plain", label = "plain" }',
        '{ use = "uv", label = "uv" }',
        '{ use = "uv", label = "uv-persist-backon-10" }',
        '{ strategy = "10ms x2 for 10s", label = "10ms x2 for 10s" }',
        '{ use = "pip", label = "pip and no more" }',
    ],
)
def test_a_label_that_says_what_it_is_stays(make_scenario: MakeScenario, strategy: str) -> None:
    load_scenario(make_scenario(strategies=f"[{strategy}]"))


@pytest.mark.parametrize(
    ("operation", "key"),
    [
        (
            'kind = "write-replace"\nto = "x/{file}"\nprimitive = "replace-file"',
            "operations[0].primitive",
        ),
        (
            'kind = "write-replace"\nto = "x/{file}"\nexisting = true\nprimitive = "move"',
            "operations[0].primitive",
        ),
        ('kind = "rename"\nto = "x/{file}"\nprimitive = "replace-file"', "operations[0].primitive"),
        ('kind = "rename"\nto = "staging/{file}"', "operations[0].to"),
    ],
)
def test_what_could_never_succeed_is_refused(
    make_scenario: MakeScenario, operation: str, key: str
) -> None:
    """Else its failures would be blamed on the strategies."""
    body = '[[payload]]\nkind = "launcher"\nname = "a"\nentry_point = "a = a:b"\n[[operations]]\n'
    assert key in problems_of(make_scenario(body + operation))


TREE = """
[[payload]]
kind = "tree"
name = "lib"
shape = { folders = 1, other = { files = 1, sizes = [1, 1, 1, 1, 1, 1, 1, 1] } }
"""
RENAME = '[[operations]]\nkind = "rename"\nto = "store/{name}"\n'
PLACE = '[[operations]]\nkind = "place"\nto = "site-packages"\n'
REMOVE = '[[operations]]\nkind = "remove"\nat = "site-packages"\n'
REWRITE = '[[operations]]\nkind = "rewrite"\nat = "site-packages"\nfile = "x.py"\n'


@pytest.mark.parametrize(
    ("operations", "problems"),
    [
        (RENAME + PLACE, []),
        (REMOVE + PLACE, []),
        (PLACE + RENAME, []),
        (RENAME + REMOVE, []),
        (REWRITE + PLACE, [("operations[0].kind", "'rewrite' beside other operations")]),
        (
            RENAME + REWRITE,
            [
                ("operations[1].kind", "'rewrite' beside other operations"),
            ],
        ),
    ],
)
def test_operations_come_in_an_order_that_works(
    make_scenario: MakeScenario, operations: str, problems: list[tuple[str, str]]
) -> None:
    path = make_scenario(TREE + operations)
    if not problems:
        load_scenario(path)
        return
    with pytest.raises(InvalidFilesError) as caught:
        load_scenario(path)
    assert [(problem.key, problem.found) for problem in caught.value.problems] == problems


def test_a_profile_that_only_holds_directories_has_nothing_to_hold_of_files(
    make_scenario: MakeScenario, make_profile: MakeProfile
) -> None:
    make_profile("folders", 10, object="directory", share="rwd")
    problems = problems_of(make_scenario(profiles='["folders"]'))
    assert problems["profiles"][0] == "'folders', which holds a directory"
    load_scenario(make_scenario(TREE + RENAME, profiles='["folders"]'))


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("bin/con.exe", "'con.exe' is the device CON on Windows, whatever its ending"),
        ("bin/Lpt1", "'Lpt1' is the device LPT1 on Windows, whatever its ending"),
        ("a/x:y", "Windows allows no ':' in a name"),
        ("a/../b", ".. is no name"),
        ("a//b", "one name is empty"),
        ("a/b.", "Windows drops the space or dot at the end of 'b.'"),
    ],
)
def test_a_path_that_is_not_portable_is_refused_with_the_reason(
    make_scenario: MakeScenario, to: str, why: str
) -> None:
    body = '[[payload]]\nkind = "launcher"\nname = "a"\nentry_point = "a = a:b"\n[[operations]]\n'
    ((_, (found, expected)),) = problems_of(
        make_scenario(body=f'{body}kind = "rename"\nto = "{to}"')
    ).items()
    assert found == repr(to)
    assert expected.endswith(f": {why}")
