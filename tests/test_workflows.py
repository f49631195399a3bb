"""What must hold of every workflow, also where actionlint and zizmor are not at hand."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

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
    assert {"bench.yml", "tests.yml"} <= set(TEXTS)


@every_workflow
def test_every_script_is_found_by_these_tests(text: str) -> None:
    runs = re.findall(r"^ +(?:- )?run:", text, flags=re.MULTILINE)
    assert len([step for step in steps(text) if script(step).strip()]) == len(runs) > 0


@every_workflow
def test_every_action_is_pinned_by_its_commit_and_says_its_version(text: str) -> None:
    uses = re.findall(r"\buses:(.*)", text)
    assert uses
    for action in uses:
        assert re.fullmatch(r" [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@every_workflow
def test_nothing_is_pasted_into_a_script(text: str) -> None:
    """Values come in as environment variables: an expression would become part of the program."""
    for step in steps(text):
        assert "${{" not in script(step)


@every_workflow
def test_only_what_a_job_has_made_is_kept(text: str) -> None:
    """A folder that is checked out has a run of another machine."""
    kept = re.findall(r"^ {10}path: (\S+?)/?$", text, flags=re.MULTILINE)
    assert [path for path in kept if (FOLDER.parents[1] / path).exists()] == []


def test_a_bench_keeps_and_shows_what_it_has_measured() -> None:
    text = TEXTS["bench.yml"]
    assert re.findall(r"^ {10}path: (.*)$", text, flags=re.MULTILINE) == ["measured/"]
    assert '*("--results", "measured"),' in text
    assert 'Path("results"' not in text


@every_workflow
def test_without_permissions_unless_a_job_asks(text: str) -> None:
    assert "\npermissions: {}\n" in text
    assert set(re.findall(r"^ *([\w-]+: (?:read|write)\S*)", text, re.MULTILINE)) == {"contents: read"}


@every_workflow
def test_the_antivirus_is_changed_on_hosted_machines_only(text: str) -> None:
    for step in steps(text):
        if re.search(r"(?:Set|Add|Remove)-Mp", script(step)):
            assert "\n        if: runner.environment == 'github-hosted'\n" in step
