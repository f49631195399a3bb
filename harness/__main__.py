"""Run the command line as ``python -m harness``."""

import sys

if not sys.flags.safe_path:
    del sys.path[0]  # the current folder, whose files may be a stranger's

from harness.cli.app import main

main()
