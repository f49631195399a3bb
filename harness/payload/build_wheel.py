"""Build a wheel from a source distribution, as installers do: PEP 517 hooks in a subprocess.

This runs foreign code: that of the sdist and of the backend. Callers require ``--allow-code`` first,
unless the scenario is a shipped one. The backend is put on the path from a prepared folder; there is no
virtual environment and nothing is fetched.
"""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from harness.errors import HarnessError

TIMEOUT_S: Final = 300.0
SOURCE_DATE_EPOCH: Final = "315532800"  # 1980-01-01: the same wheel each time

# The variables that a build inherits: enough to run Python, none of the user's settings.
_PASSED_ON: Final = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LANG", "LC_ALL", "PATHEXT")


def build_wheel(source: Path, backend: Path, build_backend: str, destination: Path) -> Path:
    """Build the unpacked sdist `source` with the backend in `backend`; return the wheel's path.

    Raises `HarnessError` with the end of the backend's output if the build fails.
    """
    # only builds need it
    from pyproject_hooks import (  # noqa: PLC0415
        BackendUnavailable,
        BuildBackendHookCaller,
        UnsupportedOperation,
    )

    def run(
        cmd: Sequence[str],
        cwd: str | None = None,
        extra_environ: Mapping[str, str] | None = None,
    ) -> None:
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment |= {
            "PYTHONPATH": str(backend.absolute()),  # the hooks run elsewhere
            "PYTHONNOUSERSITE": "1",
            "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH,
            **(extra_environ or {}),
        }
        subprocess.run(  # noqa: S603 - the interpreter we run in, with pyproject_hooks' script
            cmd,
            cwd=cwd,
            env=environment,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=TIMEOUT_S,
        )

    destination.mkdir(parents=True, exist_ok=True)
    caller = BuildBackendHookCaller(
        str(source), build_backend, runner=run, python_executable=sys.executable
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pyproject_hooks repeats the backend's own here
            name = caller.build_wheel(str(destination))
    except subprocess.CalledProcessError as error:
        raise _failure(source, str(error.stdout)) from error
    except (BackendUnavailable, UnsupportedOperation) as error:
        raise _failure(source, error.traceback) from error
    except subprocess.TimeoutExpired as error:
        raise HarnessError(f"building {source.name} took longer than {TIMEOUT_S:.0f} s") from error
    return destination / name


def _failure(source: Path, output: str) -> HarnessError:
    tail = "\n".join(output.splitlines()[-15:])
    return HarnessError(f"building {source.name} failed:\n{tail}")
