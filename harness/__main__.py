"""Run the command line, as ``python -m harness`` or as the installed command.

Loading a command takes a third of a second. A Ctrl-C in that time ends the process at once: there is
nothing to clean up, and code that is being imported may turn the exception into another.
"""

import os
import signal
import sys
from typing import NoReturn


def _leave(*_: object) -> NoReturn:
    os.write(2, b"Interrupted.\n")
    os._exit(130)  # ExitCode.INTERRUPTED


def main() -> None:
    """Run the command line; see `harness.cli.app.main`."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # it may be ignored
        signal.signal(signal.SIGINT, _leave)
    from harness.cli.app import main as run  # noqa: PLC0415 - see above

    run()


if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # the current folder, whose files may be a stranger's
    main()
