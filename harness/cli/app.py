"""The command line ``harness``: its commands by group, and what happens when one fails.

A command's module is imported when the command is used, so that ``harness --help`` is quick.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import warnings
from importlib import import_module
from typing import Any, Final, NoReturn

import typer.main
from typer.core import TyperGroup
from typing_extensions import override

from harness.cli.command_app import HELP_NAMES
from harness.errors import (
    FULL,
    ExitCode,
    HarnessError,
    InvalidInputError,
    StorageFullError,
    too_long,
)
from harness.text import did_you_mean
from harness.winerror import NO_DATA, code_behind

ABOUT: Final = "Benchmark retries of renames that fail on Windows, as the file is held open."
COMMANDS: Final[dict[str, dict[str, str]]] = {
    "Runs": {
        "run": "Run scenarios: every strategy against the same holds.",
        "check": "Check that scenarios show what they expect, such as a report.",
        "reproduce": "Run real programs: do they fail as reported, and are they fixed?",
        "show": "Print the answers and tables of a run.",
        "compare": "Compare two runs: antivirus on and off, or two machines.",
        "export": "Write trials, operations, attempts and holds for other tools.",
        "report": "Make a report of runs: offline HTML pages, and Markdown.",
    },
    "Strategies": {
        "strategies": "List retry strategies: those of real software, and tunable ones.",
        "predict": "Predict how a retry strategy performs, without running trials.",
        "probe": "Measure how a program retries: how often, when, on which errors.",
        "tune": "Tune a default: which errors to retry, when, and for how long.",
    },
    "Scenarios and machine": {
        "new": "Write down a report as a scenario, ready to be checked.",
        "list": "List the shipped scenarios: what each reproduces and needs.",
        "schema": "Print the JSON Schema of scenario files, for editors.",
        "profile": "Fit the holds of a machine as a profile, and show profiles.",
        "doctor": "Show what this machine can measure, and its antivirus state.",
        "rules": "Show the sharing rules of Windows, documented and seen.",
        "cache": "Show what is kept for later runs, and remove it.",
        "diagnose": "Run a command: who holds its files, would waiting help?",
        "observe": "Read what this machine's scanner has already written down.",
        "hold": "Hold files until told otherwise, as a child of any test.",
        "watch": "Hold each file that comes into a folder, as a profile says.",
    },
}
"""By group, the commands with the first lines of their help; each is the module of its name."""
FIRST_STEP: Final = "To start: `harness run`, under a minute. `harness COMMAND --help` says more."
EXIT_CODES: Final = (
    "Exit codes: 0 done, 1 harness error, 2 invalid input, 3 payload unavailable, 4 not supported, "
    "5 storage full, 6 code not allowed, 10 not as expected, 11 unknown (`check`, `reproduce`), "
    "12 not held, 13 parent gone, 130 interrupted"
)


class Commands(TyperGroup):
    """The commands by group, on one screen of 80 columns and 24 lines."""

    @override
    def list_commands(self, ctx: Any) -> list[str]:
        return [name for commands in COMMANDS.values() for name in commands]

    @override
    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = typer.main.get_command(import_module(f"harness.cli.{cmd_name}").app)
        if callable(signal.getsignal(signal.SIGINT)):  # that of `harness.__main__`, while it loads
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return command

    @override
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0]
        if name not in (known := self.list_commands(ctx)) and not name.startswith("-"):
            hint = f"{did_you_mean(name, known)}`harness --help` lists the commands."
            raise InvalidInputError(f"no command is called {name!r}", hint=hint)
        return super().resolve_command(ctx, args)

    @override
    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except OSError as error:
            if not _has_seen_enough(error):
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    @override
    def format_help(self, ctx: Any, formatter: Any) -> None:
        self.format_usage(ctx, formatter)
        formatter.write_paragraph()
        formatter.write_text(self.help or "")
        width = max(map(len, self.list_commands(ctx)))
        for group, commands in COMMANDS.items():
            with formatter.section(group):
                formatter.write_dl([(name.ljust(width), about) for name, about in commands.items()])
        formatter.write_paragraph()
        formatter.write_text(FIRST_STEP)
        formatter.write_text(EXIT_CODES)


app: Final = Commands(name="harness", help=ABOUT, context_settings=HELP_NAMES)


def main() -> None:
    """Run the command line; exit with a code of `harness.errors.ExitCode`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an old code page lacks some characters
    warnings.showwarning = _show_warning
    # pydantic loads what any installed distribution registers for it, and fails if that does
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        app(sys.argv[1:] or ["--help"])
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except HarnessError as error:
        _fail(error)
    except OSError as error:
        kind = StorageFullError if error.errno in FULL else HarnessError
        denied = isinstance(error, PermissionError)
        hint = "HARNESS_CACHE chooses another cache, --results another folder for runs."
        _fail(kind(f"{type(error).__name__}: {error}", hint=hint if denied else too_long(error)))


def _has_seen_enough(error: OSError) -> bool:
    """Whether the reader of our output, such as `head`, is gone.

    On Windows that is ``EINVAL`` (cpython#79935); the C runtime knows the code behind it.
    """
    return isinstance(error, BrokenPipeError) or code_behind(error) == NO_DATA


def _fail(error: HarnessError) -> NoReturn:
    from harness.cli.console import print_error  # noqa: PLC0415 - `--help` does without rich

    print_error(error)
    sys.exit(error.exit_code)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """Show a warning as a line for users: of the harness itself, or of a package that it uses."""
    from harness.cli.console import print_warning  # noqa: PLC0415 - as above

    print_warning(str(message))
