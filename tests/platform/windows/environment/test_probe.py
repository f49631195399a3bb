"""The probe on the machine at hand: every fact is there, or says why it is not."""

from __future__ import annotations

import getpass
import json
import os
import socket
import sys
from pathlib import Path

import pytest

if sys.platform != "win32":
    pytest.skip("asks Windows", allow_module_level=True)

import winreg

from harness.platform.windows.environment import services
from harness.platform.windows.environment.antivirus_state import antivirus_state
from harness.platform.windows.environment.facts import Unreadable, as_json
from harness.platform.windows.environment.powershell import windows_powershell
from harness.platform.windows.environment.probe import is_from_store, probe
from harness.platform.windows.environment.wmi import ask
from harness.platform.windows.win32.library import wine_version

SERVICES = r"SYSTEM\CurrentControlSet\Services"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "Jürgen 太郎"
    path.mkdir()
    return path


def test_every_fact_is_there_or_says_why_not(folder: Path) -> None:
    facts = as_json(probe([folder, Path("C:\\")]))
    assert json.loads(json.dumps(facts)) == facts
    assert facts["build"]["number"].split(".")[0].isdigit()
    assert facts["machine"]["memory_bytes"] > 1 << 28
    assert 0 < facts["machine"]["timer_ms"] < 20
    assert facts["machine"]["native"] in {"x64", "ARM64"}
    assert facts["python_for"] in {"win-amd64", "win-arm64", "win32"}
    assert set(facts["services"]) == {"WinDefend", "Sense", "WSearch"}
    volume, system = (entry["volume"] for entry in facts["folders"])
    assert volume["name"] == os.path.splitdrive(folder)[0]
    assert (system["name"], system["drive_type"], system["file_system"]) == ("C:", "fixed", "NTFS")
    assert system["cluster_bytes"] % 512 == 0
    assert None not in (volume["dev_drive"], volume["seek_penalty"])


def test_no_fact_names_a_person_a_host_or_a_folder(folder: Path) -> None:
    text = json.dumps(as_json(probe([folder])), ensure_ascii=False)
    for private in ("Jürgen", "太郎", "\\Users\\", f"\\{getpass.getuser()}\\", socket.gethostname()):
        assert private not in text


def test_the_verdict_comes_with_evidence(folder: Path) -> None:
    found = antivirus_state(probe([folder]))
    assert found.evidence
    if wine_version():
        assert (found.state, "Wine" in found.evidence[0]) == ("unknown", True)


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        probe([tmp_path / "nothing"])


def test_without_a_powershell_its_questions_are_unreadable(tmp_path: Path) -> None:
    told = ask(tmp_path / "powershell.exe")
    assert set(told) == {"products", "status", "preference", "computer"}
    assert {str(section) for section in told.values()} == {"not readable: there is no PowerShell"}


def test_a_powershell_that_hangs_is_given_up(tmp_path: Path) -> None:
    slow = tmp_path / "slow.cmd"
    # no program that it starts: under a busy Wine that one may hang while its parent is ended
    slow.write_text("@:again\n@goto again\n", encoding="ascii")
    told = ask(slow, timeout_s=0.2)
    assert str(told["status"]) == "not readable: PowerShell gave no answer within 0.2 s"


def test_what_powershell_prints_is_what_is_concluded_from(tmp_path: Path, folder: Path) -> None:
    answer = {
        "products": [{"displayName": "Schützer", "productState": 266240}],
        "status": [{"AMRunningMode": "Normal", "RealTimeProtectionEnabled": True}],
        "preference": [{"ExclusionPath": [str(folder)]}],
        "computer": [{"HypervisorPresent": True}],
    }
    printed = tmp_path / "answer.json"
    printed.write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")
    fake = tmp_path / "powershell.cmd"
    fake.write_text('@type "%~dp0answer.json"\n', encoding="ascii")
    facts = as_json(probe([folder], powershell=fake))
    assert facts["antivirus_products"][0]["name"] == "Schützer"
    assert facts["folders"][0]["excluded"] == "yes"
    assert facts["machine"]["hypervisor"] is True


@pytest.mark.skipif(wine_version() is not None, reason="Wine's powershell.exe answers nothing")
def test_the_powershell_of_windows_answers_every_question() -> None:
    told = ask(windows_powershell())
    assert not isinstance(told["computer"], Unreadable)
    assert not any("did not answer" in str(section) for section in told.values())


def test_the_state_of_a_service_is_asked_of_the_service_manager() -> None:
    assert services.service_state("EventLog") in {"running", "starting", "stopped"}  # Wine varies
    assert services.service_state("no-such-service") == "not installed"


@pytest.mark.skipif(wine_version() is None, reason="writes to the registry of the machine")
def test_filters_are_found_where_old_and_new_drivers_register_them() -> None:
    made = {
        "HarnessOld\\Instances\\One": "321234.5",
        "HarnessNew\\Parameters\\Instances\\One": "388888",
    }
    try:
        for path, altitude in made.items():
            with winreg.CreateKey(winreg.HKEY_LOCAL_MACHINE, f"{SERVICES}\\{path}") as key:
                winreg.SetValueEx(key, "Altitude", 0, winreg.REG_SZ, altitude)
        found = [each for each in services.minifilters() if each.name.startswith("Harness")]
    finally:
        for path in made:
            remaining = path
            while remaining:
                winreg.DeleteKey(winreg.HKEY_LOCAL_MACHINE, f"{SERVICES}\\{remaining}")
                remaining = remaining.rpartition("\\")[0]
    assert [(each.name, each.altitude, each.kind) for each in found] == [
        ("HarnessNew", "388888", "activity monitor"),
        ("HarnessOld", "321234.5", "anti-virus"),
    ]


@pytest.mark.parametrize(
    ("prefix", "is_so"),
    [
        (r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.12_3.12.2544.0_x64__q", True),
        (r"C:\Users\me\AppData\Local\Programs\Python\Python312", False),
        (r"C:\My WindowsApps\Python", False),
    ],
)
def test_a_python_of_the_microsoft_store_is_known_by_its_place(prefix: str, is_so: bool) -> None:
    assert is_from_store(prefix) is is_so
