"""The doctor: facts about this machine, and advice that follows from them."""

from __future__ import annotations

import json
import sys

import pytest
from rich.console import Console

from harness.cli.doctor import ELSEWHERE, Diagnosis, diagnose
from harness.cli.listings import doctor_table
from harness.platform.registry import PLATFORMS, native_platform


@pytest.fixture(scope="module")
def diagnosis() -> Diagnosis:
    return diagnose()


def printed(diagnosis: Diagnosis) -> str:
    console = Console(width=1000)
    with console.capture() as shown:
        console.print(doctor_table(diagnosis))
    return shown.get()


def test_its_json_is_plain_data(diagnosis: Diagnosis) -> None:
    assert json.loads(json.dumps(diagnosis.as_json())) == diagnosis.as_json()


def test_every_platform_works_here_or_says_why_not(diagnosis: Diagnosis) -> None:
    assert set(diagnosis.platforms) == set(PLATFORMS)
    assert diagnosis.platforms[native_platform()] == "works here"
    assert diagnosis.platforms["emulated"] == "works here"


def test_all_advice_is_printed(diagnosis: Diagnosis) -> None:
    shown = printed(diagnosis)
    assert all(line in shown for line in diagnosis.advice)
    assert diagnosis.antivirus["state"] in shown


@pytest.mark.skipif(sys.platform == "win32", reason="Windows can be asked")
def test_elsewhere_it_says_that_holds_are_not_a_real_antivirus(diagnosis: Diagnosis) -> None:
    assert diagnosis.windows is None
    assert diagnosis.advice[0] == ELSEWHERE


@pytest.mark.skipif(sys.platform != "win32", reason="asks Windows")
def test_on_windows_it_prints_what_the_machine_says(diagnosis: Diagnosis) -> None:
    assert diagnosis.windows is not None
    shown = printed(diagnosis)
    assert diagnosis.windows["build"]["number"] in shown
    for line in ("temporary folder", "scanners' filters", "defender", "services"):
        assert line in shown
