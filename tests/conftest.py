"""Fixtures that many tests share: scenario files, runs of one scenario, lanes under Wine."""

from __future__ import annotations

import getpass
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import hypothesis
import pytest
from hypothesis.configuration import set_hypothesis_home_dir
from scenario_lab import LAUNCHER

from harness.api import run_scenarios
from harness.errors import NotSupportedError
from harness.reproduce.denial_lab import Lab
from harness.reproduce.labs import lab_named
from harness.reproduce.sandbox import Sandbox, sandbox
from harness.run import workers
from harness.scenario.load import load_scenario
from harness.wine import Lane, prepare_lane, tools

if TYPE_CHECKING:
    from report_lab import Browser, Made

    from harness.platform.base import Rules
    from harness.record.read import Run

# Examples that failed are tried first next time. They are not kept in the checkout.
set_hypothesis_home_dir(Path(tempfile.gettempdir()) / f"persist-harness-hypothesis-{getpass.getuser()}")
# Real files and a shared machine: how long an example takes says nothing.
hypothesis.settings.register_profile("harness", deadline=None)
hypothesis.settings.register_profile(
    "long", deadline=None, max_examples=int(os.environ.get("FUZZ_INPUTS", "100_000"))
)
hypothesis.settings.load_profile("harness")

SERIAL = {"browser", "made", "ntfs", "stock"}
"""Fixtures that need Chromium or Wine's server, or are dear to make."""
SERIAL_FOLDERS = {"notebooks", "wine"}
"""Folders of tests that start kernels, or time real handles."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that share something large, or need the machine to themselves, on one worker."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & SERIAL or SERIAL_FOLDERS & set(item.path.parts):
            item.add_marker(pytest.mark.xdist_group("serial"))


HEAD = """
schema = 2
title = "A scenario made by a test"
about = "What the test says."
reports = ["https://github.com/astral-sh/uv/issues/9531"]
"""

HOLD = """
schema = 2
title = "A profile made by a test"

[[holds]]
handle = {{ object = "{object}", share = "{share}", evidence = "assumed", source = "a test"{more} }}
probability = {{ value = {probability}, evidence = "assumed", source = "a test" }}
delay = {{ of = {{ {delay} }}, evidence = "assumed", source = "a test" }}
duration = {{ of = {{ {duration} }}, evidence = "assumed", source = "a test" }}
{end}
"""


class MakeScenario(Protocol):
    """Writes a scenario file; keyword arguments are its keys, as TOML."""

    def __call__(self, body: str = LAUNCHER, *, name: str = "made", **keys: str) -> Path: ...


class MakeProfile(Protocol):
    """Writes a profile with one hold beside the scenarios."""

    def __call__(self, name: str, duration_ms: float | None, **parts: str) -> Path: ...


class RunScenario(Protocol):
    """Runs one scenario file into a folder of its own and reads the result."""

    def __call__(self, path: Path, *, blocks: int | None = None, seed: int = 1) -> Run: ...


@pytest.fixture(scope="session", autouse=True)
def kept_by_jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Folders for what IPython and Jupyter keep: tests leave nothing in anybody's home."""
    folder = tmp_path_factory.mktemp("jupyter")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(name, str(folder / name.lower()))
        yield


@pytest.fixture(scope="session", autouse=True)
def one_process_a_run() -> Iterator[None]:
    """Runs work in the test's own process unless it asks for more: pytest has the other cores."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "cores", lambda: 1)
        yield


@pytest.fixture
def make_scenario(tmp_path: Path) -> MakeScenario:
    def make(body: str = LAUNCHER, *, name: str = "made", **keys: str) -> Path:
        given = {"blocks": "3", "strategies": '["plain"]', "profiles": '["none"]', **keys}
        lines = "\n".join(f"{key} = {value}" for key, value in given.items())
        path = tmp_path / f"{name}.toml"
        path.write_text(f"{HEAD}{lines}\n{body}", encoding="utf-8")
        return path

    return make


@pytest.fixture
def make_profile(tmp_path: Path) -> MakeProfile:
    def make(name: str, duration_ms: float | None, **parts: str) -> Path:
        duration = 'distribution = "forever"'
        if duration_ms is not None:
            duration = f'distribution = "constant", ms = {duration_ms}'
        given = {
            "object": "source",
            "share": "none",
            "more": "",
            "probability": "1.0",
            "delay": 'distribution = "constant", ms = 0',
            "duration": duration,
            "end": "",
            **parts,
        }
        path = tmp_path / "profiles" / f"{name}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(HOLD.format(**given), encoding="utf-8")
        return path

    return make


@pytest.fixture
def run_scenario(tmp_path: Path) -> RunScenario:
    def run(path: Path, *, blocks: int | None = None, seed: int = 1) -> Run:
        return run_scenarios(
            [load_scenario(path)],
            blocks=blocks,
            seed=seed,
            platform="emulated",
            results=tmp_path / "results",
        )

    return run


def _lane(rules: Rules) -> Lane:
    try:
        tools.require_linux()
        tools.wine()
        return prepare_lane(rules)
    except NotSupportedError as error:
        pytest.skip(error.message)


@pytest.fixture(scope="session")
def ntfs() -> Lane:
    """The user's own lane with the rule of NTFS; the first test sets it up if need be."""
    return _lane("ntfs")


@pytest.fixture(scope="session")
def stock() -> Lane:
    return _lane("stock")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """One report for all tests: of a run whose names do their worst, and of an ambient one."""
    from report_lab import made_report  # noqa: PLC0415 - what it needs is not there under Wine

    return made_report(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    from report_lab import browsing  # noqa: PLC0415

    with browsing() as opened:
        yield opened


@pytest.fixture(scope="session")
def linux_lab() -> Iterator[Lab]:
    """Native programs under denials."""
    try:
        with lab_named("linux") as lab:
            yield lab
    except NotSupportedError as error:
        pytest.skip(error.message)


@pytest.fixture
def box(linux_lab: Lab) -> Iterator[Sandbox]:
    """A sandbox for native programs."""
    with sandbox(linux_lab) as made:
        yield made
