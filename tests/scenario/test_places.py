"""Names that are one file on Windows are refused before anything runs, with both of them named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidFilesError, InvalidInputError, Problem
from harness.run.options import RunOptions
from harness.run.start import start
from harness.scenario.load import load_scenario
from harness.scenario.places import IN_MORE_THAN_CASE, folded

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario


def files(name: str, sizes: str = "[1]") -> str:
    return f'[[payload]]\nkind = "files"\nname = "{name}"\nsizes = {sizes}\n'


def launcher(name: str, script: str) -> str:
    return f'[[payload]]\nkind = "launcher"\nname = "{name}"\nentry_point = "{script} = a:b"\n'


def replace(to: str) -> str:
    return f'[[operations]]\nkind = "write-replace"\nto = "{to}"\n'


def problems(path: Path) -> list[Problem]:
    with pytest.raises(InvalidFilesError) as caught:
        load_scenario(path)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("body", "key", "found", "expected"),
    [
        (files("Ruff") + files("ruff") + replace("{name}"), "payload", "'Ruff' and 'ruff'", "case"),
        (files("a") + files("a") + replace("{name}"), "payload", "'a' more than once", "each name once"),
        (files("a", "[1, 2]") + files("a-1") + replace("{name}"), "payload", "'a-1' more than", "once"),
        (files("A", "[1, 2]") + files("a-1") + replace("{name}"), "payload", "'A-1' and 'a-1'", "case"),
        (
            launcher("a", "Run") + launcher("b", "run") + replace("bin/{file}"),
            "operations[0].to",
            "the places 'bin/Run.exe' and 'bin/run.exe'",
            "case",
        ),
        (
            launcher("a", "run") + launcher("b", "run") + replace("bin/{file}"),
            "operations[0].to",
            "'bin/run.exe' for both 'a' and 'b'",
            "a place for each item",
        ),
        (
            files("a") + replace("Cache/{name}") + replace("cache/{name}"),
            "operations[1].to",
            "the places 'Cache/a' and 'cache/a'",
            "case",
        ),
        (launcher("a", "nul") + replace("{name}"), "payload", "a file 'nul.exe'", "no device"),
        (launcher("a", "COM1") + replace("bin/x"), "payload", "a file 'COM1.exe'", "no device"),
        (files("on") + replace("c{name}"), "operations[0].to", "the place 'con'", "no device"),
        (
            launcher("a", "caf\u00e9") + launcher("b", "cafe\u0301") + replace("{file}"),
            "operations[0].to",
            "the places",
            "case",
        ),
    ],
)
def test_what_would_be_one_file_or_none_is_refused(
    make_scenario: MakeScenario, body: str, key: str, found: str, expected: str
) -> None:
    seen = [(each.key, each.found, each.expected) for each in problems(make_scenario(body))]
    assert any(
        where == key and words.startswith(found) and expected in wanted for where, words, wanted in seen
    ), seen


@pytest.mark.parametrize(
    "body",
    [
        files("a", "[1, 2]") + files("b") + replace("{name}"),
        files("a") + replace("x/{name}"),
        launcher("a", "run") + launcher("b", "run") + replace("{name}/{file}"),
    ],
)
def test_other_names_are_fine(make_scenario: MakeScenario, body: str) -> None:
    assert load_scenario(make_scenario(body)).scenario.operations


def test_labels_and_profiles_that_differ_in_case_only_are_refused(
    make_scenario: MakeScenario, make_profile: MakeProfile
) -> None:
    make_profile("Own", 10)
    make_profile("own", 10)
    strategies = '[{ use = "plain", label = "Mine" }, { use = "exponential", label = "mine" }]'
    path = make_scenario(strategies=strategies, profiles='["Own", "own"]')
    assert {each.key: (each.found, each.expected) for each in problems(path)} == {
        "strategies": ("'Mine' and 'mine'", IN_MORE_THAN_CASE),
        "profiles": ("'Own' and 'own'", IN_MORE_THAN_CASE),
    }


def test_scenarios_of_one_run_differ_in_more_than_case(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    loaded = [load_scenario(make_scenario(name=name)) for name in ("Made", "made")]
    with pytest.raises(InvalidInputError, match="two scenarios have one name: 'Made' and 'made'"):
        start(loaded, RunOptions(platform="emulated", results=tmp_path / "results"))
    assert not (tmp_path / "results").exists()


def test_names_are_compared_as_windows_and_macos_do() -> None:
    assert folded("Setup.EXE") == folded("SETUP.exe") != folded("Setup-EXE")
    assert folded("Ünï") == folded("u\u0308NI\u0308")


@pytest.mark.parametrize(
    ("body", "key", "expected"),
    [
        (launcher("a", "r" * 212) + replace("{name}"), "payload", "file names of at most 215 bytes"),
        (files("a" * 100) + replace("{name}{name}{name}"), "operations[0].to", "at most 215 bytes"),
        (files("a") + replace("é" * 110), "operations[0].to", "names of at most 215 bytes"),
        (files("a" * 100) + replace("/".join(["{name}"] * 4)), "operations[0].to", "of at most 400"),
    ],
    ids=["script", "filled in", "accents", "path"],
)
def test_a_name_that_no_file_system_takes_is_refused_with_the_file(
    body: str, key: str, expected: str, make_scenario: MakeScenario
) -> None:
    *_, problem = problems(make_scenario(body))
    assert problem.key == key
    assert expected in problem.expected
    assert len(problem.found) < 120


def test_a_name_of_the_greatest_length_is_a_file_in_every_operation(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    """With the longest temporary names, too."""
    name = f"{'n' * 100}/{'m' * 198}.exe"
    body = launcher("n" * 100, "m" * 198) + replace("{name}/{file}") + "existing = true\n"
    strategies = '["1ms 20 retries moving target aside on any", "1ms 20 retries fresh temporary on any"]'
    path = make_scenario(body, strategies=strategies, profiles='["permanent"]', run_again_after_ms="5")
    assert len(name) == 303
    run = run_scenario(path, blocks=1)
    assert {trial.outcome for trial in run.trials} <= {"exhausted", "ok"}


@pytest.mark.parametrize(
    ("body", "key", "found"),
    [
        (
            files("a") + replace("Cache/{name}") + replace("cache/b"),
            "operations[1].to",
            "'cache' and 'Cache'",
        ),
        (
            files("a") + replace("bin/a") + '[[processes]]\nname = "x"\ndoes = "reads"\nat = "bin/A"\n',
            "processes[0].at",
            "'bin/A' and 'bin/a'",
        ),
    ],
)
def test_folders_and_places_of_processes_have_one_spelling(
    make_scenario: MakeScenario, body: str, key: str, found: str
) -> None:
    (problem,) = problems(make_scenario(body))
    assert (problem.key, problem.found, problem.expected) == (key, found, IN_MORE_THAN_CASE)
