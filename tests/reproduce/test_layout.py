"""What a run begins with: archives, unpacked or packed, files, and what commands prepare."""

from __future__ import annotations

import hashlib
import io
import sys
import tarfile
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from harness.errors import HarnessError, NotSupportedError, PayloadUnavailableError
from harness.reproduce.layout import lay_out
from harness.reproduce.linux_lab import LinuxLab
from harness.reproduce.model import ProgramScenario
from harness.reproduce.sandbox import Sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the lab needs Linux")


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def packed(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content.encode()))
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class WithPython(LinuxLab):
    """A lab with a Windows Python of that release."""

    release: str = ""

    @property
    @override
    def windows_python(self) -> str | None:
        return self.release


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own; ask for the sandbox first, which needs the usual one."""
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def cached(cache: Path, name: str, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    path = cache / "archives" / digest / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return digest


def scenario(**keys: Any) -> ProgramScenario:
    return ProgramScenario.model_validate(
        {
            "schema": 1,
            "title": "Made for a test",
            "reports": ["https://example.org/1"],
            "lab": "linux",
            "command": ["true"],
            "denied": [{"call": "rename", "path": "a", "effect": 5}],
            "expect": [{"releases": ["1.0"], "endings": ["ok"]}],
            **keys,
        }
    )


def test_archives_go_where_the_scenario_says(box: Sandbox, cache: Path) -> None:
    tool = cached(cache, "tool-1.0.whl", zipped({"tool/main.py": "1", "tool.dist-info/RECORD": ""}))
    module = cached(cache, "types-module-2.0.tgz", packed({"package/index.js": "2"}))
    wheel = cached(cache, "plain-3.0.whl", zipped({"plain.py": "3"}))
    made = scenario(
        program={
            "from": "pypi",
            "project": "tool",
            "file": "tool-{version}.whl",
            "releases": [{"version": "1.0", "sha256": tool}],
        },
        parts={
            "module": {
                "from": "npm",
                "project": "@types/module",
                "version": "2.0",
                "sha256": module,
                "to": "node_modules/module",
            },
            "plain": {
                "from": "pypi",
                "project": "plain",
                "version": "3.0",
                "file": "plain-3.0.whl",
                "sha256": wheel,
                "to": "links",
                "packed": True,
            },
        },
        files={"folder/run.py": "run"},
    )
    lay_out(made, "1.0", box)
    program = Path(box.filled("{program}"))
    assert (program / "tool" / "main.py").read_text() == "1"
    assert box.work not in program.parents
    assert box.filled("{version} {python}") == f"1.0 {sys.executable}"
    assert (box.template / "node_modules" / "module" / "index.js").read_text() == "2"
    assert zipfile.is_zipfile(box.template / "links" / "plain-3.0.whl")
    assert (box.template / "folder" / "run.py").read_text() == "run"


def test_a_part_of_other_releases_is_left_out(box: Sandbox, cache: Path) -> None:
    def part(name: str, only: str) -> dict[str, Any]:
        return {
            "from": "npm",
            "project": name,
            "version": "1.0",
            "sha256": cached(cache, f"{name}-1.0.tgz", packed({f"package/{name}.js": ""})),
            "to": f"node_modules/{name}",
            "only": [only],
        }

    lay_out(scenario(parts={"old": part("old", "0.9"), "new": part("new", "1.0")}), "1.0", box)
    assert [path.name for path in (box.template / "node_modules").iterdir()] == ["new"]


def test_what_prepares_is_part_of_the_beginning(box: Sandbox) -> None:
    code = "import os; os.rename('first', 'second')"
    lay_out(scenario(files={"first": "x"}, prepare=[["{python}", "-I", "-S", "-c", code]]), "1.0", box)
    assert (box.template / "second").read_text() == "x"
    assert not (box.template / "first").exists()


def test_a_command_that_cannot_prepare_is_said(box: Sandbox) -> None:
    with pytest.raises(HarnessError, match=r"preparing it ended with code 1: .*absent"):
        lay_out(scenario(prepare=[["{python}", "-I", "-S", "-c", "open('absent')"]]), "1.0", box)


@pytest.mark.usefixtures("cache")
def test_an_archive_that_cannot_be_had_is_said(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    program = {
        "from": "npm",
        "project": "tool",
        "releases": [{"version": "1.0", "sha256": "0" * 64}],
    }
    with pytest.raises(PayloadUnavailableError, match=r"tool@1\.0 is fetched by npm"):
        lay_out(scenario(program=program), "1.0", box)


@pytest.mark.parametrize(
    ("here", "version", "runs"),
    [("3.13.5", "3.13.5", True), ("3.12.1", "3.13.5", False), ("3.12.1", "today", True)],
)
def test_a_release_of_python_is_run_by_no_other_one(
    box: Sandbox, linux_lab: LinuxLab, here: str, version: str, *, runs: bool
) -> None:
    other = replace(box, lab=WithPython(linux_lab.library, here))
    asked = scenario(lab="wine", command=["{python}", "-V"])
    if runs:
        lay_out(asked, version, other)
        return
    message = "it is about Python 3.13.5, and the Python here is 3.12.1"
    with pytest.raises(NotSupportedError, match=message):
        lay_out(asked, version, other)
