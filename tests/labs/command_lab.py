"""A command in this very process, with the exit code and the output that a process of its own has.

Most of what a process takes is to load the harness. What holds for processes only, such as signals,
pipes, and what is loaded, needs one of its own.
"""

from __future__ import annotations

import sys
import warnings
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from harness.cli.app import main


class _Pipe(TextIOWrapper):
    """What a pipe from a process is: no terminal, and UTF-8."""

    def __init__(self) -> None:
        super().__init__(BytesIO(), encoding="utf-8", write_through=True)

    @property
    def written(self) -> str:
        self.seek(0)
        return self.read()


def harness(*arguments: object, cwd: Path, together: bool = False) -> CompletedProcess[str]:
    """Run ``harness`` with `arguments` in the folder `cwd`.

    `together`: what is written to stderr comes with the rest, in the order of writing. An error that the
    command does not turn into an exit code is raised, where a process would show a traceback.
    """
    command = ["harness", *map(str, arguments)]
    out = _Pipe()
    err = out if together else _Pipe()
    with (
        pytest.MonkeyPatch.context() as patch,
        warnings.catch_warnings(),  # which keeps how they are shown, too
        chdir(cwd),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        warnings.simplefilter("always", UserWarning)
        patch.setattr(sys, "argv", command)
        patch.setenv("PYDANTIC_DISABLE_PLUGINS", "__all__")  # as the command does
        with pytest.raises(SystemExit) as left:
            main()
    code = left.value.code or 0
    assert isinstance(code, int)
    return CompletedProcess(command, code, out.written, "" if together else err.written)
