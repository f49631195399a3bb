"""``harness run``: it has the options that are declared, and a resumed run accepts none of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from harness import api
from harness.cli.run import app, next_steps
from harness.errors import InvalidInputError
from harness.run.options import DECLARED, RunOptions
from harness.text import quoted

if TYPE_CHECKING:
    from conftest import MakeScenario

    from harness.scenario.load import LoadedScenario

EXAMPLES: dict[str, Any] = {
    "blocks": 3,
    "max_time_s": 90.5,
    "seed": 0,
    "strategies": ["10ms x2 for 30s on 5,32", "plain"],
    "profiles": ["brief", "none"],
    "factors": {"path_style": ["plain", "verbatim"], "location": ["%TEMP%"]},
    "long_holds": True,
    "platform": "emulated",
    "jobs": 2,
    "allow_code": True,
    "results": "my results",
}
"""A value of each option that is not its default."""
DEFAULTS = {
    "--blocks": "4",
    "--max-time": "9s",
    "--seed": "4",
    "--strategy": "plain",
    "--profile": "none",
    "--factor": "a=b",
    "--jobs": "1",
}
"""What to give of options that have no default to spell; the others are given as their default."""


class Started(Exception):  # noqa: N818 - what a run would have begun with
    def __init__(self, scenarios: list[LoadedScenario], options: RunOptions) -> None:
        super().__init__()
        self.names = [loaded.name for loaded in scenarios]
        self.options = options


@pytest.fixture(autouse=True)
def _no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def launch(scenarios: list[LoadedScenario], options: RunOptions, on_event: object) -> None:
        del on_event
        raise Started(scenarios, options)

    monkeypatch.setattr(api, "launch", launch)


def run(*arguments: str) -> BaseException | None:
    return CliRunner().invoke(app, list(arguments)).exception


def test_every_option_has_an_example_here() -> None:
    assert [option.name for option in DECLARED] == list(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_option_is_read_back_from_its_arguments(name: str) -> None:
    options = RunOptions(**{name: EXAMPLES[name]})
    started = run("script-install", *options.to_argv())
    assert isinstance(started, Started)
    assert started.names == ["script-install"]
    assert str(getattr(started.options, name)) == str(EXAMPLES[name])
    assert started.options.to_argv() == options.to_argv()


def test_options_that_are_not_given_have_their_defaults() -> None:
    started = run("script-install")
    assert isinstance(started, Started)
    assert started.options == RunOptions()


def test_help_has_every_option_with_its_text() -> None:
    result = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "400", "TERMINAL_WIDTH": "400"})
    for option in DECLARED:
        assert option.flag.name in result.output
        assert option.flag.help in result.output


@pytest.mark.parametrize("flag", [option.flag.name for option in DECLARED])
def test_a_resumed_run_accepts_no_option_even_with_its_default_value(flag: str, tmp_path: Path) -> None:
    (option,) = [option for option in DECLARED if option.flag.name == flag]
    value = [] if option.default is False else [DEFAULTS.get(flag, str(option.default))]
    refused = run("--resume", str(tmp_path), flag, *value)
    assert isinstance(refused, InvalidInputError)
    if flag in {"--allow-code", "--jobs"}:
        assert "so it is not a run" in refused.message
    else:
        assert refused.message == "--resume can only be combined with --allow-code and --jobs"


@pytest.mark.parametrize("others", [["script-install"], ["--generated"]])
def test_a_resumed_run_accepts_no_scenario_either(others: list[str], tmp_path: Path) -> None:
    refused = run("--resume", str(tmp_path), *others)
    assert isinstance(refused, InvalidInputError)
    assert "only be combined" in refused.message


def test_blocks_and_a_time_exclude_each_other() -> None:
    refused = run("--blocks", "1", "--max-time", "1s")
    assert isinstance(refused, InvalidInputError)
    assert "used together" in refused.message


def test_older_scenario_files_are_shown_as_they_are_spelled_now(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    path = make_scenario()
    text = path.read_text().replace("schema = 2", "schema = 1").replace("profiles =", "interference =")
    path.write_text(text)
    result = CliRunner().invoke(app, [str(path), "--results", str(tmp_path)])
    assert isinstance(result.exception, Started)
    assert 'made.toml, line 8: profiles = ["none"]' in result.stderr


@pytest.mark.parametrize(
    ("environment", "report", "lab"),
    [
        ({}, "harness report", "harness report --lab"),
        ({"NOX_CURRENT_SESSION": "bench"}, "nox -s report --", "nox -s lab --"),
    ],
)
def test_the_next_steps_are_commands_that_work_where_the_run_was_started(
    environment: dict[str, str], report: str, lab: str
) -> None:
    steps = list(next_steps(Path("results", "a run"), environment))
    folder = quoted(str(Path("results", "a run")))
    assert steps[:3] == [f"harness show {folder}", f"{report} {folder}", f"{lab} {folder}"]
