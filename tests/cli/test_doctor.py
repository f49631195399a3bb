"""The doctor: facts about this machine, and advice that follows from them."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import TypeAdapter
from rich.console import Console

from harness.cli.doctor import DoctorReport, report, report_table
from harness.platform.emulated.emulated_platform import ADVICE
from harness.platform.registry import PLATFORMS, get_platform, native_platform

if TYPE_CHECKING:
    from harness.platform.base import Diagnosis


@pytest.fixture(scope="module")
def diagnosis() -> Diagnosis:
    with closing(get_platform(native_platform())) as platform:
        return platform.diagnose(Path(tempfile.gettempdir()))


@pytest.fixture(scope="module")
def found(diagnosis: Diagnosis) -> DoctorReport:
    return report(diagnosis)


def printed(found: DoctorReport, diagnosis: Diagnosis) -> str:
    console = Console(width=1000)
    with console.capture() as shown:
        console.print(report_table(found, diagnosis.key_facts))
    return shown.get()


def test_its_json_is_plain_data_with_a_schema_number(found: DoctorReport) -> None:
    data = asdict(found)
    assert json.loads(json.dumps(data)) == data
    assert next(iter(data.items())) == ("schema", 1)


def test_its_documentation_can_be_generated() -> None:
    schema = TypeAdapter(DoctorReport).json_schema()
    assert {"platforms", "antivirus", "advice"} <= set(schema["properties"])


def test_every_platform_works_here_or_says_why_not(found: DoctorReport) -> None:
    assert set(found.platforms) == set(PLATFORMS)
    assert found.platforms[native_platform()] == "works here"
    assert found.platforms["emulated"] == "works here"


def test_all_advice_is_printed(found: DoctorReport, diagnosis: Diagnosis) -> None:
    shown = printed(found, diagnosis)
    assert all(line in shown for line in found.advice)
    assert found.antivirus["state"] in shown


@pytest.mark.skipif(sys.platform == "win32", reason="Windows can be asked")
def test_elsewhere_it_says_that_holds_are_not_a_real_antivirus(found: DoctorReport) -> None:
    assert found.windows is None
    assert found.advice[0] == ADVICE


@pytest.mark.skipif(sys.platform != "win32", reason="asks Windows")
def test_on_windows_it_prints_what_the_machine_says(found: DoctorReport, diagnosis: Diagnosis) -> None:
    assert found.windows is not None
    shown = printed(found, diagnosis)
    assert found.windows["build"]["number"] in shown
    for line in ("temporary folder", "scanners' filters", "defender", "services"):
        assert line in shown
