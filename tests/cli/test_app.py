"""The command line, as a person and as a program meets it: what is printed where, and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from command_lab import harness

from harness.cli.app import COMMANDS, app
from harness.cli.run import next_steps
from harness.errors import ExitCode, InvalidInputError
from harness.scenario.load import shipped_names
from harness.text import quoted

if TYPE_CHECKING:
    from conftest import MakeScenario


def in_a_process(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=cwd, encoding="utf-8"
    )
    assert "Traceback" not in done.stderr
    return done


def as_json(*arguments: object, cwd: Path) -> Any:
    done = harness(*arguments, "--json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_help_has_every_command_the_first_step_and_the_exit_codes_on_a_screen(tmp_path: Path) -> None:
    text = in_a_process("--help", cwd=tmp_path).stdout
    for word in ("To start: `harness run`", "Exit codes", "130 interrupted"):
        assert word in text
    for group, commands in COMMANDS.items():
        assert f"\n{group}:\n" in text
        for name, about in commands.items():
            assert f"\n  {name} " in text
            assert f"{about}\n" in text
            assert app.get_command(None, name).help.partition("\n")[0] == about
    assert len(text.splitlines()) <= 36
    assert max(map(len, text.splitlines())) <= 80
    assert "--resume" in harness("run", "--help", cwd=tmp_path).stdout


@pytest.mark.parametrize("arguments", [("strategies",), ("strategies", "--json")])
def test_a_reader_who_has_seen_enough_is_no_error(arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "harness", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_help_loads_nothing_that_only_a_command_needs() -> None:
    shown = "from harness.cli.app import app; app(['--help'], standalone_mode=False)"
    code = f"import sys; {shown}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "harness.cli.app" in loaded
    assert not loaded & {"pydantic", "tenacity", "rich.console", "harness.cli.run"}


def test_a_run_writes_its_folder_and_prints_table_path_and_next_step(
    tmp_path: Path, make_scenario: MakeScenario
) -> None:
    path = make_scenario(strategies='["plain", "exponential"]', profiles='["brief"]')
    arguments = ("--platform", "emulated", path, "--blocks", 4, "--seed", 7)
    done = in_a_process("run", *arguments, cwd=tmp_path)
    assert done.returncode == 0
    (folder,) = (tmp_path / "results").iterdir()
    assert "about a second" in done.stdout  # the estimate, before the first trial
    assert done.stdout.count("seed 7") == 2  # the first line, and the facts of the run
    answer, table, again = (
        done.stdout.index("answer      Take exponential"),
        done.stdout.index("4/4"),
        done.stdout.rindex("Take exponential: it never failed"),
    )
    assert done.stdout.index("made under brief") < answer < table < again
    assert f"Run: {Path('results', folder.name)}" in done.stdout
    for command in next_steps(Path("results", folder.name), os.environ):
        assert f"  {command}  " in done.stdout
    shown = harness("show", folder, cwd=tmp_path)
    assert "4/4" in shown.stdout


def test_show_gives_documented_json(tmp_path: Path, make_scenario: MakeScenario) -> None:
    harness(
        "run",
        "--platform",
        "emulated",
        make_scenario(profiles='["brief"]'),
        "--blocks",
        2,
        "--seed",
        7,
        cwd=tmp_path,
    )
    (folder,) = (tmp_path / "results").iterdir()
    data = as_json("show", folder, cwd=tmp_path)
    assert (data["run"], data["platform"], data["seed"]) == (folder.name, "emulated", 7)
    assert data["antivirus"]["state"] == "unknown"
    assert data["cases"][0]["variants"][0]["failures"] == 2
    assert data["schema"] == 1


def test_strategies_gives_attempt_times_budget_and_codes(tmp_path: Path) -> None:
    rows = {row["name"]: row for row in as_json("strategies", cwd=tmp_path)["strategies"]}
    assert rows["plain"]["attempts_ms"] == [0]
    assert rows["plain"]["codes"] == []
    assert rows["exponential"]["budget_ms"]["median"] == 10_230
    assert rows["exponential"]["attempts_ms"][:4] == [0, 10, 30, 70]
    assert rows["graceful-fs-60s"]["codes"] == [5, 32, 33]
    plotted = harness("strategies", "graceful-fs-60s", "--plot", cwd=tmp_path).stdout
    assert "607, budget 60 s" in plotted
    assert "100s" in plotted
    filters = ("--system", "uv", "--code", 32, "--operation", "replace")
    only = as_json("strategies", *filters, cwd=tmp_path)
    assert only["schema"] == 1
    assert "uv-persist-backon-10" in [row["name"] for row in only["strategies"]]
    assert "uv-backon-10" not in [row["name"] for row in only["strategies"]]


def test_strategies_are_drawn_to_a_file_or_one_is_told_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    command = ("strategies", "uv-0.5.17", "rustup", "--plot", "out.svg")
    assert harness(*command, cwd=tmp_path).stdout == "Written: out.svg\n"
    assert "rustup-rename" in (tmp_path / "out.svg").read_text(encoding="utf-8")
    assert harness(*command[:-1], "UP.SVG", cwd=tmp_path).stdout == "Written: UP.SVG\n"
    assert "there is no folder no" in harness(*command[:-1], "no/out.svg", cwd=tmp_path).stderr
    (tmp_path / "without").mkdir()
    missing = "raise ModuleNotFoundError('No module named matplotlib', name='matplotlib')"
    (tmp_path / "without" / "matplotlib.py").write_text(missing)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "without"))
    refused = in_a_process(*command, cwd=tmp_path)
    assert refused.returncode == ExitCode.NOT_SUPPORTED
    assert "need matplotlib, which is not installed" in refused.stderr
    assert 'pip install ".[lab]"' in refused.stderr


def test_predict_explains_and_ranks_a_strategy_and_its_help_teaches_the_notation(tmp_path: Path) -> None:
    notation = "10ms x2 cap 250ms for 30s on 5,32"
    text = harness("predict", notation, cwd=tmp_path).stdout
    assert text.startswith(notation)
    assert "cloud-verdict" in text
    assert (
        f"To measure it: harness run numpy-wheel script-install --strategy {quoted(notation)}\n" in text
    )
    found = as_json("predict", notation, cwd=tmp_path)
    assert (found["schema"], found["strategy"]["notation"]) == (1, notation)
    ranked = as_json("predict", "rustup", "--profile", "brief", "--all", cwd=tmp_path)
    assert (ranked["schema"], ranked["strategy"]["name"]) == (1, "rustup-rename")
    help_text = harness("predict", "--help", cwd=tmp_path).stdout
    for words in ("--profile", "jitter rust-retry", "while target is absent", "Git for Windows"):
        assert words in help_text


def test_list_has_every_scenario_with_its_reports(tmp_path: Path) -> None:
    data = as_json("list", cwd=tmp_path)
    assert data["schema"] == 1
    rows = data["scenarios"]
    assert [row["name"] for row in rows] == shipped_names()
    assert all(row["reports"] for row in rows)


def test_doctor_claims_nothing_about_the_antivirus_without_proof(tmp_path: Path) -> None:
    data = as_json("doctor", cwd=tmp_path)
    if sys.platform != "win32":  # there, tests/platform/windows looks at what it finds
        unknown = {"state": "unknown", "evidence": ["no probe for antivirus software ran"]}
        assert data["antivirus"] == unknown
    assert data["schema"] == 1
    assert "emulated" in data["platforms"]
    assert "antivirus" in harness("doctor", cwd=tmp_path).stdout


def test_schema_is_json_schema(tmp_path: Path) -> None:
    schema = json.loads(harness("schema", cwd=tmp_path).stdout)
    assert "strategies" in schema["properties"]
    assert "holds" in json.loads(harness("schema", "--profile", cwd=tmp_path).stdout)["properties"]


def test_only_some_strategies_can_be_run(tmp_path: Path, make_scenario: MakeScenario) -> None:
    path = make_scenario(strategies='["plain", { use = "exponential", label = "mine" }]')
    arguments = (
        "run",
        "--platform",
        "emulated",
        path,
        "--blocks",
        1,
        "--strategy",
        "mine",
        "--strategy",
        "graceful-fs",
    )
    assert harness(*arguments, cwd=tmp_path).returncode == 0
    (folder,) = (tmp_path / "results").iterdir()
    rows = as_json("show", folder, cwd=tmp_path)["cases"][0]["variants"]
    assert [row["strategy"] for row in rows] == ["mine", "graceful-fs-60s"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("run", "numpy-weel"), ExitCode.INVALID_INPUT, "Did you mean numpy-wheel?"),
        pytest.param(
            ("run", "script-install", "--platform", "windows"),
            ExitCode.NOT_SUPPORTED,
            "does not run Windows",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="this is Windows, or Wine"),
        ),
        (("run", "script-install", "--platform", "dos"), ExitCode.INVALID_INPUT, "no platform"),
        (("run", "script-install", "--strategy", "wat"), ExitCode.INVALID_INPUT, "lists them"),
        (("run", "--max-time", "soon"), ExitCode.INVALID_INPUT, "such as 90s"),
        (("run", "--max-time", "1m", "--blocks", "2"), ExitCode.INVALID_INPUT, "used together"),
        (("run", "--resume", "nowhere"), ExitCode.INVALID_INPUT, "there is no folder nowhere"),
        (("show", "nowhere"), ExitCode.INVALID_INPUT, "there is no folder nowhere"),
        (("show", "one", "two"), ExitCode.INVALID_INPUT, "`harness report RUN RUN` makes pages"),
        (("predict", "10ms x2 for 30 parsecs"), ExitCode.INVALID_INPUT, "at character 13: found '30'"),
        (
            ("predict", "1s 1 retry", "--profile", "wat"),
            ExitCode.INVALID_INPUT,
            "Available: ambient-original",
        ),
        (("strategies", "--system", "wat"), ExitCode.INVALID_INPUT, "no system is called 'wat'"),
        (("strategies", "wat"), ExitCode.INVALID_INPUT, "lists them"),
        (("run", "--blocks", "0"), 2, "--blocks"),
    ],
)
def test_mistakes_are_reported_with_a_message_and_a_code(
    tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = harness(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert words in done.stderr


def test_all_problems_of_a_file_are_printed_and_nothing_ran(
    tmp_path: Path, make_scenario: MakeScenario
) -> None:
    path = make_scenario(blocks="0", profiles='["wat"]')
    done = harness("run", "--platform", "emulated", path, cwd=tmp_path)
    assert done.returncode == ExitCode.INVALID_INPUT
    assert "2 problems, nothing was run" in done.stderr
    assert "made.toml: blocks: found 0; expected at least 1" in done.stderr
    assert not (tmp_path / "results").exists()


def test_foreign_code_is_refused_with_its_own_exit_code(
    tmp_path: Path, make_scenario: MakeScenario
) -> None:
    path = make_scenario(strategies='[{ use = "mine", file = "mine.py" }]')
    (path.parent / "mine.py").touch()
    done = harness("run", "--platform", "emulated", path, cwd=tmp_path)
    assert done.returncode == ExitCode.CODE_NOT_ALLOWED
    assert "--allow-code" in done.stderr


def test_on_a_terminal_there_is_a_progress_bar(tmp_path: Path, make_scenario: MakeScenario) -> None:
    path = make_scenario(strategies='["plain", "exponential"]', profiles='["brief"]', blocks="200")
    if sys.platform == "win32":
        pytest.skip("no pseudo-terminals")
    main, follower = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", "run", "--platform", "emulated", str(path)],
        stdout=follower,
        stderr=follower,
        cwd=tmp_path,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
    )
    os.close(follower)
    output = b""
    while True:
        try:
            chunk = os.read(main, 65536)
        except OSError:  # the other side is closed
            break
        if not chunk:
            break
        output += chunk
    os.close(main)
    assert process.wait() == 0
    assert b"trials, made" in output
    assert b"%" in output


@pytest.mark.parametrize("command", [name for commands in COMMANDS.values() for name in commands])
def test_a_misspelt_command_is_answered_with_the_nearest(command: str) -> None:
    for typed in (command[:-1], command + command[-1]):
        with pytest.raises(InvalidInputError, match=f"no command is called '{typed}'") as caught:
            app([typed], standalone_mode=False)
        assert f"Did you mean {command}?" in (caught.value.hint or "")


def test_what_is_no_command_exits_as_other_invalid_input_does(tmp_path: Path) -> None:
    done = in_a_process("runn", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: no command is called 'runn'",
        "Did you mean run? `harness --help` lists the commands.",
    ]
