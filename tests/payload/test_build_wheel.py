"""Real builds: a backend of a few lines, a source folder of one module, and a subprocess for each."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from harness.errors import ExitCode, HarnessError
from harness.payload.build_wheel import SOURCE_DATE_EPOCH, build_wheel

BACKEND = """
    import json, os, zipfile

    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        name = "tiny-1.0-py3-none-any.whl"
        with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
            wheel.write("tiny.py")
            wheel.writestr("environment.json", json.dumps(dict(os.environ)))
        return name
"""


class Project:
    """A source distribution, unpacked, and a backend to build it with."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "tiny-1.0"
        self.backend = folder / "backend"
        self.destination = folder / "new" / "wheels"
        self.source.mkdir()
        self.backend.mkdir()
        (self.source / "tiny.py").write_bytes(b"tiny = True\n")
        self.write_backend(BACKEND)

    def write_backend(self, text: str) -> None:
        (self.backend / "tiny_backend.py").write_text(dedent(text))

    def build(self, build_backend: str = "tiny_backend") -> Path:
        return build_wheel(self.source, self.backend, build_backend, self.destination)

    def refusal(self, build_backend: str = "tiny_backend") -> str:
        with pytest.raises(HarnessError) as caught:
            self.build(build_backend)
        assert caught.value.exit_code == ExitCode.HARNESS_ERROR
        return caught.value.message


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def environment_in(wheel: Path) -> dict[str, str]:
    """What the backend saw of the environment."""
    with zipfile.ZipFile(wheel) as archive:
        environment: dict[str, str] = json.loads(archive.read("environment.json"))
    return environment


def test_a_wheel_is_built_from_the_source_into_a_new_folder(project: Project) -> None:
    wheel = project.build()
    assert wheel == project.destination / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("tiny.py") == b"tiny = True\n"


def test_folders_may_be_given_relative_to_where_the_harness_runs(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the hooks run in the source folder, where a relative path would mean another place
    monkeypatch.chdir(project.source.parent)
    wheel = build_wheel(Path("tiny-1.0"), Path("backend"), "tiny_backend", Path("wheels"))
    assert wheel.is_file()


def test_a_backend_may_be_an_object_in_a_module(project: Project) -> None:
    project.write_backend(
        """
        class backend:
            @staticmethod
            def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
                open(wheel_directory + "/object.whl", "wb").close()
                return "object.whl"
        """
    )
    assert project.build("tiny_backend:backend").name == "object.whl"


def test_nothing_of_the_users_environment_is_passed_on(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED_TOKEN", "planted-secret")
    monkeypatch.setenv("PIP_INDEX_URL", "https://user:planted-secret@index.example/simple")
    monkeypatch.setenv("PYTHONPATH", "/planted-secret")
    environment = environment_in(project.build())
    assert "PLANTED_TOKEN" not in environment
    assert "planted-secret" not in json.dumps(environment)


def test_what_python_needs_of_the_environment_is_passed_on(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(project.backend))
    assert environment_in(project.build())["TMPDIR"] == str(project.backend)


def test_builds_happen_at_a_fixed_date_and_without_user_packages(project: Project) -> None:
    environment = environment_in(project.build())
    assert environment["SOURCE_DATE_EPOCH"] == SOURCE_DATE_EPOCH
    assert environment["PYTHONNOUSERSITE"] == "1"


def test_a_failing_backend_is_reported_with_the_end_of_its_output(project: Project) -> None:
    project.write_backend(
        """
        import sys

        def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
            for number in range(100):
                print(f"step {number}.", flush=True)
            sys.exit("no compiler was found")
        """
    )
    message = project.refusal()
    assert message.startswith("building tiny-1.0 failed:\n")
    assert message.endswith("step 99.\nno compiler was found")
    assert "step 85." not in message


def test_an_exception_in_the_backend_is_reported(project: Project) -> None:
    project.write_backend("def build_wheel(*args): raise RuntimeError('out of cheese')")
    assert project.refusal().endswith("RuntimeError: out of cheese")


def test_a_backend_that_is_not_there_is_reported(project: Project) -> None:
    assert "No module named 'missing_backend'" in project.refusal("missing_backend")


def test_a_backend_that_cannot_be_imported_is_reported(project: Project) -> None:
    project.write_backend("import missing_dependency")
    assert "No module named 'missing_dependency'" in project.refusal()


def test_a_backend_that_cannot_build_wheels_is_reported(project: Project) -> None:
    project.write_backend("def build_sdist(*args): ...")
    assert "build_wheel" in project.refusal()


def test_a_backend_that_declines_is_reported(project: Project) -> None:
    project.write_backend(
        """
        class UnsupportedOperation(Exception): ...

        def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
            raise UnsupportedOperation("not on a Tuesday")
        """
    )
    assert "not on a Tuesday" in project.refusal()


@pytest.fixture
def answers_waiting() -> Iterator[None]:
    """Have somebody at the keyboard who says yes; pytest itself closes it."""
    reader, writer = os.pipe()
    os.write(writer, b"yes\n" * 10)
    keyboard = os.dup(0)
    os.dup2(reader, 0)
    yield
    os.dup2(keyboard, 0)
    for descriptor in (keyboard, reader, writer):
        os.close(descriptor)


@pytest.mark.usefixtures("answers_waiting")
def test_a_backend_that_asks_questions_gets_no_answer_and_fails(project: Project) -> None:
    project.write_backend("def build_wheel(*args): return input('Continue? ')")
    assert "EOFError" in project.refusal()


def test_a_build_that_never_ends_is_stopped(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.payload.build_wheel.TIMEOUT_S", 1.0)
    project.write_backend("def build_wheel(*args):\n    while True: pass")
    assert project.refusal() == "building tiny-1.0 took longer than 1 s"
