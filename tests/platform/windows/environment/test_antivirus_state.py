"""What is concluded about the antivirus, from samples that look like captured ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from environment_lab import (
    DEFENDER_REGISTERED,
    EDR,
    FOLDER,
    HIDDEN,
    HOSTED_RUNNER,
    IN_BOX,
    SERVER,
    STANDARD_USER,
    THIRD_PARTY,
    VOLUME,
    WINDOWS_11,
    environment,
    preference,
    status,
)
from hypothesis import given
from hypothesis import strategies as st

from harness.platform.windows.environment.antivirus_state import antivirus_state
from harness.platform.windows.environment.facts import (
    DevDrive,
    Environment,
    Minifilter,
    Missing,
    Unreadable,
    as_json,
)


def test_a_windows_11_with_defender_is_watched() -> None:
    found = antivirus_state(WINDOWS_11)
    assert found.state == "active"
    assert found.evidence[0] == (
        "Defender's real-time protection is on, and its exclusions do not cover the measured folder"
    )


def test_exclusions_that_are_hidden_from_a_standard_user_are_said_to_be() -> None:
    found = antivirus_state(STANDARD_USER)
    assert found.state == "unknown"
    assert found.evidence[0] == (
        "Defender's real-time protection is on, but whether its exclusions cover the measured folder "
        "cannot be read without administrator rights"
    )
    assert as_json(STANDARD_USER)["defender_preferences"]["exclusions"] == {
        "paths": "hidden",
        "processes": "hidden",
        "extensions": "hidden",
    }


@pytest.mark.parametrize("hidden", ["ExclusionPath", "ExclusionProcess", "ExclusionExtension"])
def test_one_list_of_exclusions_that_is_hidden_is_enough_to_prove_nothing(hidden: str) -> None:
    found = antivirus_state(
        environment(
            products=[DEFENDER_REGISTERED],
            status=[status()],
            preference=[preference(**{hidden: HIDDEN})],
        )
    )
    assert (found.state, "administrator rights" in found.evidence[0]) == ("unknown", True)


def test_exclusions_that_cannot_be_asked_about_prove_nothing() -> None:
    found = antivirus_state(
        environment(
            products=[DEFENDER_REGISTERED], status=[status()], preference={"error": "HRESULT 0x80041003"}
        )
    )
    assert found.state == "unknown"
    assert found.evidence[0] == (
        "Defender's real-time protection is on, but the list of its exclusions is not readable: "
        "WMI refuses this user"
    )


def test_protection_that_does_not_scan_what_is_opened_proves_nothing() -> None:
    found = antivirus_state(
        environment(
            products=[DEFENDER_REGISTERED],
            status=[status(OnAccessProtectionEnabled=False)],
            preference=[preference()],
        )
    )
    assert (found.state, found.evidence[0]) == (
        "unknown",
        "Defender's real-time protection is on, but its scan of files that are opened is off",
    )


@pytest.mark.parametrize(
    ("entries", "spared"),
    [
        (["exe"], ".exe"),
        ([".DLL"], ".dll"),
        (["*.pyd", "txt"], ".pyd"),
        (["p?d"], ".pyd"),
        (["*"], ".exe, .dll, .pyd"),
    ],
)
def test_an_exclusion_of_programs_or_libraries_by_extension_proves_nothing(
    entries: list[str], spared: str
) -> None:
    found = antivirus_state(
        environment(
            products=[DEFENDER_REGISTERED],
            status=[status()],
            preference=[preference(ExclusionExtension=entries)],
        )
    )
    said = "Defender's real-time protection is on, but its exclusions cover all files that end in "
    assert (found.state, found.evidence[0]) == ("unknown", said + spared)


@pytest.mark.parametrize("entry", ["txt", "ex", "exec", ".obj", "d"])
def test_an_exclusion_of_other_extensions_changes_nothing(entry: str) -> None:
    found = environment(
        products=[DEFENDER_REGISTERED],
        status=[status()],
        preference=[preference(ExclusionExtension=[entry])],
    )
    assert antivirus_state(found).state == "active"


def test_a_hosted_runner_is_proved_to_be_unwatched() -> None:
    found = antivirus_state(HOSTED_RUNNER)
    assert found.state == "inactive"
    assert "Defender's real-time protection is off" in found.evidence
    assert "no driver of another antivirus or EDR runs" in found.evidence


def test_an_exclusion_of_the_folder_is_enough_to_leave_it_alone() -> None:
    excluded = environment(
        products=[DEFENDER_REGISTERED],
        status=[status()],
        preference=[preference(ExclusionPath=["%SystemDrive%\\Users\\*\\AppData\\"])],
    )
    assert antivirus_state(excluded).state == "inactive"
    assert as_json(excluded)["folders"][0]["excluded"] == "yes"


def test_a_folder_on_each_side_of_the_exclusions_proves_nothing() -> None:
    both = environment(
        products=[DEFENDER_REGISTERED],
        status=[status()],
        preference=[preference(ExclusionPath=["D:\\"])],
        folders=(FOLDER, "D:\\work"),
    )
    assert antivirus_state(both).state == "unknown"


@pytest.mark.parametrize("change", [{"ExclusionPath": ["%TEMP%"]}, {"ExclusionProcess": ["python.exe"]}])
def test_an_exclusion_that_may_matter_proves_nothing(change: dict[str, Any]) -> None:
    found = environment(
        products=[DEFENDER_REGISTERED], status=[status()], preference=[preference(**change)]
    )
    assert antivirus_state(found).state == "unknown"


def test_a_server_is_judged_by_defender_alone_and_says_so() -> None:
    found = antivirus_state(SERVER)
    assert found.state == "active"
    assert any("no Security Center" in sentence for sentence in found.evidence)
    assert str(SERVER.antivirus_products).startswith("not there: ")


def test_another_product_that_is_on_counts_while_defender_is_passive() -> None:
    found = antivirus_state(THIRD_PARTY)
    assert (found.state, found.evidence[0]) == (
        "active",
        "Bitdefender Antivirus is registered as an antivirus that is on; its exclusions cannot be read",
    )


def test_a_passive_defender_that_still_watches_proves_nothing() -> None:
    passive = environment(
        products=[], status=[status(AMRunningMode="EDR Block Mode")], preference=[preference()]
    )
    assert antivirus_state(passive).state == "unknown"


def test_an_edr_that_only_its_driver_betrays_keeps_the_verdict_open() -> None:
    found = antivirus_state(EDR)
    assert found.state == "unknown"
    assert found.evidence[0] == "the activity monitor driver SomeSensor runs at altitude 388880.5"
    assert "Defender is not installed" in found.evidence


def test_a_product_that_is_off_but_whose_driver_runs_proves_nothing() -> None:
    off = environment(
        products=[{"displayName": "Norton 360", "productState": 262144}],
        status=[status(RealTimeProtectionEnabled=False)],
        preference=[preference()],
        minifilters=(Minifilter("SRTSP", "329000", "FSFilter Anti-Virus", running=True), *IN_BOX),
    )
    assert antivirus_state(off).state == "unknown"


def test_a_network_folder_is_never_proved_to_be_watched() -> None:
    share = environment(
        products=[DEFENDER_REGISTERED],
        status=[status()],
        preference=[preference()],
        volume=replace(VOLUME, name="a network share", drive_type="remote"),
    )
    assert antivirus_state(share).state == "unknown"


EXPIRED = {"displayName": "Norton 360", "productState": 0x3000}


@pytest.mark.parametrize(
    ("running", "product", "drive_type", "state", "words"),
    [
        ("Not running", None, "fixed", "inactive", "Defender is not running"),
        ("Not running", EXPIRED, "fixed", "unknown", "that is expired: it may still scan"),
        (
            "Not running",
            {"displayName": "Norton 360", "productState": 0x1000},
            "remote",
            "unknown",
            "that is on, but a measured folder is on another machine",
        ),
    ],
)
def test_a_machine_without_defender_is_judged_by_its_other_product(
    running: str, product: dict[str, Any] | None, drive_type: str, state: str, words: str
) -> None:
    found = antivirus_state(
        environment(
            products=[product] if product else [],
            status=[status(AMRunningMode=running)],
            preference=[preference()],
            minifilters=(),
            volume=replace(VOLUME, drive_type=drive_type),
        )
    )
    assert found.state == state
    assert any(words in sentence for sentence in found.evidence)


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"minifilters": Unreadable("error 5, Access is denied.")}, "unknown"),
        ({"minifilters": (Minifilter("Hides", None, None, running=None),)}, "unknown"),
        ({"antivirus_products": Unreadable("PowerShell gave no answer within 60 s")}, "unknown"),
        ({"defender": Unreadable("WMI refuses this user")}, "unknown"),
        ({"defender": Unreadable("no answer"), "services": {"WinDefend": "stopped"}}, "inactive"),
        ({"defender": Missing("no such class")}, "unknown"),  # its driver runs all the same
        (
            {"defender": Missing("no such class"), "minifilters": Unreadable("error 5")},
            "unknown",  # and may run here
        ),
        ({"wine": "8.0"}, "unknown"),
    ],
)
def test_what_cannot_be_read_is_never_taken_for_a_no(change: dict[str, Any], state: str) -> None:
    quiet = replace(HOSTED_RUNNER, **change)
    assert antivirus_state(quiet).state == state


@given(st.sampled_from([WINDOWS_11, HOSTED_RUNNER, SERVER, THIRD_PARTY, EDR]), st.floats(320000, 329999))
def test_a_running_scanner_rules_inactive_out(sample: Environment, altitude: float) -> None:
    assert isinstance(sample.minifilters, tuple)
    other = Minifilter("other", f"{altitude}", None, running=True)
    found = antivirus_state(replace(sample, minifilters=(*sample.minifilters, other)))
    assert found.state != "inactive"


@pytest.mark.parametrize("kind", ["trusted", "not trusted"])
@pytest.mark.parametrize("machine", [WINDOWS_11, THIRD_PARTY])
def test_a_dev_drive_may_have_no_filter_of_a_scanner(machine: Environment, kind: DevDrive) -> None:
    """``fsutil devdrv`` says which filters a Dev Drive lets in; by itself it need not be any."""
    (folder,) = machine.folders
    there = replace(folder, volume=replace(VOLUME, dev_drive=kind))
    found = antivirus_state(replace(machine, folders=(there,)))
    assert found.state == "unknown"
    assert "on a Dev Drive, where its filter need not be attached" in found.evidence[0]
