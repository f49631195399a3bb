"""Advice follows from the facts about a machine."""

from __future__ import annotations

from dataclasses import replace

import pytest
from environment_lab import (
    DEFENDER_REGISTERED,
    EDR,
    HOSTED_RUNNER,
    MACHINE,
    SERVER,
    STANDARD_USER,
    VOLUME,
    WINDOWS_11,
    environment,
    preference,
    status,
)

from harness.platform.windows.environment.advice import advice
from harness.platform.windows.environment.antivirus_state import antivirus_state
from harness.platform.windows.environment.facts import Environment, Folder


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        (replace(HOSTED_RUNNER, hosted_runner=True), "This runner measures Windows, not an antivirus"),
        (HOSTED_RUNNER, "This machine measures Windows, not an antivirus"),
        (SERVER, "There is no Security Center"),
        (
            EDR,
            "It is not proved what watches the measured folder: the activity monitor driver",
        ),
        (STANDARD_USER, "once as administrator"),
        (WINDOWS_11, "Defender sends samples to Microsoft (cloud protection: advanced"),
        (replace(WINDOWS_11, long_paths=False), "Long paths are off"),
        (replace(WINDOWS_11, services={"WSearch": "running"}), "The search indexer runs"),
        (
            replace(WINDOWS_11, folders=(Folder(replace(VOLUME, dev_drive="trusted"), "no"),)),
            "on a trusted Dev Drive",
        ),
        (
            replace(WINDOWS_11, folders=(Folder(replace(VOLUME, drive_type="remote"), "no"),)),
            "on another machine, whose own scanner may hold files as well",
        ),
        (
            replace(WINDOWS_11, machine=replace(MACHINE, on_battery=True, power_plan="power saver")),
            "runs on battery and on the power plan `power saver`",
        ),
        (
            replace(WINDOWS_11, machine=replace(MACHINE, native="ARM64")),
            "This Python is built for win-amd64 and emulated on ARM64",
        ),
        (replace(WINDOWS_11, store_python=True), "This Python is from the Microsoft Store"),
        (replace(WINDOWS_11, wine="8.0"), "This is Wine"),
    ],
)
def test_advice_says_what_a_result_from_here_is_worth(machine: Environment, words: str) -> None:
    assert any(words in line for line in advice(machine, antivirus_state(machine))), advice(
        machine, antivirus_state(machine)
    )


def test_a_well_kept_machine_needs_no_advice_but_about_samples() -> None:
    quiet = environment(
        products=[DEFENDER_REGISTERED],
        status=[status()],
        preference=[preference(MAPSReporting=0, SubmitSamplesConsent=2)],
    )
    assert advice(quiet, antivirus_state(quiet)) == []
