"""``harness predict`` of an operation, a primitive, an object, a profile file or a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from harness.cli.predict import app
from harness.errors import InvalidInputError

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario


def shown(*arguments: str, width: int = 80) -> str:
    options: dict[str, Any] = {"env": {"COLUMNS": str(width)}, "catch_exceptions": False}
    found = CliRunner().invoke(app, list(arguments), **options)
    lines = [line.rstrip() for line in found.stdout.splitlines() if "To measure it" not in line]
    assert max(map(len, lines)) <= width
    return " ".join(found.stdout.split())


def test_a_profile_file_is_answered_first_with_what_is_known_of_its_holds(
    make_profile: MakeProfile,
) -> None:
    file = make_profile("reader", 50, object="target", share="rw")
    text = shown("10ms 9 retries on 5", "--profile", str(file))
    assert text.startswith(
        "10ms 9 retries on 5 Replacing a file: succeeds in 100 % of operations, tied for first with"
    )
    assert "Holds: A profile made by a test (handle, probability, delay and duration assumed)." in text


def test_an_operation_has_its_own_call_and_rivals() -> None:
    text = shown("10ms x2 for 2s on 5,32", "--operation", "remove-file")
    assert "Deleting a file: always succeeds under brief" in text
    assert "The call is DeleteFileW" in text
    assert "Renaming" not in text
    found = json.loads(
        CliRunner().invoke(app, ["10ms 3 retries", "--operation", "read", "--json"]).stdout
    )
    assert [each["shape"] for each in found["shapes"]] == ["read"]
    assert found["shapes"][0]["doing"] == "reading a file"


def test_another_object_and_share_mode_give_another_error() -> None:
    def codes(*options: str) -> set[int]:
        arguments = ["plain", "--operation", "write-replace", "--json", *options]
        found = json.loads(CliRunner().invoke(app, arguments).stdout)
        return {row["code"] for row in found["shapes"][0]["ranks"] if row["profile"] == "brief"}

    assert codes() == {32}
    assert codes("--held", "target") == {5}
    assert codes("--held", "target", "--share", "rwd", "--primitive", "posix-rename") == set()


def test_a_run_is_predicted_for_its_own_operation_and_holds(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("held", 50, object="source", share="r")
    run = run_scenario(make_scenario(profiles='["held"]'))
    text = shown("10ms 9 retries on 32", "--run", str(run.folder))
    assert "Renaming a file: succeeds in 100 % of operations" in text  # nothing has the new name
    holds = f"Holds: made under held, 3 recorded operations of {run.manifest.run}."
    assert holds in text
    text = shown("10ms 9 retries on 32", "--run", str(run.folder), "--operation", "remove-file")
    assert "Deleting a file: succeeds in 100 % of operations" in text
    assert holds in text
    text = shown("plain", "--run", str(run.folder), "--primitive", "posix-rename")
    assert "Renaming a directory with posix-rename" not in text
    assert "with posix-rename" in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--scenario", "made"], "--scenario chooses trials of a run"),
        (["--operation", "remove"], "is not among the calls"),
        (["--operation", "write-replace", "--primitive", "move"], "never replaces"),
        (["--profile", "nowhere.toml"], "no such file"),
        (["--run", "nowhere"], "nowhere"),
    ],
)
def test_what_does_not_fit_is_refused(options: list[str], words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        shown("plain", *options)


def test_what_is_not_predicted_says_which_run_tells() -> None:
    with pytest.raises(InvalidInputError) as caught:
        shown("plain", "--operation", "remove")
    assert "`harness new FILE --operation remove --strategy STRATEGY`" in str(caught.value.hint)
