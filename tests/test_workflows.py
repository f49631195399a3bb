"""What must hold of every workflow, also where actionlint and zizmor are not at hand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from powershell_lab import syntax_errors

FOLDER = Path(__file__).parent.parent / ".github" / "workflows"
TEXTS = {file.name: file.read_text("utf-8") for file in sorted(FOLDER.glob("*.y*ml"))}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="a source distribution has no workflows")
every_workflow = pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))


def steps(text: str) -> list[str]:
    """The steps of all jobs, each as its text."""
    found = [
        re.split(r"^ {6}- ", part, flags=re.MULTILINE)[1:] for part in text.split("    steps:\n")[1:]
    ]
    return [step for job in found for step in job]


def script(step: str) -> str:
    """What a step runs, as it stands in the file."""
    run = re.search(r"^(?: {8})?run:(.*\n(?: {10}.*\n|\n)*)", step, flags=re.MULTILINE)
    return textwrap.dedent(run[1]) if run else ""


def test_there_are_workflows() -> None:
    assert {"bench.yml", "pages.yml", "tests.yml"} <= set(TEXTS)


@every_workflow
def test_every_script_is_found_by_these_tests(text: str) -> None:
    runs = re.findall(r"^ +(?:- )?run:", text, flags=re.MULTILINE)
    assert len([step for step in steps(text) if script(step).strip()]) == len(runs) > 0


@every_workflow
def test_every_action_is_pinned_by_its_commit_and_says_its_version(text: str) -> None:
    uses = re.findall(r"\buses:(.*)", text)
    assert uses
    for action in uses:
        if action.startswith(" ./"):
            assert (FOLDER.parents[1] / action.partition("#")[0].strip()).is_file()
            continue
        assert re.fullmatch(r" [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@every_workflow
def test_nothing_is_pasted_into_a_script(text: str) -> None:
    """Values come in as environment variables: an expression would become part of the program."""
    for step in steps(text):
        assert "${{" not in script(step)


@every_workflow
def test_only_what_a_job_has_made_is_kept(text: str) -> None:
    """A folder that is checked out has a run of another machine."""
    repository = FOLDER.parents[1]
    ignored = {line.strip("/") for line in (repository / ".gitignore").read_text("utf-8").splitlines()}
    kept = re.findall(r"^ {10}path: (\S+?)/?$", text, flags=re.MULTILINE)
    assert [path for path in kept if path not in ignored and (repository / path).exists()] == []


def test_a_bench_keeps_and_shows_what_it_has_measured() -> None:
    text = TEXTS["bench.yml"]
    assert re.findall(r"^ {10}path: (.*)$", text, flags=re.MULTILINE) == ["measured/"]
    assert '*("--results", "measured"),' in text
    assert 'Path("results"' not in text


TO_DEPLOY = {"actions: read", "pages: write", "id-token: write"}


@pytest.mark.parametrize("name", TEXTS)
def test_without_permissions_unless_a_job_asks(name: str) -> None:
    assert "\npermissions: {}\n" in TEXTS[name]
    asked = set(re.findall(r"^ *([\w-]+: (?:read|write)\S*)", TEXTS[name], re.MULTILINE))
    assert asked == {"contents: read"} | (TO_DEPLOY if name in {"bench.yml", "pages.yml"} else set())


def test_one_workflow_deploys_pages_and_no_pull_request_does() -> None:
    deploying = [name for name, text in TEXTS.items() if "actions/deploy-pages@" in text]
    assert deploying == ["pages.yml"]
    assert "pull_request" not in TEXTS["pages.yml"]


def test_every_minor_version_of_python_is_tried_and_both_other_processors() -> None:
    text = TEXTS["tests.yml"]
    (versions,) = re.findall(r"^ {8}python: \[(.*)\]$", text, flags=re.MULTILINE)
    assert versions == '"3.11", "3.12", "3.13", "3.14"'
    architectures = re.findall(r"architecture: (\w+) }", text)
    assert set(architectures) == {"x64", "x86", "arm64"}


def test_a_bench_opens_with_what_its_machine_can_and_cannot_show(tmp_path: Path) -> None:
    """The step is run, as each of the machines of the matrix."""
    first, *_ = steps(TEXTS["bench.yml"])
    (runners,) = re.findall(r"^ {8}runner: \[(.*)\]$", TEXTS["bench.yml"], flags=re.MULTILINE)
    _, _, code = script(first).partition("\n")
    said = {}
    for runner in runners.split(", "):
        summary = tmp_path / runner
        hosted = "true" if runner.startswith("windows") else "false"
        environment = {"RUNNER": runner, "HOSTED": hosted, "GITHUB_STEP_SUMMARY": str(summary)}
        command = [sys.executable, "-c", textwrap.dedent(code)]
        subprocess.run(command, env={**os.environ, **environment}, check=True)
        said[runner] = summary.read_text("utf-8")
        assert said[runner].startswith(f"# {runner}\n\n- **It can show** ")
        assert "\n- **It cannot show** " in said[runner]
    assert "protection stays off" in said["windows-2025"]
    assert "protection stays off" not in said["windows-11-arm"]
    assert "virtual machine" not in said["persist-harness"]


def test_powershell_can_read_its_steps() -> None:
    of_powershell = [step for text in TEXTS.values() for step in steps(text) if "shell: pwsh" in step]
    assert of_powershell
    for step in of_powershell:
        _, _, code = script(step).partition("\n")
        assert code.strip()
        assert syntax_errors(textwrap.dedent(code)) == []


@every_workflow
def test_the_antivirus_is_changed_on_hosted_machines_only(text: str) -> None:
    for step in steps(text):
        if re.search(r"(?:Set|Add|Remove)-Mp|defender\.ps1", script(step)):
            assert "\n        if: runner.environment == 'github-hosted'\n" in step
