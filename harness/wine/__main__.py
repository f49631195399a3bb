"""``python -m harness.wine``: run the Windows Python from a shell on Linux."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Final, get_args

from harness.errors import ExitCode, HarnessError
from harness.platform.base import Rules
from harness.text import printable
from harness.wine import prepare_lane

EXAMPLES: Final = """\
examples:
  python -m harness.wine                                        set up the lane, run nothing
  python -m harness.wine -c "import sys; print(sys.version)"
  python -m harness.wine --tests -m pytest tests/test_winerror.py
  python -m harness.wine --rules stock script.py ARGS           without the rules of NTFS

The first argument that is not an option of this command, and everything after it, is for the Windows
Python. Files are those of Linux, on drive Z:. Standard input is empty. The first run takes about half a
minute and a network; everything is kept in the cache folder of the harness (HARNESS_CACHE), below
`wine`. HARNESS_WINDOWS_PYTHON names another python.exe to use.
"""


def main(arguments: list[str]) -> int:
    """Run the Windows Python; return its exit code, or one of `harness.errors.ExitCode`."""
    parser = argparse.ArgumentParser(
        prog="python -m harness.wine",
        usage="%(prog)s [-h] [--rules {ntfs,stock}] [--tests] [PYTHON-ARGUMENT ...]",
        description="Run a real Windows Python, with the harness installed, under Wine.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--rules",
        choices=get_args(Rules),
        default="ntfs",
        help="the rules for renames: those of NTFS (the default), under which a directory with an open "
        "file in it cannot be renamed, nor a file onto a read-only one, or Wine's own",
    )
    parser.add_argument(
        "--tests", action="store_true", help="install what the project's tests need, such as pytest"
    )
    for_lane, for_python = split(arguments)
    options = parser.parse_args(for_lane)
    try:
        lane = prepare_lane(options.rules, tests=options.tests, announce=_announce)
        if for_python:
            return lane.run(for_python)
        _announce(f"ready: Python {lane.version} for Windows, rules {lane.rules}, {lane.python}")
    except HarnessError as error:
        print("error:", printable(error.message), file=sys.stderr)  # noqa: T201
        if error.hint:
            print(printable(error.hint), file=sys.stderr)  # noqa: T201
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.OK


def split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Separate the arguments of this command, which come first, from those of the Windows Python.

    ``--rules stock -c CODE --tests`` is ``--rules stock`` and ``-c CODE --tests``.
    """
    count = 0
    while count < len(arguments):
        name = arguments[count].partition("=")[0]
        if arguments[count] == "--rules":
            count += 2
        elif name in {"-h", "--help", "--rules", "--tests"}:
            count += 1
        else:
            break
    return arguments[:count], arguments[count:]


def _announce(line: str) -> None:
    print(f"Wine lane: {line}", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
